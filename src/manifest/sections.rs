//! Sources → layers: reads section by section.

use super::document::{self, Budget};
use super::fields::{self, Fields, fields};
use super::layer::{Layer, Written};
use super::node::{Kind, Node};
use super::problem::Problem;
use super::problems::Problems;
use super::source::SourceFile;
use super::spot::Placed;
use super::variables::Variables;
use super::{acls, broker, cluster, merge, ownership, policies, quotas, topics, value};
use crate::manifest::spot;

/// The only version of the manifest's form.
const VERSION: i64 = 1;
pub(super) const SECTIONS: [&str; 9] = [
    "version",
    "cluster",
    "broker",
    "ownership",
    "policies",
    "topics",
    "acls",
    "quotas",
    "environments",
];
pub(super) const OVERLAYS: [&str; 7] = [
    "cluster",
    "broker",
    "ownership",
    "policies",
    "topics",
    "acls",
    "quotas",
];

/// Reads every source and merges them.
pub(super) fn read(
    sources: &[SourceFile],
    variables: &mut Variables<'_>,
    problems: &mut Problems,
) -> Written {
    let mut written = Written::default();
    let mut budget = Budget::default();
    if sources.is_empty() {
        let problem = Problem::nowhere("there is no manifest to read");
        problems.push(problem.hint("name one with `-f FILE`"));
    }
    for (file, source) in sources.iter().enumerate() {
        let file = spot::number(file);
        match document::read(file, &source.text, &mut budget, problems) {
            Some(root) => {
                let root = variables.replace(root, &source.name, problems);
                manifest(&root, &mut written, problems);
            }
            None => written.incomplete = true,
        }
    }
    written
}

fn manifest(root: &Node<'_>, written: &mut Written, problems: &mut Problems) {
    if is_other_version(root, problems) {
        written.incomplete = true;
        return;
    }
    let Some(fields) = fields(root, "a manifest", &SECTIONS, problems) else {
        written.incomplete = true;
        return;
    };
    check_version(&fields, problems);
    merge::beside(&mut written.base, layer(&fields, problems), problems);
    written.incomplete |= fields.is_misspelt("environments");
    if let Some(node) = fields.get("environments") {
        environments(node, written, problems);
    }
}

/// If the version is another one, nothing else in the file is checked.
fn is_other_version(root: &Node<'_>, problems: &mut Problems) -> bool {
    let Kind::Map(entries) = &root.kind else {
        return false;
    };
    let version = entries.iter().find(|entry| entry.key.value == "version");
    let Some(node) = version.map(|entry| &entry.value) else {
        return false;
    };
    let any = i64::MIN..=i64::MAX;
    let read: Option<Placed<i64>> = value::integer(node, "version", &any, &mut Problems::default());
    let other = read.filter(|version| version.value != VERSION);
    if let Some(version) = &other {
        let message = format!("version {} is not known here", version.value);
        problems.push(Problem::at(version.at, message).hint("write `version: 1`"));
    }
    other.is_some()
}

fn check_version(fields: &Fields<'_, '_>, problems: &mut Problems) {
    match fields.get("version") {
        Some(node) => {
            let range = VERSION..=VERSION;
            let _: Option<Placed<i64>> = value::integer(node, "version", &range, problems);
        }
        None if fields.is_misspelt("version") => {}
        None => problems.push(
            Problem::at(fields.at, "`version` is missing").hint("start the file with `version: 1`"),
        ),
    }
}

fn layer(fields: &Fields<'_, '_>, problems: &mut Problems) -> Layer {
    let mut layer = Layer::default();
    if let Some(node) = fields.get("cluster") {
        layer.cluster = cluster::read(node, problems);
    }
    if let Some(node) = fields.get("broker") {
        layer.broker = broker::read(node, problems);
    }
    if let Some(node) = fields.get("ownership") {
        layer.ownership = ownership::read(node, problems);
    }
    if let Some(node) = fields.get("policies") {
        layer.policies = policies::read(node, problems);
    }
    if let Some(node) = fields.get("topics") {
        layer.topics = topics::read(node, problems);
    }
    if let Some(node) = fields.get("acls") {
        layer.acls = acls::read(node, problems);
    }
    if let Some(node) = fields.get("quotas") {
        layer.quotas = quotas::read(node, problems);
    }
    layer
}

fn environments(node: &Node<'_>, written: &mut Written, problems: &mut Problems) {
    let Some(entries) = fields::mapping(node, "`environments`", problems) else {
        written.incomplete = true;
        return;
    };
    for entry in entries {
        let Some(name) = fields::plain_name(entry, "an environment's name", problems) else {
            written.incomplete = true;
            continue;
        };
        let overlay = written.environments.entry(name.clone()).or_default();
        let what = format!("the environment {}", super::problem::quote(&name));
        if let Some(fields) = fields(&entry.value, &what, &OVERLAYS, problems) {
            problems.environment = Some(name);
            merge::beside(overlay, layer(&fields, problems), problems);
            problems.environment = None;
        }
    }
}
