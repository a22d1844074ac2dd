//! Reads, sent to one broker each and retried until the time-out.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use futures::StreamExt;
use futures::stream::{self, TryStreamExt};

use super::ask::read;
use super::config_resource::{resource_of, wire_name};
use super::limits::PARALLEL;
use super::metadata::metadata;
use super::requests::{ALTER_CONFIGS, CREATE_PARTITIONS, CREATE_TOPICS, DELETE_TOPICS};
use super::{LiveCluster, errors};
use crate::cluster::live::wire::{
    ApiKey, BrokerConnection, DescribeClusterRequest, DescribeClusterResponse,
    DescribeConfigsEntry, DescribeConfigsRequest, DescribeConfigsResource, DescribeConfigsResponse,
    ErrorCode, KrafkaError, MetadataTopicResponse, checked, exchange, has, versions,
};
use crate::cluster::{At, ClusterError};
use crate::model::broker::{Broker, DescribedCluster};
use crate::model::catalogue::{self, Scope};
use crate::model::config::{
    ConfigEntry, ConfigResource, ConfigSource, ConfigSynonym, ConfigType, ConfigValue,
};
use crate::model::seen::Seen;
use crate::model::service;
use crate::model::topic::{Partition, Topic, TopicId};

/// Topics in one request. The answer then stays near a megabyte.
const TOPICS_PER_REQUEST: usize = 250;

pub(super) async fn describe_cluster(
    cluster: &LiveCluster,
) -> Result<DescribedCluster, ClusterError> {
    let action = "describe the cluster";
    let mut described = read(cluster, At::AnyBroker, action, describe_cluster_at).await?;
    described.service = service::of_address(&cluster.address).map(|one| one.id.clone());
    let live = described.live_brokers();
    let live = live.map(|broker| (broker.id, broker.host.clone(), broker.port));
    cluster.brokers.learn(live);
    Ok(described)
}

async fn describe_cluster_at(
    connection: Arc<BrokerConnection>,
) -> Result<DescribedCluster, KrafkaError> {
    let range = versions::DESCRIBE_CLUSTER;
    if !has(&connection, ApiKey::DescribeCluster, range) {
        return described_by_metadata(&connection).await;
    }
    let request = DescribeClusterRequest {
        include_fenced_brokers: true,
        include_cluster_authorized_operations: true,
        ..DescribeClusterRequest::default()
    };
    let answer: DescribeClusterResponse =
        exchange(&connection, ApiKey::DescribeCluster, range, &request).await?;
    checked(answer.error_code, answer.error_message)?;
    let mut brokers: Vec<Broker> = answer
        .brokers
        .into_iter()
        .map(|broker| Broker {
            id: broker.broker_id,
            host: broker.host,
            port: broker.port,
            rack: broker.rack,
            fenced: broker.is_fenced,
        })
        .collect();
    brokers.sort_by_key(|broker| broker.id);
    Ok(DescribedCluster {
        id: answer.cluster_id,
        controller: (answer.controller_id >= 0).then_some(answer.controller_id),
        brokers,
        features: features(&connection),
        may_describe: may_describe(answer.cluster_authorized_operations),
        missing_requests: missing_requests(&connection),
        service: None,
    })
}

/// For brokers without `DescribeCluster`: Kafka before 2.8 (KIP-700), and some services.
async fn described_by_metadata(
    connection: &BrokerConnection,
) -> Result<DescribedCluster, KrafkaError> {
    let answer = metadata(connection, Some(&[])).await?;
    let id = answer.cluster_id.ok_or_else(|| {
        let words = "the broker tells no id of its cluster";
        KrafkaError::broker(ErrorCode::UnsupportedVersion, words)
    })?;
    let mut brokers: Vec<Broker> = answer
        .brokers
        .into_iter()
        .map(|broker| Broker {
            id: broker.node_id,
            host: broker.host,
            port: broker.port,
            rack: broker.rack,
            fenced: false,
        })
        .collect();
    brokers.sort_by_key(|broker| broker.id);
    Ok(DescribedCluster {
        id,
        controller: (answer.controller_id >= 0).then_some(answer.controller_id),
        brokers,
        features: features(connection),
        may_describe: None,
        missing_requests: missing_requests(connection),
        service: None,
    })
}

/// Whether `DESCRIBE` is among the authorized operations (KIP-430).
fn may_describe(operations: i32) -> Option<bool> {
    const NOT_TOLD: i32 = i32::MIN;
    const DESCRIBE: i32 = 1 << 8;
    (operations != NOT_TOLD).then_some(operations & DESCRIBE != 0)
}

fn features(connection: &BrokerConnection) -> BTreeMap<String, i16> {
    let finalized = connection.broker_features().finalized.into_iter();
    finalized
        .map(|feature| (feature.name, feature.max_version_level))
        .collect()
}

/// The requests to write that the broker supports in no version that this program sends.
fn missing_requests(connection: &BrokerConnection) -> BTreeSet<String> {
    let ranges = [
        (ApiKey::CreateTopics, CREATE_TOPICS),
        (ApiKey::CreatePartitions, CREATE_PARTITIONS),
        (ApiKey::IncrementalAlterConfigs, ALTER_CONFIGS),
        (ApiKey::DeleteTopics, DELETE_TOPICS),
    ];
    let missing = ranges
        .into_iter()
        .filter(|(api, (_, range))| !has(connection, *api, *range));
    missing.map(|(api, _)| format!("{api:?}")).collect()
}

pub(super) async fn list_topics(cluster: &LiveCluster) -> Result<Vec<String>, ClusterError> {
    let answer = read(
        cluster,
        At::AnyBroker,
        "list topics",
        |connection| async move { metadata(&connection, None).await },
    )
    .await?;
    let mut names: Vec<String> = answer
        .topics
        .into_iter()
        .filter(|topic| topic.error_code.is_ok())
        .filter_map(|topic| topic.name)
        .collect();
    names.sort_unstable();
    Ok(names)
}

pub(super) async fn describe_topics(
    cluster: &LiveCluster,
    at: At,
    names: &[String],
) -> Result<BTreeMap<String, Seen<Topic>>, ClusterError> {
    let chunks: Vec<Vec<String>> = names
        .chunks(TOPICS_PER_REQUEST)
        .map(<[String]>::to_vec)
        .collect();
    let requests = chunks
        .into_iter()
        .map(|chunk| topics_named(cluster, at, chunk));
    let answers: Vec<_> = stream::iter(requests)
        .buffer_unordered(PARALLEL)
        .try_collect()
        .await?;
    let mut found: BTreeMap<String, Seen<Topic>> = answers
        .into_iter()
        .flatten()
        .filter_map(|topic| Some((topic.name.clone()?, described_topic(topic))))
        .collect();
    for name in names {
        found
            .entry(name.clone())
            .or_insert_with(|| Seen::unavailable("the broker's answer left this topic out"));
    }
    Ok(found)
}

async fn topics_named(
    cluster: &LiveCluster,
    at: At,
    names: Vec<String>,
) -> Result<Vec<MetadataTopicResponse>, ClusterError> {
    let names = &names;
    let answer = read(cluster, at, "describe topics", |connection| async move {
        metadata(&connection, Some(names)).await
    })
    .await?;
    Ok(answer.topics)
}

fn described_topic(topic: MetadataTopicResponse) -> Seen<Topic> {
    if !topic.error_code.is_ok() && topic.error_code != ErrorCode::LeaderNotAvailable {
        return errors::seen(topic.error_code, "");
    }
    let mut partitions: Vec<Partition> = topic
        .partitions
        .into_iter()
        .map(|partition| Partition {
            index: partition.partition_index,
            leader: (partition.leader_id >= 0).then_some(partition.leader_id),
            leader_epoch: (partition.leader_epoch >= 0).then_some(partition.leader_epoch),
            replicas: partition.replica_nodes,
            isr: partition.isr_nodes,
            offline: partition.offline_replicas,
        })
        .collect();
    partitions.sort_by_key(|partition| partition.index);
    Seen::Value(Topic {
        name: topic.name.unwrap_or_default(),
        id: TopicId(topic.topic_id.unwrap_or_default()),
        internal: topic.is_internal,
        partitions,
        configs: Seen::not_supported("settings were not asked for"),
    })
}

pub(super) async fn describe_configs(
    cluster: &LiveCluster,
    at: At,
    resources: &[ConfigResource],
) -> Result<BTreeMap<ConfigResource, Seen<Vec<ConfigEntry>>>, ClusterError> {
    let requests = config_requests(at, resources)
        .into_iter()
        .map(|(at, resources)| configs_of(cluster, at, resources));
    let answers: Vec<_> = stream::iter(requests)
        .buffer_unordered(PARALLEL)
        .try_collect()
        .await?;
    Ok(answers.into_iter().flatten().collect())
}

/// Splits resources into requests: a broker's own settings to that broker, the rest to `at`.
fn config_requests(at: At, resources: &[ConfigResource]) -> Vec<(At, Vec<ConfigResource>)> {
    let (brokers, others): (Vec<_>, Vec<_>) = resources
        .iter()
        .cloned()
        .partition(|resource| matches!(resource, ConfigResource::Broker(_)));
    let own = brokers.into_iter().map(|resource| match resource {
        ConfigResource::Broker(id) => (At::Broker(id), vec![resource]),
        _ => (at, vec![resource]),
    });
    let shared = others
        .chunks(TOPICS_PER_REQUEST)
        .map(|chunk| (at, chunk.to_vec()));
    own.chain(shared).collect()
}

/// Sends one request. If a broker does not answer, or brokers do not support or refuse the request, the
/// resources are `Unseen`, and the read does not fail as a whole.
async fn configs_of(
    cluster: &LiveCluster,
    at: At,
    resources: Vec<ConfigResource>,
) -> Result<Vec<(ConfigResource, Seen<Vec<ConfigEntry>>)>, ClusterError> {
    let resources = &resources;
    let answered = read(cluster, at, "describe configs", |connection| async move {
        configs_at(&connection, resources).await
    })
    .await;
    let is_own = matches!(resources.as_slice(), [ConfigResource::Broker(_)]);
    match answered {
        Ok(found) => Ok(found),
        Err(error @ (ClusterError::Unreachable { .. } | ClusterError::Login { .. })) if !is_own => {
            Err(error)
        }
        Err(error) => Ok(untold(resources, &error)),
    }
}

/// The `Unseen` of each resource after a failed read.
fn untold(
    resources: &[ConfigResource],
    error: &ClusterError,
) -> Vec<(ConfigResource, Seen<Vec<ConfigEntry>>)> {
    let resources = resources.iter().cloned();
    resources
        .map(|resource| (resource, errors::missing(error)))
        .collect()
}

async fn configs_at(
    connection: &BrokerConnection,
    resources: &[ConfigResource],
) -> Result<Vec<(ConfigResource, Seen<Vec<ConfigEntry>>)>, KrafkaError> {
    let range = versions::DESCRIBE_CONFIGS;
    let request = DescribeConfigsRequest {
        resources: resources.iter().map(wire_resource).collect(),
        include_synonyms: resources
            .iter()
            .any(|resource| !matches!(resource, ConfigResource::Topic(_))),
        include_documentation: false,
    };
    let answer: DescribeConfigsResponse =
        exchange(connection, ApiKey::DescribeConfigs, range, &request).await?;
    let mut found: BTreeMap<ConfigResource, Seen<Vec<ConfigEntry>>> = BTreeMap::new();
    for result in answer.results {
        let Some(resource) = resource_of(result.resource_type, &result.resource_name) else {
            continue;
        };
        let words = result.error_message.as_deref().unwrap_or("");
        let is_topic = matches!(resource, ConfigResource::Topic(_));
        let seen = match result.error_code {
            ErrorCode::None => {
                let entry = |entry| config_entry(&resource, entry);
                Seen::Value(result.configs.into_iter().map(entry).collect())
            }
            // A broker is only asked for its own settings, so this code means that it shows none.
            code @ ErrorCode::InvalidRequest if !is_topic => {
                Seen::not_supported(errors::broker_error(code, words).to_string())
            }
            code => errors::seen(code, words),
        };
        found.insert(resource, seen);
    }
    Ok(resources
        .iter()
        .map(|resource| {
            let seen = found
                .remove(resource)
                .unwrap_or_else(|| Seen::unavailable("the broker's answer left this resource out"));
            (resource.clone(), seen)
        })
        .collect())
}

fn wire_resource(resource: &ConfigResource) -> DescribeConfigsResource {
    let (resource_type, resource_name) = wire_name(resource);
    DescribeConfigsResource {
        resource_type,
        resource_name,
        config_names: None,
    }
}

fn config_entry(resource: &ConfigResource, entry: DescribeConfigsEntry) -> ConfigEntry {
    let hidden = entry.is_sensitive;
    let told = config_type(entry.config_type);
    // Brokers report every key of a listener as read-only, but accept changes (`ConfigHelper` looks
    // for the whole name among the dynamic keys).
    let read_only = entry.read_only && !catalogue::is_of_listener(&entry.name);
    let scope = match resource {
        ConfigResource::Topic(_) => Scope::Topic,
        ConfigResource::BrokerDefaults | ConfigResource::Broker(_) => Scope::Broker,
    };
    ConfigEntry {
        // Brokers before Kafka 2.6 report no types (KIP-569), and none does for a key that it does
        // not know. Such a key is hidden, and must be told apart from a password.
        config_type: if hidden {
            told
        } else {
            catalogue::type_of(scope, &entry.name, told)
        },
        name: entry.name,
        value: config_value(hidden, entry.value),
        source: config_source(entry.config_source),
        read_only,
        synonyms: entry
            .synonyms
            .into_iter()
            .map(|synonym| ConfigSynonym {
                name: synonym.name,
                value: config_value(hidden, synonym.value),
                source: config_source(synonym.source),
            })
            .collect(),
    }
}

fn config_value(hidden: bool, value: Option<String>) -> ConfigValue {
    match value {
        _ if hidden => ConfigValue::Sensitive,
        Some(text) => ConfigValue::Value(text),
        None => ConfigValue::Null,
    }
}

fn config_source(code: i8) -> ConfigSource {
    match code {
        1 => ConfigSource::DynamicTopicConfig,
        2 => ConfigSource::DynamicBrokerConfig,
        3 => ConfigSource::DynamicDefaultBrokerConfig,
        4 => ConfigSource::StaticBrokerConfig,
        5 => ConfigSource::DefaultConfig,
        6 => ConfigSource::DynamicBrokerLoggerConfig,
        _ => ConfigSource::Unknown,
    }
}

fn config_type(code: i8) -> ConfigType {
    match code {
        1 => ConfigType::Boolean,
        2 => ConfigType::String,
        3 => ConfigType::Int,
        4 => ConfigType::Short,
        5 => ConfigType::Long,
        6 => ConfigType::Double,
        7 => ConfigType::List,
        8 => ConfigType::Class,
        9 => ConfigType::Password,
        _ => ConfigType::Unknown,
    }
}
