//! Takes a snapshot: reads its header ([`look`]), then its records ([`copy`]).
//!
//! - [`SnapshotRequest`]: what to include
//! - `range`: the offsets of each partition
//! - [`copy`](mod@copy): copies records into the file
//!
//! Traps: commits of groups are read before the end offsets, so that none is beyond them; a topic may be
//! deleted and created anew while its records are read.

mod bound;
pub mod copy;
mod error;
mod range;
mod request;

pub use bound::Bound;
pub use error::TakeError;
pub use request::SnapshotRequest;

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::header::Config;
use super::{GroupOffset, GroupOffsets, Range, SnapshotHeader, SnapshotTopic};
use crate::cluster::Cluster;
use crate::cluster::groups::Pending;
use crate::model::config::ConfigSource;
use crate::model::escape::escape;
use crate::model::group::GroupType;
use crate::model::measure::TopicPartition;
use crate::model::scope::TopicScope;
use crate::model::seen::{Seen, Unseen};
use crate::model::topic;
use crate::observe::ends::Open;
use crate::observe::topics;

/// The header and the groups of a new snapshot.
pub struct Looked {
    /// The header.
    pub header: SnapshotHeader,
    /// Committed offsets of groups.
    pub groups: Vec<GroupOffsets>,
    /// Whether topics or groups may be missing that this user may not describe.
    pub only_visible: bool,
}

/// Reads the header and the groups of a snapshot. Calls `waits` with open transactions that it waits for.
///
/// # Errors
/// A named topic does not exist, or a part cannot be read.
pub async fn look(
    cluster: &dyn Cluster,
    wanted: &SnapshotRequest,
    id: String,
    now: Timestamp,
    waits: impl FnMut(&Open),
) -> Result<Looked, TakeError> {
    let topics = meant(cluster, wanted).await?;
    let names: BTreeSet<&str> = topics.iter().map(|one| one.topic.name.as_str()).collect();
    let groups = if wanted.groups {
        groups(cluster, &names).await?
    } else {
        Vec::new()
    };
    let ranges = range::ranges(cluster, wanted, &keys(&topics), waits).await?;
    let topics = topics.into_iter().map(|one| taken(one, &ranges));
    let described = cluster.describe_cluster().await?;
    let lists = wanted.topics.patterns || wanted.groups;
    let only_visible = lists && described.may_describe == Some(false);
    let header = SnapshotHeader {
        snapshot: id,
        cluster: described.id,
        taken: now,
        tonkafka: env!("CARGO_PKG_VERSION").to_owned(),
        asked: wanted.asked.clone(),
        topics: topics.collect::<Result<_, _>>()?,
    };
    Ok(Looked {
        header,
        groups,
        only_visible,
    })
}

/// A chosen topic and its chosen partitions.
struct Meant {
    topic: topic::Topic,
    partitions: Vec<i32>,
}

fn keys(topics: &[Meant]) -> Vec<TopicPartition> {
    let keys = topics.iter().flat_map(|one| {
        let name = &one.topic.name;
        one.partitions
            .iter()
            .map(|index| TopicPartition::new(name.clone(), *index))
    });
    keys.collect()
}

async fn meant(cluster: &dyn Cluster, wanted: &SnapshotRequest) -> Result<Vec<Meant>, TakeError> {
    let begins = |scope: &TopicScope| scope.name.starts_with("__");
    let own = wanted.topics.scopes.iter().any(begins);
    let found = topics::meant(cluster, &wanted.topics, own).await?;
    if found.is_empty() {
        return Err(TakeError::Nothing);
    }
    let meant = found.into_iter().map(|(name, (numbers, seen))| {
        let topic = match seen {
            Seen::Value(topic) => topic,
            seen => {
                let seen = Box::new(seen);
                return Err(TakeError::Topic { name, seen });
            }
        };
        let all = topic.partitions.iter().map(|one| one.index);
        let partitions = match numbers {
            None => all.collect(),
            Some(numbers) => {
                let all: BTreeSet<i32> = all.collect();
                if let Some(partition) = numbers.difference(&all).next() {
                    return Err(TakeError::NoPartition {
                        partition: *partition,
                        count: all.len(),
                        name,
                    });
                }
                numbers.into_iter().collect()
            }
        };
        Ok(Meant { topic, partitions })
    });
    meant.collect()
}

/// The entry of a topic in the header.
fn taken(
    Meant { topic, partitions }: Meant,
    ranges: &BTreeMap<TopicPartition, Range>,
) -> Result<SnapshotTopic, TakeError> {
    let configs = match topic.configs {
        Seen::Value(ref entries) => entries,
        ref other => {
            return Err(TakeError::Unseen {
                what: format!("the settings of topic `{}`", escape(&topic.name)),
                reason: other.reason().unwrap_or("they are absent").to_owned(),
            });
        }
    };
    let ranges = partitions.iter().filter_map(|partition| {
        ranges
            .get(&TopicPartition::new(topic.name.clone(), *partition))
            .copied()
    });
    Ok(SnapshotTopic {
        id: topic.id,
        partition_count: i32::try_from(topic.partitions.len()).unwrap_or(i32::MAX),
        replication_factor: i32::try_from(topic.replication_factor()).unwrap_or(i32::MAX),
        timestamp_type: topic.timestamp_type(),
        partitions: ranges.collect(),
        configs: configs
            .iter()
            .filter(|entry| entry.source != ConfigSource::DefaultConfig)
            .map(|entry| Config {
                name: entry.name.clone(),
                value: entry.value.clone(),
                source: entry.source,
            })
            .collect(),
        name: topic.name,
    })
}

/// Committed offsets of groups in these topics; share groups have none.
async fn groups(
    cluster: &dyn Cluster,
    topics: &BTreeSet<&str>,
) -> Result<Vec<GroupOffsets>, TakeError> {
    let unseen = |what: String, reason: &str| {
        let reason = reason.to_owned();
        Err(TakeError::UnseenCommits { what, reason })
    };
    let listed = cluster.list_groups().await?;
    if let Some((broker, reason)) = listed.missing.iter().next() {
        return unseen(format!("groups of broker {broker}"), reason);
    }
    let listed = listed.groups.into_values();
    let ids: Vec<String> = listed
        .filter(|group| group.group_type != GroupType::Share)
        .map(|group| group.id)
        .collect();
    let mut taken = Vec::new();
    for (group, seen) in cluster.fetch_offsets(&ids, Pending::Ignored).await? {
        let commits = match seen {
            Seen::Value(commits) => commits,
            Seen::Absent => continue,
            Seen::Unseen(Unseen { words, .. }) => {
                return unseen(format!("group `{}`", escape(&group)), &words);
            }
        };
        let mut offsets = Vec::new();
        for (TopicPartition { topic, partition }, commit) in commits {
            let commit = match commit {
                Seen::Value(commit) if topics.contains(topic.as_str()) => commit,
                Seen::Value(_) | Seen::Absent => continue,
                Seen::Unseen(Unseen { words, .. }) => {
                    return unseen(format!("group `{}`", escape(&group)), &words);
                }
            };
            offsets.push(GroupOffset {
                topic,
                partition,
                offset: commit.offset,
                leader_epoch: commit.leader_epoch,
                metadata: commit.metadata,
            });
        }
        if !offsets.is_empty() {
            taken.push(GroupOffsets { group, offsets });
        }
    }
    Ok(taken)
}
