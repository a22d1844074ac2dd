//! Why a snapshot cannot be taken.

use crate::backup::snapshot::SnapshotError;
use crate::cluster::ClusterError;
use crate::cluster::reader::ReadError;
use crate::model::escape::escape;
use crate::model::seen::Seen;
use crate::model::topic;

/// Why there is no snapshot.
#[derive(Debug, thiserror::Error)]
pub enum TakeError {
    /// The cluster cannot be read.
    #[error(transparent)]
    Cluster(#[from] ClusterError),
    /// A topic that was named is not there, or cannot be seen.
    #[error("topic `{}` cannot be read", escape(.name))]
    Topic {
        /// Its name.
        name: String,
        /// What is known of it.
        seen: Box<Seen<topic::Topic>>,
    },
    /// Nothing is meant.
    #[error("no topic matches")]
    Nothing,
    /// A partition that was named is not there.
    #[error("topic `{}` has no partition {}, its last is {}", escape(.name), .partition, .count - 1)]
    NoPartition {
        /// The topic.
        name: String,
        /// The partition.
        partition: i32,
        /// How many there are.
        count: usize,
    },
    /// Something that belongs to it cannot be seen.
    #[error("{what} cannot be read: {reason}")]
    Unseen {
        /// What.
        what: String,
        /// Why.
        reason: String,
    },
    /// What groups committed cannot be seen.
    #[error("commits of {what} cannot be read: {reason}")]
    UnseenCommits {
        /// Whose.
        what: String,
        /// Why.
        reason: String,
    },
    /// Records cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The file cannot be written.
    #[error(transparent)]
    File(#[from] SnapshotError),
}
