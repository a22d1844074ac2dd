//! One read of a cluster for one manifest. The number of rounds does not depend on the number of
//! topics: first the cluster, the topics by name and their settings side by side; then each
//! broker's own settings, where the manifest says anything about brokers, and its orphans, where it
//! owns prefixes. What a plan needs beyond that to be judged is read once it is known ([`widen`]).

use std::collections::{BTreeMap, BTreeSet};

use futures::future::try_join_all;
use futures::try_join;

use super::sample::samples;
use super::{Answer, At, Cluster, ClusterError, Mode, NewTopic, OffsetSpec};
use crate::model::api_versions::ApiVersions;
use crate::model::broker::{BrokerId, DescribedCluster};
use crate::model::config::{ConfigEntry, ConfigResource};
use crate::model::desired::Desired;
use crate::model::health::Health;
use crate::model::log_dir::LogDir;
use crate::model::measure::{Measured, Questions, TopicPartition};
use crate::model::observed::{Observed, Wider};
use crate::model::seen::{Cause, Seen, Unseen};
use crate::model::told::tells_of_topics;
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
    sort_others(listed, desired, &mut observed);
    if !observed.orphans.is_empty() {
        let names: Vec<String> = observed.orphans.into_keys().collect();
        observed.orphans = topics_with_configs(cluster, At::AnyBroker, &names).await?;
    }
    Ok(observed)
}

/// Reads what `wider` names into `observed`, unless it is there already.
///
/// # Errors
/// As [`observe`].
pub async fn widen(
    cluster: &dyn Cluster,
    observed: &mut Observed,
    wider: Wider,
) -> Result<(), ClusterError> {
    if wider.brokers && observed.brokers.is_empty() {
        (observed.brokers, observed.broker_defaults) =
            broker_configs(cluster, &observed.cluster).await?;
    }
    if wider.topics && observed.others.is_empty() {
        let names: Vec<String> = observed
            .other_topics
            .iter()
            .chain(&observed.internal_topics)
            .chain(observed.orphans.keys())
            .cloned()
            .collect();
        observed.others = topics_with_configs(cluster, At::AnyBroker, &names).await?;
    }
    if wider.versions && observed.api_versions.is_empty() {
        observed.api_versions = api_versions(cluster, &observed.cluster).await;
    }
    Ok(())
}

/// How many topics are asked for their settings, where one would do.
const ENOUGH_TOPICS: usize = 5;

/// Reads into `observed` what tells whether topics have these keys, with the values that they are to
/// get: the settings of some topic, or what brokers say to a topic with such a key, which is validated
/// and not created.
///
/// # Errors
/// As [`observe`].
pub async fn ask_for_keys(
    cluster: &dyn Cluster,
    observed: &mut Observed,
    keys: &BTreeMap<&str, &str>,
) -> Result<(), ClusterError> {
    if keys.is_empty() || tells_of_topics(observed) {
        return Ok(());
    }
    let others = observed.other_topics.iter();
    let others = others.chain(&observed.internal_topics).take(ENOUGH_TOPICS);
    let resources: Vec<ConfigResource> = others.cloned().map(ConfigResource::Topic).collect();
    if !resources.is_empty() {
        let read = cluster.describe_configs(At::AnyBroker, &resources).await?;
        observed.some_topic = read.into_values().find_map(|seen| match seen {
            Seen::Value(entries) => Some(entries),
            _ => None,
        });
    }
    let mut absent = observed.topics.iter().filter(|(_, seen)| seen.is_absent());
    if let (None, Some((name, _))) = (&observed.some_topic, absent.next()) {
        let name = name.clone();
        for (key, value) in keys {
            let seen = try_key(cluster, &name, key, value).await;
            observed.tried_keys.insert((*key).to_owned(), seen);
        }
    }
    Ok(())
}

/// Whether brokers would take the key for a topic of this name, which is not there.
async fn try_key(cluster: &dyn Cluster, name: &str, key: &str, value: &str) -> Seen<()> {
    let topic = NewTopic {
        name: name.to_owned(),
        partitions: 1,
        replicas: None,
        configs: BTreeMap::from([(key.to_owned(), value.to_owned())]),
    };
    let answers = cluster.create_topics(&[topic], Mode::ValidateOnly).await;
    match answers.into_iter().next() {
        Some(Answer::Done) => Seen::Value(()),
        Some(Answer::Refused(error)) if error.code == "INVALID_CONFIG" => {
            // Kafka says the same of a value that it does not take (`LogConfig.validateNames`).
            if error.message.contains("Unknown topic config name") {
                Seen::Absent
            } else {
                Seen::Value(())
            }
        }
        Some(Answer::Refused(error) | Answer::Throttled { error, .. }) => {
            Seen::unavailable(error.to_string())
        }
        Some(Answer::Unknown { reason } | Answer::NotSent { reason }) => Seen::unavailable(reason),
        None => Seen::unavailable("no answer"),
    }
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

/// Measures what `questions` ask about; sizes are those of the largest replica on `brokers`.
///
/// # Errors
/// The whole read failed; what is missing of a partition is said in that part.
pub async fn measure(
    cluster: &dyn Cluster,
    brokers: &[BrokerId],
    questions: &Questions,
) -> Result<Measured, ClusterError> {
    if questions.is_empty() {
        return Ok(Measured::default());
    }
    let partitions: Vec<TopicPartition> = questions.offsets.iter().cloned().collect();
    let since = questions.since.iter().map(|(ms, partitions)| async move {
        let partitions: Vec<TopicPartition> = partitions.iter().cloned().collect();
        let spec = OffsetSpec::Timestamp(*ms);
        let found = cluster.list_offsets(&partitions, spec).await?;
        Ok::<_, ClusterError>((*ms, found))
    });
    let sizes = async { Ok(cluster.describe_log_dirs(brokers, Some(&partitions)).await) };
    let (starts, ends, since, log_dirs) = try_join!(
        cluster.list_offsets(&partitions, OffsetSpec::Earliest),
        cluster.list_offsets(&partitions, OffsetSpec::Latest),
        try_join_all(since),
        sizes,
    )?;
    let (sizes, no_sizes) = sizes_of(log_dirs);
    let mut measured = Measured {
        starts,
        ends,
        since: since.into_iter().collect(),
        sizes,
        no_sizes,
        samples: BTreeMap::new(),
    };
    measured.samples = samples(cluster, &measured, &questions.samples).await;
    Ok(measured)
}

/// The largest replica's size of each partition, and why some are missing, where they are.
fn sizes_of(
    brokers: BTreeMap<BrokerId, Seen<Vec<LogDir>>>,
) -> (BTreeMap<TopicPartition, i64>, Option<String>) {
    let mut sizes = BTreeMap::new();
    let mut missing = None;
    for (broker, seen) in brokers {
        let dirs = match seen {
            Seen::Value(dirs) => dirs,
            Seen::Absent => continue,
            Seen::Unseen(Unseen { words, .. }) => {
                missing = Some(format!("sizes of broker {broker} cannot be read: {words}"));
                continue;
            }
        };
        for (topic, logs) in dirs.into_iter().flat_map(|dir| dir.topics) {
            for log in logs.into_iter().filter(|log| !log.is_future) {
                let size: &mut i64 = sizes.entry((topic.clone(), log.partition)).or_default();
                *size = log.size.max(*size);
            }
        }
    }
    (sizes, missing)
}

/// Where the listed topics belong that nobody asked for by name.
fn sort_others(listed: Vec<String>, desired: &Desired, observed: &mut Observed) {
    for name in listed {
        if observed.topics.contains_key(&name) {
            continue;
        }
        if topic::is_internal_name(&name) {
            observed.internal_topics.push(name);
        } else if desired.ownership.covers(&name) {
            let not_yet = "it was not read".to_owned();
            observed.orphans.insert(name, Seen::unavailable(not_yet));
        } else {
            observed.other_topics.push(name);
        }
    }
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
/// The whole read failed; one broker that does not answer is [`Cause::Unavailable`].
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

/// The health of the cluster. `declared` are the brokers that a manifest names, and `named` the topics
/// that it does: a listing leaves out those that may not be described.
///
/// # Errors
/// Neither the cluster nor its topics can be read. What else is missing is said in
/// [`Health::unseen`].
pub async fn health(
    cluster: &dyn Cluster,
    declared: impl IntoIterator<Item = i32>,
    named: Option<&BTreeMap<String, Seen<Topic>>>,
) -> Result<Health, ClusterError> {
    // Only the active controller can tell of the quorum: without one all else is told.
    let quorum = async {
        let told = cluster.describe_quorum().await;
        Ok(told.unwrap_or_else(|error| Seen::unavailable(error.to_string())))
    };
    let (described, mut topics, quorum) =
        try_join!(cluster.describe_cluster(), all_topics(cluster), quorum)?;
    let unseen = named.into_iter().flatten();
    for (name, seen) in unseen.filter(|(_, seen)| seen.reason().is_some()) {
        let known = topics.entry(name.clone());
        known.or_insert_with(|| seen.clone());
    }
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
        Seen::Unseen(Unseen {
            cause: Cause::NotSupported,
            ..
        }) => described.controller,
        Seen::Absent => None,
        Seen::Unseen(Unseen {
            cause: Cause::NotPermitted | Cause::Unavailable,
            words,
        }) => {
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
    let words = || Seen::unavailable("the broker does not serve requests");
    found.extend(dead.into_iter().map(|id| (id, words())));
    found
}
