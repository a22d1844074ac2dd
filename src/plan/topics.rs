//! Diffs one declared topic.

use std::collections::BTreeMap;

use super::draft::Draft;
use super::finding::{Code, Finding, Severity};
use super::kinds::{
    After, AlterConfigs, ConfigChange, CreatePartitions, CreateTopic, DeleteTopic, Effective,
};
use super::resource::Resource;
use super::step::{Reason, Risk};
use super::target::{ConfigTarget, TopicTarget};
use super::{prune, settable};
use crate::model::config::{ConfigEntry, ConfigSource, ConfigValue, same_value};
use crate::model::desired::{DesiredTopic, Setting, Settings, TopicSpec, TopicState};
use crate::model::observed::Observed;
use crate::model::seen::{Cause, Seen};
use crate::model::topic::{Topic, is_internal_name};

pub(super) fn diff(wanted: &DesiredTopic, observed: &Observed, draft: &mut Draft) {
    let Some(live) = observed.topics.get(&wanted.name) else {
        not_visible(wanted, "it was not read", draft);
        return;
    };
    match (&wanted.state, live) {
        (TopicState::Present(spec), Seen::Absent) => create(wanted, spec, draft),
        (TopicState::Present(spec), Seen::Value(topic)) => change(wanted, spec, topic, draft),
        (TopicState::Absent, Seen::Absent) => {}
        (TopicState::Absent, Seen::Value(topic)) => delete(wanted, topic, draft),
        (_, Seen::Unseen(_, words)) => {
            not_visible(wanted, words, draft);
        }
    }
}

fn not_visible(wanted: &DesiredTopic, words: &str, draft: &mut Draft) {
    let finding = Finding::unreadable(
        Resource::topic(&wanted.name),
        format!("the cluster does not show it, and it may exist: {words}"),
    );
    let hint = "give this user DESCRIBE on the topic, and DESCRIBE_CONFIGS for its settings";
    draft.find(finding.hint(hint).at(&wanted.place));
}

/// The topic exists, but its settings cannot be read.
fn settings_not_visible(wanted: &DesiredTopic, seen: &Seen<Vec<ConfigEntry>>, draft: &mut Draft) {
    let (words, hint) = match seen {
        Seen::Unseen(Cause::NotPermitted, words) => (
            words.as_str(),
            "give this user DESCRIBE_CONFIGS on the topic, or take its settings out of the manifest",
        ),
        seen => (
            seen.reason().unwrap_or("it went away while they were read"),
            "run the same command again",
        ),
    };
    let finding = Finding::unreadable(
        Resource::topic(&wanted.name),
        format!("its settings cannot be seen: {words}"),
    );
    draft.find(finding.hint(hint).at(&wanted.place));
}

fn create(wanted: &DesiredTopic, spec: &TopicSpec, draft: &mut Draft) {
    if is_internal_name(&wanted.name) {
        let message = "it is one of Kafka's own topics, which Kafka creates itself";
        let resource = Resource::topic(&wanted.name);
        let finding = Finding::refused(Code::InternalTopicStructure, resource, message);
        let hint = "take it out of the manifest until Kafka has made it";
        draft.find(finding.hint(hint).at(&wanted.place));
        return;
    }
    let configs: BTreeMap<String, String> = spec
        .configs
        .iter()
        .filter_map(|(key, setting)| match setting {
            Setting::Value(value) => Some((key.clone(), value.clone())),
            Setting::Unset => None,
        })
        .collect();
    settable::of_new(wanted, &configs, draft);
    let create = CreateTopic {
        partitions: spec.partitions,
        replicas: spec.replicas,
        configs,
    };
    let topic = TopicTarget::named(&wanted.name);
    draft.step((topic, create), Reason::Missing, Risk::None);
}

fn delete(wanted: &DesiredTopic, topic: &Topic, draft: &mut Draft) {
    let resource = Resource::topic(&wanted.name);
    if topic.internal {
        let message = "it is one of Kafka's own topics and is never deleted";
        let finding = Finding::refused(Code::InternalTopicStructure, resource, message);
        let hint = "take it out of the manifest: Kafka looks after it itself";
        draft.find(finding.hint(hint).at(&wanted.place));
        return;
    }
    delete_step(topic, Reason::DeclaredAbsent, draft);
}

fn delete_step(topic: &Topic, reason: Reason, draft: &mut Draft) {
    let delete = DeleteTopic {
        partitions: partition_count(topic),
        records: None,
        bytes: None,
    };
    let topic = TopicTarget::from(topic);
    draft.step((topic, delete), reason, Risk::DeletesRecords);
}

/// Deletes a topic that has an owned prefix and is not declared.
pub(super) fn delete_orphan(name: &str, seen: &Seen<Topic>, draft: &mut Draft) {
    let resource = Resource::topic(name);
    match seen {
        Seen::Value(topic) if !topic.internal => {
            delete_step(topic, Reason::Orphan, draft);
        }
        Seen::Value(_) | Seen::Absent => {}
        Seen::Unseen(_, words) => {
            let message = format!("it is an orphan, and the cluster does not show it: {words}");
            let finding = Finding::unreadable(resource, message);
            draft.find(finding.hint("give this user DESCRIBE on the topic"));
        }
    }
}

/// Reports once the topics whose settings the cluster cannot report.
pub(super) fn tell_unseen_settings(draft: &mut Draft) {
    for (words, topics) in std::mem::take(&mut draft.without_settings) {
        let message = format!(
            "the settings of topics cannot be seen, and are neither compared nor changed ({}): {words}",
            topics.join(", ")
        );
        let (code, severity) = (Code::NotVisible, Severity::CannotApply);
        let finding = Finding::new(code, severity, Resource::Cluster, message);
        draft
            .find(finding.hint("take the settings of topics out of the manifest for this cluster"));
    }
}

fn change(wanted: &DesiredTopic, spec: &TopicSpec, topic: &Topic, draft: &mut Draft) {
    partitions(wanted, spec, topic, draft);
    replicas(wanted, spec, topic, draft);
    match &topic.configs {
        Seen::Value(entries) => configs(wanted, spec, topic, entries, draft),
        // Without declared settings they are only needed for pruning.
        _ if spec.configs.is_empty() && !draft.options.prune_configs => {}
        Seen::Unseen(Cause::NotSupported, words) => {
            let topics = draft.without_settings.entry(words.clone()).or_default();
            topics.push(wanted.name.clone());
        }
        seen => settings_not_visible(wanted, seen, draft),
    }
}

pub(super) fn partition_count(topic: &Topic) -> i32 {
    i32::try_from(topic.partitions.len()).unwrap_or(i32::MAX)
}

fn partitions(wanted: &DesiredTopic, spec: &TopicSpec, topic: &Topic, draft: &mut Draft) {
    let before = partition_count(topic);
    let after = spec.partitions;
    if after > before {
        grow(wanted, spec, topic, draft);
    } else if after < before {
        let message = format!(
            "it has {before} partitions and the manifest says {after}: Kafka cannot take partitions away"
        );
        let hint = format!(
            "write `partitions: {before}`, or declare a new topic with {after} and move its readers and writers there"
        );
        let resource = Resource::topic(&wanted.name);
        let finding = Finding::refused(Code::PartitionDecrease, resource, message);
        draft.find(finding.hint(hint).at(&wanted.place));
    }
}

fn grow(wanted: &DesiredTopic, spec: &TopicSpec, topic: &Topic, draft: &mut Draft) {
    let (before, after) = (partition_count(topic), spec.partitions);
    let resource = Resource::topic(&wanted.name);
    if topic.internal {
        let message = "it is one of Kafka's own topics and is never grown: Kafka finds groups and transactions by their partition";
        let finding = Finding::refused(Code::InternalTopicStructure, resource, message);
        let hint = format!("write `partitions: {before}`");
        draft.find(finding.hint(hint).at(&wanted.place));
        return;
    }
    let keyed = keyed(spec, topic);
    if let Some(why) = keyed {
        let message = format!(
            "{why}: with {after} partitions instead of {before}, records of a key go to another partition than those before them"
        );
        let hint = format!(
            "write `partitions: {before}`, or declare a new topic with {after} and move its readers and writers there"
        );
        let finding = Finding::refused(Code::KeyedGrowth, resource, message);
        draft.find(finding.hint(hint).at(&wanted.place));
    }
    let risk = match keyed {
        Some(_) => Risk::RemapsKeys,
        None => Risk::Irreversible,
    };
    let grow = CreatePartitions { before, after };
    let topic = TopicTarget::from(topic);
    draft.step((topic, grow), Reason::TooFewPartitions, risk);
}

/// Why new partitions would change where keyed records go; none when no keys are known.
fn keyed(spec: &TopicSpec, topic: &Topic) -> Option<&'static str> {
    if spec.keyed {
        return Some("the manifest says `keyed: true`");
    }
    let key = "cleanup.policy";
    if let Some(Setting::Value(wanted)) = spec.configs.get(key)
        && wanted.contains("compact")
    {
        return Some("it is compacted, so its records have keys");
    }
    let Seen::Value(entries) = &topic.configs else {
        return Some("its cleanup.policy cannot be read, and it may be compacted");
    };
    let entry = entries.iter().find(|entry| entry.name == key)?;
    let compacted = entry.value.text()?.contains("compact");
    compacted.then_some("it is compacted, so its records have keys")
}

fn replicas(wanted: &DesiredTopic, spec: &TopicSpec, topic: &Topic, draft: &mut Draft) {
    let live = topic.replication_factor();
    let Some(declared) = spec.replicas else {
        return;
    };
    if usize::try_from(declared) == Ok(live) {
        return;
    }
    let finding = Finding::cannot_apply(
        Code::ReplicationFactor,
        Resource::topic(&wanted.name),
        format!(
            "its replication factor is {live} and the manifest says {declared}: replicas are moved by reassignment, which apply does not do"
        ),
    );
    let hint = format!("reassign its partitions, or write `replicas: {live}`");
    draft.find(finding.hint(hint).at(&wanted.place));
}

fn configs(
    wanted: &DesiredTopic,
    spec: &TopicSpec,
    topic: &Topic,
    entries: &[ConfigEntry],
    draft: &mut Draft,
) {
    let mut changes: Vec<ConfigChange> = spec
        .configs
        .iter()
        .filter_map(|(key, setting)| config_change(key, setting, entries))
        .collect();
    settable::only(&mut changes, wanted, entries, draft);
    let differs = !changes.is_empty();
    for entry in undeclared(&spec.configs, entries) {
        // Kafka's own topics need the settings that Kafka gave them.
        if draft.options.prune_configs && !topic.internal && prune::of_topic(entry) {
            changes.extend(prune::removal(entry, ConfigSource::DynamicTopicConfig));
        } else {
            draft.leave_alone(Resource::topic(&wanted.name), entry);
        }
    }
    if changes.is_empty() {
        return;
    }
    if topic.internal {
        let message = "it is one of Kafka's own topics, and its settings would change";
        let resource = Resource::topic(&wanted.name);
        let finding = Finding::refused(Code::InternalTopic, resource, message);
        let hint = "take it out of the manifest: Kafka looks after it itself";
        draft.find(finding.hint(hint).at(&wanted.place));
    }
    let reason = if differs {
        Reason::SettingDiffers
    } else {
        Reason::NotDeclared
    };
    changes.sort_by(|one, other| one.key.cmp(&other.key));
    let topic = ConfigTarget::Topic(topic.into());
    draft.step((topic, AlterConfigs { changes }), reason, Risk::None);
}

/// The change to a topic's setting; none when it is as wanted. Only the topic's own override counts, since
/// a default of the same value can change.
pub(super) fn config_change(
    key: &str,
    setting: &Setting,
    entries: &[ConfigEntry],
) -> Option<ConfigChange> {
    let entry = entries.iter().find(|entry| entry.name == key);
    let own = entry.and_then(|entry| entry.set_at(ConfigSource::DynamicTopicConfig));
    let after = match (setting, own) {
        (Setting::Unset, None) => return None,
        (Setting::Unset, Some(_)) => After::Removed,
        (Setting::Value(wanted), Some(ConfigValue::Value(live)))
            if entry.is_some_and(|entry| same_value(entry.config_type, wanted, live)) =>
        {
            return None;
        }
        (Setting::Value(wanted), _) => After::Set(wanted.clone()),
    };
    Some(ConfigChange {
        effective: entry.map(Effective::from),
        ..ConfigChange::new(key, own.cloned(), after)
    })
}

fn undeclared<'a>(
    declared: &'a Settings,
    entries: &'a [ConfigEntry],
) -> impl Iterator<Item = &'a ConfigEntry> {
    entries
        .iter()
        .filter(|entry| entry.source == ConfigSource::DynamicTopicConfig)
        .filter(|entry| !declared.contains_key(&entry.name))
}
