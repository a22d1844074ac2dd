//! What groups committed, and what becomes of it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::kind::{CommitChange, StepKind};
use crate::model::group::{Commits, Committed, DescribedGroup};
use crate::model::lag::records_from;
use crate::model::observed::Observed;
use crate::model::seen::Seen;
use crate::plan::difference::{Difference, commits, id, members};
use crate::plan::target::CommitTarget;

/// An offset is committed for a group without members (`OffsetCommit`, `AlterShareGroupOffsets`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CommitOffset {
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

impl CommitOffset {
    /// A change of a commit in a log from `log_start` to `log_end`. Records that are not there any
    /// more are neither read again nor skipped.
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

/// What a group committed for a partition is deleted (`OffsetDelete`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DeleteOffset {
    /// What it is.
    pub before: Committed,
}

impl StepKind for DeleteOffset {
    type Target = CommitTarget;
    const NAME: &'static str = "forget";

    fn weight(&self) -> usize {
        WEIGHT
    }

    fn differences(&self, on: &CommitTarget, observed: &Observed) -> Vec<Difference> {
        // Commits of topics that no member reads can be deleted.
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

/// Coordinators write a request's commits as one batch, which has to stay below the `max.message.bytes` of
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

/// How a commit is another one than was planned on.
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
