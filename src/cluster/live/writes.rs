//! Writes, each item sent once. Answers come back in the order of the items.

use std::collections::HashMap;
use std::hash::Hash;

use krafka::admin::{
    ConfigOp, ConfigResource as KrafkaResource, CreatePartitionsOptions, CreateTopicsOptions,
    DeleteTopicsOptions, IncrementalAlterConfigsOptions, NewTopic as KrafkaTopic,
};
use krafka::{KrafkaError, Result as KrafkaResult};

use super::LiveCluster;
use super::errors::answer;
use crate::cluster::{Answer, Mode, NewTopic};
use crate::model::config::{ConfigAlteration, ConfigResource};

/// krafka's results by item, in the order of `keys`.
fn in_order<K: Eq + Hash>(
    keys: impl Iterator<Item = K>,
    results: KrafkaResult<HashMap<K, KrafkaResult<()>>>,
) -> Vec<Answer> {
    match results {
        Ok(mut results) => keys
            .map(|key| match results.remove(&key) {
                Some(result) => answer(result),
                None => Answer::Unknown {
                    reason: "the broker's answer left this item out".to_owned(),
                },
            })
            .collect(),
        Err(error) => keys.map(|_| answer(Err(error.clone()))).collect(),
    }
}

pub(super) async fn create_topics(
    cluster: &LiveCluster,
    topics: &[NewTopic],
    mode: Mode,
) -> Vec<Answer> {
    let new = topics
        .iter()
        .map(krafka_topic)
        .collect::<Result<Vec<_>, _>>();
    let results = match new {
        Ok(new) => {
            let options = CreateTopicsOptions::default().validate_only(mode == Mode::ValidateOnly);
            cluster.admin.create_topics(new, options).await
        }
        Err(error) => Err(error),
    };
    in_order(topics.iter().map(|topic| topic.name.clone()), results)
}

fn krafka_topic(topic: &NewTopic) -> Result<KrafkaTopic, KrafkaError> {
    let replicas = topic.replicas.unwrap_or(-1);
    let new = KrafkaTopic::new(topic.name.clone(), topic.partitions, replicas)?;
    Ok(topic
        .configs
        .iter()
        .fold(new, |new, (key, value)| new.with_config(key, value)))
}

pub(super) async fn create_partitions(
    cluster: &LiveCluster,
    totals: &[(String, i32)],
    mode: Mode,
) -> Vec<Answer> {
    let options = CreatePartitionsOptions::default().validate_only(mode == Mode::ValidateOnly);
    let results = cluster
        .admin
        .create_partitions(totals.iter().cloned(), options)
        .await;
    in_order(totals.iter().map(|(name, _)| name.clone()), results)
}

pub(super) async fn alter_configs(
    cluster: &LiveCluster,
    changes: &[(ConfigResource, Vec<ConfigAlteration>)],
    mode: Mode,
) -> Vec<Answer> {
    let wire = changes
        .iter()
        .map(|(resource, changes)| (krafka_resource(resource), config_ops(changes)));
    let options =
        IncrementalAlterConfigsOptions::default().validate_only(mode == Mode::ValidateOnly);
    let results = cluster.admin.incremental_alter_configs(wire, options).await;
    in_order(
        changes
            .iter()
            .map(|(resource, _)| krafka_resource(resource)),
        results,
    )
}

fn krafka_resource(resource: &ConfigResource) -> KrafkaResource {
    match resource {
        ConfigResource::BrokerDefaults => KrafkaResource::broker_default(),
        ConfigResource::Broker(id) => KrafkaResource::broker(*id),
        ConfigResource::Topic(name) => KrafkaResource::topic(name),
    }
}

fn config_ops(changes: &[ConfigAlteration]) -> Vec<ConfigOp> {
    changes
        .iter()
        .map(|change| match &change.value {
            Some(value) => ConfigOp::set(&change.key, value),
            None => ConfigOp::delete(&change.key),
        })
        .collect()
}

pub(super) async fn delete_topics(cluster: &LiveCluster, names: &[String]) -> Vec<Answer> {
    let options = DeleteTopicsOptions::default();
    let results = cluster.admin.delete_topics(names, options).await;
    in_order(names.iter().cloned(), results)
}
