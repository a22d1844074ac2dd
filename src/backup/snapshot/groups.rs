//! Committed offsets of groups in the topics of a snapshot.

use serde::{Deserialize, Serialize};

/// A group and its committed offsets; JSON in the file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GroupOffsets {
    /// The group's id.
    pub group: String,
    /// By topic and partition.
    pub offsets: Vec<GroupOffset>,
}

/// A committed offset (`OffsetFetchResponse`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GroupOffset {
    /// The topic.
    pub topic: String,
    /// The partition.
    pub partition: i32,
    /// The committed offset: the next record that the group would read.
    pub offset: i64,
    /// The committed leader epoch, if there is one.
    pub leader_epoch: Option<i32>,
    /// The committed metadata.
    pub metadata: String,
}
