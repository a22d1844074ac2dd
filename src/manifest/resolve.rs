//! Layers → [`Desired`]: applies the chosen environment, then the defaults.

use std::collections::BTreeMap;

use super::layer::{Acls, Broker, Cluster, Layer, Quotas, Settings, State, Topic, Topics, Written};
use super::policies::{self, Policies};
use super::problem::{Problem, list, nearest, quote};
use super::problems::Problems;
use super::source::SourceFile;
use super::spot::Placed;
use super::{lint, merge, settle};
use crate::model::access::{AclBinding, Entity};
use crate::model::desired::{
    self, BrokerSettings, ClusterIdentity, Desired, DesiredAcl, DesiredQuota, DesiredTopic,
    LeftOut, Ownership, Process, Setting, TopicSpec, TopicState,
};

/// The desired state of all layers. It may be used only if no error was found.
pub(super) fn resolve(
    mut written: Written,
    environment: Option<&str>,
    sources: &[SourceFile],
    problems: &mut Problems,
) -> Desired {
    if let Some(name) = environment {
        match written.environments.remove(name) {
            Some(overlay) => merge::over(&mut written.base, overlay, problems),
            None if written.incomplete => {}
            None => problems.push(unknown_environment(name, &written)),
        }
    }
    let layer = with_defaults(written.base);
    settle::settle(environment, &layer, &written.environments, problems);
    lint::check(&layer, problems);
    Desired {
        ownership: ownership(&layer, &written.environments),
        cluster: cluster(layer.cluster),
        broker: broker(layer.broker),
        topics: topics(layer.topics, &layer.policies, sources, problems),
        acls: acls(layer.acls, sources),
        quotas: quotas(layer.quotas, sources),
        left_out: LeftOut::default(),
    }
}

fn unknown_environment(name: &str, written: &Written) -> Problem {
    let defined = || written.environments.keys().map(String::as_str);
    let hint = match nearest(name, defined()) {
        Some(meant) => format!(
            "did you mean `{meant}`? the manifest has {}",
            list(defined())
        ),
        None if written.environments.is_empty() => {
            "the manifest has no `environments`: leave the environment out".to_owned()
        }
        None => format!("the manifest has {}", list(defined())),
    };
    Problem::nowhere(format!("there is no environment {}", quote(name))).hint(hint)
}

/// Adds `topics.defaults` to every topic that should exist, where the topic does not say otherwise.
fn with_defaults(mut layer: Layer) -> Layer {
    let Topics {
        replicas,
        configs,
        items,
        ..
    } = &mut layer.topics;
    for topic in items.list.iter_mut().filter(|topic| !topic.is_absent()) {
        topic.replicas = topic.replicas.take().or_else(|| replicas.clone());
        for (key, setting) in configs.iter() {
            if !topic.configs.contains_key(key) {
                topic.configs.insert(key.clone(), setting.clone());
            }
        }
    }
    layer
}

/// Topics of other environments are no orphans: the user may have forgotten `--env`.
fn ownership(layer: &Layer, others: &BTreeMap<String, Layer>) -> Ownership {
    let prefixes = layer.ownership.prefixes.iter();
    let principals = layer.ownership.principals.iter();
    let elsewhere = others.values().flat_map(|other| &other.topics.items.list);
    Ownership {
        prefixes: prefixes.map(|prefix| prefix.value.clone()).collect(),
        spared: elsewhere.map(|topic| topic.name.value.clone()).collect(),
        principals: principals.map(|prefix| prefix.value.clone()).collect(),
        spared_acls: others
            .values()
            .flat_map(|other| other.acls.keys().cloned())
            .collect(),
        spared_quotas: others
            .values()
            .flat_map(|other| other.quotas.keys().cloned())
            .collect(),
    }
}

fn acls(acls: Acls, sources: &[SourceFile]) -> BTreeMap<AclBinding, DesiredAcl> {
    let each = acls.into_iter().map(|(binding, acl)| {
        let desired = DesiredAcl {
            place: acl.at.place(sources),
            present: acl.state == State::Present,
        };
        (binding, desired)
    });
    each.collect()
}

fn quotas(quotas: Quotas, sources: &[SourceFile]) -> BTreeMap<Entity, DesiredQuota> {
    let each = quotas.into_iter().map(|(entity, quota)| {
        let is_absent = quota
            .state
            .is_some_and(|state| state.value == State::Absent);
        let values = quota.values.into_iter();
        let values = values.map(|(key, value)| (key, value.value)).collect();
        let desired = DesiredQuota {
            place: quota.at.place(sources),
            values: (!is_absent).then_some(values),
        };
        (entity, desired)
    });
    each.collect()
}

fn cluster(cluster: Cluster) -> ClusterIdentity {
    ClusterIdentity {
        name: value(cluster.name),
        bootstrap: value(cluster.bootstrap).unwrap_or_default(),
        id: value(cluster.id),
    }
}

fn broker(broker: Broker) -> BrokerSettings {
    let each = broker.brokers.into_iter();
    BrokerSettings {
        defaults: settings(broker.defaults),
        brokers: each.map(|(id, set)| (id, settings(set))).collect(),
        process: Process {
            heap: value(broker.heap),
            settings: set_only(broker.process),
        },
    }
}

fn value<T>(field: Option<Placed<T>>) -> Option<T> {
    field.map(|placed| placed.value)
}

fn settings(settings: Settings) -> desired::Settings {
    let each = settings.into_iter();
    each.map(|(key, setting)| (key, setting.value)).collect()
}

/// Unset keys are left out: a new broker has no values to remove.
fn set_only(settings: Settings) -> BTreeMap<String, String> {
    let each = settings.into_iter();
    each.filter_map(|(key, setting)| match setting.value {
        Setting::Value(text) => Some((key, text)),
        Setting::Unset => None,
    })
    .collect()
}

fn topics(
    topics: Topics,
    policies: &Policies,
    sources: &[SourceFile],
    problems: &mut Problems,
) -> Vec<DesiredTopic> {
    let each = topics.items.list.into_iter();
    each.map(|topic| DesiredTopic {
        place: topic.name.at.place(sources),
        name: topic.name.value.clone(),
        state: state(topic, policies, problems),
    })
    .collect()
}

fn state(topic: Topic, policies: &Policies, problems: &mut Problems) -> TopicState {
    if topic.is_absent() {
        return TopicState::Absent;
    }
    if topic.partitions.is_none() {
        let message = format!("the topic {} has no `partitions`", quote(&topic.name.value));
        let hint = "add `partitions: 3`, or as many as it needs";
        problems.push(Problem::at(topic.name.at, message).hint(hint));
    }
    let min_isr_within_replicas = policies::within_replicas(policies, &topic) == Some(true);
    TopicState::Present(TopicSpec {
        partitions: value(topic.partitions).unwrap_or_default(),
        replicas: value(topic.replicas),
        configs: settings(topic.configs),
        description: value(topic.description),
        schema: value(topic.schema),
        keyed: value(topic.keyed).unwrap_or_default(),
        min_isr_within_replicas,
    })
}
