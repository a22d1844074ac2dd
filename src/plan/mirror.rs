//! The topics of a mirror's target, as a [`Plan`]: what is made, grown and set so that the records of the
//! source have a place, and what keeps them from being written.
//!
//! What the target sets and the source does not stays. Settings that are about the brokers of one
//! cluster, such as throttled replicas, are not brought over.

use std::collections::{BTreeMap, BTreeSet};

use super::Plan;
use super::finding::{Code, Finding, Severity};
use super::offsets::{counted, unreadable};
use super::step::{Action, ConfigChange, Reason, Resource, Risk, Step};
use super::topics::{config_change, partition_count};
use super::unsupported::left_out;
use crate::model::catalogue::{self, Line};
use crate::model::config::ConfigEntry;
use crate::model::desired::Setting;
use crate::model::escape::escape;
use crate::model::measure::TopicPartition;
use crate::model::seen::Seen;
use crate::model::topic::{Topic, TopicId, is_internal_name};

const IN_SYNC: &str = "min.insync.replicas";

/// A topic of the source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// Its name, here and there.
    pub name: String,
    /// How many partitions it has.
    pub partitions: i32,
    /// Its replication factor.
    pub replicas: i16,
    /// Its own settings.
    pub overrides: BTreeMap<String, String>,
}

/// What is known of the target.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Destination {
    /// `cluster.id`.
    pub cluster_id: String,
    /// How many brokers are alive.
    pub brokers: usize,
    /// Their line of Kafka, where that matters and they tell.
    pub line: Option<Line>,
    /// The topics, with their settings.
    pub topics: BTreeMap<String, Seen<Topic>>,
    /// Partitions that hold, or held, records which are not of this mirror.
    pub foreign: BTreeSet<TopicPartition>,
}

/// The plan that makes `destination` ready for the records of `sources`.
#[must_use]
pub fn mirror(sources: &[Source], destination: &Destination, allow: &BTreeSet<Code>) -> Plan {
    let mut draft = Draft {
        destination,
        steps: Vec::new(),
        findings: Vec::new(),
    };
    for source in sources {
        draft.topic(source);
    }
    let findings = draft.findings.into_iter();
    let findings = findings.map(|finding| finding.judged(allow));
    Plan::requested(&destination.cluster_id, draft.steps, findings.collect())
}

struct Draft<'a> {
    destination: &'a Destination,
    steps: Vec<Step>,
    findings: Vec<Finding>,
}

impl Draft<'_> {
    fn topic(&mut self, source: &Source) {
        let resource = Resource::topic(&source.name);
        if is_internal_name(&source.name) {
            let message = "it is one of Kafka's own topics, and its records are Kafka's business";
            let finding = Finding::refused(Code::InternalTopicStructure, resource, message);
            self.findings.push(finding.hint("leave it out"));
            return;
        }
        let destination = self.destination;
        match destination.topics.get(&source.name) {
            None | Some(Seen::Absent) => self.create(source),
            Some(Seen::Value(topic)) => self.existing(source, topic),
            Some(
                Seen::NotPermitted(words) | Seen::NotSupported(words) | Seen::Unavailable(words),
            ) => self.findings.push(unreadable(resource, words)),
        }
    }

    fn create(&mut self, source: &Source) {
        let resource = Resource::topic(&source.name);
        let brokers = i16::try_from(self.destination.brokers).unwrap_or(i16::MAX);
        let replicas = source.replicas.clamp(1, brokers.max(1));
        if replicas < source.replicas {
            let message = format!(
                "it has {} at the source and gets {replicas}: the target has {} alive",
                counted(
                    usize::try_from(source.replicas).unwrap_or(0),
                    "replica",
                    "replicas"
                ),
                counted(self.destination.brokers, "broker", "brokers"),
            );
            let code = Code::ReplicationFactor;
            let finding = Finding::new(code, Severity::Note, resource.clone(), message);
            self.findings.push(finding);
        }
        let mut configs = BTreeMap::new();
        for (key, value) in wanted(source, replicas) {
            if self.takes(&resource, key, &value) {
                configs.insert(key.clone(), value);
            }
        }
        self.step(
            resource,
            None,
            Action::Create {
                partitions: source.partitions,
                replicas: Some(replicas),
                configs,
            },
            (Reason::Requested, Risk::None),
        );
    }

    fn existing(&mut self, source: &Source, topic: &Topic) {
        let resource = Resource::topic(&source.name);
        let (before, after) = (partition_count(topic), source.partitions);
        if before > after {
            let message = format!(
                "it has {} and {after} at the source: records would be in other partitions than their keys say",
                counted(
                    usize::try_from(before).unwrap_or(0),
                    "partition",
                    "partitions"
                ),
            );
            let finding = Finding::refused(Code::PartitionsDiffer, resource.clone(), message);
            let hint = format!(
                "grow the source to {before}, or delete the topic at the target so that it is made anew"
            );
            self.findings.push(finding.hint(hint));
            return;
        }
        self.foreign(source);
        if before < after {
            self.step(
                resource.clone(),
                Some(topic),
                Action::Grow { before, after },
                (Reason::TooFewPartitions, Risk::Irreversible),
            );
        }
        match &topic.configs {
            Seen::Value(entries) => self.settings(source, topic, entries),
            Seen::Absent => {
                let finding = unreadable(resource, "it went away while it was read");
                self.findings.push(finding);
            }
            Seen::NotPermitted(words) | Seen::NotSupported(words) | Seen::Unavailable(words) => {
                self.findings.push(unreadable(resource, words));
            }
        }
    }

    fn foreign(&mut self, source: &Source) {
        let foreign = self.destination.foreign.iter();
        let of_it = foreign.filter(|(topic, _)| *topic == source.name);
        let names: Vec<String> = of_it
            .map(|(topic, index)| format!("{}-{index}", escape(topic)))
            .collect();
        if names.is_empty() {
            return;
        }
        let message = format!(
            "it was written to by others than this mirror: {}",
            names.join(", ")
        );
        let resource = Resource::topic(&source.name);
        let finding = Finding::refused(Code::TargetNotEmpty, resource, message);
        self.findings.push(finding);
    }

    fn settings(&mut self, source: &Source, topic: &Topic, entries: &[ConfigEntry]) {
        let replicas = i16::try_from(topic.replication_factor()).unwrap_or(i16::MAX);
        let resource = Resource::topic(&source.name);
        let mut changes: Vec<ConfigChange> = Vec::new();
        for (key, value) in wanted(source, replicas) {
            let change = config_change(key, &Setting::Value(value.clone()), entries);
            changes.extend(change.filter(|_| self.takes(&resource, key, &value)));
        }
        if !changes.is_empty() {
            self.step(
                resource,
                Some(topic),
                Action::Configure { changes },
                (Reason::SettingDiffers, Risk::None),
            );
        }
    }

    /// Whether the target's brokers can have a setting; it is said where they cannot.
    fn takes(&mut self, resource: &Resource, key: &str, value: &str) -> bool {
        let message = left_out(resource, key, value, self.destination.line);
        let note = message.map(|message| {
            Finding::new(
                Code::SettingLeftOut,
                Severity::Note,
                resource.clone(),
                message,
            )
        });
        let takes = note.is_none();
        self.findings.extend(note);
        takes
    }

    fn step(
        &mut self,
        resource: Resource,
        topic: Option<&Topic>,
        action: Action,
        (reason, risk): (Reason, Risk),
    ) {
        self.steps.push(Step {
            id: 0,
            resource,
            topic_id: topic.map(|topic| topic.id).filter(TopicId::is_known),
            action,
            reason,
            risk,
        });
    }
}

/// The settings that the target is to have. With fewer replicas than the source has, no more of them are
/// required than there are.
fn wanted(source: &Source, replicas: i16) -> impl Iterator<Item = (&String, String)> {
    let overrides = source.overrides.iter();
    let brought = overrides.filter(|(key, _)| !catalogue::is_throttle(key));
    brought.map(move |(key, value)| {
        let most = value.parse::<i16>().map(|number| number.min(replicas));
        match most {
            Ok(most) if key == IN_SYNC => (key, most.to_string()),
            _ => (key, value.clone()),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::config::{ConfigSource, ConfigType, ConfigValue};
    use crate::model::topic::Partition;

    fn source(partitions: i32, overrides: &[(&str, &str)]) -> Source {
        let overrides = overrides.iter();
        Source {
            name: "orders".to_owned(),
            partitions,
            replicas: 3,
            overrides: overrides
                .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
                .collect(),
        }
    }

    fn topic(partitions: i32, overrides: &[(&str, &str)]) -> Topic {
        let partition = |index| Partition {
            index,
            leader: Some(1),
            leader_epoch: None,
            replicas: vec![1],
            isr: vec![1],
            offline: Vec::new(),
        };
        let entries = overrides.iter().map(|(key, value)| ConfigEntry {
            name: (*key).to_owned(),
            value: ConfigValue::Value((*value).to_owned()),
            source: ConfigSource::DynamicTopicConfig,
            read_only: false,
            config_type: ConfigType::Long,
            synonyms: Vec::new(),
        });
        Topic {
            name: "orders".to_owned(),
            id: TopicId([1; 16]),
            internal: false,
            partitions: (0..partitions).map(partition).collect(),
            configs: Seen::Value(entries.collect()),
        }
    }

    fn planned(source: Source, there: Seen<Topic>, foreign: &[i32], allow: &[Code]) -> Plan {
        let foreign = foreign.iter().map(|index| ("orders".to_owned(), *index));
        let destination = Destination {
            cluster_id: "b".to_owned(),
            brokers: 1,
            line: Some(Line::Kafka4),
            topics: BTreeMap::from([("orders".to_owned(), there)]),
            foreign: foreign.collect(),
        };
        mirror(&[source], &destination, &allow.iter().copied().collect())
    }

    fn codes(plan: &Plan) -> Vec<(Code, Severity)> {
        let findings = plan.findings.iter();
        findings
            .map(|finding| (finding.code, finding.severity))
            .collect()
    }

    #[test]
    fn a_missing_topic_is_made_as_far_as_the_brokers_go() {
        let overrides = [
            ("min.insync.replicas", "2"),
            ("retention.ms", "5"),
            ("leader.replication.throttled.replicas", "*"),
        ];
        let plan = planned(source(2, &overrides), Seen::Absent, &[], &[]);
        assert_eq!(codes(&plan), [(Code::ReplicationFactor, Severity::Note)]);
        let configs = [("min.insync.replicas", "1"), ("retention.ms", "5")];
        let create = Action::Create {
            partitions: 2,
            replicas: Some(1),
            configs: source(0, &configs).overrides,
        };
        assert_eq!(plan.steps[0].action, create);
    }

    #[test]
    fn what_the_target_cannot_have_is_left_out() {
        let overrides = [
            ("message.format.version", "3.0"),
            ("retention.ms", "5"),
            ("segment.bytes", "1000000"),
        ];
        let left_out = [
            "left out: Kafka 4 has no key `message.format.version`",
            "left out: `segment.bytes` must be at least 1048576 on Kafka 4, not 1000000",
        ];
        let source = || Source {
            replicas: 1,
            ..source(1, &overrides)
        };
        let there = Seen::Value(topic(1, &[]));
        for plan in [
            planned(source(), Seen::Absent, &[], &[]),
            planned(source(), there, &[], &[]),
        ] {
            let messages: Vec<&str> = plan.findings.iter().map(|one| &*one.message).collect();
            assert_eq!(messages, left_out);
            let keys: Vec<&str> = match &plan.steps[0].action {
                Action::Create { configs, .. } => configs.keys().map(String::as_str).collect(),
                Action::Configure { changes } => changes.iter().map(|one| &*one.key).collect(),
                other => panic!("{other:?}"),
            };
            assert_eq!(keys, ["retention.ms"]);
        }
        let same = topic(1, &overrides);
        let plan = planned(source(), Seen::Value(same), &[], &[]);
        assert_eq!((codes(&plan), plan.steps.len()), (Vec::new(), 0));
    }

    #[test]
    fn a_topic_that_is_there_is_grown_and_set() {
        let there = topic(1, &[("retention.ms", " 5 "), ("segment.ms", "9")]);
        let wanted = source(2, &[("retention.ms", "5"), ("retention.bytes", "7")]);
        let plan = planned(wanted, Seen::Value(there), &[], &[]);
        assert_eq!(codes(&plan), []);
        let grown = Action::Grow {
            before: 1,
            after: 2,
        };
        assert_eq!(plan.steps[0].action, grown);
        let Action::Configure { changes } = &plan.steps[1].action else {
            panic!("{:?}", plan.steps);
        };
        let keys: Vec<&str> = changes.iter().map(|change| change.key.as_str()).collect();
        assert_eq!(keys, ["retention.bytes"]);
        assert_eq!(plan.steps.len(), 2);
    }

    #[test]
    fn what_others_wrote_and_more_partitions_are_refused() {
        let there = || Seen::Value(topic(1, &[]));
        let plan = planned(source(1, &[]), there(), &[0], &[]);
        assert_eq!(codes(&plan), [(Code::TargetNotEmpty, Severity::Refused)]);
        let append = [Code::TargetNotEmpty];
        let plan = planned(source(1, &[]), there(), &[0], &append);
        assert_eq!(codes(&plan), [(Code::TargetNotEmpty, Severity::Allowed)]);
        let more = Seen::Value(topic(3, &[]));
        let plan = planned(source(2, &[]), more, &[], &append);
        assert_eq!(codes(&plan), [(Code::PartitionsDiffer, Severity::Refused)]);
    }
}
