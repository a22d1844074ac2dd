//! The section `acls`. An item is an ACL with several operations, or a role, which stands for several ACLs.

use serde::de::DeserializeOwned;

use super::fields::{Fields, fields};
use super::layer::{Acls, State};
use super::node::{Kind, Node};
use super::problem::{Problem, list, nearest, quote};
use super::problems::Problems;
use super::spot::{Placed, Spot};
use super::{merge, topics, value};
use crate::model::access::{AclBinding, Operation, PatternType, Permission, ResourceType};
use crate::model::hosts::{self, Hosts};
use crate::model::rights::{CLUSTER_NAME, operations};
use crate::model::role::{Role, RoleResources};
use crate::model::suggest::closest;

pub(super) const FIELDS: [&str; 1] = ["items"];
pub(super) const ITEM: [&str; 16] = [
    "principal",
    "role",
    "operations",
    "permission",
    "host",
    "topic",
    "group",
    "transactionalId",
    "cluster",
    "user",
    "delegationToken",
    "applicationId",
    "output",
    "pattern",
    "description",
    "state",
];

/// The fields that name resources of an ACL.
const RESOURCES: [(&str, ResourceType); 6] = [
    ("topic", ResourceType::Topic),
    ("group", ResourceType::Group),
    ("transactionalId", ResourceType::TransactionalId),
    ("cluster", ResourceType::Cluster),
    ("user", ResourceType::User),
    ("delegationToken", ResourceType::DelegationToken),
];

pub(super) fn read(node: &Node<'_>, problems: &mut Problems) -> Acls {
    let mut acls = Acls::default();
    let Some(fields) = fields(node, "`acls`", &FIELDS, problems) else {
        return acls;
    };
    let Some(node) = fields.get("items") else {
        return acls;
    };
    let hint = "write `- principal: User:…` for each ACL or role, or `[]` for none";
    for node in value::items(node, "`items`", hint, problems) {
        if problems.is_full() {
            break;
        }
        let Some(item) = Item::read(node, problems) else {
            continue;
        };
        for binding in item.bindings(problems) {
            merge::add_acl(&mut acls, binding, item.state.clone(), problems);
        }
    }
    acls
}

/// The fields of an item that every kind of it has.
struct Item<'n, 'a> {
    fields: Fields<'n, 'a>,
    principals: Vec<String>,
    hosts: Vec<String>,
    pattern: PatternType,
    permission: Permission,
    /// How many errors there were before it.
    before: usize,
    /// The state, at the place of the item.
    state: Placed<State>,
}

impl<'n, 'a> Item<'n, 'a> {
    fn read(node: &'n Node<'a>, problems: &mut Problems) -> Option<Self> {
        let before = problems.count();
        let fields = fields(node, "an ACL", &ITEM, problems)?;
        let principals = names(&fields, "principal", problems);
        if fields.get("principal").is_none() && !fields.is_misspelt("principal") {
            let problem = Problem::at(fields.at, "an ACL without a `principal`");
            problems.push(problem.hint("add `principal: User:…`"));
        }
        for principal in &principals {
            check_principal(principal, problems);
        }
        let hosts = names(&fields, "host", problems);
        for host in &hosts {
            check_host(host, problems);
        }
        let state = topics::state(&fields, problems);
        let state = state.map_or(State::Present, |state| state.value);
        let pattern = word::<PatternType>(&fields, "pattern", &["LITERAL", "PREFIXED"], problems);
        let permission = word::<Permission>(&fields, "permission", &["ALLOW", "DENY"], problems);
        if let Some(node) = fields.get("description") {
            value::text(node, "description", problems);
        }
        let at = fields
            .entry("principal")
            .map_or(fields.at, |entry| entry.value.at);
        let texts = |names: Vec<Placed<String>>| names.into_iter().map(|one| one.value).collect();
        let hosts: Vec<String> = texts(hosts);
        Some(Self {
            principals: texts(principals),
            hosts: if hosts.is_empty() {
                vec!["*".to_owned()]
            } else {
                hosts
            },
            pattern: pattern.unwrap_or(PatternType::Literal),
            permission: permission.unwrap_or(Permission::Allow),
            before,
            state: Placed::new(state, at),
            fields,
        })
    }

    /// Every ACL that the item stands for.
    fn bindings(&self, problems: &mut Problems) -> Vec<AclBinding> {
        let bindings = if self.fields.get("role").is_some() {
            self.role(problems)
        } else {
            self.plain(problems)
        };
        if problems.count() > self.before {
            return Vec::new();
        }
        bindings
    }

    fn role(&self, problems: &mut Problems) -> Vec<AclBinding> {
        let names = Role::names();
        let Some(role) = one_of(&self.fields, "role", &names, problems) else {
            return Vec::new();
        };
        let role = Role::ALL[role].1;
        self.only(role, problems);
        let texts = |field, problems: &mut Problems| -> Vec<String> {
            let names = names_of(&self.fields, field, problems);
            names.into_iter().map(|one| one.value).collect()
        };
        let on = RoleResources {
            topics: texts("topic", problems),
            outputs: texts("output", problems),
            groups: texts("group", problems),
            transactional_ids: texts("transactionalId", problems),
            application_id: texts("applicationId", problems).pop(),
        };
        let each = self.principals.iter().flat_map(|principal| {
            let hosts = self.hosts.iter();
            hosts.flat_map(|host| role.acls(principal, host, &on, self.pattern))
        });
        each.collect()
    }

    /// Checks that a role has the fields that it needs and no others.
    fn only(&self, role: Role, problems: &mut Problems) {
        let name = Role::ALL.iter().find(|(_, one)| *one == role);
        let name = quote(name.map_or("", |(name, _)| name));
        for needed in role.needs() {
            if self.fields.get(needed).is_none() && !self.fields.is_misspelt(needed) {
                let problem =
                    Problem::at(self.fields.at, format!("the role {name} has no `{needed}`"));
                problems.push(problem.hint(format!("add `{needed}: …`")));
            }
        }
        let common = [
            "principal",
            "role",
            "host",
            "pattern",
            "description",
            "state",
        ];
        for entry in self.fields.entries() {
            let key = &*entry.key.value;
            let is_taken = [role.needs(), role.takes(), &common[..]]
                .iter()
                .any(|fields| fields.contains(&key));
            if ITEM.contains(&key) && !is_taken {
                let fields = role.needs().iter().chain(role.takes()).copied();
                let hint = match fields.clone().next() {
                    Some(_) => format!("it takes {}", list(fields)),
                    None => "remove it: an operator has every topic and group".to_owned(),
                };
                let message = format!("`{key}` means nothing for the role {name}");
                problems.push(Problem::at(entry.key.at, message).hint(hint));
            }
        }
    }

    fn plain(&self, problems: &mut Problems) -> Vec<AclBinding> {
        for field in ["applicationId", "output"] {
            if let Some(entry) = self.fields.entry(field) {
                let message = format!("`{field}` means nothing without a role");
                problems.push(Problem::at(entry.key.at, message).hint("add `role: streams`"));
            }
        }
        let resources = self.resources(problems);
        let Some(first) = resources.first() else {
            if !RESOURCES
                .iter()
                .any(|(field, _)| self.fields.is_misspelt(field))
            {
                let names = RESOURCES.map(|(name, _)| name);
                let problem = Problem::at(self.fields.at, "an ACL without a resource");
                problems.push(problem.hint(format!("name one of {}, or a `role`", list(names))));
            }
            return Vec::new();
        };
        let operations = self.operations(first.0, problems);
        let mut bindings = Vec::new();
        for principal in &self.principals {
            for host in &self.hosts {
                for (kind, name) in &resources {
                    bindings.extend(operations.iter().map(|operation| AclBinding {
                        resource_type: *kind,
                        resource_name: name.clone(),
                        pattern_type: if *kind == ResourceType::Cluster {
                            PatternType::Literal
                        } else {
                            self.pattern
                        },
                        principal: principal.clone(),
                        host: host.clone(),
                        operation: *operation,
                        permission: self.permission,
                    }));
                }
            }
        }
        bindings
    }

    /// The named resources, all of one type.
    fn resources(&self, problems: &mut Problems) -> Vec<(ResourceType, String)> {
        let mut kinds = RESOURCES.iter().filter_map(|(field, kind)| {
            let entry = self.fields.entry(field)?;
            Some((*field, *kind, entry.key.at))
        });
        let Some((field, kind, at)) = kinds.next() else {
            return Vec::new();
        };
        if let Some((other, _, again)) = kinds.next() {
            let message =
                format!("an ACL is for one kind of resource, not `{field}` and `{other}`");
            let problem = Problem::at(again, message).related("the other", at);
            problems.push(problem.hint("write an item for each, or use a `role`"));
        }
        if kind == ResourceType::Cluster {
            if let Some(node) = self.fields.get(field)
                && let Some(told) = value::boolean(node, field, problems)
                && !told.value
            {
                let problem = Problem::at(node.at, "`cluster: false` names no resource");
                problems.push(problem.hint("write `cluster: true`"));
            }
            return vec![(kind, CLUSTER_NAME.to_owned())];
        }
        let names = names_of(&self.fields, field, problems);
        names.into_iter().map(|name| (kind, name.value)).collect()
    }

    /// The operations, each one that Kafka checks for this kind of resource.
    fn operations(&self, kind: ResourceType, problems: &mut Problems) -> Vec<Operation> {
        let Some(node) = self.fields.get("operations") else {
            if !self.fields.is_misspelt("operations") {
                let problem = Problem::at(self.fields.at, "an ACL without `operations`");
                problems.push(problem.hint("add `operations: [READ]`, or a `role`"));
            }
            return Vec::new();
        };
        let of_kind = operations(kind);
        let is_checked = |one: Operation| one == Operation::All || of_kind.contains(&one);
        let known = std::iter::once(&Operation::All).chain(of_kind);
        let known: Vec<String> = known.map(ToString::to_string).collect();
        let mut operations = Vec::new();
        for text in texts(node, "operations", problems) {
            match parsed::<Operation>(&text.value) {
                Some(operation) if is_checked(operation) => {
                    operations.push(operation);
                }
                Some(_) => {
                    let message = format!("{} is no operation on a {kind}", quote(&text.value));
                    let hint = format!(
                        "Kafka checks {} there",
                        list(known.iter().map(String::as_str))
                    );
                    problems.push(Problem::at(text.at, message).hint(hint));
                }
                None => {
                    let known = known.iter().map(String::as_str);
                    problems.push(unknown_word(&text, "operations", known));
                }
            }
        }
        operations
    }
}

/// The texts of a field that takes one or several; none if the item does not have it.
fn names(
    fields: &Fields<'_, '_>,
    field: &'static str,
    problems: &mut Problems,
) -> Vec<Placed<String>> {
    let node = fields.get(field);
    node.map(|node| texts(node, field, problems))
        .unwrap_or_default()
}

/// Names of resources.
fn names_of(
    fields: &Fields<'_, '_>,
    field: &'static str,
    problems: &mut Problems,
) -> Vec<Placed<String>> {
    let names = names(fields, field, problems);
    for name in &names {
        check_name(name, field, problems);
    }
    names
}

fn check_name(name: &Placed<String>, field: &str, problems: &mut Problems) {
    if name.value.len() > 1 && name.value.ends_with('*') {
        let message = format!(
            "{} is read as a name that ends with `*`",
            quote(&name.value)
        );
        let hint = format!(
            "write {} with `pattern: PREFIXED`, or `\"*\"` alone for all",
            quote(&format!("{field}: {}", name.value.trim_end_matches('*')))
        );
        problems.push(Problem::at(name.at, message).hint(hint));
    }
}

fn texts(node: &Node<'_>, field: &str, problems: &mut Problems) -> Vec<Placed<String>> {
    if let Kind::List(items) = &node.kind {
        if items.is_empty() {
            let problem = Problem::at(node.at, format!("`{field}` is empty"));
            problems.push(problem.hint("name at least one"));
        }
        let items = items.iter();
        return items
            .filter_map(|item| value::text(item, field, problems))
            .collect();
    }
    value::text(node, field, problems).into_iter().collect()
}

/// The value of a field that takes one of Kafka's words.
fn word<T: DeserializeOwned>(
    fields: &Fields<'_, '_>,
    field: &'static str,
    known: &[&'static str],
    problems: &mut Problems,
) -> Option<T> {
    let index = one_of(fields, field, known, problems)?;
    parsed(known[index])
}

/// The index of a field's value among `known`.
fn one_of(
    fields: &Fields<'_, '_>,
    field: &'static str,
    known: &[&'static str],
    problems: &mut Problems,
) -> Option<usize> {
    let node = fields.get(field)?;
    let text = value::text(node, field, problems)?;
    let index = known.iter().position(|word| *word == text.value);
    if index.is_none() {
        problems.push(unknown_word(&text, field, known.iter().copied()));
    }
    index
}

/// Kafka's word as a value.
fn parsed<T: DeserializeOwned>(word: &str) -> Option<T> {
    serde_json::from_value(serde_json::Value::String(word.to_owned())).ok()
}

fn unknown_word<'k>(
    text: &Placed<String>,
    field: &str,
    known: impl Iterator<Item = &'k str> + Clone,
) -> Problem {
    let message = format!("`{field}` does not take {}", quote(&text.value));
    let folded = |text: &str| text.replace(['-', '_', ' '], "").to_lowercase();
    let same = known
        .clone()
        .find(|word| folded(word) == folded(&text.value));
    let hint = match same.or_else(|| nearest(&text.value, known.clone())) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => format!("write {}", list(known)),
    };
    Problem::at(text.at, message).hint(hint)
}

/// A principal is a type, which is nearly always `User`, and a name.
fn check_principal(principal: &Placed<String>, problems: &mut Problems) {
    let wrong = match principal.value.split_once(':') {
        Some((kind, name)) if !kind.is_empty() && !name.is_empty() => {
            let meant = closest(kind, ["User"]).filter(|meant| *meant != kind);
            match meant {
                Some(_) => "its type is probably `User`",
                None => return,
            }
        }
        Some((_, "")) => "it has no name",
        _ => "it has no type",
    };
    let message = format!("{} is no principal: {wrong}", quote(&principal.value));
    let name = match principal.value.rsplit(':').next() {
        Some(name) if !name.is_empty() => name,
        _ => "…",
    };
    let hint = format!("write {}", quote(&format!("User:{name}")));
    problems.push(Problem::at(principal.at, message).hint(hint));
}

/// Brokers compare hosts with the addresses of clients as texts, so another text never matches.
fn check_host(host: &Placed<String>, problems: &mut Problems) {
    let text = &host.value;
    if Hosts::of(text, true) != Hosts::Nobody {
        return;
    }
    let (message, hint) = if text.contains('/') {
        (
            format!("{} is no range of addresses", quote(text)),
            "write an address and how many of its bits count, such as `10.0.0.0/8`".to_owned(),
        )
    } else if let Some(written) = hosts::as_brokers_write(text) {
        (
            format!("{} matches no client", quote(text)),
            format!("write {}, as brokers do", quote(&written)),
        )
    } else {
        (
            format!("{} is no address", quote(text)),
            "write an address such as `10.0.0.7`, or `\"*\"`: brokers do not look up names"
                .to_owned(),
        )
    };
    problems.push(Problem::at(host.at, message).hint(hint));
}

/// The field that names resources of a type.
pub(super) fn field_of(kind: ResourceType) -> &'static str {
    let field = RESOURCES.iter().find(|(_, one)| *one == kind);
    field.map_or("topic", |(field, _)| field)
}

/// Why a manifest does not accept an ACL of a cluster; none if it does.
pub(super) fn why_not(acl: &AclBinding) -> Option<String> {
    let mut problems = Problems::default();
    let at = Spot::default();
    check_principal(&Placed::new(acl.principal.clone(), at), &mut problems);
    check_host(&Placed::new(acl.host.clone(), at), &mut problems);
    if acl.resource_type != ResourceType::Cluster {
        check_name(
            &Placed::new(acl.resource_name.clone(), at),
            "topic",
            &mut problems,
        );
    } else if acl.resource_name != CLUSTER_NAME {
        return Some("it is for a cluster of another name".to_owned());
    }
    if acl.operation != Operation::All && !operations(acl.resource_type).contains(&acl.operation) {
        return Some(format!(
            "{} is no operation on a {}",
            acl.operation, acl.resource_type
        ));
    }
    problems.first()
}

/// An ACL that the manifest declares for a principal that it does not own.
pub(super) fn check_owned(acls: &Acls, owned: &[Placed<String>], problems: &mut Problems) {
    let Some(first) = owned.first() else {
        return;
    };
    let mut told: Vec<Spot> = Vec::new();
    for (binding, state) in acls {
        let mut prefixes = owned.iter();
        if prefixes.any(|prefix| binding.principal.starts_with(&prefix.value))
            || told.contains(&state.at)
        {
            continue;
        }
        told.push(state.at);
        let message = format!(
            "the principal {} is not under `ownership.principals`",
            quote(&binding.principal)
        );
        let names = list(owned.iter().map(|prefix| prefix.value.as_str()));
        let problem = Problem::at(state.at, message).related("`ownership`", first.at);
        problems.push(problem.hint(format!(
            "it owns {names}: add its beginning, or declare it in another manifest"
        )));
    }
}
