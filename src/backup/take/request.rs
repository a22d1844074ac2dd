//! What a snapshot is to be of.

use std::time::Duration;

use super::bound::Bound;
use crate::backup::snapshot::SnapshotArguments;
use crate::model::scope::TopicScopes;

/// What a snapshot is to be of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SnapshotRequest {
    /// The topics. Patterns match Kafka's own only where they begin like them.
    pub topics: TopicScopes,
    /// Where to begin in each partition.
    pub from: Bound,
    /// Where to end.
    pub to: Bound,
    /// Whether what groups committed is taken too.
    pub groups: bool,
    /// How long transactions that are open are waited for.
    pub patience: Duration,
    /// The same, as it was written.
    pub asked: SnapshotArguments,
}
