//! The section `broker`.

use std::collections::BTreeMap;

use super::fields::{fields, mapping};
use super::keys::Of;
use super::layer::{Broker, Settings};
use super::node::{Entry, Kind, Node};
use super::problem::{Problem, quote};
use super::problems::Problems;
use super::scalar::{self, Reading};
use super::spot::Placed;
use super::{settings, value};

pub(super) const FIELDS: [&str; 3] = ["defaults", "brokers", "process"];

pub(super) fn read(node: &Node<'_>, problems: &mut Problems) -> Broker {
    let mut broker = Broker::default();
    let Some(fields) = fields(node, "`broker`", &FIELDS, problems) else {
        return broker;
    };
    if let Some(node) = fields.get("defaults") {
        broker.defaults = settings::read(node, "`defaults`", Of::AllBrokers, problems);
    }
    if let Some(node) = fields.get("brokers") {
        broker.brokers = brokers(node, problems);
    }
    if let Some(node) = fields.get("process") {
        process(node, &mut broker, problems);
    }
    broker
}

fn brokers(node: &Node<'_>, problems: &mut Problems) -> BTreeMap<i32, Settings> {
    let mut brokers = BTreeMap::new();
    for entry in mapping(node, "`brokers`", problems).unwrap_or_default() {
        let what = format!("broker {}", quote(&entry.key.value));
        let id = broker_id(entry, problems);
        let settings = settings::read(&entry.value, &what, Of::OneBroker(id), problems);
        if let Some(id) = id {
            brokers.insert(id, settings);
        }
    }
    brokers
}

fn broker_id(entry: &Entry<'_>, problems: &mut Problems) -> Option<i32> {
    let key = &*entry.key.value;
    let hint = match (scalar::read(key), entry.quoted) {
        (Reading::Integer(id @ 0..=0x7fff_ffff), false) => return i32::try_from(id).ok(),
        (Reading::Integer(0..=0x7fff_ffff), true) => format!("write {key} without quotes"),
        (Reading::LooseNumber(Some(plain)), false) => format!("write `{plain}`"),
        _ => "write the broker's `node.id`, such as `1`".to_owned(),
    };
    let message = if entry.quoted {
        "a broker's id in quotes".to_owned()
    } else {
        let shown = quote(key);
        format!("a broker's id must be an integer from 0 on, not {shown}")
    };
    problems.push(Problem::at(entry.key.at, message).hint(hint));
    None
}

fn process(node: &Node<'_>, broker: &mut Broker, problems: &mut Problems) {
    for entry in mapping(node, "`process`", problems).unwrap_or_default() {
        if entry.key.value == "heap" {
            broker.heap = heap(&entry.value, problems);
        } else {
            let setting = settings::setting(entry, Of::Process, problems);
            broker.process.extend(setting);
        }
    }
}

/// A size as `-Xmx` takes it.
fn heap(node: &Node<'_>, problems: &mut Problems) -> Option<Placed<String>> {
    let hint = "write a size as Java takes it, such as `512M` or `1G`";
    if node.is_unknown() {
        return None;
    }
    if let Kind::Scalar(scalar) = &node.kind
        && is_heap(scalar.value())
    {
        return Some(Placed::new(scalar.value().to_owned(), node.at));
    }
    let message = format!("`heap` must be a size, not {}", value::describe(node));
    problems.push(Problem::at(node.at, message).hint(hint));
    None
}

fn is_heap(text: &str) -> bool {
    let number = text.strip_suffix(['k', 'K', 'm', 'M', 'g', 'G']);
    number.is_some_and(|number| {
        (1..=6).contains(&number.len())
            && !number.starts_with('0')
            && number.bytes().all(|byte| byte.is_ascii_digit())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_heap_is_written_as_java_takes_it() {
        for text in ["512M", "1G", "1g", "2048k"] {
            assert!(is_heap(text), "{text}");
        }
        for text in ["", "G", "1", "0G", "1GB", "1.5G", "1 G", "-1G", "1T"] {
            assert!(!is_heap(text), "{text}");
        }
    }
}
