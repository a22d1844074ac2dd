//! Reads the lag of groups. The number of rounds does not depend on the number of groups: list groups;
//! describe them; their commits; the partitions of the committed topics, since those without a commit count
//! too; log start and end offsets, once for all groups. Progress is reported as [`LagStage`].

use std::collections::{BTreeMap, BTreeSet};

use futures::join;

use super::ages;
use super::commits::commits;
use super::stage::LagStage;
use crate::cluster::groups::Pending;
use crate::cluster::{At, Cluster, ClusterError, OffsetSpec};
use crate::model::group::{Commits, DescribedGroup};
use crate::model::lag::{CommitStorage, GroupLag, LagState, Lags, Position, Positions, kept};
use crate::model::measure::TopicPartition;
use crate::model::seen::{Cause, Seen};

/// Which lag to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LagRequest<'a> {
    /// Ids of groups; empty means all groups.
    pub groups: &'a [String],
    /// Topics to include; empty means all topics.
    pub topics: &'a [String],
    /// Whether to read the next records, for their timestamps.
    pub ages: bool,
}

/// Reads groups, those with most trouble first. The answer says what could not be read.
///
/// # Errors
/// The groups could not be listed or described at all.
pub async fn read(
    cluster: &dyn Cluster,
    wanted: LagRequest<'_>,
    tell: &(dyn Fn(LagStage) + Sync),
) -> Result<Lags, ClusterError> {
    let mut lags = Lags::default();
    let ids: Vec<String> = if wanted.groups.is_empty() {
        tell(LagStage::Listing);
        let listed = cluster.list_groups().await?;
        lags.missing = listed.missing;
        lags.only_visible = listed.only_visible;
        listed.groups.into_keys().collect()
    } else {
        let named: BTreeSet<String> = wanted.groups.iter().cloned().collect();
        named.into_iter().collect()
    };
    tell(LagStage::Describing(ids.len()));
    let mut described = cluster.describe_groups(&ids).await?;
    if wanted.groups.is_empty() {
        // Groups that were deleted since the listing are left out.
        described.retain(|_, group| !group.is_absent());
    } else {
        let gone = described.iter().filter(|(_, group)| group.is_absent());
        lags.absent = gone.map(|(id, _)| id.clone()).collect();
        described.retain(|id, _| !lags.absent.contains(id));
    }
    tell(LagStage::Commits(described.len()));
    let commits = committed(cluster, described.values().filter_map(Seen::value)).await?;
    let is_wanted = |TopicPartition { topic, .. }: &TopicPartition| {
        wanted.topics.is_empty() || wanted.topics.contains(topic)
    };
    let partitions = partitions(cluster, &commits, is_wanted, &mut lags.missing_topics, tell).await;
    lags.groups = described
        .into_iter()
        .map(|(id, group)| group_lag(id, group, &commits, &partitions, is_wanted))
        .collect();
    if wanted.groups.is_empty() && !wanted.topics.is_empty() {
        lags.groups.retain(may_read);
    }
    logs(cluster, &mut lags.groups, tell).await;
    // If offsets are unknown too, each partition says so itself.
    let untold: BTreeSet<&String> = lags
        .groups
        .iter()
        .filter_map(|group| group.positions.value())
        .flatten()
        .filter(|(_, position)| position.unread().is_some())
        .map(|(key, _)| &key.topic)
        .collect();
    lags.missing_topics
        .retain(|topic, _| !untold.contains(topic));
    confirm_lost(cluster, &mut lags.groups).await?;
    if wanted.ages {
        ages::fill(cluster, &mut lags.groups, tell).await;
    }
    // The sort is stable, so groups of equal trouble stay ordered by id.
    lags.groups.sort_by_cached_key(GroupLag::trouble);
    Ok(lags)
}

/// The commits of groups, except for those that keep offsets elsewhere.
async fn committed(
    cluster: &dyn Cluster,
    groups: impl Iterator<Item = &DescribedGroup>,
) -> Result<BTreeMap<String, Seen<Commits>>, ClusterError> {
    let groups = groups.filter(|group| kept(group) != CommitStorage::Nowhere);
    let groups = groups.map(|group| (&group.id, Some(&group.group_type)));
    commits(cluster, groups, Pending::Ignored).await
}

/// Partition numbers by topic.
type Partitions = BTreeMap<String, Vec<i32>>;

/// The partitions of the topics that groups committed for. Partitions without a commit are only known this
/// way once their consumer is gone.
async fn partitions(
    cluster: &dyn Cluster,
    commits: &BTreeMap<String, Seen<Commits>>,
    is_wanted: impl Fn(&TopicPartition) -> bool,
    missing: &mut BTreeMap<String, String>,
    tell: &(dyn Fn(LagStage) + Sync),
) -> Partitions {
    let keys = commits.values().filter_map(Seen::value).flatten();
    let committed = keys.filter(|(key, seen)| !seen.is_absent() && is_wanted(key));
    let names: BTreeSet<&String> = committed.map(|(key, _)| &key.topic).collect();
    let names: Vec<String> = names.into_iter().cloned().collect();
    if names.is_empty() {
        return Partitions::new();
    }
    tell(LagStage::Topics(names.len()));
    let topics = match cluster.describe_topics(At::AnyBroker, &names).await {
        Ok(topics) => topics,
        Err(error) => {
            let words = error.to_string();
            missing.extend(names.into_iter().map(|name| (name, words.clone())));
            return Partitions::new();
        }
    };
    let mut partitions = Partitions::new();
    for (name, seen) in topics {
        match seen {
            Seen::Value(topic) => {
                let numbers = topic.partitions.iter().map(|one| one.index);
                partitions.insert(name, numbers.collect());
            }
            Seen::Absent => {}
            Seen::Unseen(_, words) => {
                missing.insert(name, words);
            }
        }
    }
    partitions
}

/// A group with its commits, without log offsets.
fn group_lag(
    id: String,
    group: Seen<DescribedGroup>,
    commits: &BTreeMap<String, Seen<Commits>>,
    partitions: &Partitions,
    is_wanted: impl Fn(&TopicPartition) -> bool,
) -> GroupLag {
    let positions = group.as_ref().and_then(|group| {
        if kept(group) == CommitStorage::Nowhere {
            return Seen::not_supported(group.protocol_type.clone());
        }
        let untold = || Seen::unavailable("the coordinator left this group out");
        let commits = commits.get(&id).map_or_else(untold, Seen::as_ref);
        commits.map(|commits| positions(group, commits, partitions, &is_wanted))
    });
    GroupLag {
        id,
        group,
        positions,
    }
}

fn positions(
    group: &DescribedGroup,
    commits: &Commits,
    partitions: &Partitions,
    is_wanted: impl Fn(&TopicPartition) -> bool,
) -> Positions {
    let assignments = group.members.iter().flat_map(|member| &member.assignment);
    let read = assignments.flat_map(|(topic, partitions)| {
        partitions
            .iter()
            .map(|one| TopicPartition::new(topic.clone(), *one))
    });
    let committed = commits.iter().filter(|(_, seen)| !seen.is_absent());
    let topics: BTreeSet<&String> = committed.map(|(key, _)| &key.topic).collect();
    let others = topics.into_iter().flat_map(|topic| {
        let numbers = partitions.get(topic).into_iter().flatten();
        numbers.map(|number| TopicPartition::new(topic.clone(), *number))
    });
    let keys: BTreeSet<TopicPartition> =
        commits.keys().cloned().chain(read).chain(others).collect();
    keys.into_iter()
        .filter(is_wanted)
        .map(|key| {
            let position = Position {
                committed: commits.get(&key).cloned().unwrap_or(Seen::Absent),
                start: Seen::Absent,
                end: Seen::Absent,
                next: None,
            };
            (key, position)
        })
        .collect()
}

/// Whether a group reads any of the wanted topics, or may.
fn may_read(group: &GroupLag) -> bool {
    match &group.positions {
        Seen::Value(positions) => !positions.is_empty(),
        Seen::Unseen(Cause::NotSupported, _) => false,
        _ => true,
    }
}

/// Every position with its partition.
fn each(groups: &mut [GroupLag]) -> impl Iterator<Item = (&TopicPartition, &mut Position)> {
    let positions = groups
        .iter_mut()
        .filter_map(|group| match &mut group.positions {
            Seen::Value(positions) => Some(positions),
            _ => None,
        });
    positions.flatten()
}

/// Reads log start and end offsets of all partitions, once.
async fn logs(cluster: &dyn Cluster, groups: &mut [GroupLag], tell: &(dyn Fn(LagStage) + Sync)) {
    let partitions: BTreeSet<TopicPartition> = each(groups).map(|(key, _)| key.clone()).collect();
    let partitions: Vec<TopicPartition> = partitions.into_iter().collect();
    tell(LagStage::Offsets(partitions.len()));
    let (starts, ends) = join!(
        offsets(cluster, &partitions, OffsetSpec::Earliest),
        offsets(cluster, &partitions, OffsetSpec::Latest),
    );
    for (key, position) in each(groups) {
        position.start = told(&starts, key);
        position.end = told(&ends, key);
    }
}

type KnownOffsets = BTreeMap<TopicPartition, Seen<i64>>;

/// Offsets of partitions, or why they are unknown.
async fn offsets(
    cluster: &dyn Cluster,
    partitions: &[TopicPartition],
    spec: OffsetSpec,
) -> KnownOffsets {
    if partitions.is_empty() {
        return KnownOffsets::new();
    }
    let untold = |words: &str| Seen::unavailable(words.to_owned());
    match cluster.list_offsets(partitions, spec).await {
        Ok(found) => found
            .into_iter()
            .map(|(key, seen)| {
                let offset = seen.and_then(|offset| {
                    offset.map_or_else(|| untold("the leader told no offset"), Seen::Value)
                });
                (key, offset)
            })
            .collect(),
        Err(error) => partitions
            .iter()
            .map(|key| (key.clone(), untold(&error.to_string())))
            .collect(),
    }
}

fn told(offsets: &KnownOffsets, key: &TopicPartition) -> Seen<i64> {
    let untold = || Seen::unavailable("the leader left this partition out");
    offsets.get(key).cloned().unwrap_or_else(untold)
}

/// Records may be deleted between the reads of commits and log starts. So a commit below the log start is
/// read again before records count as lost.
async fn confirm_lost(cluster: &dyn Cluster, groups: &mut [GroupLag]) -> Result<(), ClusterError> {
    let is_lost = |position: &Position| matches!(position.lag_state(), LagState::BelowStart { .. });
    let suspects = groups.iter().filter(|group| {
        let mut positions = group.positions.value().into_iter().flatten();
        positions.any(|(_, position)| is_lost(position))
    });
    let suspects: Vec<&DescribedGroup> = suspects.filter_map(|one| one.group.value()).collect();
    if suspects.is_empty() {
        return Ok(());
    }
    let again = committed(cluster, suspects.into_iter()).await?;
    let mut moved = BTreeSet::new();
    for group in groups.iter_mut() {
        let Some(Seen::Value(commits)) = again.get(&group.id) else {
            continue;
        };
        let Seen::Value(positions) = &mut group.positions else {
            continue;
        };
        for (key, position) in positions.iter_mut().filter(|(_, one)| is_lost(one)) {
            let committed = commits.get(key).cloned().unwrap_or(Seen::Absent);
            if committed != position.committed {
                position.committed = committed;
                moved.insert(key.clone());
            }
        }
    }
    let moved: Vec<TopicPartition> = moved.into_iter().collect();
    let ends = offsets(cluster, &moved, OffsetSpec::Latest).await;
    for (key, position) in each(groups).filter(|(key, _)| ends.contains_key(*key)) {
        position.end = told(&ends, key);
    }
    Ok(())
}
