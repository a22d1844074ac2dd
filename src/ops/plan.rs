//! Plans from a manifest.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::remarks::findings;
use crate::cluster::{Cluster, ClusterError};
use crate::manifest::{Manifest, ManifestErrors, Remark};
use crate::model::broker::BrokerId;
use crate::model::desired::Desired;
use crate::model::observed::Observed;
use crate::model::scope::TopicScopes;
use crate::model::seen::Seen;
use crate::model::told::told;
use crate::observe::manifest::{ask_for_keys, observe, widen};
use crate::observe::measure::measure;
use crate::observe::{access, holdings};
use crate::plan::diff::{DiffOptions, diff};
use crate::plan::guards::{self, Losses};
use crate::plan::lock_out::lock_out;
use crate::plan::{Action, Code, Finding, Plan, Severity, Step, compaction, deletions, retention};

/// Why there is no plan.
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    /// The cluster cannot be read.
    #[error(transparent)]
    Cluster(#[from] ClusterError),
    /// The brokers do not know a key of the manifest, or do not accept its value.
    #[error(transparent)]
    Manifest(#[from] ManifestErrors),
}

/// The difference between a cluster and a manifest, judged by every guard. Facts that only guards need are
/// read only when a step needs them. The manifest's hash replaces the one in `options`.
///
/// # Errors
/// The cluster cannot be read, or its brokers do not know a key of the manifest.
pub async fn plan(
    cluster: &dyn Cluster,
    manifest: &Manifest,
    options: &DiffOptions,
) -> Result<Plan, PlanError> {
    let desired = &manifest.desired;
    let options = DiffOptions {
        manifest_hash: manifest.hash.clone(),
        ..options.clone()
    };
    let mut observed = observe(cluster, desired).await?;
    let told = settle(cluster, manifest, &mut observed).await?;
    let mut plan = diff(desired, &observed, &options);
    widen(cluster, &mut observed, guards::wider(&plan)).await?;
    guards::settle(&mut plan, &observed);
    let plan = judged(cluster, plan, desired, &observed, &options.allow).await?;
    let acls = observed.acls.as_ref().and_then(Seen::value);
    let locked = acls.map(|acls| {
        let topics = desired.topic_names().collect();
        lock_out(
            &plan.steps,
            acls,
            &topics,
            options.login.as_deref(),
            &options.allow,
        )
    });
    let plan = plan.with_findings(locked.unwrap_or_default());
    Ok(plan.with_findings(findings(manifest, &told)))
}

/// A saved plan, judged by the guard that depends on the login: another one may have made the plan. What
/// the plan let through stays let through.
///
/// # Errors
/// The cluster's ACLs cannot be read.
pub async fn for_login(
    cluster: &dyn Cluster,
    plan: Plan,
    login: Option<&str>,
) -> Result<Plan, ClusterError> {
    let is_acl = |step: &Step| step.action.principal().is_some();
    if !plan.steps.iter().any(is_acl) || plan.has(Severity::Refused) {
        return Ok(plan);
    }
    let Seen::Value(acls) = access::acls(cluster).await? else {
        return Ok(plan);
    };
    let allowed = plan.findings_of(Severity::Allowed);
    let allowed = allowed.map(|finding| finding.code).collect();
    let topics = plan.steps.iter().filter_map(|step| step.action.topic());
    let topics = topics.map(|topic| topic.name.as_str()).collect();
    let acls = acls.into_iter().collect();
    let locked = lock_out(&plan.steps, &acls, &topics, login, &allowed);
    let known: BTreeSet<String> = plan
        .findings
        .iter()
        .map(|one| one.message.clone())
        .collect();
    let new = locked
        .into_iter()
        .filter(|one| !known.contains(&one.message));
    let new: Vec<Finding> = new.collect();
    Ok(plan.with_findings(new))
}

/// Judges a plan by the guards that need a whole plan.
///
/// # Errors
/// The cluster cannot be read.
pub async fn judged(
    cluster: &dyn Cluster,
    plan: Plan,
    desired: &Desired,
    observed: &Observed,
    allow: &BTreeSet<Code>,
) -> Result<Plan, ClusterError> {
    let cuts = retention::cuts(&plan, observed);
    let now_ms = Timestamp::now().as_millisecond();
    let mut questions = retention::questions(&cuts, now_ms);
    let compactions = compaction::compactions(&plan, observed);
    compaction::ask(&compactions, &mut questions);
    let live = observed.cluster.live_brokers();
    let brokers: Vec<BrokerId> = live.map(|broker| broker.id).collect();
    let measured = measure(cluster, &brokers, &questions).await?;
    let losses = Losses {
        cuts: &cuts,
        compactions: &compactions,
        measured: &measured,
        now_ms,
    };
    let plan = guards::judge(plan, desired, observed, losses, allow);
    let readers = readers_of_deleted(cluster, &plan, allow).await?;
    Ok(plan.with_findings(readers))
}

/// Findings about readers of the topics that a plan deletes.
async fn readers_of_deleted(
    cluster: &dyn Cluster,
    plan: &Plan,
    allow: &BTreeSet<Code>,
) -> Result<Vec<Finding>, ClusterError> {
    let deleted = plan.steps.iter().filter_map(|step| match &step.action {
        Action::DeleteTopic(topic, _) => Some(topic.name.as_str()),
        _ => None,
    });
    let wanted = TopicScopes::named(deleted);
    if wanted.scopes.is_empty() {
        return Ok(Vec::new());
    }
    let (_, holdings) = holdings::read(cluster, &wanted, None).await?;
    Ok(deletions::readers_of(&holdings, allow))
}

/// Checks settings that the catalogue lacks against the brokers' descriptions.
///
/// # Errors
/// The brokers do not know a key or do not accept its value, or the cluster cannot be read.
pub(super) async fn settle(
    cluster: &dyn Cluster,
    manifest: &Manifest,
    observed: &mut Observed,
) -> Result<Vec<Remark>, PlanError> {
    ask_for_keys(cluster, observed, &manifest.asked_of_topics()).await?;
    Ok(manifest.settle(|scope, key| told(observed, scope, key))?)
}
