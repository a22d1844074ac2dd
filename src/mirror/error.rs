//! Errors of a mirror, and whether they may pass.

use crate::cluster::reader::ReadError;
use crate::cluster::writer::WriteError;
use crate::cluster::{BrokerError, ClusterError};
use crate::model::escape::escape;
use crate::model::measure::TopicPartition;
use crate::store::StoreError;

/// Why a mirror failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MirrorError {
    /// A cluster cannot be read.
    #[error(transparent)]
    Cluster(#[from] ClusterError),
    /// Records cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// Records cannot be written.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// Offsets of a partition are unknown.
    #[error("the offsets of {key} cannot be read: {words}")]
    Unseen {
        /// The partition.
        key: TopicPartition,
        /// Why not.
        words: String,
        /// Whether the error may pass.
        passes: bool,
    },
    /// The target is ahead of the source, whose topic was created anew or lost records.
    #[error(
        "the target has {key} up to offset {next} of the source, and the source ends at {end}: its topic was made anew, or lost records"
    )]
    Behind {
        /// The partition.
        key: TopicPartition,
        /// The next offset to copy.
        next: i64,
        /// The source's log end offset.
        end: i64,
    },
    /// A commit was sent to the target, but not answered.
    #[error("what group `{}` committed was sent to the target, and not answered: {words}", escape(.group))]
    Commit {
        /// The group.
        group: String,
        /// What came instead of an answer.
        words: String,
    },
    /// The record of the commits cannot be written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// No more commits of groups are written.
    #[error("groups cannot be moved: {0}")]
    Groups(String),
    /// Another mirror of the same route writes to the same partition.
    #[error(
        "another mirror of these topics is writing too, or one that was killed had records on their way: {key} has a copy at offset {offset} that is not of this one"
    )]
    Another {
        /// The partition.
        key: TopicPartition,
        /// The offset of its record at the target.
        offset: i64,
    },
    /// A topic of the target was deleted.
    #[error("topic `{}` of the target is not there any more", escape(.0))]
    Deleted(String),
    /// The source's topic was created anew since it was copied.
    #[error("topic `{}` of the source was made anew, and what the target has was copied from the one before", escape(.0))]
    Anew(String),
}

/// Error codes that do not pass.
const FINAL: [&str; 16] = [
    "CLUSTER_AUTHORIZATION_FAILED",
    "GROUP_AUTHORIZATION_FAILED",
    "INVALID_RECORD",
    "INVALID_REQUEST",
    "INVALID_REQUIRED_ACKS",
    "INVALID_TIMESTAMP",
    "INVALID_TOPIC_EXCEPTION",
    "INVALID_TRANSACTION_TIMEOUT",
    "MESSAGE_TOO_LARGE",
    "POLICY_VIOLATION",
    "RECORD_LIST_TOO_LARGE",
    "TOPIC_AUTHORIZATION_FAILED",
    "TRANSACTIONAL_ID_AUTHORIZATION_FAILED",
    "UNSUPPORTED_COMPRESSION_TYPE",
    "UNSUPPORTED_FOR_MESSAGE_FORMAT",
    "UNSUPPORTED_VERSION",
];

impl MirrorError {
    /// Whether the error may pass. Read errors do not: reads retry by themselves.
    #[must_use]
    pub fn is_passing(&self) -> bool {
        match self {
            Self::Cluster(error) | Self::Write(WriteError::Cluster(error)) => match error {
                ClusterError::Unreachable { .. } => true,
                ClusterError::Broker { error, .. } => !is_final(error),
                _ => false,
            },
            Self::Write(WriteError::Refused { error, .. }) => !is_final(error),
            Self::Commit { .. }
            | Self::Write(
                WriteError::Unknown { .. }
                | WriteError::Fenced {
                    is_perhaps_own: true,
                    ..
                }
                | WriteError::OutOfOrder { .. }
                | WriteError::EndUnknown(_),
            ) => true,
            Self::Unseen { passes, .. } => *passes,
            Self::Write(
                WriteError::Fenced { .. }
                | WriteError::Encoding { .. }
                | WriteError::Elsewhere { .. },
            )
            | Self::Read(_)
            | Self::Store(_)
            | Self::Groups(_)
            | Self::Behind { .. }
            | Self::Another { .. }
            | Self::Deleted(_)
            | Self::Anew(_) => false,
        }
    }
}

fn is_final(error: &BrokerError) -> bool {
    FINAL.contains(&error.code.as_str())
}
