//! Brokers: settings, API versions and log directories.

use std::collections::{BTreeMap, BTreeSet};

use crate::cluster::{At, Cluster, ClusterError};
use crate::model::api_versions::ApiVersions;
use crate::model::broker::{BrokerId, DescribedCluster};
use crate::model::config::{ConfigEntry, ConfigResource};
use crate::model::log_dir::LogDir;
use crate::model::measure::TopicPartition;
use crate::model::quorum::Quorum;
use crate::model::seen::Seen;

/// Each broker's settings by its id, and the cluster-wide dynamic settings.
pub type BrokerConfigs = (
    BTreeMap<i32, Seen<Vec<ConfigEntry>>>,
    Option<Seen<Vec<ConfigEntry>>>,
);

/// The settings of every live broker with their sources, and the cluster-wide dynamic settings.
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

/// The settings of the first broker that shows them, by key; empty when none does.
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

/// The API versions of every live broker.
pub async fn api_versions(
    cluster: &dyn Cluster,
    described: &DescribedCluster,
) -> BTreeMap<BrokerId, Seen<ApiVersions>> {
    let live: Vec<BrokerId> = described.live_brokers().map(|broker| broker.id).collect();
    cluster.describe_api_versions(&live).await
}

/// Log directories of brokers. Brokers that are not live are not asked.
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

/// The settings of one broker, or the ids of the known brokers when it is not one of them.
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
