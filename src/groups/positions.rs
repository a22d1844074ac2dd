//! Reads what a plan of offsets needs to know, in a number of rounds that depends neither on the number
//! of groups nor on that of partitions.

use std::collections::{BTreeMap, BTreeSet};

use futures::future::try_join_all;
use futures::try_join;

use super::file::FileOffsets;
use super::scope::{GroupScope, NamePatterns, TopicScope, Topics};
use super::target::Target;
use crate::cluster::groups::Pending;
use crate::cluster::{At, Cluster, ClusterError, OffsetSpec};
use crate::model::broker::BrokerId;
use crate::model::group::{Committed, GroupType};
use crate::model::measure::TopicPartition;
use crate::model::seen::Seen;
use crate::plan::offsets::{Aim, OffsetFacts, Wish};
use crate::plan::{Action, Plan};

/// What was read for a reset.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Read {
    /// Each partition, and where it is to be.
    pub wishes: Vec<Wish>,
    /// What is known of them.
    pub positions: OffsetFacts,
    /// Brokers that did not tell their groups, where patterns had to be looked up: groups may be
    /// missing.
    pub missing: BTreeMap<BrokerId, String>,
}

/// Reads the groups of a scope, and where each of their partitions is to be.
///
/// # Errors
/// The cluster cannot be read at all. What is missing of a part is said in that part.
pub async fn read(
    cluster: &dyn Cluster,
    scope: &GroupScope,
    target: &Target,
    offsets: Option<&FileOffsets>,
) -> Result<Read, ClusterError> {
    let (ids, missing) = ids(cluster, scope).await?;
    let other = match target {
        Target::Group(id) => Some(id.clone()),
        _ => None,
    };
    let other = other.as_ref();
    let mut positions = groups(cluster, &ids, other).await?;
    let partitions = partitions(cluster, scope, &ids, offsets, other, &mut positions).await?;
    let topics: BTreeSet<String> = partitions
        .values()
        .flatten()
        .map(|(key, _)| key.0.clone())
        .collect();
    describe_topics(cluster, &topics, &mut positions).await?;
    let wishes = wishes(partitions, target, offsets, other, &positions);
    let since = match target {
        Target::Time { ms, .. } => Some(*ms),
        _ => None,
    };
    let keys: BTreeSet<TopicPartition> = wishes.iter().map(|wish| wish.partition.clone()).collect();
    logs(cluster, keys, since, &mut positions).await?;
    Ok(Read {
        wishes,
        positions,
        missing,
    })
}

/// Reads what is known of these groups and partitions, for a plan that takes something back.
///
/// # Errors
/// As [`read`].
pub async fn of(
    cluster: &dyn Cluster,
    ids: &BTreeSet<String>,
    partitions: BTreeSet<TopicPartition>,
) -> Result<OffsetFacts, ClusterError> {
    let ids: Vec<String> = ids.iter().cloned().collect();
    let mut positions = groups(cluster, &ids, None).await?;
    let topics: BTreeSet<String> = partitions.iter().map(|key| key.0.clone()).collect();
    describe_topics(cluster, &topics, &mut positions).await?;
    logs(cluster, partitions, None, &mut positions).await?;
    Ok(positions)
}

/// The timestamps of the records that a plan goes to.
///
/// # Errors
/// As [`read`].
pub async fn add_times(cluster: &dyn Cluster, plan: &mut Plan) -> Result<(), ClusterError> {
    let mut offsets: BTreeMap<i64, Vec<TopicPartition>> = BTreeMap::new();
    for step in &plan.steps {
        if let Action::CommitOffset(on, change) = &step.action
            && (change.log_start..change.log_end).contains(&change.after.offset)
        {
            let partitions = offsets.entry(change.after.offset).or_default();
            partitions.push(on.partition.key());
        }
    }
    // A partition can be asked about once a request, and two groups can go to two of its offsets.
    let mut rounds: Vec<BTreeMap<TopicPartition, i64>> = Vec::new();
    for (offset, partitions) in offsets {
        for partition in partitions {
            let is_free = |round: &&mut BTreeMap<TopicPartition, i64>| {
                round.get(&partition).is_none_or(|known| *known == offset)
            };
            match rounds.iter_mut().find(is_free) {
                Some(round) => drop(round.insert(partition, offset)),
                None => rounds.push(BTreeMap::from([(partition, offset)])),
            }
        }
    }
    let mut times: BTreeMap<(TopicPartition, i64), i64> = BTreeMap::new();
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
    for step in &mut plan.steps {
        if let Action::CommitOffset(on, change) = &mut step.action {
            let key = (on.partition.key(), change.after.offset);
            change.target_time = times.get(&key).copied();
        }
    }
    Ok(())
}

/// The groups that are meant.
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

/// Groups with their commits, and the ids of all groups where one is not there. `other` is one whose
/// commits are wanted only.
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
    let is_share = |id: &&String| {
        let group = described.get(*id).and_then(Seen::value);
        group.is_some_and(|group| group.group_type == GroupType::Share)
    };
    let (share, others): (Vec<&String>, Vec<&String>) = all.iter().partition(is_share);
    let (share, others): (Vec<String>, Vec<String>) = (
        share.into_iter().cloned().collect(),
        others.into_iter().cloned().collect(),
    );
    let (mut commits, starts) = try_join!(
        cluster.fetch_offsets(&others, Pending::Told),
        cluster.fetch_share_offsets(&share),
    )?;
    commits.extend(starts);
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

/// The partitions of each group, and whether they were named.
type Partitions = BTreeMap<String, Vec<(TopicPartition, bool)>>;

async fn partitions(
    cluster: &dyn Cluster,
    scope: &GroupScope,
    ids: &[String],
    offsets: Option<&FileOffsets>,
    other: Option<&String>,
    positions: &mut OffsetFacts,
) -> Result<Partitions, ClusterError> {
    let committed = |id: &String| -> Vec<TopicPartition> {
        let commits = positions.commits.get(id).and_then(Seen::value);
        commits.map_or_else(Vec::new, |commits| commits.keys().cloned().collect())
    };
    let source = |id: &String| match (offsets, other) {
        (Some(offsets), _) => {
            let partitions = offsets.get(id).into_iter().flat_map(BTreeMap::keys);
            partitions.cloned().collect()
        }
        (None, Some(other)) => committed(other),
        (None, None) => committed(id),
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
            let keys = named(cluster, scopes, scope.patterns, positions).await?;
            let keys = || keys.iter().map(|key| (key.clone(), true)).collect();
            Ok(ids.iter().map(|id| (id.clone(), keys())).collect())
        }
    }
}

impl TopicScope {
    fn covers(&self, key: &TopicPartition, scope: &GroupScope) -> bool {
        let is_named = if scope.patterns {
            NamePatterns::patterns([self.name.as_str()]).matches(&key.0)
        } else {
            self.name == key.0
        };
        let partitions = self.partitions.as_ref();
        is_named && partitions.is_none_or(|partitions| partitions.contains(&key.1))
    }
}

/// The partitions of topics that were named. One of a topic that is not there stands for it.
async fn named(
    cluster: &dyn Cluster,
    scopes: &[TopicScope],
    patterns: bool,
    positions: &mut OffsetFacts,
) -> Result<BTreeSet<TopicPartition>, ClusterError> {
    let names: BTreeSet<String> = if patterns {
        let matcher = NamePatterns::patterns(scopes.iter().map(|one| one.name.as_str()));
        let listed = cluster.list_topics().await?.into_iter();
        listed.filter(|name| matcher.matches(name)).collect()
    } else {
        scopes.iter().map(|one| one.name.clone()).collect()
    };
    describe_topics(cluster, &names, positions).await?;
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
            let numbers = match (&one.partitions, positions.topics.get(name)) {
                (Some(partitions), _) => partitions.clone(),
                (None, Some(Seen::Value(topic))) => {
                    topic.partitions.iter().map(|one| one.index).collect()
                }
                (None, _) => vec![0],
            };
            keys.extend(numbers.into_iter().map(|number| (name.clone(), number)));
        }
    }
    Ok(keys)
}

/// Reads topics that are not known yet, and the names of all where one is not there.
async fn describe_topics(
    cluster: &dyn Cluster,
    names: &BTreeSet<String>,
    positions: &mut OffsetFacts,
) -> Result<(), ClusterError> {
    let is_new = |name: &&String| !positions.topics.contains_key(*name);
    let new: Vec<String> = names.iter().filter(is_new).cloned().collect();
    if new.is_empty() {
        return Ok(());
    }
    let topics = cluster.describe_topics(At::AnyBroker, &new).await?;
    if positions.known_topics.is_empty() && topics.values().any(Seen::is_absent) {
        positions.known_topics = cluster.list_topics().await?;
    }
    positions.topics.extend(topics);
    Ok(())
}

fn wishes(
    partitions: Partitions,
    target: &Target,
    offsets: Option<&FileOffsets>,
    other: Option<&String>,
    positions: &OffsetFacts,
) -> Vec<Wish> {
    let mut wishes = Vec::new();
    for (group, keys) in partitions {
        for (partition, named) in keys {
            let given = |commit: Option<&Committed>| commit.cloned().map(Aim::Commit);
            let aim = match target {
                Target::Earliest => Some(Aim::Earliest),
                Target::Latest => Some(Aim::Latest),
                Target::Current => Some(Aim::Current),
                Target::Offset(offset) => Some(Aim::Offset(*offset)),
                Target::Shift(by) => Some(Aim::Shift(*by)),
                Target::Time { ms, written } => Some(Aim::Since {
                    ms: *ms,
                    written: written.clone(),
                }),
                Target::File(_) => {
                    let of_group = offsets.and_then(|offsets| offsets.get(&group));
                    given(of_group.and_then(|of_group| of_group.get(&partition)))
                }
                Target::Group(_) => {
                    let other = other.map_or("", String::as_str);
                    let seen = positions.committed(other, &partition);
                    given(seen.value().and_then(Option::as_ref))
                }
            };
            wishes.extend(aim.map(|aim| Wish {
                group: group.clone(),
                partition,
                aim,
                named,
            }));
        }
    }
    wishes
}

/// Reads where logs start and end, and where the records from a point in time on begin.
async fn logs(
    cluster: &dyn Cluster,
    keys: BTreeSet<TopicPartition>,
    since: Option<i64>,
    positions: &mut OffsetFacts,
) -> Result<(), ClusterError> {
    let is_there = |key: &TopicPartition| {
        let topic = positions.topics.get(&key.0);
        topic.is_some_and(|seen| !seen.is_absent())
    };
    let keys: Vec<TopicPartition> = keys.into_iter().filter(is_there).collect();
    if keys.is_empty() {
        return Ok(());
    }
    let since = since.into_iter().map(|ms| {
        let keys = &keys;
        async move {
            let found = cluster
                .list_offsets(keys, OffsetSpec::Timestamp(ms))
                .await?;
            Ok::<_, ClusterError>((ms, found))
        }
    });
    let (starts, ends, since) = try_join!(
        cluster.list_offsets(&keys, OffsetSpec::Earliest),
        cluster.list_offsets(&keys, OffsetSpec::Latest),
        try_join_all(since),
    )?;
    positions.starts = starts;
    positions.ends = ends;
    positions.since = since.into_iter().collect();
    Ok(())
}
