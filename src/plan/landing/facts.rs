//! What a plan for copied records is made from.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::catalogue::Line;
use crate::model::config::ConfigEntry;
use crate::model::measure::{Load, Offsets, TopicPartition};
use crate::model::record::TimestampType;
use crate::model::seen::Seen;
use crate::model::topic::Topic;

/// What copies the records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Copying {
    /// A restore of a snapshot.
    Snapshot,
    /// A mirror of another cluster.
    Mirror,
}

/// A topic whose records are copied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceTopic {
    /// Its name in the snapshot, or at the source of a mirror.
    pub name: String,
    /// The name of the target topic.
    pub target: String,
    /// How many partitions it has.
    pub partitions: i32,
    /// Its replication factor.
    pub replicas: i16,
    /// Settings of the topic.
    pub overrides: BTreeMap<String, String>,
    /// All its settings in effect; none for a snapshot, whose topic may be gone.
    pub configs: Option<Vec<ConfigEntry>>,
    /// Who set the timestamps of its records.
    pub timestamps: TimestampType,
    /// What is known of the records to copy.
    pub loads: Loads,
}

/// Measurements of a topic's records to copy.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Loads {
    /// By partition.
    pub known: BTreeMap<i32, Load>,
    /// Why some timestamps are unknown, if they are.
    pub no_times: Option<String>,
    /// Why some sizes are unknown, if they are.
    pub no_sizes: Option<String>,
}

/// The state of the cluster that records are copied into.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Destination {
    /// `cluster.id`.
    pub cluster_id: String,
    /// The number of live brokers.
    pub brokers: usize,
    /// Their version of Kafka; none when unknown or not needed.
    pub line: Option<Line>,
    /// The brokers' settings, by key.
    pub defaults: BTreeMap<String, String>,
    /// The target topics with their settings.
    pub topics: BTreeMap<String, Seen<Topic>>,
    /// The names of all visible topics.
    pub names: BTreeSet<String>,
    /// For a restore: log end offsets.
    pub ends: Offsets,
    /// Partitions that an interrupted restore already wrote to, and that this one continues.
    pub begun: BTreeSet<TopicPartition>,
    /// Partitions that hold or held records from other writers than this mirror.
    pub foreign: BTreeSet<TopicPartition>,
    /// Partitions that this mirror copied from a deleted topic of the source with the same name.
    pub former: BTreeSet<TopicPartition>,
}

impl Destination {
    /// The replication factor of a target topic, now or when created.
    pub(super) fn replicas(&self, source: &SourceTopic) -> i16 {
        if let Some(topic) = self.topics.get(&source.target).and_then(Seen::value) {
            return i16::try_from(topic.replication_factor()).unwrap_or(i16::MAX);
        }
        let brokers = i16::try_from(self.brokers).unwrap_or(i16::MAX);
        source.replicas.clamp(1, brokers.max(1))
    }
}
