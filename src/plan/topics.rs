//! What one declared topic needs.

use std::collections::BTreeMap;

use super::Override;
use super::draft::Draft;
use super::finding::{Code, Finding, Severity};
use super::step::{Action, After, ConfigChange, Effective, Reason, Resource, Risk};
use crate::model::config::{ConfigEntry, ConfigSource, ConfigValue, same_value};
use crate::model::desired::{DesiredTopic, Setting, Settings, TopicSpec, TopicState};
use crate::model::observed::Observed;
use crate::model::seen::Seen;
use crate::model::topic::Topic;

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
        (_, Seen::NotPermitted(words) | Seen::NotSupported(words) | Seen::Unavailable(words)) => {
            not_visible(wanted, words, draft);
        }
    }
}

fn not_visible(wanted: &DesiredTopic, words: &str, draft: &mut Draft) {
    let finding = Finding::new(
        Code::NotVisible,
        Severity::Unreadable,
        Resource::topic(&wanted.name),
        format!("the cluster does not show it, and it may exist: {words}"),
    );
    let hint = "give this user DESCRIBE on the topic, and DESCRIBE_CONFIGS for its settings";
    draft.find(finding.hint(hint).at(&wanted.place));
}

fn create(wanted: &DesiredTopic, spec: &TopicSpec, draft: &mut Draft) {
    let configs: BTreeMap<String, String> = spec
        .configs
        .iter()
        .filter_map(|(key, setting)| match setting {
            Setting::Value(value) => Some((key.clone(), value.clone())),
            Setting::Unset => None,
        })
        .collect();
    let action = Action::Create {
        partitions: spec.partitions,
        replicas: spec.replicas,
        configs,
    };
    draft.step(
        Resource::topic(&wanted.name),
        None,
        action,
        Reason::Missing,
        Risk::None,
    );
}

fn delete(wanted: &DesiredTopic, topic: &Topic, draft: &mut Draft) {
    let resource = Resource::topic(&wanted.name);
    if topic.internal {
        let finding = Finding::new(
            Code::InternalTopic,
            Severity::Refused,
            resource,
            "it is one of Kafka's own topics and is never deleted".to_owned(),
        );
        draft.find(finding.at(&wanted.place));
        return;
    }
    let action = Action::Delete {
        partitions: partition_count(topic),
    };
    draft.step(
        resource,
        Some(topic.id),
        action,
        Reason::DeclaredAbsent,
        Risk::DeletesRecords,
    );
}

fn change(wanted: &DesiredTopic, spec: &TopicSpec, topic: &Topic, draft: &mut Draft) {
    partitions(wanted, spec, topic, draft);
    replicas(wanted, spec, topic, draft);
    min_isr(wanted, spec, topic, draft);
    match &topic.configs {
        Seen::Value(entries) => configs(wanted, spec, topic, entries, draft),
        _ if spec.configs.is_empty() => {}
        Seen::NotPermitted(words) | Seen::NotSupported(words) | Seen::Unavailable(words) => {
            not_visible(wanted, words, draft);
        }
        Seen::Absent => not_visible(wanted, "it went away while it was read", draft),
    }
}

fn partition_count(topic: &Topic) -> i32 {
    i32::try_from(topic.partitions.len()).unwrap_or(i32::MAX)
}

fn partitions(wanted: &DesiredTopic, spec: &TopicSpec, topic: &Topic, draft: &mut Draft) {
    let before = partition_count(topic);
    let after = spec.partitions;
    let resource = Resource::topic(&wanted.name);
    if after > before {
        let risk = if spec.keyed {
            Risk::RemapsKeys
        } else {
            Risk::Irreversible
        };
        let action = Action::Grow { before, after };
        let id = Some(topic.id);
        draft.step(resource, id, action, Reason::TooFewPartitions, risk);
    } else if after < before {
        let message = format!(
            "it has {before} partitions and the manifest says {after}: Kafka cannot take partitions away"
        );
        let hint = format!(
            "write `partitions: {before}`, or declare a new topic with {after} and move its readers and writers there"
        );
        let finding = Finding::new(
            Code::PartitionDecrease,
            Severity::Refused,
            resource,
            message,
        );
        draft.find(finding.hint(hint).at(&wanted.place));
    }
}

fn replicas(wanted: &DesiredTopic, spec: &TopicSpec, topic: &Topic, draft: &mut Draft) {
    let live = topic.replication_factor();
    let Some(declared) = spec.replicas else {
        return;
    };
    if usize::try_from(declared) == Ok(live) {
        return;
    }
    let finding = Finding::new(
        Code::ReplicationFactor,
        Severity::CannotApply,
        Resource::topic(&wanted.name),
        format!(
            "its replication factor is {live} and the manifest says {declared}: replicas are moved by reassignment, which apply does not do"
        ),
    );
    let hint = format!("reassign its partitions, or write `replicas: {live}`");
    draft.find(finding.hint(hint).at(&wanted.place));
}

/// A topic with fewer replicas than `min.insync.replicas` takes no record from producers with
/// acks=all, so setting it is refused.
fn min_isr(wanted: &DesiredTopic, spec: &TopicSpec, topic: &Topic, draft: &mut Draft) {
    let key = "min.insync.replicas";
    let Some(Setting::Value(value)) = spec.configs.get(key) else {
        return;
    };
    let live = topic.replication_factor();
    if value.parse::<usize>().is_ok_and(|least| least <= live) {
        return;
    }
    let replicas = if live == 1 { "replica" } else { "replicas" };
    let finding = Finding::new(
        Code::MinIsrAboveReplicas,
        Severity::Refused,
        Resource::topic(&wanted.name),
        format!(
            "{key} would be {value} and it has {live} {replicas}: nothing could be written to it with acks=all"
        ),
    );
    let hint = format!("give the topic more replicas first, or declare {key} as {live}");
    draft.find(finding.hint(hint).at(&wanted.place));
}

fn configs(
    wanted: &DesiredTopic,
    spec: &TopicSpec,
    topic: &Topic,
    entries: &[ConfigEntry],
    draft: &mut Draft,
) {
    let resource = Resource::topic(&wanted.name);
    let changes: Vec<ConfigChange> = spec
        .configs
        .iter()
        .filter_map(|(key, setting)| config_change(key, setting, entries))
        .collect();
    if !changes.is_empty() {
        draft.step(
            resource,
            Some(topic.id),
            Action::Configure { changes },
            Reason::SettingDiffers,
            Risk::None,
        );
    }
    let foreign = undeclared(&wanted.name, &spec.configs, entries);
    draft.left_alone.overrides.extend(foreign);
}

/// The change that makes the topic's own `key` what it should be. Only the topic's own override
/// counts: a default of the same value can change under it.
fn config_change(key: &str, setting: &Setting, entries: &[ConfigEntry]) -> Option<ConfigChange> {
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
        key: key.to_owned(),
        before: own.cloned(),
        effective: entry.map(|entry| Effective {
            value: entry.value.clone(),
            source: entry.source,
        }),
        after,
    })
}

fn undeclared<'a>(
    name: &'a str,
    declared: &'a Settings,
    entries: &'a [ConfigEntry],
) -> impl Iterator<Item = Override> + 'a {
    entries
        .iter()
        .filter(|entry| entry.source == ConfigSource::DynamicTopicConfig)
        .filter(|entry| !declared.contains_key(&entry.name))
        .map(|entry| Override {
            resource: Resource::topic(name),
            key: entry.name.clone(),
            value: entry.value.text().map(str::to_owned),
        })
}
