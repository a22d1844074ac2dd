//! Makes a [`Plan`] from a manifest and the observed state.

use super::draft::Draft;
use super::finding::{Code, Finding};
use super::kinds::Action;
pub use super::options::DiffOptions;
use super::resource::Resource;
use super::step::{Reason, Step};
use super::{Plan, acls, brokers, settable, topics};
use crate::model::desired::{Desired, LeftOut};
use crate::model::observed::Observed;
use crate::model::service;

/// The steps that bring `observed` to `desired`. Undeclared things are left alone and nothing is deleted
/// that is not declared absent, unless `options` say otherwise. Guards that need more facts are in
/// [`super::guards`].
#[must_use]
pub fn diff(desired: &Desired, observed: &Observed, options: &DiffOptions) -> Plan {
    let mut draft = Draft::new(&observed.cluster.id, options);
    let service = observed.cluster.service.as_deref();
    draft.service = service.and_then(service::of_id);
    check_cluster(desired, observed, &mut draft);
    brokers::diff(desired, observed, &mut draft);
    for topic in &desired.topics {
        topics::diff(topic, observed, &mut draft);
    }
    topics::tell_unseen_settings(&mut draft);
    acls::diff(desired, observed, &mut draft);
    orphans(observed, &mut draft);
    settable::without_request(observed, &mut draft);
    check_deletes(&mut draft);
    let is_declared = |name: &&String| desired.left_out.topics.contains(*name);
    let others = observed.other_topics.iter();
    draft.left_alone.topics = others.filter(|name| !is_declared(name)).cloned().collect();
    draft.left_out = left_out(&desired.left_out);
    draft.into_plan()
}

fn left_out(left: &LeftOut) -> Vec<Resource> {
    let defaults = left.broker_defaults.then_some(Resource::BrokerDefaults);
    let brokers = left.brokers.iter().map(|id| Resource::Broker { id: *id });
    let topics = left.topics.iter().map(|name| Resource::topic(name));
    let quotas = left.quotas.iter().map(|entity| Resource::Quota {
        entity: entity.clone(),
    });
    let acls = left.acls.iter().map(|acl| Resource::Acl(acl.clone()));
    let of_topics = defaults.into_iter().chain(brokers).chain(topics);
    of_topics.chain(quotas).chain(acls).collect()
}

fn orphans(observed: &Observed, draft: &mut Draft) {
    for (name, seen) in &observed.orphans {
        if seen.is_absent() {
            continue;
        }
        draft.orphans.push(name.clone());
        if draft.options.delete_orphans {
            topics::delete_orphan(name, seen, draft);
        }
    }
}

fn check_cluster(desired: &Desired, observed: &Observed, draft: &mut Draft) {
    let Some(pinned) = &desired.cluster.id else {
        return;
    };
    if *pinned == observed.cluster.id {
        return;
    }
    let message = format!(
        "the manifest is for cluster `{pinned}`, and this is cluster `{}`",
        observed.cluster.id
    );
    let finding = Finding::refused(Code::WrongCluster, Resource::BrokerDefaults, message);
    draft.find(finding.hint("check `--bootstrap-server`, or change `cluster.id` in the manifest"));
}

fn check_deletes(draft: &mut Draft) {
    let allowed = draft.options.allow_delete;
    let doomed: Vec<&Step> = draft
        .steps
        .iter()
        .filter(|step| matches!(step.action, Action::DeleteTopic(..)))
        .collect();
    let Some(first) = doomed.first().filter(|_| doomed.len() > allowed) else {
        return;
    };
    let count = doomed.len();
    let orphans = doomed.iter().filter(|step| step.reason == Reason::Orphan);
    let keep = match orphans.count() {
        0 => "take `state: absent` out of the manifest",
        orphans if orphans == count => "leave out `--delete-orphans`",
        _ => "take `state: absent` out of the manifest, and leave out `--delete-orphans`",
    };
    let finding = too_many(first.resource(), count, allowed);
    let hint = format!("to delete them, pass `--allow-delete {count}`; to keep them, {keep}");
    draft.find(finding.hint(hint));
}

/// The finding that more topics would be deleted than allowed.
pub(super) fn too_many(first: Resource, count: usize, allowed: usize) -> Finding {
    let topics = if count == 1 { "topic" } else { "topics" };
    let message = format!(
        "{count} {topics} would be deleted with all records, and `--allow-delete` lets {allowed} go"
    );
    Finding::refused(Code::DeleteNotAllowed, first, message)
}
