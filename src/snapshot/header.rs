//! The header of a snapshot: the request, the cluster and its topics.

use std::collections::BTreeSet;
use std::fmt;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::limits::MAX_PARTITIONS;
use crate::model::config::{ConfigSource, ConfigValue};
use crate::model::measure::TopicPartition;
use crate::model::record::TimestampType;
use crate::model::topic::TopicId;
use crate::observe::ends::Open;

/// The header; JSON in the file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SnapshotHeader {
    /// The snapshot's id: 32 random hexadecimal digits.
    pub snapshot: String,
    /// `cluster.id`.
    pub cluster: String,
    /// The start time, at which the end offsets were read.
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub taken: Timestamp,
    /// The version of tonkafka.
    pub tonkafka: String,
    /// The request, as on the command line.
    pub asked: SnapshotArguments,
    /// The topics, by name.
    pub topics: Vec<SnapshotTopic>,
}

/// The request. A snapshot that was cut off is continued only by the same request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SnapshotArguments {
    /// Names or patterns of topics, in the user's order.
    pub topics: Vec<String>,
    /// The start; none means the log start.
    pub from: Option<String>,
    /// The end; none means the log end at the start of the snapshot.
    pub to: Option<String>,
    /// The isolation level.
    pub isolation: Isolation,
}

/// Which records of transactions are included (`isolation.level`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Isolation {
    /// Those of committed transactions, up to the last stable offset.
    ReadCommitted,
    /// Those of aborted and open transactions too.
    ReadUncommitted,
}

impl fmt::Display for Isolation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ReadCommitted => "read_committed",
            Self::ReadUncommitted => "read_uncommitted",
        })
    }
}

/// A topic at the time of the snapshot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SnapshotTopic {
    /// Its name.
    pub name: String,
    /// Its id.
    pub id: TopicId,
    /// Its number of partitions, of which the snapshot may contain only some.
    pub partition_count: i32,
    /// Its replication factor.
    pub replication_factor: i32,
    /// Who set the timestamps of its records at that time (`message.timestamp.type`).
    pub timestamp_type: TimestampType,
    /// Its settings that are not defaults, with their sources.
    pub configs: Vec<Config>,
    /// The included partitions, by number.
    pub partitions: Vec<Range>,
}

/// A setting of a topic.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Config {
    /// The key.
    pub name: String,
    /// The value.
    pub value: ConfigValue,
    /// The source of the value; the topic's own settings have `DYNAMIC_TOPIC_CONFIG`.
    pub source: ConfigSource,
}

/// The requested offsets of a partition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Range {
    /// The partition's number.
    pub partition: i32,
    /// The first offset.
    pub from: i64,
    /// The offset after the last one.
    pub to: i64,
    /// The requested end, if an open transaction held back the offsets from `to` on. Since version 2.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub open_until: Option<i64>,
}

impl Range {
    /// The number of offsets that an open transaction held back.
    #[must_use]
    pub fn left_out(&self) -> u64 {
        let until = self.open_until.unwrap_or(self.to);
        u64::try_from(until - self.to).unwrap_or_default()
    }
}

impl SnapshotHeader {
    /// Every partition with its topic. The index of a partition in this order is its ordinal.
    pub fn partitions(&self) -> impl Iterator<Item = (&SnapshotTopic, Range)> {
        self.topics
            .iter()
            .flat_map(|topic| topic.partitions.iter().map(move |range| (topic, *range)))
    }

    /// The ordinal of a partition.
    #[must_use]
    pub fn ordinal(&self, topic: &str, partition: i32) -> Option<usize> {
        self.partitions()
            .position(|(one, range)| one.name == topic && range.partition == partition)
    }

    /// The offsets that open transactions held back.
    #[must_use]
    pub fn left_out(&self) -> Open {
        let partitions = self.partitions();
        let open = partitions.filter_map(|(topic, range)| Some((topic, range, range.open_until?)));
        open.map(|(topic, range, until)| {
            (
                TopicPartition::new(topic.name.clone(), range.partition),
                (range.to, until),
            )
        })
        .collect()
    }

    /// Checks that the header is valid.
    pub(super) fn check(&self) -> Result<(), String> {
        let mut names = BTreeSet::new();
        let mut count = 0;
        for topic in &self.topics {
            if !names.insert(&topic.name) {
                return Err("it names a topic twice".to_owned());
            }
            count += topic.partitions.len();
            let mut last = -1;
            for range in &topic.partitions {
                if range.partition <= last || range.partition >= topic.partition_count {
                    return Err("its partitions are not in order".to_owned());
                }
                let until = range.open_until.unwrap_or(i64::MAX);
                if range.from < 0 || range.to < range.from || until <= range.to {
                    return Err("it has a range of offsets that is none".to_owned());
                }
                last = range.partition;
            }
        }
        if count > MAX_PARTITIONS {
            return Err(format!("it has more than {MAX_PARTITIONS} partitions"));
        }
        Ok(())
    }

    /// The first difference between this request and `now`: the field, its old and its new value.
    pub(super) fn difference(&self, now: &Self) -> Option<(&'static str, String, String)> {
        let topics = |header: &Self| {
            let words = header.topics.iter().map(|topic| {
                let partitions = topic.partitions.iter().map(|range| range.partition);
                let partitions: Vec<String> = partitions.map(|one| one.to_string()).collect();
                format!("{} ({}: {})", topic.name, topic.id, partitions.join(","))
            });
            words.collect::<Vec<_>>().join(", ")
        };
        let or_none = |word: &Option<String>| word.clone().unwrap_or_else(|| "none".to_owned());
        let fields = [
            ("cluster", self.cluster.clone(), now.cluster.clone()),
            (
                "topics asked for",
                self.asked.topics.join(" "),
                now.asked.topics.join(" "),
            ),
            (
                "`--from`",
                or_none(&self.asked.from),
                or_none(&now.asked.from),
            ),
            ("`--to`", or_none(&self.asked.to), or_none(&now.asked.to)),
            (
                "isolation level",
                self.asked.isolation.to_string(),
                now.asked.isolation.to_string(),
            ),
            ("topics", topics(self), topics(now)),
        ];
        fields.into_iter().find(|(_, was, is)| was != is)
    }
}
