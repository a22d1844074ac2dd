//! How well a cluster is, from what was read of it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::Serialize;

use super::broker::{BrokerId, DescribedCluster};
use super::log_dir::LogDir;
use super::seen::{Cause, Seen, Unseen};
use super::topic::{Partition, Topic};

/// The health of a cluster.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Health {
    /// Brokers that serve requests.
    pub live_brokers: BTreeSet<BrokerId>,
    /// Brokers that are registered, hold replicas or are named by the manifest, and do not serve.
    pub missing_brokers: BTreeSet<BrokerId>,
    /// The active controller, where it was seen.
    pub controller: Option<BrokerId>,
    /// How the partitions are.
    #[serde(flatten)]
    pub partitions: PartitionHealth,
    /// Log directories that were seen.
    pub log_dirs: usize,
    /// Those of them with an error.
    pub bad_log_dirs: Vec<BadLogDir>,
    /// Topics and brokers that differ from the manifest; none where there is no manifest.
    pub drift: Option<usize>,
    /// What could not be seen, and why.
    pub unseen: Vec<String>,
    /// What this cluster has no way to tell, and why. Nothing is missing for that.
    pub unsupported: Vec<String>,
}

/// Counts of partitions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PartitionHealth {
    /// All of them.
    pub partitions: usize,
    /// Without a leader.
    pub offline: usize,
    /// With replicas out of sync.
    pub under_replicated: usize,
    /// With fewer in-sync replicas than `min.insync.replicas`, or than replicas where those are fewer
    /// (`Partition.effectiveMinIsr`).
    pub under_min_isr: usize,
    /// With exactly as many.
    pub at_min_isr: usize,
}

/// A log directory with an error.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct BadLogDir {
    /// Whose it is.
    pub broker: BrokerId,
    /// Its path.
    pub path: String,
    /// Kafka's name of its error.
    pub error: String,
}

impl PartitionHealth {
    /// Adds a topic's partitions.
    pub fn add(&mut self, topic: &Topic) {
        let min_isr = topic.min_isr();
        for partition in &topic.partitions {
            self.partitions += 1;
            self.offline += usize::from(partition.leader.is_none());
            self.under_replicated += usize::from(partition.is_under_replicated());
            let least = min_isr.map(|least| least.min(partition.replicas.len()));
            self.under_min_isr += usize::from(partition.is_under_min_isr(least));
            self.at_min_isr += usize::from(least == Some(partition.isr.len()));
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
        for (name, seen) in topics {
            match seen {
                Seen::Value(topic) => health.partitions.add(topic),
                Seen::Absent => {}
                Seen::Unseen(Unseen { words, .. }) => {
                    health.unseen.push(format!("topic {name}: {words}"));
                }
            }
        }
        health
    }

    /// Adds brokers' log directories.
    pub fn add_log_dirs(&mut self, found: &BTreeMap<BrokerId, Seen<Vec<LogDir>>>) {
        let (unseen, unsupported) = untold(found);
        let words = |told: Untold| format!("log directories of {told}");
        self.unseen.extend(unseen.into_iter().map(words));
        self.unsupported.extend(unsupported.into_iter().map(words));
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
                Seen::Absent | Seen::Unseen(_) => {}
            }
        }
    }
}

/// Brokers that did not tell something, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Untold {
    /// They, in order.
    pub brokers: Vec<BrokerId>,
    /// Why, the same for all of them.
    pub why: String,
}

impl fmt::Display for Untold {
    /// Such as `brokers 1, 2: …`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ids: Vec<String> = self.brokers.iter().map(ToString::to_string).collect();
        let noun = if ids.len() == 1 { "broker" } else { "brokers" };
        write!(f, "{noun} {}: {}", ids.join(", "), self.why)
    }
}

/// What brokers did not tell, each reason once: first what is there perhaps, then what they have no way
/// to tell.
#[must_use]
pub fn untold<T>(found: &BTreeMap<BrokerId, Seen<T>>) -> (Vec<Untold>, Vec<Untold>) {
    let (mut unseen, mut unsupported) = (Vec::new(), Vec::new());
    for (broker, seen) in found {
        let (list, why) = match seen {
            Seen::Value(_) | Seen::Absent => continue,
            Seen::Unseen(Unseen {
                cause: Cause::NotSupported,
                words: why,
            }) => (&mut unsupported, why),
            Seen::Unseen(Unseen {
                cause: Cause::NotPermitted | Cause::Unavailable,
                words: why,
            }) => (&mut unseen, why),
        };
        let known = list.iter_mut().find(|one: &&mut Untold| one.why == *why);
        match known {
            Some(one) => one.brokers.push(*broker),
            None => list.push(Untold {
                brokers: vec![*broker],
                why: why.clone(),
            }),
        }
    }
    (unseen, unsupported)
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
    /// Its `min.insync.replicas`, where its settings were seen.
    #[must_use]
    pub fn min_isr(&self) -> Option<usize> {
        let entries = self.configs.value()?;
        let entry = entries
            .iter()
            .find(|entry| entry.name == "min.insync.replicas")?;
        entry.value.text()?.parse().ok()
    }
}

impl Partition {
    /// Whether replicas are out of sync.
    #[must_use]
    pub fn is_under_replicated(&self) -> bool {
        self.isr.len() < self.replicas.len()
    }

    /// Whether fewer replicas are in sync than have to be.
    #[must_use]
    pub fn is_under_min_isr(&self, min_isr: Option<usize>) -> bool {
        min_isr.is_some_and(|least| self.isr.len() < least)
    }
}
