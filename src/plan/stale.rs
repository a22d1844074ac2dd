//! What changed since a plan was made.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::Serialize;

use super::groups::may_forget;
use super::offsets::members;
use super::step::{Action, ConfigChange, GroupDeletion, QuotaChange, Resource, Step};
use crate::model::access::{AclBinding, Entity, QuotaValue, Quotas};
use crate::model::config::{ConfigEntry, ConfigSource, ConfigValue};
use crate::model::group::{Commits, Committed, DescribedGroup};
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
        Resource::Partition { topic, .. } => id_changes(step, topic, observed),
        Resource::Commit { group, topic, .. } => {
            let mut changes = id_changes(step, topic, observed);
            changes.extend(member_changes(step, group, observed));
            changes.extend(commit_changes(step, group, observed));
            changes
        }
        Resource::Group { id } => {
            let mut changes = member_changes(step, id, observed);
            changes.extend(commit_changes(step, id, observed));
            changes
        }
        Resource::Acl(acl) => acl_changes(step, acl, observed.acls.as_ref()),
        Resource::Quota { entity } => quota_changes(step, entity, observed.quotas.as_ref()),
        // Nothing is written to these.
        Resource::Cluster | Resource::User { .. } => Vec::new(),
    }
}

fn acl_changes(
    step: &Step,
    acl: &AclBinding,
    seen: Option<&Seen<BTreeSet<AclBinding>>>,
) -> Vec<Change> {
    let Some(Seen::Value(acls)) = seen else {
        return vec![change(step, "the ACL", "visible", "not visible")];
    };
    match (&step.action, acls.contains(acl)) {
        (Action::CreateAcl, true) => vec![change(step, "the ACL", "absent", "there")],
        (Action::DeleteAcl, false) => vec![change(step, "the ACL", "there", "absent")],
        _ => Vec::new(),
    }
}

fn quota_changes(step: &Step, entity: &Entity, seen: Option<&Seen<Quotas>>) -> Vec<Change> {
    let (Some(Seen::Value(quotas)), Action::AlterQuota { changes }) = (seen, &step.action) else {
        return vec![change(step, "its quotas", "visible", "not visible")];
    };
    let quota = quotas.get(entity);
    let shown =
        |value: Option<QuotaValue>| value.map_or("not set".to_owned(), |value| value.to_string());
    let changed = |planned: &QuotaChange| {
        let found = quota.and_then(|values| values.get(&planned.key).copied());
        let is_same = planned.before == found;
        (!is_same).then(|| change(step, &planned.key, &shown(planned.before), &shown(found)))
    };
    changes.iter().filter_map(changed).collect()
}

/// Whether a topic is still the one that was planned for.
fn id_changes(step: &Step, topic: &str, observed: &Observed) -> Vec<Change> {
    match observed.topics.get(topic) {
        Some(Seen::Value(topic)) => topic_changes(step, topic),
        Some(Seen::Absent) => vec![change(step, "the topic", "there", "absent")],
        _ => vec![change(step, "the topic", "visible", "not visible")],
    }
}

/// A group is written to only while nobody is in it, but for commits of topics that nobody reads, which
/// can be forgotten. A group that is not there has no members.
fn member_changes(step: &Step, id: &str, observed: &Observed) -> Vec<Change> {
    let is_fit = |group: &DescribedGroup| match (&step.action, step.resource.topic_name()) {
        (Action::Forget { .. }, Some(topic)) => may_forget(group, topic),
        _ => group.is_empty(),
    };
    match observed.groups.get(id) {
        Some(Seen::Absent) => Vec::new(),
        Some(Seen::Value(group)) if is_fit(group) => Vec::new(),
        Some(Seen::Value(group)) => {
            let found = match group.members.len() {
                0 => group.state.to_string(),
                _ => members(group),
            };
            let changed = change(step, "membership", "none", &found);
            vec![Change {
                resource: Resource::group(id),
                ..changed
            }]
        }
        _ => vec![change(step, "the group", "visible", "not visible")],
    }
}

fn commit_changes(step: &Step, id: &str, observed: &Observed) -> Vec<Change> {
    let none = Commits::new();
    let commits = match observed.commits.get(id) {
        Some(Seen::Value(commits)) => commits,
        Some(Seen::Absent) => &none,
        _ => return vec![change(step, "its commits", "visible", "not visible")],
    };
    let mut changes = match (&step.action, step.resource.partition()) {
        (Action::Commit(planned), Some(partition)) => {
            let before = planned.before.as_ref();
            let found = commits.get(&partition);
            commit_change(step, "the commit", before, found, planned.share)
        }
        (Action::Forget { before }, Some(partition)) => {
            let found = commits.get(&partition);
            commit_change(step, "the commit", Some(before), found, false)
        }
        (Action::DeleteGroup(deletion), _) => group_changes(step, deletion, commits),
        _ => Vec::new(),
    };
    let group = observed.groups.get(id).and_then(Seen::value);
    if !changes.is_empty() && group.is_some_and(DescribedGroup::is_empty) {
        // Partitions can be assigned by hand: such a consumer commits and is no member.
        let seen = change(step, "a reader that is no member", "not seen", "likely");
        changes.push(Change {
            resource: Resource::group(id),
            ..seen
        });
    }
    changes
}

/// A group goes with all its commits, so none of them may be another than those that were planned.
fn group_changes(step: &Step, deletion: &GroupDeletion, commits: &Commits) -> Vec<Change> {
    let planned = deletion.commits.iter();
    let planned: BTreeMap<(&str, i32), &Committed> = planned
        .map(|one| ((one.topic.as_str(), one.partition), &one.committed))
        .collect();
    let found = commits.iter().flat_map(|(key, found)| {
        let what = format!("the commit of {}-{}", key.0, key.1);
        let before = planned.get(&(key.0.as_str(), key.1)).copied();
        commit_change(step, &what, before, Some(found), false)
    });
    found.collect()
}

fn commit_change(
    step: &Step,
    what: &str,
    planned: Option<&Committed>,
    found: Option<&Seen<Committed>>,
    share: bool,
) -> Vec<Change> {
    let found = match found {
        None | Some(Seen::Absent) => None,
        Some(Seen::Value(found)) => Some(found),
        Some(_) => return vec![change(step, what, "visible", "not visible")],
    };
    let is_same = match (planned, found) {
        (Some(planned), Some(found)) if share => planned.offset == found.offset,
        (planned, found) => planned == found,
    };
    let shown = |commit: Option<&Committed>| {
        commit.map_or("none".to_owned(), |commit| commit.offset.to_string())
    };
    if is_same {
        Vec::new()
    } else if planned.map(|one| one.offset) == found.map(|one| one.offset) {
        vec![change(
            step,
            what,
            "as planned",
            "of the same offset with other metadata",
        )]
    } else {
        vec![change(step, what, &shown(planned), &shown(found))]
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
        _ => Vec::new(),
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
