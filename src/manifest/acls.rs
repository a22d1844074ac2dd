//! The section `acls`. An item is an ACL with several operations, or a role, which stands for several ACLs.

use serde::de::DeserializeOwned;

use super::fields::{Fields, fields};
use super::layer::{Acl, Acls, State};
use super::limits::MOST_ACLS;
use super::node::{Kind, Node};
use super::problem::{Problem, list, nearest, quote};
use super::problems::Problems;
use super::spot::{Placed, Spot};
use super::{merge, topics, value};
use crate::model::access::{AclBinding, Operation, PatternType, Permission, ResourceType};
use crate::model::hosts::{self, Hosts};
use crate::model::rights::{CLUSTER_NAME, EVERY_NAME, operations};
use crate::model::role::{Role, RoleResources};
use crate::model::suggest::closest;
use crate::model::topic::check_name as check_topic;
use crate::model::wire;

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
        if acls.len() > MOST_ACLS {
            let message = format!("the manifest has more than {MOST_ACLS} ACLs");
            problems.push(Problem::at(item.state.at, message).hint("divide it into several"));
            break;
        }
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
    state: Acl,
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
        let texts = |names: Vec<Text>| names.into_iter().map(|one| one.value).collect();
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
            state: Acl {
                state,
                at,
                by_reference: fields.has_reference(),
            },
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
        let (name, role) = Role::ALL[role];
        self.only(name, role, problems);
        let texts =
            |field, problems: &mut Problems| names_of(&self.fields, field, self.pattern, problems);
        let application_id = self.fields.get("applicationId");
        let application_id =
            application_id.and_then(|node| Text::read(node, "applicationId", problems));
        if let Some(id) = &application_id {
            check_name(id, "applicationId", PatternType::Prefixed, problems);
        }
        let on = RoleResources {
            topics: texts("topic", problems),
            outputs: texts("output", problems),
            groups: texts("group", problems),
            transactional_ids: texts("transactionalId", problems),
            application_id: application_id.map(|id| id.value),
        };
        let names = on.topics.len() + on.outputs.len() + on.groups.len();
        if !self.is_small(names + on.transactional_ids.len() + 10, 1, problems) {
            return Vec::new();
        }
        let each = self.principals.iter().flat_map(|principal| {
            let hosts = self.hosts.iter();
            hosts.flat_map(|host| role.acls(principal, host, &on, self.pattern))
        });
        each.collect()
    }

    /// Whether its lists stand for no more ACLs than a manifest may have, before they are multiplied.
    fn is_small(&self, names: usize, operations: usize, problems: &mut Problems) -> bool {
        let factors = [self.hosts.len(), names, operations];
        let count = factors
            .iter()
            .fold(self.principals.len(), |all, one| all.saturating_mul(*one));
        if count > MOST_ACLS {
            let message = format!("its lists stand for more than {MOST_ACLS} ACLs");
            let hint = "use `pattern: PREFIXED`, or `\"*\"` for every name";
            problems.push(Problem::at(self.state.at, message).hint(hint));
        }
        count <= MOST_ACLS
    }

    /// Checks that a role has the fields that it needs and no others.
    fn only(&self, name: &str, role: Role, problems: &mut Problems) {
        let name = quote(name);
        for needed in role.needs() {
            if self.fields.get(needed).is_none() && !self.fields.is_misspelt(needed) {
                let problem =
                    Problem::at(self.fields.at, format!("the role {name} has no `{needed}`"));
                problems.push(problem.hint(format!("add `{needed}: …`")));
            }
        }
        let common = ["principal", "role", "host", "description", "state"];
        let pattern: &[&str] = match role {
            Role::Operator => &[],
            _ => &["pattern"],
        };
        for entry in self.fields.entries() {
            let key = &*entry.key.value;
            let is_taken = [role.needs(), role.takes(), &common[..], pattern]
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
            let is_named =
                |field| self.fields.get(field).is_some() || self.fields.is_misspelt(field);
            if !RESOURCES.iter().any(|(field, _)| is_named(field)) {
                let names = RESOURCES.map(|(name, _)| name);
                let problem = Problem::at(self.fields.at, "an ACL without a resource");
                problems.push(problem.hint(format!("name one of {}, or a `role`", list(names))));
            }
            return Vec::new();
        };
        let operations = self.operations(first.0, problems);
        if !self.is_small(resources.len(), operations.len(), problems) {
            return Vec::new();
        }
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
            if let Some(entry) = self.fields.entry("pattern") {
                let problem = Problem::at(entry.key.at, "`pattern` means nothing for the cluster");
                problems.push(problem.hint("remove it"));
            }
            if let Some(node) = self.fields.get(field)
                && let Some(told) = value::boolean(node, field, problems)
                && !told.value
            {
                let problem = Problem::at(node.at, "`cluster: false` names no resource");
                problems.push(problem.hint("write `cluster: true`"));
            }
            return vec![(kind, CLUSTER_NAME.to_owned())];
        }
        let names = names_of(&self.fields, field, self.pattern, problems);
        names.into_iter().map(|name| (kind, name)).collect()
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
                    let message = format!("{} is no operation on a {kind}", text.quoted());
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

/// A text of an item.
struct Text {
    value: String,
    at: Spot,
    /// The reference that stands for it, if any.
    reference: Option<String>,
}

impl Text {
    fn read(node: &Node<'_>, field: &str, problems: &mut Problems) -> Option<Self> {
        let text = value::text(node, field, problems)?;
        let text = Self {
            value: text.value,
            at: text.at,
            reference: node.reference().map(str::to_owned),
        };
        let wrong = match wire::check(&text.value) {
            Err(long) => format!("is {long}"),
            Ok(()) if text.value.contains(char::is_control) => {
                "has a control character in it".to_owned()
            }
            Ok(()) if text.value.trim() != text.value => {
                "begins or ends with white space".to_owned()
            }
            Ok(()) => return Some(text),
        };
        let message = format!("{} {wrong}", text.quoted());
        problems.push(Problem::at(text.at, message).hint("write another name"));
        None
    }

    /// In backticks; a reference instead of its value.
    fn quoted(&self) -> String {
        quote(self.reference.as_deref().unwrap_or(&self.value))
    }

    /// A problem with a hint that may name the value.
    fn problem(&self, message: String, hint: String) -> Problem {
        let hint = value::hint_for(self.reference.as_deref(), hint);
        Problem::at(self.at, message).hint(hint)
    }
}

/// The texts of a field that takes one or several; none if the item does not have it.
fn names(fields: &Fields<'_, '_>, field: &'static str, problems: &mut Problems) -> Vec<Text> {
    let node = fields.get(field);
    node.map(|node| texts(node, field, problems))
        .unwrap_or_default()
}

/// Names of resources, whole or as prefixes.
fn names_of(
    fields: &Fields<'_, '_>,
    field: &'static str,
    pattern: PatternType,
    problems: &mut Problems,
) -> Vec<String> {
    let names = names(fields, field, problems);
    for name in &names {
        check_name(name, field, pattern, problems);
    }
    names.into_iter().map(|name| name.value).collect()
}

fn check_name(name: &Text, field: &str, pattern: PatternType, problems: &mut Problems) {
    let text = name.value.as_str();
    if text == EVERY_NAME {
        if pattern == PatternType::Prefixed {
            let message = format!("{} is read as the beginning of names", name.quoted());
            let hint = "`\"*\"` is every name with `pattern: LITERAL`".to_owned();
            problems.push(name.problem(message, hint));
        }
    } else if text.ends_with('*') {
        let message = format!("{} is read as a name that ends with `*`", name.quoted());
        let prefix = quote(&format!("{field}: {}", text.trim_end_matches('*')));
        let hint = format!("write {prefix} with `pattern: PREFIXED`, or `\"*\"` alone for all");
        problems.push(name.problem(message, hint));
    } else if ["topic", "output"].contains(&field)
        && let Err(illegal) = check_topic(text)
    {
        let message = format!("no topic has the name {}: {illegal}", name.quoted());
        problems.push(name.problem(message, "write the name of a topic".to_owned()));
    }
}

fn texts(node: &Node<'_>, field: &str, problems: &mut Problems) -> Vec<Text> {
    let Kind::List(items) = &node.kind else {
        return Text::read(node, field, problems).into_iter().collect();
    };
    if items.is_empty() {
        let problem = Problem::at(node.at, format!("`{field}` is empty"));
        problems.push(problem.hint("name at least one"));
    }
    let mut texts: Vec<Text> = Vec::new();
    for item in items {
        let Some(text) = Text::read(item, field, problems) else {
            continue;
        };
        if let Some(first) = texts.iter().find(|one| one.value == text.value) {
            let message = format!("`{field}` names {} twice", text.quoted());
            let problem = Problem::at(text.at, message).related("first", first.at);
            problems.push(problem.hint("remove one of the two"));
        }
        texts.push(text);
    }
    texts
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
    let text = Text::read(fields.get(field)?, field, problems)?;
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
    text: &Text,
    field: &str,
    known: impl Iterator<Item = &'k str> + Clone,
) -> Problem {
    let message = format!("`{field}` does not take {}", text.quoted());
    let folded = |text: &str| text.replace(['-', '_', ' '], "").to_lowercase();
    let same = known
        .clone()
        .find(|word| folded(word) == folded(&text.value));
    let hint = match same.or_else(|| nearest(&text.value, known.clone())) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => format!("write {}", list(known)),
    };
    text.problem(message, hint)
}

/// A principal is a type, which is nearly always `User`, and a name. Only `User:*` stands for several.
fn check_principal(principal: &Text, problems: &mut Problems) {
    let wrong = match principal.value.split_once(':') {
        Some((_, "")) => "it has no name",
        Some((kind, _)) if kind != "User" && closest(kind, ["User"]).is_some() => {
            "its type is probably `User`"
        }
        Some((_, name)) if name.len() > 1 && name.ends_with('*') => {
            "principals have no prefixes; only `User:*` stands for several"
        }
        Some((kind, _)) if !kind.is_empty() => return,
        _ => "it has no type",
    };
    let message = format!("{} is no principal: {wrong}", principal.quoted());
    let name = principal.value.rsplit(':').next().unwrap_or_default();
    let name = name.trim_end_matches('*');
    let name = if name.is_empty() { "…" } else { name };
    let hint = format!("write {}", quote(&format!("User:{name}")));
    problems.push(principal.problem(message, hint));
}

/// Brokers compare hosts with the addresses of clients as texts, so another text never matches.
fn check_host(host: &Text, problems: &mut Problems) {
    let text = &host.value;
    if Hosts::of(text, true) != Hosts::Nobody {
        return;
    }
    let (message, hint) = if text.contains('/') {
        (
            format!("{} is no range of addresses", host.quoted()),
            "write an address and how many of its bits count, such as `10.0.0.0/8`".to_owned(),
        )
    } else if let Some(written) = hosts::as_brokers_write(text) {
        (
            format!("{} matches no client", host.quoted()),
            format!("write {}, as brokers do", quote(&written)),
        )
    } else {
        (
            format!("{} is no address", host.quoted()),
            "write an address such as `10.0.0.7`, or `\"*\"`: brokers do not look up names"
                .to_owned(),
        )
    };
    problems.push(host.problem(message, hint));
}

/// The field that names resources of a type.
pub(super) fn field_of(kind: ResourceType) -> &'static str {
    let field = RESOURCES.iter().find(|(_, one)| *one == kind);
    field.map_or("topic", |(field, _)| field)
}

/// Why a manifest does not accept an ACL of a cluster; none if it does.
pub(super) fn why_not(acl: &AclBinding) -> Option<String> {
    let mut problems = Problems::default();
    let text = |value: &String| Text {
        value: value.clone(),
        at: Spot::default(),
        reference: None,
    };
    check_principal(&text(&acl.principal), &mut problems);
    check_host(&text(&acl.host), &mut problems);
    if acl.resource_type != ResourceType::Cluster {
        let field = field_of(acl.resource_type);
        let name = text(&acl.resource_name);
        check_name(&name, field, acl.pattern_type, &mut problems);
    } else if acl.resource_name != CLUSTER_NAME {
        return Some("it is for a cluster of another name".to_owned());
    }
    let texts = [&acl.principal, &acl.resource_name];
    if texts.iter().any(|text| text.trim() != text.as_str()) {
        return Some("a name begins or ends with white space".to_owned());
    }
    if texts.iter().any(|text| text.contains(char::is_control)) {
        return Some("a name has a control character in it".to_owned());
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
        let principal = if state.by_reference {
            "of this item".to_owned()
        } else {
            quote(&binding.principal)
        };
        let message = format!("the principal {principal} is not under `ownership.principals`");
        let names = list(owned.iter().map(|prefix| prefix.value.as_str()));
        let problem = Problem::at(state.at, message).related("`ownership`", first.at);
        problems.push(problem.hint(format!(
            "it owns {names}: add its beginning, or declare it in another manifest"
        )));
    }
}
