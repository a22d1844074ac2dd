//! The seam to Kafka: [`Cluster`], its live implementation ([`live`], over krafka) and the one in
//! memory (`fake`, kept honest by a contract suite that runs against both).
//!
//! Writes are never sent twice. What became of each item is an [`Answer`]: done, refused, throttled, or
//! unknown when no usable answer came back after sending. Traps of the admin protocol that this
//! room deals with: look-ups by name must not create topics; an all-topics listing omits what may
//! not be described; any two reads may come from two brokers unless a broker is named ([`At`]).

use std::collections::BTreeMap;
use std::time::Duration;

use async_trait::async_trait;

use crate::model::api_versions::ApiVersions;
use crate::model::broker::{BrokerId, DescribedCluster};
use crate::model::config::{ConfigAlteration, ConfigEntry, ConfigResource};
use crate::model::group::RecordTime;
use crate::model::log_dir::LogDir;
use crate::model::measure::{Offsets, TopicPartition};
use crate::model::quorum::Quorum;
use crate::model::seen::Seen;
use crate::model::topic::{Topic, TopicId};

pub mod access;
mod answer;
mod at;
pub mod contexts;
mod error;
#[cfg(feature = "fake")]
pub mod fake;
pub mod groups;
pub mod lease;
pub mod live;
pub mod profile;
pub mod properties;
pub mod reader;
pub mod security;
pub mod settings;
pub mod trial;
pub mod writer;

use self::access::Access;
pub use self::answer::Answer;
pub use self::at::At;
pub use self::error::{BrokerError, ClusterError};
use self::groups::Groups;
use self::lease::{Holder, Lease, LeaseError};
use self::reader::{ReaderSettings, RecordReader};
use self::writer::{RecordWriter, WriteError, WriterSettings};

/// A topic to create (`CreateTopics`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewTopic {
    /// Its name.
    pub name: String,
    /// Number of partitions.
    pub partitions: i32,
    /// Replication factor; none means the broker's default.
    pub replicas: Option<i16>,
    /// Its own settings.
    pub configs: BTreeMap<String, String>,
}

/// A partition's offsets (`ListOffsets`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OffsetSpec {
    /// The log start offset.
    Earliest,
    /// The log end offset (high watermark).
    Latest,
    /// The last stable offset: the first offset of the oldest open transaction, or the log end offset
    /// without one.
    LastStable,
    /// The first offset whose record's timestamp, in milliseconds since 1970, is at or after this one.
    Timestamp(i64),
}

/// Whether a request writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// It writes.
    Write,
    /// Brokers only check it, with their policies, and write nothing. [`Answer::Done`] means that they
    /// would accept it.
    ValidateOnly,
}

/// A cluster, live or in memory. Each method is one logical call. It is bounded by the time-out that
/// the cluster was opened with. A write is sent at most once for each item; a read may be repeated.
#[async_trait]
pub trait Cluster: Groups + Access {
    /// The same cluster with a shorter time-out for reads. What brokers do not tell in time is
    /// `Unseen`.
    fn within(&self, timeout: Duration) -> Box<dyn Cluster>;

    /// The cluster's id, brokers and features.
    async fn describe_cluster(&self) -> Result<DescribedCluster, ClusterError>;

    /// The names of all topics that may be described, ordered, including Kafka's own. Brokers leave out
    /// other topics silently: never conclude from this list that a topic does not exist.
    async fn list_topics(&self) -> Result<Vec<String>, ClusterError>;

    /// Topics by name, without their settings ([`Topic::configs`] is not supported here), as seen by
    /// the broker at `at`. Every name is a key of the answer.
    async fn describe_topics(
        &self,
        at: At,
        names: &[String],
    ) -> Result<BTreeMap<String, Seen<Topic>>, ClusterError>;

    /// Settings of resources with their sources, as seen by the broker at `at`. A
    /// [`ConfigResource::Broker`] is always asked for its own. Every resource is a key of the answer.
    async fn describe_configs(
        &self,
        at: At,
        resources: &[ConfigResource],
    ) -> Result<BTreeMap<ConfigResource, Seen<Vec<ConfigEntry>>>, ClusterError>;

    /// Offsets of partitions, from their leaders. Every partition is a key of the answer.
    /// `Value(None)`: no record has the timestamp or a later one ([`OffsetSpec::Timestamp`] only).
    async fn list_offsets(
        &self,
        partitions: &[TopicPartition],
        spec: OffsetSpec,
    ) -> Result<Offsets, ClusterError>;

    /// For each offset, the record there, or the next one that a consumer would get; control records do
    /// not count. Every partition is a key of the answer; its leader is asked. `Value(None)`: there is
    /// none up to the log end offset. An offset outside of the log is `Unseen` (unavailable) with
    /// `OFFSET_OUT_OF_RANGE`.
    async fn next_records(
        &self,
        offsets: &[(TopicPartition, i64)],
    ) -> Result<BTreeMap<TopicPartition, Seen<Option<RecordTime>>>, ClusterError>;

    /// The log directories of brokers, from each broker, with the logs of all partitions or only of
    /// `only`. Every broker is a key of the answer; one that does not answer is `Unseen` (unavailable).
    /// Directories are ordered by path, and include those without a log of `only`.
    async fn describe_log_dirs(
        &self,
        brokers: &[BrokerId],
        only: Option<&[TopicPartition]>,
    ) -> BTreeMap<BrokerId, Seen<Vec<LogDir>>>;

    /// The metadata quorum. With ZooKeeper there is none: `Unseen` (not supported).
    async fn describe_quorum(&self) -> Result<Seen<Quorum>, ClusterError>;

    /// The supported requests of brokers, from each broker. Every broker is a key of the answer; one
    /// that does not answer is `Unseen` (unavailable).
    async fn describe_api_versions(
        &self,
        brokers: &[BrokerId],
    ) -> BTreeMap<BrokerId, Seen<ApiVersions>>;

    /// Creates topics. One answer for each topic, in order.
    async fn create_topics(&self, topics: &[NewTopic], mode: Mode) -> Vec<Answer>;

    /// Adds partitions, up to a total for each topic. One answer for each topic, in order.
    async fn create_partitions(&self, totals: &[(String, i32)], mode: Mode) -> Vec<Answer>;

    /// Changes keys of resources; other keys stay as they are (`IncrementalAlterConfigs`). One answer
    /// for each resource, in order. A resource is changed as a whole or not at all.
    async fn alter_configs(
        &self,
        changes: &[(ConfigResource, Vec<ConfigAlteration>)],
        mode: Mode,
    ) -> Vec<Answer>;

    /// Deletes topics with their records. With an id, and brokers that support it (`DeleteTopics`
    /// version 6, Kafka 2.8), only the topic of this id is deleted; `UNKNOWN_TOPIC_ID` if there is
    /// none. Otherwise the topic of this name is deleted. One answer for each topic, in order.
    async fn delete_topics(&self, topics: &[(String, Option<TopicId>)]) -> Vec<Answer>;

    /// Deletes the records of partitions before an offset (`DeleteRecords`). One answer for each
    /// partition, in order.
    async fn delete_records(&self, before: &[(TopicPartition, i64)]) -> Vec<Answer>;

    /// Starts to read records in bulk, each partition from its leader. A partition with an empty span
    /// is done at once.
    fn reader(&self, settings: ReaderSettings) -> Box<dyn RecordReader>;

    /// Opens a writer of records.
    async fn writer(&self, settings: WriterSettings) -> Result<Box<dyn RecordWriter>, WriteError>;

    /// Acquires the lock of this cluster. It is held until it is released or its holder dies. If
    /// another process holds it, this waits for at most `patience`.
    async fn lease(&self, who: &Holder, patience: Duration) -> Result<Box<dyn Lease>, LeaseError>;
}
