//! Groups, their members and their commits.
//!
//! Four types share one namespace of ids: classic groups (`DescribeGroups`), consumer groups (KIP-848),
//! share groups (KIP-932) and streams groups (KIP-1071). Ids, client ids, hosts and commit metadata are
//! free text: they may contain any character.

use std::collections::BTreeMap;
use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::broker::BrokerId;
use super::escape::escape;
use super::measure::TopicPartition;
use super::seen::Seen;
use super::words::{of_word, shorten};

/// `protocol_type` of consumers' groups, and of commits by clients that are not members.
pub const CONSUMER: &str = "consumer";

/// The type of a group: its protocol (`group.type`, KIP-848).
#[derive(
    Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum GroupType {
    /// The protocol before KIP-848; Connect's workers and locks use it too.
    #[default]
    Classic,
    /// The protocol of KIP-848.
    Consumer,
    /// A share group (KIP-932).
    Share,
    /// A streams group (KIP-1071).
    Streams,
    /// A type that this program does not know, as the broker spells it.
    #[serde(untagged)]
    Unknown(String),
}

impl fmt::Display for GroupType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.serialize(f)
    }
}

/// Parses a broker's word, ignoring case. Brokers before Kafka 3.8 report no type; all their groups are
/// classic.
impl From<&str> for GroupType {
    fn from(word: &str) -> Self {
        match of_word(&word.to_ascii_lowercase()) {
            Some(Self::Unknown(lower)) if lower.is_empty() => Self::Classic,
            None | Some(Self::Unknown(_)) => Self::Unknown(word.to_owned()),
            Some(known) => known,
        }
    }
}

/// The state of a group (`org.apache.kafka.common.GroupState`). Only [`GroupState::Empty`] and
/// [`GroupState::Dead`] have no members; an unknown state counts as active.
#[derive(
    Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
pub enum GroupState {
    /// Without members; it may have commits.
    Empty,
    /// All members have their partitions.
    Stable,
    /// A classic group waits for members to join.
    PreparingRebalance,
    /// A classic group waits for its leader's assignment.
    CompletingRebalance,
    /// The coordinator computes a target assignment.
    Assigning,
    /// Members move to their target assignment.
    Reconciling,
    /// A streams group with missing topics.
    NotReady,
    /// Without members and without commits.
    Dead,
    /// A state that this program does not know, as the broker spells it.
    #[serde(untagged)]
    Unknown(String),
}

impl From<&str> for GroupState {
    fn from(word: &str) -> Self {
        of_word(word).unwrap_or_else(|| Self::Unknown(word.to_owned()))
    }
}

impl fmt::Display for GroupState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.serialize(f)
    }
}

/// A group as a listing names it (`ListGroups`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ListedGroup {
    /// Its id.
    pub id: String,
    /// Its type.
    #[serde(rename = "type")]
    pub group_type: GroupType,
    /// `protocol_type`: `consumer`, `connect`, …; empty for a group that never had members.
    pub protocol_type: String,
    /// Its state; none before Kafka 2.6 (KIP-518).
    pub state: Option<GroupState>,
    /// The coordinator.
    pub coordinator: BrokerId,
}

/// All groups that this user may describe. Brokers silently omit other groups.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ListedGroups {
    /// By id.
    pub groups: BTreeMap<String, ListedGroup>,
    /// Brokers that did not list their groups, with the reason.
    pub missing: BTreeMap<BrokerId, String>,
    /// Whether groups may be left out that this user may not describe.
    pub only_visible: bool,
}

/// A group as its coordinator describes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DescribedGroup {
    /// Its id.
    pub id: String,
    /// Its type.
    #[serde(rename = "type")]
    pub group_type: GroupType,
    /// `protocol_type`, as in [`ListedGroup`].
    pub protocol_type: String,
    /// Its state.
    pub state: GroupState,
    /// The coordinator.
    pub coordinator: BrokerId,
    /// The assignor, such as `range`; none if the group has none.
    pub assignor: Option<String>,
    /// The group epoch; none for classic groups.
    pub epoch: Option<i32>,
    /// Its members, ordered by client id and member id.
    pub members: Vec<Member>,
}

impl DescribedGroup {
    /// Whether it has no members, according to the coordinator.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.members.is_empty() && matches!(self.state, GroupState::Empty | GroupState::Dead)
    }

    /// Whether a member is assigned partitions of a topic, according to the coordinator.
    #[must_use]
    pub fn reads(&self, topic: &str) -> bool {
        let mut members = self.members.iter();
        members.any(|member| member.assignment.contains_key(topic))
    }

    /// Whether its commits for a topic can be deleted: it has no members, or it is stable and no member
    /// reads the topic.
    #[must_use]
    pub fn lets_commits_go(&self, topic: &str) -> bool {
        self.is_empty() || (self.state == GroupState::Stable && !self.reads(topic))
    }

    /// `c1 at 10.0.0.1, c2 at 10.0.0.2 and 3 more`.
    #[must_use]
    pub fn member_names(&self) -> String {
        let members = self.members.iter();
        let names = members
            .map(|member| format!("{} at {}", escape(&member.client_id), escape(&member.host)));
        shorten(&names.collect::<Vec<_>>(), 5)
    }
}

/// A member of a group.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Member {
    /// `client.id`.
    pub client_id: String,
    /// Its member id.
    pub id: String,
    /// `group.instance.id` of a static member.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instance_id: Option<String>,
    /// The address of the client.
    pub host: String,
    /// Its assigned partitions by topic, ordered.
    #[serde(default)]
    pub assignment: BTreeMap<String, Vec<i32>>,
}

/// A group's commit for a partition. For a share group, `offset` is the share-partition start offset.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Committed {
    /// The next offset to read.
    pub offset: i64,
    /// The leader epoch of the last consumed record (KIP-320); none if the client did not send it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub leader_epoch: Option<i32>,
    /// Free text of the client; Kafka Streams keeps partition times there.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub metadata: String,
}

impl Committed {
    /// A commit with an offset only.
    #[must_use]
    pub fn at(offset: i64) -> Self {
        Self {
            offset,
            ..Self::default()
        }
    }
}

/// All commits of a group. An `Unseen` (unavailable) commit cannot be read now, for example because of an
/// open transaction.
pub type Commits = BTreeMap<TopicPartition, Seen<Committed>>;

/// Offset and timestamp of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RecordTime {
    /// Its offset.
    pub offset: i64,
    /// Its timestamp, in milliseconds since 1970; none if the record has none.
    pub timestamp: Option<i64>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_brokers_are_kept() {
        for word in ["Empty", "Stable", "NotReady", "Perhaps"] {
            assert_eq!(GroupState::from(word).to_string(), word);
        }
        assert_eq!(GroupType::from("Consumer"), GroupType::Consumer);
        assert_eq!(GroupType::from("").to_string(), "classic");
        assert_eq!(GroupType::from("Gossip").to_string(), "Gossip");
    }

    #[test]
    fn only_what_is_known_to_be_empty_is_empty() {
        let group = |state| DescribedGroup {
            id: "g".into(),
            group_type: GroupType::Classic,
            protocol_type: CONSUMER.into(),
            state,
            coordinator: 1,
            assignor: None,
            epoch: None,
            members: vec![],
        };
        assert!(group(GroupState::Empty).is_empty());
        assert!(group(GroupState::Dead).is_empty());
        assert!(!group(GroupState::Reconciling).is_empty());
        assert!(!group(GroupState::from("Perhaps")).is_empty());
    }
}
