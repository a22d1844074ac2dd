//! A cluster in memory, for tests without a broker. One contract suite runs against it and against
//! Kafka, so both answer alike.
//!
//! With `--bootstrap-server fake:FILE` the [`State`] is read from that file, and written back after
//! every write: a test prepares a cluster, runs the real program and inspects the result.
//! [`State::faults`] injects what brokers rarely do.

mod access;
mod group;
mod groups;
mod handle;
mod keys;
mod log;
mod logs;
mod mask;
mod reader;
mod state;
mod writer;

use std::collections::BTreeMap;
use std::time::Duration;

use async_trait::async_trait;

pub use self::group::FakeGroup;
pub use self::handle::FakeCluster;
pub use self::log::{FakeLog, FakeLogDir, FakeRecord};
pub use self::state::{FakeQuota, FakeTopic, Fate, Faults, State};

use super::lease::{Holder, Lease, LeaseError, LeaseLost};
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
use crate::model::wire;

/// The answers of a write whose connection is closed.
fn cut_off(items: usize) -> Vec<Answer> {
    let reason = "connection closed".to_owned();
    vec![Answer::Unknown { reason }; items]
}

/// Whether a broker closes the connection over a request with these texts, because one is too long.
fn are_too_long<'a>(mut texts: impl Iterator<Item = &'a String>) -> bool {
    texts.any(|text| wire::check(text).is_err())
}

#[async_trait]
impl Cluster for FakeCluster {
    fn within(&self, _timeout: Duration) -> Box<dyn Cluster> {
        Box::new(self.clone())
    }

    async fn describe_cluster(&self) -> Result<DescribedCluster, ClusterError> {
        Ok(self.lock().described())
    }

    async fn list_topics(&self) -> Result<Vec<String>, ClusterError> {
        let state = self.lock();
        let visible = |name: &&String| !state.faults.not_permitted.contains(*name);
        Ok(state.topics.keys().filter(visible).cloned().collect())
    }

    async fn describe_topics(
        &self,
        at: At,
        names: &[String],
    ) -> Result<BTreeMap<String, Seen<Topic>>, ClusterError> {
        let state = self.lock();
        state.answers(at)?;
        Ok(names
            .iter()
            .map(|name| (name.clone(), state.topic(name)))
            .collect())
    }

    async fn describe_configs(
        &self,
        at: At,
        resources: &[ConfigResource],
    ) -> Result<BTreeMap<ConfigResource, Seen<Vec<ConfigEntry>>>, ClusterError> {
        let state = self.lock();
        // A broker that does not answer for its own settings does not fail the whole read.
        let is_own = |resource: &ConfigResource| matches!(resource, ConfigResource::Broker(_));
        if !resources.iter().all(is_own) {
            state.answers(at)?;
        }
        Ok(resources
            .iter()
            .map(|resource| (resource.clone(), state.configs(resource)))
            .collect())
    }

    async fn list_offsets(
        &self,
        partitions: &[TopicPartition],
        spec: OffsetSpec,
    ) -> Result<Offsets, ClusterError> {
        let state = self.lock();
        Ok(partitions
            .iter()
            .map(|TopicPartition { topic, partition }| {
                let seen = state.offset(topic, *partition, spec);
                (TopicPartition::new(topic.clone(), *partition), seen)
            })
            .collect())
    }

    async fn next_records(
        &self,
        offsets: &[(TopicPartition, i64)],
    ) -> Result<BTreeMap<TopicPartition, Seen<Option<RecordTime>>>, ClusterError> {
        let state = self.lock();
        Ok(offsets
            .iter()
            .map(|(key, from)| (key.clone(), state.next_record(key, *from)))
            .collect())
    }

    async fn describe_log_dirs(
        &self,
        brokers: &[BrokerId],
        only: Option<&[TopicPartition]>,
    ) -> BTreeMap<BrokerId, Seen<Vec<LogDir>>> {
        let state = self.lock();
        brokers
            .iter()
            .map(|id| (*id, state.log_dirs(*id, only)))
            .collect()
    }

    async fn describe_quorum(&self) -> Result<Seen<Quorum>, ClusterError> {
        let state = self.lock();
        if let Some(unseen) = state.unseen("DescribeQuorum", "describe the quorum") {
            return Ok(unseen);
        }
        Ok(match state.quorum.clone() {
            Some(quorum) => Seen::Value(quorum),
            None => Seen::not_supported("the brokers have no DescribeQuorum"),
        })
    }

    async fn describe_api_versions(
        &self,
        brokers: &[BrokerId],
    ) -> BTreeMap<BrokerId, Seen<ApiVersions>> {
        let state = self.lock();
        brokers
            .iter()
            .map(|id| (*id, state.versions(*id)))
            .collect()
    }

    async fn create_topics(&self, topics: &[NewTopic], mode: Mode) -> Vec<Answer> {
        if are_too_long(topics.iter().flat_map(|topic| topic.configs.values())) {
            return cut_off(topics.len());
        }
        self.write(
            ("CreateTopics", mode),
            topics,
            |topic| topic.name.clone(),
            State::create,
        )
    }

    async fn create_partitions(&self, totals: &[(String, i32)], mode: Mode) -> Vec<Answer> {
        self.write(
            ("CreatePartitions", mode),
            totals,
            |(name, _)| name.clone(),
            State::grow,
        )
    }

    async fn alter_configs(
        &self,
        changes: &[(ConfigResource, Vec<ConfigAlteration>)],
        mode: Mode,
    ) -> Vec<Answer> {
        let each = changes.iter().flat_map(|(_, changes)| changes);
        if are_too_long(each.filter_map(|change| change.value.as_ref())) {
            return cut_off(changes.len());
        }
        self.write(
            ("IncrementalAlterConfigs", mode),
            changes,
            |(resource, _)| state::resource_name(resource),
            State::alter,
        )
    }

    async fn delete_topics(&self, topics: &[(String, Option<TopicId>)]) -> Vec<Answer> {
        self.write(
            ("DeleteTopics", Mode::Write),
            topics,
            |(name, _)| name.clone(),
            State::delete,
        )
    }

    async fn delete_records(&self, before: &[(TopicPartition, i64)]) -> Vec<Answer> {
        self.write(
            ("DeleteRecords", Mode::Write),
            before,
            |(TopicPartition { topic, partition }, _)| format!("{topic}/{partition}"),
            State::truncate,
        )
    }

    fn reader(&self, settings: ReaderSettings) -> Box<dyn RecordReader> {
        Box::new(reader::FakeReader::new(self, &settings))
    }

    async fn writer(&self, settings: WriterSettings) -> Result<Box<dyn RecordWriter>, WriteError> {
        Ok(Box::new(writer::open(self, settings)))
    }

    async fn lease(&self, who: &Holder, patience: Duration) -> Result<Box<dyn Lease>, LeaseError> {
        let started = tokio::time::Instant::now();
        while let Err(holder) = self.take(who) {
            if started.elapsed() >= patience {
                return Err(LeaseError::Held(holder.to_string()));
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        Ok(Box::new(FakeLease(self.clone(), who.clone())))
    }
}

struct FakeLease(FakeCluster, Holder);

#[async_trait]
impl Lease for FakeLease {
    async fn check(&self) -> Result<(), LeaseLost> {
        if self.0.lock().lock.as_ref() == Some(&self.1) {
            Ok(())
        } else {
            Err(LeaseLost("the cluster took it back".to_owned()))
        }
    }

    async fn release(self: Box<Self>) {
        let mut state = self.0.lock();
        if state.lock.as_ref() == Some(&self.1) {
            state.lock = None;
            self.0.save(&state);
        }
    }
}
