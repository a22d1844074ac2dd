//! Restores the records of a snapshot: the same partitions, order and bytes, each record once.
//!
//! - [`scan`](mod@scan): reads the chosen topics of a snapshot
//! - [`progress`]: the file that lets a later run continue
//! - [`place`](mod@place): finds how far each partition is
//! - [`load`](mod@load): writes the missing records
//! - [`map`]: the map from old to new offsets
//! - [`verify`](mod@verify): reads all records back
//!
//! Without transactions the offsets of a partition are dense: the record with index `i` in the snapshot's
//! partition gets offset `base + i`, where `base` was the log end offset before the first one. So new
//! offsets are known before anything is written, and a partition's log end offset tells how many records it
//! has. The producer's sequence numbers are the indexes (see `cluster::writer`), so late batches of a
//! killed run cannot duplicate those of a later run.
//!
//! Traps: another writer to the partition takes offsets, so the first batch at a wrong offset ends the
//! restore; a newly elected leader may not show its last records yet.

pub mod load;
pub mod map;
pub mod place;
pub mod progress;
pub mod scan;
pub mod verify;

use std::collections::BTreeMap;

use crate::cluster::ClusterError;
use crate::cluster::reader::ReadError;
use crate::cluster::writer::WriteError;
use crate::model::measure::TopicPartition;
use crate::snapshot::{SnapshotError, SnapshotHeader};
use crate::store::StoreError;

/// A partition to restore.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RestoredPartition {
    /// The partition in the snapshot.
    pub source: TopicPartition,
    /// The partition in the cluster.
    pub target: TopicPartition,
    /// The new offset of its first record.
    pub base: i64,
    /// The number of its records in the snapshot.
    pub records: i64,
    /// Their uncompressed bytes.
    pub bytes: i64,
    /// The number of records that are in the cluster.
    pub done: i64,
    /// The number of records that may be in the cluster, including unanswered ones.
    pub most: i64,
    /// The number of records that are in the cluster at wrong offsets.
    pub astray: i64,
}

impl RestoredPartition {
    /// The log end offset after the restore.
    #[must_use]
    pub fn end(&self) -> i64 {
        self.base + self.records
    }
}

/// Partitions by their ordinals in the snapshot.
pub type RestoredPartitions = BTreeMap<usize, RestoredPartition>;

/// A restore of a snapshot into a cluster.
#[derive(Debug)]
pub struct Restored<'a> {
    /// The header of the snapshot.
    pub header: &'a SnapshotHeader,
    /// The id of the target cluster.
    pub cluster_id: &'a str,
    /// The partitions to restore, grouped by topic.
    pub parts: Vec<RestoredPartition>,
    /// How many records earlier runs had written.
    pub there: i64,
    /// The groups to commit for.
    pub groups: Vec<&'a str>,
}

/// Why a restore failed.
#[derive(Debug, thiserror::Error)]
pub enum RestoreError {
    /// The snapshot cannot be read.
    #[error("cannot read the snapshot: {0}")]
    Snapshot(#[from] SnapshotError),
    /// The cluster cannot be read.
    #[error(transparent)]
    Cluster(#[from] ClusterError),
    /// The written records cannot be read back.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The cluster does not accept the records.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// A partition does not have the records that were written.
    #[error("{target} is not as the restore left it: {what}")]
    Differs {
        /// The partition.
        target: TopicPartition,
        /// What differs.
        what: String,
    },
    /// A file on this machine.
    #[error(transparent)]
    File(#[from] StoreError),
    /// Another process restores the same snapshot to the same cluster.
    #[error("another restore of this snapshot into this cluster is under way")]
    Held,
}
