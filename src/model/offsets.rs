//! Commits of groups, and the logs of the partitions.

use std::collections::BTreeMap;

use super::group::{Commits, Committed, DescribedGroup};
use super::measure::{Measured, TopicPartition};
use super::seen::Seen;
use super::topic::{Topic, TopicId};

/// The chosen partitions by group; `true` if the topic was named by the user.
pub type Meant = BTreeMap<String, Vec<(TopicPartition, bool)>>;

/// The facts that a plan of offsets is made from.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OffsetFacts {
    /// `cluster.id`.
    pub cluster_id: String,
    /// The groups.
    pub groups: BTreeMap<String, Seen<DescribedGroup>>,
    /// Commits by group.
    pub commits: BTreeMap<String, Seen<Commits>>,
    /// The ids of all groups; read only if a named group was not found.
    pub known_groups: Vec<String>,
    /// Topics.
    pub topics: BTreeMap<String, Seen<Topic>>,
    /// The names of all topics; read only if a named topic was not found.
    pub known_topics: Vec<String>,
    /// Log start and end offsets, and first offsets at or after a point in time.
    pub measured: Measured,
}

impl OffsetFacts {
    /// A group's commit for a partition; `Value(None)` if there is none.
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

    /// The id of a topic, if the topic exists and has one.
    #[must_use]
    pub fn topic_id(&self, topic: &str) -> Option<TopicId> {
        let topic = self.topics.get(topic)?.value()?;
        Some(topic.id).filter(TopicId::is_known)
    }
}
