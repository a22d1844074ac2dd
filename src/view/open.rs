//! Open transactions, and the offsets that they hold back.

use schemars::JsonSchema;
use serde::Serialize;

use super::text::count;
use crate::model::measure::TopicPartition;
use crate::observe::ends::Open;

/// A partition, with its first offset and the one after the last.
pub type Of<'a> = (&'a TopicPartition, &'a (i64, i64));

/// At most this many partitions are named.
const NAMED: usize = 5;

/// The transactions that are waited for before a copy begins.
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

/// The offsets that transactions hold back, one range per line, with `what` said of each.
#[must_use]
pub fn lines<'a>(ranges: impl IntoIterator<Item = Of<'a>>, what: &str) -> String {
    let line =
        |(key, (from, until)): Of<'_>| format!("{key}: offsets {from} to {} {what}\n", until - 1);
    ranges.into_iter().map(line).collect()
}

/// That `copy` is incomplete because of open transactions; none if there are none.
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
    /// The offset after the last one.
    #[schemars(range(min = 0))]
    to: i64,
}

/// The ranges for a document.
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
