//! What becomes of an offset that a group committed.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::group::Committed;

/// A commit that changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct OffsetChange {
    /// What is committed; none where nothing is.
    pub before: Option<Committed>,
    /// What will be.
    pub after: Committed,
    /// The log start offset.
    pub log_start: i64,
    /// The log end offset.
    pub log_end: i64,
    /// How many records will be read again, at most.
    #[schemars(range(min = 0))]
    pub replay: i64,
    /// How many records will not be read that have not been, at most.
    #[schemars(range(min = 0))]
    pub skip: i64,
    /// The lag that will be.
    pub lag_after: i64,
    /// The timestamp of the record at the new offset, in milliseconds since 1970, where it was asked
    /// for and there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target_time: Option<i64>,
    /// Whether it is the start of a share (KIP-932), and no commit of a consumer.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub share: bool,
}

impl OffsetChange {
    /// A change of a commit in a log from `log_start` to `log_end`. Records that are not there any
    /// more are neither read again nor skipped.
    #[must_use]
    pub fn new(
        before: Option<Committed>,
        after: Committed,
        (log_start, log_end): (i64, i64),
        share: bool,
    ) -> Self {
        let inside = |offset: i64| offset.clamp(log_start, log_end.max(log_start));
        let moved = before
            .as_ref()
            .map_or(0, |before| inside(after.offset) - inside(before.offset));
        Self {
            log_start,
            log_end,
            replay: (-moved).max(0),
            skip: moved.max(0),
            lag_after: log_end - inside(after.offset),
            target_time: None,
            share,
            before,
            after,
        }
    }
}

/// A partition and what is committed for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PartitionCommit {
    /// The topic.
    pub topic: String,
    /// The partition's number.
    #[schemars(range(min = 0))]
    pub partition: i32,
    /// The commit.
    pub committed: Committed,
    /// How many records are left to read, at most; none where that cannot be told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0))]
    pub lag: Option<i64>,
}

/// A partition that is already where it is wanted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Unmoved {
    /// The group.
    pub group: String,
    /// The topic.
    pub topic: String,
    /// The partition's number.
    #[schemars(range(min = 0))]
    pub partition: i32,
    /// The offset that is committed; none where nothing is.
    pub committed: Option<i64>,
    /// The log start offset.
    pub log_start: i64,
    /// The log end offset.
    pub log_end: i64,
}
