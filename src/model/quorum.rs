//! The quorum of controllers that keeps a cluster's metadata (KRaft, KIP-595).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::broker::BrokerId;

/// The quorum as its leader sees it (`DescribeQuorum`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Quorum {
    /// The active controller; none while one is being elected.
    pub leader: Option<BrokerId>,
    /// Its epoch.
    pub leader_epoch: i32,
    /// High watermark of the metadata log.
    pub high_watermark: i64,
    /// Voters, ordered by id.
    pub voters: Vec<QuorumReplica>,
    /// Observers, ordered by id.
    pub observers: Vec<QuorumReplica>,
}

/// A node that has the metadata log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct QuorumReplica {
    /// Its `node.id`.
    pub id: BrokerId,
    /// The id of its metadata directory (KIP-853), as Kafka prints it; none before Kafka 3.9.
    #[serde(default)]
    pub directory_id: Option<String>,
    /// The end of its metadata log; none when the leader does not know it.
    pub log_end_offset: Option<i64>,
    /// When it last asked the leader for records, in milliseconds since 1970 (KIP-836).
    #[serde(default)]
    pub last_fetch_ms: Option<i64>,
    /// When it last had all that the leader had, in milliseconds since 1970 (KIP-836).
    #[serde(default)]
    pub last_caught_up_ms: Option<i64>,
}

impl Quorum {
    /// How far a replica is behind the leader, in offsets; none when one of the ends is unknown.
    #[must_use]
    pub fn lag(&self, replica: &QuorumReplica) -> Option<i64> {
        let leader = self.voters.iter().find(|one| Some(one.id) == self.leader)?;
        Some(leader.log_end_offset? - replica.log_end_offset?)
    }
}
