//! Puts the records of a snapshot back: the same partitions, order and bytes, each record once.
//!
//! - [`scan`](mod@scan): what the chosen topics of a snapshot hold
//! - [`progress`]: what a restore keeps on the disk, so that a later run goes on
//! - [`place`](mod@place): how far each partition is
//! - [`load`](mod@load): writes what is missing
//! - [`map`]: from old offsets to new ones
//! - [`verify`](mod@verify): reads all of it back
//!
//! Without transactions the offsets of a partition are dense: the record with index `i` of the snapshot's
//! partition goes to offset `base + i`, where `base` was the log end offset before the first one. So the
//! new offsets are known before anything is written, a partition's end says how many records it has,
//! and the numbers of the producer are the indices (see `cluster::writer`): whatever a killed run had
//! on its way cannot be there beside what a later one writes.
//!
//! Traps: whoever else writes to the partition meanwhile takes offsets: the first batch that is not where
//! it is to be ends the restore; a leader that was elected just now may not show its last records yet.

pub mod load;
pub mod map;
pub mod place;
pub mod progress;
pub mod scan;
pub mod verify;

use std::collections::BTreeMap;

use crate::backup::snapshot::SnapshotError;
use crate::cluster::ClusterError;
use crate::cluster::reader::ReadError;
use crate::cluster::writer::WriteError;
use crate::model::escape::escape;
use crate::model::measure::TopicPartition;
use crate::store::StoreError;

/// A partition that is put back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RestoredPartition {
    /// Where it was.
    pub source: TopicPartition,
    /// Where it goes.
    pub target: TopicPartition,
    /// The offset of its first record.
    pub base: i64,
    /// How many records it is to have.
    pub records: i64,
    /// How many of them it has.
    pub done: i64,
    /// How many it may have: with those that were sent and not answered.
    pub most: i64,
    /// How many it has beside, at offsets where they are not to be.
    pub astray: i64,
}

impl RestoredPartition {
    /// The log end offset that is to be.
    #[must_use]
    pub fn end(&self) -> i64 {
        self.base + self.records
    }
}

/// Partitions by their ordinals in the snapshot.
pub type RestoredPartitions = BTreeMap<usize, RestoredPartition>;

/// Why records are not put back, or not all of them.
#[derive(Debug, thiserror::Error)]
pub enum RestoreError {
    /// The snapshot cannot be read.
    #[error("cannot read the snapshot: {0}")]
    Snapshot(#[from] SnapshotError),
    /// The cluster cannot be asked.
    #[error(transparent)]
    Cluster(#[from] ClusterError),
    /// What was written cannot be read back.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The cluster does not take the records.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// A partition has other records than those that were put back.
    #[error("partition {} of `{}` is not as the restore left it: {what}", .target.1, escape(&.target.0))]
    Differs {
        /// The partition.
        target: TopicPartition,
        /// What is other.
        what: String,
    },
    /// A file on this machine.
    #[error(transparent)]
    File(#[from] StoreError),
    /// Another process restores the same snapshot into the same cluster.
    #[error("another restore of this snapshot into this cluster is under way")]
    Held,
}
