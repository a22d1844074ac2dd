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
    let cluster = ResourcePattern::literal(ResourceType::Cluster, CLUSTER_NAME);
    let found: Vec<Finding> = match login {
        Some(login) if concerns(login) => {
            let change = Change::of(login, before, &after);
            let topics = topics.iter();
            let topics = topics.map(|name| ResourcePattern::literal(ResourceType::Topic, name));
            let resources = std::iter::once(cluster).chain(topics);
            resources.flat_map(|one| of_login(&change, &one)).collect()
        }
        Some(_) => Vec::new(),
        None => {
            let principals = before.iter().map(|acl| acl.principal.as_str());
            let principals: BTreeSet<&str> = principals.filter(|one| concerns(one)).collect();
            let each = principals.into_iter();
            let each = each.map(|principal| Change::of(principal, before, &after));
            each.filter_map(|one| of_anybody(&one, &cluster)).collect()
        }
    };
    found.into_iter().map(|one| one.judged(allow)).collect()
}

/// The ACLs that can decide what a principal may do, before and after a plan.
struct Change<'a> {
    principal: &'a str,
    before: Vec<&'a AclBinding>,
    after: Vec<&'a AclBinding>,
}

impl<'a> Change<'a> {
    fn of(
        principal: &'a str,
        before: &'a BTreeSet<AclBinding>,
        after: &'a BTreeSet<AclBinding>,
    ) -> Self {
        let concerning = |acls: &'a BTreeSet<AclBinding>| {
            let acls = acls.iter();
            acls.filter(|acl| acl.principal == principal || acl.principal == EVERYBODY)
                .collect()
        };
        Self {
            principal,
            before: concerning(before),
            after: concerning(after),
        }
    }

    /// How the principal loses a right, in words; none if it does not.
    fn lost(
        &self,
        resources: &ResourcePattern,
        operation: Operation,
    ) -> Option<(&'static str, &'static str)> {
        let act = Act {
            principal: self.principal,
            operation,
            resources,
            hosts: Hosts::Every,
        };
        let was = strength(&self.before, act);
        match strength(&self.after, act) {
            _ if was == Strength::None => None,
            Strength::None => Some(("lose", "")),
            is if is == was => None,
            Strength::Everywhere => None,
            Strength::Somewhere(_) => Some(("keep", " from some addresses only")),
        }
    }
}

/// What the login loses on one resource: a finding for operations that it loses from everywhere, and one
/// for those that it keeps from some addresses only.
fn of_login(change: &Change<'_>, resource: &ResourcePattern) -> Vec<Finding> {
    let mut words: BTreeMap<(&str, &str), Vec<String>> = BTreeMap::new();
    for operation in operations(resource.resource_type) {
        if let Some(how) = change.lost(resource, *operation) {
            words.entry(how).or_default().push(operation.to_string());
        }
    }
    let (on, about) = match resource.resource_type {
        ResourceType::Cluster => ("the cluster", Resource::Cluster),
        _ => ("the topic", Resource::topic(&resource.resource_name)),
    };
    let findings = words.into_iter().map(|((how, only), operations)| {
        let message = format!(
            "`{}`, the login that applies this, would {how} {} on {on}{only}",
            change.principal,
            operations.join(", ")
        );
        found(about.clone(), message)
    });
    findings.collect()
}

/// Whether a principal that may be the login loses `ALTER` on the cluster.
fn of_anybody(change: &Change<'_>, cluster: &ResourcePattern) -> Option<Finding> {
    let (how, only) = change.lost(cluster, Operation::Alter)?;
    let message = format!(
        "`{}` would {how} ALTER on the cluster{only}, and may be the login that applies this: its principal is not known here",
        change.principal
    );
    Some(found(Resource::Cluster, message))
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

fn strength<'a>(acls: &[&'a AclBinding], act: Act<'_>) -> Strength<'a> {
    let found = deciding(acls, act, true);
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
