//! Finds how far partitions are, from the cluster.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::{RestoreError, RestoredPartition, RestoredPartitions};
use crate::cluster::reader::{Piece, ReaderSettings, Span};
use crate::cluster::{Cluster, ClusterError, OffsetSpec};
use crate::model::measure::TopicPartition;
use crate::model::record::Record;
use crate::model::seen::Seen;
use crate::snapshot::{Reader, SnapshotError};

/// The pause between two checks of log end offsets.
const PAUSE: Duration = Duration::from_millis(200);

/// Finds the number of restored records in each partition, and checks that the last one is the snapshot's.
/// In the topics `appended`, brokers set the timestamps.
///
/// # Errors
/// The cluster or the snapshot cannot be read, or a partition has other records.
pub async fn place(
    cluster: &dyn Cluster,
    snapshot: &Reader,
    parts: &mut RestoredPartitions,
    appended: &BTreeSet<String>,
    patience: Duration,
) -> Result<(), RestoreError> {
    let ends = ends(cluster, parts).await?;
    for (part, end) in parts.values_mut().zip(ends) {
        part.done = end - part.base;
        part.most = part.most.max(part.done);
        if !(0..=part.records).contains(&part.done) {
            let (from, to) = (part.base, part.end());
            let what = format!("it ends at {end}, and would end between {from} and {to}");
            return Err(differs(part, what));
        }
    }
    let begun = parts.iter().filter(|(_, part)| part.done > 0);
    let begun: Vec<(usize, &RestoredPartition)> =
        begun.map(|(ordinal, part)| (*ordinal, part)).collect();
    let mut last = last_records(cluster, &begun, patience).await?;
    for (ordinal, part) in begun {
        // If retention or compaction removed the record, there is nothing to compare.
        let Some(found) = last.remove(&part.target) else {
            continue;
        };
        let expected = record(snapshot, ordinal, part.done - 1)?;
        let is_same = expected.is_some_and(|expected| {
            let has_own = !appended.contains(&part.target.topic);
            let timestamp = if has_own {
                expected.timestamp
            } else {
                found.timestamp
            };
            found
                == Record {
                    offset: found.offset,
                    timestamp,
                    ..expected
                }
        });
        if !is_same {
            let at = part.base + part.done - 1;
            let what = format!("the record at offset {at} is not the snapshot's");
            return Err(differs(part, what));
        }
    }
    Ok(())
}

/// The last record of each part in the cluster.
async fn last_records(
    cluster: &dyn Cluster,
    parts: &[(usize, &RestoredPartition)],
    patience: Duration,
) -> Result<BTreeMap<TopicPartition, Record>, RestoreError> {
    let spans = parts.iter().map(|(_, part)| {
        let next = part.base + part.done;
        Span::new(part.target.clone(), next - 1, Some(next))
    });
    let mut reader = cluster.reader(ReaderSettings {
        spans: spans.collect(),
        uncommitted: true,
        patience,
        accept_gaps: false,
    });
    let mut last = BTreeMap::new();
    while let Some(chunk) = reader.next().await {
        let chunk = chunk?;
        for piece in chunk.pieces {
            if let Piece::Records(_, records) = piece {
                let found = records.into_iter().next();
                last.extend(found.map(|record| (chunk.key.clone(), record)));
            }
        }
    }
    Ok(last)
}

/// Waits up to `patience` until all partitions have their expected log end offsets. Returns those that do
/// not.
///
/// # Errors
/// The cluster cannot be read.
pub async fn settled(
    cluster: &dyn Cluster,
    parts: &RestoredPartitions,
    patience: Duration,
) -> Result<Vec<(TopicPartition, i64)>, RestoreError> {
    let deadline = Instant::now() + patience;
    loop {
        let ends = ends(cluster, parts).await?;
        let other = parts.values().zip(ends);
        let other = other.filter(|(part, end)| part.end() != *end);
        let other: Vec<_> = other
            .map(|(part, end)| (part.target.clone(), end))
            .collect();
        let is_over = other.iter().any(|(target, end)| {
            let part = parts.values().find(|part| part.target == *target);
            part.is_some_and(|part| *end > part.end())
        });
        if other.is_empty() || is_over || Instant::now() + PAUSE >= deadline {
            return Ok(other);
        }
        sleep(PAUSE).await;
    }
}

/// The log end offsets of parts, in order.
async fn ends(cluster: &dyn Cluster, parts: &RestoredPartitions) -> Result<Vec<i64>, RestoreError> {
    let targets: Vec<TopicPartition> = parts.values().map(|part| part.target.clone()).collect();
    let mut found = cluster.list_offsets(&targets, OffsetSpec::Latest).await?;
    let ends = parts.values().map(|part| match found.remove(&part.target) {
        Some(Seen::Value(Some(end))) => Ok(end),
        other => Err(unreadable(part, other.map(|seen| seen.map(drop)))),
    });
    ends.collect()
}

fn differs(part: &RestoredPartition, what: String) -> RestoreError {
    RestoreError::Differs {
        target: part.target.clone(),
        what,
    }
}

fn unreadable(part: &RestoredPartition, seen: Option<Seen<()>>) -> RestoreError {
    let words = match seen {
        Some(Seen::Unseen(_, words)) => words,
        Some(Seen::Absent) => return differs(part, "it is not there any more".to_owned()),
        Some(Seen::Value(())) | None => "the answer left it out".to_owned(),
    };

    RestoreError::Cluster(ClusterError::Unreachable {
        address: part.target.to_string(),
        reason: words,
    })
}

/// The record with this index in a partition of a snapshot.
fn record(snapshot: &Reader, ordinal: usize, index: i64) -> Result<Option<Record>, SnapshotError> {
    let mut before = index;
    for block in snapshot.partition(ordinal, 0) {
        let block = block?;
        let count = i64::try_from(block.len()).unwrap_or(i64::MAX);
        if before < count {
            return Ok(block.records().nth(usize::try_from(before).unwrap_or(0)));
        }
        before -= count;
    }
    Ok(None)
}
