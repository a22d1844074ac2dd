//! Desired + Observed → [`Plan`].

use super::draft::Draft;
use super::finding::{Code, Finding, Severity};
use super::step::{Action, Resource, Step};
use super::{Plan, brokers, topics};
use crate::model::desired::Desired;
use crate::model::observed::Observed;

/// What the caller allows and wants.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Options {
    /// How many topics may be deleted.
    pub allow_delete: usize,
    /// Whether hidden values that are set already are written again.
    pub rewrite_sensitive: bool,
    /// SHA-256 of the manifest, carried into the plan.
    pub manifest_hash: String,
}

/// What has to be written so that `observed` becomes `desired`. Only what `desired` declares is
/// touched, and nothing is deleted that it does not name as absent.
#[must_use]
pub fn diff(desired: &Desired, observed: &Observed, options: &Options) -> Plan {
    let mut draft = Draft::new(&observed.cluster.id, options.rewrite_sensitive);
    check_cluster(desired, observed, &mut draft);
    brokers::diff(desired, observed, &mut draft);
    for topic in &desired.topics {
        topics::diff(topic, observed, &mut draft);
    }
    check_deletes(options.allow_delete, &mut draft);
    draft.left_alone.topics.clone_from(&observed.other_topics);
    draft.into_plan(options.manifest_hash.clone())
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
    let finding = Finding::new(
        Code::WrongCluster,
        Severity::Refused,
        Resource::BrokerDefaults,
        message,
    );
    draft.find(finding.hint("check `--bootstrap-server`, or change `cluster.id` in the manifest"));
}

fn check_deletes(allowed: usize, draft: &mut Draft) {
    let doomed: Vec<&Step> = draft
        .steps
        .iter()
        .filter(|step| matches!(step.action, Action::Delete { .. }))
        .collect();
    let Some(first) = doomed.first().filter(|_| doomed.len() > allowed) else {
        return;
    };
    let count = doomed.len();
    let topics = if count == 1 { "topic" } else { "topics" };
    let message = format!(
        "{count} {topics} would be deleted with all records, and `--allow-delete` lets {allowed} go"
    );
    let finding = Finding::new(
        Code::DeleteNotAllowed,
        Severity::Refused,
        first.resource.clone(),
        message,
    );
    draft.find(finding.hint(format!(
        "to delete them, pass `--allow-delete {count}`; to keep them, take `state: absent` out of the manifest"
    )));
}
