//! Jikkou's resources (`KafkaTopic`, `KafkaTopicList`, `ConfigMap`).

use std::collections::HashMap;
use std::rc::Rc;

use super::super::super::node::{Entry, Kind, Node};
use super::super::super::problem::quote;
use super::super::super::spot::{Placed, Spot};
use super::super::super::value;
use super::super::imported::{Lines, Present};
use super::reader::{Reader, field, is_nothing};

/// The settings of `ConfigMap`s, by name.
type ConfigMaps<'n, 'a> = HashMap<String, &'n Node<'a>>;

const DELETE: &str = "jikkou.io/delete";
const IGNORE: &str = "jikkou.io/ignore";
const IGNORED: &str =
    "Jikkou passes over it too; if it is meant for the topic, put it under `spec`";

/// Maps may come after the topics that refer to them, and may be in other files.
pub(super) fn read(roots: &[Rc<Node<'_>>], reader: &mut Reader<'_>) {
    let mut maps = ConfigMaps::new();
    let mut resources = Vec::new();
    for root in roots {
        let Some(entries) = reader.fields(root, "a resource of Jikkou") else {
            continue;
        };
        let Some(kind) = kind(root, entries, reader) else {
            continue;
        };
        match kind.value.as_str() {
            "ConfigMap" => config_map(root, entries, &mut maps, reader),
            "KafkaTopic" | "KafkaTopicList" => resources.push((kind, root, entries)),
            other => {
                let what = format!("kind: {other}");
                let hint = "keep it with Jikkou: a manifest has topics and settings of brokers";
                reader.no_equal(kind.at, &what, hint);
            }
        }
    }
    for (kind, root, entries) in resources {
        if kind.value == "KafkaTopic" {
            topic(root, entries, &maps, reader);
        } else {
            topics(root, entries, &maps, reader);
        }
    }
}

fn kind(root: &Node<'_>, entries: &[Entry<'_>], reader: &mut Reader<'_>) -> Option<Placed<String>> {
    if let Some(node) = field(entries, "apiVersion") {
        let version = reader.text(node, "apiVersion")?;
        if !version.value.contains("jikkou") {
            let message = format!("{} is no version of Jikkou's", quote(&version.value));
            let hint = "Jikkou's resources have one such as `kafka.jikkou.io/v1`";
            reader.problem(version.at, message, hint);
            return None;
        }
    }
    let Some(node) = field(entries, "kind") else {
        let hint = "a resource of Jikkou has `apiVersion`, `kind`, `metadata` and `spec`";
        reader.problem(root.at, "`kind` is missing", hint);
        return None;
    };
    reader.text(node, "kind")
}

fn config_map<'n, 'a>(
    root: &Node<'_>,
    entries: &'n [Entry<'a>],
    maps: &mut ConfigMaps<'n, 'a>,
    reader: &mut Reader<'_>,
) {
    let Some(name) = name(root, entries, reader) else {
        return;
    };
    if let Some(data) = field(entries, "data") {
        maps.insert(name.value, data);
    } else {
        let message = format!("the ConfigMap {} has no `data`", quote(&name.value));
        reader.problem(name.at, message, "add its settings under `data`");
    }
}

fn name(root: &Node<'_>, entries: &[Entry<'_>], reader: &mut Reader<'_>) -> Option<Placed<String>> {
    let metadata = field(entries, "metadata").map(|node| reader.mapping(node, "`metadata`"));
    let Some(node) = metadata.and_then(|metadata| field(metadata, "name")) else {
        let hint = "add `metadata: { name: … }`";
        reader.problem(root.at, "`metadata.name` is missing", hint);
        return None;
    };
    reader.text(node, "name")
}

fn topics(
    root: &Node<'_>,
    entries: &[Entry<'_>],
    maps: &ConfigMaps<'_, '_>,
    reader: &mut Reader<'_>,
) {
    others(
        entries,
        &["apiVersion", "kind", "metadata", "spec", "items"],
        reader,
    );
    labels(entries, reader);
    let older = || {
        let spec = field(entries, "spec")?;
        let Kind::Map(entries) = &spec.kind else {
            return None;
        };
        field(entries, "topics")
    };
    let Some(items) = field(entries, "items").or_else(older) else {
        return reader.problem(
            root.at,
            "`items` is missing",
            "add the topics under `items`",
        );
    };
    let hint = "write a topic's `metadata` and `spec` for each";
    for item in value::items(items, "`items`", hint, &mut reader.problems) {
        if let Some(entries) = reader.fields(item, "a topic") {
            topic(item, entries, maps, reader);
        }
    }
}

/// Fields that Jikkou ignores silently.
fn others(entries: &[Entry<'_>], known: &[&str], reader: &mut Reader<'_>) {
    for entry in entries
        .iter()
        .filter(|one| !known.contains(&&*one.key.value))
    {
        let message = format!("Jikkou knows no field {} here", quote(&entry.key.value));
        reader.warn(entry.key.at, message, IGNORED);
    }
}

fn topic(
    root: &Node<'_>,
    entries: &[Entry<'_>],
    maps: &ConfigMaps<'_, '_>,
    reader: &mut Reader<'_>,
) {
    others(entries, &["apiVersion", "kind", "metadata", "spec"], reader);
    let fate = labels(entries, reader);
    let Some(name) = name(root, entries, reader) else {
        return;
    };
    match fate {
        Some(Fate::Deleted) => return reader.absent(name),
        Some(Fate::Ignored(at)) => {
            let hint = "the topic is not in the manifest, and so left alone here too";
            return reader.no_equal(at, IGNORE, hint);
        }
        None => {}
    }
    let Some(spec) = field(entries, "spec") else {
        let hint = "add `spec: { partitions: … }`";
        return reader.problem(root.at, "`spec` is missing", hint);
    };
    let spec = reader.mapping(spec, "`spec`");
    others(
        spec,
        &["partitions", "replicas", "configs", "configMapRefs"],
        reader,
    );
    let mut topic = Present::default();
    let partitions = partitions(&name, spec, reader);
    if let Some(node) = field(spec, "replicas").filter(|node| !is_default(node)) {
        topic.replicas = reader.replicas(node, "replicas");
    }
    if let Some(node) = field(spec, "configMapRefs").filter(|node| !is_nothing(node)) {
        references(node, maps, &mut topic.configs, reader);
    }
    if let Some(node) = field(spec, "configs") {
        reader.settings(node, "`configs`", &mut topic.configs);
    }
    reader.present(name, partitions, topic);
}

fn partitions(name: &Placed<String>, spec: &[Entry<'_>], reader: &mut Reader<'_>) -> Option<i32> {
    let Some(node) = field(spec, "partitions").filter(|node| !is_default(node)) else {
        let message = format!(
            "the topic {} leaves its partitions to the brokers",
            quote(&name.value)
        );
        let hint = "say how many it has: `tonkafka describe topic NAME` shows it";
        reader.problem(name.at, message, hint);
        return None;
    };
    reader.partitions(node)
}

/// Whether the number is the brokers' default.
fn is_default(node: &Node<'_>) -> bool {
    is_nothing(node) || matches!(&node.kind, Kind::Scalar(scalar) if scalar.text == "-1")
}

/// The settings of the maps; if two have the same key, the last one wins.
fn references(
    node: &Node<'_>,
    maps: &ConfigMaps<'_, '_>,
    lines: &mut Lines,
    reader: &mut Reader<'_>,
) {
    let hint = "write a list of names";
    for item in value::items(node, "`configMapRefs`", hint, &mut reader.problems) {
        let Some(name) = reader.text(item, "configMapRefs") else {
            continue;
        };
        let Some(data) = maps.get(&name.value) else {
            let message = format!("there is no ConfigMap {}", quote(&name.value));
            reader.problem(name.at, message, "name the file that has it too");
            continue;
        };
        let mut of_map = Lines::new();
        reader.settings(data, "`data`", &mut of_map);
        lines.extend(of_map);
    }
}

/// What the annotations say about a topic.
enum Fate {
    Deleted,
    Ignored(Spot),
}

fn labels(entries: &[Entry<'_>], reader: &mut Reader<'_>) -> Option<Fate> {
    let metadata = field(entries, "metadata").map(|node| reader.mapping(node, "`metadata`"))?;
    others(metadata, &["name", "labels", "annotations"], reader);
    let mut fate = None;
    for section in ["labels", "annotations"] {
        let Some(node) = field(metadata, section).filter(|node| !is_nothing(node)) else {
            continue;
        };
        for entry in reader.mapping(node, section) {
            let key = &*entry.key.value;
            match (key, reader.text(&entry.value, key)) {
                (DELETE, Some(text)) if text.value == "true" => fate = Some(Fate::Deleted),
                (IGNORE, Some(text)) if text.value == "true" => {
                    fate = Some(Fate::Ignored(entry.key.at));
                }
                _ => {
                    let what = format!("metadata.{section}.{key}");
                    let hint = "put what people should know into `description`";
                    reader.no_equal(entry.key.at, &what, hint);
                }
            }
        }
    }
    fate
}
