//! Principals, operations and resources on the command line, and settings that brokers hide.

use std::collections::BTreeSet;

use clap::Args as Group;
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};

use super::completed::Completed;
use crate::model::access::{Operation, ResourceType};
use crate::model::authorizer::{OPEN_WITHOUT_ACL, SUPER_USERS};
use crate::model::rights::{CLUSTER_NAME, EVERY_NAME, EVERYBODY, ResourcePattern, operations};
use crate::model::suggest::closest;
use crate::model::{topic, wire};
use crate::observe::authorizer::Assumed;

/// Whose rights to describe, or on which resource.
#[derive(Debug, Group)]
#[group(id = "subject", required = true, multiple = true)]
pub(super) struct AccessArgs {
    /// Principals, such as User:alice; the ACLs of User:* hold for everybody
    #[arg(value_name = "PRINCIPAL", value_parser = principal, group = "subject", add = Completed::Principals)]
    pub(super) principals: Vec<String>,
    /// Only what they may do with this topic; without a principal, all principals
    #[arg(long, value_name = "NAME", value_parser = topic_name, add = Completed::Topics, groups = ["resource", "subject"])]
    topic: Option<String>,
    /// Only what they may do with this group; without a principal, all principals
    #[arg(long, value_name = "NAME", value_parser = one_name, add = Completed::Groups, groups = ["resource", "subject"])]
    group: Option<String>,
    /// Only what they may do with this transactional id; without a principal, all principals
    #[arg(long, value_name = "ID", value_parser = one_name, groups = ["resource", "subject"])]
    transactional_id: Option<String>,
    /// Only what they may do with the cluster; without a principal, all principals
    #[arg(long, groups = ["resource", "subject"])]
    cluster: bool,
    #[command(flatten)]
    pub(super) assume: AssumeArgs,
}

impl AccessArgs {
    /// The resource that was asked for.
    pub(super) fn resource(&self) -> Option<ResourcePattern> {
        let named = [
            (ResourceType::Topic, &self.topic),
            (ResourceType::Group, &self.group),
            (ResourceType::TransactionalId, &self.transactional_id),
        ];
        let cluster = ResourcePattern::literal(ResourceType::Cluster, CLUSTER_NAME);
        let mut named = named.into_iter().filter_map(|(kind, name)| {
            let name = name.as_ref()?;
            Some(ResourcePattern::literal(kind, name))
        });
        named.next().or_else(|| self.cluster.then_some(cluster))
    }
}

/// Settings that the user gives, because brokers hide them.
#[derive(Debug, Group)]
pub(super) struct AssumeArgs {
    /// Value of `super.users` or `allow.everyone.if.no.acl.found`, where brokers hide it; may be repeated
    #[arg(long, value_name = "KEY=VALUE", value_parser = setting)]
    assume: Vec<(&'static str, String)>,
}

impl AssumeArgs {
    pub(super) fn assumed(&self) -> Assumed {
        let last = |wanted: &str| {
            let mut given = self.assume.iter().rev();
            let found = given.find(|(key, _)| *key == wanted)?;
            Some(found.1.clone())
        };
        Assumed {
            super_users: last(SUPER_USERS),
            open_without_acl: last(OPEN_WITHOUT_ACL),
        }
    }
}

fn setting(text: &str) -> Result<(&'static str, String), String> {
    let keys = [SUPER_USERS, OPEN_WITHOUT_ACL];
    let given = text.split_once('=');
    let known = given.and_then(|(key, value)| {
        let key = keys.into_iter().find(|known| *known == key)?;
        Some((key, value.to_owned()))
    });
    match known {
        Some((OPEN_WITHOUT_ACL, value)) if !["true", "false"].contains(&value.as_str()) => {
            Err("it is `true` or `false`".to_owned())
        }
        Some(known) => Ok(known),
        None => Err(format!(
            "write `{SUPER_USERS}=User:…;User:…` or `{OPEN_WITHOUT_ACL}=true`"
        )),
    }
}

/// Parses a principal.
fn principal(text: &str) -> Result<String, String> {
    match text.split_once(':') {
        Some((kind, name)) if !kind.is_empty() && !name.is_empty() => one_name(text),
        _ if text.contains(':') || text.is_empty() => {
            Err("write a principal as `User:NAME`".to_owned())
        }
        _ => Err(format!("a principal has a type: write `User:{text}`")),
    }
}

/// Parses a principal that can send requests.
pub(super) fn one_principal(text: &str) -> Result<String, String> {
    if text == EVERYBODY {
        return Err(format!(
            "it is nobody in particular; `tonkafka describe access '{EVERYBODY}'` shows what everybody may do"
        ));
    }
    principal(text)
}

/// Parses an operation, written as in Kafka's tools or as in ACLs.
pub(super) fn operation() -> impl TypedValueParser<Value = Operation> {
    let all = every_operation().map(|operation| {
        let name = operation.to_string();
        let plain = name.replace('_', "");
        let hyphens = name.replace('_', "-");
        let others = [plain, hyphens].into_iter().filter(|other| *other != name);
        PossibleValue::new(name.clone()).aliases(others.collect::<Vec<_>>())
    });
    PossibleValuesParser::new(all).try_map(|text| {
        let written = text.replace(['_', '-'], "");
        let is_it = |operation: &Operation| {
            let name = operation.to_string().replace('_', "");
            name.eq_ignore_ascii_case(&written)
        };
        let found = every_operation().find(is_it);
        found.ok_or_else(|| "no such operation".to_owned())
    })
}

/// The operations that requests need on any resource.
fn every_operation() -> impl Iterator<Item = Operation> {
    let kinds = [ResourceType::Cluster, ResourceType::User];
    let kinds = KINDS.map(|(_, kind)| kind).into_iter().chain(kinds);
    let all = kinds.flat_map(operations).copied();
    let all: BTreeSet<Operation> = all.collect();
    all.into_iter()
}

/// The kinds of resources that have names, and how they are written.
const KINDS: [(&str, ResourceType); 5] = [
    ("topic", ResourceType::Topic),
    ("group", ResourceType::Group),
    ("transactional-id", ResourceType::TransactionalId),
    ("delegation-token", ResourceType::DelegationToken),
    ("user", ResourceType::User),
];

/// How resources are written on the command line, without their names.
pub(super) const RESOURCES: [&str; 6] = [
    "topic:",
    "group:",
    "transactional-id:",
    "delegation-token:",
    "user:",
    "cluster",
];

/// Parses a resource, such as `topic:orders`.
pub(super) fn resource(text: &str) -> Result<ResourcePattern, String> {
    if text == "cluster" {
        return Ok(ResourcePattern::literal(
            ResourceType::Cluster,
            CLUSTER_NAME,
        ));
    }
    let (written, name) = text.split_once(':').unwrap_or((text, ""));
    let Some((_, kind)) = KINDS.into_iter().find(|(known, _)| *known == written) else {
        let known = KINDS.map(|(known, _)| known);
        let near = closest(written, known.into_iter().chain(["cluster"]));
        let near = near.map(|near| format!("; did you mean `{near}`?"));
        return Err(format!(
            "write `topic:NAME`, `group:NAME`, `transactional-id:ID`, `delegation-token:ID`, `user:PRINCIPAL` or `cluster`{}",
            near.unwrap_or_default()
        ));
    };
    let name = match kind {
        ResourceType::Topic => topic_name(name),
        _ => one_name(name),
    };
    Ok(ResourcePattern::literal(kind, &name?))
}

fn topic_name(text: &str) -> Result<String, String> {
    let name = one_name(text)?;
    topic::check_name(&name).map_err(|illegal| illegal.to_string())?;
    Ok(name)
}

/// Parses the name of one resource.
fn one_name(text: &str) -> Result<String, String> {
    match text {
        "" => Err("write a name".to_owned()),
        EVERY_NAME => Err("write the name of one resource".to_owned()),
        _ => match wire::check(text) {
            Ok(()) => Ok(text.to_owned()),
            Err(long) => Err(format!("the name is {long}")),
        },
    }
}
