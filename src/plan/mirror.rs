//! Plans the topics of a mirror's target: creates, extends and configures them for the source's records,
//! and finds what would keep records from being written.
//!
//! Settings that only the target has stay. Settings about one cluster's brokers, such as throttled
//! replicas, are not copied.

use std::collections::{BTreeMap, BTreeSet};

use super::Plan;
use super::collision::collisions;
use super::finding::{Code, Finding, Severity};
use super::fit::{Fit, MIRRORED, Needs, Settings};
use super::kinds::{Action, AlterConfigs, ConfigChange, CreatePartitions, CreateTopic};
use super::offsets::unreadable;
use super::resource::Resource;
use super::step::{Reason, Risk, Step};
use super::target::{ConfigTarget, TopicTarget};
use super::topics::{config_change, partition_count};
use super::unsupported::brought_over;
use crate::model::catalogue::{self, Line};
use crate::model::config::ConfigEntry;
use crate::model::desired::Setting;
use crate::model::measure::{Load, TopicPartition};
use crate::model::seen::{Seen, Unseen};
use crate::model::topic::{Topic, is_internal_name};
use crate::model::words::{counted, shorten};

const IN_SYNC: &str = "min.insync.replicas";

/// A topic of the source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MirrorSource {
    /// Its name on both clusters.
    pub name: String,
    /// How many partitions it has.
    pub partitions: i32,
    /// Its replication factor.
    pub replicas: i16,
    /// Settings of the topic.
    pub overrides: BTreeMap<String, String>,
    /// All its settings in effect.
    pub configs: Vec<ConfigEntry>,
    /// What is known of the records to copy, as far as [`to_measure`] asks.
    pub loads: Loads,
}

/// Measurements of a topic's records to copy.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Loads {
    /// By partition.
    pub known: BTreeMap<i32, Load>,
    /// Why some timestamps are unknown, if they are.
    pub no_times: Option<String>,
    /// Why some sizes are unknown, if they are.
    pub no_sizes: Option<String>,
}

/// The state of the target cluster.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MirrorDestination {
    /// `cluster.id`.
    pub cluster_id: String,
    /// The number of live brokers.
    pub brokers: usize,
    /// The brokers' settings, by key.
    pub defaults: BTreeMap<String, String>,
    /// Their version of Kafka; none when unknown or not needed.
    pub line: Option<Line>,
    /// The target topics with their settings.
    pub topics: BTreeMap<String, Seen<Topic>>,
    /// The names of all visible topics.
    pub names: BTreeSet<String>,
    /// Partitions that hold or held records from other writers than this mirror.
    pub foreign: BTreeSet<TopicPartition>,
    /// Partitions copied from a deleted topic of the source with the same name.
    pub former: BTreeSet<TopicPartition>,
}

/// The facts needed about the records to copy, by topic, where the target may refuse them or keep them for
/// less time than the source.
#[must_use]
pub fn to_measure(
    sources: &[MirrorSource],
    destination: &MirrorDestination,
) -> BTreeMap<String, Needs> {
    let mut needs = BTreeMap::new();
    for source in sources {
        let wanted = wanted(source, replicas(source, destination));
        let needed = fit(source, destination, &wanted, 0).map(|fit| fit.needs());
        let needed = needed.filter(|needed| *needed != Needs::default());
        needs.extend(needed.map(|needed| (source.name.clone(), needed)));
    }
    needs
}

/// The plan that prepares `destination` for the records of `sources`.
#[must_use]
pub fn mirror(
    sources: &[MirrorSource],
    destination: &MirrorDestination,
    now_ms: i64,
    allow: &BTreeSet<Code>,
) -> Plan {
    let mut draft = Draft {
        destination,
        now_ms,
        steps: Vec::new(),
        findings: Vec::new(),
    };
    for source in sources {
        draft.topic(source);
    }
    let hint = "leave it out, or delete the other one in a plan of its own before";
    let collide = collisions(&draft.steps, &destination.names, hint);
    draft.findings.extend(collide);
    let findings = draft.findings.into_iter();
    let findings = findings.map(|finding| finding.judged(allow));
    Plan::requested(&destination.cluster_id, draft.steps, findings.collect())
}

struct Draft<'a> {
    destination: &'a MirrorDestination,
    now_ms: i64,
    steps: Vec<Step>,
    findings: Vec<Finding>,
}

impl Draft<'_> {
    fn topic(&mut self, source: &MirrorSource) {
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
            Some(Seen::Unseen(Unseen { words, .. })) => {
                self.findings.push(unreadable(resource, words));
            }
        }
    }

    fn create(&mut self, source: &MirrorSource) {
        let resource = Resource::topic(&source.name);
        let replicas = replicas(source, self.destination);
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
        let mut configs = wanted(source, replicas);
        configs.retain(|key, value| self.takes(&resource, key, value));
        self.fits(source, &configs);
        let create = CreateTopic {
            partitions: source.partitions,
            replicas: Some(replicas),
            configs,
        };
        let topic = TopicTarget::named(&source.name);
        self.step((topic, create), Reason::Requested, Risk::None);
    }

    fn existing(&mut self, source: &MirrorSource, topic: &Topic) {
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
        self.former(source);
        if before < after {
            let grow = CreatePartitions { before, after };
            let topic = TopicTarget::from(topic);
            self.step((topic, grow), Reason::TooFewPartitions, Risk::Irreversible);
        }
        match &topic.configs {
            Seen::Value(entries) => self.settings(source, topic, entries),
            Seen::Absent => {
                let finding = unreadable(resource, "it went away while it was read");
                self.findings.push(finding);
            }
            Seen::Unseen(Unseen { words, .. }) => {
                self.findings.push(unreadable(resource, words));
            }
        }
    }

    fn foreign(&mut self, source: &MirrorSource) {
        let names = named(&self.destination.foreign, &source.name);
        if !names.is_empty() {
            let message = format!(
                "it was written to by others than this mirror: {}",
                names.join(", ")
            );
            let resource = Resource::topic(&source.name);
            let finding = Finding::refused(Code::TargetNotEmpty, resource, message);
            self.findings.push(finding);
        }
    }

    fn former(&mut self, source: &MirrorSource) {
        let names = named(&self.destination.former, &source.name);
        if !names.is_empty() {
            let message = format!(
                "the source's topic was made anew, and what is here was copied from the one before: {}",
                shorten(&names, 5)
            );
            let resource = Resource::topic(&source.name);
            let finding = Finding::refused(Code::TargetNotEmpty, resource, message);
            let hint = "delete the topic at the target, so that it is made anew too";
            self.findings.push(finding.hint(hint));
        }
    }

    /// Checks the records against the settings that the topic will have.
    fn fits(&mut self, source: &MirrorSource, wanted: &BTreeMap<String, String>) {
        let fit = fit(source, self.destination, wanted, self.now_ms);
        let findings = fit.map(|fit| fit.findings());
        self.findings.extend(findings.into_iter().flatten());
    }

    fn settings(&mut self, source: &MirrorSource, topic: &Topic, entries: &[ConfigEntry]) {
        let resource = Resource::topic(&source.name);
        let mut wanted = wanted(source, replicas(source, self.destination));
        wanted.retain(|key, value| {
            let setting = Setting::Value(value.clone());
            let is_set = config_change(key, &setting, entries).is_none();
            is_set || self.takes(&resource, key, value)
        });
        self.fits(source, &wanted);
        let changes = wanted
            .into_iter()
            .filter_map(|(key, value)| config_change(&key, &Setting::Value(value), entries));
        let changes: Vec<ConfigChange> = changes.collect();
        if !changes.is_empty() {
            let topic = ConfigTarget::Topic(topic.into());
            let alter = AlterConfigs { changes };
            self.step((topic, alter), Reason::SettingDiffers, Risk::None);
        }
    }

    /// Whether the target's brokers accept a setting; adds a note when they do not.
    fn takes(&mut self, resource: &Resource, key: &str, value: &str) -> bool {
        let (takes, note) = brought_over(resource, (key, value), self.destination.line);
        self.findings.extend(note);
        takes
    }

    fn step(&mut self, action: impl Into<Action>, reason: Reason, risk: Risk) {
        self.steps.push(Step::new(action, reason, risk));
    }
}

/// The partitions of a topic, as `topic-number`.
fn named(partitions: &BTreeSet<TopicPartition>, topic: &str) -> Vec<String> {
    let of_it = partitions.iter().filter(|key| key.topic == *topic);
    of_it.map(TopicPartition::short).collect()
}

/// The replication factor of the target topic, now or when created.
fn replicas(source: &MirrorSource, destination: &MirrorDestination) -> i16 {
    if let Some(topic) = destination.topics.get(&source.name).and_then(Seen::value) {
        return i16::try_from(topic.replication_factor()).unwrap_or(i16::MAX);
    }
    let brokers = i16::try_from(destination.brokers).unwrap_or(i16::MAX);
    source.replicas.clamp(1, brokers.max(1))
}

/// The source's records and the settings of the target topic; none when its current settings cannot be
/// read.
fn fit<'a>(
    source: &'a MirrorSource,
    destination: &'a MirrorDestination,
    wanted: &'a BTreeMap<String, String>,
    now_ms: i64,
) -> Option<Fit<'a>> {
    let live = match destination.topics.get(&source.name) {
        None | Some(Seen::Absent) => None,
        Some(seen) => Some(seen.value()?.configs.value()?.as_slice()),
    };
    let origin = Settings::of(&source.configs);
    Some(Fit {
        topic: &source.name,
        words: &MIRRORED,
        timestamps: origin.timestamps(),
        loads: &source.loads.known,
        no_times: source.loads.no_times.as_deref(),
        no_sizes: source.loads.no_sizes.as_deref(),
        settings: Settings {
            overrides: wanted,
            live,
            defaults: &destination.defaults,
        },
        origin: Some(origin),
        now_ms,
    })
}

/// The settings that the target gets. `min.insync.replicas` is limited to the target's number of replicas.
fn wanted(source: &MirrorSource, replicas: i16) -> BTreeMap<String, String> {
    let overrides = source.overrides.iter();
    let brought = overrides.filter(|(key, _)| !catalogue::is_throttle(key));
    let wanted = brought.map(|(key, value)| {
        let most = value.parse::<i16>().map(|number| number.min(replicas));
        match most {
            Ok(most) if key == IN_SYNC => (key.clone(), most.to_string()),
            _ => (key.clone(), value.clone()),
        }
    });
    wanted.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::config::{ConfigSource, ConfigType, ConfigValue};
    use crate::model::topic::Partition;

    /// A topic with these overrides and no other setting.
    fn source(partitions: i32, overrides: &[(&str, &str)]) -> MirrorSource {
        MirrorSource {
            name: "orders".to_owned(),
            partitions,
            replicas: 3,
            overrides: texts(overrides),
            configs: entries(overrides),
            loads: Loads::default(),
        }
    }

    fn texts(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        let owned = |text: &str| text.to_owned();
        let pairs = pairs.iter().map(|(key, value)| (owned(key), owned(value)));
        pairs.collect()
    }

    fn entries(pairs: &[(&str, &str)]) -> Vec<ConfigEntry> {
        let entries = pairs.iter().map(|(key, value)| ConfigEntry {
            name: (*key).to_owned(),
            value: ConfigValue::Value((*value).to_owned()),
            source: ConfigSource::DynamicTopicConfig,
            read_only: false,
            config_type: ConfigType::Long,
            synonyms: Vec::new(),
        });
        entries.collect()
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
        Topic {
            name: "orders".to_owned(),
            id: crate::model::topic::TopicId([1; 16]),
            internal: false,
            partitions: (0..partitions).map(partition).collect(),
            configs: Seen::Value(entries(overrides)),
        }
    }

    fn planned(source: MirrorSource, there: Seen<Topic>, foreign: &[i32], allow: &[Code]) -> Plan {
        let foreign = foreign
            .iter()
            .map(|index| TopicPartition::new("orders", *index));
        let destination = MirrorDestination {
            brokers: 1,
            line: Some(Line::Kafka4),
            foreign: foreign.collect(),
            ..destination(there)
        };
        let allow = allow.iter().copied().collect();
        mirror(&[source], &destination, NOW, &allow)
    }

    fn destination(there: Seen<Topic>) -> MirrorDestination {
        MirrorDestination {
            cluster_id: "b".to_owned(),
            brokers: 3,
            topics: BTreeMap::from([("orders".to_owned(), there)]),
            ..MirrorDestination::default()
        }
    }

    /// A source whose topic has these settings, with records to copy.
    fn held(settings: &[(&str, &str)], load: Load) -> MirrorSource {
        MirrorSource {
            configs: entries(settings),
            loads: Loads {
                known: BTreeMap::from([(0, load)]),
                ..Loads::default()
            },
            ..source(1, &[])
        }
    }

    /// The findings about a source, when the setting is the target topic's or its brokers'.
    #[track_caller]
    fn found(source: &MirrorSource, key: &str, value: &str) -> Vec<(Code, Severity)> {
        let live = destination(Seen::Value(topic(1, &[(key, value)])));
        let brokers = MirrorDestination {
            defaults: texts(&[(
                catalogue::topic_key(key).unwrap().synonyms[0].as_str(),
                value,
            )]),
            ..destination(Seen::Absent)
        };
        let of = |destination| {
            let sources = std::slice::from_ref(source);
            let found = codes(&mirror(sources, destination, NOW, &BTreeSet::new()));
            let of_loads = [Code::RestoreExpires, Code::TimestampRejected];
            let depends = found.iter().any(|(code, _)| of_loads.contains(code));
            assert!(!depends || !to_measure(sources, destination).is_empty());
            found
        };
        let found = of(&live);
        assert_eq!(of(&brokers), found);
        found
    }

    const NOW: i64 = 1_800_000_000_000;
    const HOUR: i64 = 3_600_000;
    const EXPIRES: (Code, Severity) = (Code::RestoreExpires, Severity::Refused);

    #[test]
    fn what_the_target_keeps_for_less_than_the_source_is_refused_where_it_would_go() {
        let old = Load {
            records: 3,
            bytes: 5_000,
            times: Some((NOW - 2 * HOUR, NOW)),
            ..Load::default()
        };
        for (at_source, key, value, expected) in [
            (
                ("retention.ms", "-1"),
                "retention.ms",
                "3600000",
                vec![EXPIRES],
            ),
            (("retention.ms", "-1"), "retention.ms", "7300000", vec![]),
            (("retention.ms", "-1"), "retention.ms", "-1", vec![]),
            // Records that the source deletes too are no loss.
            (
                ("retention.ms", "3600000"),
                "retention.ms",
                "3600000",
                vec![],
            ),
            (
                ("cleanup.policy", "compact"),
                "retention.ms",
                "3600000",
                vec![EXPIRES],
            ),
            (
                ("retention.bytes", "-1"),
                "retention.bytes",
                "4999",
                vec![EXPIRES],
            ),
            (("retention.bytes", "-1"), "retention.bytes", "5000", vec![]),
            (
                ("retention.bytes", "4999"),
                "retention.bytes",
                "4999",
                vec![],
            ),
        ] {
            let source = held(&[at_source], old);
            assert_eq!(
                found(&source, key, value),
                expected,
                "{at_source:?} {value}"
            );
        }
        let unseen = MirrorSource {
            loads: Loads {
                no_times: Some("no right".to_owned()),
                ..Loads::default()
            },
            ..held(&[("retention.ms", "-1")], old)
        };
        assert_eq!(found(&unseen, "retention.ms", "3600000"), [EXPIRES]);
    }

    #[test]
    fn what_the_source_sets_itself_is_brought_over_and_no_difference() {
        let load = Load {
            times: Some((0, 0)),
            ..Load::default()
        };
        let set = [("retention.ms", "-1"), ("max.message.bytes", "9000000")];
        let source = MirrorSource {
            overrides: texts(&set),
            ..held(&set, load)
        };
        assert_eq!(found(&source, "retention.ms", "1"), []);
        assert_eq!(found(&source, "max.message.bytes", "1000"), []);
    }

    #[test]
    fn limits_of_batches_and_times_are_those_of_both_sides() {
        let load = Load {
            times: Some((NOW - 2 * HOUR, NOW + HOUR / 2)),
            ..Load::default()
        };
        let source = held(&[("max.message.bytes", "2000")], load);
        let too_large = (Code::RecordTooLarge, Severity::Refused);
        assert_eq!(found(&source, "max.message.bytes", "1999"), [too_large]);
        assert_eq!(found(&source, "max.message.bytes", "2000"), []);
        let rejected = (Code::TimestampRejected, Severity::Refused);
        for (key, limit) in [
            ("message.timestamp.before.max.ms", HOUR),
            ("message.timestamp.after.max.ms", HOUR / 4),
        ] {
            let limit = limit.to_string();
            assert_eq!(found(&source, key, &limit), [rejected], "{key}");
        }
        let changes = (Code::TimestampsChange, Severity::Note);
        let key = "message.timestamp.type";
        assert_eq!(found(&source, key, "LogAppendTime"), [changes]);
        let appended = held(&[(key, "LogAppendTime")], Load::default());
        assert_eq!(found(&appended, key, "CreateTime"), [changes]);
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
        let create = CreateTopic {
            partitions: 2,
            replicas: Some(1),
            configs: source(0, &configs).overrides,
        };
        let Action::CreateTopic(_, created) = &plan.steps[0].action else {
            panic!("{:?}", plan.steps)
        };
        assert_eq!(created, &create);
    }

    #[test]
    fn a_key_that_no_catalogue_has_is_brought_over_and_said() {
        let overrides = [("confluent.tier.enable", "true"), ("newer.ms", "7")];
        let source = MirrorSource {
            replicas: 1,
            ..source(1, &overrides)
        };
        let plan = planned(source, Seen::Absent, &[], &[]);
        let [note] = &plan.findings[..] else {
            panic!("{:?}", plan.findings)
        };
        assert_eq!(note.code, Code::UncataloguedKey);
        assert_eq!(
            note.message,
            "`newer.ms` is not in tonkafka's catalogue; brought over, and the brokers judge it"
        );
        let Action::CreateTopic(_, CreateTopic { configs, .. }) = &plan.steps[0].action else {
            panic!("{:?}", plan.steps)
        };
        assert_eq!(configs["newer.ms"], "7");
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
        let source = || MirrorSource {
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
                Action::CreateTopic(_, create) => {
                    create.configs.keys().map(String::as_str).collect()
                }
                Action::AlterConfigs(_, alter) => {
                    alter.changes.iter().map(|one| &*one.key).collect()
                }
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
        let grow = CreatePartitions {
            before: 1,
            after: 2,
        };
        let Action::CreatePartitions(_, grown) = &plan.steps[0].action else {
            panic!("{:?}", plan.steps);
        };
        assert_eq!(grown, &grow);
        let Action::AlterConfigs(_, AlterConfigs { changes }) = &plan.steps[1].action else {
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
        let former = MirrorDestination {
            former: BTreeSet::from([TopicPartition::new("orders", 0)]),
            ..destination(there())
        };
        let plan = mirror(&[source(1, &[])], &former, NOW, &BTreeSet::new());
        let [finding] = plan.findings.as_slice() else {
            panic!("{:?}", plan.findings);
        };
        assert_eq!(finding.code, Code::TargetNotEmpty);
        let message = "the source's topic was made anew, and what is here was copied from the one before: orders-0";
        assert_eq!(finding.message, message);
    }
}
