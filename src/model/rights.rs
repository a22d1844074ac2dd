//! Which ACLs decide what a principal may do, as Kafka's own authorizers decide it
//! (`StandardAuthorizerData`, `AclAuthorizer`).
//!
//! An ACL matches by resource, principal, operation and host. One `DENY` that matches wins over every
//! `ALLOW`. Traps: only `ALLOW` implies other operations (`DENY READ` leaves `DESCRIBE` alone), `ALL` denies
//! all of them, and `User:*` is the only principal that stands for others.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::Serialize;

use super::access::{AclBinding, Operation, PatternType, Permission, ResourceType};
use super::hosts::Hosts;

/// The principal of ACLs that hold for everybody.
pub const EVERYBODY: &str = "User:*";

/// The name of ACLs that hold for every resource of a kind.
pub const EVERY_NAME: &str = "*";

/// The name of the only resource of the kind [`ResourceType::Cluster`].
pub const CLUSTER_NAME: &str = "kafka-cluster";

/// The resources that an ACL is about (`ResourcePattern`).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ResourcePattern {
    /// Their kind.
    pub resource_type: ResourceType,
    /// Their name, the beginning of their names, or `*`.
    pub resource_name: String,
    /// Whether the name is a whole name or a prefix.
    pub pattern_type: PatternType,
}

impl ResourcePattern {
    /// One resource.
    #[must_use]
    pub fn literal(resource_type: ResourceType, name: &str) -> Self {
        Self {
            resource_type,
            resource_name: name.to_owned(),
            pattern_type: PatternType::Literal,
        }
    }

    /// The resources of an ACL.
    #[must_use]
    pub fn of(acl: &AclBinding) -> Self {
        Self {
            resource_type: acl.resource_type,
            resource_name: acl.resource_name.clone(),
            pattern_type: acl.pattern_type,
        }
    }

    fn is_every(&self) -> bool {
        self.pattern_type == PatternType::Literal && self.resource_name == EVERY_NAME
    }

    /// Whether it has all resources of the other one.
    #[must_use]
    pub fn covers(&self, other: &Self) -> bool {
        let name = &other.resource_name;
        self.resource_type == other.resource_type
            && match self.pattern_type {
                _ if self.is_every() => true,
                _ if other.is_every() => false,
                PatternType::Literal => self == other,
                PatternType::Prefixed => name.starts_with(&self.resource_name),
            }
    }

    /// Whether it has any resource of the other one.
    #[must_use]
    pub fn overlaps(&self, other: &Self) -> bool {
        self.covers(other) || other.covers(self)
    }
}

/// The operations that requests need on a kind of resource (`AclEntry.supportedOperations`).
#[must_use]
pub fn operations(resource_type: ResourceType) -> &'static [Operation] {
    use Operation::{
        Alter, AlterConfigs, ClusterAction, Create, CreateTokens, Delete, Describe,
        DescribeConfigs, DescribeTokens, IdempotentWrite, Read, TwoPhaseCommit, Write,
    };
    match resource_type {
        ResourceType::Topic => &[
            Read,
            Write,
            Create,
            Delete,
            Alter,
            Describe,
            DescribeConfigs,
            AlterConfigs,
        ],
        ResourceType::Group => &[Read, Delete, Describe, DescribeConfigs, AlterConfigs],
        ResourceType::Cluster => &[
            Create,
            Alter,
            Describe,
            ClusterAction,
            DescribeConfigs,
            AlterConfigs,
            IdempotentWrite,
        ],
        ResourceType::TransactionalId => &[Write, Describe, TwoPhaseCommit],
        ResourceType::DelegationToken => &[Describe],
        ResourceType::User => &[CreateTokens, DescribeTokens],
    }
}

/// Whether an ACL of this operation and permission is one about `asked`.
#[must_use]
pub fn is_about(permission: Permission, operation: Operation, asked: Operation) -> bool {
    use Operation::{All, Alter, AlterConfigs, Delete, Describe, DescribeConfigs, Read, Write};
    if operation == All || operation == asked {
        return true;
    }
    permission == Permission::Allow
        && match asked {
            Describe => matches!(operation, Read | Write | Delete | Alter),
            DescribeConfigs => operation == AlterConfigs,
            _ => false,
        }
}

/// What a principal wants to do.
#[derive(Debug, Clone, Copy)]
pub struct Act<'a> {
    /// The principal, such as `User:alice`.
    pub principal: &'a str,
    /// The operation; not `ALL`, which no request needs.
    pub operation: Operation,
    /// The resources.
    pub resources: &'a ResourcePattern,
    /// From where.
    pub hosts: Hosts<'a>,
}

/// The ACLs that decide an act, the nearest first.
#[derive(Debug, Clone, Default)]
pub struct Deciding<'a> {
    /// Those that deny all of it.
    pub denying: Vec<&'a AclBinding>,
    /// Those that allow all of it.
    pub allowing: Vec<&'a AclBinding>,
    /// Those that deny a part: some of the resources, or some of the hosts.
    pub partly_denying: Vec<&'a AclBinding>,
    /// Those that allow a part.
    pub partly_allowing: Vec<&'a AclBinding>,
    /// Whether any ACL is on the resources, of whatever principal, operation and host.
    pub any: bool,
}

/// The ACLs that decide an act. `has_ranges`: see [`Hosts::of`].
#[must_use]
pub fn deciding<'a>(acls: &[&'a AclBinding], act: Act<'_>, has_ranges: bool) -> Deciding<'a> {
    let mut found = Deciding::default();
    for acl in acls {
        let resources = ResourcePattern::of(acl);
        if !resources.overlaps(act.resources) {
            continue;
        }
        let covers = resources.covers(act.resources);
        found.any |= covers;
        let hosts = Hosts::of(&acl.host, has_ranges);
        let matches = (acl.principal == act.principal || acl.principal == EVERYBODY)
            && is_about(acl.permission, acl.operation, act.operation)
            && hosts.overlaps(act.hosts);
        if matches {
            let whole = covers && hosts.covers(act.hosts);
            let among = match (acl.permission, whole) {
                (Permission::Deny, true) => &mut found.denying,
                (Permission::Allow, true) => &mut found.allowing,
                (Permission::Deny, false) => &mut found.partly_denying,
                (Permission::Allow, false) => &mut found.partly_allowing,
            };
            among.push(acl);
        }
    }
    for among in [
        &mut found.denying,
        &mut found.allowing,
        &mut found.partly_denying,
        &mut found.partly_allowing,
    ] {
        among.sort_by_key(|acl| distance(acl, act.operation));
    }
    found
}

/// How far an ACL is from what was asked: whole names before long prefixes, short ones and `*`; the
/// operation itself before others; one principal before everybody.
fn distance(acl: &AclBinding, asked: Operation) -> impl Ord + use<> {
    let is_every = acl.pattern_type == PatternType::Literal && acl.resource_name == EVERY_NAME;
    (
        is_every,
        acl.pattern_type,
        Reverse(acl.resource_name.len()),
        acl.operation != asked,
        acl.operation == Operation::All,
        acl.principal == EVERYBODY,
    )
}

/// Whether something is allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum May {
    /// It is allowed.
    Yes,
    /// It is denied, or not allowed.
    No,
    /// Nobody can tell.
    Unknown,
}

/// One operation of one principal on some resources, with the ACL that decides.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Entitlement {
    /// The principal, such as `User:alice`; `User:*` is everybody.
    pub principal: String,
    /// The resources.
    #[serde(flatten)]
    pub resources: ResourcePattern,
    /// From where, as ACLs write it; `*` is every host.
    pub host: String,
    /// The operation, never `ALL`.
    pub operation: Operation,
    /// Whether ACLs allow the operation; a super user may do it anyway. `unknown`: the host is a range, and
    /// brokers may not know ranges.
    pub acls_say: May,
    /// The ACL that decides.
    pub rule: AclBinding,
    /// ACLs that would allow it, but a `DENY` wins.
    pub overridden: Vec<AclBinding>,
    /// ACLs that deny it for some of the resources or hosts.
    pub except: Vec<AclBinding>,
}

/// The entitlements that ACLs give to or take from principals.
#[derive(Debug, Clone, Default)]
pub struct Entitled<'a> {
    /// The principals; without any, each that an ACL names, with what its own ACLs say.
    pub principals: &'a [String],
    /// The resource; without one, all patterns that ACLs name.
    pub resource: Option<ResourcePattern>,
    /// Whether brokers take a host with `/` as a range; none if nobody can tell.
    pub has_ranges: Option<bool>,
}

impl Entitled<'_> {
    /// The entitlements, ordered.
    #[must_use]
    pub fn among(&self, acls: &[AclBinding]) -> Vec<Entitlement> {
        let on_resource = |acl: &&AclBinding| self.is_on_resource(acl);
        let acls: Vec<&AclBinding> = acls.iter().filter(on_resource).collect();
        let named = acls.iter().map(|acl| &acl.principal);
        let principals: BTreeSet<&String> = if self.principals.is_empty() {
            named.collect()
        } else {
            self.principals.iter().collect()
        };
        let mut all: Vec<Entitlement> = principals
            .into_iter()
            .flat_map(|principal| self.of(principal, &acls))
            .collect();
        all.sort();
        all
    }

    /// The ACLs among these that match no client, because of their host.
    #[must_use]
    pub fn without_effect(&self, acls: &[AclBinding]) -> Vec<AclBinding> {
        let is_asked = |acl: &&AclBinding| {
            let principals = self.principals;
            let is_of = principals.is_empty() || acl.principal == EVERYBODY;
            is_of || principals.contains(&acl.principal)
        };
        let has_ranges = self.has_ranges != Some(false);
        let is_void = |acl: &&AclBinding| Hosts::of(&acl.host, has_ranges) == Hosts::Nobody;
        let all = acls.iter().filter(|acl| self.is_on_resource(acl));
        all.filter(is_asked).filter(is_void).cloned().collect()
    }

    fn is_on_resource(&self, acl: &AclBinding) -> bool {
        let resources = ResourcePattern::of(acl);
        let wanted = self.resource.as_ref();
        wanted.is_none_or(|wanted| resources.covers(wanted))
    }

    /// The entitlements of one principal.
    fn of(&self, principal: &str, acls: &[&AclBinding]) -> Vec<Entitlement> {
        let is_of = |acl: &&&AclBinding| acl.principal == principal || acl.principal == EVERYBODY;
        let acls: Vec<&AclBinding> = acls.iter().filter(is_of).copied().collect();
        let mut asked = BTreeSet::new();
        for acl in &acls {
            if self.principals.is_empty() && acl.principal != principal {
                continue;
            }
            let resources = self.resource.clone();
            let resources = resources.unwrap_or_else(|| ResourcePattern::of(acl));
            for operation in operations(acl.resource_type) {
                if is_about(acl.permission, acl.operation, *operation) {
                    asked.insert((resources.clone(), *operation, acl.host.as_str()));
                }
            }
        }
        let asked = asked.into_iter();
        let entitlements = asked.filter_map(|(resources, operation, host)| {
            let entitlement = |has_ranges| {
                let hosts = Hosts::of(host, has_ranges);
                let act = Act {
                    principal,
                    operation,
                    resources: &resources,
                    hosts,
                };
                entitlement(&deciding(&acls, act, has_ranges), act, host)
            };
            if let Some(known) = self.has_ranges {
                return entitlement(known);
            }
            let (with, without) = (entitlement(true), entitlement(false));
            if with == without {
                return with;
            }
            let either = with.or(without)?;
            Some(Entitlement {
                acls_say: May::Unknown,
                ..either
            })
        });
        entitlements.collect()
    }
}

/// What the deciding ACLs say; none if they say nothing, because no client has such an address.
fn entitlement(found: &Deciding<'_>, act: Act<'_>, host: &str) -> Option<Entitlement> {
    let owned = |acls: &[&AclBinding]| acls.iter().copied().cloned().collect::<Vec<_>>();
    let denied = found.denying.first();
    let rule = *denied.or(found.allowing.first())?;
    Some(Entitlement {
        principal: act.principal.to_owned(),
        resources: act.resources.clone(),
        host: host.to_owned(),
        operation: act.operation,
        acls_say: if denied.is_some() { May::No } else { May::Yes },
        rule: rule.clone(),
        overridden: denied.map_or_else(Vec::new, |_| owned(&found.allowing)),
        except: if denied.is_some() {
            Vec::new()
        } else {
            owned(&found.partly_denying)
        },
    })
}
