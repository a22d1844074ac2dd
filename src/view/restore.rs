//! Restores of snapshots: the announcement, progress and result.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

use schemars::JsonSchema;
use serde::Serialize;

use super::json::of_kind;
use super::style::Look;
use super::table::{Cell, Column, Listing};
use super::text::{count, escape, records, records_between};
use crate::model::units::{about, span};
use crate::snapshot::restore::{Restored, RestoredPartition, RestoredPartitions};

const PARTITIONS: [Column; 6] = [
    Column::numbers("partition"),
    Column::numbers("records"),
    Column::numbers("size"),
    Column::numbers("from"),
    Column::numbers("to"),
    Column::numbers("there"),
];

/// What the restore will write.
#[must_use]
pub fn announced(look: Look, restored: &Restored<'_>) -> String {
    let total: i64 = restored.parts.iter().map(|one| one.records).sum();
    let there: i64 = restored.parts.iter().map(|one| one.done).sum();
    let mut text = format!(
        "restores {} of snapshot {} of cluster {} into {}",
        records(total),
        escape(&restored.header.snapshot),
        escape(&restored.header.cluster),
        count(restored.parts.len(), "partition")
    );
    if there > 0 {
        let _ = write!(text, "; {} are there already", records(there)); // a String takes everything
    }
    text.push('\n');
    for (heading, parts) in topics(restored) {
        let _ = writeln!(text, "{}", look.strong(&heading));
        let rows = parts.iter().map(|one| cells(one)).collect();
        let columns = &PARTITIONS;
        text += &Listing { columns, rows }.inset(look);
    }
    if !restored.groups.is_empty() {
        let names: Vec<String> = restored.groups.iter().map(|id| escape(id)).collect();
        let _ = writeln!(text, "gives groups their offsets: {}", names.join(", "));
    }
    text
}

/// The partitions by the heading of their topic, which has its new name too.
fn topics<'a>(restored: &'a Restored<'_>) -> BTreeMap<String, Vec<&'a RestoredPartition>> {
    let mut topics: BTreeMap<String, Vec<&RestoredPartition>> = BTreeMap::new();
    for one in &restored.parts {
        let (source, target) = (&one.source.topic, &one.target.topic);
        let mut heading = format!("topic {}", escape(source));
        if source != target {
            let _ = write!(heading, " as {}", escape(target)); // a String takes everything
        }
        topics.entry(heading).or_default().push(one);
    }
    topics
}

fn cells(part: &RestoredPartition) -> Vec<Cell> {
    vec![
        Cell::number(part.source.partition),
        Cell::number(part.records),
        Cell::words(about(part.bytes)).sorted_by(part.bytes),
        Cell::number(part.base),
        Cell::number(part.end()),
        Cell::number(part.done),
    ]
}

/// The progress: restored records of the total, and the rate of the `here` records of this run.
#[must_use]
pub fn progress((now, total): (i64, i64), here: i64, took: Duration) -> String {
    let took_ms = i64::try_from(took.as_millis()).unwrap_or(i64::MAX).max(1);
    let rate = here.saturating_mul(1_000) / took_ms;
    let left_ms = (total - now).saturating_mul(took_ms) / here.max(1);
    format!(
        "{now} of {} restored, {rate} a second, {} left",
        records(total),
        span(left_ms)
    )
}

/// What a restore that ends early leaves. `made` is how many topics it created.
#[must_use]
pub fn so_far(made: usize, parts: &RestoredPartitions) -> String {
    let sum = |of: fn(&RestoredPartition) -> i64| parts.values().map(of).sum::<i64>();
    let (least, most) = (sum(|part| part.done), sum(|part| part.most.max(part.done)));
    let verb = |is_one| if is_one { "is" } else { "are" };
    let mut text = match made {
        0 => String::new(),
        _ => format!("{} {} created, ", count(made, "topic"), verb(made == 1)),
    };
    let verb = verb((least, most) == (1, 1));
    let restored = records_between(least, most);
    let _ = write!(text, "{restored} {verb} restored"); // a String takes everything
    match sum(|part| part.astray) {
        0 => {}
        astray => {
            let _ = write!(text, ", {astray} more at other offsets"); // a String takes everything
        }
    }
    text
}

/// The result of the restore.
#[must_use]
pub fn done(restored: &Restored<'_>, map: &Path, is_verified: bool) -> String {
    let total: i64 = restored.parts.iter().map(|one| one.records).sum();
    let partitions = count(restored.parts.len(), "partition");
    let mut text = if total > 0 && restored.there >= total {
        format!(
            "nothing was left to restore: {} in {partitions} were there already",
            records(total)
        )
    } else {
        format!("restored {} in {partitions}", records(total))
    };
    if is_verified {
        text += "; read back, they are those of the snapshot";
    }
    text.push('\n');
    let map = escape(&map.to_string_lossy());
    let _ = writeln!(text, "the map of offsets is in {map}"); // a String takes everything
    text
}

/// A restored snapshot.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct RestoreDocument<'a> {
    /// The id of the snapshot.
    snapshot: &'a str,
    /// The id of the target cluster.
    cluster_id: &'a str,
    partitions: Vec<RestoredFields<'a>>,
    /// The groups that were committed for.
    groups: &'a [&'a str],
    /// The file of the map of offsets.
    map: Option<Cow<'a, str>>,
}

/// A restored partition.
#[derive(Serialize, JsonSchema)]
struct RestoredFields<'a> {
    /// The name of the topic in the snapshot.
    topic: &'a str,
    #[schemars(range(min = 0))]
    partition: i32,
    /// The name of the topic in the cluster.
    target: &'a str,
    #[schemars(range(min = 0))]
    records: i64,
    /// The offset of its first restored record.
    #[schemars(range(min = 0))]
    from: i64,
    /// The offset after its last restored record.
    #[schemars(range(min = 0))]
    to: i64,
}

/// The result as a document.
#[must_use]
pub fn document(restored: &Restored<'_>, map: &Path) -> String {
    let parts = restored.parts.iter().map(|one| RestoredFields {
        topic: &one.source.topic,
        partition: one.source.partition,
        target: &one.target.topic,
        records: one.records,
        from: one.base,
        to: one.end(),
    });
    let fields = RestoreDocument {
        snapshot: &restored.header.snapshot,
        cluster_id: restored.cluster_id,
        partitions: parts.collect(),
        groups: &restored.groups,
        map: Some(map.to_string_lossy()),
    };
    of_kind("Restore", &fields)
}
