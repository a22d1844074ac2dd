//! Merges layers.
//!
//! Files of one manifest are equal: a value that two of them set is an error. An environment overrides
//! the base: fields and settings are replaced one by one, topics are matched by name, and new topics
//! come last.

use std::collections::BTreeMap;
use std::collections::hash_map;
use std::fmt::Display;

use super::layer::{
    Acl, Acls, Broker, Cluster, Items, Layer, Ownership, Quota, Quotas, Topic, Topics,
};
use super::problem::{Problem, quote};
use super::problems::Problems;
use super::spot::{Placed, Spot};
use crate::model::access::{AclBinding, Entity};

/// What happens if two layers set the same value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rule {
    /// It is an error.
    Beside,
    /// The later one wins.
    Over,
}

/// Merges `later` into `base`; a value in both is an error.
pub(super) fn beside(base: &mut Layer, later: Layer, problems: &mut Problems) {
    Merging {
        rule: Rule::Beside,
        problems,
    }
    .layer(base, later);
}

/// Merges `later` into `base`; a value in both is taken from `later`.
pub(super) fn over(base: &mut Layer, later: Layer, problems: &mut Problems) {
    Merging {
        rule: Rule::Over,
        problems,
    }
    .layer(base, later);
}

/// Adds a topic to those of the same layer.
pub(super) fn add_topic(items: &mut Items, topic: Topic, problems: &mut Problems) {
    Merging {
        rule: Rule::Beside,
        problems,
    }
    .topic(items, topic);
}

/// Adds an ACL to those of the same layer.
pub(super) fn add_acl(acls: &mut Acls, binding: AclBinding, acl: Acl, problems: &mut Problems) {
    Merging {
        rule: Rule::Beside,
        problems,
    }
    .acl(acls, binding, acl);
}

/// Adds quotas to those of the same layer.
pub(super) fn add_quota(
    quotas: &mut Quotas,
    entity: Entity,
    quota: Quota,
    problems: &mut Problems,
) {
    Merging {
        rule: Rule::Beside,
        problems,
    }
    .quota(quotas, entity, quota);
}

struct Merging<'p> {
    rule: Rule,
    problems: &'p mut Problems,
}

impl Merging<'_> {
    fn layer(&mut self, base: &mut Layer, later: Layer) {
        self.cluster(&mut base.cluster, later.cluster);
        self.broker(&mut base.broker, later.broker);
        self.ownership(&mut base.ownership, later.ownership);
        self.map(&mut base.policies, later.policies);
        self.topics(&mut base.topics, later.topics);
        for (binding, state) in later.acls {
            self.acl(&mut base.acls, binding, state);
        }
        for (entity, quota) in later.quotas {
            self.quota(&mut base.quotas, entity, quota);
        }
    }

    /// Several items may stand for the same ACL, as roles do. They must agree on its state.
    fn acl(&mut self, acls: &mut Acls, binding: AclBinding, later: Acl) {
        match acls.get(&binding) {
            Some(first) if self.rule == Rule::Beside => {
                if first.state != later.state {
                    let what = if later.by_reference || first.by_reference {
                        "an ACL of this item".to_owned()
                    } else {
                        binding.to_string()
                    };
                    let message = format!("{what} is declared both present and absent");
                    let problem = Problem::at(later.at, message).related("first", first.at);
                    self.problems.push(problem.hint("remove one of the two"));
                }
            }
            _ => {
                acls.insert(binding, later);
            }
        }
    }

    fn quota(&mut self, quotas: &mut Quotas, entity: Entity, later: Quota) {
        let Some(quota) = quotas.get_mut(&entity) else {
            quotas.insert(entity, later);
            return;
        };
        if self.rule == Rule::Beside {
            let whose = if later.by_reference || quota.by_reference {
                "this entity".to_owned()
            } else {
                entity.to_string()
            };
            let problem = Problem::at(later.at, format!("the quotas of {whose} are named twice"));
            let problem = problem.related("first", quota.at);
            return self.problems.push(problem.hint("remove one of the two"));
        }
        self.field("state", &mut quota.state, later.state);
        self.map(&mut quota.values, later.values);
    }

    /// Each file adds its prefixes; those of an environment replace all prefixes of the base.
    fn ownership(&mut self, ownership: &mut Ownership, later: Ownership) {
        self.prefixes(&mut ownership.prefixes, later.prefixes);
        self.prefixes(&mut ownership.principals, later.principals);
    }

    fn prefixes(&mut self, prefixes: &mut Vec<Placed<String>>, later: Vec<Placed<String>>) {
        if self.rule == Rule::Over && !later.is_empty() {
            prefixes.clear();
        }
        for prefix in later {
            let same = |first: &&Placed<String>| first.value == prefix.value;
            match prefixes.iter().find(same) {
                Some(first) => {
                    let message = format!("the prefix {} is named twice", quote(&prefix.value));
                    let problem = Problem::at(prefix.at, message).related("first", first.at);
                    self.problems.push(problem.hint("remove one of the two"));
                }
                None => prefixes.push(prefix),
            }
        }
    }

    fn cluster(&mut self, cluster: &mut Cluster, later: Cluster) {
        self.field("cluster.name", &mut cluster.name, later.name);
        self.field("cluster.bootstrap", &mut cluster.bootstrap, later.bootstrap);
        self.field("cluster.id", &mut cluster.id, later.id);
        self.field("cluster.kafka", &mut cluster.kafka, later.kafka);
    }

    fn broker(&mut self, broker: &mut Broker, later: Broker) {
        self.map(&mut broker.defaults, later.defaults);
        for (id, settings) in later.brokers {
            self.map(broker.brokers.entry(id).or_default(), settings);
        }
        self.field("heap", &mut broker.heap, later.heap);
        self.map(&mut broker.process, later.process);
    }

    fn topics(&mut self, topics: &mut Topics, later: Topics) {
        self.field(
            "topics.defaults.replicas",
            &mut topics.replicas,
            later.replicas,
        );
        self.map(&mut topics.configs, later.configs);
        topics.doubtful |= later.doubtful;
        for topic in later.items.list {
            self.topic(&mut topics.items, topic);
        }
    }

    fn topic(&mut self, items: &mut Items, later: Topic) {
        match items.index.entry(later.name.value.clone()) {
            hash_map::Entry::Vacant(vacant) => {
                vacant.insert(items.list.len());
                items.list.push(later);
            }
            hash_map::Entry::Occupied(found) => {
                let topic = &mut items.list[*found.get()];
                if self.rule == Rule::Beside {
                    let (name, first) = (&later.name, topic.name.at);
                    self.problems.push(topic_twice(name, first));
                } else {
                    self.overlay(topic, later);
                }
            }
        }
    }

    fn overlay(&mut self, topic: &mut Topic, later: Topic) {
        self.check_still_absent(topic, &later);
        self.field("state", &mut topic.state, later.state);
        self.field("partitions", &mut topic.partitions, later.partitions);
        self.field("replicas", &mut topic.replicas, later.replicas);
        self.field("description", &mut topic.description, later.description);
        self.map(&mut topic.configs, later.configs);
        self.field("schema", &mut topic.schema, later.schema);
        self.field("keyed", &mut topic.keyed, later.keyed);
        topic.doubtful |= later.doubtful;
    }

    /// If the base deletes a topic, an environment that sets its fields must set `state` too.
    fn check_still_absent(&mut self, topic: &Topic, later: &Topic) {
        let wants = [
            later.partitions.as_ref().map(|field| field.at),
            later.replicas.as_ref().map(|field| field.at),
            later.schema.as_ref().map(|field| field.at),
            later.keyed.as_ref().map(|field| field.at),
            later.configs.values().next().map(|field| field.at),
        ];
        let Some(wanted) = wants.into_iter().flatten().min() else {
            return;
        };
        if let (Some(state), None, true) = (&topic.state, &later.state, topic.is_absent()) {
            let name = quote(&topic.name.value);
            let problem = Problem::at(
                wanted,
                format!("the topic {name} is absent without the environment"),
            )
            .related("`state: absent`", state.at)
            .hint("add `state: present` here if the environment should have it");
            self.problems.push(problem);
        }
    }

    fn map<K: Ord + Display, T>(
        &mut self,
        map: &mut BTreeMap<K, Placed<T>>,
        later: BTreeMap<K, Placed<T>>,
    ) {
        for (key, value) in later {
            match map.get(&key) {
                Some(first) if self.rule == Rule::Beside => {
                    self.twice(&key.to_string(), value.at, first.at);
                }
                _ => {
                    map.insert(key, value);
                }
            }
        }
    }

    fn field<T>(&mut self, name: &str, field: &mut Option<Placed<T>>, later: Option<Placed<T>>) {
        let Some(later) = later else { return };
        match field {
            Some(first) if self.rule == Rule::Beside => self.twice(name, later.at, first.at),
            _ => *field = Some(later),
        }
    }

    fn twice(&mut self, name: &str, again: Spot, first: Spot) {
        let problem = Problem::at(again, format!("{} is set twice", quote(name)))
            .related("first", first)
            .hint("set it in one file only");
        self.problems.push(problem);
    }
}

fn topic_twice(name: &Placed<String>, first: Spot) -> Problem {
    let message = format!("the topic {} is named twice", quote(&name.value));
    Problem::at(name.at, message)
        .related("first", first)
        .hint("remove one of the two")
}
