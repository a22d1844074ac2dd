//! Plans the topics of a mirror's target: creates, extends and configures them for the source's records.
//!
//! Settings that only the target has stay. Settings about one cluster's brokers, such as throttled
//! replicas, are not copied.

use std::collections::{BTreeMap, BTreeSet};

use super::super::Plan;
use super::super::finding::{Code, Finding};
use super::super::kinds::{AlterConfigs, ConfigChange, CreatePartitions};
use super::super::resource::Resource;
use super::super::step::{Reason, Risk};
use super::super::target::{ConfigTarget, TopicTarget};
use super::super::topics::{config_change, partition_count};
use super::Landing;
use super::facts::{Copying, Destination, SourceTopic};
use super::fit::{Fit, Needs};
use crate::model::catalogue;
use crate::model::config::ConfigEntry;
use crate::model::desired::Setting;
use crate::model::measure::TopicPartition;
use crate::model::topic::Topic;
use crate::model::words::{counted, shorten};

const IN_SYNC: &str = "min.insync.replicas";

/// The facts needed about the records to copy, by topic, where the target may refuse them or keep them for
/// less time than the source.
#[must_use]
pub fn to_measure(sources: &[SourceTopic], destination: &Destination) -> BTreeMap<String, Needs> {
    let mut needs = BTreeMap::new();
    for source in sources {
        let wanted = wanted(source, destination.replicas(source));
        let fit = Fit::new(Copying::Mirror, source, destination, &wanted, 0);
        let needed = fit.map(|fit| fit.needs());
        let needed = needed.filter(|needed| *needed != Needs::default());
        needs.extend(needed.map(|needed| (source.name.clone(), needed)));
    }
    needs
}

/// The plan that prepares `destination` for the records of `sources`.
#[must_use]
pub fn mirror(
    sources: &[SourceTopic],
    destination: &Destination,
    now_ms: i64,
    allow: &BTreeSet<Code>,
) -> Plan {
    let mut landing = Landing::new(Copying::Mirror, destination, now_ms);
    for source in sources {
        let wanted = wanted(source, destination.replicas(source));
        if let Some(topic) = landing.target(source, wanted) {
            existing(&mut landing, source, topic);
        }
    }
    landing.into_plan(allow)
}

fn existing<'a>(landing: &mut Landing<'a>, source: &SourceTopic, topic: &'a Topic) {
    let (before, after) = (partition_count(topic), source.partitions);
    if before > after {
        let count = usize::try_from(before).unwrap_or(0);
        let message = format!(
            "it has {} and {after} at the source: records would be in other partitions than their keys say",
            counted(count, "partition", "partitions"),
        );
        let hint = format!(
            "grow the source to {before}, or delete the topic at the target so that it is made anew"
        );
        return landing.refuse(source, Code::PartitionsDiffer, message, hint);
    }
    written(landing, source);
    if before < after {
        let grow = CreatePartitions { before, after };
        let topic = TopicTarget::from(topic);
        landing.step((topic, grow), Reason::TooFewPartitions, Risk::Irreversible);
    }
    if let Some(entries) = landing.settings(source, topic) {
        settings(landing, source, topic, entries);
    }
}

/// Refuses a topic with records that are not copies of the source's.
fn written(landing: &mut Landing<'_>, source: &SourceTopic) {
    let Destination {
        foreign, former, ..
    } = landing.destination;
    let names = named(foreign, &source.name);
    if !names.is_empty() {
        let names = names.join(", ");
        let message = format!("it was written to by others than this mirror: {names}");
        let resource = Resource::topic(&source.name);
        let finding = Finding::refused(Code::TargetNotEmpty, resource, message);
        landing.findings.push(finding);
    }
    let names = named(former, &source.name);
    if !names.is_empty() {
        let message = format!(
            "the source's topic was made anew, and what is here was copied from the one before: {}",
            shorten(&names, 5)
        );
        let hint = "delete the topic at the target, so that it is made anew too";
        landing.refuse(source, Code::TargetNotEmpty, message, hint);
    }
}

fn settings(
    landing: &mut Landing<'_>,
    source: &SourceTopic,
    topic: &Topic,
    entries: &[ConfigEntry],
) {
    let mut wanted = wanted(source, landing.destination.replicas(source));
    wanted.retain(|key, value| {
        let setting = Setting::Value(value.clone());
        let is_set = config_change(key, &setting, entries).is_none();
        is_set || landing.takes(source, key, value)
    });
    landing.fits(source, &wanted);
    let changes = wanted
        .into_iter()
        .filter_map(|(key, value)| config_change(&key, &Setting::Value(value), entries));
    let changes: Vec<ConfigChange> = changes.collect();
    if !changes.is_empty() {
        let topic = ConfigTarget::Topic(topic.into());
        let alter = AlterConfigs { changes };
        landing.step((topic, alter), Reason::SettingDiffers, Risk::None);
    }
}

/// The partitions of a topic, as `topic-number`.
fn named(partitions: &BTreeSet<TopicPartition>, topic: &str) -> Vec<String> {
    let of_it = partitions.iter().filter(|key| key.topic == *topic);
    of_it.map(TopicPartition::short).collect()
}

/// The settings that the target gets. `min.insync.replicas` is limited to the target's number of replicas.
fn wanted(source: &SourceTopic, replicas: i16) -> BTreeMap<String, String> {
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
    use super::super::super::finding::Severity;
    use super::super::super::kinds::{Action, CreateTopic};
    use super::super::Loads;
    use super::*;
    use crate::model::catalogue::Line;
    use crate::model::config::{ConfigSource, ConfigType, ConfigValue};
    use crate::model::measure::Load;
    use crate::model::record::TimestampType;
    use crate::model::seen::Seen;
    use crate::model::topic::Partition;

    /// A topic with these overrides and no other setting.
    fn source(partitions: i32, overrides: &[(&str, &str)]) -> SourceTopic {
        SourceTopic {
            name: "orders".to_owned(),
            target: "orders".to_owned(),
            partitions,
            replicas: 3,
            overrides: texts(overrides),
            configs: Some(entries(overrides)),
            timestamps: TimestampType::CreateTime,
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

    fn planned(source: SourceTopic, there: Seen<Topic>, foreign: &[i32], allow: &[Code]) -> Plan {
        let foreign = foreign
            .iter()
            .map(|index| TopicPartition::new("orders", *index));
        let destination = Destination {
            brokers: 1,
            line: Some(Line::Kafka4),
            foreign: foreign.collect(),
            ..destination(there)
        };
        let allow = allow.iter().copied().collect();
        mirror(&[source], &destination, NOW, &allow)
    }

    fn destination(there: Seen<Topic>) -> Destination {
        Destination {
            cluster_id: "b".to_owned(),
            brokers: 3,
            topics: BTreeMap::from([("orders".to_owned(), there)]),
            ..Destination::default()
        }
    }

    /// A source whose topic has these settings, with records to copy.
    fn held(settings: &[(&str, &str)], load: Load) -> SourceTopic {
        SourceTopic {
            configs: Some(entries(settings)),
            timestamps: TimestampType::of(&entries(settings)),
            loads: Loads {
                known: BTreeMap::from([(0, load)]),
                ..Loads::default()
            },
            ..source(1, &[])
        }
    }

    /// The findings about a source, when the setting is the target topic's or its brokers'.
    #[track_caller]
    fn found(source: &SourceTopic, key: &str, value: &str) -> Vec<(Code, Severity)> {
        let live = destination(Seen::Value(topic(1, &[(key, value)])));
        let brokers = Destination {
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
        let unseen = SourceTopic {
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
        let source = SourceTopic {
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
        let source = SourceTopic {
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
        let source = || SourceTopic {
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
        let former = Destination {
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
