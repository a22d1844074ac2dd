//! How a cluster authorises requests, as far as it is known, and what follows for one request.
//!
//! Brokers hide settings that they do not define themselves, such as `super.users`. What is not known is
//! never taken for a yes or a no.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::Serialize;

use super::access::{AclBinding, PatternType};
use super::api_versions::ApiVersions;
use super::broker::BrokerId;
use super::hosts::Hosts;
use super::rights::{Act, Deciding, EVERY_NAME, May, ResourcePattern, deciding};
use super::seen::Seen;

/// The key that names the authorizer.
pub const CLASS: &str = "authorizer.class.name";

/// The key with the principals that may do everything.
pub const SUPER_USERS: &str = "super.users";

/// The key that opens resources without ACLs to everybody.
pub const OPEN_WITHOUT_ACL: &str = "allow.everyone.if.no.acl.found";

/// Kafka's own authorizers, which decide alike: with `KRaft`, and with `ZooKeeper`.
pub const OWN_CLASSES: [&str; 2] = [
    "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
    "kafka.security.authorizer.AclAuthorizer",
];

/// The level of `metadata.version` from which brokers take a host with `/` as a range: 4.4-IV1
/// (`MetadataVersion.isCidrAclSupported`). What counts is what a broker supports, not what is finalised.
const RANGES: i16 = 32;

/// Whether brokers take an ACL's host with `/` as a range of addresses; none if they differ or do not tell.
#[must_use]
pub fn knows_ranges(versions: &BTreeMap<BrokerId, Seen<ApiVersions>>) -> Option<bool> {
    let each = versions.values().map(|seen| {
        let mut features = seen.value()?.features.iter();
        let metadata = features.find(|feature| feature.name == "metadata.version");
        Some(metadata.is_some_and(|metadata| metadata.max >= RANGES))
    });
    let answers: BTreeSet<bool> = each.collect::<Option<_>>()?;
    let mut answers = answers.into_iter();
    let first = answers.next();
    if answers.next().is_some() {
        None
    } else {
        first
    }
}

/// The authorizer of a cluster's brokers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AuthorizerKind {
    /// They have none.
    Missing,
    /// One of [`OWN_CLASSES`].
    Own,
    /// Another class, with its name.
    Foreign(String),
    /// It cannot be told; why.
    Hidden(String),
}

/// All that is known of how a cluster authorises requests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authorizer {
    /// The authorizer.
    pub kind: AuthorizerKind,
    /// The ACLs, ordered.
    pub acls: Seen<Vec<AclBinding>>,
    /// [`SUPER_USERS`]; none if brokers hide it or differ.
    pub super_users: Option<BTreeSet<String>>,
    /// [`OPEN_WITHOUT_ACL`]; none if brokers hide it or differ.
    pub open_without_acl: Option<bool>,
    /// Whether brokers take a host with `/` as a range; none if they differ or do not tell.
    pub has_ranges: Option<bool>,
    /// What the user gave for settings that brokers hide, as `key=value`.
    pub assumed: Vec<String>,
}

/// Why a request is allowed or not, or why nobody can tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Ground {
    /// There is no authorizer: everybody may do everything.
    NoAuthorizer,
    /// The principal is a super user.
    SuperUser,
    /// An ACL decides.
    Acl,
    /// The resource has no ACL, and is open to everybody then.
    NoAclOnResource,
    /// No ACL allows it.
    NoMatchingAcl,
    /// It depends on the address of the client.
    DependsOnHost,
    /// It depends on whether brokers know ranges of addresses.
    RangesUnknown,
    /// Who is a super user is hidden.
    SuperUsersHidden,
    /// The resource has no ACL, and whether it is open then is hidden.
    OpenWithoutAclHidden,
    /// Kafka's authorizer does not answer for this name, or not as its ACLs say.
    AuthorizerFails,
    /// The ACLs cannot be seen.
    AclsHidden,
    /// The authorizer cannot be told.
    AuthorizerHidden,
    /// The authorizer is not Kafka's own.
    ForeignAuthorizer,
}

/// Whether one request is allowed, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// Whether it is allowed.
    pub allowed: May,
    /// Why.
    pub ground: Ground,
    /// The class of a foreign authorizer, or why something was not seen.
    pub words: Option<String>,
    /// The ACLs that decide, the nearest first.
    pub rules: Vec<AclBinding>,
    /// ACLs that would allow it, but a `DENY` wins.
    pub overridden: Vec<AclBinding>,
}

impl Decision {
    fn new(allowed: May, ground: Ground) -> Self {
        Self {
            allowed,
            ground,
            words: None,
            rules: Vec::new(),
            overridden: Vec::new(),
        }
    }

    fn saying(self, words: &str) -> Self {
        Self {
            words: Some(words.to_owned()),
            ..self
        }
    }

    fn by(self, rules: &[&AclBinding]) -> Self {
        Self {
            rules: rules.iter().copied().cloned().collect(),
            ..self
        }
    }
}

impl Authorizer {
    /// Decides about an operation of a principal on one resource, from one address or, with `*`, from any.
    #[must_use]
    pub fn decide(&self, act: Act<'_>) -> Decision {
        let acls = match (&self.kind, &self.acls) {
            (AuthorizerKind::Missing, _) => return Decision::new(May::Yes, Ground::NoAuthorizer),
            (AuthorizerKind::Foreign(class), _) => {
                return Decision::new(May::Unknown, Ground::ForeignAuthorizer).saying(class);
            }
            (AuthorizerKind::Hidden(why), _) => {
                return Decision::new(May::Unknown, Ground::AuthorizerHidden).saying(why);
            }
            (AuthorizerKind::Own, _) if self.is_super(act.principal) == Some(true) => {
                return Decision::new(May::Yes, Ground::SuperUser);
            }
            (AuthorizerKind::Own, Seen::Unseen(_, words)) => {
                return Decision::new(May::Unknown, Ground::AclsHidden).saying(words);
            }
            (AuthorizerKind::Own, Seen::Absent) => Vec::new(),
            (AuthorizerKind::Own, Seen::Value(acls)) => acls.iter().collect(),
        };
        if misses_every_name(&acls, act.resources) {
            return Decision::new(May::Unknown, Ground::AuthorizerFails);
        }
        let fails = fails_on(&acls, act.resources);
        let decided = |has_ranges| {
            let found = deciding(&acls, act, has_ranges);
            self.by_acls(&found, has_ranges, fails)
        };
        let decision = match self.has_ranges {
            Some(known) => decided(known),
            None => either(decided(true), decided(false)),
        };
        if decision.allowed == May::No && self.is_super(act.principal).is_none() {
            return Decision {
                allowed: May::Unknown,
                ground: Ground::SuperUsersHidden,
                ..decision
            };
        }
        decision
    }

    /// Whether a principal may do everything; none if nobody can tell.
    #[must_use]
    pub fn is_super(&self, principal: &str) -> Option<bool> {
        let users = self.super_users.as_ref()?;
        Some(users.contains(principal))
    }

    fn by_acls(&self, found: &Deciding<'_>, has_ranges: bool, fails: bool) -> Decision {
        let by_acl = |allowed| Decision::new(allowed, Ground::Acl);
        if let Some(rule) = found.denying.first() {
            let overridden = found.allowing.iter().copied().cloned().collect();
            return Decision {
                overridden,
                ..by_acl(May::No).by(&[rule])
            };
        }
        if fails {
            return Decision::new(May::Unknown, Ground::AuthorizerFails);
        }
        let is_denied = |acl: &&AclBinding| {
            let hosts = Hosts::of(&acl.host, has_ranges);
            let denying = found.partly_denying.iter();
            let mut denying = denying.map(|deny| Hosts::of(&deny.host, has_ranges));
            denying.any(|denied| denied.covers(hosts))
        };
        let parts = [&found.allowing[..], &found.partly_allowing].concat();
        let parts: Vec<&AclBinding> = parts.into_iter().filter(|acl| !is_denied(acl)).collect();
        match found.allowing.first() {
            Some(rule) if found.partly_denying.is_empty() => by_acl(May::Yes).by(&[rule]),
            _ if !parts.is_empty() => {
                let rules = [&found.partly_denying[..], &parts].concat();
                Decision::new(May::Unknown, Ground::DependsOnHost).by(&rules)
            }
            _ if found.any => Decision::new(May::No, Ground::NoMatchingAcl),
            _ => match self.open_without_acl {
                Some(true) => Decision::new(May::Yes, Ground::NoAclOnResource),
                Some(false) => Decision::new(May::No, Ground::NoMatchingAcl),
                None => Decision::new(May::Unknown, Ground::OpenWithoutAclHidden),
            },
        }
    }
}

/// Whether there are ACLs of `*` that a name misses because it begins with `*` itself: with `StandardAuthorizer`,
/// but not with `AclAuthorizer`.
fn misses_every_name(acls: &[&AclBinding], resource: &ResourcePattern) -> bool {
    let begins = resource.resource_name.starts_with(EVERY_NAME);
    let every = ResourcePattern::literal(resource.resource_type, EVERY_NAME);
    begins && acls.iter().any(|acl| ResourcePattern::of(acl) == every)
}

/// Whether Kafka's authorizer fails on a name, unless an ACL denies: `StandardAuthorizerData.checkSection` goes
/// on behind the ACLs of `*`, and cuts the name `*` to what the next name and the resource have in common. If
/// that is one character, it looks again for ever; if it is more, it throws.
fn fails_on(acls: &[&AclBinding], resource: &ResourcePattern) -> bool {
    let name = &resource.resource_name;
    let alike = acls
        .iter()
        .filter(|acl| acl.resource_type == resource.resource_type);
    let mut behind: Vec<&str> = alike
        .filter(|acl| acl.pattern_type == PatternType::Prefixed || acl.resource_name != EVERY_NAME)
        .map(|acl| acl.resource_name.as_str())
        .filter(|other| *other <= EVERY_NAME)
        .collect();
    behind.sort_by(|one, other| other.encode_utf16().cmp(one.encode_utf16()));
    let mut behind = behind.into_iter();
    let next = behind.find(|other| !name.starts_with(other));
    next.is_some_and(|next| next.chars().next() == name.chars().next())
}

/// What holds with and without ranges; unknown if that differs.
fn either(with: Decision, without: Decision) -> Decision {
    if with.allowed == without.allowed && with.ground == without.ground {
        return with;
    }
    let mut rules = with.rules;
    let further = without.rules.into_iter();
    let new: Vec<AclBinding> = further.filter(|acl| !rules.contains(acl)).collect();
    rules.extend(new);
    Decision {
        rules,
        ..Decision::new(May::Unknown, Ground::RangesUnknown)
    }
}

/// The principals of [`SUPER_USERS`], as brokers read its value.
#[must_use]
pub fn super_users(value: &str) -> BTreeSet<String> {
    let all = value.split(';').map(str::trim);
    let all = all.filter(|name| !name.is_empty());
    all.map(str::to_owned).collect()
}

/// Whether brokers read this value as true (`Boolean.parseBoolean`).
#[must_use]
pub fn is_true(value: &str) -> bool {
    value.trim().eq_ignore_ascii_case("true")
}

#[cfg(test)]
mod tests {
    use super::super::access::{Operation, ResourceType};
    use super::super::rights::CLUSTER_NAME;
    use super::*;

    /// ACLs from lines such as `ALLOW User:alice READ on TOPIC LITERAL orders from *`.
    fn acls(lines: &[&str]) -> Vec<AclBinding> {
        let acl = |line: &&str| {
            let words: Vec<&str> = line.split(' ').collect();
            let [
                permission,
                principal,
                operation,
                _,
                kind,
                pattern,
                name,
                _,
                host,
            ] = words[..]
            else {
                panic!("{line}");
            };
            serde_json::from_value(serde_json::json!({
                "permission": permission, "principal": principal, "operation": operation,
                "resourceType": kind, "patternType": pattern, "resourceName": name, "host": host,
            }))
            .unwrap()
        };
        lines.iter().map(acl).collect()
    }

    fn with(lines: &[&str]) -> Authorizer {
        Authorizer {
            kind: AuthorizerKind::Own,
            acls: Seen::Value(acls(lines)),
            super_users: Some(BTreeSet::new()),
            open_without_acl: Some(false),
            has_ranges: Some(true),
            assumed: Vec::new(),
        }
    }

    fn decide(authorizer: &Authorizer, operation: Operation, topic: &str, host: &str) -> Decision {
        let resource = match topic {
            CLUSTER_NAME => ResourcePattern::literal(ResourceType::Cluster, topic),
            _ => ResourcePattern::literal(ResourceType::Topic, topic),
        };
        authorizer.decide(Act {
            principal: "User:alice",
            operation,
            resources: &resource,
            hosts: Hosts::of(host, false),
        })
    }

    #[test]
    fn acls_decide_as_in_kafka() {
        use May::{No, Unknown, Yes};
        use Operation::{
            Alter, AlterConfigs, ClusterAction, Create, Delete, Describe, DescribeConfigs, Read,
            Write,
        };
        type Case<'a> = (&'a [&'a str], Operation, &'a str, &'a str, May, Ground);
        const ALLOW: &str = "ALLOW User:alice READ on TOPIC LITERAL orders from *";
        const PREFIX: &str = "ALLOW User:alice ALL on TOPIC PREFIXED ord from *";
        const EVERY: &str = "ALLOW User:* WRITE on TOPIC LITERAL * from *";
        const DENY: &str = "DENY User:alice READ on TOPIC PREFIXED ord from *";
        const DENY_ALL: &str = "DENY User:* ALL on TOPIC LITERAL * from *";
        const ONE: &str = "ALLOW User:alice READ on TOPIC LITERAL orders from 10.0.0.1";
        const RANGE: &str = "ALLOW User:alice READ on TOPIC LITERAL orders from 10.0.0.0/8";
        const NOT_ONE: &str = "DENY User:alice READ on TOPIC LITERAL orders from 10.0.0.1";
        const CONFIGS: &str = "ALLOW User:alice ALTER_CONFIGS on TOPIC LITERAL orders from *";
        let none = Ground::NoMatchingAcl;
        let depends = Ground::DependsOnHost;
        let cases: &[Case<'_>] = &[
            (&[], Read, "orders", "*", No, none),
            (&[ALLOW], Read, "orders", "*", Yes, Ground::Acl),
            (&[ALLOW], Read, "orders", "10.0.0.1", Yes, Ground::Acl),
            (&[ALLOW], Read, "orders2", "*", No, none),
            (&[ALLOW], Read, "order", "*", No, none),
            (&[ALLOW], Write, "orders", "*", No, none),
            (&[ALLOW], Describe, "orders", "*", Yes, Ground::Acl),
            (&[ALLOW], DescribeConfigs, "orders", "*", No, none),
            (&[CONFIGS], DescribeConfigs, "orders", "*", Yes, Ground::Acl),
            (&[CONFIGS], Describe, "orders", "*", No, none),
            (&[CONFIGS], AlterConfigs, "orders", "*", Yes, Ground::Acl),
            (&[PREFIX], Delete, "orders", "*", Yes, Ground::Acl),
            (&[PREFIX], Create, "ord", "*", Yes, Ground::Acl),
            (&[PREFIX], Alter, "or", "*", No, none),
            (&[PREFIX], ClusterAction, CLUSTER_NAME, "*", No, none),
            (&[EVERY], Write, "any", "*", Yes, Ground::Acl),
            (&[EVERY], Describe, "any", "*", Yes, Ground::Acl),
            (&[EVERY], Read, "any", "*", No, none),
            (&[DENY, ALLOW], Read, "orders", "*", No, Ground::Acl),
            (&[DENY, PREFIX], Describe, "orders", "*", Yes, Ground::Acl),
            (&[DENY_ALL, ALLOW], Describe, "orders", "*", No, Ground::Acl),
            (&[ONE], Read, "orders", "10.0.0.1", Yes, Ground::Acl),
            (&[ONE], Read, "orders", "10.0.0.2", No, none),
            (&[ONE], Read, "orders", "*", Unknown, depends),
            (&[RANGE], Read, "orders", "10.9.9.9", Yes, Ground::Acl),
            (&[RANGE], Read, "orders", "11.9.9.9", No, none),
            (&[RANGE], Read, "orders", "*", Unknown, depends),
            (&[NOT_ONE, ALLOW], Read, "orders", "*", Unknown, depends),
            (
                &[NOT_ONE, ALLOW],
                Read,
                "orders",
                "10.0.0.1",
                No,
                Ground::Acl,
            ),
            (
                &[NOT_ONE, ALLOW],
                Read,
                "orders",
                "10.0.0.2",
                Yes,
                Ground::Acl,
            ),
            (&[NOT_ONE, ALLOW], Write, "orders", "*", No, none),
            (&[NOT_ONE, ONE], Read, "orders", "*", No, none),
            (&[NOT_ONE, RANGE], Read, "orders", "*", Unknown, depends),
            (&[NOT_ONE], Read, "orders", "*", No, none),
        ];
        for (lines, operation, topic, host, allowed, ground) in cases {
            let found = decide(&with(lines), *operation, topic, host);
            let named = (found.allowed, found.ground);
            assert_eq!(
                named,
                (*allowed, *ground),
                "{lines:?} {operation} {topic} {host}"
            );
        }
    }

    #[test]
    fn the_nearest_acl_is_named_and_what_it_overrides() {
        let lines = [
            "ALLOW User:* READ on TOPIC LITERAL * from *",
            "ALLOW User:alice ALL on TOPIC PREFIXED o from *",
            "ALLOW User:alice READ on TOPIC PREFIXED ord from *",
        ];
        let found = decide(&with(&lines), Operation::Read, "orders", "*");
        assert_eq!(found.rules, acls(&lines[2..]));
        let deny = "DENY User:* ALL on TOPIC LITERAL orders from *";
        let found = decide(
            &with(&[&lines[..], &[deny]].concat()),
            Operation::Read,
            "orders",
            "*",
        );
        assert_eq!(found.rules, acls(&[deny]));
        assert_eq!(found.overridden.len(), 3);
    }

    #[test]
    fn what_is_hidden_is_unknown() {
        let read = |authorizer: &Authorizer| {
            let found = decide(authorizer, Operation::Read, "orders", "10.0.0.1");
            (found.allowed, found.ground)
        };
        let range = "ALLOW User:alice READ on TOPIC LITERAL orders from 10.0.0.0/8";
        let own = with(&[range]);
        let but = |change: fn(&mut Authorizer)| {
            let mut changed = own.clone();
            change(&mut changed);
            read(&changed)
        };
        assert_eq!(read(&own), (May::Yes, Ground::Acl));
        assert_eq!(
            but(|one| one.kind = AuthorizerKind::Missing),
            (May::Yes, Ground::NoAuthorizer)
        );
        assert_eq!(
            but(|one| one.kind = AuthorizerKind::Foreign("x".to_owned())),
            (May::Unknown, Ground::ForeignAuthorizer)
        );
        assert_eq!(
            but(|one| one.kind = AuthorizerKind::Hidden("x".to_owned())),
            (May::Unknown, Ground::AuthorizerHidden)
        );
        assert_eq!(
            but(|one| one.acls = Seen::not_permitted("x")),
            (May::Unknown, Ground::AclsHidden)
        );
        assert_eq!(
            but(|one| {
                one.acls = Seen::not_permitted("x");
                one.super_users = Some(super_users(" User:bob;; User:alice "));
            }),
            (May::Yes, Ground::SuperUser)
        );
        assert_eq!(
            but(|one| one.has_ranges = Some(false)),
            (May::No, Ground::NoMatchingAcl)
        );
        assert_eq!(
            but(|one| one.has_ranges = None),
            (May::Unknown, Ground::RangesUnknown)
        );
        // Super users may only make a no wrong.
        assert_eq!(but(|one| one.super_users = None), (May::Yes, Ground::Acl));
        assert_eq!(
            but(|one| {
                one.super_users = None;
                one.has_ranges = Some(false);
            }),
            (May::Unknown, Ground::SuperUsersHidden)
        );
        for (open, allowed, ground) in [
            (Some(true), May::Yes, Ground::NoAclOnResource),
            (Some(false), May::No, Ground::NoMatchingAcl),
            (None, May::Unknown, Ground::OpenWithoutAclHidden),
        ] {
            let mut authorizer = with(&[]);
            authorizer.open_without_acl = open;
            assert_eq!(read(&authorizer), (allowed, ground));
            // An ACL of anybody closes the resource.
            let mut authorizer = with(&["ALLOW User:bob WRITE on TOPIC PREFIXED o from 10.9.9.9"]);
            authorizer.open_without_acl = open;
            assert_eq!(read(&authorizer), (May::No, Ground::NoMatchingAcl));
        }
    }

    #[test]
    fn names_on_which_kafka_fails_are_unknown() {
        let decide = |lines: &[&str], name: &str| {
            let resource = ResourcePattern::literal(ResourceType::Group, name);
            let found = with(lines).decide(Act {
                principal: "User:alice",
                operation: Operation::Read,
                resources: &resource,
                hosts: Hosts::Every,
            });
            found.ground
        };
        let on = |name: &str, pattern: &str| {
            format!("ALLOW User:bob READ on GROUP {pattern} {name} from *")
        };
        let (near, far) = (on("#b", "LITERAL"), on("#a", "PREFIXED"));
        assert_eq!(decide(&[&near], "#abc"), Ground::AuthorizerFails);
        assert_eq!(decide(&[&near, &far], "#abc"), Ground::AuthorizerFails);
        assert_eq!(decide(&[&far], "#abc"), Ground::NoMatchingAcl);
        assert_eq!(decide(&[&near], "abc"), Ground::NoMatchingAcl);
        let before = on(")", "LITERAL");
        assert_eq!(decide(&[&near, &before], "#abc"), Ground::NoMatchingAcl);
        let star = on("*", "LITERAL");
        assert_eq!(decide(&[&star], "*abc"), Ground::AuthorizerFails);
        assert_eq!(decide(&[&near], "*abc"), Ground::NoMatchingAcl);
        let deny = "DENY User:* READ on GROUP LITERAL * from *";
        assert_eq!(decide(&[&near, deny], "#abc"), Ground::Acl);
    }

    #[test]
    fn values_are_read_as_brokers_read_them() {
        for (value, expected) in [("true", true), (" TRUE ", true), ("1", false), ("", false)] {
            assert_eq!(is_true(value), expected, "{value}");
        }
    }
}
