//! Finds the records that enabling compaction would delete.
//!
//! The log cleaner keeps the newest record of each key and no record without a key
//! (`Cleaner.shouldRetainRecord`), and brokers then refuse records without a key (`INVALID_RECORD`).
//! [`compactions`] finds the steps that enable it, [`ask`] says what to measure and where to sample keys,
//! `findings` judges the results.
//!
//! Bytes are upper bounds: the number of keys is unknown without reading all records.

use std::collections::{BTreeMap, BTreeSet};

use super::finding::{Code, Finding};
use super::kinds::{Action, AlterConfigs, ConfigChange};
use super::retention::{MOST_MEASURED, entry, partitions_of, sets_itself, value_after};
use super::target::ConfigTarget;
use super::{Plan, Step};
use crate::model::broker::BrokerId;
use crate::model::config::{ConfigEntry, ConfigSource};
use crate::model::measure::{Measured, Questions, Sample, TopicPartition};
use crate::model::observed::Observed;
use crate::model::seen::Seen;
use crate::model::topic::{Partition, Topic};
use crate::model::units;
use crate::model::words::counted;

const OF_TOPIC: &str = "cleanup.policy";
const OF_BROKER: &str = "log.cleanup.policy";

/// A topic for which a step enables compaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Compaction {
    /// The step's number.
    step: usize,
    topic: String,
    partitions: Vec<i32>,
    /// Why the loss is not fully known, if it is not.
    unknown: Option<String>,
}

/// The topics for which steps enable compaction, or may.
#[must_use]
pub fn compactions(plan: &Plan, observed: &Observed) -> Vec<Compaction> {
    let steps = plan.steps.iter();
    let found = steps.flat_map(|step| {
        let Action::AlterConfigs(on, AlterConfigs { changes }) = &step.action else {
            return Vec::new();
        };
        match on {
            ConfigTarget::Topic(on) => {
                let change = change_of(changes, OF_TOPIC);
                let topic = observed.topics.get(&on.name).and_then(Seen::value);
                let own = change.zip(topic);
                own.and_then(|(change, topic)| of_topic(step, change, topic))
                    .into_iter()
                    .collect()
            }
            _ => change_of(changes, OF_BROKER)
                .map(|change| inherited(step, change, observed))
                .unwrap_or_default(),
        }
    });
    found.collect()
}

fn change_of<'a>(changes: &'a [ConfigChange], key: &str) -> Option<&'a ConfigChange> {
    changes.iter().find(|change| change.key == key)
}

/// Whether a change enables compaction, or its result is unknown.
fn may_compact(change: &ConfigChange) -> bool {
    value_after(change).is_none_or(compacts)
}

/// Why the result of a change is unknown, if it is.
fn unknown(change: &ConfigChange) -> Option<String> {
    let is_known = value_after(change).is_some();
    (!is_known).then(|| format!("what {} falls back to cannot be read", change.key))
}

fn compacts(policy: &str) -> bool {
    policy.split(',').any(|one| one.trim() == "compact")
}

fn compacts_now(entry: Option<&ConfigEntry>) -> bool {
    let policy = entry.and_then(|entry| entry.value.text());
    policy.is_some_and(compacts)
}

/// The compaction by a change of a topic's own policy.
fn of_topic(step: &Step, change: &ConfigChange, topic: &Topic) -> Option<Compaction> {
    let switches = may_compact(change) && !compacts_now(entry(topic, OF_TOPIC));
    switches.then(|| Compaction {
        step: step.id,
        topic: topic.name.clone(),
        partitions: partitions_of(step, topic),
        unknown: unknown(change),
    })
}

/// The compactions by a change of the brokers' policy. A policy that the topic gets later in the plan does
/// not count, as for retention.
fn inherited(step: &Step, change: &ConfigChange, observed: &Observed) -> Vec<Compaction> {
    let brokers = switched(step, observed);
    if !may_compact(change) || brokers.is_empty() {
        return Vec::new();
    }
    let is_on_one =
        |partition: &&Partition| partition.replicas.iter().any(|id| brokers.contains(id));
    let compaction = |topic: &str, partitions, unknown: Option<String>| Compaction {
        step: step.id,
        topic: topic.to_owned(),
        partitions,
        unknown,
    };
    let topics = observed.topics.iter().chain(&observed.others);
    topics
        .filter_map(|(name, seen)| match seen {
            Seen::Value(topic) if topic.configs.value().is_some() => {
                let concerned = topic.partitions.iter().filter(is_on_one);
                let concerned: Vec<i32> = concerned.map(|partition| partition.index).collect();
                let is_concerned = !sets_itself(topic, OF_TOPIC) && !concerned.is_empty();
                is_concerned.then(|| compaction(name, concerned, unknown(change)))
            }
            Seen::Absent => None,
            Seen::Value(_) => {
                let words = "its settings are not visible".to_owned();
                Some(compaction(name, Vec::new(), Some(words)))
            }
            Seen::Unseen(_, words) => Some(compaction(name, Vec::new(), Some(words.clone()))),
        })
        .collect()
}

/// The brokers that a step changes and that do not compact by default yet.
fn switched(step: &Step, observed: &Observed) -> BTreeSet<BrokerId> {
    let brokers = observed.brokers.iter();
    let switched = brokers.filter(|(id, seen)| {
        let entries = seen.value().into_iter().flatten();
        let entry = entries.into_iter().find(|entry| entry.name == OF_BROKER);
        let is_reached = match &step.action {
            Action::AlterConfigs(ConfigTarget::Broker(own), _) => *id == own,
            _ => entry.is_none_or(|entry| entry.source != ConfigSource::DynamicBrokerConfig),
        };
        is_reached && !compacts_now(entry)
    });
    switched.map(|(id, _)| *id).collect()
}

/// Adds what has to be measured for `compactions`.
pub fn ask(compactions: &[Compaction], questions: &mut Questions) {
    for compaction in compactions {
        let partitions = &compaction.partitions;
        if questions.offsets.len() + partitions.len() > MOST_MEASURED {
            continue;
        }
        for index in partitions {
            let partition = TopicPartition::new(compaction.topic.clone(), *index);
            questions.offsets.insert(partition.clone());
            questions.samples.insert(partition);
        }
        questions.sizes.insert(compaction.topic.clone());
    }
}

/// The records that compaction may delete.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Stock {
    /// Upper bound of the bytes that are deleted; none when sizes are unknown.
    bytes: Option<i64>,
    /// The sampled records.
    looked: Sample,
    /// Why the amount is unknown, if it is.
    unknown: Option<String>,
    /// Why records were not sampled, if they were not.
    unseen: Option<String>,
}

impl Default for Stock {
    fn default() -> Self {
        Self {
            bytes: Some(0),
            looked: Sample::default(),
            unknown: None,
            unseen: None,
        }
    }
}

impl Stock {
    fn is_nothing(&self) -> bool {
        let nothing = Self::default();
        *self == nothing
    }

    fn add(&mut self, other: &Self) {
        self.bytes = self
            .bytes
            .zip(other.bytes)
            .map(|(one, more)| one.saturating_add(more));
        self.looked.records += other.looked.records;
        self.looked.keyless += other.looked.keyless;
        self.unknown = self.unknown.take().or_else(|| other.unknown.clone());
        self.unseen = self.unseen.take().or_else(|| other.unseen.clone());
    }

    fn amount(&self) -> String {
        match (&self.unknown, self.bytes) {
            (None, Some(bytes)) => format!("up to {}", units::about(bytes)),
            _ => "an unknown amount".to_owned(),
        }
    }

    /// What the sample says about keys.
    fn keys(&self) -> String {
        let Sample { records, keyless } = self.looked;
        let looked = counted(usize::try_from(records).unwrap_or(0), "record", "records");
        let seen = match (records, keyless) {
            (0, _) => None,
            (1, 0) => Some("the 1 record looked at has a key".to_owned()),
            (_, 0) => Some(format!("the {looked} looked at have keys")),
            (_, 1) => Some(format!("1 of {looked} looked at has no key")),
            _ => Some(format!("{keyless} of {looked} looked at have no key")),
        };
        let stays = match keyless {
            0 => "and only the newest of each key stays",
            _ => "and no such record stays",
        };
        let seen = seen.map(|seen| format!("{seen}, {stays}"));
        match (seen, &self.unseen) {
            (Some(seen), None) => seen,
            (Some(seen), Some(words)) => {
                format!("{seen}; not all could be looked at ({words})")
            }
            (None, Some(words)) => {
                format!("its records could not be looked at ({words}): those without a key all go")
            }
            (None, None) => "no record was found, and those without a key all go".to_owned(),
        }
    }
}

/// A finding for each step that would compact records, and the numbers of these steps.
pub(super) fn findings(
    plan: &Plan,
    compactions: &[Compaction],
    measured: &Measured,
) -> (Vec<Finding>, BTreeSet<usize>) {
    let mut by_step: BTreeMap<usize, Vec<(&str, Stock)>> = BTreeMap::new();
    for compaction in compactions {
        let stock = stock(compaction, measured);
        if !stock.is_nothing() {
            let topics = by_step.entry(compaction.step).or_default();
            topics.push((&compaction.topic, stock));
        }
    }
    let findings = plan
        .steps
        .iter()
        .filter_map(|step| Some(finding(step, by_step.get(&step.id)?)))
        .collect();
    (findings, by_step.into_keys().collect())
}

fn stock(compaction: &Compaction, measured: &Measured) -> Stock {
    let mut whole = Stock {
        unknown: compaction
            .unknown
            .clone()
            .filter(|_| compaction.partitions.is_empty()),
        ..Stock::default()
    };
    for index in &compaction.partitions {
        let partition = TopicPartition::new(compaction.topic.clone(), *index);
        whole.add(&stock_of(compaction, &partition, measured));
    }
    whole
}

/// The records of one partition.
fn stock_of(compaction: &Compaction, partition: &TopicPartition, measured: &Measured) -> Stock {
    let unmeasured = |words: &str| Stock {
        unknown: Some(words.to_owned()),
        ..Stock::default()
    };
    let (start, end) = match measured.log(partition) {
        Seen::Value(log) => log,
        Seen::Absent => return unmeasured("it was not measured"),
        Seen::Unseen(_, words) => {
            return unmeasured(&words);
        }
    };
    if start >= end {
        return Stock::default();
    }
    let (looked, unseen) = match measured.samples.get(partition) {
        Some(Seen::Value(sample)) => (*sample, None),
        None | Some(Seen::Absent) => (Sample::default(), Some("it was not looked at".to_owned())),
        Some(Seen::Unseen(_, words)) => (Sample::default(), Some(words.clone())),
    };
    let bytes = measured.sizes.get(partition).copied();
    let no_size = bytes.is_none().then(|| measured.no_size());
    Stock {
        bytes,
        looked,
        unknown: compaction.unknown.clone().or(no_size),
        unseen,
    }
}

fn finding(step: &Step, topics: &[(&str, Stock)]) -> Finding {
    let mut whole = Stock::default();
    for (_, stock) in topics {
        whole.add(stock);
    }
    let (key, from, hint) = match step.action.topic() {
        Some(_) => (
            OF_TOPIC,
            String::new(),
            "leave compaction off, or declare a new topic with it and write records with keys there",
        ),
        None => (
            OF_BROKER,
            format!(" from {}", listed(topics)),
            "leave compaction off, or first give these topics a cleanup.policy of their own with `apply --only`",
        ),
    };
    let unknown = whole.unknown.as_ref();
    let unknown = unknown.map(|words| format!(" ({words})"));
    let message = format!(
        "{key} would switch compaction on, and {} may go{from}{}: {}; writers without keys would be refused",
        whole.amount(),
        unknown.unwrap_or_default(),
        whole.keys(),
    );
    Finding::refused(Code::CompactsRecords, step.resource(), message).hint(hint)
}

/// The ten topics with most bytes, and the number of the others.
fn listed(topics: &[(&str, Stock)]) -> String {
    const SHOWN: usize = 10;
    let mut sorted: Vec<&(&str, Stock)> = topics.iter().collect();
    sorted.sort_by_key(|(_, stock)| {
        let bytes = stock.bytes.filter(|_| stock.unknown.is_none());
        std::cmp::Reverse(bytes.unwrap_or(i64::MAX))
    });
    let shown = sorted.iter().take(SHOWN);
    let names: Vec<String> = shown
        .map(|(name, stock)| format!("{name} ({})", stock.amount()))
        .collect();
    match topics.len().saturating_sub(SHOWN) {
        0 => names.join(", "),
        more => format!("{} and {more} more", names.join(", ")),
    }
}
