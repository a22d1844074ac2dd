//! Topics as a cluster holds them, and the rules for their names
//! (`org.apache.kafka.common.internals.Topic`).

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use super::broker::BrokerId;
use super::config::ConfigEntry;
use super::record::TimestampType;
use super::seen::Seen;

/// The longest legal topic name, in characters.
pub const MAX_NAME_LENGTH: usize = 249;

/// URL-safe base64.
const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// A topic's id (KIP-516): 16 bytes, all zero before Kafka 2.8.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct TopicId(pub [u8; 16]);

impl TopicId {
    /// Whether the broker reported an id.
    #[must_use]
    pub fn is_known(&self) -> bool {
        self.0 != [0; 16]
    }
}

/// Kafka prints topic ids as URL-safe base64 without padding, 22 characters.
impl fmt::Display for TopicId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut bits = u32::default();
        let mut held = 0;
        for byte in self.0 {
            bits = (bits << 8) | u32::from(byte);
            held += 8;
            while held >= 6 {
                held -= 6;
                let index = (bits >> held) & 0x3f;
                write!(f, "{}", char::from(ALPHABET[index as usize]))?;
            }
        }
        let index = (bits << (6 - held)) & 0x3f;
        write!(f, "{}", char::from(ALPHABET[index as usize]))
    }
}

/// The form that [`TopicId`] prints.
impl FromStr for TopicId {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || format!("`{}` is no topic id", text.escape_default());
        let mut bytes = [0; 16];
        let mut index = 0;
        let mut bits = 0u32;
        let mut held = 0;
        for letter in text.bytes() {
            let value = ALPHABET.iter().position(|one| *one == letter);
            let value = value.and_then(|value| u32::try_from(value).ok());
            bits = (bits << 6) | value.ok_or_else(wrong)?;
            held += 6;
            if held >= 8 {
                held -= 8;
                let byte = u8::try_from((bits >> held) & 0xff).map_err(|_| wrong())?;
                *bytes.get_mut(index).ok_or_else(wrong)? = byte;
                index += 1;
                bits &= (1 << held) - 1;
            }
        }
        if index == 16 && text.len() == 22 && bits == 0 {
            Ok(Self(bytes))
        } else {
            Err(wrong())
        }
    }
}

impl<'de> Deserialize<'de> for TopicId {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}

impl JsonSchema for TopicId {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "TopicId".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "pattern": "^[A-Za-z0-9_-]{22}$" })
    }
}

impl Serialize for TopicId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// A topic on a cluster.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Topic {
    /// Its name.
    pub name: String,
    /// Its id.
    pub id: TopicId,
    /// Whether it is one of Kafka's own topics, such as `__consumer_offsets`.
    pub internal: bool,
    /// Its partitions, ordered by index.
    pub partitions: Vec<Partition>,
    /// Its effective settings with their sources.
    pub configs: Seen<Vec<ConfigEntry>>,
}

impl Topic {
    /// The replication factor: the largest number of replicas of a partition.
    #[must_use]
    pub fn replication_factor(&self) -> usize {
        self.partitions
            .iter()
            .map(|partition| partition.replicas.len())
            .max()
            .unwrap_or(0)
    }

    /// Whether it has a partition with this number.
    #[must_use]
    pub fn has_partition(&self, index: i32) -> bool {
        self.partitions.iter().any(|one| one.index == index)
    }

    /// Who sets the timestamps of its records (`message.timestamp.type`); the producer if its settings are
    /// unknown.
    #[must_use]
    pub fn timestamp_type(&self) -> TimestampType {
        let mut entries = self.configs.value().into_iter().flatten();
        let is_append = |entry: &ConfigEntry| {
            entry.name == "message.timestamp.type" && entry.value.text() == Some("LogAppendTime")
        };
        if entries.any(is_append) {
            TimestampType::LogAppendTime
        } else {
            TimestampType::CreateTime
        }
    }
}

/// A partition and its replicas.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Partition {
    /// Its number.
    pub index: i32,
    /// The leader; none while the partition is offline.
    pub leader: Option<BrokerId>,
    /// The leader's epoch.
    #[serde(default)]
    pub leader_epoch: Option<i32>,
    /// The brokers that hold it, the preferred leader first.
    pub replicas: Vec<BrokerId>,
    /// The in-sync replicas.
    pub isr: Vec<BrokerId>,
    /// Replicas on brokers or disks that are offline.
    #[serde(default)]
    pub offline: Vec<BrokerId>,
}

/// Why a topic name is illegal.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IllegalName {
    /// Empty.
    #[error("a topic name cannot be empty")]
    Empty,
    /// `.` or `..`.
    #[error("a topic name cannot be `.` or `..`")]
    Dots,
    /// Longer than [`MAX_NAME_LENGTH`].
    #[error("a topic name has at most {MAX_NAME_LENGTH} characters, this one has {0}")]
    Long(usize),
    /// A character outside `[a-zA-Z0-9._-]`.
    #[error("`{}` is not allowed in a topic name: use letters, digits, `.`, `_` and `-`", .0.escape_default())]
    Character(char),
}

/// Checks a name as brokers do (`Topic.validate`).
///
/// # Errors
/// The first rule that `name` breaks.
pub fn check_name(name: &str) -> Result<(), IllegalName> {
    if name.is_empty() {
        return Err(IllegalName::Empty);
    }
    if name == "." || name == ".." {
        return Err(IllegalName::Dots);
    }
    let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    if let Some(illegal) = name.chars().find(|c| !legal(*c)) {
        return Err(IllegalName::Character(illegal));
    }
    if name.len() > MAX_NAME_LENGTH {
        return Err(IllegalName::Long(name.len()));
    }
    Ok(())
}

/// The name with `.` replaced by `_`. Names with the same form collide in metrics
/// (`Topic.unifyCollisionChars`): brokers refuse `a_b` beside `a.b`.
#[must_use]
pub fn metric_name(name: &str) -> String {
    name.replace('.', "_")
}

/// Whether a name is reserved for Kafka's own topics.
#[must_use]
pub fn is_internal_name(name: &str) -> bool {
    matches!(
        name,
        "__consumer_offsets"
            | "__transaction_state"
            | "__share_group_state"
            | "__cluster_metadata"
            | "__remote_log_metadata"
    )
}

/// Whether a program creates topics of this name for itself: Kafka's own topics, those of schema
/// registries and the like (`_schemas`), and internal topics of Kafka Streams
/// (`InternalTopologyBuilder`). People do not declare these topics, and deleting one destroys a
/// program's state.
#[must_use]
pub fn is_kept_by_programs(name: &str) -> bool {
    name.starts_with('_')
        || name.ends_with("-changelog")
        || name.ends_with("-repartition")
        || name.contains("-KTABLE-FK-JOIN-SUBSCRIPTION-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_kafkas_rules() {
        assert_eq!(check_name("user.activity_v1-A"), Ok(()));
        assert_eq!(check_name(&"x".repeat(249)), Ok(()));
        assert_eq!(check_name(&"x".repeat(250)), Err(IllegalName::Long(250)));
        assert_eq!(check_name(""), Err(IllegalName::Empty));
        assert_eq!(check_name(".."), Err(IllegalName::Dots));
        assert_eq!(check_name("a b"), Err(IllegalName::Character(' ')));
        assert_eq!(
            check_name("a\u{1b}[31m").unwrap_err().to_string(),
            "`\\u{1b}` is not allowed in a topic name: use letters, digits, `.`, `_` and `-`"
        );
    }

    #[test]
    fn an_id_prints_as_kafka_prints_it() {
        assert_eq!(TopicId([0; 16]).to_string(), "AAAAAAAAAAAAAAAAAAAAAA");
        assert_eq!(TopicId([0xff; 16]).to_string(), "_____________________w");
        let id = TopicId(std::array::from_fn(|index| {
            u8::try_from(index * 13).unwrap()
        }));
        assert_eq!(id.to_string().parse(), Ok(id));
        for wrong in [
            "",
            "AAAA",
            "AAAAAAAAAAAAAAAAAAAAAB",
            "AAAAAAAAAAAAAAAAAAAAA!",
        ] {
            assert!(wrong.parse::<TopicId>().is_err(), "{wrong}");
        }
    }
}
