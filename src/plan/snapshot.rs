//! Records of a snapshot that are put back: the topics that are to be there first, as a [`Plan`], and
//! what would keep the records from being taken, or from staying.
//!
//! Traps: brokers take records that are too old for the topic's retention, and drop them a moment
//! later; they compare the timestamps of records with their own clock and refuse what is too old or
//! too new (KIP-937), but never where they set the timestamps themselves; what a topic does not set
//! comes from its brokers, and a new topic has nothing but that and its overrides.

use std::collections::{BTreeMap, BTreeSet};

use super::Plan;
use super::finding::{Code, Finding, Severity};
use super::offsets::{Listed, counted, unreadable};
use super::step::{Action, Reason, Resource, Risk, Step};
use super::topics::partition_count;
use super::unsupported::left_out;
use crate::model::catalogue::{self, Line};
use crate::model::config::ConfigEntry;
use crate::model::escape::escape;
use crate::model::measure::TopicPartition;
use crate::model::record::TimestampType;
use crate::model::seen::Seen;
use crate::model::topic::{Topic, is_internal_name};
use crate::model::units::{about, ago, span};

const TIMESTAMPS: &str = "message.timestamp.type";
const LARGEST: &str = "max.message.bytes";

/// What a record takes in a batch beside its bytes, at most.
const OVERHEAD: i64 = 128;

/// A topic of a snapshot, and where it goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// Its name in the snapshot.
    pub name: String,
    /// The name that it is to have.
    pub target: String,
    /// How many partitions it had.
    pub partitions: i32,
    /// Its replication factor.
    pub replicas: i16,
    /// Its own settings.
    pub overrides: BTreeMap<String, String>,
    /// What its timestamps were.
    pub timestamps: TimestampType,
    /// What its partitions hold, by number.
    pub loads: BTreeMap<i32, Load>,
}

/// What a snapshot holds of a partition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Load {
    /// How many records.
    pub records: i64,
    /// Their bytes, not compressed.
    pub bytes: i64,
    /// The bytes of the largest one.
    pub largest: i64,
    /// The earliest and the latest timestamp; none without records.
    pub times: Option<(i64, i64)>,
}

/// What is known of the cluster that a snapshot is put back into.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Destination {
    /// `cluster.id`.
    pub cluster_id: String,
    /// How many brokers are alive.
    pub brokers: usize,
    /// Their line of Kafka, where that matters and they tell.
    pub line: Option<Line>,
    /// What its brokers are set to, by their keys.
    pub defaults: BTreeMap<String, String>,
    /// The topics by the names that are to be, with their settings.
    pub topics: BTreeMap<String, Seen<Topic>>,
    /// Log end offsets.
    pub ends: BTreeMap<TopicPartition, Seen<Option<i64>>>,
    /// Partitions that hold records of this restore already, which it goes on with.
    pub begun: BTreeSet<TopicPartition>,
}

/// The plan that makes `destination` ready for the records.
#[must_use]
pub fn restore(
    sources: &[Source],
    snapshot_cluster: &str,
    destination: &Destination,
    now_ms: i64,
    allow: &BTreeSet<Code>,
) -> Plan {
    let mut draft = Draft {
        destination,
        now_ms,
        steps: Vec::new(),
        findings: Vec::new(),
    };
    if snapshot_cluster != destination.cluster_id {
        let message = format!(
            "the snapshot is of cluster {}, and this is cluster {}",
            escape(snapshot_cluster),
            escape(&destination.cluster_id)
        );
        let resource = Resource::BrokerDefaults;
        draft.find(Finding::refused(Code::OtherCluster, resource, message));
    }
    for source in sources {
        draft.topic(source);
    }
    let findings = draft.findings.into_iter();
    let findings = findings.map(|finding| finding.judged(allow));
    Plan::requested(&destination.cluster_id, draft.steps, findings.collect())
}

struct Draft<'a> {
    destination: &'a Destination,
    now_ms: i64,
    steps: Vec<Step>,
    findings: Vec<Finding>,
}

impl Draft<'_> {
    fn find(&mut self, finding: Finding) {
        self.findings.push(finding);
    }

    fn note(&mut self, source: &Source, code: Code, message: String) {
        let resource = Resource::topic(&source.target);
        self.find(Finding::new(code, Severity::Note, resource, message));
    }

    fn topic(&mut self, source: &Source) {
        let resource = Resource::topic(&source.target);
        if is_internal_name(&source.target) {
            let message = "it is one of Kafka's own topics, and its records are Kafka's business";
            let finding = Finding::refused(Code::InternalTopicStructure, resource, message);
            self.find(finding.hint("leave it out, or give it another name with `--rename`"));
            return;
        }
        let destination = self.destination;
        match destination.topics.get(&source.target) {
            None | Some(Seen::Absent) => self.create(source),
            Some(Seen::Value(topic)) => self.existing(source, topic),
            Some(
                Seen::NotPermitted(words) | Seen::NotSupported(words) | Seen::Unavailable(words),
            ) => self.find(unreadable(resource, words)),
        }
    }

    fn create(&mut self, source: &Source) {
        let resource = Resource::topic(&source.target);
        let brokers = i16::try_from(self.destination.brokers).unwrap_or(i16::MAX);
        let replicas = source.replicas.clamp(1, brokers.max(1));
        if replicas < source.replicas {
            let message = format!(
                "it had {} and gets {replicas}: there {} alive",
                counted(
                    usize::try_from(source.replicas).unwrap_or(0),
                    "replica",
                    "replicas"
                ),
                match brokers {
                    1 => "is 1 broker".to_owned(),
                    count => format!("are {count} brokers"),
                }
            );
            self.note(source, Code::ReplicationFactor, message);
        }
        let configs = self.configs(source, &resource);
        self.steps.push(Step {
            id: 0,
            resource,
            topic_id: None,
            action: Action::Create {
                partitions: source.partitions,
                replicas: Some(replicas),
                configs: configs.clone(),
            },
            reason: Reason::Requested,
            risk: Risk::None,
        });
        let settings = Settings {
            own: Own::New(&configs),
            defaults: &self.destination.defaults,
        };
        self.fits(source, settings);
    }

    /// What a new topic is set to: what it was, but for what its brokers cannot have.
    fn configs(&mut self, source: &Source, resource: &Resource) -> BTreeMap<String, String> {
        let mut configs = source.overrides.clone();
        configs.retain(|key, value| {
            let message = left_out(resource, key, value, self.destination.line);
            let takes = message.is_none();
            if let Some(message) = message {
                self.note(source, Code::SettingLeftOut, message);
            }
            takes
        });
        configs
    }

    fn existing(&mut self, source: &Source, topic: &Topic) {
        let resource = Resource::topic(&source.target);
        let (had, has) = (source.partitions, partition_count(topic));
        if had != has {
            let message = format!(
                "it has {} and had {had} in the snapshot: records would be in other partitions than their keys say",
                counted(usize::try_from(has).unwrap_or(0), "partition", "partitions"),
            );
            let finding = Finding::refused(Code::PartitionsDiffer, resource.clone(), message);
            self.find(finding.hint(format!(
                "restore it under another name with `--rename {}=NAME`",
                escape(&source.name)
            )));
        }
        self.emptiness(source);
        match &topic.configs {
            Seen::Value(entries) => {
                let settings = Settings {
                    own: Own::Live(entries),
                    defaults: &self.destination.defaults,
                };
                self.fits(source, settings);
            }
            Seen::Absent => self.find(unreadable(resource, "it went away while it was read")),
            Seen::NotPermitted(words) | Seen::NotSupported(words) | Seen::Unavailable(words) => {
                self.find(unreadable(resource, words));
            }
        }
    }

    /// A partition that was ever written to has another end than 0.
    fn emptiness(&mut self, source: &Source) {
        let mut used = Listed::default();
        for index in source.loads.keys() {
            let key = (source.target.clone(), *index);
            if self.destination.begun.contains(&key) {
                continue;
            }
            match self.destination.ends.get(&key) {
                Some(Seen::Value(Some(0)) | Seen::Absent) | None => {}
                Some(Seen::Value(end)) => {
                    let end = end.unwrap_or_default();
                    used.add(*index, format!("log end offset {end}"), 0);
                }
                Some(
                    Seen::NotPermitted(words)
                    | Seen::NotSupported(words)
                    | Seen::Unavailable(words),
                ) => self.find(unreadable(Resource::topic(&source.target), words)),
            }
        }
        if !used.partitions.is_empty() {
            let message = format!("it was written to already: {}", used.each(&source.target));
            let resource = Resource::topic(&source.target);
            let finding = Finding::refused(Code::TargetNotEmpty, resource, message);
            self.find(finding.hint(format!(
                "restore it under another name with `--rename {}=NAME`",
                escape(&source.name)
            )));
        }
    }

    /// What the topic's settings do to its records.
    fn fits(&mut self, source: &Source, settings: Settings<'_>) {
        let appended = settings.text(TIMESTAMPS).as_deref() == Some("LogAppendTime");
        if appended {
            let message = "its brokers set the timestamps (`message.timestamp.type` is LogAppendTime): those of the snapshot are lost, and are those of the restore from then on";
            self.note(source, Code::TimestampsChange, message.to_owned());
        } else {
            if source.timestamps == TimestampType::LogAppendTime {
                let message = "its brokers set the timestamps of the snapshot, and here they are the records' own (`message.timestamp.type` is CreateTime): they stay as they are";
                self.note(source, Code::TimestampsChange, message.to_owned());
            }
            self.rejected(source, settings);
            self.expired_by_time(source, settings);
        }
        self.expired_by_size(source, settings);
        self.too_large(source, settings);
    }

    /// Records that the brokers would refuse for their timestamps.
    fn rejected(&mut self, source: &Source, settings: Settings<'_>) {
        let times = times(source);
        let Some((oldest, newest)) = times else {
            return;
        };
        let difference = "message.timestamp.difference.max.ms";
        let limits = [
            (
                "message.timestamp.before.max.ms",
                self.now_ms.saturating_sub(oldest),
                "older",
            ),
            (difference, self.now_ms.saturating_sub(oldest), "older"),
            (
                "message.timestamp.after.max.ms",
                newest.saturating_sub(self.now_ms),
                "newer",
            ),
            (difference, newest.saturating_sub(self.now_ms), "newer"),
        ];
        let broken = limits.into_iter().find_map(|(key, distance, word)| {
            let limit = settings.number(key)?;
            (distance > limit).then_some((key, limit, word))
        });
        let Some((key, limit, word)) = broken else {
            return;
        };
        let message = format!(
            "brokers refuse records that are {word} than {} (`{key}`), and the snapshot has such",
            span(limit)
        );
        let resource = Resource::topic(&source.target);
        let finding = Finding::refused(Code::TimestampRejected, resource, message);
        self.find(finding.hint(format!(
            "create the topic with another `{key}` first, and take that back afterwards"
        )));
    }

    fn expired_by_time(&mut self, source: &Source, settings: Settings<'_>) {
        let Some((oldest, _)) = times(source) else {
            return;
        };
        let keeps = settings.number("retention.ms").filter(|ms| *ms >= 0);
        let Some(keeps) = keeps.filter(|_| settings.deletes()) else {
            return;
        };
        if oldest < 0 || self.now_ms.saturating_sub(oldest) <= keeps {
            return;
        }
        let when = ago(oldest, self.now_ms).unwrap_or_default();
        let message = format!(
            "it keeps records for {} (`retention.ms`), and the oldest ones of the snapshot are from {when}: they would be dropped soon after",
            span(keeps)
        );
        self.expires(source, message, "retention.ms");
    }

    fn expired_by_size(&mut self, source: &Source, settings: Settings<'_>) {
        let keeps = settings
            .number("retention.bytes")
            .filter(|bytes| *bytes >= 0);
        let Some(keeps) = keeps.filter(|_| settings.deletes()) else {
            return;
        };
        let mut above = Listed::default();
        for (index, load) in source.loads.iter().filter(|(_, load)| load.bytes > keeps) {
            above.add(*index, format!("up to {}", about(load.bytes)), 0);
        }
        if !above.partitions.is_empty() {
            let message = format!(
                "it keeps {} a partition (`retention.bytes`), and the snapshot has more: {}",
                about(keeps),
                above.each(&source.target)
            );
            self.expires(source, message, "retention.bytes");
        }
    }

    fn expires(&mut self, source: &Source, message: String, key: &str) {
        let resource = Resource::topic(&source.target);
        let finding = Finding::refused(Code::RestoreExpires, resource, message);
        self.find(finding.hint(format!("create the topic with a larger `{key}` first")));
    }

    fn too_large(&mut self, source: &Source, settings: Settings<'_>) {
        let largest = source.loads.values().map(|load| load.largest).max();
        let Some((largest, limit)) = largest.zip(settings.number(LARGEST)) else {
            return;
        };
        if largest + OVERHEAD <= limit {
            return;
        }
        let message = format!(
            "it takes batches of up to {limit} bytes (`{LARGEST}`), and the snapshot has a record of {largest}, which may be refused even compressed"
        );
        let resource = Resource::topic(&source.target);
        let finding = Finding::refused(Code::RecordTooLarge, resource, message);
        self.find(finding.hint(format!("create the topic with a larger `{LARGEST}` first")));
    }
}

/// The earliest and the latest timestamp of a topic's records.
fn times(source: &Source) -> Option<(i64, i64)> {
    let times = source.loads.values().filter_map(|load| load.times);
    times.reduce(|one, other| (one.0.min(other.0), one.1.max(other.1)))
}

/// What a topic is set to, or will be.
#[derive(Clone, Copy)]
struct Settings<'a> {
    own: Own<'a>,
    defaults: &'a BTreeMap<String, String>,
}

#[derive(Clone, Copy)]
enum Own<'a> {
    /// In effect now.
    Live(&'a [ConfigEntry]),
    /// Of a topic that is created.
    New(&'a BTreeMap<String, String>),
}

impl Settings<'_> {
    fn text(&self, key: &str) -> Option<String> {
        match self.own {
            Own::Live(entries) => {
                let entry = entries.iter().find(|entry| entry.name == key)?;
                entry.value.text().map(str::to_owned)
            }
            Own::New(overrides) => match overrides.get(key) {
                Some(value) => Some(value.clone()),
                None => self.inherited(key),
            },
        }
    }

    /// What a new topic has of its brokers.
    fn inherited(&self, key: &str) -> Option<String> {
        let key = catalogue::topic_key(key)?;
        let synonyms = key.synonyms.iter();
        let mut found = synonyms.filter_map(|name| {
            let value = self.defaults.get(name)?;
            let factor = match name.rsplit('.').next() {
                Some("hours") => 3_600_000,
                Some("minutes") => 60_000,
                _ => return Some(value.clone()),
            };
            let number: i64 = value.parse().ok()?;
            Some(number.saturating_mul(factor).to_string())
        });
        found.next().or_else(|| key.default.clone())
    }

    fn number(&self, key: &str) -> Option<i64> {
        self.text(key)?.parse().ok()
    }

    fn deletes(&self) -> bool {
        let policy = self.text("cleanup.policy");
        policy.is_none_or(|policy| policy.contains("delete"))
    }
}
