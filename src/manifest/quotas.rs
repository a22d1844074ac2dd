//! The section `quotas`.

use core::net::IpAddr;
use std::collections::BTreeMap;

use super::fields::{Fields, fields, mapping};
use super::layer::{Quota, Quotas, State};
use super::node::{Entry, Kind, Node, Style};
use super::problem::{Problem, list, nearest, quote};
use super::problems::Problems;
use super::scalar::Reading;
use super::spot::Placed;
use super::{merge, topics, value};
use crate::model::access::{Entity, QuotaValue, WHOLE};
use crate::model::units::{self, Unit};
use crate::model::wire;

pub(super) const FIELDS: [&str; 1] = ["items"];
pub(super) const ITEM: [&str; 6] = ["user", "clientId", "ip", "configs", "description", "state"];

/// How the default of all entities without a quota of their own is named, as `kafka-configs` prints it.
pub(super) const DEFAULT: &str = "<default>";

/// The fields that name an entity, with Kafka's names of its parts.
const PARTS: [(&str, &str); 3] = [("user", "user"), ("clientId", "client-id"), ("ip", "ip")];

/// The quotas that brokers accept with a fraction.
const FRACTIONS: [&str; 2] = ["controller_mutation_rate", "request_percentage"];

/// The quotas of users and client ids (`org.apache.kafka.server.config.QuotaConfig`).
pub(super) const OF_CLIENTS: [&str; 4] = [
    "consumer_byte_rate",
    "controller_mutation_rate",
    "producer_byte_rate",
    "request_percentage",
];
/// The quota of addresses.
pub(super) const OF_ADDRESSES: [&str; 1] = ["connection_creation_rate"];

pub(super) fn read(node: &Node<'_>, problems: &mut Problems) -> Quotas {
    let mut quotas = Quotas::default();
    let Some(fields) = fields(node, "`quotas`", &FIELDS, problems) else {
        return quotas;
    };
    let Some(node) = fields.get("items") else {
        return quotas;
    };
    let hint = "write `- user: …` with its `configs` for each entity, or `[]` for none";
    for node in value::items(node, "`items`", hint, problems) {
        if problems.is_full() {
            break;
        }
        if let Some((entity, quota)) = item(node, problems) {
            merge::add_quota(&mut quotas, entity, quota, problems);
        }
    }
    quotas
}

fn item(node: &Node<'_>, problems: &mut Problems) -> Option<(Entity, Quota)> {
    let fields = fields(node, "a quota", &ITEM, problems)?;
    let entity = entity(&fields, problems)?;
    let state = topics::state(&fields, problems);
    if let Some(node) = fields.get("description") {
        value::text(node, "description", problems);
    }
    let is_absent = state
        .as_ref()
        .is_some_and(|state| state.value == State::Absent);
    if let (Some(entry), true) = (fields.entry("configs"), is_absent) {
        let message = "`configs` means nothing for quotas that are to be removed";
        let problem = Problem::at(entry.key.at, message);
        problems.push(problem.hint("remove `configs`, or `state: absent` to keep the quotas"));
    }
    let known = known_of(&entity);
    let values = fields.get("configs");
    let values = values.map(|node| values_of(node, known, problems));
    if values.is_none() && !is_absent && state.is_none() && !fields.is_misspelt("configs") {
        let problem = Problem::at(fields.at, "a quota without `configs`");
        let example = known.first().copied().unwrap_or_default();
        problems.push(problem.hint(format!("add `configs: {{ {example}: … }}`")));
    }
    Some((
        entity,
        Quota {
            at: fields.at,
            by_reference: fields.has_reference(),
            state,
            values: values.unwrap_or_default(),
        },
    ))
}

/// `user`, `clientId`, both, or `ip`.
fn entity(fields: &Fields<'_, '_>, problems: &mut Problems) -> Option<Entity> {
    let before = problems.count();
    let mut parts = BTreeMap::new();
    for (field, part) in PARTS {
        let Some(node) = fields.get(field) else {
            continue;
        };
        if let Some(name) = value::text(node, field, problems) {
            check_name(field, &name, node, problems);
            let name = (name.value != DEFAULT).then_some(name.value);
            parts.insert(part.to_owned(), name);
        }
    }
    if let (Some(ip), true) = (fields.entry("ip"), parts.len() > 1) {
        let problem = Problem::at(
            ip.key.at,
            "the quota of an address has no user and no client id",
        );
        problems.push(problem.hint("write an item for each"));
    }
    let is_named = |field| fields.get(field).is_some() || fields.is_misspelt(field);
    if !PARTS.iter().any(|(field, _)| is_named(field)) {
        let problem = Problem::at(fields.at, "a quota of nobody");
        let hint = format!("add `user`, `clientId`, both or `ip`, each with a name or `{DEFAULT}`");
        problems.push(problem.hint(hint));
    }
    (problems.count() == before && !parts.is_empty()).then_some(Entity(parts))
}

/// Names that limit nobody: brokers store most of them all the same.
fn check_name(field: &str, name: &Placed<String>, node: &Node<'_>, problems: &mut Problems) {
    let text = name.value.as_str();
    let shown = quote(node.reference().unwrap_or(text));
    let (message, hint) = if let Err(long) = wire::check(text) {
        (
            format!("{shown} is {long}"),
            "write a shorter name".to_owned(),
        )
    } else if text != DEFAULT && text.eq_ignore_ascii_case(DEFAULT) {
        (
            format!("{shown} is read as a name"),
            format!("write `{DEFAULT}`"),
        )
    } else if field == "user" && text.starts_with("User:") {
        let hint = "write the name without `User:`".to_owned();
        (format!("{shown} is a principal, not a user's name"), hint)
    } else if field == "ip" && text != DEFAULT && text.parse::<IpAddr>().is_err() {
        let hint = format!("write one address such as `10.0.0.7`, or `{DEFAULT}`");
        (format!("{shown} is no address"), hint)
    } else {
        return;
    };
    problems.push(Problem::at(name.at, message).hint(value::hint_without_value(node, hint)));
}

fn values_of(
    node: &Node<'_>,
    known: &[&'static str],
    problems: &mut Problems,
) -> BTreeMap<String, Placed<Option<QuotaValue>>> {
    let entries = mapping(node, "`configs`", problems).unwrap_or_default();
    let mut values = BTreeMap::new();
    for entry in entries {
        let key = &*entry.key.value;
        if !known.contains(&key) {
            problems.push(unknown(entry, known));
            continue;
        }
        match value_of(key, &entry.value) {
            Ok(value) => {
                values.insert(key.to_owned(), Placed::new(value, entry.value.at));
            }
            Err(problem) => problems.push(problem),
        }
    }
    values
}

fn unknown(entry: &Entry<'_>, known: &[&'static str]) -> Problem {
    let key = &*entry.key.value;
    let elsewhere = OF_CLIENTS
        .iter()
        .chain(&OF_ADDRESSES)
        .any(|one| *one == key);
    let hint = match nearest(key, known.iter().copied()) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => format!("the quotas here are {}", list(known.iter().copied())),
    };
    let message = if elsewhere {
        format!("{} is no quota of this kind of entity", quote(key))
    } else {
        format!("unknown quota {}", quote(key))
    };
    Problem::at(entry.key.at, message).hint(hint)
}

/// The fields of an entity with its names; none means the default.
pub(super) fn parts_of(entity: &Entity) -> Vec<(&'static str, Option<&str>)> {
    let parts = PARTS.into_iter().filter_map(|(field, part)| {
        let name = entity.0.get(part)?;
        Some((field, name.as_deref()))
    });
    parts.collect()
}

/// Why a manifest does not accept a quota of a cluster; none if it does.
pub(super) fn why_not(entity: &Entity, key: &str, value: QuotaValue) -> Option<String> {
    if parts_of(entity).len() != entity.0.len() {
        return Some("its kind of entity is not known here".to_owned());
    }
    if !known_of(entity).contains(&key) {
        return Some("its key is not known here".to_owned());
    }
    let fits = value.0 > 0.0 && value.0 <= WHOLE;
    let is_whole = FRACTIONS.contains(&key) || value.0.fract() == 0.0;
    (!fits || !is_whole).then(|| "a manifest does not take this number".to_owned())
}

fn known_of(entity: &Entity) -> &'static [&'static str] {
    if entity.0.contains_key("ip") {
        &OF_ADDRESSES
    } else {
        &OF_CLIENTS
    }
}

/// A number, or none for `unset`.
fn value_of(key: &str, node: &Node<'_>) -> Result<Option<QuotaValue>, Problem> {
    let Kind::Scalar(scalar) = &node.kind else {
        return Err(value::mismatch(node, &format!("`{key}`"), "a number").hint(hint(key)));
    };
    if node.is_unknown() || (scalar.style == Style::Plain && scalar.value() == "unset") {
        return Ok(None);
    }
    let text = scalar.value();
    if scalar.style == Style::Quoted && matches!(super::scalar::read(text), Reading::Integer(_)) {
        return Err(value::quoted_number(node, key, text));
    }
    let number = match value::reading(scalar) {
        Reading::Integer(_) | Reading::Decimal => text.parse::<f64>().ok(),
        Reading::Text if key.ends_with("_byte_rate") => match units::parse(text, Unit::Bytes) {
            Some(Ok(number)) => number.to_string().parse().ok(),
            Some(Err(error)) => return Err(Problem::at(node.at, error.to_string()).hint(hint(key))),
            None => None,
        },
        _ => None,
    };
    let number = number.filter(|number| *number > 0.0 && *number <= WHOLE);
    let may_be_fraction = FRACTIONS.contains(&key);
    if let Some(number) = number.filter(|number| may_be_fraction || number.fract() == 0.0) {
        Ok(Some(QuotaValue(number)))
    } else {
        let shown = quote(node.reference().unwrap_or(text));
        let what = if may_be_fraction {
            "a number"
        } else {
            "a whole number"
        };
        let message = format!("`{key}` must be {what} above 0 and not above 2^53 - 1, not {shown}");
        Err(Problem::at(node.at, message).hint(hint(key)))
    }
}

fn hint(key: &str) -> &'static str {
    match key {
        "producer_byte_rate" | "consumer_byte_rate" => {
            "write bytes per second, such as `10MB`, or `unset` to remove it"
        }
        "request_percentage" => {
            "write per cent of the time of one request thread, such as `50`, or `unset` to remove it"
        }
        "controller_mutation_rate" => {
            "write partitions created or deleted per second, such as `5`, or `unset` to remove it"
        }
        _ => "write connections per second, such as `10`, or `unset` to remove it",
    }
}
