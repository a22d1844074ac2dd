//! What groups committed, and the logs that this is in.

use std::collections::BTreeMap;

use super::group::{Commits, Committed, DescribedGroup};
use super::measure::TopicPartition;
use super::seen::Seen;
use super::topic::{Topic, TopicId};

/// The partitions that are meant of groups, by group, and whether their topic was named.
pub type Meant = BTreeMap<String, Vec<(TopicPartition, bool)>>;

/// What is known of groups and of the partitions that wishes are about.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OffsetFacts {
    /// `cluster.id`.
    pub cluster_id: String,
    /// The groups.
    pub groups: BTreeMap<String, Seen<DescribedGroup>>,
    /// What they committed.
    pub commits: BTreeMap<String, Seen<Commits>>,
    /// The ids of all groups, where one was not found.
    pub known_groups: Vec<String>,
    /// Topics.
    pub topics: BTreeMap<String, Seen<Topic>>,
    /// The names of all topics, where one was not found.
    pub known_topics: Vec<String>,
    /// Log start offsets.
    pub starts: BTreeMap<TopicPartition, Seen<Option<i64>>>,
    /// Log end offsets.
    pub ends: BTreeMap<TopicPartition, Seen<Option<i64>>>,
    /// The first offsets at or after a point in time, by milliseconds since 1970.
    pub since: BTreeMap<i64, BTreeMap<TopicPartition, Seen<Option<i64>>>>,
}

impl OffsetFacts {
    /// What a group committed for a partition: no commit is `Value(None)`.
    #[must_use]
    pub fn committed(&self, group: &str, partition: &TopicPartition) -> Seen<Option<Committed>> {
        let commits = self.commits.get(group).map_or(Seen::Absent, Seen::as_ref);
        match commits {
            Seen::Absent => Seen::Value(None),
            seen => seen.and_then(|commits| match commits.get(partition) {
                None | Some(Seen::Absent) => Seen::Value(None),
                Some(seen) => seen.clone().map(Some),
            }),
        }
    }

    /// Where a partition's log starts and ends.
    #[must_use]
    pub fn log(&self, partition: &TopicPartition) -> Seen<(i64, i64)> {
        let seen = |offsets: &BTreeMap<TopicPartition, Seen<Option<i64>>>| {
            let offset = offsets.get(partition).cloned().unwrap_or(Seen::Absent);
            offset.map(Option::unwrap_or_default)
        };
        seen(&self.starts).and_then(|start| seen(&self.ends).map(|end| (start, end)))
    }

    /// The id of a topic that is there and has one.
    #[must_use]
    pub fn topic_id(&self, topic: &str) -> Option<TopicId> {
        let topic = self.topics.get(topic)?.value()?;
        Some(topic.id).filter(TopicId::is_known)
    }
}
