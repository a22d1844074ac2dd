//! What changed since a plan was made.

use std::fmt;

use serde::Serialize;

use super::step::{Action, ConfigChange, Resource, Step};
use crate::model::config::{ConfigEntry, ConfigSource, ConfigValue};
use crate::model::observed::Observed;
use crate::model::seen::Seen;
use crate::model::topic::Topic;

/// One thing that is not as it was when the plan was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Change {
    /// The step that it is about.
    pub step: usize,
    /// Where.
    pub resource: Resource,
    /// What, such as a key or `partitions`.
    pub what: String,
    /// What the plan was made for.
    pub planned: String,
    /// What is there now.
    pub found: String,
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}: {} was {}, and is {} now",
            self.resource, self.what, self.planned, self.found
        )
    }
}

/// Everything that `steps` were planned on and that `observed` shows in another way. What cannot be
/// read counts as changed: nothing is written on a guess.
#[must_use]
pub fn changes(steps: &[Step], observed: &Observed) -> Vec<Change> {
    steps
        .iter()
        .flat_map(|step| changes_of(step, observed))
        .collect()
}

fn changes_of(step: &Step, observed: &Observed) -> Vec<Change> {
    match &step.resource {
        Resource::Topic { name } => match (observed.topics.get(name), &step.action) {
            (Some(Seen::Absent), Action::Create { .. }) => Vec::new(),
            (Some(Seen::Value(_)), Action::Create { .. }) => {
                vec![change(step, "the topic", "absent", "there")]
            }
            (Some(Seen::Value(topic)), _) => topic_changes(step, topic),
            (Some(Seen::Absent), _) => vec![change(step, "the topic", "there", "absent")],
            _ => vec![change(step, "the topic", "visible", "not visible")],
        },
        Resource::Broker { id } => {
            let source = ConfigSource::DynamicBrokerConfig;
            config_changes(step, observed.brokers.get(id), source)
        }
        Resource::BrokerDefaults => {
            let source = ConfigSource::DynamicDefaultBrokerConfig;
            config_changes(step, observed.broker_defaults.as_ref(), source)
        }
    }
}

fn topic_changes(step: &Step, topic: &Topic) -> Vec<Change> {
    if let Some(planned) = step.topic_id
        && planned != topic.id
    {
        let (planned, found) = (planned.to_string(), topic.id.to_string());
        return vec![change(step, "the topic's id", &planned, &found)];
    }
    match &step.action {
        Action::Grow { before, .. } => {
            let found = topic.partitions.len();
            if i32::try_from(found) == Ok(*before) {
                return Vec::new();
            }
            let (planned, found) = (before.to_string(), found.to_string());
            vec![change(step, "the number of partitions", &planned, &found)]
        }
        Action::Configure { .. } => {
            let source = ConfigSource::DynamicTopicConfig;
            config_changes(step, Some(&topic.configs), source)
        }
        Action::Create { .. } | Action::Delete { .. } => Vec::new(),
    }
}

fn config_changes(
    step: &Step,
    seen: Option<&Seen<Vec<ConfigEntry>>>,
    source: ConfigSource,
) -> Vec<Change> {
    let Action::Configure { changes } = &step.action else {
        return Vec::new();
    };
    let Some(Seen::Value(entries)) = seen else {
        return vec![change(step, "its settings", "visible", "not visible")];
    };
    changes
        .iter()
        .filter_map(|planned| config_change(step, planned, entries, source))
        .collect()
}

fn config_change(
    step: &Step,
    planned: &ConfigChange,
    entries: &[ConfigEntry],
    source: ConfigSource,
) -> Option<Change> {
    let found = entries
        .iter()
        .find(|entry| entry.name == planned.key)
        .and_then(|entry| entry.set_at(source));
    let same = planned.before.as_ref() == found;
    (!same).then(|| {
        change(
            step,
            &planned.key,
            &shown(planned.before.as_ref()),
            &shown(found),
        )
    })
}

fn shown(value: Option<&ConfigValue>) -> String {
    match value {
        None => "not set".to_owned(),
        Some(ConfigValue::Value(text)) => text.clone(),
        Some(ConfigValue::Sensitive) => "a hidden value".to_owned(),
        Some(ConfigValue::Null) => "null".to_owned(),
    }
}

fn change(step: &Step, what: &str, planned: &str, found: &str) -> Change {
    Change {
        step: step.id,
        resource: step.resource.clone(),
        what: what.to_owned(),
        planned: planned.to_owned(),
        found: found.to_owned(),
    }
}
