//! Finds how far the target is, from its own records.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::time::Duration;

use super::error::MirrorError;
use super::offsets::offsets;
use super::origin::{Route, Whose};
use crate::cluster::reader::{Chunk, Piece, ReaderSettings, Span};
use crate::cluster::{Cluster, OffsetSpec};
use crate::model::measure::TopicPartition;
use crate::model::record::{GapReason, Record};

/// How many offsets are read first, from the end; then four times as many, and so on.
const FIRST: i64 = 64;

/// The largest number of offsets that are read at once.
const MOST: i64 = 1 << 20;

/// The state of a partition of the target.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TargetPartition {
    /// The next offset of the source; none if the mirror has no record there.
    pub next: Option<i64>,
    /// The leader epoch of the source's record before `next`, if it is known.
    pub epoch: Option<i32>,
    /// The log end offset up to which records were read.
    pub end: i64,
    /// Whether a record of another producer was read. Records before the mirror's newest one are not
    /// read.
    pub has_others: bool,
    /// Whether a record of an earlier topic of the same name was read.
    has_former: bool,
    /// Whether records were deleted from it. Control and aborted records do not count, because no consumer
    /// could read them.
    has_past: bool,
}

impl TargetPartition {
    /// Whether the partition has or had records that this mirror did not write.
    #[must_use]
    pub fn is_foreign(&self) -> bool {
        self.has_others || (self.has_past && self.next.is_none() && !self.has_former)
    }
}

/// Partitions that have copies of an earlier topic of the same name only. None of a topic in which any
/// partition has copies of the present one: then they were accepted before.
#[must_use]
pub fn former(places: &BTreeMap<TopicPartition, TargetPartition>) -> BTreeSet<TopicPartition> {
    let begun = places.iter().filter(|(_, place)| place.next.is_some());
    let begun: BTreeSet<&str> = begun.map(|(key, _)| key.topic.as_str()).collect();
    let former = places.iter().filter(|(_, place)| place.has_former);
    let former = former.filter(|(key, _)| !begun.contains(key.topic.as_str()));
    former.map(|(key, _)| key.clone()).collect()
}

/// The state of partitions. Partitions that do not exist are left out. With `uncommitted`, records of open
/// transactions count, and are not waited for.
///
/// # Errors
/// The target cannot be read, or a transaction stays open longer than the patience.
pub async fn places(
    target: &dyn Cluster,
    route: &Route,
    keys: &[TopicPartition],
    patience: Duration,
    uncommitted: bool,
) -> Result<BTreeMap<TopicPartition, TargetPartition>, MirrorError> {
    let starts = offsets(target, keys, OffsetSpec::Earliest).await?;
    let ends = offsets(target, keys, OffsetSpec::Latest).await?;
    // Before the last stable offset only a reader of committed records can tell committed from aborted
    // ones.
    let stable = if uncommitted {
        offsets(target, keys, OffsetSpec::LastStable).await?
    } else {
        ends.clone()
    };
    let mut search = Search {
        target,
        route,
        patience,
        places: BTreeMap::new(),
    };
    let (mut open, mut settled) = (BTreeMap::new(), BTreeMap::new());
    for (key, end) in ends {
        let start = starts.get(&key).copied().unwrap_or_default().min(end);
        let stable = stable.get(&key).copied().unwrap_or(end).clamp(start, end);
        open.insert(key.clone(), stable..end);
        settled.insert(key.clone(), start..stable);
        let place = TargetPartition {
            end,
            has_past: start > 0,
            ..TargetPartition::default()
        };
        search.places.insert(key, place);
    }
    search.backwards(open, true).await?;
    search.backwards(settled, false).await?;
    Ok(search.places)
}

/// Searches the mirror's newest record in each partition.
struct Search<'a> {
    target: &'a dyn Cluster,
    route: &'a Route,
    patience: Duration,
    places: BTreeMap<TopicPartition, TargetPartition>,
}

impl Search<'_> {
    /// Reads backwards, piece by piece, until the newest record is found, or everything in `open` is read.
    async fn backwards(
        &mut self,
        mut open: BTreeMap<TopicPartition, Range<i64>>,
        uncommitted: bool,
    ) -> Result<(), MirrorError> {
        let from = |left: &Range<i64>, size| left.start.max(left.end - size);
        let mut size = FIRST;
        loop {
            open.retain(|key, left| {
                let place = self.places.get(key);
                let is_found = place.is_some_and(|one| one.next.is_some() || one.has_former);
                !is_found && !left.is_empty()
            });
            if open.is_empty() {
                return Ok(());
            }
            let spans = open
                .iter()
                .map(|(key, left)| Span::new(key.clone(), from(left, size), Some(left.end)));
            let mut reader = self.target.reader(ReaderSettings {
                uncommitted,
                ..committed(spans.collect(), self.patience)
            });
            while let Some(chunk) = reader.next().await {
                let chunk = chunk?;
                if let Some(place) = self.places.get_mut(&chunk.key) {
                    place.look(self.route, &chunk);
                }
            }
            for left in open.values_mut() {
                left.end = from(left, size);
            }
            size = (size * 4).min(MOST);
        }
    }
}

impl TargetPartition {
    fn look(&mut self, route: &Route, chunk: &Chunk) {
        for record in records(chunk) {
            match route.whose(&chunk.key, record) {
                // After a killed run, a late batch may follow newer ones.
                Whose::Ours { offset, epoch } if self.next <= Some(offset) => {
                    (self.next, self.epoch) = (Some(offset + 1), epoch);
                }
                Whose::Ours { .. } => {}
                Whose::Former => self.has_former = true,
                Whose::Others => self.has_others = true,
            }
        }
        self.has_past |= chunk.pieces.iter().any(|piece| {
            matches!(piece, Piece::Gap(gap) if !matches!(gap.reason, GapReason::Control | GapReason::Aborted))
        });
    }
}

/// The records of a chunk.
pub(super) fn records(chunk: &Chunk) -> impl Iterator<Item = &Record> {
    let runs = chunk.pieces.iter().filter_map(|piece| match piece {
        Piece::Records(_, records) => Some(records),
        Piece::Gap(_) => None,
    });
    runs.flatten()
}

/// Settings for reading committed records.
pub(super) fn committed(spans: Vec<Span>, patience: Duration) -> ReaderSettings {
    ReaderSettings {
        spans,
        uncommitted: false,
        patience,
        accept_gaps: false,
    }
}
