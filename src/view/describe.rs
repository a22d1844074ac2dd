//! Topics, partitions, settings and brokers, as tables and JSON.

use std::collections::BTreeMap;
use std::fmt::{self, Write as _};

use schemars::JsonSchema;
use serde::Serialize;

use super::documents::{ErrorFields, NotShown};
use super::health::HealthDocument;
use super::json::of_kind;
use super::kinds::config::source;
use super::style::Look;
use super::table::{Cell, Choice, Column, Listing, Paint, table};
use super::text::{config_value, count, escape};
use crate::model::broker::{Broker, DescribedCluster};
use crate::model::config::{ConfigEntry, ConfigSource, ConfigValue};
use crate::model::health::Health;
use crate::model::seen::Seen;
use crate::model::topic::{Partition, Topic};
use crate::observe::topics::LogOffsets;

/// How a declared topic compares with the cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Drift {
    /// As declared.
    #[serde(rename = "ok")]
    None,
    /// A plan would change the topic, or has a finding about it.
    #[serde(rename = "drift")]
    Differs,
    /// Declared, and does not exist.
    Missing,
    /// Declared absent, and exists.
    Unwanted,
    /// Not visible to this user.
    #[serde(rename = "not visible")]
    NotVisible,
}

impl fmt::Display for Drift {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.serialize(f)
    }
}

impl Drift {
    fn cell(self) -> Cell {
        Cell::words(self.to_string()).painted(match self {
            Self::None => Paint::Good,
            Self::Differs => Paint::Warning,
            Self::Missing | Self::Unwanted | Self::NotVisible => Paint::Bad,
        })
    }
}

/// A topic and, if a manifest declares it, its difference.
#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
pub struct TopicRow<'a> {
    /// Its name.
    pub name: &'a str,
    /// The topic, or why it was not seen.
    #[serde(rename = "topic")]
    pub seen: &'a Seen<Topic>,
    /// The difference from the manifest.
    #[serde(rename = "state")]
    pub drift: Option<Drift>,
}

const NUMERIC: [&str; 4] = ["PARTITION", "LEADER", "BEGIN", "END"];

/// The columns of topics. The last one, the state, needs a manifest.
pub const TOPIC_COLUMNS: [Column; 12] = [
    Column::words("topic"),
    Column::numbers("partitions"),
    Column::numbers("rf"),
    Column::words("in-sync"),
    Column::words("leaders"),
    Column::numbers("overrides"),
    Column::words("id").wide(),
    Column::words("internal").wide(),
    Column::numbers("min-isr").wide(),
    Column::words("cleanup").wide(),
    Column::words("retention").wide(),
    Column::words("state"),
];

/// The columns of topics, with or without the state.
#[must_use]
pub fn topic_columns(with_state: bool) -> &'static [Column] {
    let without = TOPIC_COLUMNS.len() - 1;
    if with_state {
        &TOPIC_COLUMNS
    } else {
        &TOPIC_COLUMNS[..without]
    }
}

/// Topics, one per row.
#[must_use]
pub fn topics(look: Look, rows: &[TopicRow<'_>], with_state: bool, choice: &Choice) -> String {
    let cells = rows
        .iter()
        .map(|row| {
            let mut cells = vec![Cell::words(escape(row.name))];
            cells.extend(topic_cells(row.seen));
            cells.extend(row.drift.map(Drift::cell));
            cells
        })
        .collect();
    Listing {
        columns: topic_columns(with_state),
        rows: cells,
    }
    .show(look, choice)
}

fn topic_cells(seen: &Seen<Topic>) -> Vec<Cell> {
    let Seen::Value(topic) = seen else {
        return vec![Cell::missing(); 10];
    };
    let health = TopicHealth::of(&topic.partitions);
    vec![
        Cell::number(topic.partitions.len()),
        Cell::number(topic.replication_factor()),
        health.in_sync(),
        health.leaders(),
        overrides(topic).map_or_else(|| Cell::words("?"), |own| Cell::number(own.len())),
        Cell::words(topic.id.to_string()),
        Cell::words(if topic.internal { "yes" } else { "no" }),
        setting(topic, "min.insync.replicas"),
        setting(topic, "cleanup.policy"),
        setting(topic, "retention.ms"),
    ]
}

/// The effective value of a setting.
fn setting(topic: &Topic, key: &str) -> Cell {
    let entries = topic.configs.value().into_iter().flatten();
    let Some(entry) = entries.into_iter().find(|entry| entry.name == key) else {
        return Cell::words("?");
    };
    let cell = Cell::words(config_value(key, &entry.value));
    match entry.value.text().and_then(|text| text.parse().ok()) {
        Some(number) => cell.sorted_by(number),
        None => cell,
    }
}

/// The settings of the topic itself; none if they cannot be seen.
fn overrides(topic: &Topic) -> Option<Vec<&ConfigEntry>> {
    let entries = topic.configs.value()?;
    Some(
        entries
            .iter()
            .filter(|entry| entry.source == ConfigSource::DynamicTopicConfig)
            .collect(),
    )
}

/// The health of a topic's partitions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TopicHealth {
    partitions: usize,
    under_replicated: usize,
    offline: usize,
}

impl TopicHealth {
    /// Counts partitions with replicas out of sync and without a leader.
    #[must_use]
    pub fn of(partitions: &[Partition]) -> Self {
        let count =
            |wanted: fn(&Partition) -> bool| partitions.iter().filter(|one| wanted(one)).count();
        Self {
            partitions: partitions.len(),
            under_replicated: count(Partition::is_under_replicated),
            offline: count(|one| one.leader.is_none()),
        }
    }

    /// Sorted by the number of partitions out of sync.
    fn in_sync(self) -> Cell {
        let whole = self.partitions - self.under_replicated;
        let order = i64::try_from(self.under_replicated).unwrap_or(i64::MAX);
        Cell::words(format!("{whole}/{}", self.partitions)).sorted_by(order)
    }

    /// Sorted by the number of partitions without a leader.
    fn leaders(self) -> Cell {
        let cell = if self.offline == 0 {
            Cell::words("all")
        } else {
            Cell::words(format!("{} without", self.offline))
        };
        cell.sorted_by(i64::try_from(self.offline).unwrap_or(i64::MAX))
    }
}

/// Topics.
#[derive(Serialize, JsonSchema)]
pub(super) struct TopicsDocument<'a> {
    /// Each topic.
    topics: &'a [TopicRow<'a>],
    /// The health of the cluster, if all topics were asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    health: Option<HealthDocument>,
    #[serde(flatten)]
    not_shown: &'a NotShown,
}

/// Topics as JSON, with everything.
#[must_use]
pub fn topics_json(rows: &[TopicRow<'_>], health: Option<&Health>, not_shown: &NotShown) -> String {
    let fields = TopicsDocument {
        topics: rows,
        health: health.map(HealthDocument::of),
        not_shown,
    };
    of_kind("Topics", &fields)
}

/// The columns of partitions of several topics.
pub const PARTITION_COLUMNS: [Column; 6] = [
    Column::words("topic"),
    Column::numbers("partition"),
    Column::numbers("leader"),
    Column::words("replicas"),
    Column::words("isr"),
    Column::words("offline"),
];

/// Partitions of several topics, one per row, as `kafka-topics --describe` filters them.
#[must_use]
pub fn partitions(look: Look, rows: &[(&str, &Partition)], choice: &Choice) -> String {
    let cells = rows
        .iter()
        .map(|(topic, partition)| {
            let [_, leader, replicas, isr, offline] = partition_cells(partition);
            let leader = Cell::words(leader);
            vec![
                Cell::words(escape(topic)),
                Cell::number(partition.index),
                leader.sorted_by(partition.leader.map_or(-1, i64::from)),
                Cell::words(replicas),
                Cell::words(isr),
                Cell::words(offline),
            ]
        })
        .collect();
    Listing {
        columns: &PARTITION_COLUMNS,
        rows: cells,
    }
    .show(look, choice)
}

/// Partitions of several topics.
#[derive(Serialize, JsonSchema)]
pub(super) struct PartitionsDocument<'a> {
    /// Each partition.
    partitions: Vec<PartitionFields<'a>>,
    #[serde(flatten)]
    not_shown: &'a NotShown,
}

/// A partition and its topic.
#[derive(Serialize, JsonSchema)]
struct PartitionFields<'a> {
    topic: &'a str,
    partition: &'a Partition,
}

/// Partitions of several topics as JSON.
#[must_use]
pub fn partitions_json(rows: &[(&str, &Partition)], not_shown: &NotShown) -> String {
    let rows = rows.iter();
    let partitions = rows.map(|(topic, partition)| PartitionFields { topic, partition });
    let fields = PartitionsDocument {
        partitions: partitions.collect(),
        not_shown,
    };
    of_kind("Partitions", &fields)
}

fn partition_cells(partition: &Partition) -> [String; 5] {
    [
        partition.index.to_string(),
        partition
            .leader
            .map_or("none".to_owned(), |id| id.to_string()),
        ids(&partition.replicas),
        ids(&partition.isr),
        ids(&partition.offline),
    ]
}

fn ids(brokers: &[i32]) -> String {
    if brokers.is_empty() {
        return "-".to_owned();
    }
    let texts: Vec<String> = brokers.iter().map(ToString::to_string).collect();
    texts.join(",")
}

/// A topic and its offsets.
pub type TopicDetails<'a> = (&'a Topic, LogOffsets);

/// Topics in detail: partitions with offsets, settings with sources. `all` includes defaults.
#[must_use]
pub fn topic_details(look: Look, details: &[TopicDetails<'_>], all: bool) -> String {
    let each: Vec<String> = details
        .iter()
        .map(|(one, offsets)| topic(look, one, offsets, all))
        .collect();
    each.join("\n")
}

fn topic(look: Look, topic: &Topic, offsets: &LogOffsets, all: bool) -> String {
    let mut text = format!(
        "{}  {}  id {}\n\n",
        look.strong(&format!("topic {}", escape(&topic.name))),
        count(topic.partitions.len(), "partition"),
        topic.id
    );
    let rows = topic
        .partitions
        .iter()
        .map(|partition| {
            let mut cells = partition_cells(partition).to_vec();
            let seen = offsets.get(&partition.index);
            cells.push(offset(seen.map(|(begin, _)| begin)));
            cells.push(offset(seen.map(|(_, end)| end)));
            cells
        })
        .collect();
    let headings = [
        "PARTITION",
        "LEADER",
        "REPLICAS",
        "ISR",
        "OFFLINE",
        "BEGIN",
        "END",
    ];
    text += &table(look, &headings, &NUMERIC, rows);
    text.push('\n');
    text + &seen_configs(look, &topic.configs, all)
}

fn offset(seen: Option<&Seen<i64>>) -> String {
    match seen {
        Some(Seen::Value(offset)) => offset.to_string(),
        _ => "?".to_owned(),
    }
}

/// Topics in detail.
#[derive(Serialize, JsonSchema)]
pub(super) struct TopicDetailsDocument<'a> {
    /// Each topic.
    topics: Vec<TopicDetailsFields<'a>>,
    /// The error, if not all topics could be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<ErrorFields>,
}

/// A topic and its offsets.
#[derive(Serialize, JsonSchema)]
struct TopicDetailsFields<'a> {
    topic: &'a Topic,
    offsets: Vec<OffsetsFields>,
}

/// The offsets of a partition; null if they were not seen.
#[derive(Serialize, JsonSchema)]
struct OffsetsFields {
    partition: i32,
    /// The log start offset.
    begin: Option<i64>,
    /// The log end offset.
    end: Option<i64>,
}

/// Topics in detail as JSON, with the error if not all could be read.
#[must_use]
pub fn topic_details_json(details: &[TopicDetails<'_>], error: Option<ErrorFields>) -> String {
    let offsets = |(partition, (begin, end)): (&i32, &(Seen<i64>, Seen<i64>))| OffsetsFields {
        partition: *partition,
        begin: begin.value().copied(),
        end: end.value().copied(),
    };
    let topics = details.iter().map(|(topic, all)| TopicDetailsFields {
        topic,
        offsets: all.iter().map(offsets).collect(),
    });
    let topics = topics.collect();
    of_kind("TopicDetails", &TopicDetailsDocument { topics, error })
}

/// Settings with their sources; `all` includes defaults.
#[must_use]
pub fn configs(look: Look, entries: &[ConfigEntry], all: bool) -> String {
    let mut shown: Vec<&ConfigEntry> = entries
        .iter()
        .filter(|entry| all || entry.source != ConfigSource::DefaultConfig)
        .collect();
    shown.sort_by(|a, b| a.name.cmp(&b.name));
    if shown.is_empty() {
        return "every setting is Kafka's default\n".to_owned();
    }
    let rows = shown
        .into_iter()
        .map(|entry| {
            vec![
                escape(&entry.name),
                config_value(&entry.name, &entry.value),
                source(entry.source).to_owned(),
                if entry.read_only { "static" } else { "dynamic" }.to_owned(),
                synonyms(entry),
            ]
        })
        .collect();
    table(
        look,
        &["SETTING", "VALUE", "SOURCE", "KIND", "ELSEWHERE"],
        &NUMERIC,
        rows,
    )
}

/// The overridden values of a key: `all brokers: 5, default: 4`.
fn synonyms(entry: &ConfigEntry) -> String {
    let weaker: Vec<String> = entry
        .synonyms
        .iter()
        .skip(1)
        .map(|synonym| {
            let shown = match &synonym.value {
                ConfigValue::Value(text) => escape(text),
                ConfigValue::Sensitive => "(sensitive)".to_owned(),
                ConfigValue::Null => "(none)".to_owned(),
            };
            let place = source(synonym.source);
            if synonym.name == entry.name {
                format!("{place}: {shown}")
            } else {
                format!("{place}: {} = {shown}", escape(&synonym.name))
            }
        })
        .collect();
    weaker.join(", ")
}

/// How many partitions a broker leads, holds and has in sync.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct BrokerLoad {
    /// Partitions that the broker leads.
    pub leads: usize,
    /// Replicas that the broker holds.
    pub replicas: usize,
    /// Its replicas that are in sync.
    pub in_sync: usize,
}

/// The columns of brokers.
pub const BROKER_COLUMNS: [Column; 8] = [
    Column::numbers("id"),
    Column::words("host"),
    Column::numbers("port"),
    Column::words("rack"),
    Column::words("state"),
    Column::numbers("leads"),
    Column::numbers("replicas").wide(),
    Column::numbers("in-sync").wide(),
];

/// Brokers, one per row.
#[must_use]
pub fn brokers(
    look: Look,
    cluster: &DescribedCluster,
    loads: &BTreeMap<i32, BrokerLoad>,
    choice: &Choice,
) -> String {
    let rows = cluster
        .brokers
        .iter()
        .map(|broker| {
            let load = loads.get(&broker.id).copied().unwrap_or_default();
            let rack = broker.rack.as_deref();
            vec![
                Cell::number(broker.id),
                Cell::words(escape(&broker.host)),
                Cell::number(broker.port),
                rack.map_or_else(Cell::missing, |rack| Cell::words(escape(rack))),
                Cell::words(if broker.fenced { "fenced" } else { "live" }),
                Cell::number(load.leads),
                Cell::number(load.replicas),
                Cell::number(load.in_sync),
            ]
        })
        .collect();
    Listing {
        columns: &BROKER_COLUMNS,
        rows,
    }
    .show(look, choice)
}

/// Brokers.
#[derive(Serialize, JsonSchema)]
pub(super) struct BrokersDocument<'a> {
    /// Each broker.
    brokers: Vec<BrokerFields<'a>>,
    #[serde(flatten)]
    not_shown: &'a NotShown,
}

/// A broker and its load.
#[derive(Serialize, JsonSchema)]
struct BrokerFields<'a> {
    broker: &'a Broker,
    #[serde(flatten)]
    load: BrokerLoad,
}

/// Brokers as JSON.
#[must_use]
pub fn brokers_json(
    cluster: &DescribedCluster,
    loads: &BTreeMap<i32, BrokerLoad>,
    not_shown: &NotShown,
) -> String {
    let brokers = cluster.brokers.iter().map(|broker| BrokerFields {
        broker,
        load: loads.get(&broker.id).copied().unwrap_or_default(),
    });
    let fields = BrokersDocument {
        brokers: brokers.collect(),
        not_shown,
    };
    of_kind("Brokers", &fields)
}

/// The settings of one broker.
#[derive(Serialize, JsonSchema)]
pub(super) struct BrokerDocument<'a> {
    id: i32,
    configs: &'a [ConfigEntry],
}

/// One broker's settings as JSON.
#[must_use]
pub fn broker_json(id: i32, configs: &[ConfigEntry]) -> String {
    of_kind("Broker", &BrokerDocument { id, configs })
}

/// The cluster in a few lines, with the settings of all brokers.
#[must_use]
pub fn cluster(
    look: Look,
    cluster: &DescribedCluster,
    health: &Health,
    defaults: &Seen<Vec<ConfigEntry>>,
) -> String {
    let mut text = String::new();
    let _ = writeln!(text, "{:12}  {}", "cluster id", escape(&cluster.id));
    let _ = writeln!(text, "{:12}  {}", "topics", health.topics);
    text += &super::health::health(look, health);
    for (name, level) in &cluster.features {
        let _ = writeln!(text, "{:12}  {} {level}", "feature", escape(name));
    }
    text += "\nset for all brokers:\n";
    text + &seen_configs(look, defaults, false)
}

/// Settings, or the reason why they cannot be seen.
#[must_use]
pub fn seen_configs(look: Look, seen: &Seen<Vec<ConfigEntry>>, all: bool) -> String {
    match seen {
        Seen::Value(entries) if entries.is_empty() => "nothing\n".to_owned(),
        Seen::Value(entries) => configs(look, entries, all),
        Seen::Absent => "gone\n".to_owned(),
        Seen::Unseen(_, words) => {
            format!("settings cannot be seen: {}\n", escape(words))
        }
    }
}

/// A cluster.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct ClusterDocument<'a> {
    cluster: &'a DescribedCluster,
    /// The number of topics.
    topics: usize,
    health: HealthDocument,
    /// The settings of all brokers.
    broker_defaults: &'a Seen<Vec<ConfigEntry>>,
}

/// The cluster as JSON.
#[must_use]
pub fn cluster_json(
    cluster: &DescribedCluster,
    health: &Health,
    defaults: &Seen<Vec<ConfigEntry>>,
) -> String {
    let fields = ClusterDocument {
        cluster,
        topics: health.topics,
        health: HealthDocument::of(health),
        broker_defaults: defaults,
    };
    of_kind("Cluster", &fields)
}

/// Names, one per line.
#[must_use]
pub fn names(names: &[String]) -> String {
    names.iter().map(|name| escape(name) + "\n").collect()
}
