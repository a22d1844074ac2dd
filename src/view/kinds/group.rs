//! Words for deleting groups.

use std::collections::BTreeSet;

use super::super::text::{count, escape, shorten};
use super::{Shown, Sign};
use crate::plan::Step;
use crate::plan::kinds::DeleteGroup;
use crate::plan::target::{GroupTarget, StepTarget};

impl Shown for DeleteGroup {
    const SIGN: Sign = Sign::Removed;

    fn rows(&self, _: &GroupTarget, _: &Step) -> Option<Vec<(String, String)>> {
        Some(rows(self))
    }

    fn words(&self, on: &GroupTarget) -> String {
        format!("delete {}", on.resource())
    }

    fn sum(all: &[(&GroupTarget, &Self)]) -> Option<String> {
        Some(format!("{} to delete", count(all.len(), "group")))
    }
}

/// The type of a group, and the commits that are deleted with it.
fn rows(deletion: &DeleteGroup) -> Vec<(String, String)> {
    let commits = &deletion.commits;
    let mut rows = vec![("type".to_owned(), escape(&deletion.group_type.to_string()))];
    if commits.is_empty() {
        rows.push(("commits".to_owned(), "none".to_owned()));
        return rows;
    }
    let topics: BTreeSet<&str> = commits.iter().map(|one| one.topic.as_str()).collect();
    let topics: Vec<String> = topics.into_iter().map(escape).collect();
    let partitions = count(commits.len(), "partition");
    let row = format!("of {partitions}: {}", shorten(&topics));
    rows.push(("commits".to_owned(), row));
    let known: i64 = commits.iter().filter_map(|one| one.lag).sum();
    let unknown = commits.iter().filter(|one| one.lag.is_none()).count();
    let lag = match unknown {
        0 => known.to_string(),
        some => format!("{known}, and unknown for {}", count(some, "partition")),
    };
    rows.push(("lag".to_owned(), lag));
    rows
}
