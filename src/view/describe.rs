//! What is there, as tables and JSON.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::{Value, json};

use super::json::of_kind;
use super::plan::source;
use super::style::Look;
use super::table::table;
use super::text::{config_value, count, escape};
use crate::model::broker::DescribedCluster;
use crate::model::config::{ConfigEntry, ConfigSource, ConfigValue};
use crate::model::seen::Seen;
use crate::model::topic::{Partition, Topic};

/// How a declared topic compares with the cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Drift {
    /// As declared.
    None,
    /// A plan would change it, or says that it cannot.
    Differs,
    /// Declared and not there.
    Missing,
    /// Declared absent and there.
    Unwanted,
    /// The cluster does not show it.
    NotVisible,
}

impl Drift {
    /// The word for it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::None => "ok",
            Self::Differs => "drift",
            Self::Missing => "missing",
            Self::Unwanted => "unwanted",
            Self::NotVisible => "not visible",
        }
    }

    fn painted(self, look: Look) -> String {
        match self {
            Self::None => look.added(self.word()),
            Self::Differs => look.changed(self.word()),
            Self::Missing | Self::Unwanted | Self::NotVisible => look.removed(self.word()),
        }
    }
}

/// A topic and, where a manifest declares it, how it compares.
#[derive(Debug, Clone, Copy)]
pub struct TopicRow<'a> {
    /// Its name.
    pub name: &'a str,
    /// What was seen of it.
    pub seen: &'a Seen<Topic>,
    /// How it compares with the manifest.
    pub drift: Option<Drift>,
}

const NUMERIC: [&str; 9] = [
    "PARTITIONS",
    "RF",
    "OVERRIDES",
    "PARTITION",
    "LEADER",
    "BEGIN",
    "END",
    "ID",
    "PORT",
];

/// Topics, one a row.
#[must_use]
pub fn topics(look: Look, rows: &[TopicRow<'_>]) -> String {
    let with_drift = rows.iter().any(|row| row.drift.is_some());
    let mut headings = vec![
        "TOPIC",
        "PARTITIONS",
        "RF",
        "IN SYNC",
        "LEADERS",
        "OVERRIDES",
    ];
    if with_drift {
        headings.push("STATE");
    }
    let cells = rows
        .iter()
        .map(|row| {
            let mut cells = vec![escape(row.name)];
            cells.extend(topic_cells(row.seen));
            cells.extend(row.drift.map(|drift| drift.painted(look)));
            cells
        })
        .collect();
    table(look, &headings, &NUMERIC, cells)
}

fn topic_cells(seen: &Seen<Topic>) -> Vec<String> {
    let Seen::Value(topic) = seen else {
        return vec!["-".to_owned(); 5];
    };
    let health = Health::of(&topic.partitions);
    vec![
        topic.partitions.len().to_string(),
        topic.replication_factor().to_string(),
        health.in_sync(),
        health.leaders(),
        overrides(topic).map_or("?".to_owned(), |own| own.len().to_string()),
    ]
}

/// A topic's own settings; none where they cannot be seen.
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
pub struct Health {
    partitions: usize,
    under_replicated: usize,
    offline: usize,
}

impl Health {
    /// Counts partitions with replicas out of sync and without a leader.
    #[must_use]
    pub fn of(partitions: &[Partition]) -> Self {
        let count =
            |wanted: fn(&Partition) -> bool| partitions.iter().filter(|one| wanted(one)).count();
        Self {
            partitions: partitions.len(),
            under_replicated: count(|one| one.isr.len() < one.replicas.len()),
            offline: count(|one| one.leader.is_none()),
        }
    }

    fn in_sync(self) -> String {
        let whole = self.partitions - self.under_replicated;
        format!("{whole}/{}", self.partitions)
    }

    fn leaders(self) -> String {
        if self.offline == 0 {
            "all".to_owned()
        } else {
            format!("{} without", self.offline)
        }
    }
}

/// Topics as JSON, with everything.
#[must_use]
pub fn topics_json(rows: &[TopicRow<'_>]) -> String {
    let items: Vec<Value> = rows
        .iter()
        .map(|row| {
            json!({
                "name": row.name,
                "topic": row.seen,
                "state": row.drift.map(Drift::word),
            })
        })
        .collect();
    of_kind("Topics", json!({ "topics": items }))
}

/// Partitions of several topics, one a row, as `kafka-topics --describe` filters show them.
#[must_use]
pub fn partitions(look: Look, rows: &[(&str, &Partition)]) -> String {
    let cells = rows
        .iter()
        .map(|(topic, partition)| {
            let mut cells = vec![escape(topic)];
            cells.extend(partition_cells(partition));
            cells
        })
        .collect();
    let headings = ["TOPIC", "PARTITION", "LEADER", "REPLICAS", "ISR", "OFFLINE"];
    table(look, &headings, &NUMERIC, cells)
}

/// The same as JSON.
#[must_use]
pub fn partitions_json(rows: &[(&str, &Partition)]) -> String {
    let items: Vec<Value> = rows
        .iter()
        .map(|(topic, partition)| json!({ "topic": topic, "partition": partition }))
        .collect();
    of_kind("Partitions", json!({ "partitions": items }))
}

fn partition_cells(partition: &Partition) -> Vec<String> {
    vec![
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

/// First and end offsets by partition.
pub type Offsets = BTreeMap<i32, (Seen<i64>, Seen<i64>)>;

/// A topic and its offsets.
pub type TopicDetails<'a> = (&'a Topic, Offsets);

/// Topics in depth: partitions with offsets, and settings with sources. With `all`, the settings
/// that nobody changed too.
#[must_use]
pub fn topic_details(look: Look, details: &[TopicDetails<'_>], all: bool) -> String {
    let each: Vec<String> = details
        .iter()
        .map(|(one, offsets)| topic(look, one, offsets, all))
        .collect();
    each.join("\n")
}

fn topic(look: Look, topic: &Topic, offsets: &Offsets, all: bool) -> String {
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
            let mut cells = partition_cells(partition);
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

/// Topics in depth as one document, with the error that kept others out of it.
#[must_use]
pub fn topic_details_json(details: &[TopicDetails<'_>], error: Option<Value>) -> String {
    let topics: Vec<Value> = details
        .iter()
        .map(|(topic, offsets)| json!({ "topic": topic, "offsets": offsets_json(offsets) }))
        .collect();
    let mut fields = json!({ "topics": topics });
    if let Some(error) = error {
        fields["error"] = error;
    }
    of_kind("TopicDetails", fields)
}

fn offsets_json(offsets: &Offsets) -> Vec<Value> {
    offsets
        .iter()
        .map(|(partition, (begin, end))| {
            json!({ "partition": partition, "begin": begin.value(), "end": end.value() })
        })
        .collect()
}

/// Settings with their sources; with `all`, defaults too.
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

/// The weaker places that set a key too: `all brokers: 5, default: 4`.
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

/// Brokers, one a row.
#[must_use]
pub fn brokers(look: Look, cluster: &DescribedCluster, leaders: &BTreeMap<i32, usize>) -> String {
    let rows = cluster
        .brokers
        .iter()
        .map(|broker| {
            vec![
                broker.id.to_string(),
                escape(&broker.host),
                broker.port.to_string(),
                broker.rack.as_deref().map_or("-".to_owned(), escape),
                if broker.fenced { "fenced" } else { "live" }.to_owned(),
                leaders.get(&broker.id).copied().unwrap_or(0).to_string(),
            ]
        })
        .collect();
    table(
        look,
        &["ID", "HOST", "PORT", "RACK", "STATE", "LEADS"],
        &["ID", "PORT", "LEADS"],
        rows,
    )
}

/// Brokers as JSON.
#[must_use]
pub fn brokers_json(cluster: &DescribedCluster, leaders: &BTreeMap<i32, usize>) -> String {
    let items: Vec<Value> = cluster
        .brokers
        .iter()
        .map(|broker| {
            let leads = leaders.get(&broker.id).copied().unwrap_or(0);
            json!({ "broker": broker, "leads": leads })
        })
        .collect();
    of_kind("Brokers", json!({ "brokers": items }))
}

/// One broker's settings as JSON.
#[must_use]
pub fn broker_json(id: i32, entries: &[ConfigEntry]) -> String {
    of_kind("Broker", json!({ "id": id, "configs": entries }))
}

/// The cluster in a few lines, what is set cluster-wide included.
#[must_use]
pub fn cluster(
    look: Look,
    cluster: &DescribedCluster,
    topics: usize,
    defaults: &Seen<Vec<ConfigEntry>>,
) -> String {
    let mut text = String::new();
    let live = cluster.live_brokers().count();
    let mut rows = vec![
        ("cluster id", escape(&cluster.id)),
        (
            "brokers",
            format!("{live} live of {}", cluster.brokers.len()),
        ),
        ("topics", topics.to_string()),
    ];
    if !cluster.features.contains_key("metadata.version")
        && let Some(id) = cluster.controller
    {
        rows.push(("controller", format!("broker {id}")));
    }
    for (name, value) in rows {
        let _ = writeln!(text, "{name:12}  {value}");
    }
    for (name, level) in &cluster.features {
        let _ = writeln!(text, "{:12}  {} {level}", "feature", escape(name));
    }
    text += "\nset for all brokers:\n";
    text + &seen_configs(look, defaults, false)
}

/// Settings, or why they cannot be seen.
#[must_use]
pub fn seen_configs(look: Look, seen: &Seen<Vec<ConfigEntry>>, all: bool) -> String {
    match seen {
        Seen::Value(entries) if entries.is_empty() => "nothing\n".to_owned(),
        Seen::Value(entries) => configs(look, entries, all),
        Seen::Absent => "gone\n".to_owned(),
        Seen::NotPermitted(words) | Seen::NotSupported(words) | Seen::Unavailable(words) => {
            format!("settings cannot be seen: {}\n", escape(words))
        }
    }
}

/// The cluster as JSON.
#[must_use]
pub fn cluster_json(
    cluster: &DescribedCluster,
    topics: usize,
    defaults: &Seen<Vec<ConfigEntry>>,
) -> String {
    let fields = json!({ "cluster": cluster, "topics": topics, "brokerDefaults": defaults });
    of_kind("Cluster", fields)
}

/// Names, one a line.
#[must_use]
pub fn names(names: &[String]) -> String {
    names.iter().map(|name| escape(name) + "\n").collect()
}
