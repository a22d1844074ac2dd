//! Diffs the declared ACLs and quotas.
//!
//! New ACLs are created before others are deleted, `DENY` before `ALLOW`, and deletions go the other way, so
//! that nobody has access in between who has none at the end ([`super::draft`] orders the steps).

use std::collections::{BTreeMap, BTreeSet};

use super::draft::Draft;
use super::finding::{Code, Finding, Severity};
use super::kinds::{AlterQuota, CreateAcl, DeleteAcl};
use super::resource::Resource;
use super::step::{Reason, Risk};
use crate::model::access::{AclBinding, Entity, QuotaValue};
use crate::model::desired::Desired;
use crate::model::observed::Observed;
use crate::model::seen::{Cause, Seen};
use crate::model::words::{count, shorten};

pub(super) fn diff(desired: &Desired, observed: &Observed, draft: &mut Draft) {
    if desired.speaks_of_quotas()
        && let Some(live) = known(
            observed.quotas.as_ref(),
            "quotas",
            !desired.quotas.is_empty(),
            draft,
        )
    {
        quotas(desired, live, draft);
    }
    if desired.speaks_of_acls()
        && let Some(live) = known(
            observed.acls.as_ref(),
            "ACLs",
            desired.acls.values().any(|acl| acl.present),
            draft,
        )
    {
        acls(desired, live, draft);
    }
}

/// What was read; otherwise adds a finding, unless the cluster has no such things and none are declared.
fn known<'o, T>(
    seen: Option<&'o Seen<T>>,
    what: &str,
    is_declared: bool,
    draft: &mut Draft,
) -> Option<&'o T> {
    let (code, severity, message, hint) = match seen {
        Some(Seen::Value(live)) => return Some(live),
        Some(Seen::Unseen(Cause::NotSupported, words)) => {
            if !is_declared {
                return None;
            }
            (
                Code::AccessNotSupported,
                Severity::CannotApply,
                format!("it can have no {what}: {words}"),
                "set `authorizer.class.name` on brokers and controllers, or take them out of the manifest",
            )
        }
        seen => {
            let words = seen.and_then(Seen::reason).unwrap_or("they were not read");
            (
                Code::NotVisible,
                Severity::Unreadable,
                format!("its {what} cannot be read: {words}"),
                "give this user DESCRIBE and DESCRIBE_CONFIGS on the cluster",
            )
        }
    };
    draft.find(Finding::new(code, severity, Resource::Cluster, message).hint(hint));
    None
}

fn acls(desired: &Desired, live: &BTreeSet<AclBinding>, draft: &mut Draft) {
    for (binding, declared) in &desired.acls {
        match (declared.present, live.contains(binding)) {
            (true, false) => {
                draft.step((binding.clone(), CreateAcl {}), Reason::Missing, Risk::None);
            }
            (false, true) => {
                draft.step(
                    (binding.clone(), DeleteAcl {}),
                    Reason::DeclaredAbsent,
                    Risk::None,
                );
            }
            _ => {}
        }
    }
    let is_undeclared = |binding: &&AclBinding| !desired.acls.contains_key(*binding);
    let mut orphans: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for binding in live.iter().filter(is_undeclared) {
        if !desired.ownership.covers_acl(binding) {
            continue;
        }
        if draft.options.delete_orphans {
            draft.step((binding.clone(), DeleteAcl {}), Reason::Orphan, Risk::None);
        } else {
            let of_principal = orphans.entry(&binding.principal).or_default();
            of_principal.push(binding.to_string());
        }
    }
    for (principal, acls) in orphans {
        draft.find(orphans_of(principal, "ACL", &acls));
    }
}

/// How many orphans of a principal are named.
const NAMED: usize = 3;

fn orphans_of(principal: &str, noun: &str, orphans: &[String]) -> Finding {
    let name = principal.strip_prefix("User:").unwrap_or(principal);
    let resource = Resource::User {
        name: name.to_owned(),
    };
    let message = format!(
        "the manifest owns this principal and does not declare {}: {}",
        count(orphans.len(), noun),
        shorten(orphans, NAMED)
    );
    Finding::new(Code::AccessOrphan, Severity::Note, resource, message)
        .hint("declare them, or pass `--delete-orphans` to remove them")
}

fn quotas(
    desired: &Desired,
    live: &BTreeMap<Entity, BTreeMap<String, QuotaValue>>,
    draft: &mut Draft,
) {
    let none = BTreeMap::new();
    for (entity, declared) in &desired.quotas {
        let live = live.get(entity).unwrap_or(&none);
        let (alter, reason) = match &declared.values {
            Some(values) => {
                let values = values.iter().map(|(key, value)| (key, *value));
                (AlterQuota::to(live, values), Reason::SettingDiffers)
            }
            None => (AlterQuota::removal(live), Reason::DeclaredAbsent),
        };
        let reason = if live.is_empty() {
            Reason::Missing
        } else {
            reason
        };
        if let Some(alter) = alter {
            draft.step((entity.clone(), alter), reason, Risk::None);
        }
    }
    let mut orphans: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (entity, values) in live {
        if desired.quotas.contains_key(entity) || !desired.ownership.covers_quota(entity) {
            continue;
        }
        if draft.options.delete_orphans {
            if let Some(removal) = AlterQuota::removal(values) {
                draft.step((entity.clone(), removal), Reason::Orphan, Risk::None);
            }
        } else if let Some(principal) = entity.principal() {
            let keys = values.keys().map(|key| format!("{key} of {entity}"));
            orphans.entry(principal).or_default().extend(keys);
        }
    }
    for (principal, quotas) in orphans {
        draft.find(orphans_of(&principal, "quota", &quotas));
    }
}
