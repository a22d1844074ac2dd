//! Why a snapshot cannot be taken.

use crate::cluster::ClusterError;
use crate::cluster::reader::ReadError;
use crate::model::escape::escape;
use crate::model::seen::Seen;
use crate::model::topic;
use crate::snapshot::SnapshotError;

/// Why a snapshot cannot be taken.
#[derive(Debug, thiserror::Error)]
pub enum TakeError {
    /// The cluster cannot be read.
    #[error(transparent)]
    Cluster(#[from] ClusterError),
    /// A named topic does not exist, or cannot be read.
    #[error("topic `{}` cannot be read", escape(.name))]
    Topic {
        /// Its name.
        name: String,
        /// The result of reading it.
        seen: Box<Seen<topic::Topic>>,
    },
    /// No topic matches.
    #[error("no topic matches")]
    Nothing,
    /// A named partition does not exist.
    #[error("topic `{}` has no partition {}, its last is {}", escape(.name), .partition, .count - 1)]
    NoPartition {
        /// The topic.
        name: String,
        /// The partition.
        partition: i32,
        /// The topic's number of partitions.
        count: usize,
    },
    /// A part of the request cannot be read.
    #[error("{what} cannot be read: {reason}")]
    Unseen {
        /// The part.
        what: String,
        /// Why.
        reason: String,
    },
    /// Commits cannot be read.
    #[error("commits of {what} cannot be read: {reason}")]
    UnseenCommits {
        /// The groups.
        what: String,
        /// Why.
        reason: String,
    },
    /// Records cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// There is no random id.
    #[error("cannot read /dev/urandom: {0}")]
    Random(std::io::Error),
    /// The file cannot be written.
    #[error(transparent)]
    File(#[from] SnapshotError),
}
