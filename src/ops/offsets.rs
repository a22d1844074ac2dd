//! Plans for committed offsets: reset, undo, delete, clone.

use std::collections::{BTreeMap, BTreeSet};

use crate::apply::Reset;
use crate::cluster::{Cluster, ClusterError};
use crate::model::broker::BrokerId;
use crate::model::offset_file::FileOffsets;
use crate::model::offsets::OffsetFacts;
use crate::model::scope::{GroupScope, TopicScopes, Topics};
use crate::model::target::Target;
use crate::observe::offsets::{self, OffsetRead};
use crate::plan::offsets::{goes_to, show_times, wanted_commits};
use crate::plan::{Code, Finding, Plan, Resource, groups, undo};

/// Which groups to reset, and to where.
#[derive(Debug, Clone)]
pub struct OffsetRequest {
    /// The groups and their partitions.
    pub scope: GroupScope,
    /// The target position.
    pub target: Target,
    /// The content of the file that `target` names.
    pub offsets: Option<FileOffsets>,
    /// The guards that are let through.
    pub allow: BTreeSet<Code>,
    /// Whether to read the timestamps of the records at the new offsets.
    pub times: bool,
}

/// The plan that resets offsets; none when no partition matches.
///
/// # Errors
/// The cluster cannot be read.
pub async fn reset(
    cluster: &dyn Cluster,
    request: &OffsetRequest,
) -> Result<Option<Plan>, ClusterError> {
    let (target, given) = (&request.target, request.offsets.as_ref());
    let read = offsets::read(cluster, &request.scope, target, given).await?;
    let wanted_commits = wanted_commits(&read.meant, target, given, &read.facts);
    if wanted_commits.is_empty() && read.missing.is_empty() && !has_objections(&read.facts) {
        return Ok(None);
    }
    let plan = crate::plan::offsets::reset(&wanted_commits, &read.facts, now_ms(), &request.allow);
    let source = match target {
        Target::Group(from) => groups::source_objection(from, &read.facts),
        _ => None,
    };
    let mut plan = plan.with_findings(unseen(&read.missing).chain(source));
    if request.times {
        let times = offsets::times(cluster, goes_to(&plan)).await?;
        show_times(&mut plan, &times);
    }
    Ok(Some(plan))
}

/// The plan that undoes a reset.
///
/// # Errors
/// The cluster cannot be read.
pub async fn undo(cluster: &dyn Cluster, reset: &Reset) -> Result<Plan, ClusterError> {
    let steps = reset.perhaps_done();
    let groups: BTreeSet<String> = undo::groups(&steps);
    let facts = offsets::of(cluster, &groups, undo::partitions(&steps)).await?;
    Ok(undo::undo(&steps, &facts))
}

/// The plan that deletes groups and their commits; none when no group matches.
///
/// # Errors
/// The cluster cannot be read.
pub async fn delete_groups(
    cluster: &dyn Cluster,
    ids: &[String],
    patterns: bool,
) -> Result<Option<Plan>, ClusterError> {
    let read = everything(cluster, ids, patterns, &Target::Current).await?;
    if read.facts.groups.is_empty() && read.missing.is_empty() {
        return Ok(None);
    }
    let plan = groups::delete(&read.facts);
    Ok(Some(plan.with_findings(unseen(&read.missing))))
}

/// The plan that deletes a group's commits for topics; none when there are none.
///
/// # Errors
/// The cluster cannot be read.
pub async fn delete_offsets(
    cluster: &dyn Cluster,
    group: &str,
    topics: &TopicScopes,
) -> Result<Option<Plan>, ClusterError> {
    let read = everything(cluster, &[group.to_owned()], false, &Target::Current).await?;
    let committed = read.meant.values().flatten().map(|(key, _)| &key.topic);
    let parts = topics.parts(committed);
    let plan = groups::delete_offsets(group, &parts, &read.facts);
    Ok(Some(plan).filter(|plan| !is_nothing(plan)))
}

/// The plan that commits one group's offsets for another group, or why there is nothing to do.
///
/// # Errors
/// The cluster cannot be read.
pub async fn clone(
    cluster: &dyn Cluster,
    from: &str,
    to: &str,
    allow: &BTreeSet<Code>,
) -> Result<Result<Plan, &'static str>, ClusterError> {
    let target = Target::Group(from.to_owned());
    let read = everything(cluster, &[to.to_owned()], false, &target).await?;
    let plan = groups::clone(from, to, &read.facts, now_ms(), allow);
    if is_nothing(&plan) && plan.unmoved.is_empty() {
        return Ok(Err(if read.meant.values().all(Vec::is_empty) {
            "it committed nothing"
        } else {
            "the topics that it committed for are gone"
        }));
    }
    Ok(Ok(plan))
}

/// Reads all commits of groups.
async fn everything(
    cluster: &dyn Cluster,
    ids: &[String],
    patterns: bool,
    target: &Target,
) -> Result<OffsetRead, ClusterError> {
    let scope = GroupScope {
        groups: ids.to_vec(),
        topics: Topics::Committed,
        patterns,
    };
    offsets::read(cluster, &scope, target, None).await
}

/// Whether a plan has no step and nothing that stops it.
fn is_nothing(plan: &Plan) -> bool {
    plan.is_empty() && plan.stopping().is_empty()
}

/// Whether a group or its commits are absent or cannot be read.
fn has_objections(facts: &OffsetFacts) -> bool {
    facts.groups.values().any(|seen| seen.value().is_none())
        || facts.commits.values().any(|seen| seen.value().is_none())
}

/// Findings for brokers that did not list their groups, which stop the plan.
fn unseen(missing: &BTreeMap<BrokerId, String>) -> impl Iterator<Item = Finding> {
    missing.iter().map(|(id, words)| {
        let message = format!("its groups cannot be read: {words}");
        let resource = Resource::Broker { id: *id };
        Finding::unreadable(resource, message)
    })
}

fn now_ms() -> i64 {
    jiff::Timestamp::now().as_millisecond()
}
