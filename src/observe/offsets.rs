//! Reads commits of groups and the offsets of their logs. The number of rounds depends neither on the
//! groups nor on the partitions.

use std::collections::{BTreeMap, BTreeSet};

use futures::try_join;

use super::commits::commits;
use super::measure::measure;
use crate::cluster::groups::Pending;
use crate::cluster::{At, Cluster, ClusterError};
use crate::model::broker::BrokerId;
use crate::model::measure::{Questions, TopicPartition};
use crate::model::offset_file::FileOffsets;
use crate::model::offsets::{Meant, OffsetFacts};
use crate::model::scope::{GroupScope, NamePatterns, TopicScope, Topics};
use crate::model::seen::Seen;
use crate::model::target::Target;

/// Groups and partitions that were read for a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OffsetRead {
    /// The matching partitions of each group.
    pub meant: Meant,
    /// The facts about them.
    pub facts: OffsetFacts,
    /// Brokers that did not list their groups, when patterns were matched: groups may be missing.
    pub missing: BTreeMap<BrokerId, String>,
}

/// Reads the groups of a scope and their matching partitions.
///
/// # Errors
/// The cluster cannot be read at all. Missing parts are marked in the answer.
pub async fn read(
    cluster: &dyn Cluster,
    scope: &GroupScope,
    target: &Target,
    offsets: Option<&FileOffsets>,
) -> Result<OffsetRead, ClusterError> {
    let (ids, missing) = ids(cluster, scope).await?;
    let (other, since) = match target {
        Target::Group(id) => (Some(id), None),
        Target::Time { ms, .. } => (None, Some(*ms)),
        _ => (None, None),
    };
    let mut facts = groups(cluster, &ids, other).await?;
    let meant = partitions(cluster, scope, &ids, offsets, other, &mut facts).await?;
    let keys = meant.values().flatten().map(|(key, _)| key.clone());
    let keys: BTreeSet<TopicPartition> = keys.collect();
    topics_and_logs(cluster, keys, since, &mut facts).await?;
    Ok(OffsetRead {
        meant,
        facts,
        missing,
    })
}

/// Reads these groups and partitions, for an undo.
///
/// # Errors
/// Those of [`read`].
pub async fn of(
    cluster: &dyn Cluster,
    ids: &BTreeSet<String>,
    partitions: BTreeSet<TopicPartition>,
) -> Result<OffsetFacts, ClusterError> {
    let ids: Vec<String> = ids.iter().cloned().collect();
    let mut facts = groups(cluster, &ids, None).await?;
    topics_and_logs(cluster, partitions, None, &mut facts).await?;
    Ok(facts)
}

/// The timestamps of the records at these offsets, where there are records.
///
/// # Errors
/// Those of [`read`].
pub async fn times(
    cluster: &dyn Cluster,
    wanted: BTreeSet<(TopicPartition, i64)>,
) -> Result<BTreeMap<(TopicPartition, i64), i64>, ClusterError> {
    // A request can ask for one offset per partition only.
    let mut rounds: Vec<BTreeMap<TopicPartition, i64>> = Vec::new();
    for (partition, offset) in wanted {
        let is_free = |round: &&mut BTreeMap<TopicPartition, i64>| !round.contains_key(&partition);
        match rounds.iter_mut().find(is_free) {
            Some(round) => drop(round.insert(partition, offset)),
            None => rounds.push(BTreeMap::from([(partition, offset)])),
        }
    }
    let mut times = BTreeMap::new();
    for round in rounds {
        let asked: Vec<(TopicPartition, i64)> = round.into_iter().collect();
        let mut found = cluster.next_records(&asked).await?;
        for (partition, offset) in asked {
            if let Some(Seen::Value(Some(record))) = found.remove(&partition)
                && let Some(timestamp) = record.timestamp
            {
                times.insert((partition, offset), timestamp);
            }
        }
    }
    Ok(times)
}

/// The ids of the matching groups.
async fn ids(
    cluster: &dyn Cluster,
    scope: &GroupScope,
) -> Result<(Vec<String>, BTreeMap<BrokerId, String>), ClusterError> {
    if !scope.patterns {
        let ids: BTreeSet<String> = scope.groups.iter().cloned().collect();
        return Ok((ids.into_iter().collect(), BTreeMap::new()));
    }
    let names = NamePatterns::patterns(scope.groups.iter().map(String::as_str));
    let listed = cluster.list_groups().await?;
    let ids = listed.groups.into_keys();
    Ok((ids.filter(|id| names.matches(id)).collect(), listed.missing))
}

/// Groups with their commits, and all group ids if one of the groups is absent. Of `other` only the commits
/// are needed.
async fn groups(
    cluster: &dyn Cluster,
    ids: &[String],
    other: Option<&String>,
) -> Result<OffsetFacts, ClusterError> {
    let all: BTreeSet<String> = ids.iter().chain(other).cloned().collect();
    let all: Vec<String> = all.into_iter().collect();
    let (described, cluster_id) = try_join!(cluster.describe_groups(&all), async {
        Ok(cluster.describe_cluster().await?.id)
    })?;
    let type_of = |id| {
        let group = described.get(id).and_then(Seen::value);
        group.map(|group| &group.group_type)
    };
    let typed = all.iter().map(|id| (id, type_of(id)));
    let commits = commits(cluster, typed, Pending::Told).await?;
    let known_groups = if described.values().any(Seen::is_absent) {
        cluster.list_groups().await?.groups.into_keys().collect()
    } else {
        Vec::new()
    };
    Ok(OffsetFacts {
        cluster_id,
        groups: described,
        commits,
        known_groups,
        ..OffsetFacts::default()
    })
}

async fn partitions(
    cluster: &dyn Cluster,
    scope: &GroupScope,
    ids: &[String],
    offsets: Option<&FileOffsets>,
    other: Option<&String>,
    facts: &mut OffsetFacts,
) -> Result<Meant, ClusterError> {
    let committed = |id: &String| facts.commits.get(id).and_then(Seen::value);
    let committed = |id: &String| committed(id).into_iter().flatten();
    let source = |id: &String| -> Vec<TopicPartition> {
        match (offsets, other) {
            (Some(offsets), _) => {
                let partitions = offsets.get(id).into_iter().flat_map(BTreeMap::keys);
                partitions.cloned().collect()
            }
            // Only existing commits can be copied.
            (None, Some(other)) => {
                let commits = committed(other).filter(|(_, seen)| seen.value().is_some());
                commits.map(|(key, _)| key.clone()).collect()
            }
            (None, None) => committed(id).map(|(key, _)| key.clone()).collect(),
        }
    };
    let is_given = offsets.is_some() || other.is_some();
    match &scope.topics {
        Topics::Committed => Ok(ids
            .iter()
            .map(|id| {
                let keys = source(id).into_iter();
                (
                    id.clone(),
                    keys.map(|key| (key, offsets.is_some())).collect(),
                )
            })
            .collect()),
        Topics::Named(scopes) if is_given => Ok(ids
            .iter()
            .map(|id| {
                let keys = source(id).into_iter();
                let keys = keys.filter(|key| scopes.iter().any(|one| one.covers(key, scope)));
                (id.clone(), keys.map(|key| (key, true)).collect())
            })
            .collect()),
        Topics::Named(scopes) => {
            let keys = named(cluster, scopes, scope.patterns, facts).await?;
            let keys = || keys.iter().map(|key| (key.clone(), true)).collect();
            Ok(ids.iter().map(|id| (id.clone(), keys())).collect())
        }
    }
}

impl TopicScope {
    fn covers(&self, key: &TopicPartition, scope: &GroupScope) -> bool {
        let is_named = if scope.patterns {
            NamePatterns::patterns([self.name.as_str()]).matches(&key.topic)
        } else {
            self.name == key.topic
        };
        let partitions = self.partitions.as_ref();
        is_named && partitions.is_none_or(|partitions| partitions.contains(&key.partition))
    }
}

/// The partitions of named topics. Partition 0 stands for an absent topic.
async fn named(
    cluster: &dyn Cluster,
    scopes: &[TopicScope],
    patterns: bool,
    facts: &mut OffsetFacts,
) -> Result<BTreeSet<TopicPartition>, ClusterError> {
    let names: BTreeSet<String> = if patterns {
        let matcher = NamePatterns::patterns(scopes.iter().map(|one| one.name.as_str()));
        let listed = cluster.list_topics().await?.into_iter();
        listed.filter(|name| matcher.matches(name)).collect()
    } else {
        scopes.iter().map(|one| one.name.clone()).collect()
    };
    describe_topics(cluster, &names, facts).await?;
    let mut keys = BTreeSet::new();
    for one in scopes {
        let matcher = NamePatterns::patterns([one.name.as_str()]);
        let is_meant = |name: &&String| {
            if patterns {
                matcher.matches(name)
            } else {
                one.name == **name
            }
        };
        for name in names.iter().filter(is_meant) {
            let numbers = match (&one.partitions, facts.topics.get(name)) {
                (Some(partitions), _) => partitions.clone(),
                (None, Some(Seen::Value(topic))) => {
                    topic.partitions.iter().map(|one| one.index).collect()
                }
                (None, _) => vec![0],
            };
            keys.extend(
                numbers
                    .into_iter()
                    .map(|number| TopicPartition::new(name.clone(), number)),
            );
        }
    }
    Ok(keys)
}

/// Reads topics that are not read yet, and all topic names if one of them is absent.
async fn describe_topics(
    cluster: &dyn Cluster,
    names: &BTreeSet<String>,
    facts: &mut OffsetFacts,
) -> Result<(), ClusterError> {
    let is_new = |name: &&String| !facts.topics.contains_key(*name);
    let new: Vec<String> = names.iter().filter(is_new).cloned().collect();
    if new.is_empty() {
        return Ok(());
    }
    let topics = cluster.describe_topics(At::AnyBroker, &new).await?;
    if facts.known_topics.is_empty() && topics.values().any(Seen::is_absent) {
        facts.known_topics = cluster.list_topics().await?;
    }
    facts.topics.extend(topics);
    Ok(())
}

/// Reads topics, their log start and end offsets, and the first offsets at or after a time.
async fn topics_and_logs(
    cluster: &dyn Cluster,
    keys: BTreeSet<TopicPartition>,
    since: Option<i64>,
    facts: &mut OffsetFacts,
) -> Result<(), ClusterError> {
    let topics: BTreeSet<String> = keys.iter().map(|key| key.topic.clone()).collect();
    describe_topics(cluster, &topics, facts).await?;
    let is_there = |key: &TopicPartition| {
        let topic = facts.topics.get(&key.topic);
        topic.is_some_and(|seen| !seen.is_absent())
    };
    let keys: BTreeSet<TopicPartition> = keys.into_iter().filter(is_there).collect();
    let since = since.map(|ms| (ms, keys.clone()));
    let questions = Questions {
        since: since.into_iter().collect(),
        offsets: keys,
        ..Questions::default()
    };
    facts.measured = measure(cluster, &[], &questions).await?;
    Ok(())
}
