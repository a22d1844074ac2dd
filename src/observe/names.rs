//! Names, for lists and for hints at misspelt names.

use std::collections::BTreeSet;
use std::time::Duration;

use futures::try_join;
use tokio::time::timeout;

use crate::cluster::{Cluster, ClusterError};
use crate::model::broker::BrokerId;
use crate::model::group::ListedGroups;
use crate::model::suggest::closest;

/// The names of all visible topics, in order, and whether others may exist.
///
/// # Errors
/// They cannot be listed.
pub async fn topics(cluster: &dyn Cluster) -> Result<(Vec<String>, bool), ClusterError> {
    let (described, topics) = try_join!(cluster.describe_cluster(), cluster.list_topics())?;
    Ok((topics, described.may_describe == Some(false)))
}

/// All groups that brokers list.
///
/// # Errors
/// They cannot be listed.
pub async fn groups(cluster: &dyn Cluster) -> Result<ListedGroups, ClusterError> {
    cluster.list_groups().await
}

/// The ids of the live brokers, in order.
///
/// # Errors
/// They cannot be listed.
pub async fn brokers(cluster: &dyn Cluster) -> Result<BTreeSet<BrokerId>, ClusterError> {
    let described = cluster.describe_cluster().await?;
    Ok(described.live_brokers().map(|broker| broker.id).collect())
}

/// All topics, live brokers and groups, read in parallel. Groups are empty if brokers take longer than
/// `patience` to list them.
///
/// # Errors
/// Topics or brokers cannot be listed.
pub async fn all(
    cluster: &dyn Cluster,
    patience: Duration,
) -> Result<(Vec<String>, BTreeSet<BrokerId>, Vec<String>), ClusterError> {
    let groups = async {
        let groups = match timeout(patience, groups(cluster)).await {
            Ok(Ok(listed)) => listed.groups.into_keys().collect(),
            _ => Vec::new(),
        };
        Ok(groups)
    };
    try_join!(cluster.list_topics(), brokers(cluster), groups)
}

/// The existing topic whose name is most similar.
pub async fn closest_topic(cluster: &dyn Cluster, name: &str) -> Option<String> {
    let listed = cluster.list_topics().await.unwrap_or_default();
    closest(name, listed.iter().map(String::as_str)).map(str::to_owned)
}
