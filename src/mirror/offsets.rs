//! Offsets of partitions. Partitions that do not exist are left out.

use std::collections::BTreeMap;

use super::error::MirrorError;
use crate::cluster::{Cluster, OffsetSpec};
use crate::model::measure::TopicPartition;
use crate::model::seen::{Cause, Seen};

/// The offset `spec` of each partition.
///
/// # Errors
/// The cluster cannot be read, or does not report the offset of a partition.
pub(super) async fn offsets(
    cluster: &dyn Cluster,
    keys: &[TopicPartition],
    spec: OffsetSpec,
) -> Result<BTreeMap<TopicPartition, i64>, MirrorError> {
    let found = cluster.list_offsets(keys, spec).await?;
    told(found.into_iter().map(|(key, seen)| {
        let untold = || Seen::unavailable("the broker does not tell them");
        let offset = seen.and_then(|offset| offset.map_or_else(untold, Seen::Value));
        (key, offset)
    }))
}

/// The value of each partition.
///
/// # Errors
/// [`MirrorError::Unseen`] for the first partition without one.
pub(super) fn told<T>(
    found: impl IntoIterator<Item = (TopicPartition, Seen<T>)>,
) -> Result<BTreeMap<TopicPartition, T>, MirrorError> {
    let mut known = BTreeMap::new();
    for (key, seen) in found {
        match seen {
            Seen::Value(value) => drop(known.insert(key, value)),
            Seen::Absent => {}
            seen @ Seen::Unseen(..) => return Err(unseen(key, &seen)),
        }
    }
    Ok(known)
}

/// The error for unknown offsets of a partition.
fn unseen<T>(key: TopicPartition, seen: &Seen<T>) -> MirrorError {
    MirrorError::Unseen {
        key,
        words: seen.reason().unwrap_or_default().to_owned(),
        passes: seen.is_unseen_as(Cause::Unavailable),
    }
}
