//! The configuration of a cluster at a point in time: the content of a backup.
//!
//! Brokers do not reveal secrets, so none is here. What could not be read is marked as such, and never
//! stored as an empty list.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::access::{AclBinding, Quota, User};
use super::broker::BrokerId;
use super::config::{ConfigSource, ConfigType, ConfigValue};
use super::escape::escape;
use super::group::{Committed, GroupType};
use super::measure::TopicPartition;
use super::topic::TopicId;

/// The version of a backup's JSON.
pub const FORMAT_VERSION: u32 = 1;

/// `kind` of a backup.
pub const KIND: &str = "Backup";

/// A cluster's configuration, and its groups with their commits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Backup {
    /// The version of this document.
    #[schemars(extend("const" = 1))]
    pub format_version: u32,
    /// `Backup`.
    #[schemars(extend("const" = "Backup"))]
    pub kind: String,
    /// The backup's id, made from the time when it was taken.
    pub id: String,
    /// When it was taken, RFC 3339.
    #[schemars(extend("format" = "date-time"))]
    pub taken_at: String,
    /// Why it was taken.
    pub reason: Why,
    /// The version of tonkafka that took it.
    pub tonkafka: String,
    /// `cluster.id`.
    pub cluster_id: String,
    /// The version of the brokers, as they report it.
    pub kafka: KafkaVersion,
    /// The brokers that were live, in order.
    pub brokers: Vec<BrokerId>,
    /// The parts that could not be read; empty for a complete backup.
    pub partial: Vec<Omission>,
    /// What was about to be changed when the backup was taken; none if a user asked for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub concerns: Option<Concerns>,
    /// Topics by name, Kafka's own included.
    pub topics: BTreeMap<String, KeptTopic>,
    /// Dynamic settings for all brokers.
    pub broker_defaults: Kept<Vec<KeptSetting>>,
    /// Dynamic settings of single brokers.
    pub broker_configs: BTreeMap<BrokerId, Kept<Vec<KeptSetting>>>,
    /// ACLs.
    pub acls: Kept<Vec<AclBinding>>,
    /// Users with SCRAM credentials: names and mechanisms.
    pub users: Kept<Vec<User>>,
    /// Quotas.
    pub quotas: Kept<Vec<Quota>>,
    /// Groups by id.
    pub groups: BTreeMap<String, KeptGroup>,
}

/// Why a backup was taken.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Why {
    /// A user asked for it.
    Asked,
    /// `apply` was about to write.
    Apply,
    /// `rollback` was about to write.
    Rollback,
    /// `backup restore` was about to write.
    Restore,
    /// It is the current state of the cluster, and in no file.
    #[schemars(skip)]
    Live,
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.serialize(f)
    }
}

/// The version of brokers, as they report it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct KafkaVersion {
    /// Levels of features, such as `metadata.version` (KIP-584).
    pub features: BTreeMap<String, i16>,
    /// `inter.broker.protocol.version`, if brokers have it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inter_broker_protocol: Option<String>,
}

/// A part of a backup.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Part {
    /// Topics with their settings.
    Topics,
    /// Settings of brokers.
    Brokers,
    /// ACLs.
    Acls,
    /// Users.
    Users,
    /// Quotas.
    Quotas,
    /// Groups and their commits.
    Groups,
}

impl Part {
    /// All parts.
    pub const ALL: [Self; 6] = [
        Self::Topics,
        Self::Brokers,
        Self::Acls,
        Self::Users,
        Self::Quotas,
        Self::Groups,
    ];
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.serialize(f)
    }
}

/// Something that could not be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Omission {
    /// The part that it belongs to.
    pub part: Part,
    /// The topic, group or broker; none if any of the part may be missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Why.
    pub why: String,
}

impl fmt::Display for Omission {
    /// Such as `groups billing: …`, safe for terminals.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.part)?;
        if let Some(name) = &self.name {
            write!(f, " {}", escape(name))?;
        }
        write!(f, ": {}", escape(&self.why))
    }
}

/// What was about to be changed.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Concerns {
    /// Topics.
    pub topics: BTreeSet<String>,
    /// Whether cluster-wide broker settings are changed.
    pub broker_defaults: bool,
    /// Brokers whose own settings are changed.
    pub brokers: BTreeSet<BrokerId>,
    /// Groups.
    pub groups: BTreeSet<String>,
    /// Parts that are changed as a whole: ACLs, users, quotas.
    pub parts: BTreeSet<Part>,
}

/// A fact in a backup, as [`Seen`](super::seen::Seen) is a fact of a read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Kept<T> {
    /// The value.
    Value(T),
    /// The cluster does not have this kind of thing. Holds what is missing.
    NotSupported(String),
    /// It could not be read, but may exist. Holds why.
    NotSeen(String),
}

impl<T> Kept<T> {
    /// The value, if it could be read.
    pub fn value(&self) -> Option<&T> {
        match self {
            Self::Value(value) => Some(value),
            Self::NotSupported(_) | Self::NotSeen(_) => None,
        }
    }
}

/// A topic.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct KeptTopic {
    /// Its id; all zero when brokers have none.
    pub id: TopicId,
    /// Whether it is one of Kafka's own topics.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub internal: bool,
    /// The brokers of each partition, the preferred leader first.
    pub partitions: Vec<Vec<BrokerId>>,
    /// Settings of the topic.
    pub configs: Kept<Vec<KeptSetting>>,
}

impl KeptTopic {
    /// The number of partitions.
    #[must_use]
    pub fn count(&self) -> i32 {
        i32::try_from(self.partitions.len()).unwrap_or(i32::MAX)
    }

    /// The replication factor: the largest number of replicas of a partition.
    #[must_use]
    pub fn replicas(&self) -> usize {
        self.partitions.iter().map(Vec::len).max().unwrap_or(0)
    }
}

/// A setting and the level that sets it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct KeptSetting {
    /// The key.
    pub key: String,
    /// Its value; [`ConfigValue::Sensitive`] if the broker hides it.
    pub value: ConfigValue,
    /// The level that sets it.
    pub source: ConfigSource,
    /// The key's type.
    #[serde(default, rename = "type")]
    pub config_type: ConfigType,
}

/// A group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct KeptGroup {
    /// Its type.
    #[serde(rename = "type")]
    pub group_type: GroupType,
    /// `protocol_type` of the group's members.
    pub protocol_type: String,
    /// Committed offsets by topic and partition; for a share group, its share-partition start offsets.
    pub commits: Kept<BTreeMap<String, BTreeMap<i32, Committed>>>,
}

impl KeptGroup {
    /// Every commit.
    pub fn commits(&self) -> impl Iterator<Item = (TopicPartition, &Committed)> {
        let topics = self.commits.value().into_iter().flatten();
        topics.flat_map(|(topic, partitions)| {
            let commits = partitions.iter();
            commits
                .map(|(partition, commit)| (TopicPartition::new(topic.clone(), *partition), commit))
        })
    }
}

impl Backup {
    /// The topics, groups and brokers that could not be read.
    #[must_use]
    pub fn lacking(&self) -> BTreeSet<(Part, &str)> {
        let unseen = self.partial.iter();
        unseen
            .filter_map(|one| Some((one.part, one.name.as_deref()?)))
            .collect()
    }

    /// The number of broker settings.
    #[must_use]
    pub fn broker_settings(&self) -> usize {
        let own = self.broker_configs.values().chain([&self.broker_defaults]);
        own.filter_map(Kept::value).map(Vec::len).sum()
    }

    /// The number of commits.
    #[must_use]
    pub fn commits(&self) -> usize {
        self.groups
            .values()
            .map(|group| group.commits().count())
            .sum()
    }
}
