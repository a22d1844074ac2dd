//! The commits that a plan changes: one table for each group and topic.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use jiff::Timestamp;

use super::json::of_one;
use super::style::Look;
use super::table::{Cell, Choice, Column, Listing, Paint};
use super::text::{count, escape, shorten};
use crate::apply::{Outcome, Report, Reset};
use crate::model::group::Committed;
use crate::model::lag::records_from;
use crate::model::measure::TopicPartition;
use crate::plan::kinds::{CommitOffset, Unmoved};
use crate::plan::{Action, Plan, Step};

/// The note that counts of records are upper bounds.
pub(super) const UPPER_BOUNDS: &str = "counts are differences of offsets: upper bounds on topics that are compacted or that transactions write to";

const COLUMNS: [Column; 7] = [
    Column::numbers("partition"),
    Column::numbers("committed"),
    Column::numbers("new"),
    Column::words("change"),
    Column::numbers("log-start"),
    Column::numbers("log-end"),
    Column::numbers("lag-after"),
];

const COLUMNS_WITH_TIME: [Column; 8] = [
    COLUMNS[0],
    COLUMNS[1],
    COLUMNS[2],
    COLUMNS[3],
    COLUMNS[4],
    COLUMNS[5],
    COLUMNS[6],
    Column::words("time-of-new"),
];

/// The row of one partition.
enum Row<'a> {
    Commit(&'a CommitOffset),
    Delete(&'a Committed),
    Stays(&'a Unmoved),
}

/// The partitions of a group's topic, by number.
type Rows<'a> = BTreeMap<i32, Row<'a>>;

/// The tables; empty if the plan changes no commits.
#[must_use]
pub fn tables(look: Look, plan: &Plan) -> String {
    let tables = rows(plan);
    let mut text = String::new();
    for ((group, topic), rows) in &tables {
        text += &table(look, group, topic, rows);
    }
    let moves = |step: &Step| matches!(&step.action, Action::CommitOffset(_, change) if change.replay > 0 || change.skip > 0);
    if plan.steps.iter().any(moves) {
        let _ = writeln!(text, "{}", look.faint(UPPER_BOUNDS));
    }
    text
}

/// Whether these tables show a step.
#[must_use]
pub fn is_shown(step: &Step) -> bool {
    matches!(
        step.action,
        Action::CommitOffset(..) | Action::DeleteOffset(..)
    )
}

fn rows(plan: &Plan) -> BTreeMap<(&str, &str), Rows<'_>> {
    let mut tables: BTreeMap<(&str, &str), Rows<'_>> = BTreeMap::new();
    for step in &plan.steps {
        let (on, row) = match &step.action {
            Action::CommitOffset(on, change) => (on, Row::Commit(change)),
            Action::DeleteOffset(on, delete) => (on, Row::Delete(&delete.before)),
            _ => continue,
        };
        let (group, partition) = (&on.group, &on.partition);
        let rows = tables.entry((group, &partition.topic.name)).or_default();
        rows.insert(partition.number, row);
    }
    for one in &plan.unmoved {
        let rows = tables.entry((&one.group, &one.topic)).or_default();
        rows.insert(one.partition, Row::Stays(one));
    }
    tables
}

fn table(look: Look, group: &str, topic: &str, rows: &Rows<'_>) -> String {
    let changes = || {
        rows.values().filter_map(|row| match row {
            Row::Commit(change) => Some(*change),
            _ => None,
        })
    };
    let replay: i64 = changes().map(|change| change.replay).sum();
    let skip: i64 = changes().map(|change| change.skip).sum();
    let with_time = changes().any(|change| change.target_time.is_some());
    let sign = if rows.values().all(|row| matches!(row, Row::Stays(_))) {
        look.faint("=")
    } else {
        look.changed("~")
    };
    let is_deleted = |row: &&Row<'_>| matches!(row, Row::Delete(_));
    let words = match rows.values().filter(is_deleted).count() {
        0 => format!("replay {replay}, skip {skip}"),
        all if all == rows.len() => format!("forgets {}", count(all, "commit")),
        some => format!(
            "replay {replay}, skip {skip}, forgets {}",
            count(some, "commit")
        ),
    };
    let text = format!(
        "{sign} group {}, topic {}: {words}\n",
        escape(group),
        escape(topic)
    );
    let listing = Listing {
        columns: if with_time {
            &COLUMNS_WITH_TIME
        } else {
            &COLUMNS
        },
        rows: rows
            .iter()
            .map(|(partition, row)| cells(*partition, row, with_time))
            .collect(),
    };
    text + &listing.inset(look)
}

fn cells(partition: i32, row: &Row<'_>, with_time: bool) -> Vec<Cell> {
    let mut cells = vec![Cell::number(partition)];
    cells.extend(match row {
        Row::Commit(change) => [
            Cell::known(change.before.as_ref().map(|before| before.offset)),
            Cell::number(change.after.offset),
            verdict(change),
            Cell::number(change.log_start),
            Cell::number(change.log_end),
            Cell::number(change.lag_after),
        ],
        Row::Delete(before) => [
            Cell::number(before.offset),
            Cell::missing(),
            Cell::words("forget").painted(Paint::Warning),
            Cell::missing(),
            Cell::missing(),
            Cell::missing(),
        ],
        Row::Stays(one) => [
            Cell::known(one.committed),
            Cell::known(one.committed),
            Cell::words("none"),
            Cell::number(one.log_start),
            Cell::number(one.log_end),
            Cell::known(
                one.committed
                    .map(|offset| records_from(offset, (one.log_start, one.log_end))),
            ),
        ],
    });
    if with_time {
        let time = match row {
            Row::Commit(change) => change.target_time,
            Row::Delete(_) | Row::Stays(_) => None,
        };
        let time = time.and_then(|ms| Timestamp::from_millisecond(ms).ok());
        cells.push(time.map_or_else(Cell::missing, |time| Cell::words(time.to_string())));
    }
    cells
}

/// For example `replay 10`, `skip 3`, `replay 10, 4 lost already`.
fn verdict(change: &CommitOffset) -> Cell {
    let mut words = match (change.replay, change.skip, &change.before) {
        (0, 0, None) => "new".to_owned(),
        (0, 0, Some(_)) => "nothing to read lies between".to_owned(),
        (0, skip, _) => format!("skip {skip}"),
        (replay, ..) => format!("replay {replay}"),
    };
    let lost = change
        .before
        .as_ref()
        .map_or(0, |before| change.log_start - before.offset);
    if lost > 0 {
        let _ = write!(words, ", {lost} lost already");
    }
    let cell = Cell::words(words);
    if change.skip > 0 || lost > 0 {
        cell.painted(Paint::Warning)
    } else {
        cell
    }
}

/// The outcome of each commit as a table; empty if all are done as planned, or there are none.
#[must_use]
pub fn outcomes(look: Look, report: &Report) -> String {
    let settled = || report.steps.iter().filter(|one| is_shown(&one.step));
    if settled().all(|one| one.outcome.is_as_planned()) {
        return String::new();
    }
    let rows = settled().map(|one| {
        let TopicPartition { topic, partition } = one.step.action.partition().unwrap_or_default();
        let new = match &one.step.action {
            Action::CommitOffset(_, change) => Some(change.after.offset),
            _ => None,
        };
        let (word, paint, why) = verdict_of(&one.outcome);
        vec![
            Cell::words(escape(one.step.action.group_id().unwrap_or_default())),
            Cell::words(escape(&topic)),
            Cell::number(partition),
            Cell::known(new),
            Cell::words(word).painted(paint),
            Cell::words(escape(&why)),
        ]
    });
    let listing = Listing {
        columns: &OUTCOME_COLUMNS,
        rows: rows.collect(),
    };
    listing.show(look, &Choice::default())
}

const OUTCOME_COLUMNS: [Column; 6] = [
    Column::words("group"),
    Column::words("topic"),
    Column::numbers("partition"),
    Column::numbers("new"),
    Column::words("outcome"),
    Column::words("why"),
];

fn verdict_of(outcome: &Outcome) -> (&'static str, Paint, String) {
    match outcome {
        Outcome::Done { note, found } if found.is_empty() => {
            ("done", Paint::Good, note.clone().unwrap_or_default())
        }
        Outcome::Done { found, .. } => {
            let found: Vec<String> = found.iter().map(ToString::to_string).collect();
            ("done", Paint::Warning, found.join("; "))
        }
        Outcome::Refused { error } => ("refused", Paint::Bad, error.to_string()),
        Outcome::Unknown { reason } => ("unknown", Paint::Bad, reason.clone()),
        Outcome::NotAttempted { reason } => (
            "not sent",
            Paint::Warning,
            reason.clone().unwrap_or_default(),
        ),
    }
}

/// Earlier resets as JSON.
#[must_use]
pub fn history_json(resets: &[Reset]) -> String {
    of_one("OffsetResets", "resets", &resets)
}

/// Earlier resets, one per row.
#[must_use]
pub fn history(look: Look, resets: &[Reset]) -> String {
    if resets.is_empty() {
        return "nothing was moved from this machine\n".to_owned();
    }
    let rows = resets.iter().map(|reset| {
        let groups: BTreeSet<&str> = reset
            .steps
            .iter()
            .filter_map(|step| step.action.group_id())
            .collect();
        let groups: Vec<String> = groups.into_iter().map(escape).collect();
        let done = if reset.outcomes.is_empty() {
            Cell::words("cut off").painted(Paint::Warning)
        } else {
            Cell::words(format!("{} of {}", reset.done(), reset.steps.len()))
        };
        vec![
            Cell::words(&reset.id),
            Cell::words(&reset.at),
            Cell::words(shorten(&groups)),
            done,
            Cell::words(reset.undone_at.as_deref().unwrap_or("-")),
        ]
    });
    let listing = Listing {
        columns: &HISTORY_COLUMNS,
        rows: rows.collect(),
    };
    listing.show(look, &Choice::default())
}

const HISTORY_COLUMNS: [Column; 5] = [
    Column::words("id"),
    Column::words("at"),
    Column::words("groups"),
    Column::words("done"),
    Column::words("undone-at"),
];
