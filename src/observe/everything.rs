//! Reads a whole cluster for a backup.
//!
//! Listings silently omit what the user may not describe. So the topics in log directories are compared
//! with the listing, and a user who may not describe the cluster cannot know all groups: the backup is then
//! marked as partial.

use std::collections::{BTreeMap, BTreeSet};

use futures::try_join;

use super::brokers::{broker_configs, log_dirs};
use super::commits::commits;
use super::topics::topics_with_configs;
use crate::cluster::groups::Pending;
use crate::cluster::{At, Cluster, ClusterError};
use crate::model::backup::{
    Backup, Concerns, FORMAT_VERSION, KIND, KafkaVersion, Kept, KeptGroup, KeptSetting, KeptTopic,
    Omission, Part, Why,
};
use crate::model::broker::{BrokerId, DescribedCluster};
use crate::model::config::{ConfigEntry, ConfigSource, ConfigType, ConfigValue};
use crate::model::group::{Commits, Committed, GroupType};
use crate::model::log_dir::LogDir;
use crate::model::measure::TopicPartition;
use crate::model::observed::Observed;
use crate::model::seen::{Cause, Seen};
use crate::model::topic::{self, Topic};

/// What identifies a backup.
#[derive(Debug, Clone)]
pub struct Title {
    /// Its id.
    pub id: String,
    /// The time, RFC 3339.
    pub taken_at: String,
    /// Why it is taken.
    pub reason: Why,
    /// What is about to be changed, if it is taken before a change.
    pub concerns: Option<Concerns>,
}

/// Topics and groups that are read by name, even if listings omit them.
#[derive(Debug, Clone, Default)]
pub struct Also {
    /// Topics.
    pub topics: BTreeSet<String>,
    /// Groups.
    pub groups: BTreeSet<String>,
}

/// A backup, and the same facts in the form that plans need.
#[derive(Debug, Clone)]
pub struct Taken {
    /// The backup.
    pub backup: Backup,
    /// All topics with settings, and the brokers' settings.
    pub observed: Observed,
}

/// Reads a whole cluster.
///
/// # Errors
/// It cannot be read at all. Missing parts are listed in [`Backup::partial`].
pub async fn read(cluster: &dyn Cluster, title: Title, also: &Also) -> Result<Taken, ClusterError> {
    let (described, mut topics, groups, acls, users, quotas) = try_join!(
        brokers(cluster),
        topics(cluster, &also.topics),
        async { or(groups(cluster, &also.groups).await, Groups::unseen) },
        told(cluster.describe_acls(At::AnyBroker)),
        told(cluster.describe_users(At::AnyBroker)),
        told(cluster.describe_quotas(At::AnyBroker)),
    )?;
    let mut missing = Missing::default();
    unlisted(cluster, &described, &mut topics, &mut missing).await?;
    let kept_topics = keep_topics(&topics, &mut missing);
    missing.of_absent_brokers(&described.cluster, &kept_topics);
    let (broker_configs, broker_defaults) = described.keep(&mut missing);
    if acls.is_unseen_as(Cause::NotPermitted) {
        missing.add(Part::Groups, None, NOT_TOLD_OF_ALL);
    }
    let acls = missing.keep(Part::Acls, None, acls);
    let users = missing.keep(Part::Users, None, users);
    let quotas = missing.keep(Part::Quotas, None, quotas);
    let groups = groups.keep(&mut missing);
    let live = described.cluster.live_brokers();
    let backup = Backup {
        format_version: FORMAT_VERSION,
        kind: KIND.to_owned(),
        id: title.id,
        taken_at: title.taken_at,
        reason: title.reason,
        tonkafka: env!("CARGO_PKG_VERSION").to_owned(),
        cluster_id: described.cluster.id.clone(),
        kafka: version(&described),
        brokers: live.map(|broker| broker.id).collect(),
        partial: missing.0,
        concerns: title.concerns,
        topics: kept_topics,
        broker_defaults,
        broker_configs,
        acls,
        users,
        quotas,
        groups,
    };
    let observed = Observed {
        cluster: described.cluster,
        topics,
        brokers: described.configs,
        broker_defaults: described.defaults,
        ..Observed::default()
    };
    Ok(Taken { backup, observed })
}

/// What was read; `instead` if brokers refused the request.
fn or<T>(
    read: Result<T, ClusterError>,
    instead: impl FnOnce(String) -> T,
) -> Result<T, ClusterError> {
    match read {
        Err(
            error @ (ClusterError::NotAuthorised { .. }
            | ClusterError::NotSupported { .. }
            | ClusterError::Broker { .. }),
        ) => Ok(instead(error.to_string())),
        read => read,
    }
}

/// What was read; unavailable with the broker's message if brokers refused the request.
async fn told<T>(
    read: impl Future<Output = Result<Seen<T>, ClusterError>>,
) -> Result<Seen<T>, ClusterError> {
    or(read.await, Seen::unavailable)
}

type KeptSettings = Kept<Vec<KeptSetting>>;

/// The list of what could not be read.
#[derive(Default)]
struct Missing(Vec<Omission>);

impl Missing {
    fn add(&mut self, part: Part, name: Option<String>, why: &str) {
        let why = why.to_owned();
        self.0.push(Omission { part, name, why });
    }

    /// The value for the backup; adds an entry to the list if it could not be read.
    fn keep<T>(&mut self, part: Part, name: Option<String>, seen: Seen<T>) -> Kept<T> {
        match seen {
            Seen::Value(value) => Kept::Value(value),
            Seen::Unseen(Cause::NotSupported, words) => Kept::NotSupported(words),
            Seen::Unseen(Cause::NotPermitted | Cause::Unavailable, words) => {
                self.add(part, name, &words);
                Kept::NotSeen(words)
            }
            Seen::Absent => {
                let words = "it went away while it was read";
                self.add(part, name, words);
                Kept::NotSeen(words.to_owned())
            }
        }
    }

    /// Adds known brokers that are not live, whose dynamic settings cannot be read.
    fn of_absent_brokers(
        &mut self,
        described: &DescribedCluster,
        topics: &BTreeMap<String, KeptTopic>,
    ) {
        let holders = topics.values().flat_map(|topic| topic.partitions.iter());
        let mut known: BTreeSet<BrokerId> = holders.flatten().copied().collect();
        known.extend(described.brokers.iter().map(|broker| broker.id));
        for live in described.live_brokers() {
            known.remove(&live.id);
        }
        for id in known {
            let words = "the broker does not serve requests";
            self.add(Part::Brokers, Some(id.to_string()), words);
        }
    }
}

/// A cluster with its brokers' settings and log directories.
struct Brokers {
    cluster: DescribedCluster,
    configs: BTreeMap<BrokerId, Seen<Vec<ConfigEntry>>>,
    defaults: Option<Seen<Vec<ConfigEntry>>>,
    log_dirs: BTreeMap<BrokerId, Seen<Vec<LogDir>>>,
}

impl Brokers {
    /// The dynamic settings of single brokers, and the cluster-wide ones.
    fn keep(&self, missing: &mut Missing) -> (BTreeMap<BrokerId, KeptSettings>, KeptSettings) {
        let mut configs = BTreeMap::new();
        for (id, seen) in &self.configs {
            let own = settings(seen, ConfigSource::DynamicBrokerConfig);
            configs.insert(*id, missing.keep(Part::Brokers, Some(id.to_string()), own));
        }
        let defaults = self.defaults.clone().unwrap_or(Seen::Absent);
        let defaults = settings(&defaults, ConfigSource::DynamicDefaultBrokerConfig);
        (configs, missing.keep(Part::Brokers, None, defaults))
    }
}

async fn brokers(cluster: &dyn Cluster) -> Result<Brokers, ClusterError> {
    let described = cluster.describe_cluster().await?;
    let ids: Vec<BrokerId> = described.live_brokers().map(|broker| broker.id).collect();
    let dirs = async { Ok(log_dirs(cluster, &described, &ids, None).await) };
    let ((configs, defaults), log_dirs) = try_join!(broker_configs(cluster, &described), dirs)?;
    Ok(Brokers {
        cluster: described,
        configs,
        defaults,
        log_dirs,
    })
}

fn version(described: &Brokers) -> KafkaVersion {
    let entries = described.configs.values().filter_map(Seen::value).flatten();
    let mut entries = entries.filter(|entry| entry.name == "inter.broker.protocol.version");
    let protocol = entries.find_map(|entry| entry.value.text());
    KafkaVersion {
        features: described.cluster.features.clone(),
        inter_broker_protocol: protocol.map(str::to_owned),
    }
}

async fn topics(
    cluster: &dyn Cluster,
    also: &BTreeSet<String>,
) -> Result<BTreeMap<String, Seen<Topic>>, ClusterError> {
    let mut names: BTreeSet<String> = cluster.list_topics().await?.into_iter().collect();
    names.extend(also.iter().cloned());
    let names: Vec<String> = names.into_iter().collect();
    topics_with_configs(cluster, At::AnyBroker, &names).await
}

/// Why a listing may be incomplete.
const NOT_TOLD_OF_ALL: &str = "who may not describe the cluster is not told of all";

/// Reads the topics that are in log directories but not in the listing.
async fn unlisted(
    cluster: &dyn Cluster,
    described: &Brokers,
    topics: &mut BTreeMap<String, Seen<Topic>>,
    missing: &mut Missing,
) -> Result<(), ClusterError> {
    let refused = |seen: &Seen<Vec<LogDir>>| seen.is_unseen_as(Cause::NotPermitted);
    let log_dirs = &described.log_dirs;
    let may_not = described.cluster.may_describe == Some(false);
    if may_not || log_dirs.values().any(refused) {
        missing.add(Part::Topics, None, NOT_TOLD_OF_ALL);
    }
    let held = log_dirs.values().filter_map(Seen::value).flatten();
    let held = held.flat_map(|dir| dir.topics.keys());
    let is_new = |name: &&String| !topics.contains_key(*name);
    // The metadata log is not a topic.
    let is_topic = |name: &&String| *name != "__cluster_metadata";
    let new: BTreeSet<String> = held.filter(is_new).filter(is_topic).cloned().collect();
    if !new.is_empty() {
        let new: Vec<String> = new.into_iter().collect();
        topics.extend(topics_with_configs(cluster, At::AnyBroker, &new).await?);
    }
    Ok(())
}

fn keep_topics(
    topics: &BTreeMap<String, Seen<Topic>>,
    missing: &mut Missing,
) -> BTreeMap<String, KeptTopic> {
    let mut kept = BTreeMap::new();
    for (name, seen) in topics {
        match seen {
            Seen::Value(topic) => {
                kept.insert(name.clone(), keep_topic(topic, missing));
            }
            Seen::Absent => {}
            Seen::Unseen(_, words) => {
                missing.add(Part::Topics, Some(name.clone()), words);
            }
        }
    }
    kept
}

fn keep_topic(topic: &Topic, missing: &mut Missing) -> KeptTopic {
    let configs = settings(&topic.configs, ConfigSource::DynamicTopicConfig);
    let partitions = topic.partitions.iter();
    KeptTopic {
        id: topic.id,
        internal: topic.internal || topic::is_internal_name(&topic.name),
        partitions: partitions.map(|one| one.replicas.clone()).collect(),
        configs: missing.keep(Part::Topics, Some(topic.name.clone()), configs),
    }
}

/// The settings from one source.
fn settings(seen: &Seen<Vec<ConfigEntry>>, source: ConfigSource) -> Seen<Vec<KeptSetting>> {
    let of = |entry: &ConfigEntry| {
        // A password is never written to a file, even if a broker shows it.
        let value = match (entry.set_at(source)?, entry.config_type) {
            (_, ConfigType::Password) => ConfigValue::Sensitive,
            (value, _) => value.clone(),
        };
        Some(KeptSetting {
            key: entry.name.clone(),
            value,
            source,
            config_type: entry.config_type,
        })
    };
    let sorted = |entries: &Vec<ConfigEntry>| {
        let mut kept: Vec<KeptSetting> = entries.iter().filter_map(of).collect();
        kept.sort_by(|one, other| one.key.cmp(&other.key));
        kept
    };
    seen.as_ref().map(sorted)
}

/// Groups as they were read.
#[derive(Default)]
struct Groups {
    types: BTreeMap<String, (GroupType, String)>,
    commits: BTreeMap<String, Seen<Commits>>,
    missing: Vec<(Option<String>, String)>,
}

async fn groups(cluster: &dyn Cluster, also: &BTreeSet<String>) -> Result<Groups, ClusterError> {
    let listed = cluster.list_groups().await?;
    let mut groups = Groups::default();
    for (id, words) in listed.missing {
        let words = format!("those of broker {id} are not told: {words}");
        groups.missing.push((None, words));
    }
    if listed.only_visible {
        groups.missing.push((None, NOT_TOLD_OF_ALL.to_owned()));
    }
    let unlisted = also.iter().filter(|id| !listed.groups.contains_key(*id));
    let unlisted: Vec<String> = unlisted.cloned().collect();
    for (id, group) in listed.groups {
        groups
            .types
            .insert(id, (group.group_type, group.protocol_type));
    }
    if !unlisted.is_empty() {
        for (id, seen) in cluster.describe_groups(&unlisted).await? {
            match seen {
                Seen::Value(group) => {
                    groups
                        .types
                        .insert(id, (group.group_type, group.protocol_type));
                }
                Seen::Absent => {}
                Seen::Unseen(_, words) => groups.missing.push((Some(id), words)),
            }
        }
    }
    let types = groups.types.iter();
    let types = types.map(|(id, (group_type, _))| (id, Some(group_type)));
    let commits = commits(cluster, types, Pending::Ignored).await?;
    groups.commits = commits;
    Ok(groups)
}

impl Groups {
    fn unseen(words: String) -> Self {
        Self {
            missing: vec![(None, words)],
            ..Self::default()
        }
    }

    fn keep(mut self, missing: &mut Missing) -> BTreeMap<String, KeptGroup> {
        for (name, words) in &self.missing {
            missing.add(Part::Groups, name.clone(), words);
        }
        let mut kept = BTreeMap::new();
        for (id, (group_type, protocol_type)) in self.types {
            let seen = self.commits.remove(&id).unwrap_or(Seen::Absent);
            let commits = match seen {
                Seen::Absent => Kept::Value(BTreeMap::new()),
                seen => match missing.keep(Part::Groups, Some(id.clone()), seen) {
                    Kept::Value(commits) => Kept::Value(known(&id, commits, missing)),
                    Kept::NotSupported(words) => Kept::NotSupported(words),
                    Kept::NotSeen(words) => Kept::NotSeen(words),
                },
            };
            let group = KeptGroup {
                group_type,
                protocol_type,
                commits,
            };
            kept.insert(id, group);
        }
        kept
    }
}

/// The commits that could be read; adds the others to the list.
fn known(
    id: &str,
    commits: Commits,
    missing: &mut Missing,
) -> BTreeMap<String, BTreeMap<i32, Committed>> {
    let mut known: BTreeMap<String, BTreeMap<i32, Committed>> = BTreeMap::new();
    for (TopicPartition { topic, partition }, seen) in commits {
        match seen {
            Seen::Value(commit) => {
                known.entry(topic).or_default().insert(partition, commit);
            }
            Seen::Absent => {}
            Seen::Unseen(_, words) => {
                let words = format!("{topic}-{partition}: {words}");
                missing.add(Part::Groups, Some(id.to_owned()), &words);
            }
        }
    }
    known
}
