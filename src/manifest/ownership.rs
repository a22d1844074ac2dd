//! The section `ownership`.

use super::fields::fields;
use super::layer::Ownership;
use super::node::{Kind, Node};
use super::problem::{Problem, list, quote};
use super::problems::Problems;
use super::spot::Placed;
use super::value;
use crate::model::topic::{self, check_name};

pub(super) const FIELDS: [&str; 1] = ["prefixes"];
const EXAMPLE: &str = "write the beginnings of names, such as `prefixes: [user.]`";

pub(super) fn read(node: &Node<'_>, problems: &mut Problems) -> Ownership {
    let Some(fields) = fields(node, "`ownership`", &FIELDS, problems) else {
        return Ownership::default();
    };
    let Some(node) = fields.get("prefixes") else {
        if !fields.is_misspelt("prefixes") {
            let problem = Problem::at(fields.at, "`ownership` has no `prefixes`");
            problems.push(problem.hint(EXAMPLE));
        }
        return Ownership::default();
    };
    if matches!(&node.kind, Kind::List(items) if items.is_empty()) {
        let problem = Problem::at(node.at, "`prefixes` names no prefix");
        problems.push(problem.hint("name at least one, or remove `ownership`"));
    }
    let items = value::items(node, "`prefixes`", EXAMPLE, problems);
    let prefixes = items.iter().filter_map(|item| prefix(item, problems));
    Ownership {
        prefixes: prefixes.collect(),
    }
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
