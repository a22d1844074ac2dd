//! Restores records of a snapshot: plans the topics that must exist first, and finds what would make
//! brokers refuse or delete the records.

use std::collections::{BTreeMap, BTreeSet};

use super::Plan;
use super::collision::collisions;
use super::finding::{Code, Finding, Severity};
use super::fit::{Fit, RESTORED, Settings};
use super::kinds::CreateTopic;
use super::offsets::{Listed, unreadable};
use super::resource::Resource;
use super::step::{Reason, Risk, Step};
use super::target::TopicTarget;
use super::topics::partition_count;
use super::unsupported::brought_over;
use crate::model::catalogue::Line;
use crate::model::escape::escape;
use crate::model::measure::{Load, TopicPartition};
use crate::model::record::TimestampType;
use crate::model::seen::{Seen, Unseen};
use crate::model::topic::{Topic, is_internal_name};
use crate::model::words::counted;

/// A topic of a snapshot and its target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SnapshotSource {
    /// Its name in the snapshot.
    pub name: String,
    /// The name of the target topic.
    pub target: String,
    /// How many partitions it had.
    pub partitions: i32,
    /// Its replication factor.
    pub replicas: i16,
    /// Settings of the topic.
    pub overrides: BTreeMap<String, String>,
    /// Who set the timestamps of its records.
    pub timestamps: TimestampType,
    /// What is known of its records, by partition.
    pub loads: BTreeMap<i32, Load>,
}

/// The state of the cluster that a snapshot is restored into.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SnapshotDestination {
    /// `cluster.id`.
    pub cluster_id: String,
    /// The number of live brokers.
    pub brokers: usize,
    /// Their version of Kafka; none when unknown or not needed.
    pub line: Option<Line>,
    /// The brokers' settings, by key.
    pub defaults: BTreeMap<String, String>,
    /// The target topics with their settings.
    pub topics: BTreeMap<String, Seen<Topic>>,
    /// The names of all visible topics.
    pub names: BTreeSet<String>,
    /// Log end offsets.
    pub ends: BTreeMap<TopicPartition, Seen<Option<i64>>>,
    /// Partitions that an interrupted restore already wrote to, and that this one continues.
    pub begun: BTreeSet<TopicPartition>,
}

/// The plan that prepares `destination` for the records.
#[must_use]
pub fn restore(
    sources: &[SnapshotSource],
    snapshot_cluster: &str,
    destination: &SnapshotDestination,
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
    let hint = "restore it under another name with `--rename`, or leave it out";
    let collide = collisions(&draft.steps, &destination.names, hint);
    draft.findings.extend(collide);
    let findings = draft.findings.into_iter();
    let findings = findings.map(|finding| finding.judged(allow));
    Plan::requested(&destination.cluster_id, draft.steps, findings.collect())
}

struct Draft<'a> {
    destination: &'a SnapshotDestination,
    now_ms: i64,
    steps: Vec<Step>,
    findings: Vec<Finding>,
}

impl Draft<'_> {
    fn find(&mut self, finding: Finding) {
        self.findings.push(finding);
    }

    fn note(&mut self, source: &SnapshotSource, code: Code, message: String) {
        let resource = Resource::topic(&source.target);
        self.find(Finding::new(code, Severity::Note, resource, message));
    }

    fn topic(&mut self, source: &SnapshotSource) {
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
            Some(Seen::Unseen(Unseen { words, .. })) => self.find(unreadable(resource, words)),
        }
    }

    fn create(&mut self, source: &SnapshotSource) {
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
        let create = CreateTopic {
            partitions: source.partitions,
            replicas: Some(replicas),
            configs: configs.clone(),
        };
        let topic = TopicTarget::named(&source.target);
        let step = Step::new((topic, create), Reason::Requested, Risk::None);
        self.steps.push(step);
        let settings = Settings {
            overrides: &configs,
            live: None,
            defaults: &self.destination.defaults,
        };
        self.fits(source, settings);
    }

    /// The settings of a new topic: those of the snapshot without the ones that its brokers refuse.
    fn configs(
        &mut self,
        source: &SnapshotSource,
        resource: &Resource,
    ) -> BTreeMap<String, String> {
        let mut configs = source.overrides.clone();
        configs.retain(|key, value| {
            let (takes, note) = brought_over(resource, (key, value), self.destination.line);
            self.findings.extend(note);
            takes
        });
        configs
    }

    fn existing(&mut self, source: &SnapshotSource, topic: &Topic) {
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
            Seen::Value(entries) => self.fits(source, Settings::of(entries)),
            Seen::Absent => self.find(unreadable(resource, "it went away while it was read")),
            Seen::Unseen(Unseen { words, .. }) => {
                self.find(unreadable(resource, words));
            }
        }
    }

    /// Refuses a topic with a partition whose log end offset is not 0, because it was written to.
    fn emptiness(&mut self, source: &SnapshotSource) {
        let mut used = Listed::default();
        for index in source.loads.keys() {
            let key = TopicPartition::new(source.target.clone(), *index);
            if self.destination.begun.contains(&key) {
                continue;
            }
            match self.destination.ends.get(&key) {
                Some(Seen::Value(Some(0)) | Seen::Absent) | None => {}
                Some(Seen::Value(end)) => {
                    let end = end.unwrap_or_default();
                    used.add(*index, format!("log end offset {end}"), 0);
                }
                Some(Seen::Unseen(Unseen { words, .. })) => {
                    self.find(unreadable(Resource::topic(&source.target), words));
                }
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

    /// What the topic's settings do to the restored records.
    fn fits(&mut self, source: &SnapshotSource, settings: Settings<'_>) {
        let fit = Fit {
            topic: &source.target,
            words: &RESTORED,
            timestamps: source.timestamps,
            loads: &source.loads,
            no_times: None,
            no_sizes: None,
            settings,
            origin: None,
            now_ms: self.now_ms,
        };
        self.findings.extend(fit.findings());
    }
}
