//! A group of the cluster in memory.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::cluster::groups::Pending;
use crate::model::broker::BrokerId;
use crate::model::group::{CONSUMER, Commits, Committed, GroupState, GroupType, Member};
use crate::model::measure::TopicPartition;
use crate::model::seen::Seen;

/// A group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct FakeGroup {
    /// Its type.
    #[serde(rename = "type")]
    pub group_type: GroupType,
    /// `protocol_type`.
    pub protocol_type: String,
    /// Its state; none derives it from its members.
    pub state: Option<GroupState>,
    /// Its coordinator.
    pub coordinator: BrokerId,
    /// Its assignor.
    pub assignor: Option<String>,
    /// Its members.
    pub members: Vec<Member>,
    /// Its commits, by topic and partition.
    pub commits: BTreeMap<String, BTreeMap<i32, Committed>>,
    /// Partitions whose commits belong to an open transaction.
    pub pending: Vec<TopicPartition>,
}

impl Default for FakeGroup {
    fn default() -> Self {
        Self {
            group_type: GroupType::Classic,
            protocol_type: CONSUMER.to_owned(),
            state: None,
            coordinator: 1,
            assignor: None,
            members: Vec::new(),
            commits: BTreeMap::new(),
            pending: Vec::new(),
        }
    }
}

impl FakeGroup {
    pub(super) fn is_share(&self) -> bool {
        self.group_type == GroupType::Share
    }

    pub(super) fn state(&self) -> GroupState {
        let from_members = if self.members.is_empty() {
            GroupState::Empty
        } else {
            GroupState::Stable
        };
        self.state.clone().unwrap_or(from_members)
    }

    pub(super) fn commits(&self, pending: Pending) -> Commits {
        let mut found = Commits::new();
        for (topic, partitions) in &self.commits {
            for (partition, committed) in partitions {
                let key = TopicPartition::new(topic.clone(), *partition);
                let seen = if pending == Pending::Told && self.pending.contains(&key) {
                    let words = "UNSTABLE_OFFSET_COMMIT";
                    Seen::unavailable(words.to_owned())
                } else {
                    Seen::Value(committed.clone())
                };
                found.insert(key, seen);
            }
        }
        found
    }
}
