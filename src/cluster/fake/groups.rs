//! Groups of the cluster in memory.

use std::collections::BTreeMap;

use async_trait::async_trait;

use super::group::FakeGroup;
use super::state::{State, error};
use super::{FakeCluster, Mode};
use crate::cluster::groups::{Groups, Pending};
use crate::cluster::{Answer, BrokerError, ClusterError};
use crate::model::group::{
    Commits, Committed, DescribedGroup, GroupType, ListedGroup, ListedGroups, Member, RecordTime,
};
use crate::model::measure::TopicPartition;
use crate::model::seen::{Cause, Seen, Unseen};

/// An error without a message, as brokers send for groups and records.
fn wordless(code: &str) -> BrokerError {
    error(code, code)
}

impl State {
    /// A group, or why it cannot be seen.
    fn group(&self, id: &str) -> Seen<&FakeGroup> {
        if self.faults.not_permitted_groups.contains(id) {
            let words = "GROUP_AUTHORIZATION_FAILED";
            return Seen::not_permitted(words.to_owned());
        }
        let Some(group) = self.groups.get(id) else {
            return Seen::Absent;
        };
        match self.silence(group.coordinator) {
            Some(words) => Seen::unavailable(words),
            None => Seen::Value(group),
        }
    }

    fn has_partition(&self, TopicPartition { topic, partition }: &TopicPartition) -> bool {
        let topic = self.topics.get(topic);
        topic.is_some_and(|topic| (0..topic.partitions).contains(partition))
    }

    fn commit(
        &mut self,
        id: &str,
        (key, committed): &(TopicPartition, Committed),
    ) -> Result<(), BrokerError> {
        self.reach(id)?;
        self.hosts(key)?;
        if self.groups.get(id).is_some_and(FakeGroup::is_share) {
            return Err(wordless("GROUP_ID_NOT_FOUND"));
        }
        if self.has_members(id) {
            return Err(wordless("UNKNOWN_MEMBER_ID"));
        }
        let committed = Committed {
            offset: self.clamped("offset", committed.offset),
            ..committed.clone()
        };
        let group = self.groups.entry(id.to_owned()).or_insert(FakeGroup {
            protocol_type: String::new(),
            ..FakeGroup::default()
        });
        let partitions = group.commits.entry(key.topic.clone()).or_default();
        partitions.insert(key.partition, committed);
        Ok(())
    }

    /// Sets offsets of a share group, and creates it if it does not exist.
    fn move_share(
        &mut self,
        id: &str,
        (key, start): &(TopicPartition, i64),
    ) -> Result<(), BrokerError> {
        self.reach(id)?;
        if self.groups.get(id).is_some_and(|group| !group.is_share()) {
            let message = format!("Group {id} is not a share group.");
            return Err(error("GROUP_ID_NOT_FOUND", message));
        }
        if self.has_members(id) {
            return Err(error("NON_EMPTY_GROUP", "The group is not empty."));
        }
        if !self.has_partition(key) {
            let message = "This server does not host this topic-partition.";
            return Err(error("UNKNOWN_TOPIC_OR_PARTITION", message));
        }
        let start = self.clamped("offset", *start);
        let group = self.groups.entry(id.to_owned()).or_insert(FakeGroup {
            group_type: GroupType::Share,
            protocol_type: GroupType::Share.to_string(),
            ..FakeGroup::default()
        });
        let partitions = group.commits.entry(key.topic.clone()).or_default();
        partitions.insert(key.partition, Committed::at(start));
        Ok(())
    }

    /// The offsets of a share group or the commits of another group; empty for the other kind.
    fn commits_of(&self, id: &str, pending: Pending, of_share: bool) -> Seen<Commits> {
        match self.group(id) {
            Seen::Absent => Seen::Value(Commits::new()),
            Seen::Value(group) if group.is_share() != of_share => Seen::Value(Commits::new()),
            seen => seen.map(|group| group.commits(pending)),
        }
    }

    /// The error of the coordinator, if it cannot be reached. Members that are to join before a
    /// write join first.
    fn reach(&mut self, id: &str) -> Result<(), BrokerError> {
        if let Some(member) = self.faults.joins_before_write.get(id).cloned()
            && let Some(group) = self.groups.get_mut(id)
            && group.members.is_empty()
        {
            group.members.push(member);
        }
        match self.group(id) {
            Seen::Unseen(Unseen {
                cause: Cause::NotPermitted,
                ..
            }) => Err(wordless("GROUP_AUTHORIZATION_FAILED")),
            Seen::Unseen(Unseen {
                cause: Cause::Unavailable,
                words,
            }) => Err(error("COORDINATOR_NOT_AVAILABLE", words)),
            _ => Ok(()),
        }
    }

    fn has_members(&self, id: &str) -> bool {
        let group = self.groups.get(id);
        group.is_some_and(|group| !group.members.is_empty())
    }

    fn hosts(&mut self, key: &TopicPartition) -> Result<(), BrokerError> {
        self.meddle(&key.topic);
        if self.has_partition(key) {
            return Ok(());
        }
        Err(wordless("UNKNOWN_TOPIC_OR_PARTITION"))
    }

    /// The error of a write to a group that does not exist, except for commits.
    fn has_group(&self, id: &str) -> Result<(), BrokerError> {
        if self.groups.contains_key(id) {
            return Ok(());
        }
        Err(wordless("GROUP_ID_NOT_FOUND"))
    }

    fn forget(&mut self, id: &str, key: &TopicPartition) -> Result<(), BrokerError> {
        self.reach(id)?;
        self.has_group(id)?;
        if self.groups.get(id).is_some_and(FakeGroup::is_share) {
            return Err(wordless("GROUP_ID_NOT_FOUND"));
        }
        self.hosts(key)?;
        let TopicPartition { topic, partition } = key;
        let Some(group) = self.groups.get_mut(id) else {
            return Ok(());
        };
        let is_read = |member: &Member| member.assignment.contains_key(topic);
        if group.members.iter().any(is_read) {
            return Err(wordless("GROUP_SUBSCRIBED_TO_TOPIC"));
        }
        if let Some(partitions) = group.commits.get_mut(topic) {
            partitions.remove(partition);
        }
        group.commits.retain(|_, partitions| !partitions.is_empty());
        Ok(())
    }

    fn delete_group(&mut self, id: &str) -> Result<(), BrokerError> {
        self.reach(id)?;
        self.has_group(id)?;
        if self.has_members(id) {
            return Err(wordless("NON_EMPTY_GROUP"));
        }
        self.groups.remove(id);
        Ok(())
    }

    pub(super) fn truncate(
        &mut self,
        (key, before): &(TopicPartition, i64),
    ) -> Result<(), BrokerError> {
        self.hosts(key)?;
        if self.only_compacts(&key.topic) {
            return Err(wordless("POLICY_VIOLATION"));
        }
        let logs = self.logs.entry(key.topic.clone()).or_default();
        let log = logs.entry(key.partition).or_default();
        if *before > log.end || *before < 0 {
            return Err(wordless("OFFSET_OUT_OF_RANGE"));
        }
        log.start = log.start.max(*before);
        Ok(())
    }

    pub(super) fn next_record(
        &self,
        TopicPartition { topic, partition }: &TopicPartition,
        from: i64,
    ) -> Seen<Option<RecordTime>> {
        self.topic(topic).and_then(|found| {
            if !found.has_partition(*partition) {
                return Seen::Absent;
            }
            let log = self.log(topic, *partition);
            if from < log.start || from > log.end {
                let words = "OFFSET_OUT_OF_RANGE";
                return Seen::unavailable(words.to_owned());
            }
            let next = log.timestamps.range(from..log.end).next();
            Seen::Value(next.map(|(offset, timestamp)| RecordTime {
                offset: *offset,
                timestamp: Some(*timestamp),
            }))
        })
    }
}

impl FakeCluster {
    fn write_partitions<T>(
        &self,
        request: &str,
        group: &str,
        items: &[T],
        key: impl Fn(&T) -> &TopicPartition,
        apply: impl Fn(&mut State, &T) -> Result<(), BrokerError>,
    ) -> Vec<Answer> {
        let name = |item: &T| {
            let TopicPartition { topic, partition } = key(item);
            format!("{group}/{topic}/{partition}")
        };
        self.write((request, Mode::Write), items, name, apply)
    }
}

#[async_trait]
impl Groups for FakeCluster {
    async fn list_groups(&self) -> Result<ListedGroups, ClusterError> {
        let state = self.lock();
        let mut listed = ListedGroups {
            only_visible: state.faults.not_permitted_cluster,
            ..ListedGroups::default()
        };
        for id in state.described().live_brokers().map(|broker| broker.id) {
            if let Some(words) = state.silence(id) {
                listed.missing.insert(id, words);
            }
        }
        for id in state.groups.keys() {
            if let Seen::Value(group) = state.group(id) {
                let group = ListedGroup {
                    id: id.clone(),
                    group_type: group.group_type.clone(),
                    protocol_type: group.protocol_type.clone(),
                    state: Some(group.state()),
                    coordinator: group.coordinator,
                };
                listed.groups.insert(id.clone(), group);
            }
        }
        Ok(listed)
    }

    async fn describe_groups(
        &self,
        ids: &[String],
    ) -> Result<BTreeMap<String, Seen<DescribedGroup>>, ClusterError> {
        // A test may have changed the file since the last read.
        self.reload();
        let state = self.lock();
        let described = |id: &String| {
            state.group(id).map(|group| DescribedGroup {
                id: id.clone(),
                group_type: group.group_type.clone(),
                protocol_type: group.protocol_type.clone(),
                state: group.state(),
                coordinator: group.coordinator,
                assignor: group.assignor.clone(),
                epoch: (group.group_type != GroupType::Classic).then_some(1),
                members: group.members.clone(),
            })
        };
        Ok(ids.iter().map(|id| (id.clone(), described(id))).collect())
    }

    async fn fetch_offsets(
        &self,
        ids: &[String],
        pending: Pending,
    ) -> Result<BTreeMap<String, Seen<Commits>>, ClusterError> {
        let state = self.lock();
        let commits = |id: &String| (id.clone(), state.commits_of(id, pending, false));
        Ok(ids.iter().map(commits).collect())
    }

    async fn fetch_share_offsets(
        &self,
        ids: &[String],
    ) -> Result<BTreeMap<String, Seen<Commits>>, ClusterError> {
        let state = self.lock();
        let starts = |id: &String| (id.clone(), state.commits_of(id, Pending::Ignored, true));
        Ok(ids.iter().map(starts).collect())
    }

    async fn commit_offsets(
        &self,
        group: &str,
        commits: &[(TopicPartition, Committed)],
    ) -> Vec<Answer> {
        self.write_partitions(
            "OffsetCommit",
            group,
            commits,
            |(key, _)| key,
            |state, commit| state.commit(group, commit),
        )
    }

    async fn alter_share_offsets(
        &self,
        group: &str,
        starts: &[(TopicPartition, i64)],
    ) -> Vec<Answer> {
        self.write_partitions(
            "AlterShareGroupOffsets",
            group,
            starts,
            |(key, _)| key,
            |state, start| state.move_share(group, start),
        )
    }

    async fn delete_offsets(&self, group: &str, partitions: &[TopicPartition]) -> Vec<Answer> {
        self.write_partitions(
            "OffsetDelete",
            group,
            partitions,
            |key| key,
            |state, key| state.forget(group, key),
        )
    }

    async fn delete_groups(&self, ids: &[String]) -> Vec<Answer> {
        let request = ("DeleteGroups", Mode::Write);
        self.write(request, ids, Clone::clone, |state, id| {
            state.delete_group(id)
        })
    }
}
