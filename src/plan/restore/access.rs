//! Restores ACLs and quotas, and reports users.
//!
//! Missing ones are added, later ones removed. ACLs are created first, Deny before Allow, and then deleted,
//! Allow before Deny, so that nobody has access in between who has none at the end. ACLs are the last
//! steps, because they can lock out the user who writes them. Users are reported, never changed: brokers do
//! not reveal secrets, so a missing user cannot be restored, and a new one may be in use.

use std::collections::{BTreeMap, BTreeSet};

use super::super::draft::rank;
use super::super::finding::{Code, Finding, Severity};
use super::super::kinds::{Action, AlterQuota, CreateAcl, DeleteAcl};
use super::super::resource::Resource;
use super::super::step::{Reason, Risk, Step};
use crate::model::access::{AclBinding, Entity, Quota, QuotaValue, User};
use crate::model::backup::Kept;
use crate::model::escape::escape;

/// The wanted ACLs, users and quotas; none leaves them alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct WantedAccess<'a> {
    /// All ACLs.
    pub acls: Option<&'a [AclBinding]>,
    /// All users.
    pub users: Option<&'a [User]>,
    /// All quotas.
    pub quotas: Option<&'a [Quota]>,
}

/// The current ACLs, users and quotas.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Live<'a> {
    /// All ACLs.
    pub acls: &'a Kept<Vec<AclBinding>>,
    /// All users.
    pub users: &'a Kept<Vec<User>>,
    /// All quotas.
    pub quotas: &'a Kept<Vec<Quota>>,
}

/// The unnumbered steps that restore ACLs and quotas, and the findings. A needed list that was not read
/// stops the plan.
#[must_use]
pub fn access(wanted: WantedAccess<'_>, live: Live<'_>) -> (Vec<Step>, Vec<Finding>) {
    let mut steps = Vec::new();
    let mut findings = Vec::new();
    if let Some(wanted) = wanted.quotas
        && let Some(live) = known(live.quotas, "quotas", wanted.len(), &mut findings)
    {
        steps.extend(quota_steps(wanted, live));
    }
    if let Some(wanted) = wanted.acls
        && let Some(live) = known(live.acls, "ACLs", wanted.len(), &mut findings)
    {
        steps.extend(acl_steps(wanted, live));
    }
    if let Some(wanted) = wanted.users
        && let Some(live) = known(live.users, "users", wanted.len(), &mut findings)
    {
        findings.extend(user_findings(wanted, live));
    }
    (steps, findings)
}

/// The list, if it was read; otherwise adds a finding, unless the cluster has no such things and none are
/// wanted.
fn known<'a, T>(
    live: &'a Kept<Vec<T>>,
    what: &str,
    wanted: usize,
    findings: &mut Vec<Finding>,
) -> Option<&'a [T]> {
    let (code, severity, message) = match live {
        Kept::Value(live) => return Some(live),
        Kept::NotSupported(_) if wanted == 0 => return None,
        Kept::NotSupported(words) => (
            Code::AccessNotSupported,
            Severity::CannotApply,
            format!("it can have no {what}, of which there were {wanted}: {words}"),
        ),
        Kept::NotSeen(words) => (
            Code::NotVisible,
            Severity::Unreadable,
            format!("its {what} cannot be read: {words}"),
        ),
    };
    let resource = Resource::Cluster;
    findings.push(Finding::new(code, severity, resource, message));
    None
}

fn step(action: impl Into<Action>) -> Step {
    Step::new(action, Reason::Undo, Risk::None)
}

fn acl_steps(wanted: &[AclBinding], live: &[AclBinding]) -> Vec<Step> {
    let wanted: BTreeSet<&AclBinding> = wanted.iter().collect();
    let live: BTreeSet<&AclBinding> = live.iter().collect();
    let created = wanted.difference(&live).copied().cloned();
    let created = created.map(|acl| step((acl, CreateAcl {})));
    let deleted = live.difference(&wanted).copied().cloned();
    let deleted = deleted.map(|acl| step((acl, DeleteAcl {})));
    let mut steps: Vec<Step> = created.chain(deleted).collect();
    steps.sort_by_key(rank);
    steps
}

fn quota_steps(wanted: &[Quota], live: &[Quota]) -> Vec<Step> {
    let wanted = by_entity(wanted);
    let live = by_entity(live);
    let none = BTreeMap::new();
    let entities: BTreeSet<&Entity> = wanted.keys().chain(live.keys()).copied().collect();
    let steps = entities.into_iter().filter_map(|entity| {
        let after = wanted.get(entity).copied().unwrap_or(&none);
        let before = live.get(entity).copied().unwrap_or(&none);
        let keys: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
        let after = keys.into_iter().map(|key| (key, after.get(key).copied()));
        Some(step((entity.clone(), AlterQuota::to(before, after)?)))
    });
    steps.collect()
}

/// Quota values by key.
type Values = BTreeMap<String, QuotaValue>;

fn by_entity(quotas: &[Quota]) -> BTreeMap<&Entity, &Values> {
    let quotas = quotas.iter();
    quotas.map(|one| (&one.entity, &one.values)).collect()
}

fn user_findings(wanted: &[User], live: &[User]) -> Vec<Finding> {
    let wanted = credentials(wanted);
    let live = credentials(live);
    let mut findings = Vec::new();
    for ((name, mechanism), iterations) in &wanted {
        let message = match live.get(&(name, mechanism)) {
            Some(found) if found == iterations => continue,
            Some(found) => format!(
                "its {mechanism} credential was of {iterations} iterations, and is one of {found}: \
                 it was made anew, and what it was is not known"
            ),
            None => format!(
                "its {mechanism} credential is gone, and cannot be made again: no broker tells a secret"
            ),
        };
        let hint = format!(
            "create it with a new password: `kafka-configs --alter --add-config \
             '{mechanism}=[iterations={iterations},password=…]' --entity-type users --entity-name {}`",
            escape(name)
        );
        let code = Code::UserNotRestored;
        findings.push(user_finding(code, Severity::CannotApply, name, message).hint(hint));
    }
    for (name, mechanism) in live.keys().filter(|key| !wanted.contains_key(*key)) {
        let message = format!(
            "its {mechanism} credential was added since, and is left alone: it may be in use"
        );
        findings.push(user_finding(
            Code::CreatedSince,
            Severity::Note,
            name,
            message,
        ));
    }
    findings
}

fn user_finding(code: Code, severity: Severity, name: &str, message: String) -> Finding {
    let resource = Resource::User {
        name: name.to_owned(),
    };
    Finding::new(code, severity, resource, message)
}

/// Iterations by user and mechanism.
fn credentials(users: &[User]) -> BTreeMap<(&str, &str), i32> {
    let pairs = users.iter().flat_map(|user| {
        let credentials = user.credentials.iter();
        credentials.map(|one| ((user.name.as_str(), one.mechanism.as_str()), one.iterations))
    });
    pairs.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::access::{Credential, Operation, PatternType, Permission, ResourceType};

    fn acl(permission: Permission, name: &str) -> AclBinding {
        AclBinding {
            resource_type: ResourceType::Topic,
            resource_name: name.to_owned(),
            pattern_type: PatternType::Literal,
            principal: "User:alice".to_owned(),
            host: "*".to_owned(),
            operation: Operation::Read,
            permission,
        }
    }

    fn quota(user: Option<&str>, values: &[(&str, f64)]) -> Quota {
        let name = user.map(str::to_owned);
        let values = values.iter();
        let values = values.map(|(key, value)| ((*key).to_owned(), QuotaValue(*value)));
        Quota {
            entity: Entity(BTreeMap::from([("user".to_owned(), name)])),
            values: values.collect(),
        }
    }

    fn user(name: &str, credentials: &[(&str, i32)]) -> User {
        let credentials = credentials.iter();
        let credentials = credentials.map(|(mechanism, iterations)| Credential {
            mechanism: (*mechanism).to_owned(),
            iterations: *iterations,
        });
        User {
            name: name.to_owned(),
            credentials: credentials.collect(),
        }
    }

    fn kept<T: Clone>(values: &[T]) -> Kept<Vec<T>> {
        Kept::Value(values.to_vec())
    }

    /// Steps and findings from these ACLs and users to `wanted`.
    fn planned(
        wanted: WantedAccess<'_>,
        acls: &[AclBinding],
        users: &[User],
        quotas: &[Quota],
    ) -> (Vec<Step>, Vec<Finding>) {
        let live = Live {
            acls: &kept(acls),
            users: &kept(users),
            quotas: &kept(quotas),
        };
        access(wanted, live)
    }

    #[test]
    fn acls_are_created_before_others_go_and_nobody_is_let_in_meanwhile() {
        let (allow, deny) = (Permission::Allow, Permission::Deny);
        let wanted = [acl(allow, "a"), acl(deny, "b"), acl(allow, "kept")];
        let live = [acl(deny, "c"), acl(allow, "d"), acl(allow, "kept")];
        let wanted = WantedAccess {
            acls: Some(&wanted),
            ..WantedAccess::default()
        };
        let (steps, findings) = planned(wanted, &live, &[], &[]);
        assert_eq!(findings, []);
        let told: Vec<(bool, String)> = steps
            .iter()
            .map(|step| {
                (
                    matches!(step.action, Action::CreateAcl(..)),
                    step.resource().to_string(),
                )
            })
            .collect();
        let of = |permission: &str, name: &str| {
            format!("ACL {permission} User:alice READ on TOPIC LITERAL {name} from *")
        };
        let expected = [
            (true, of("DENY", "b")),
            (true, of("ALLOW", "a")),
            (false, of("ALLOW", "d")),
            (false, of("DENY", "c")),
        ];
        assert_eq!(told, expected);
    }

    #[test]
    fn quotas_are_set_changed_and_removed() {
        let wanted = [
            quota(None, &[("producer_byte_rate", 1.0)]),
            quota(
                Some("a"),
                &[("producer_byte_rate", 1.0), ("request_percentage", 2.0)],
            ),
            quota(Some("same"), &[("producer_byte_rate", 1.0)]),
        ];
        let live = [
            quota(
                Some("a"),
                &[("consumer_byte_rate", 3.0), ("request_percentage", 4.0)],
            ),
            quota(Some("b"), &[("producer_byte_rate", 5.0)]),
            quota(Some("same"), &[("producer_byte_rate", 1.0)]),
        ];
        let wanted = WantedAccess {
            quotas: Some(&wanted),
            ..WantedAccess::default()
        };
        let (steps, findings) = planned(wanted, &[], &[], &live);
        assert_eq!(findings, []);
        let told: Vec<String> = steps
            .iter()
            .map(|step| {
                let Action::AlterQuota(_, AlterQuota { changes }) = &step.action else {
                    panic!()
                };
                let changes = changes.iter().map(|one| {
                    let shown = |value: Option<QuotaValue>| {
                        value.map_or("none".to_owned(), |value| value.to_string())
                    };
                    format!("{} {} {}", one.key, shown(one.before), shown(one.after))
                });
                format!(
                    "{}: {}",
                    step.resource(),
                    changes.collect::<Vec<_>>().join(", ")
                )
            })
            .collect();
        let expected = [
            "quotas of user <default>: producer_byte_rate none 1",
            "quotas of user a: consumer_byte_rate 3 none, producer_byte_rate none 1, \
             request_percentage 4 2",
            "quotas of user b: producer_byte_rate 5 none",
        ];
        assert_eq!(told, expected);
    }

    #[test]
    fn users_are_told_of_and_left_alone() {
        let wanted = [
            user("gone", &[("SCRAM-SHA-256", 4096)]),
            user("same", &[("SCRAM-SHA-256", 4096)]),
            user("other", &[("SCRAM-SHA-256", 4096), ("SCRAM-SHA-512", 4096)]),
        ];
        let live = [
            user("new", &[("SCRAM-SHA-512", 8192)]),
            user("other", &[("SCRAM-SHA-256", 8192), ("SCRAM-SHA-512", 4096)]),
            user("same", &[("SCRAM-SHA-256", 4096)]),
        ];
        let wanted = WantedAccess {
            users: Some(&wanted),
            ..WantedAccess::default()
        };
        let (steps, findings) = planned(wanted, &[], &live, &[]);
        assert_eq!(steps, []);
        let told: Vec<(Severity, String)> = findings
            .iter()
            .map(|one| (one.severity, one.resource.to_string()))
            .collect();
        let of = |severity, name: &str| (severity, format!("user {name}"));
        let expected = [
            of(Severity::CannotApply, "gone"),
            of(Severity::CannotApply, "other"),
            of(Severity::Note, "new"),
        ];
        assert_eq!(told, expected);
    }

    #[test]
    fn what_cannot_be_read_stops_the_plan_and_what_cannot_be_there_does_not() {
        let acls = [acl(Permission::Allow, "a")];
        let denied = Kept::NotSeen("CLUSTER_AUTHORIZATION_FAILED".to_owned());
        let without = Kept::NotSupported("SECURITY_DISABLED".to_owned());
        let severity = |acls: Option<&[AclBinding]>, live: &Kept<Vec<AclBinding>>| {
            let wanted = WantedAccess {
                acls,
                ..WantedAccess::default()
            };
            let live = Live {
                acls: live,
                users: &kept(&[]),
                quotas: &kept(&[]),
            };
            let (steps, findings) = access(wanted, live);
            assert_eq!(steps, []);
            findings.first().map(|one| one.severity)
        };
        assert_eq!(severity(Some(&acls), &denied), Some(Severity::Unreadable));
        assert_eq!(severity(Some(&[]), &denied), Some(Severity::Unreadable));
        assert_eq!(severity(None, &denied), None);
        assert_eq!(severity(Some(&acls), &without), Some(Severity::CannotApply));
        assert_eq!(severity(Some(&[]), &without), None);
    }
}
