//! Topics with their settings.

use std::collections::{BTreeMap, BTreeSet};

use futures::try_join;

use crate::cluster::{At, Cluster, ClusterError, OffsetSpec};
use crate::model::broker::DescribedCluster;
use crate::model::config::ConfigResource;
use crate::model::measure::{Offsets, TopicPartition};
use crate::model::scope::TopicScopes;
use crate::model::seen::Seen;
use crate::model::topic::{Topic, is_internal_name};

/// Topics with their settings by name, as the broker at `at` sees them.
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

/// Topics with their settings by name, and their selected partitions; none means all.
pub type MeantTopics = BTreeMap<String, (Option<BTreeSet<i32>>, Seen<Topic>)>;

/// The matching topics. Patterns match Kafka's own topics only with `patterns_mean_own`.
///
/// # Errors
/// The whole read failed.
pub async fn meant(
    cluster: &dyn Cluster,
    wanted: &TopicScopes,
    patterns_mean_own: bool,
) -> Result<MeantTopics, ClusterError> {
    let mut listed = Vec::new();
    if wanted.patterns {
        listed = cluster.list_topics().await?;
        listed.retain(|name| patterns_mean_own || !is_internal_name(name));
    }
    let parts = wanted.parts(&listed);
    if parts.is_empty() {
        return Ok(MeantTopics::new());
    }
    let names: Vec<String> = parts.keys().cloned().collect();
    let mut found = topics_with_configs(cluster, At::AnyBroker, &names).await?;
    let meant = parts.into_iter().map(|(name, numbers)| {
        let seen = found.remove(&name).unwrap_or(Seen::Absent);
        (name, (numbers, seen))
    });
    Ok(meant.collect())
}

/// All visible topics with their settings, without those that were deleted meanwhile.
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

/// The cluster, and these topics without their settings; all visible topics if none is named.
///
/// # Errors
/// The whole read failed.
pub async fn with_cluster(
    cluster: &dyn Cluster,
    names: &[String],
) -> Result<(DescribedCluster, BTreeMap<String, Seen<Topic>>), ClusterError> {
    let topics = async {
        if names.is_empty() {
            partitions_of(cluster, &cluster.list_topics().await?).await
        } else {
            partitions_of(cluster, names).await
        }
    };
    try_join!(cluster.describe_cluster(), topics)
}

/// Topics by name, without their settings.
///
/// # Errors
/// The whole read failed.
pub async fn partitions_of(
    cluster: &dyn Cluster,
    names: &[String],
) -> Result<BTreeMap<String, Seen<Topic>>, ClusterError> {
    cluster.describe_topics(At::AnyBroker, names).await
}

/// The log end offset of every partition in `partitions`.
///
/// # Errors
/// The whole read failed.
pub async fn log_ends(
    cluster: &dyn Cluster,
    partitions: &[TopicPartition],
) -> Result<Offsets, ClusterError> {
    cluster.list_offsets(partitions, OffsetSpec::Latest).await
}

/// The log start and end offsets of a topic's partitions.
pub type LogOffsets = BTreeMap<i32, (Seen<i64>, Seen<i64>)>;

/// The log start and end offsets of a topic. Partitions without a leader are not asked for.
///
/// # Errors
/// The whole read failed.
pub async fn log_offsets(cluster: &dyn Cluster, topic: &Topic) -> Result<LogOffsets, ClusterError> {
    let partitions: Vec<TopicPartition> = topic
        .partitions
        .iter()
        .filter(|partition| partition.leader.is_some())
        .map(|partition| TopicPartition::new(topic.name.clone(), partition.index))
        .collect();
    let (begin, mut end) = try_join!(
        cluster.list_offsets(&partitions, OffsetSpec::Earliest),
        cluster.list_offsets(&partitions, OffsetSpec::Latest),
    )?;
    let told = begin.into_iter().map(|(key, begin)| {
        let end = end.remove(&key).unwrap_or(Seen::Absent);
        let known = |offset: Option<i64>| offset.map_or(Seen::Absent, Seen::Value);
        (key.partition, (begin.and_then(known), end.and_then(known)))
    });
    let unasked = topic.partitions.iter().filter(|one| one.leader.is_none());
    let unasked = unasked.map(|one| {
        let words = || Seen::unavailable("it has no leader");
        (one.index, (words(), words()))
    });
    Ok(told.chain(unasked).collect())
}
