//! Topics with their settings.

use std::collections::BTreeMap;

use futures::try_join;

use crate::cluster::{At, Cluster, ClusterError};
use crate::model::config::ConfigResource;
use crate::model::seen::Seen;
use crate::model::topic::Topic;

/// Topics by name with their settings, as the broker at `at` sees them.
///
/// # Errors
/// The whole read failed.
pub async fn topics_with_configs(
    cluster: &dyn Cluster,
    at: At,
    names: &[String],
) -> Result<BTreeMap<String, Seen<Topic>>, ClusterError> {
    let resources: Vec<ConfigResource> = names.iter().cloned().map(ConfigResource::Topic).collect();
    let (mut topics, mut configs) = try_join!(
        cluster.describe_topics(at, names),
        cluster.describe_configs(at, &resources),
    )?;
    for (name, seen) in &mut topics {
        if let Seen::Value(topic) = seen
            && let Some(entries) = configs.remove(&ConfigResource::Topic(name.clone()))
        {
            topic.configs = entries;
        }
    }
    Ok(topics)
}

/// All topics that may be described, with their settings. One that went away meanwhile is left out.
///
/// # Errors
/// The whole read failed.
pub async fn all_topics(
    cluster: &dyn Cluster,
) -> Result<BTreeMap<String, Seen<Topic>>, ClusterError> {
    let names = cluster.list_topics().await?;
    let mut topics = topics_with_configs(cluster, At::AnyBroker, &names).await?;
    topics.retain(|_, seen| !seen.is_absent());
    Ok(topics)
}
