//! The request for a snapshot.

use std::time::Duration;

use super::bound::Bound;
use crate::model::scope::TopicScopes;
use crate::snapshot::SnapshotArguments;

/// The request for a snapshot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SnapshotRequest {
    /// The topics. A pattern matches Kafka's own topics only if it begins like their names.
    pub topics: TopicScopes,
    /// The start in each partition.
    pub from: Bound,
    /// The end in each partition.
    pub to: Bound,
    /// Whether committed offsets are included.
    pub groups: bool,
    /// How long open transactions are waited for.
    pub patience: Duration,
    /// The request as the user wrote it.
    pub asked: SnapshotArguments,
}
