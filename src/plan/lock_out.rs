//! The guard against taking the rights from the login that applies the plan.
//!
//! Rights are compared before and after the plan's ACLs, as Kafka's own authorizers decide. A super user
//! has rights without ACLs, so nothing is taken from it here.

use std::collections::BTreeSet;

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
    let of_everybody = before.iter().map(|acl| acl.principal.as_str());
    let lost = |principal: &str, resource: &ResourcePattern, operation: Operation| {
        is_allowed(before, principal, resource, operation)
            && !is_allowed(&after, principal, resource, operation)
    };
    let cluster = ResourcePattern::literal(ResourceType::Cluster, CLUSTER_NAME);
    let Some(login) = login else {
        let principals: BTreeSet<&str> = of_everybody.filter(|one| concerns(one)).collect();
        let losers = principals
            .into_iter()
            .filter(|one| lost(one, &cluster, Operation::Alter));
        return losers
            .map(|principal| {
                let message = format!(
                    "`{principal}` would lose ALTER on the cluster, and may be the login that applies this: its principal is not known here"
                );
                found(message, allow)
            })
            .collect();
    };
    if !concerns(login) {
        return Vec::new();
    }
    let topics = topics
        .iter()
        .map(|name| ResourcePattern::literal(ResourceType::Topic, name));
    let mut findings = Vec::new();
    for resource in std::iter::once(cluster).chain(topics) {
        let operations = operations(resource.resource_type).iter();
        let words: Vec<String> = operations
            .filter(|operation| lost(login, &resource, **operation))
            .map(ToString::to_string)
            .collect();
        if !words.is_empty() {
            let on = match resource.resource_type {
                ResourceType::Cluster => "the cluster".to_owned(),
                _ => format!("the topic `{}`", resource.resource_name),
            };
            let message = format!(
                "`{login}`, the login that applies this, would lose {} on {on}",
                words.join(", ")
            );
            findings.push(found(message, allow));
        }
    }
    findings
}

fn found(message: String, allow: &BTreeSet<Code>) -> Finding {
    Finding::refused(Code::LocksOut, Resource::Cluster, message)
        .hint("grant it the right in the same plan, or apply the plan with another login")
        .judged(allow)
}

fn is_allowed(
    acls: &BTreeSet<AclBinding>,
    principal: &str,
    resources: &ResourcePattern,
    operation: Operation,
) -> bool {
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
    let allows = |acls: &[&AclBinding]| !acls.is_empty();
    // A rule for some addresses counts, because the address of the login is not known.
    let denied = allows(&found.denying);
    !denied && (allows(&found.allowing) || allows(&found.partly_allowing))
}
