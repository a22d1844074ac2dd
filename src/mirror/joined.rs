//! Detects another mirror, from gaps between the batches of this one at the target.
//!
//! A gap alone says nothing, as the target may have other producers. But a record in it that is a copy of
//! the same source partition, and not written by this mirror, is another mirror's.

use std::collections::BTreeMap;
use std::time::Duration;

use super::error::MirrorError;
use super::origin::{Route, Whose};
use super::place::{committed, records};
use crate::cluster::Cluster;
use crate::cluster::reader::{ReaderSettings, Span};
use crate::cluster::writer::WrittenBatch;
use crate::model::measure::TopicPartition;

/// How many offsets of a gap are read, the last ones.
const LOOKED_AT: i64 = 1_000;

/// How many gaps of a partition are read, the last ones.
const GAPS: usize = 8;

/// The offsets of written batches.
#[derive(Debug, Default)]
pub struct Joined {
    /// The offset of the next batch, if no other producer writes.
    next: BTreeMap<TopicPartition, i64>,
    /// Offsets between batches, written by others: the first offset, and the one after the last.
    gaps: BTreeMap<TopicPartition, Vec<(i64, i64)>>,
}

impl Joined {
    /// Sets the offset where the next batch is expected.
    pub fn known_to(&mut self, key: &TopicPartition, end: i64) {
        self.next.insert(key.clone(), end);
    }

    /// Adds acknowledged batches.
    pub fn wrote(&mut self, batches: &[WrittenBatch]) {
        let mut batches: Vec<&WrittenBatch> = batches.iter().collect();
        batches.sort_by_key(|batch| batch.base_offset);
        for batch in batches {
            let gaps = self.gaps.entry(batch.partition.clone()).or_default();
            let Some(base) = batch.base_offset else {
                gaps.clear();
                self.next.remove(&batch.partition);
                continue;
            };
            let behind = base.saturating_add(i64::try_from(batch.records).unwrap_or(i64::MAX));
            let expected = self.next.entry(batch.partition.clone()).or_insert(base);
            match base - *expected {
                // A batch that was sent again is reported late.
                ..0 => fill(gaps, (base, behind)),
                0 => {}
                _ => gaps.push((*expected, base)),
            }
            gaps.drain(..gaps.len().saturating_sub(GAPS));
            *expected = behind.max(*expected);
        }
    }

    /// A copy of the same route in the gaps that another process wrote, and its offset. `own` are
    /// unanswered batches of this mirror, which may have arrived late.
    ///
    /// # Errors
    /// The target cannot be read.
    pub async fn another(
        &mut self,
        target: &dyn Cluster,
        route: &Route,
        own: &[WrittenBatch],
        patience: Duration,
    ) -> Result<Option<(TopicPartition, i64)>, MirrorError> {
        let mut another = None;
        for (key, gaps) in std::mem::take(&mut self.gaps) {
            let is_own = |origin: i64| {
                let mut own = own.iter().filter(|batch| batch.partition == key);
                own.any(|batch| (batch.first..=batch.last).contains(&origin))
            };
            for (from, until) in gaps {
                let span = Span::new(key.clone(), from.max(until - LOOKED_AT), Some(until));
                let mut reader = target.reader(ReaderSettings {
                    accept_gaps: true,
                    uncommitted: true,
                    ..committed(vec![span], patience)
                });
                while let Some(chunk) = reader.next().await {
                    let chunk = chunk?;
                    let found = records(&chunk).find(|record| {
                        let whose = route.whose(&key, record);
                        matches!(whose, Whose::Ours { offset, .. } if !is_own(offset))
                    });
                    another = another.or(found.map(|record| (key.clone(), record.offset)));
                }
            }
        }
        Ok(another)
    }
}

/// Removes a range from the gaps.
fn fill(gaps: &mut Vec<(i64, i64)>, (from, until): (i64, i64)) {
    let left = gaps
        .iter()
        .flat_map(|(start, end)| [(*start, from.min(*end)), (until.max(*start), *end)]);
    *gaps = left.filter(|(start, end)| start < end).collect();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gaps_are_what_is_between_batches_and_before_the_first() {
        let key = TopicPartition::new("orders", 0);
        let batch = |base_offset: Option<i64>, records: usize| WrittenBatch {
            partition: key.clone(),
            base_offset,
            records,
            first: 0,
            last: 0,
        };
        let mut joined = Joined::default();
        joined.known_to(&key, 5);
        joined.wrote(&[batch(Some(8), 2), batch(Some(5), 3)]);
        assert!(joined.gaps[&key].is_empty());
        joined.wrote(&[batch(Some(12), 3)]);
        assert_eq!(joined.gaps[&key], [(10, 12)]);
        joined.wrote(&[batch(Some(20), 5)]);
        joined.wrote(&[batch(Some(15), 3)]);
        assert_eq!(joined.gaps[&key], [(10, 12), (18, 20)]);
        joined.wrote(&[batch(Some(25), 1)]);
        assert_eq!(joined.gaps[&key].len(), 2);
        // Its offset is unknown: it may be in a gap, or after the last batch.
        joined.wrote(&[batch(None, 3)]);
        joined.wrote(&[batch(Some(30), 1)]);
        assert!(joined.gaps[&key].is_empty());
    }
}
