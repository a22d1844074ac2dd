//! Why a restore failed.

use crate::apply::NotStarted;
use crate::cluster::ClusterError;
use crate::model::measure::TopicPartition;
use crate::ops::apply::{ApplyError, NotPrepared};
use crate::plan::Plan;
use crate::snapshot::restore::RestoreError;

/// Why a restore failed. [`super::Restore`] has what is written nevertheless.
#[derive(Debug, thiserror::Error)]
pub enum RestoreFailure {
    /// The topics are not ready.
    #[error(transparent)]
    NotPrepared(#[from] NotPrepared),
    /// The snapshot or the cluster cannot be read, or the records cannot be written.
    #[error(transparent)]
    Restore(#[from] RestoreError),
    /// The log end offset of a partition is unknown.
    #[error("{0} cannot be read")]
    EndUnseen(TopicPartition),
    /// A partition changed after the plan, before its first record was sent.
    #[error("somebody else has written to {0} meanwhile")]
    Changed(TopicPartition),
    /// It was asked to stop; all sent records are written.
    #[error("stopped")]
    Stopped,
    /// A partition has records of another writer after the restored ones.
    #[error("{partition} has records of another writer behind what was restored, up to offset {}", .end - 1)]
    Followed {
        /// The partition.
        partition: TopicPartition,
        /// Its log end offset.
        end: i64,
    },
    /// The records are written, and differ from the snapshot; holds partitions with their differences.
    #[error("the records were written, and are not as they are to be: {}", each(.0))]
    Unproven(Vec<(TopicPartition, String)>),
    /// The commits for groups cannot be planned.
    #[error("the groups are not moved: {}", ApplyError::stopped(.0))]
    CommitsStopped(Box<Plan>),
    /// The commits for groups were not started.
    #[error(transparent)]
    CommitsNotStarted(#[from] NotStarted),
}

impl From<ClusterError> for RestoreFailure {
    fn from(error: ClusterError) -> Self {
        Self::Restore(error.into())
    }
}

/// The first differences.
fn each(wrong: &[(TopicPartition, String)]) -> String {
    let each = wrong
        .iter()
        .map(|(partition, what)| format!("{partition}: {what}"));
    each.take(5).collect::<Vec<_>>().join("; ")
}
