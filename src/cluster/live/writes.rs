//! Writes to topics and settings, each item sent once. The answers are in the order of the items.

use std::collections::BTreeMap;

use futures::future::join_all;

use super::LiveCluster;
use super::config_resource::{resource_of, wire_name};
use super::requests::{ALTER_CONFIGS, CREATE_PARTITIONS, CREATE_TOPICS, DELETE_TOPICS};
use super::send::{Parts, Target, left_out, write};
use crate::cluster::live::wire::{
    AlterConfigOp, AlterableConfig, CreatableTopic, CreatableTopicConfig, CreatePartitionsRequest,
    CreatePartitionsResponse, CreatePartitionsTopic, CreateTopicsRequest, CreateTopicsResponse,
    DeleteTopicState, DeleteTopicsRequest, DeleteTopicsResponse, IncrementalAlterConfigsRequest,
    IncrementalAlterConfigsResource, IncrementalAlterConfigsResponse,
};
use crate::cluster::{Answer, Mode, NewTopic};
use crate::model::broker::BrokerId;
use crate::model::config::{ConfigAlteration, ConfigResource};
use crate::model::topic::TopicId;

pub(super) async fn create_topics(
    cluster: &LiveCluster,
    topics: &[NewTopic],
    mode: Mode,
) -> Vec<Answer> {
    let names: Vec<String> = topics.iter().map(|topic| topic.name.clone()).collect();
    let request = CreateTopicsRequest {
        topics: topics.iter().map(creatable).collect(),
        timeout_ms: cluster.timeout_ms(),
        validate_only: mode == Mode::ValidateOnly,
    };
    let parts = |response: CreateTopicsResponse| {
        let topics = response.topics.into_iter();
        let told = topics.map(|one| (one.name, one.error_code, one.error_message));
        Parts {
            throttle_ms: response.throttle_time_ms,
            items: told.collect(),
        }
    };
    let target = Target::Controller;
    write(cluster, target, CREATE_TOPICS, &names, &request, parts).await
}

fn creatable(topic: &NewTopic) -> CreatableTopic {
    let configs = topic.configs.iter();
    CreatableTopic {
        name: topic.name.clone(),
        num_partitions: topic.partitions,
        replication_factor: topic.replicas.unwrap_or(-1),
        assignments: Vec::new(),
        configs: configs
            .map(|(name, value)| CreatableTopicConfig {
                name: name.clone(),
                value: Some(value.clone()),
            })
            .collect(),
    }
}

pub(super) async fn create_partitions(
    cluster: &LiveCluster,
    totals: &[(String, i32)],
    mode: Mode,
) -> Vec<Answer> {
    let names: Vec<String> = totals.iter().map(|(name, _)| name.clone()).collect();
    let topics = totals.iter().map(|(name, total)| CreatePartitionsTopic {
        name: name.clone(),
        count: *total,
        assignments: None,
    });
    let request = CreatePartitionsRequest {
        topics: topics.collect(),
        timeout_ms: cluster.timeout_ms(),
        validate_only: mode == Mode::ValidateOnly,
    };
    let parts = |response: CreatePartitionsResponse| {
        let topics = response.results.into_iter();
        let told = topics.map(|one| (one.name, one.error_code, one.error_message));
        Parts {
            throttle_ms: response.throttle_time_ms,
            items: told.collect(),
        }
    };
    let target = Target::Controller;
    write(cluster, target, CREATE_PARTITIONS, &names, &request, parts).await
}

/// Changes settings: a broker's own at that broker, all others at the controller.
pub(super) async fn alter_configs(
    cluster: &LiveCluster,
    changes: &[(ConfigResource, Vec<ConfigAlteration>)],
    mode: Mode,
) -> Vec<Answer> {
    let target_of = |resource: &ConfigResource| match resource {
        ConfigResource::Broker(id) => Some(*id),
        ConfigResource::BrokerDefaults | ConfigResource::Topic(_) => None,
    };
    let mut requests: BTreeMap<Option<BrokerId>, Vec<&Change>> = BTreeMap::new();
    for change in changes {
        let one = requests.entry(target_of(&change.0)).or_default();
        one.push(change);
    }
    let sending = requests
        .iter()
        .map(|(broker, changes)| alter_at(cluster, *broker, changes, mode));
    let answers = join_all(sending).await;
    let mut answers: BTreeMap<Option<BrokerId>, _> = requests
        .into_keys()
        .zip(answers.into_iter().map(Vec::into_iter))
        .collect();
    let answer = |(resource, _): &Change| {
        let answers = answers.get_mut(&target_of(resource));
        answers.and_then(Iterator::next).unwrap_or_else(left_out)
    };
    changes.iter().map(answer).collect()
}

type Change = (ConfigResource, Vec<ConfigAlteration>);

async fn alter_at(
    cluster: &LiveCluster,
    broker: Option<BrokerId>,
    changes: &[&Change],
    mode: Mode,
) -> Vec<Answer> {
    let keys: Vec<ConfigResource> = changes.iter().map(|one| one.0.clone()).collect();
    let request = IncrementalAlterConfigsRequest {
        resources: changes.iter().map(|one| alteration(one)).collect(),
        validate_only: mode == Mode::ValidateOnly,
    };
    let parts = |response: IncrementalAlterConfigsResponse| {
        let results = response.results.into_iter();
        let told = results.filter_map(|one| {
            let resource = resource_of(one.resource_type, &one.resource_name)?;
            Some((resource, one.error_code, one.error_message))
        });
        Parts {
            throttle_ms: response.throttle_time_ms,
            items: told.collect(),
        }
    };
    let target = broker.map_or(Target::Controller, Target::Broker);
    write(cluster, target, ALTER_CONFIGS, &keys, &request, parts).await
}

fn alteration((resource, changes): &Change) -> IncrementalAlterConfigsResource {
    let (resource_type, resource_name) = wire_name(resource);
    let changes = changes.iter().map(|change| AlterableConfig {
        name: change.key.clone(),
        config_operation: match change.value {
            Some(_) => AlterConfigOp::Set,
            None => AlterConfigOp::Delete,
        },
        value: change.value.clone(),
    });
    IncrementalAlterConfigsResource {
        resource_type,
        resource_name,
        configs: changes.collect(),
    }
}

/// Deletes topics, by id where one is given (version 6 or later): a new topic of the same name has
/// another id. Earlier versions know only names.
pub(super) async fn delete_topics(
    cluster: &LiveCluster,
    topics: &[(String, Option<TopicId>)],
) -> Vec<Answer> {
    let names: Vec<String> = topics.iter().map(|(name, _)| name.clone()).collect();
    let states = topics.iter().map(|(name, id)| DeleteTopicState {
        name: id.is_none().then(|| name.clone()),
        topic_id: id.unwrap_or_default().0,
    });
    let request = DeleteTopicsRequest {
        topic_names: names.clone(),
        topics: states.collect(),
        timeout_ms: cluster.timeout_ms(),
    };
    let ids = topics.iter();
    let ids: BTreeMap<[u8; 16], &String> = ids
        .filter_map(|(name, id)| Some((id.as_ref()?.0, name)))
        .collect();
    let name_of = |id: [u8; 16]| ids.get(&id).map(|name| (*name).clone());
    let parts = |response: DeleteTopicsResponse| {
        let topics = response.responses.into_iter();
        let told = topics.filter_map(|one| {
            let name = one.topic_id.and_then(name_of).or(one.name)?;
            Some((name, one.error_code, one.error_message))
        });
        Parts {
            throttle_ms: response.throttle_time_ms,
            items: told.collect(),
        }
    };
    let target = Target::Controller;
    write(cluster, target, DELETE_TOPICS, &names, &request, parts).await
}
