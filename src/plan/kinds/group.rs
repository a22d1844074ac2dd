//! Deletes groups.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::commit::{PartitionCommit, difference};
use super::kind::{CommitChange, StepKind};
use crate::model::group::{Commits, Committed, DescribedGroup, GroupType};
use crate::model::measure::TopicPartition;
use crate::model::observed::Observed;
use crate::plan::difference::{Difference, commits, members};
use crate::plan::target::{CommitTarget, GroupTarget};

/// Deletes a group and all its commits (`DeleteGroups`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DeleteGroup {
    /// Its type.
    pub group_type: GroupType,
    /// All its commits, which are deleted with it.
    pub commits: Vec<PartitionCommit>,
}

impl DeleteGroup {
    /// Every commit must be as planned, because all are deleted with the group.
    fn of_commits(&self, found: &Commits) -> Vec<Difference> {
        let planned = self.commits.iter();
        let planned: BTreeMap<(&str, i32), &Committed> = planned
            .map(|one| ((one.topic.as_str(), one.partition), &one.committed))
            .collect();
        let differences = found.iter().filter_map(|(key, found)| {
            let what = format!("the commit of {}-{}", key.topic, key.partition);
            let before = planned.get(&(key.topic.as_str(), key.partition)).copied();
            difference(&what, before, Some(found), false)
        });
        differences.collect()
    }
}

impl StepKind for DeleteGroup {
    type Target = GroupTarget;
    const NAME: &'static str = "deleteGroup";

    fn differences(&self, on: &GroupTarget, observed: &Observed) -> Vec<Difference> {
        let mut differences = members(&on.id, DescribedGroup::is_empty, observed);
        let of_commits = |found: &Commits| self.of_commits(found);
        differences.extend(commits(&on.id, observed, of_commits));
        differences
    }

    fn commits(&self, on: &GroupTarget) -> Vec<CommitChange<'_>> {
        let commits = self.commits.iter().map(|one| CommitChange {
            on: CommitTarget::new(
                &on.id,
                &TopicPartition::new(one.topic.clone(), one.partition),
                None,
            ),
            before: Some(&one.committed),
            after: None,
            share: false,
        });
        commits.collect()
    }
}
