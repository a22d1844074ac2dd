//! One read of a cluster for one manifest. The number of rounds does not depend on the number of
//! topics: first the cluster, the topics by name and their settings side by side; then each
//! broker's own settings, where the manifest says anything about brokers.

use std::collections::{BTreeMap, BTreeSet};

use futures::try_join;

use super::{At, Cluster, ClusterError};
use crate::model::broker::DescribedCluster;
use crate::model::config::{ConfigEntry, ConfigResource};
use crate::model::desired::Desired;
use crate::model::health::Health;
use crate::model::log_dir::LogDir;
use crate::model::observed::Observed;
use crate::model::seen::Seen;
use crate::model::topic::{self, Topic};

/// Reads what `desired` speaks of, and the names of the other topics.
///
/// # Errors
/// The cluster cannot be reached or refuses the whole read. What is missing of a part is said in
/// that part, as [`Seen`].
pub async fn observe(cluster: &dyn Cluster, desired: &Desired) -> Result<Observed, ClusterError> {
    let names: Vec<String> = desired.topic_names().map(str::to_owned).collect();
    let (listed, mut observed) = try_join!(
        cluster.list_topics(),
        observe_named(cluster, &names, speaks_of_brokers(desired)),
    )?;
    observed.other_topics = other_topics(listed, &observed.topics);
    Ok(observed)
}

/// Reads these topics, and with `brokers` the settings of brokers; nothing else.
///
/// # Errors
/// As [`observe`].
pub async fn observe_named(
    cluster: &dyn Cluster,
    names: &[String],
    brokers: bool,
) -> Result<Observed, ClusterError> {
    let (described, topics) = try_join!(
        cluster.describe_cluster(),
        topics_with_configs(cluster, At::AnyBroker, names),
    )?;
    let mut observed = Observed {
        topics,
        ..Observed::default()
    };
    if brokers {
        (observed.brokers, observed.broker_defaults) = broker_configs(cluster, &described).await?;
    }
    observed.cluster = described;
    Ok(observed)
}

fn speaks_of_brokers(desired: &Desired) -> bool {
    !desired.broker.defaults.is_empty() || !desired.broker.brokers.is_empty()
}

fn other_topics(listed: Vec<String>, asked: &BTreeMap<String, Seen<Topic>>) -> Vec<String> {
    listed
        .into_iter()
        .filter(|name| !asked.contains_key(name) && !topic::is_internal_name(name))
        .collect()
}

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

/// The settings of brokers: each one's own view by id, and what is set cluster-wide.
pub type BrokerConfigs = (
    BTreeMap<i32, Seen<Vec<ConfigEntry>>>,
    Option<Seen<Vec<ConfigEntry>>>,
);

/// Every live broker's settings with all their sources, and what is set cluster-wide.
///
/// # Errors
/// The whole read failed; one broker that does not answer is [`Seen::Unavailable`].
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

/// The health of the cluster. `declared` are the brokers that a manifest names.
///
/// # Errors
/// Neither the cluster nor its topics can be read. What else is missing is said in
/// [`Health::unseen`].
pub async fn health(
    cluster: &dyn Cluster,
    declared: impl IntoIterator<Item = i32>,
) -> Result<Health, ClusterError> {
    let (described, topics, quorum) = try_join!(
        cluster.describe_cluster(),
        all_topics(cluster),
        cluster.describe_quorum(),
    )?;
    let mut health = Health::of(&described, &topics, declared);
    let asked: Vec<i32> = health
        .live_brokers
        .iter()
        .chain(&health.missing_brokers)
        .copied()
        .collect();
    let dirs = log_dirs(cluster, &described, &asked, Some(&[])).await;
    health.add_log_dirs(&dirs);
    health.controller = match quorum {
        Seen::Value(quorum) => quorum.leader,
        Seen::NotSupported(_) => described.controller,
        Seen::Absent => None,
        Seen::NotPermitted(words) | Seen::Unavailable(words) => {
            health.unseen.push(format!("controller: {words}"));
            None
        }
    };
    Ok(health)
}

/// Log directories of brokers; those that do not serve are not asked.
pub async fn log_dirs(
    cluster: &dyn Cluster,
    described: &DescribedCluster,
    brokers: &[i32],
    only: Option<&[(String, i32)]>,
) -> BTreeMap<i32, Seen<Vec<LogDir>>> {
    let is_live = |id: &i32| described.live_brokers().any(|broker| broker.id == *id);
    let (live, dead): (Vec<i32>, Vec<i32>) = brokers.iter().partition(|id| is_live(id));
    let mut found = cluster.describe_log_dirs(&live, only).await;
    let words = || Seen::Unavailable("the broker does not serve requests".to_owned());
    found.extend(dead.into_iter().map(|id| (id, words())));
    found
}
