//! Compares a cluster with a manifest.

use std::collections::BTreeSet;

use super::plan::{PlanError, settle};
use crate::cluster::Cluster;
use crate::manifest::{Manifest, Remark};
use crate::model::desired::{Desired, DesiredTopic, TopicState};
use crate::model::health::Health;
use crate::model::observed::Observed;
use crate::model::seen::{Cause, Seen};
use crate::model::topic::Topic;
use crate::observe::health::health;
use crate::observe::manifest::observe;
use crate::plan::diff::{DiffOptions, diff};
use crate::plan::{Code, Finding, Plan, Resource, Severity, Step};

/// The cluster's health, with its differences from a manifest if there is one.
///
/// # Errors
/// Those of [`compared`].
pub async fn compared_health(
    cluster: &dyn Cluster,
    manifest: Option<&Manifest>,
) -> Result<Health, PlanError> {
    match manifest {
        Some(manifest) => Ok(compared(cluster, manifest).await?.health),
        None => Ok(health(cluster, [], None).await?),
    }
}

/// A cluster compared with a manifest.
#[derive(Debug)]
pub struct Compared {
    /// The cluster.
    pub observed: Observed,
    /// Remarks about settings that the catalogue lacks, from the brokers' descriptions.
    pub told: Vec<Remark>,
    /// The differences.
    pub plan: Plan,
    /// The cluster's health, with the number of differences.
    pub health: Health,
}

/// Reads a cluster and compares it with a manifest.
///
/// # Errors
/// The cluster cannot be read, or its brokers do not know a key of the manifest.
pub async fn compared(cluster: &dyn Cluster, manifest: &Manifest) -> Result<Compared, PlanError> {
    let desired = &manifest.desired;
    let mut observed = observe(cluster, desired).await?;
    let told = settle(cluster, manifest, &mut observed).await?;
    let declared = desired.broker.brokers.keys().copied();
    let mut health = health(cluster, declared, Some(&observed.topics)).await?;
    let plan = diff(desired, &observed, &DiffOptions::default());
    add_drift(&mut health, &plan, desired, &observed);
    Ok(Compared {
        observed,
        told,
        plan,
        health,
    })
}

/// Adds how many resources differ from the manifest, and how many could not be compared.
fn add_drift(health: &mut Health, plan: &Plan, desired: &Desired, observed: &Observed) {
    let differing = differing(plan);
    let hidden = plan.findings.iter();
    let hidden = hidden.filter(|one| one.code == Code::NotVisible);
    // A finding on the whole cluster repeats what is counted per topic here.
    let hidden = hidden.filter(|one| one.resource != Resource::Cluster);
    let hidden = hidden.map(|one| one.resource.clone());
    let untold = untold_settings(desired, observed).map(Resource::topic);
    let not_seen: BTreeSet<Resource> = hidden.chain(untold).collect();
    let not_seen = not_seen.iter().filter(|one| !differing.contains(one));
    health.drift = Some(differing.len());
    health.drift_not_seen = not_seen.count();
    if let Some(seen) = observed.kept_back() {
        health.add_broker_settings(seen);
    }
}

fn differing(plan: &Plan) -> BTreeSet<Resource> {
    let differs =
        |severity: &Severity| matches!(severity, Severity::Refused | Severity::CannotApply);
    // A resource that is not visible may not differ.
    let is_known = |one: &&Finding| one.code != Code::NotVisible && differs(&one.severity);
    let found = plan.findings.iter().filter(is_known);
    found
        .map(|one| one.resource.clone())
        .chain(plan.steps.iter().map(Step::resource))
        .collect()
}

/// Declared topics with declared settings that the cluster cannot report.
pub fn untold_settings<'a>(
    desired: &'a Desired,
    observed: &'a Observed,
) -> impl Iterator<Item = &'a str> {
    let has_settings = |topic: &&DesiredTopic| match &topic.state {
        TopicState::Present(spec) => !spec.configs.is_empty(),
        TopicState::Absent => false,
    };
    let names = desired.topics.iter().filter(has_settings);
    let names = names.map(|topic| topic.name.as_str());
    names.filter(|name| observed.topics.get(*name).is_some_and(is_untold))
}

/// Whether the cluster cannot report the topic or its settings.
#[must_use]
pub fn is_untold(seen: &Seen<Topic>) -> bool {
    let settings = seen.as_ref().and_then(Topic::settings_seen);
    settings.is_unseen_as(Cause::NotSupported)
}
