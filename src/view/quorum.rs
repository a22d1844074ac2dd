//! The controller quorum.

use super::json::of_one;
use super::style::Look;
use super::table::{Cell, Choice, Column, Listing};
use super::text::escape;
use crate::model::quorum::{Quorum, QuorumReplica};
use crate::model::units::ago;

/// The columns of the table of nodes.
pub const COLUMNS: [Column; 7] = [
    Column::numbers("id"),
    Column::words("role"),
    Column::numbers("log-end"),
    Column::numbers("lag"),
    Column::numbers("last-fetch"),
    Column::numbers("last-caught-up"),
    Column::words("directory").wide(),
];

/// The quorum, with its nodes one per row. `now_ms` is in milliseconds since the epoch.
#[must_use]
pub fn quorum(look: Look, quorum: &Quorum, now_ms: i64, choice: &Choice) -> String {
    let voters = quorum.voters.iter().map(|one| {
        let role = if Some(one.id) == quorum.leader {
            "leader"
        } else {
            "voter"
        };
        cells(quorum, one, role, now_ms)
    });
    let observers = quorum.observers.iter();
    let observers = observers.map(|one| cells(quorum, one, "observer", now_ms));
    let listing = Listing {
        columns: &COLUMNS,
        rows: voters.chain(observers).collect(),
    };
    let leader = match quorum.leader {
        Some(id) => id.to_string(),
        None => look.removed("none: one is being elected"),
    };
    format!(
        "leader          {leader}\nleader epoch    {}\nhigh watermark  {}\n\n{}",
        quorum.leader_epoch,
        quorum.high_watermark,
        listing.show(look, choice)
    )
}

fn cells(quorum: &Quorum, replica: &QuorumReplica, role: &str, now_ms: i64) -> Vec<Cell> {
    vec![
        Cell::number(replica.id),
        Cell::words(role),
        Cell::known(replica.log_end_offset),
        Cell::known(quorum.lag(replica)),
        moment(replica.last_fetch_ms, now_ms),
        moment(replica.last_caught_up_ms, now_ms),
        replica
            .directory_id
            .as_deref()
            .map_or_else(Cell::missing, |id| Cell::words(escape(id))),
    ]
}

fn moment(ms: Option<i64>, now_ms: i64) -> Cell {
    let Some(ms) = ms else {
        return Cell::missing();
    };
    match ago(ms, now_ms) {
        Some(ago) => Cell::words(format!("{ms} ({ago})")).sorted_by(ms),
        None => Cell::number(ms),
    }
}

/// The quorum as JSON.
#[must_use]
pub fn quorum_json(quorum: &Quorum) -> String {
    of_one("Quorum", "quorum", quorum)
}
