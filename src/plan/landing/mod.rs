//! Plans the topics that records are copied into, by a restore of a snapshot and by a mirror: creates what
//! is missing, and finds what would keep records from being written or kept.

mod facts;
mod fit;
pub mod mirror;
pub mod snapshot;

use std::collections::{BTreeMap, BTreeSet};

use self::facts::Copying;
pub use self::facts::{Destination, Loads, SourceTopic};
use self::fit::Fit;
pub use self::fit::Needs;
use super::Plan;
use super::collision::collisions;
use super::finding::{Code, Finding};
use super::kinds::{Action, CreateTopic};
use super::offsets::unreadable;
use super::resource::Resource;
use super::step::{Reason, Risk, Step};
use super::target::TopicTarget;
use super::unsupported::brought_over;
use crate::model::config::ConfigEntry;
use crate::model::seen::Seen;
use crate::model::topic::{Topic, is_internal_name};
use crate::model::words::counted;

/// A plan in the making for the targets of records.
struct Landing<'a> {
    copying: Copying,
    destination: &'a Destination,
    now_ms: i64,
    steps: Vec<Step>,
    findings: Vec<Finding>,
}

impl<'a> Landing<'a> {
    fn new(copying: Copying, destination: &'a Destination, now_ms: i64) -> Self {
        Self {
            copying,
            destination,
            now_ms,
            steps: Vec::new(),
            findings: Vec::new(),
        }
    }

    /// The target topic if it exists. One that does not is created with these settings.
    fn target(
        &mut self,
        source: &SourceTopic,
        configs: BTreeMap<String, String>,
    ) -> Option<&'a Topic> {
        if is_internal_name(&source.target) {
            let message = "it is one of Kafka's own topics, and its records are Kafka's business";
            let hint = match self.copying {
                Copying::Snapshot => "leave it out, or give it another name with `--rename`",
                Copying::Mirror => "leave it out",
            };
            self.refuse(source, Code::InternalTopicStructure, message, hint);
            return None;
        }
        match self.destination.topics.get(&source.target) {
            None | Some(Seen::Absent) => self.create(source, configs),
            Some(Seen::Value(topic)) => return Some(topic),
            Some(Seen::Unseen(_, words)) => self.unreadable(source, words),
        }
        None
    }

    fn create(&mut self, source: &SourceTopic, mut configs: BTreeMap<String, String>) {
        let replicas = self.destination.replicas(source);
        if replicas < source.replicas {
            let had = usize::try_from(source.replicas).unwrap_or(0);
            let had = counted(had, "replica", "replicas");
            let brokers = counted(self.destination.brokers, "broker", "brokers");
            let verb = match self.destination.brokers {
                1 => "is",
                _ => "are",
            };
            let message = match self.copying {
                Copying::Snapshot => {
                    format!("it had {had} and gets {replicas}: there {verb} {brokers} alive")
                }
                Copying::Mirror => format!(
                    "it has {had} at the source and gets {replicas}: the target has {brokers} alive"
                ),
            };
            let (code, resource) = (Code::ReplicationFactor, Resource::topic(&source.target));
            let finding = Finding::note(code, resource, message);
            self.findings.push(finding);
        }
        configs.retain(|key, value| self.takes(source, key, value));
        self.fits(source, &configs);
        let create = CreateTopic {
            partitions: source.partitions,
            replicas: Some(replicas),
            configs,
        };
        let topic = TopicTarget::named(&source.target);
        self.step((topic, create), Reason::Requested, Risk::None);
    }

    /// The settings of a target topic that exists.
    fn settings(&mut self, source: &SourceTopic, topic: &'a Topic) -> Option<&'a [ConfigEntry]> {
        match &topic.configs {
            Seen::Value(entries) => return Some(entries),
            Seen::Absent => self.unreadable(source, "it went away while it was read"),
            Seen::Unseen(_, words) => self.unreadable(source, words),
        }
        None
    }

    /// Whether the target's brokers accept a setting; adds a note when they do not.
    fn takes(&mut self, source: &SourceTopic, key: &str, value: &str) -> bool {
        let resource = Resource::topic(&source.target);
        let (takes, note) = brought_over(&resource, (key, value), self.destination.line);
        self.findings.extend(note);
        takes
    }

    /// Checks the records against the settings that the topic will have.
    fn fits(&mut self, source: &SourceTopic, overrides: &BTreeMap<String, String>) {
        let destination = self.destination;
        let fit = Fit::new(self.copying, source, destination, overrides, self.now_ms);
        let findings = fit.map(|fit| fit.findings());
        self.findings.extend(findings.into_iter().flatten());
    }

    fn refuse(
        &mut self,
        source: &SourceTopic,
        code: Code,
        message: impl Into<String>,
        hint: impl Into<String>,
    ) {
        let finding = Finding::refused(code, Resource::topic(&source.target), message);
        self.findings.push(finding.hint(hint));
    }

    fn unreadable(&mut self, source: &SourceTopic, words: &str) {
        let resource = Resource::topic(&source.target);
        self.findings.push(unreadable(resource, words));
    }

    fn step(&mut self, action: impl Into<Action>, reason: Reason, risk: Risk) {
        self.steps.push(Step::new(action, reason, risk));
    }

    fn into_plan(mut self, allow: &BTreeSet<Code>) -> Plan {
        let hint = match self.copying {
            Copying::Snapshot => "restore it under another name with `--rename`, or leave it out",
            Copying::Mirror => "leave it out, or delete the other one in a plan of its own before",
        };
        let collide = collisions(&self.steps, &self.destination.names, hint);
        self.findings.extend(collide);
        let findings = self.findings.into_iter();
        let findings = findings.map(|finding| finding.judged(allow));
        Plan::requested(&self.destination.cluster_id, self.steps, findings.collect())
    }
}
