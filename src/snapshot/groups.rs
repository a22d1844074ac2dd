//! Committed offsets of groups in the topics of a snapshot.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A group and its committed offsets, as JSON in the file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GroupOffsets {
    /// The group's id.
    pub group: String,
    /// By topic and partition.
    pub offsets: Vec<GroupOffset>,
}

/// A committed offset (`OffsetFetchResponse`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GroupOffset {
    /// The topic.
    pub topic: String,
    /// The partition.
    #[schemars(range(min = 0))]
    pub partition: i32,
    /// The offset of the next record to read.
    #[schemars(range(min = 0))]
    pub offset: i64,
    /// The leader epoch of the commit, if it has one.
    #[schemars(range(min = 0))]
    pub leader_epoch: Option<i32>,
    /// The committed metadata.
    pub metadata: String,
}
