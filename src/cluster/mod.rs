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
use crate::model::measure::TopicPartition;
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
    /// Replication factor; none takes the broker's default.
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
    /// The last stable offset: where the first transaction begins that is still open, or the log
    /// end offset where none is.
    LastStable,
    /// The first offset whose record's timestamp is at or after so many milliseconds since 1970.
    Timestamp(i64),
}

/// Whether a request to write writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// It does.
    Write,
    /// The brokers check it as they would before writing, their policies included, and write nothing:
    /// [`Answer::Done`] means that they would take it.
    ValidateOnly,
}

/// A cluster, live or in memory. Each method is one logical call: it sends each item at most once
/// when it writes, retries freely when it reads, and is bounded by the time-out the cluster was
/// opened with.
#[async_trait]
pub trait Cluster: Groups + Access {
    /// The same cluster, whose reads are bounded by a time-out that is shorter: what cannot be told
    /// until then is missing, and said to be.
    fn within(&self, timeout: Duration) -> Box<dyn Cluster>;

    /// The cluster's id, brokers and features.
    async fn describe_cluster(&self) -> Result<DescribedCluster, ClusterError>;

    /// The names of all topics that may be described, in order, Kafka's own included. What may not
    /// be described is silently missing: never conclude absence from this.
    async fn list_topics(&self) -> Result<Vec<String>, ClusterError>;

    /// Topics by name, without their settings ([`Topic::configs`] is not supported here), as the
    /// broker at `at` sees them. Every name is a key of the answer.
    async fn describe_topics(
        &self,
        at: At,
        names: &[String],
    ) -> Result<BTreeMap<String, Seen<Topic>>, ClusterError>;

    /// The settings of resources with their sources, as the broker at `at` sees them; a
    /// [`ConfigResource::Broker`] always answers for itself. Every resource is a key of the answer.
    async fn describe_configs(
        &self,
        at: At,
        resources: &[ConfigResource],
    ) -> Result<BTreeMap<ConfigResource, Seen<Vec<ConfigEntry>>>, ClusterError>;

    /// Offsets of partitions, each asked of its leader. Every partition is a key of the answer.
    /// `Value(None)`: no record has the timestamp that was asked for, or a later one
    /// ([`OffsetSpec::Timestamp`] only).
    async fn list_offsets(
        &self,
        partitions: &[(String, i32)],
        spec: OffsetSpec,
    ) -> Result<BTreeMap<(String, i32), Seen<Option<i64>>>, ClusterError>;

    /// For each offset the record there, or else the next one that a consumer would be given; control
    /// records are none. Every partition is a key of the answer, and each is asked of its leader.
    /// `Value(None)`: there is none up to the log end offset. An offset outside the log is
    /// `Unseen` (unavailable) with `OFFSET_OUT_OF_RANGE`.
    async fn next_records(
        &self,
        offsets: &[(TopicPartition, i64)],
    ) -> Result<BTreeMap<TopicPartition, Seen<Option<RecordTime>>>, ClusterError>;

    /// The log directories of brokers, each asked for its own, with the logs of all partitions or of
    /// `only` these. Every broker is a key of the answer; one that does not answer is
    /// `Unseen` (unavailable). Directories are ordered by path; those without one of `only` are there
    /// too.
    async fn describe_log_dirs(
        &self,
        brokers: &[BrokerId],
        only: Option<&[(String, i32)]>,
    ) -> BTreeMap<BrokerId, Seen<Vec<LogDir>>>;

    /// The metadata quorum. A cluster that runs with ZooKeeper has none: `Unseen` (not supported).
    async fn describe_quorum(&self) -> Result<Seen<Quorum>, ClusterError>;

    /// The requests that brokers understand, each asked for its own. Every broker is a key of the
    /// answer; one that does not answer is `Unseen` (unavailable).
    async fn describe_api_versions(
        &self,
        brokers: &[BrokerId],
    ) -> BTreeMap<BrokerId, Seen<ApiVersions>>;

    /// Creates topics. One answer a topic, in order.
    async fn create_topics(&self, topics: &[NewTopic], mode: Mode) -> Vec<Answer>;

    /// Grows topics to a total number of partitions. One answer a topic, in order.
    async fn create_partitions(&self, totals: &[(String, i32)], mode: Mode) -> Vec<Answer>;

    /// Changes keys of resources and leaves all others alone (`IncrementalAlterConfigs`). One answer
    /// a resource, in order; a resource is changed whole or not at all.
    async fn alter_configs(
        &self,
        changes: &[(ConfigResource, Vec<ConfigAlteration>)],
        mode: Mode,
    ) -> Vec<Answer>;

    /// Deletes topics with their records. Where an id is given and the brokers know deletes by id
    /// (`DeleteTopics` version 6, Kafka 2.8), only the topic with this id goes: `UNKNOWN_TOPIC_ID` where
    /// it is not there. Else whichever has the name. One answer a topic, in order.
    async fn delete_topics(&self, topics: &[(String, Option<TopicId>)]) -> Vec<Answer>;

    /// Deletes the records of partitions before an offset (`DeleteRecords`). One answer a partition,
    /// in order.
    async fn delete_records(&self, before: &[(TopicPartition, i64)]) -> Vec<Answer>;

    /// Begins to read records in bulk, each partition from its leader. Partitions whose span is empty
    /// are done from the start.
    fn reader(&self, settings: ReaderSettings) -> Box<dyn RecordReader>;

    /// Opens a writer of records.
    async fn writer(&self, settings: WriterSettings) -> Result<Box<dyn RecordWriter>, WriteError>;

    /// The lock of this cluster, held until it is released or its holder dies. Where somebody else
    /// holds it, it is waited for as long as `patience` says.
    async fn lease(&self, who: &Holder, patience: Duration) -> Result<Box<dyn Lease>, LeaseError>;
}
