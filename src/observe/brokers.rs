//! Brokers: their settings, what they understand, and their log directories.

use std::collections::{BTreeMap, BTreeSet};

use crate::cluster::{At, Cluster, ClusterError};
use crate::model::api_versions::ApiVersions;
use crate::model::broker::{BrokerId, DescribedCluster};
use crate::model::config::{ConfigEntry, ConfigResource};
use crate::model::log_dir::LogDir;
use crate::model::measure::TopicPartition;
use crate::model::quorum::Quorum;
use crate::model::seen::Seen;

/// The settings of brokers: each one's own view by id, and what is set cluster-wide.
pub type BrokerConfigs = (
    BTreeMap<i32, Seen<Vec<ConfigEntry>>>,
    Option<Seen<Vec<ConfigEntry>>>,
);

/// Every live broker's settings with all their sources, and what is set cluster-wide.
///
/// # Errors
/// The whole read failed; one broker that does not answer is `Cause::Unavailable`.
pub async fn broker_configs(
    cluster: &dyn Cluster,
    described: &DescribedCluster,
) -> Result<BrokerConfigs, ClusterError> {
    let ids: BTreeSet<i32> = described.live_brokers().map(|broker| broker.id).collect();
    let resources: Vec<ConfigResource> = ids
        .into_iter()
        .map(ConfigResource::Broker)
        .chain([ConfigResource::BrokerDefaults])
        .collect();
    let mut found = cluster.describe_configs(At::AnyBroker, &resources).await?;
    let defaults = found.remove(&ConfigResource::BrokerDefaults);
    let brokers = found
        .into_iter()
        .filter_map(|(resource, seen)| match resource {
            ConfigResource::Broker(id) => Some((id, seen)),
            _ => None,
        })
        .collect();
    Ok((brokers, defaults))
}

/// What brokers are set to, by their keys, as the first of them says that tells it; empty where none does.
///
/// # Errors
/// The whole read failed.
pub async fn defaults(
    cluster: &dyn Cluster,
    described: &DescribedCluster,
) -> Result<BTreeMap<String, String>, ClusterError> {
    let (brokers, _) = broker_configs(cluster, described).await?;
    let mut told = brokers.into_values().filter_map(|seen| match seen {
        Seen::Value(entries) => Some(entries),
        _ => None,
    });
    let entries = told.next().into_iter().flatten();
    let values = entries.filter_map(|entry| {
        let text = entry.value.text()?.to_owned();
        Some((entry.name, text))
    });
    Ok(values.collect())
}

/// What every live broker understands.
pub async fn api_versions(
    cluster: &dyn Cluster,
    described: &DescribedCluster,
) -> BTreeMap<BrokerId, Seen<ApiVersions>> {
    let live: Vec<BrokerId> = described.live_brokers().map(|broker| broker.id).collect();
    cluster.describe_api_versions(&live).await
}

/// Log directories of brokers; those that do not serve are not asked.
pub async fn log_dirs(
    cluster: &dyn Cluster,
    described: &DescribedCluster,
    brokers: &[i32],
    only: Option<&[TopicPartition]>,
) -> BTreeMap<i32, Seen<Vec<LogDir>>> {
    let is_live = |id: &i32| described.live_brokers().any(|broker| broker.id == *id);
    let (live, dead): (Vec<i32>, Vec<i32>) = brokers.iter().partition(|id| is_live(id));
    let mut found = cluster.describe_log_dirs(&live, only).await;
    let words = || Seen::unavailable("the broker does not serve requests");
    found.extend(dead.into_iter().map(|id| (id, words())));
    found
}

/// The cluster and its brokers.
///
/// # Errors
/// It cannot be read.
pub async fn described(cluster: &dyn Cluster) -> Result<DescribedCluster, ClusterError> {
    cluster.describe_cluster().await
}

/// The settings of one broker, or the ids of those that are known where it is none of them.
///
/// # Errors
/// The whole read failed.
pub async fn broker(
    cluster: &dyn Cluster,
    id: BrokerId,
) -> Result<Result<Seen<Vec<ConfigEntry>>, BTreeSet<BrokerId>>, ClusterError> {
    let described = cluster.describe_cluster().await?;
    let known: BTreeSet<i32> = described.brokers.iter().map(|broker| broker.id).collect();
    if !known.contains(&id) {
        return Ok(Err(known));
    }
    let resource = ConfigResource::Broker(id);
    let asked = std::slice::from_ref(&resource);
    let mut found = cluster.describe_configs(At::AnyBroker, asked).await?;
    Ok(Ok(found.remove(&resource).unwrap_or(Seen::Absent)))
}

/// The metadata quorum.
///
/// # Errors
/// The whole read failed.
pub async fn quorum(cluster: &dyn Cluster) -> Result<Seen<Quorum>, ClusterError> {
    cluster.describe_quorum().await
}
