//! The section `cluster`.

use super::fields::fields;
use super::layer::Cluster;
use super::node::{Kind, Node, Scalar};
use super::problem::{Problem, quote};
use super::problems::Problems;
use super::scalar::Reading;
use super::spot::Placed;
use super::value;
use crate::model::address::{self, EXAMPLE};
use crate::model::catalogue::Line;

pub(super) const FIELDS: [&str; 4] = ["name", "bootstrap", "id", "kafka"];

pub(super) fn read(node: &Node<'_>, problems: &mut Problems) -> Cluster {
    let Some(fields) = fields(node, "`cluster`", &FIELDS, problems) else {
        return Cluster::default();
    };
    let text = |name, problems: &mut Problems| {
        let node = fields.get(name)?;
        value::text(node, name, problems)
    };
    Cluster {
        name: text("name", problems),
        id: text("id", problems),
        bootstrap: fields
            .get("bootstrap")
            .map(|node| bootstrap(node, problems)),
        kafka: fields.get("kafka").and_then(|node| kafka(node, problems)),
    }
}

/// A version of Kafka.
fn kafka(node: &Node<'_>, problems: &mut Problems) -> Option<Placed<String>> {
    let version = value::text(node, "kafka", problems)?;
    if Line::of(&version.value).is_some() {
        return Some(version);
    }
    let message = format!("`kafka` must be a version, not {}", value::describe(node));
    problems
        .push(Problem::at(node.at, message).hint("write it in quotes, such as `kafka: \"4.3\"`"));
    None
}

/// A list of addresses, or one text with commas between them.
fn bootstrap(node: &Node<'_>, problems: &mut Problems) -> Placed<Vec<String>> {
    let mut addresses = Vec::new();
    match &node.kind {
        Kind::Scalar(scalar) => {
            for address in scalar.value().split(',') {
                addresses.extend(address_of(node, scalar, address.trim(), problems));
            }
        }
        Kind::List(items) if items.is_empty() => {
            let message = "`bootstrap` names no broker";
            problems.push(Problem::at(node.at, message).hint(EXAMPLE));
        }
        Kind::List(items) => {
            for item in items {
                addresses.extend(address_in_list(item, problems));
            }
        }
        Kind::Map(_) => problems.push(not_an_address(node)),
    }
    Placed::new(addresses, node.at)
}

fn address_in_list(item: &Node<'_>, problems: &mut Problems) -> Option<String> {
    if let Kind::Scalar(scalar) = &item.kind {
        return address_of(item, scalar, scalar.value().trim(), problems);
    }
    problems.push(not_an_address(item));
    None
}

/// `localhost: 9092` with a space is a mapping in YAML.
fn not_an_address(node: &Node<'_>) -> Problem {
    let message = format!(
        "a bootstrap address must be text, not {}",
        value::describe(node)
    );
    Problem::at(node.at, message)
        .hint("write `host:port` without a space, such as `localhost:9092`")
}

fn address_of(
    node: &Node<'_>,
    scalar: &Scalar<'_>,
    address: &str,
    problems: &mut Problems,
) -> Option<String> {
    if node.is_unknown() {
        return None;
    }
    if value::reading(scalar) == Reading::Null {
        problems.push(Problem::at(node.at, "a bootstrap address is empty").hint(EXAMPLE));
        return None;
    }
    match address::check(address) {
        Ok(()) => Some(address.to_owned()),
        Err(hint) => {
            let shown = quote(node.reference().unwrap_or(address));
            let message = format!("{shown} is not an address of a broker");
            problems.push(Problem::at(node.at, message).hint(hint));
            None
        }
    }
}
