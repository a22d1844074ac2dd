//! The health of a cluster, computed from what was read of it.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::Serialize;

use super::broker::{BrokerId, DescribedCluster};
use super::log_dir::LogDir;
use super::seen::{Cause, Seen};
use super::topic::{Partition, Topic};
use super::untold::{Gaps, Untold};

/// The health of a cluster.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Health {
    /// Brokers that serve requests.
    pub live_brokers: BTreeSet<BrokerId>,
    /// Brokers that do not serve requests, but are registered, hold replicas or are named in the
    /// manifest.
    pub missing_brokers: BTreeSet<BrokerId>,
    /// The active controller, if it could be read.
    pub controller: Option<BrokerId>,
    /// The number of listed topics.
    #[serde(skip)]
    pub topics: usize,
    /// Counts of partitions.
    #[serde(flatten)]
    pub partitions: PartitionHealth,
    /// Log directories that could be read.
    pub log_dirs: usize,
    /// Log directories with an error.
    pub bad_log_dirs: Vec<BadLogDir>,
    /// The number of topics and brokers that differ from the manifest; none without a manifest.
    pub drift: Option<usize>,
    /// The number of topics and brokers that could not be compared completely with the manifest.
    pub drift_not_seen: usize,
    /// Whether topics may be left out that this user may not describe.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub only_visible: bool,
    /// What could not be read, and why.
    pub unseen: Vec<String>,
    /// What this cluster does not support, and why. The health is complete without it.
    pub unsupported: Vec<String>,
}

/// Counts of partitions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PartitionHealth {
    /// All partitions.
    pub partitions: usize,
    /// Without a leader.
    pub offline: usize,
    /// With replicas out of sync.
    pub under_replicated: usize,
    /// With fewer in-sync replicas than `min.insync.replicas`, or than replicas where those are fewer
    /// (`Partition.effectiveMinIsr`).
    #[schemars(with = "Option<usize>")]
    pub under_min_isr: usize,
    /// With exactly as many.
    #[schemars(with = "Option<usize>")]
    pub at_min_isr: usize,
    /// With an unknown `min.insync.replicas`: they are counted neither as under nor as at it.
    pub unknown_min_isr: usize,
}

/// A log directory with an error.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct BadLogDir {
    /// The broker that it belongs to.
    pub broker: BrokerId,
    /// Its path.
    pub path: String,
    /// Kafka's name of its error.
    pub error: String,
}

impl PartitionHealth {
    /// Adds a topic's partitions.
    pub fn add(&mut self, topic: &Topic) {
        let min_isr = topic.min_isr().value().copied();
        for partition in &topic.partitions {
            self.partitions += 1;
            self.offline += usize::from(partition.leader.is_none());
            self.under_replicated += usize::from(partition.is_under_replicated());
            let least = min_isr.map(|least| least.min(partition.replicas.len()));
            self.under_min_isr += usize::from(partition.is_under_min_isr(least));
            self.at_min_isr += usize::from(least == Some(partition.isr.len()));
            self.unknown_min_isr += usize::from(least.is_none());
        }
    }
}

impl Health {
    /// Counts brokers and partitions. `declared` are the brokers that the manifest names.
    #[must_use]
    pub fn of(
        cluster: &DescribedCluster,
        topics: &BTreeMap<String, Seen<Topic>>,
        declared: impl IntoIterator<Item = BrokerId>,
    ) -> Self {
        let mut health = Self {
            live_brokers: cluster.live_brokers().map(|broker| broker.id).collect(),
            ..Self::default()
        };
        let known = known_brokers(cluster, topics).into_iter().chain(declared);
        health.missing_brokers = known
            .filter(|id| !health.live_brokers.contains(id))
            .collect();
        let visible: Vec<&Topic> = topics.values().filter_map(Seen::value).collect();
        for topic in &visible {
            health.partitions.add(topic);
        }
        health.add_gaps("", &Gaps::of_topics(topics));
        let settings = Gaps::within_topics(visible.iter().copied(), Topic::settings_seen);
        health.add_gaps("settings of ", &settings);
        let told = visible
            .into_iter()
            .filter(|one| one.configs.value().is_some());
        let min_isr = Gaps::within_topics(told, Topic::min_isr);
        health.add_gaps("min.insync.replicas of ", &min_isr);
        if cluster.may_describe == Some(false) {
            health.only_visible = true;
            let words = "topics that this user may not describe, if there are any: it may not describe the cluster";
            health.unseen.push(words.to_owned());
        }
        health
    }

    /// Adds what a read is missing; `of_what` comes before each entry.
    fn add_gaps(&mut self, of_what: &str, gaps: &Gaps) {
        let words = |told: &Untold| format!("{of_what}{told}");
        self.unseen.extend(gaps.unseen.iter().map(words));
        self.unsupported.extend(gaps.unsupported.iter().map(words));
    }

    /// Adds that broker settings could not be read, if so.
    pub fn add_broker_settings<T>(&mut self, seen: &Seen<T>) {
        let Seen::Unseen(cause, words) = seen else {
            return;
        };
        let words = format!("settings of brokers: {words}");
        let list = match cause {
            Cause::NotSupported => &mut self.unsupported,
            Cause::NotPermitted | Cause::Unavailable => &mut self.unseen,
        };
        if !list.contains(&words) {
            list.push(words);
        }
    }

    /// Adds brokers' log directories.
    pub fn add_log_dirs(&mut self, found: &BTreeMap<BrokerId, Seen<Vec<LogDir>>>) {
        let gaps = Gaps::of_brokers(found);
        self.add_gaps("log directories of ", &gaps);
        for (broker, seen) in found {
            match seen {
                Seen::Value(dirs) => {
                    self.log_dirs += dirs.len();
                    let bad = dirs.iter().filter_map(|dir| {
                        Some(BadLogDir {
                            broker: *broker,
                            path: dir.path.clone(),
                            error: dir.error.clone()?,
                        })
                    });
                    self.bad_log_dirs.extend(bad);
                }
                Seen::Absent | Seen::Unseen(..) => {}
            }
        }
    }
}

/// Brokers that are registered or hold replicas.
#[must_use]
pub fn known_brokers(
    cluster: &DescribedCluster,
    topics: &BTreeMap<String, Seen<Topic>>,
) -> BTreeSet<BrokerId> {
    let registered = cluster.brokers.iter().map(|broker| broker.id);
    let partitions = topics
        .values()
        .filter_map(Seen::value)
        .flat_map(|topic| &topic.partitions);
    let holding = partitions.flat_map(|partition| partition.replicas.iter().copied());
    registered.chain(holding).collect()
}

impl Topic {
    /// Whether its settings were seen.
    #[must_use]
    pub fn settings_seen(&self) -> Seen<()> {
        self.configs.as_ref().map(|_| ())
    }

    /// Its effective `min.insync.replicas`, if brokers report it.
    #[must_use]
    pub fn min_isr(&self) -> Seen<usize> {
        const KEY: &str = "min.insync.replicas";
        self.configs.as_ref().and_then(|entries| {
            let entry = entries.iter().find(|entry| entry.name == KEY);
            let told = entry.and_then(|entry| entry.value.text()?.parse().ok());
            told.map_or_else(
                || Seen::not_supported("it is not among the settings that are told"),
                Seen::Value,
            )
        })
    }
}

impl Partition {
    /// Whether replicas are out of sync.
    #[must_use]
    pub fn is_under_replicated(&self) -> bool {
        self.isr.len() < self.replicas.len()
    }

    /// Whether fewer replicas are in sync than `min_isr` demands.
    #[must_use]
    pub fn is_under_min_isr(&self, min_isr: Option<usize>) -> bool {
        min_isr.is_some_and(|least| self.isr.len() < least)
    }
}
