//! Groups, read and written at their coordinators. The rounds of a read do not depend on the number
//! of groups: one look-up of all coordinators (`coordinators`), then one request to each.

mod commits;
pub(super) mod coordinators;
mod describe;
mod homes;
mod list;
mod share;
mod writes;

use std::collections::BTreeMap;

use async_trait::async_trait;

use self::coordinators::{Coordinator, Try, ask_each};
use super::LiveCluster;
pub(super) use super::wire::groups::{FETCH_COMMITS, FETCH_COMMITS_OF_ONE};
use crate::cluster::groups::{Groups, Pending};
use crate::cluster::{Answer, ClusterError};
use crate::model::group::{Commits, Committed, DescribedGroup, ListedGroups};
use crate::model::measure::TopicPartition;
use crate::model::seen::Seen;

#[async_trait]
impl Groups for LiveCluster {
    async fn list_groups(&self) -> Result<ListedGroups, ClusterError> {
        list::list_groups(self).await
    }

    async fn describe_groups(
        &self,
        ids: &[String],
    ) -> Result<BTreeMap<String, Seen<DescribedGroup>>, ClusterError> {
        let action = "describe groups";
        ask_each(self, ids, action, describe::describe, Try::failed).await
    }

    async fn fetch_offsets(
        &self,
        ids: &[String],
        pending: Pending,
    ) -> Result<BTreeMap<String, Seen<Commits>>, ClusterError> {
        let ask = |coordinator: Coordinator, ids| commits::fetch(coordinator, ids, pending);
        ask_each(self, ids, "fetch offsets", ask, Try::failed).await
    }

    async fn fetch_share_offsets(
        &self,
        ids: &[String],
    ) -> Result<BTreeMap<String, Seen<Commits>>, ClusterError> {
        let action = "fetch share offsets";
        ask_each(self, ids, action, share::fetch, Try::failed).await
    }

    async fn commit_offsets(
        &self,
        group: &str,
        commits: &[(TopicPartition, Committed)],
    ) -> Vec<Answer> {
        writes::commit_offsets(self, group, commits).await
    }

    async fn alter_share_offsets(
        &self,
        group: &str,
        starts: &[(TopicPartition, i64)],
    ) -> Vec<Answer> {
        writes::alter_share_offsets(self, group, starts).await
    }

    async fn delete_offsets(&self, group: &str, partitions: &[TopicPartition]) -> Vec<Answer> {
        writes::delete_offsets(self, group, partitions).await
    }

    async fn delete_groups(&self, ids: &[String]) -> Vec<Answer> {
        writes::delete_groups(self, ids).await
    }
}
