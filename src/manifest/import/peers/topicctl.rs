//! topicctl's topics (`pkg/config/topic.go`, `meta.go`).

use std::rc::Rc;

use super::super::super::node::{Entry, Node};
use super::super::super::problem::quote;
use super::super::super::spot::Placed;
use super::super::imported::{Line, Present};
use super::reader::{Reader, field, is_nothing};

const TOP: [&str; 2] = ["meta", "spec"];
const META: [&str; 7] = [
    "name",
    "cluster",
    "region",
    "environment",
    "description",
    "labels",
    "consumers",
];
const SPEC: [&str; 6] = [
    "partitions",
    "replicationFactor",
    "retentionMinutes",
    "settings",
    "placement",
    "migration",
];
const RETENTION: &str = "retention.ms";

pub(super) fn read(roots: &[Rc<Node<'_>>], reader: &mut Reader<'_>) {
    for root in roots {
        document(root, reader);
    }
}

fn document(root: &Node<'_>, reader: &mut Reader<'_>) {
    let Some(entries) = reader.fields(root, "a topic of topicctl") else {
        return;
    };
    let spec = field(entries, "spec").map(|node| reader.mapping(node, "`spec`"));
    if is_of_something_else(root, spec.unwrap_or_default(), reader) {
        return;
    }
    for entry in entries.iter().filter(|one| !TOP.contains(&&*one.key.value)) {
        reader.unknown(entry, &TOP);
    }
    let meta = field(entries, "meta").map(|node| reader.mapping(node, "`meta`"));
    let (Some(meta), Some(spec)) = (meta, spec) else {
        let hint = "a topic of topicctl has `meta` with its name, and `spec`";
        return reader.problem(root.at, "`meta` or `spec` is missing", hint);
    };
    let named = self::meta(root, meta, reader);
    let mut topic = Present {
        description: field(meta, "description")
            .filter(|node| !is_nothing(node))
            .and_then(|node| reader.text(node, "description"))
            .map(|text| text.value)
            .filter(|text| !text.trim().is_empty()),
        ..Present::default()
    };
    let partitions = self::spec(root, spec, &mut topic, reader);
    if let Some(name) = named {
        reader.present(name, partitions, topic);
    }
}

/// Files of clusters and ACLs are often in the same directory as those of topics.
fn is_of_something_else(root: &Node<'_>, spec: &[Entry<'_>], reader: &mut Reader<'_>) -> bool {
    if field(spec, "bootstrapAddrs").is_some() {
        let hint = "put its addresses under `cluster.bootstrap`, or in a context";
        reader.warn(root.at, "this describes a cluster, not a topic", hint);
        return true;
    }
    if field(spec, "acls").is_some() {
        let hint = "keep these with what you manage ACLs with";
        reader.warn(root.at, "this describes ACLs, not a topic", hint);
        return true;
    }
    false
}

fn meta(root: &Node<'_>, meta: &[Entry<'_>], reader: &mut Reader<'_>) -> Option<Placed<String>> {
    for entry in meta {
        let field = &*entry.key.value;
        let (at, value) = (entry.key.at, &entry.value);
        match field {
            "name" | "description" => {}
            "cluster" => cluster(value, reader),
            "region" | "environment" => {
                if let Some(text) = reader.text(value, field) {
                    let what = format!("meta.{field}: {}", text.value);
                    let hint = "name the cluster with `--context`; what differs between environments goes to `environments`";
                    reader.no_equal(at, &what, hint);
                }
            }
            "labels" | "consumers" => {
                let hint = "put what people should know into `description`";
                reader.no_equal(at, &format!("meta.{field}"), hint);
            }
            _ => reader.unknown(entry, &META),
        }
    }
    let Some(node) = field(meta, "name") else {
        reader.problem(root.at, "a topic without `meta.name`", "add `name: …`");
        return None;
    };
    reader.text(node, "name")
}

/// The cluster's name, if all topics have the same one.
fn cluster(node: &Node<'_>, reader: &mut Reader<'_>) {
    let Some(name) = reader.text(node, "cluster") else {
        return;
    };
    match &reader.imported.cluster.name {
        None => reader.imported.cluster.name = Some(name.value),
        Some(known) if *known == name.value => {}
        Some(known) => {
            let message = format!(
                "{} is another cluster than {}, which the manifest is for",
                quote(&name.value),
                quote(known)
            );
            reader.warn(
                name.at,
                message,
                "import the files of each cluster by themselves",
            );
        }
    }
}

fn spec(
    root: &Node<'_>,
    spec: &[Entry<'_>],
    topic: &mut Present,
    reader: &mut Reader<'_>,
) -> Option<i32> {
    let mut partitions = None;
    for entry in spec {
        let (at, value) = (entry.key.at, &entry.value);
        match &*entry.key.value {
            "partitions" => partitions = reader.partitions(value),
            "replicationFactor" => topic.replicas = reader.replicas(value, "replicationFactor"),
            "settings" => reader.settings(value, "`settings`", &mut topic.configs),
            "retentionMinutes" => {}
            "placement" => placement(value, reader),
            "migration" => {
                let hint =
                    "reassign replicas with kafka-reassign-partitions, which takes a throttle";
                reader.no_equal(at, "spec.migration", hint);
            }
            _ => reader.unknown(entry, &SPEC),
        }
    }
    retention(spec, topic, reader);
    if field(spec, "partitions").is_none() {
        reader.problem(
            root.at,
            "`spec.partitions` is missing",
            "add `partitions: 3`",
        );
    }
    partitions
}

/// `retentionMinutes` is `retention.ms`. topicctl refuses both together, and ignores 0.
fn retention(spec: &[Entry<'_>], topic: &mut Present, reader: &mut Reader<'_>) {
    let Some(node) = field(spec, "retentionMinutes") else {
        return;
    };
    match reader.minutes(node, "retentionMinutes") {
        None | Some(0) => {}
        Some(_) if topic.configs.contains_key(RETENTION) => {
            let message = format!("both `retentionMinutes` and `{RETENTION}` are set");
            reader.problem(node.at, message, "keep one of the two");
        }
        Some(ms) => {
            let line = Line::Set(ms.to_string());
            topic.configs.insert(RETENTION.to_owned(), line);
        }
    }
}

fn placement(node: &Node<'_>, reader: &mut Reader<'_>) {
    let hint = "Kafka spreads the replicas of new topics over brokers and racks; move others with kafka-reassign-partitions";
    for entry in reader.mapping(node, "`placement`") {
        let (at, name) = (entry.key.at, &*entry.key.value);
        match name {
            "strategy" | "picker" => {
                if let Some(text) = reader.text(&entry.value, name)
                    && !matches!((name, text.value.as_str()), ("strategy", "any"))
                {
                    let what = format!("spec.placement.{name}: {}", text.value);
                    reader.no_equal(at, &what, hint);
                }
            }
            "staticAssignments" | "staticRackAssignments" => {
                reader.no_equal(at, &format!("spec.placement.{name}"), hint);
            }
            _ => {
                let known = [
                    "strategy",
                    "picker",
                    "staticAssignments",
                    "staticRackAssignments",
                ];
                reader.unknown(entry, &known);
            }
        }
    }
}
