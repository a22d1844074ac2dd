//! Groups that read topics, their members and what they committed.
//!
//! Four kinds share one namespace of ids: classic groups (`DescribeGroups`), consumer groups of the
//! newer protocol (KIP-848), share groups (KIP-932) and streams groups (KIP-1071). Ids, client ids,
//! hosts and commit metadata are free text: they may hold any character.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::broker::BrokerId;
use super::escape::escape;
use super::measure::TopicPartition;
use super::seen::Seen;
use super::words::shorten;

/// The protocol type of groups of consumers, also of their commits without members.
pub const CONSUMER: &str = "consumer";

/// What protocol a group speaks (`group.type`, KIP-848).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum GroupType {
    /// The protocol of Kafka's first consumers; also of Connect's workers and of locks.
    #[default]
    Classic,
    /// The protocol of KIP-848.
    Consumer,
    /// A share group (KIP-932).
    Share,
    /// A streams group (KIP-1071).
    Streams,
    /// One that this version does not know, as the broker words it.
    #[serde(untagged)]
    Unknown(String),
}

impl fmt::Display for GroupType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Classic => "classic",
            Self::Consumer => "consumer",
            Self::Share => "share",
            Self::Streams => "streams",
            Self::Unknown(words) => words,
        })
    }
}

/// The type of a broker's word, whatever its capitals; brokers before Kafka 3.8 tell none, and have
/// classic groups only.
impl From<&str> for GroupType {
    fn from(word: &str) -> Self {
        match word.to_ascii_lowercase().as_str() {
            "" | "classic" => Self::Classic,
            "consumer" => Self::Consumer,
            "share" => Self::Share,
            "streams" => Self::Streams,
            _ => Self::Unknown(word.to_owned()),
        }
    }
}

/// What a group is doing (`org.apache.kafka.common.GroupState`). Only [`GroupState::Empty`] and
/// [`GroupState::Dead`] have no members; whatever is not known counts as active.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum GroupState {
    /// It has no members; it may have commits.
    Empty,
    /// Its members read.
    Stable,
    /// A classic group waits for members to join.
    PreparingRebalance,
    /// A classic group waits for its leader's assignment.
    CompletingRebalance,
    /// A target assignment is being made.
    Assigning,
    /// Members are moving to their target assignment.
    Reconciling,
    /// A streams group whose topics are missing.
    NotReady,
    /// It has neither members nor commits.
    Dead,
    /// One that this version does not know, as the broker words it.
    #[serde(untagged)]
    Unknown(String),
}

impl From<&str> for GroupState {
    fn from(word: &str) -> Self {
        match word {
            "Empty" => Self::Empty,
            "Stable" => Self::Stable,
            "PreparingRebalance" => Self::PreparingRebalance,
            "CompletingRebalance" => Self::CompletingRebalance,
            "Assigning" => Self::Assigning,
            "Reconciling" => Self::Reconciling,
            "NotReady" => Self::NotReady,
            "Dead" => Self::Dead,
            _ => Self::Unknown(word.to_owned()),
        }
    }
}

impl fmt::Display for GroupState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty => "Empty",
            Self::Stable => "Stable",
            Self::PreparingRebalance => "PreparingRebalance",
            Self::CompletingRebalance => "CompletingRebalance",
            Self::Assigning => "Assigning",
            Self::Reconciling => "Reconciling",
            Self::NotReady => "NotReady",
            Self::Dead => "Dead",
            Self::Unknown(word) => word,
        })
    }
}

/// A group as a listing names it (`ListGroups`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ListedGroup {
    /// Its id.
    pub id: String,
    /// Its type.
    #[serde(rename = "type")]
    pub group_type: GroupType,
    /// What its members call their protocol: `consumer`, `connect`, …; empty where there never were
    /// members.
    pub protocol_type: String,
    /// What it is doing; none before Kafka 2.6 (KIP-518).
    pub state: Option<GroupState>,
    /// The broker that looks after it.
    pub coordinator: BrokerId,
}

/// All groups that may be described. What may not be is silently missing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ListedGroups {
    /// By id.
    pub groups: BTreeMap<String, ListedGroup>,
    /// Why brokers did not tell theirs: the groups of these are missing.
    pub missing: BTreeMap<BrokerId, String>,
    /// Whether these are only those that this user may describe.
    pub only_visible: bool,
}

/// A group in depth.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DescribedGroup {
    /// Its id.
    pub id: String,
    /// Its type.
    #[serde(rename = "type")]
    pub group_type: GroupType,
    /// As in [`ListedGroup`].
    pub protocol_type: String,
    /// What it is doing.
    pub state: GroupState,
    /// The broker that looks after it.
    pub coordinator: BrokerId,
    /// Who shares out partitions, such as `range`; none where nobody does.
    pub assignor: Option<String>,
    /// The epoch of its members and subscriptions; none of classic groups.
    pub epoch: Option<i32>,
    /// Its members, ordered by client id and member id.
    pub members: Vec<Member>,
}

impl DescribedGroup {
    /// Whether nobody is in it, as far as the coordinator tells.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.members.is_empty() && matches!(self.state, GroupState::Empty | GroupState::Dead)
    }

    /// Whether a member reads a topic, as far as the coordinator tells.
    #[must_use]
    pub fn reads(&self, topic: &str) -> bool {
        let mut members = self.members.iter();
        members.any(|member| member.assignment.contains_key(topic))
    }

    /// Whether brokers let its commits for a topic be deleted: it has no members, or they are settled on other topics.
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
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Member {
    /// `client.id`.
    pub client_id: String,
    /// What the coordinator calls it.
    pub id: String,
    /// `group.instance.id` of a static member.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instance_id: Option<String>,
    /// The address that it came from.
    pub host: String,
    /// The partitions that it reads, by topic, in order.
    #[serde(default)]
    pub assignment: BTreeMap<String, Vec<i32>>,
}

/// What a group committed for a partition: of a share group, where its share of the partition starts.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Committed {
    /// The next offset to read.
    pub offset: i64,
    /// The epoch of the leader that the last record was read from (KIP-320); none where it was not
    /// told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub leader_epoch: Option<i32>,
    /// Free text of the committer's; streams keep partition times there.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub metadata: String,
}

impl Committed {
    /// An offset without more to say about it.
    #[must_use]
    pub fn at(offset: i64) -> Self {
        Self {
            offset,
            ..Self::default()
        }
    }
}

/// All that a group committed. `Unseen` (unavailable) is a commit that cannot be told now, such as one
/// of a transaction that has not ended.
pub type Commits = BTreeMap<TopicPartition, Seen<Committed>>;

/// A record of a log, without its content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RecordTime {
    /// Its offset.
    pub offset: i64,
    /// Its timestamp, in milliseconds since 1970; none of records that were given none.
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
