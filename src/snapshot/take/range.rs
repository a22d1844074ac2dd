//! The range of offsets of each partition in a snapshot.

use std::collections::BTreeMap;

use futures::try_join;

use super::bound::Bound;
use super::error::TakeError;
use super::request::SnapshotRequest;
use crate::cluster::{Cluster, ClusterError, OffsetSpec};
use crate::model::escape::escape;
use crate::model::measure::{Offsets, TopicPartition};
use crate::model::seen::Seen;
use crate::observe::ends::{End, Open, ends};
use crate::snapshot::{Isolation, Range};

/// The ranges of partitions, limited to their logs. Calls `waits` with open transactions that it waits for.
pub(super) async fn ranges(
    cluster: &dyn Cluster,
    wanted: &SnapshotRequest,
    keys: &[TopicPartition],
    waits: impl FnMut(&Open),
) -> Result<BTreeMap<TopicPartition, Range>, TakeError> {
    let ends = ends(cluster, keys, wanted.patience, waits).await?;
    let (starts, from, to) = try_join!(
        cluster.list_offsets(keys, OffsetSpec::Earliest),
        timed(cluster, wanted.from, keys),
        timed(cluster, wanted.to, keys),
    )?;
    let mut ranges = BTreeMap::new();
    for key in keys {
        let end = match ends.get(key) {
            Some(Seen::Value(end)) => *end,
            seen => return Err(unseen(key, seen.and_then(Seen::reason))),
        };
        let start = known(&starts, key)?.ok_or_else(|| unseen(key, None))?;
        let at = |bound: Bound, timed: &Offsets, end: i64| match bound {
            Bound::Time(_) => Ok::<_, TakeError>(bound.offset((start, end), known(timed, key)?)),
            _ => Ok(bound.offset((start, end), None)),
        };
        let End { stable, high } = match wanted.asked.isolation {
            Isolation::ReadCommitted => end,
            Isolation::ReadUncommitted => End {
                stable: end.high,
                ..end
            },
        };
        let first = at(wanted.from, &from, stable)?;
        let last = at(wanted.to, &to, stable)?.max(first);
        let asked = at(wanted.to, &to, high)?;
        let range = Range {
            partition: key.partition,
            from: first,
            to: last,
            open_until: (asked > last).then_some(asked),
        };
        ranges.insert(key.clone(), range);
    }
    Ok(ranges)
}

async fn timed(
    cluster: &dyn Cluster,
    bound: Bound,
    keys: &[TopicPartition],
) -> Result<Offsets, ClusterError> {
    match bound {
        Bound::Time(ms) => cluster.list_offsets(keys, OffsetSpec::Timestamp(ms)).await,
        _ => Ok(Offsets::new()),
    }
}

fn known(found: &Offsets, key: &TopicPartition) -> Result<Option<i64>, TakeError> {
    match found.get(key) {
        Some(Seen::Value(offset)) => Ok(*offset),
        seen => Err(unseen(key, seen.and_then(Seen::reason))),
    }
}

fn unseen(key: &TopicPartition, reason: Option<&str>) -> TakeError {
    TakeError::Unseen {
        what: format!(
            "offsets of partition {} of `{}`",
            key.partition,
            escape(&key.topic)
        ),
        reason: reason
            .unwrap_or("the partition is not there any more")
            .to_owned(),
    }
}
