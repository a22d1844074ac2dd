//! Sets and deletes committed offsets.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::kind::{CommitChange, StepKind};
use crate::model::group::{Commits, Committed, DescribedGroup};
use crate::model::lag::records_from;
use crate::model::observed::Observed;
use crate::model::seen::Seen;
use crate::plan::difference::{Difference, commits, id, members};
use crate::plan::target::CommitTarget;

/// Commits an offset for a group without members (`OffsetCommit`, `AlterShareGroupOffsets`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CommitOffset {
    /// The current commit; none when nothing is committed.
    pub before: Option<Committed>,
    /// The new commit.
    pub after: Committed,
    /// The log start offset.
    pub log_start: i64,
    /// The log end offset.
    pub log_end: i64,
    /// How many records will be read again, at most.
    #[schemars(range(min = 0))]
    pub replay: i64,
    /// How many unread records will be skipped, at most.
    #[schemars(range(min = 0))]
    pub skip: i64,
    /// The lag afterwards, in records.
    pub lag_after: i64,
    /// The timestamp of the record at the new offset, in milliseconds since 1970; none when it was not
    /// looked up or no record is there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target_time: Option<i64>,
    /// Whether this is the start offset of a share group (KIP-932).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub share: bool,
}

impl CommitOffset {
    /// Replaces `before` by `after` in a log of `(log start offset, log end offset)`. Records before the
    /// log start offset count as neither replayed nor skipped.
    #[must_use]
    pub fn new(before: Option<Committed>, after: Committed, log: (i64, i64), share: bool) -> Self {
        let (log_start, log_end) = log;
        let lag_after = records_from(after.offset, log);
        let moved = before
            .as_ref()
            .map_or(0, |before| records_from(before.offset, log) - lag_after);
        Self {
            log_start,
            log_end,
            replay: (-moved).max(0),
            skip: moved.max(0),
            lag_after,
            target_time: None,
            share,
            before,
            after,
        }
    }
}

impl StepKind for CommitOffset {
    type Target = CommitTarget;
    const NAME: &'static str = "commit";

    fn weight(&self) -> usize {
        WEIGHT
    }

    fn differences(&self, on: &CommitTarget, observed: &Observed) -> Vec<Difference> {
        let before = self.before.as_ref();
        of_commit(on, before, self.share, DescribedGroup::is_empty, observed)
    }

    fn commits(&self, on: &CommitTarget) -> Vec<CommitChange<'_>> {
        vec![CommitChange {
            on: on.clone(),
            before: self.before.as_ref(),
            after: Some(&self.after),
            share: self.share,
        }]
    }
}

/// Deletes a group's commit for a partition (`OffsetDelete`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DeleteOffset {
    /// The current commit.
    pub before: Committed,
}

impl StepKind for DeleteOffset {
    type Target = CommitTarget;
    const NAME: &'static str = "forget";

    fn weight(&self) -> usize {
        WEIGHT
    }

    fn differences(&self, on: &CommitTarget, observed: &Observed) -> Vec<Difference> {
        // `OffsetDelete` needs no empty group, only a topic that no member is subscribed to.
        let is_fit = |group: &DescribedGroup| group.lets_commits_go(&on.partition.topic.name);
        of_commit(on, Some(&self.before), false, is_fit, observed)
    }

    fn commits(&self, on: &CommitTarget) -> Vec<CommitChange<'_>> {
        vec![CommitChange {
            on: on.clone(),
            before: Some(&self.before),
            after: None,
            share: false,
        }]
    }
}

/// The coordinator writes a request's commits as one batch, which must fit the `max.message.bytes` of
/// `__consumer_offsets`.
const WEIGHT: usize = 4;

fn of_commit(
    on: &CommitTarget,
    before: Option<&Committed>,
    share: bool,
    is_fit: impl Fn(&DescribedGroup) -> bool,
    observed: &Observed,
) -> Vec<Difference> {
    let mut differences = id(&on.partition.topic, observed);
    differences.extend(members(&on.group, is_fit, observed));
    differences.extend(commits(&on.group, observed, |commits: &Commits| {
        let found = commits.get(&on.partition.key());
        let found = difference("the commit", before, found, share);
        found.into_iter().collect()
    }));
    differences
}

/// Compares a commit with the one that was planned on. Share groups are compared by offset only.
pub(super) fn difference(
    what: &str,
    planned: Option<&Committed>,
    found: Option<&Seen<Committed>>,
    share: bool,
) -> Option<Difference> {
    let found = match found {
        None | Some(Seen::Absent) => None,
        Some(Seen::Value(found)) => Some(found),
        Some(_) => return Some(Difference::unseen(what)),
    };
    let is_same = match (planned, found) {
        (Some(planned), Some(found)) if share => planned.offset == found.offset,
        (planned, found) => planned == found,
    };
    let shown = |commit: Option<&Committed>| {
        commit.map_or("none".to_owned(), |commit| commit.offset.to_string())
    };
    if is_same {
        None
    } else if planned.map(|one| one.offset) == found.map(|one| one.offset) {
        let found = "of the same offset with other metadata";
        Some(Difference::new(what, "as planned", found))
    } else {
        Some(Difference::new(what, &shown(planned), &shown(found)))
    }
}

/// A partition and its commit.
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
    /// How many records are left to read, at most; none when unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0))]
    pub lag: Option<i64>,
}

/// A partition whose commit is already as requested.
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
    /// The committed offset; none when nothing is committed.
    pub committed: Option<i64>,
    /// The log start offset.
    pub log_start: i64,
    /// The log end offset.
    pub log_end: i64,
}
