//! The state file of kafka-gitops.

use std::rc::Rc;

use super::super::super::node::{Entry, Node};
use super::super::super::problem::quote;
use super::super::super::spot::Placed;
use super::super::imported::Present;
use super::reader::{Reader, field, is_nothing};

const TOP: [&str; 6] = [
    "settings",
    "topics",
    "services",
    "users",
    "customServiceAcls",
    "customUserAcls",
];
const TOPIC: [&str; 3] = ["partitions", "replication", "configs"];
const ACLS: &str = "keep these with what you manage ACLs with";

pub(super) fn read(roots: &[Rc<Node<'_>>], reader: &mut Reader<'_>) {
    for root in roots {
        for entry in reader.mapping(root, "a state file") {
            match &*entry.key.value {
                _ if is_nothing(&entry.value) => {}
                "settings" => settings(&entry.value, reader),
                "topics" => topics(&entry.value, reader),
                acls @ ("services" | "users" | "customServiceAcls" | "customUserAcls") => {
                    reader.no_equal(entry.key.at, acls, ACLS);
                }
                _ => reader.unknown(entry, &TOP),
            }
        }
    }
}

fn settings(node: &Node<'_>, reader: &mut Reader<'_>) {
    for entry in reader.mapping(node, "`settings`") {
        let at = entry.key.at;
        match &*entry.key.value {
            "topics" => topic_settings(&entry.value, reader),
            "ccloud" => {
                let hint = "name the cluster and its credentials in a context";
                reader.no_equal(at, "settings.ccloud", hint);
            }
            "services" => reader.no_equal(at, "settings.services", ACLS),
            "files" => {
                let hint = "name these files on the command line too";
                reader.no_equal(at, "settings.files", hint);
            }
            _ => reader.unknown(entry, &["ccloud", "topics", "services", "files"]),
        }
    }
}

fn topic_settings(node: &Node<'_>, reader: &mut Reader<'_>) {
    for entry in reader.mapping(node, "`settings.topics`") {
        match &*entry.key.value {
            "defaults" => defaults(&entry.value, reader),
            "blacklist" => {
                let hint = "leave it out: a topic that no manifest names is left alone";
                reader.no_equal(entry.key.at, "settings.topics.blacklist", hint);
            }
            _ => reader.unknown(entry, &["defaults", "blacklist"]),
        }
    }
}

fn defaults(node: &Node<'_>, reader: &mut Reader<'_>) {
    for entry in reader.mapping(node, "`settings.topics.defaults`") {
        match &*entry.key.value {
            "replication" => {
                reader.imported.replicas = reader.replicas(&entry.value, "replication");
            }
            _ => reader.unknown(entry, &["replication"]),
        }
    }
}

fn topics(node: &Node<'_>, reader: &mut Reader<'_>) {
    for entry in reader.mapping(node, "`topics`") {
        topic(entry, reader);
    }
}

fn topic(entry: &Entry<'_>, reader: &mut Reader<'_>) {
    let name = Placed::new(entry.key.value.clone().into_owned(), entry.key.at);
    let what = format!("the topic {}", quote(&name.value));
    let Some(fields) = reader.fields(&entry.value, &what) else {
        return;
    };
    let mut topic = Present::default();
    for entry in fields {
        match &*entry.key.value {
            "partitions" => {}
            "replication" if is_nothing(&entry.value) => {}
            "replication" => topic.replicas = reader.replicas(&entry.value, "replication"),
            "configs" => reader.settings(&entry.value, "`configs`", &mut topic.configs),
            _ => reader.unknown(entry, &TOPIC),
        }
    }
    let count = field(fields, "partitions").filter(|node| !is_nothing(node));
    if count.is_none() {
        let message = format!("{what} has no `partitions`");
        reader.problem(name.at, message, "add `partitions: 3`");
    }
    let partitions = count.and_then(|node| reader.partitions(node));
    reader.present(name, partitions, topic);
}
