//! Groups, asked of their coordinators.

use std::collections::BTreeMap;

use async_trait::async_trait;

use super::LiveCluster;
use crate::cluster::groups::{Groups, Pending};
use crate::cluster::{Answer, ClusterError};
use crate::model::group::{Commits, Committed, DescribedGroup, ListedGroups};
use crate::model::measure::TopicPartition;
use crate::model::seen::Seen;

#[async_trait]
impl Groups for LiveCluster {
    async fn list_groups(&self) -> Result<ListedGroups, ClusterError> {
        Ok(ListedGroups::default())
    }

    async fn describe_groups(
        &self,
        _ids: &[String],
    ) -> Result<BTreeMap<String, Seen<DescribedGroup>>, ClusterError> {
        Ok(BTreeMap::new())
    }

    async fn fetch_offsets(
        &self,
        _ids: &[String],
        _pending: Pending,
    ) -> Result<BTreeMap<String, Seen<Commits>>, ClusterError> {
        Ok(BTreeMap::new())
    }

    async fn fetch_share_offsets(
        &self,
        _ids: &[String],
    ) -> Result<BTreeMap<String, Seen<Commits>>, ClusterError> {
        Ok(BTreeMap::new())
    }

    async fn commit_offsets(
        &self,
        _group: &str,
        _commits: &[(TopicPartition, Committed)],
    ) -> Vec<Answer> {
        Vec::new()
    }

    async fn alter_share_offsets(
        &self,
        _group: &str,
        _starts: &[(TopicPartition, i64)],
    ) -> Vec<Answer> {
        Vec::new()
    }

    async fn delete_offsets(&self, _group: &str, _partitions: &[TopicPartition]) -> Vec<Answer> {
        Vec::new()
    }

    async fn delete_groups(&self, _ids: &[String]) -> Vec<Answer> {
        Vec::new()
    }
}
