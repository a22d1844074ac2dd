//! What a snapshot begins with: what was asked of which cluster, and what its topics are.

use std::collections::BTreeSet;
use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::limits::MAX_PARTITIONS;
use crate::model::config::{ConfigSource, ConfigValue};
use crate::model::record::TimestampType;
use crate::model::topic::TopicId;
use crate::observe::ends::Open;

/// What a snapshot is of. Kept in the file as JSON.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SnapshotHeader {
    /// Its own id, 32 hexadecimal digits of chance.
    pub snapshot: String,
    /// The id of the cluster.
    pub cluster: String,
    /// When it was begun: the end offsets are of this moment.
    pub taken: Timestamp,
    /// The version of the program that wrote it.
    pub tonkafka: String,
    /// What was asked for, in the words of the command line.
    pub asked: SnapshotArguments,
    /// The topics, by name.
    pub topics: Vec<SnapshotTopic>,
}

/// What was asked for. A snapshot that was cut off only goes on when the same is asked again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SnapshotArguments {
    /// Names or globs of topics, in the order in which they were written.
    pub topics: Vec<String>,
    /// Where to begin; none is the log start.
    pub from: Option<String>,
    /// Where to end; none is the end at the start of the snapshot.
    pub to: Option<String>,
    /// Which records count.
    pub isolation: Isolation,
}

/// Which records of transactions count (`isolation.level`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
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

/// A topic as it was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SnapshotTopic {
    /// Its name.
    pub name: String,
    /// Its id.
    pub id: TopicId,
    /// How many partitions it had, of which the snapshot may hold some.
    pub partition_count: i32,
    /// Its replication factor.
    pub replication_factor: i32,
    /// What its timestamps were (`message.timestamp.type`) when the snapshot was taken.
    #[serde(with = "TimestampTypeName")]
    pub timestamp_type: TimestampType,
    /// Its settings that are no default, with their sources.
    pub configs: Vec<Config>,
    /// The partitions of the snapshot, by number.
    pub partitions: Vec<Range>,
}

/// A setting of a topic.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Config {
    /// The key.
    pub name: String,
    /// The value.
    pub value: ConfigValue,
    /// Where the value came from; the topic's own overrides are `DYNAMIC_TOPIC_CONFIG`.
    pub source: ConfigSource,
}

/// The offsets of a partition that were asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Range {
    /// The partition's number.
    pub partition: i32,
    /// The first offset.
    pub from: i64,
    /// The offset after the last.
    pub to: i64,
    /// Where an open transaction kept records out: the offset up to which it was asked for, which
    /// is beyond `to`. Since version 2.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub open_until: Option<i64>,
}

impl Range {
    /// How many offsets an open transaction kept out.
    #[must_use]
    pub fn left_out(&self) -> u64 {
        let until = self.open_until.unwrap_or(self.to);
        u64::try_from(until - self.to).unwrap_or_default()
    }
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "TimestampType")]
enum TimestampTypeName {
    CreateTime,
    LogAppendTime,
}

impl SnapshotHeader {
    /// Every partition with its topic. The place of one in this order is its ordinal.
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

    /// What open transactions kept out.
    #[must_use]
    pub fn left_out(&self) -> Open {
        let partitions = self.partitions();
        let open = partitions.filter_map(|(topic, range)| Some((topic, range, range.open_until?)));
        open.map(|(topic, range, until)| ((topic.name.clone(), range.partition), (range.to, until)))
            .collect()
    }

    /// What makes this no header of a snapshot.
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

    /// What `now` asks for that this header did not: the field, what it was, and what it is now.
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
