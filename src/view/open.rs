//! Transactions that are open, and the offsets that wait for their end.

use schemars::JsonSchema;
use serde::Serialize;

use super::text::count;
use crate::model::measure::TopicPartition;
use crate::observe::ends::Open;

/// Offsets of a partition, from the first to the one after the last.
pub type Of<'a> = (&'a TopicPartition, &'a (i64, i64));

/// So many partitions are named.
const NAMED: usize = 5;

/// What is waited for before a copy begins.
#[must_use]
pub fn waiting(open: &Open) -> String {
    let named = open.iter().take(NAMED);
    let mut places: Vec<String> = named
        .map(|(key, (from, _))| format!("{} at offset {from}", key.short()))
        .collect();
    if let more @ 1.. = open.len().saturating_sub(NAMED) {
        places.push(format!("{more} more"));
    }
    format!("waiting for open transactions: {}", places.join(", "))
}

/// What is behind them, a line each. `what` is said of the offsets.
#[must_use]
pub fn lines<'a>(ranges: impl IntoIterator<Item = Of<'a>>, what: &str) -> String {
    let line =
        |(key, (from, until)): Of<'_>| format!("{key}: offsets {from} to {} {what}\n", until - 1);
    ranges.into_iter().map(line).collect()
}

/// That they kept something out of a copy; none where none is open.
#[must_use]
pub fn incomplete(open: &Open, copy: &str) -> Option<String> {
    let offsets: i64 = open.values().map(|(from, until)| until - from).sum();
    let offsets = count(usize::try_from(offsets).unwrap_or(usize::MAX), "offset");
    let partitions = count(open.len(), "partition");
    (!open.is_empty())
        .then(|| format!("{copy} is without {offsets} of {partitions}: transactions were open"))
}

/// Offsets of a partition, in a document.
#[derive(Serialize, JsonSchema)]
pub(super) struct OffsetRangeFields {
    topic: String,
    #[schemars(range(min = 0))]
    partition: i32,
    #[schemars(range(min = 0))]
    from: i64,
    /// The offset after the last.
    #[schemars(range(min = 0))]
    to: i64,
}

/// As a list of a document.
pub(super) fn list<'a>(ranges: impl IntoIterator<Item = Of<'a>>) -> Vec<OffsetRangeFields> {
    let each = ranges.into_iter();
    each.map(|(key, (from, to))| OffsetRangeFields {
        topic: key.topic.clone(),
        partition: key.partition,
        from: *from,
        to: *to,
    })
    .collect()
}
