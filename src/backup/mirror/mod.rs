//! A continuous copy of topics from one cluster to another, without any state of its own: see
//! docs/decisions/mirror.md.
//!
//! - [`origin`]: the header that says where a record came from
//! - [`place`](mod@place): how far the target is
//! - [`copy`](mod@copy): the records
//! - [`groups`]: offsets of the source as offsets of the target
//!
//! Traps: what is read of the target to find out how far it is has to be committed, up to its log end
//! offset: an open transaction of a run that was killed is waited for, or the next run would miss or
//! repeat what comes of it; a broker that was elected just now may not show its last records yet.

pub mod copy;
pub mod groups;
pub mod origin;
pub mod place;

use crate::cluster::reader::ReadError;
use crate::cluster::writer::WriteError;
use crate::cluster::{Cluster, ClusterError, OffsetSpec};
use crate::model::escape::escape;
use crate::model::measure::TopicPartition;
use crate::model::seen::Seen;

use std::collections::BTreeMap;

pub use copy::{Ended, Mirror, Settings, Standing, Tell};
pub use origin::Route;

/// Why a mirror cannot go on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MirrorError {
    /// A cluster cannot be asked.
    #[error(transparent)]
    Cluster(#[from] ClusterError),
    /// Records cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// Records cannot be written.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// Offsets of a partition are not told.
    #[error("the offsets of partition {} of `{}` cannot be read: {words}", .key.1, escape(&.key.0))]
    Unseen {
        /// The partition.
        key: TopicPartition,
        /// Why not.
        words: String,
    },
    /// The target has records of the source that the source does not have.
    #[error("the target has partition {} of `{}` up to offset {next} of the source, and the source ends at {end}: its topic was made anew, or lost records", .key.1, escape(&.key.0))]
    Behind {
        /// The partition.
        key: TopicPartition,
        /// What would come next.
        next: i64,
        /// The source's log end offset.
        end: i64,
    },
}

/// What brokers refuse however often they are asked.
const FINAL: [&str; 8] = [
    "TOPIC_AUTHORIZATION_FAILED",
    "CLUSTER_AUTHORIZATION_FAILED",
    "TRANSACTIONAL_ID_AUTHORIZATION_FAILED",
    "MESSAGE_TOO_LARGE",
    "RECORD_LIST_TOO_LARGE",
    "INVALID_RECORD",
    "INVALID_TIMESTAMP",
    "UNSUPPORTED_COMPRESSION_TYPE",
];

impl MirrorError {
    /// Whether it may be over the next time. Reads have had their patience already.
    #[must_use]
    pub fn is_passing(&self) -> bool {
        match self {
            Self::Cluster(error) | Self::Write(WriteError::Cluster(error)) => matches!(
                error,
                ClusterError::Unreachable { .. } | ClusterError::Broker { .. }
            ),
            Self::Write(WriteError::Refused { error, .. }) => !FINAL.contains(&error.code.as_str()),
            Self::Write(
                WriteError::Unknown { .. }
                | WriteError::OutOfOrder { .. }
                | WriteError::EndUnknown(_),
            )
            | Self::Unseen { .. }
            | Self::Behind { .. } => true,
            Self::Write(WriteError::Fenced(_) | WriteError::Encoding { .. }) | Self::Read(_) => {
                false
            }
        }
    }
}

/// Offsets of partitions, without those that are not there.
async fn offsets(
    cluster: &dyn Cluster,
    keys: &[TopicPartition],
    spec: OffsetSpec,
) -> Result<BTreeMap<TopicPartition, i64>, MirrorError> {
    let found = cluster.list_offsets(keys, spec).await?;
    let mut offsets = BTreeMap::new();
    for (key, seen) in found {
        match seen {
            Seen::Value(Some(offset)) => drop(offsets.insert(key, offset)),
            Seen::Value(None) => {
                let words = "the broker does not tell them".to_owned();
                return Err(MirrorError::Unseen { key, words });
            }
            Seen::Absent => {}
            Seen::NotPermitted(words) | Seen::NotSupported(words) | Seen::Unavailable(words) => {
                return Err(MirrorError::Unseen { key, words });
            }
        }
    }
    Ok(offsets)
}
