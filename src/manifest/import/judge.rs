//! Decides whether a manifest can express a setting, by parsing one that contains it.

use std::collections::HashMap;

use super::super::{ParseOptions, Passing, SourceFile, look_up, parse};
use super::write::{name, scalar};
use crate::model::desired::{Desired, Setting, TopicState};

/// The section of a setting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    Topic,
    AllBrokers,
    OneBroker,
}

/// Caches its answers, because most topics have the same few settings.
#[derive(Debug, Default)]
pub(super) struct Judge {
    known: HashMap<String, Option<String>>,
    /// Whether brokers list the keys, so that keys outside of the catalogue are accepted.
    lists: bool,
}

impl Judge {
    /// For keys that brokers list.
    pub(super) fn of_brokers() -> Self {
        Self {
            lists: true,
            ..Self::default()
        }
    }

    /// Why a manifest cannot set `key` to `value`; none if it can.
    pub(super) fn why_not(&mut self, part: Part, key: &str, value: &str) -> Option<String> {
        let text = manifest(part, key, value);
        if let Some(known) = self.known.get(&text) {
            return known.clone();
        }
        let found = read_back(&text, key, value, self.lists);
        self.known.insert(text, found.clone());
        found
    }
}

/// The smallest manifest that contains the setting.
fn manifest(part: Part, key: &str, value: &str) -> String {
    let above = match part {
        Part::Topic => "topics:\n  items:\n  - name: a\n    partitions: 1\n    configs:",
        Part::AllBrokers => "broker:\n  defaults:",
        Part::OneBroker => "broker:\n  brokers:\n    1:",
    };
    let (key, value) = (name(key), scalar(value));
    format!("version: 1\n{above}\n      {key}: {value}\n")
}

fn read_back(text: &str, key: &str, value: &str, lists: bool) -> Option<String> {
    let source = SourceFile {
        name: "import".into(),
        text: text.to_owned(),
    };
    let options = ParseOptions {
        environment: None,
        variables: &look_up,
        passing: Passing {
            asks_brokers: lists,
            ..Passing::default()
        },
    };
    match parse(&[source], options) {
        Ok(manifest) if says(&manifest.desired, key, value) => None,
        Ok(_) => Some("a manifest would read it as another value".to_owned()),
        Err(errors) => errors.0.into_iter().next().map(|error| error.message),
    }
}

fn says(desired: &Desired, key: &str, value: &str) -> bool {
    let of_topics = desired
        .topics
        .iter()
        .filter_map(|topic| match &topic.state {
            TopicState::Present(spec) => Some(&spec.configs),
            TopicState::Absent => None,
        });
    let broker = &desired.broker;
    let of_brokers = broker.brokers.values().chain([&broker.defaults]);
    of_topics
        .chain(of_brokers)
        .any(|settings| matches!(settings.get(key), Some(Setting::Value(said)) if said == value))
}
