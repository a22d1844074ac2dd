//! The section `ownership`.

use super::fields::fields;
use super::layer::Ownership;
use super::node::{Kind, Node};
use super::problem::{Problem, list, quote};
use super::problems::Problems;
use super::spot::Placed;
use super::value;
use crate::model::topic::{self, check_name};

pub(super) const FIELDS: [&str; 2] = ["prefixes", "principals"];
const PRINCIPALS: &str =
    "write the beginnings of principals, such as `principals: [\"User:orders-\"]`";
const EXAMPLE: &str = "write the beginnings of names, such as `prefixes: [user.]`";

pub(super) fn read(node: &Node<'_>, problems: &mut Problems) -> Ownership {
    let Some(fields) = fields(node, "`ownership`", &FIELDS, problems) else {
        return Ownership::default();
    };
    if FIELDS
        .iter()
        .all(|field| fields.get(field).is_none() && !fields.is_misspelt(field))
    {
        let problem = Problem::at(fields.at, "`ownership` has no `prefixes`");
        problems.push(problem.hint(EXAMPLE));
    }
    let each = |field, example, read: Read, problems: &mut Problems| {
        let Some(node) = fields.get(field) else {
            return Vec::new();
        };
        if matches!(&node.kind, Kind::List(items) if items.is_empty()) {
            let problem = Problem::at(node.at, format!("`{field}` names no prefix"));
            problems.push(problem.hint("name at least one, or remove `ownership`"));
        }
        let items = value::items(node, &format!("`{field}`"), example, problems);
        items
            .iter()
            .filter_map(|item| read(item, problems))
            .collect()
    };
    Ownership {
        prefixes: each("prefixes", EXAMPLE, prefix, problems),
        principals: each("principals", PRINCIPALS, principal, problems),
    }
}

/// Reads one prefix.
type Read = fn(&Node<'_>, &mut Problems) -> Option<Placed<String>>;

fn principal(item: &Node<'_>, problems: &mut Problems) -> Option<Placed<String>> {
    let prefix = value::text(item, "principals", problems)?;
    let wrong = match prefix.value.split_once(':') {
        None => "a principal begins with its type",
        Some((_, name)) if name.contains('*') => {
            "a prefix is the beginning of a name, not a pattern"
        }
        Some((_, "")) => "it would own every principal",
        Some(_) => return Some(prefix),
    };
    let message = format!("{} cannot be owned: {wrong}", quote(&prefix.value));
    problems.push(Problem::at(prefix.at, message).hint(PRINCIPALS));
    None
}

fn prefix(item: &Node<'_>, problems: &mut Problems) -> Option<Placed<String>> {
    if value::is_blank(item) {
        let problem = Problem::at(
            item.at,
            "an owned prefix is empty: it would own every topic",
        );
        problems.push(problem.hint(EXAMPLE));
        return None;
    }
    let prefix = value::text(item, "prefixes", problems)?;
    let wrong = if prefix.value.starts_with('_') {
        Some("topics of that beginning belong to Kafka and other programs")
    } else if prefix.value.contains('*') {
        Some("a prefix is the beginning of a name, not a pattern")
    } else {
        None
    };
    if let Some(wrong) = wrong {
        let message = format!("{} cannot be owned: {wrong}", quote(&prefix.value));
        problems.push(Problem::at(prefix.at, message).hint(EXAMPLE));
        return None;
    }
    // `.` is no name, but names may begin with it.
    if let Err(illegal) = check_name(&format!("{}x", prefix.value)) {
        let message = format!("no name begins with {}: {illegal}", quote(&prefix.value));
        problems.push(Problem::at(prefix.at, message).hint(EXAMPLE));
        return None;
    }
    Some(prefix)
}

/// A topic that the manifest names and does not own.
pub(super) fn check(name: &Placed<String>, owned: &[Placed<String>], problems: &mut Problems) {
    let is_owned = owned
        .iter()
        .any(|prefix| name.value.starts_with(&prefix.value));
    let Some(first) = owned.first().filter(|_| !is_owned) else {
        return;
    };
    if topic::is_internal_name(&name.value) {
        return;
    }
    let prefixes = list(owned.iter().map(|prefix| prefix.value.as_str()));
    let message = format!(
        "the topic {} is not under a prefix that the manifest owns",
        quote(&name.value)
    );
    problems.push(
        Problem::at(name.at, message)
            .related("`ownership`", first.at)
            .hint(format!("it owns {prefixes}: rename the topic, add a prefix, or declare it in another manifest")),
    );
}
