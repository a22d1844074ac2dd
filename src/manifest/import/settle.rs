//! Moves what topics share to the defaults, and checks topics against each other.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::imported::{Imported, LeftOut, Line, State};
use crate::model::topic::metric_name;

impl Imported {
    /// Sorts the topics, leaves out those that conflict with others, and moves to the defaults what
    /// more than half of the topics share, if at most `exceptions` topics do not have it and need
    /// `unset`. Returns what was left out.
    ///
    /// Trap: `unset` removes settings that somebody adds later, so it is never written for a topic
    /// whose settings were not seen.
    pub(super) fn settle(&mut self, exceptions: usize) -> Vec<LeftOut> {
        self.topics.sort_by(|one, other| one.name.cmp(&other.name));
        let left = self.collisions();
        self.share_replicas();
        self.share_configs(exceptions);
        left
    }

    /// Two names that are one name in Kafka's metrics: brokers refuse the second topic, and a manifest
    /// with both is refused too.
    fn collisions(&mut self) -> Vec<LeftOut> {
        let mut first: HashMap<String, String> = HashMap::new();
        let mut left = Vec::new();
        let present = self.topics.iter_mut();
        for topic in present.filter(|one| matches!(one.state, State::Present(_))) {
            let metric = metric_name(&topic.name);
            let Some(other) = first.get(&metric) else {
                first.insert(metric, topic.name.clone());
                continue;
            };
            let why = format!("it is the same name in Kafka's metrics as {other}");
            topic.state = State::Left(why.clone());
            left.push(LeftOut {
                topic: topic.name.clone(),
                why,
            });
        }
        left
    }

    /// Replicas from the other program's own defaults are kept.
    fn share_replicas(&mut self) {
        if self.replicas.is_none() {
            let all = self.present().count();
            let counts = counted(self.present().filter_map(|present| present.replicas));
            let Some(most) = shared_by_most(counts, all) else {
                return;
            };
            // A topic cannot override default replicas with "the brokers' default".
            if self.present().any(|present| present.replicas.is_none()) {
                return;
            }
            self.replicas = Some(most);
        }
        let shared = self.replicas;
        for (_, present) in self.present_mut() {
            if present.replicas == shared {
                present.replicas = None;
            }
        }
    }

    fn share_configs(&mut self, exceptions: usize) {
        let all = self.present().count();
        let keys: BTreeSet<String> = self
            .present()
            .flat_map(|present| present.configs.keys())
            .cloned()
            .collect();
        for key in keys {
            let values = self
                .present()
                .filter_map(|one| match one.configs.get(&key) {
                    Some(Line::Set(value)) => Some(value.clone()),
                    _ => None,
                });
            let Some(most) = shared_by_most(counted(values), all) else {
                continue;
            };
            let is_left = |line: &Line| matches!(line, Line::Left(_) | Line::Hidden);
            if self
                .present()
                .any(|one| one.configs.get(&key).is_some_and(is_left))
            {
                continue;
            }
            let without = self.present().filter(|one| !one.configs.contains_key(&key));
            if without.count() > exceptions {
                continue;
            }
            let shared = Line::Set(most);
            for (_, present) in self.present_mut() {
                match present.configs.get(&key) {
                    Some(own) if *own == shared => drop(present.configs.remove(&key)),
                    Some(_) => {}
                    None => drop(present.configs.insert(key.clone(), Line::Unset)),
                }
            }
            self.configs.insert(key, shared);
        }
    }
}

fn counted<T: Ord>(values: impl Iterator<Item = T>) -> BTreeMap<T, usize> {
    let mut counts = BTreeMap::new();
    for value in values {
        *counts.entry(value).or_default() += 1;
    }
    counts
}

/// The value that more than half of all topics have, and more than one topic.
fn shared_by_most<T>(counts: BTreeMap<T, usize>, all: usize) -> Option<T> {
    let mut counts = counts.into_iter();
    counts
        .find(|(_, count)| *count > 1 && 2 * count > all)
        .map(|(value, _)| value)
}
