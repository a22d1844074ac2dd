//! The part of the seam that is about groups and what they committed.
//!
//! Nothing here joins a group: running consumers see neither a read nor a write of these, and a write
//! to a group with members is refused by its coordinator. Traps: a commit to a group that is not there
//! creates it; brokers take any offset, inside the log or not; commits of a topic vanish with it.

use std::collections::BTreeMap;

use async_trait::async_trait;

use super::{Answer, ClusterError};
use crate::model::group::{Commits, Committed, DescribedGroup, ListedGroups};
use crate::model::measure::TopicPartition;
use crate::model::seen::Seen;

/// Which commits are told while a transaction that commits others is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pending {
    /// The last ones that hold.
    Ignored,
    /// None of these partitions: they are `Unseen` (unavailable) with `UNSTABLE_OFFSET_COMMIT`
    /// (KIP-447).
    Told,
}

/// Groups of a cluster. As with [`super::Cluster`], reads are repeated until the time-out, and each
/// item is sent at most once when it is written. The number of rounds of a read does not depend on the
/// number of groups: each coordinator is asked about all of its groups at once.
#[async_trait]
pub trait Groups: Send + Sync {
    /// The groups of all live brokers.
    async fn list_groups(&self) -> Result<ListedGroups, ClusterError>;

    /// Groups in depth, of whatever type. Every id is a key of the answer; [`Seen::Absent`] is a group
    /// that has neither members nor commits.
    async fn describe_groups(
        &self,
        ids: &[String],
    ) -> Result<BTreeMap<String, Seen<DescribedGroup>>, ClusterError>;

    /// All that groups committed; of share groups see [`Groups::fetch_share_offsets`]. Every id is a
    /// key of the answer. A group that is not there has no commits.
    async fn fetch_offsets(
        &self,
        ids: &[String],
        pending: Pending,
    ) -> Result<BTreeMap<String, Seen<Commits>>, ClusterError>;

    /// Where the shares of share groups start (KIP-932). Every id is a key of the answer.
    async fn fetch_share_offsets(
        &self,
        ids: &[String],
    ) -> Result<BTreeMap<String, Seen<Commits>>, ClusterError>;

    /// Commits for a group that has no members, with leader epochs and metadata; creates it where it
    /// is not there. One answer a partition, in order.
    async fn commit_offsets(
        &self,
        group: &str,
        commits: &[(TopicPartition, Committed)],
    ) -> Vec<Answer>;

    /// Moves the start of a share group that has no members; it has no metadata. One answer a
    /// partition, in order.
    async fn alter_share_offsets(
        &self,
        group: &str,
        starts: &[(TopicPartition, i64)],
    ) -> Vec<Answer>;

    /// Deletes commits of a group; those of topics that members subscribe to are refused. One answer a
    /// partition, in order.
    async fn delete_offsets(&self, group: &str, partitions: &[TopicPartition]) -> Vec<Answer>;

    /// Deletes groups without members, with all their commits. One answer a group, in order.
    async fn delete_groups(&self, ids: &[String]) -> Vec<Answer>;
}
