//! Leaves out changes that a cluster does not accept: settings that it marks read-only or does not
//! have, and changes for which its brokers have no request. Each becomes a finding; the rest of the plan is
//! applied. Limits that are known only because tonkafka recognizes the service become notes, and the step
//! is tried: the brokers decide.

use std::collections::BTreeMap;

use super::draft::Draft;
use super::finding::{Code, Finding};
use super::kinds::{Action, After, AlterConfigs, ConfigChange, CreatePartitions};
use super::resource::Resource;
use super::step::Step;
use crate::model::catalogue::{Scope, is_of_one_line};
use crate::model::config::ConfigEntry;
use crate::model::desired::DesiredTopic;
use crate::model::observed::Observed;

/// Removes the changes of a topic's settings that the cluster does not accept.
pub(super) fn only(
    changes: &mut Vec<ConfigChange>,
    wanted: &DesiredTopic,
    entries: &[ConfigEntry],
    draft: &mut Draft,
) {
    let resource = || Resource::topic(&wanted.name);
    let mut refused = Vec::new();
    changes.retain(|change| {
        let objection = objection(change, entries);
        let is_taken = objection.is_none();
        refused.extend(objection);
        is_taken
    });
    for message in refused {
        let finding = Finding::cannot_apply(Code::NotSettable, resource(), message);
        let hint = "take it out of the manifest for this cluster";
        draft.find(finding.hint(hint).at(&wanted.place));
    }
    let keys = changes.iter().map(|change| change.key.as_str());
    let Some(service) = draft.service else {
        return;
    };
    let Some(known) = &service.topic_keys else {
        return;
    };
    // `without_request` reports the whole step then.
    if service.lacks("IncrementalAlterConfigs") {
        return;
    }
    let doubtful: Vec<&str> = keys.filter(|key| !known.takes(key)).collect();
    let (at_creation, never): (Vec<&str>, Vec<&str>) = doubtful
        .into_iter()
        .partition(|key| known.takes_at_creation(key));
    let name = &service.name;
    if !at_creation.is_empty() {
        let keys = at_creation.join(", ");
        let message = format!("{name} lets {keys} be set only when a topic is created");
        doubt(wanted, &message, draft);
    }
    if !never.is_empty() {
        let keys = never.join(", ");
        let message = format!("{name} is not known to let {keys} be set");
        doubt(wanted, &message, draft);
    }
}

/// Why the cluster does not accept a change, as its described settings show.
fn objection(change: &ConfigChange, entries: &[ConfigEntry]) -> Option<String> {
    let key = &change.key;
    let wanted = match &change.after {
        After::Set(value) => value.as_str(),
        After::Secret(_) => "another value",
        After::Removed => return None,
    };
    match entries.iter().find(|entry| entry.name == *key) {
        Some(entry) if entry.read_only => {
            let now = entry.value.text().unwrap_or("hidden");
            Some(format!(
                "{key} is {now}, not {wanted}, and the cluster does not let it be changed"
            ))
        }
        // `unsupported` checks settings that only some versions of Kafka have.
        None if !entries.is_empty() && !is_of_one_line(Scope::Topic, key, wanted) => Some(format!(
            "{key} is not among the settings that topics of this cluster have"
        )),
        _ => None,
    }
}

/// Notes the settings of a new topic that its service may not accept.
pub(super) fn of_new(wanted: &DesiredTopic, configs: &BTreeMap<String, String>, draft: &mut Draft) {
    let Some((service, known)) = draft
        .service
        .and_then(|service| Some((service, service.topic_keys.as_ref()?)))
    else {
        return;
    };
    let keys = configs.keys();
    let doubtful: Vec<&str> = keys
        .map(String::as_str)
        .filter(|key| !known.takes_at_creation(key))
        .collect();
    if !doubtful.is_empty() {
        let (name, keys) = (&service.name, doubtful.join(", "));
        let message = format!("{name} is not known to let {keys} be set");
        doubt(wanted, &message, draft);
    }
}

fn doubt(wanted: &DesiredTopic, message: &str, draft: &mut Draft) {
    let message = format!("{message}: its brokers may refuse this step");
    let resource = Resource::topic(&wanted.name);
    let finding = Finding::note(Code::NotSettable, resource, message);
    let hint = "take it out of the manifest for this cluster, or ask the brokers with `--validate-on-broker`";
    draft.find(finding.hint(hint).at(&wanted.place));
}

/// Removes the steps for which the brokers have no request.
pub(super) fn without_request(observed: &Observed, draft: &mut Draft) {
    let missing = &observed.cluster.missing_requests;
    if missing.is_empty() {
        return;
    }
    let steps = std::mem::take(&mut draft.steps);
    let (kept, left): (Vec<Step>, Vec<Step>) = steps
        .into_iter()
        .partition(|step| request(step).is_none_or(|name| !missing.contains(name)));
    draft.steps = kept;
    for step in left {
        let (name, what) = (request(&step).unwrap_or_default(), what(&step));
        let message = format!("{what}: the brokers have no {name}");
        let finding = Finding::cannot_apply(Code::NoRequest, step.resource(), message);
        let hint =
            "do it by the service's own means, or take it out of the manifest for this cluster";
        draft.find(finding.hint(hint));
    }
}

/// The request of a step, for the requests that a service may lack.
fn request(step: &Step) -> Option<&'static str> {
    match step.action {
        Action::CreateTopic(..) => Some("CreateTopics"),
        Action::CreatePartitions(..) => Some("CreatePartitions"),
        Action::AlterConfigs(..) => Some("IncrementalAlterConfigs"),
        Action::DeleteTopic(..) => Some("DeleteTopics"),
        _ => None,
    }
}

/// The step in words, as something that cannot be done.
fn what(step: &Step) -> String {
    match &step.action {
        Action::CreatePartitions(_, CreatePartitions { before, after }) => {
            format!("its partitions cannot grow from {before} to {after}")
        }
        Action::AlterConfigs(_, AlterConfigs { changes }) => {
            let keys: Vec<&str> = changes.iter().map(|change| change.key.as_str()).collect();
            format!(
                "settings that differ cannot be changed ({})",
                keys.join(", ")
            )
        }
        Action::DeleteTopic(..) => "it cannot be deleted".to_owned(),
        _ => "it cannot be created".to_owned(),
    }
}
