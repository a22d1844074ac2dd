//! A live cluster, through krafka.
//!
//! Reads use the connection pool directly (`reads`), because only so can a read go to a named
//! broker, or to the next one when a broker is silent (`ask`). Writes all go through `send`, which
//! never repeats one that may have been carried out. The lock is a consumer group (`lease`). krafka
//! is invisible outside this folder.

mod access;
mod api_versions;
mod ask;
mod brokers;
mod client;
mod code;
mod config_resource;
mod errors;
mod groups;
mod lease;
mod limits;
mod log_dirs;
mod login;
mod metadata;
mod offsets;
mod quorum;
mod reader;
mod reads;
mod records;
mod requests;
mod send;
mod wire;
mod writer;
mod writes;

use std::collections::BTreeMap;
use std::time::Duration;

pub use self::client::LiveCluster;
pub use self::login::{Fault, Tokens};
use super::lease::{Holder, Lease, LeaseError};
use super::reader::{ReaderSettings, RecordReader};
use super::writer::{RecordWriter, WriteError, WriterSettings};
use super::{Answer, At, Cluster, ClusterError, Mode, NewTopic, OffsetSpec};
use crate::model::api_versions::ApiVersions;
use crate::model::broker::{BrokerId, DescribedCluster};
use crate::model::config::{ConfigAlteration, ConfigEntry, ConfigResource};
use crate::model::group::RecordTime;
use crate::model::log_dir::LogDir;
use crate::model::measure::{Offsets, TopicPartition};
use crate::model::quorum::Quorum;
use crate::model::seen::Seen;
use crate::model::topic::{Topic, TopicId};
use async_trait::async_trait;

/// The version of krafka, which Cargo.toml pins.
pub const KRAFKA: &str = "0.28.1";

#[async_trait]
impl Cluster for LiveCluster {
    fn within(&self, timeout: Duration) -> Box<dyn Cluster> {
        Box::new(Self {
            timeout: timeout.min(self.timeout),
            ..self.clone()
        })
    }

    async fn describe_cluster(&self) -> Result<DescribedCluster, ClusterError> {
        reads::describe_cluster(self).await
    }

    async fn list_topics(&self) -> Result<Vec<String>, ClusterError> {
        reads::list_topics(self).await
    }

    async fn describe_topics(
        &self,
        at: At,
        names: &[String],
    ) -> Result<BTreeMap<String, Seen<Topic>>, ClusterError> {
        reads::describe_topics(self, at, names).await
    }

    async fn describe_configs(
        &self,
        at: At,
        resources: &[ConfigResource],
    ) -> Result<BTreeMap<ConfigResource, Seen<Vec<ConfigEntry>>>, ClusterError> {
        reads::describe_configs(self, at, resources).await
    }

    async fn list_offsets(
        &self,
        partitions: &[TopicPartition],
        spec: OffsetSpec,
    ) -> Result<Offsets, ClusterError> {
        offsets::list_offsets(self, partitions, spec).await
    }

    async fn next_records(
        &self,
        offsets: &[(TopicPartition, i64)],
    ) -> Result<BTreeMap<TopicPartition, Seen<Option<RecordTime>>>, ClusterError> {
        records::next_records(self, offsets).await
    }

    async fn describe_log_dirs(
        &self,
        brokers: &[BrokerId],
        only: Option<&[TopicPartition]>,
    ) -> BTreeMap<BrokerId, Seen<Vec<LogDir>>> {
        log_dirs::describe_log_dirs(self, brokers, only).await
    }

    async fn describe_quorum(&self) -> Result<Seen<Quorum>, ClusterError> {
        quorum::describe_quorum(self).await
    }

    async fn describe_api_versions(
        &self,
        brokers: &[BrokerId],
    ) -> BTreeMap<BrokerId, Seen<ApiVersions>> {
        api_versions::describe_api_versions(self, brokers).await
    }

    async fn create_topics(&self, topics: &[NewTopic], mode: Mode) -> Vec<Answer> {
        writes::create_topics(self, topics, mode).await
    }

    async fn create_partitions(&self, totals: &[(String, i32)], mode: Mode) -> Vec<Answer> {
        writes::create_partitions(self, totals, mode).await
    }

    async fn alter_configs(
        &self,
        changes: &[(ConfigResource, Vec<ConfigAlteration>)],
        mode: Mode,
    ) -> Vec<Answer> {
        writes::alter_configs(self, changes, mode).await
    }

    async fn delete_topics(&self, topics: &[(String, Option<TopicId>)]) -> Vec<Answer> {
        writes::delete_topics(self, topics).await
    }

    async fn delete_records(&self, before: &[(TopicPartition, i64)]) -> Vec<Answer> {
        records::delete_records(self, before).await
    }

    fn reader(&self, settings: ReaderSettings) -> Box<dyn RecordReader> {
        Box::new(reader::open(self, settings))
    }

    async fn writer(&self, settings: WriterSettings) -> Result<Box<dyn RecordWriter>, WriteError> {
        Ok(Box::new(writer::open(self, settings).await?))
    }

    async fn lease(&self, who: &Holder, patience: Duration) -> Result<Box<dyn Lease>, LeaseError> {
        lease::lease(self, who, patience).await
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_version_of_krafka_is_the_pinned_one() {
        let manifest = include_str!("../../../Cargo.toml");
        let pinned = format!("krafka = {{ version = \"={}\"", super::KRAFKA);
        assert!(manifest.contains(&pinned));
    }
}
