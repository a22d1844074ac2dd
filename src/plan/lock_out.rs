//! The guard against taking the rights from the login that applies the plan.
//!
//! Rights are compared before and after the plan's ACLs, as Kafka's own authorizers decide. A super user
//! has rights without ACLs, so nothing is taken from it here.

use std::collections::{BTreeMap, BTreeSet};

use super::finding::{Code, Finding};
use super::kinds::Action;
use super::resource::Resource;
use super::step::Step;
use crate::model::access::{AclBinding, Operation, ResourceType};
use crate::model::hosts::Hosts;
use crate::model::rights::{Act, CLUSTER_NAME, EVERYBODY, ResourcePattern, deciding, operations};

/// The findings about rights that the login would lose: on the cluster, and on the topics of the plan.
/// `login` is its principal. Where it is not known, any principal that would lose `ALTER` on the cluster,
/// with which ACLs are changed, may be the login.
#[must_use]
pub fn lock_out(
    steps: &[Step],
    before: &BTreeSet<AclBinding>,
    topics: &BTreeSet<&str>,
    login: Option<&str>,
    allow: &BTreeSet<Code>,
) -> Vec<Finding> {
    let mut after = before.clone();
    let mut changed = BTreeSet::new();
    for step in steps {
        match &step.action {
            Action::CreateAcl(acl, _) => _ = after.insert(acl.clone()),
            Action::DeleteAcl(acl, _) => _ = after.remove(acl),
            _ => continue,
        }
        changed.extend(step.action.principal());
    }
    let concerns = |principal: &str| changed.contains(principal) || changed.contains(EVERYBODY);
    let change = (before, &after);
    let cluster = ResourcePattern::literal(ResourceType::Cluster, CLUSTER_NAME);
    let found = match login {
        Some(login) if concerns(login) => {
            let topics = topics.iter();
            let topics = topics.map(|name| ResourcePattern::literal(ResourceType::Topic, name));
            let resources = std::iter::once(cluster).chain(topics);
            resources
                .flat_map(|one| of_login(change, login, &one))
                .collect()
        }
        Some(_) => Vec::new(),
        None => {
            let principals = before.iter().map(|acl| acl.principal.as_str());
            let principals: BTreeSet<&str> = principals.filter(|one| concerns(one)).collect();
            of_anybody(change, principals, &cluster)
        }
    };
    found.into_iter().map(|one| one.judged(allow)).collect()
}

/// All ACLs before and after a plan.
type Change<'a> = (&'a BTreeSet<AclBinding>, &'a BTreeSet<AclBinding>);

/// What the login loses on one resource: a finding for operations that it loses from everywhere, and one
/// for those that it keeps from some addresses only.
fn of_login(change: Change<'_>, login: &str, resource: &ResourcePattern) -> Vec<Finding> {
    let mut words: BTreeMap<(&str, &str), Vec<String>> = BTreeMap::new();
    for operation in operations(resource.resource_type) {
        if let Some(how) = lost(change, login, resource, *operation) {
            words.entry(how).or_default().push(operation.to_string());
        }
    }
    let (on, about) = match resource.resource_type {
        ResourceType::Cluster => ("the cluster", Resource::Cluster),
        _ => ("the topic", Resource::topic(&resource.resource_name)),
    };
    let findings = words.into_iter().map(|((how, only), operations)| {
        let message = format!(
            "`{login}`, the login that applies this, would {how} {} on {on}{only}",
            operations.join(", ")
        );
        found(about.clone(), message)
    });
    findings.collect()
}

/// Which principals lose `ALTER` on the cluster.
fn of_anybody(
    change: Change<'_>,
    principals: BTreeSet<&str>,
    cluster: &ResourcePattern,
) -> Vec<Finding> {
    let losers = principals.into_iter().filter_map(|principal| {
        let (how, only) = lost(change, principal, cluster, Operation::Alter)?;
        let message = format!(
            "`{principal}` would {how} ALTER on the cluster{only}, and may be the login that applies this: its principal is not known here"
        );
        Some(found(Resource::Cluster, message))
    });
    losers.collect()
}

/// How a principal loses a right, in words; none if it does not.
fn lost(
    (before, after): Change<'_>,
    principal: &str,
    resource: &ResourcePattern,
    operation: Operation,
) -> Option<(&'static str, &'static str)> {
    let was = strength(before, principal, resource, operation);
    match strength(after, principal, resource, operation) {
        _ if was == Strength::None => None,
        Strength::None => Some(("lose", "")),
        is if is == was => None,
        Strength::Everywhere => None,
        Strength::Somewhere(_) => Some(("keep", " from some addresses only")),
    }
}

fn found(about: Resource, message: String) -> Finding {
    Finding::refused(Code::LocksOut, about, message)
        .hint("grant it the right in the same plan, or apply the plan with another login")
}

/// From which addresses a principal may do something.
#[derive(PartialEq, Eq)]
enum Strength<'a> {
    /// From all of them.
    Everywhere,
    /// From some of them, as these ACLs say.
    Somewhere(BTreeSet<&'a AclBinding>),
    /// From none.
    None,
}

fn strength<'a>(
    acls: &'a BTreeSet<AclBinding>,
    principal: &str,
    resources: &ResourcePattern,
    operation: Operation,
) -> Strength<'a> {
    let concerned = acls
        .iter()
        .filter(|acl| acl.principal == principal || acl.principal == EVERYBODY);
    let concerned: Vec<&AclBinding> = concerned.collect();
    let act = Act {
        principal,
        operation,
        resources,
        hosts: Hosts::Every,
    };
    let found = deciding(&concerned, act, true);
    let is_allowed = !found.allowing.is_empty();
    if !found.denying.is_empty() || (!is_allowed && found.partly_allowing.is_empty()) {
        return Strength::None;
    }
    if is_allowed && found.partly_denying.is_empty() {
        return Strength::Everywhere;
    }
    let allowing = found.allowing.into_iter().chain(found.partly_allowing);
    Strength::Somewhere(allowing.chain(found.partly_denying).collect())
}
