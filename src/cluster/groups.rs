//! The part of the seam for groups and their committed offsets.
//!
//! Nothing here joins a group: running consumers notice neither reads nor writes, and the coordinator
//! refuses writes to a group with members. Traps: a commit creates a missing group; brokers accept any
//! offset, in the log or not; deleting a topic deletes its commits.

use std::collections::BTreeMap;

use async_trait::async_trait;

use super::{Answer, ClusterError};
use crate::model::group::{Commits, Committed, DescribedGroup, ListedGroups};
use crate::model::measure::TopicPartition;
use crate::model::seen::Seen;

/// Which commits are returned while a transaction with commits is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pending {
    /// The last stable commits.
    Ignored,
    /// Partitions with open commits are `Unseen` (unavailable) with `UNSTABLE_OFFSET_COMMIT` (KIP-447).
    Told,
}

/// Groups of a cluster. As with [`super::Cluster`], reads are repeated until the time-out, and a write
/// is sent at most once for each item. The number of requests of a read does not depend on the number
/// of groups: each coordinator is asked about all of its groups at once.
#[async_trait]
pub trait Groups: Send + Sync {
    /// The groups of all live brokers.
    async fn list_groups(&self) -> Result<ListedGroups, ClusterError>;

    /// Describes groups of any type. Every id is a key of the answer. [`Seen::Absent`] is a group
    /// without members and commits.
    async fn describe_groups(
        &self,
        ids: &[String],
    ) -> Result<BTreeMap<String, Seen<DescribedGroup>>, ClusterError>;

    /// All committed offsets of groups; for share groups see [`Groups::fetch_share_offsets`]. Every id
    /// is a key of the answer. A group that does not exist has no commits.
    async fn fetch_offsets(
        &self,
        ids: &[String],
        pending: Pending,
    ) -> Result<BTreeMap<String, Seen<Commits>>, ClusterError>;

    /// Share-partition start offsets of share groups (KIP-932). Every id is a key of the answer.
    async fn fetch_share_offsets(
        &self,
        ids: &[String],
    ) -> Result<BTreeMap<String, Seen<Commits>>, ClusterError>;

    /// Commits offsets for a group without members, with leader epochs and metadata. Creates a missing
    /// group. One answer for each partition, in order.
    async fn commit_offsets(
        &self,
        group: &str,
        commits: &[(TopicPartition, Committed)],
    ) -> Vec<Answer>;

    /// Sets the share-partition start offsets of a share group without members; these have no metadata.
    /// One answer for each partition, in order.
    async fn alter_share_offsets(
        &self,
        group: &str,
        starts: &[(TopicPartition, i64)],
    ) -> Vec<Answer>;

    /// Deletes commits of a group. Those of topics that members subscribe to are refused. One answer
    /// for each partition, in order.
    async fn delete_offsets(&self, group: &str, partitions: &[TopicPartition]) -> Vec<Answer>;

    /// Deletes groups without members, including their commits. One answer for each group, in order.
    async fn delete_groups(&self, ids: &[String]) -> Vec<Answer>;
}
