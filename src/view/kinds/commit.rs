//! Words for commits. Plans show them in tables.

use std::collections::BTreeSet;

use super::super::text::count;
use super::{Shown, Sign};
use crate::plan::Step;
use crate::plan::kinds::{CommitOffset, DeleteOffset};
use crate::plan::target::{CommitTarget, StepTarget};

impl Shown for CommitOffset {
    const SIGN: Sign = Sign::Changed;

    fn rows(&self, _: &CommitTarget, _: &Step) -> Option<Vec<(String, String)>> {
        None
    }

    fn words(&self, on: &CommitTarget) -> String {
        format!("commit {} for {}", self.after.offset, on.resource())
    }

    fn sum(all: &[(&CommitTarget, &Self)]) -> Option<String> {
        let (offsets, groups) = (count(all.len(), "offset"), groups(all));
        let replay: i64 = all.iter().map(|(_, commit)| commit.replay).sum();
        let skip: i64 = all.iter().map(|(_, commit)| commit.skip).sum();
        Some(format!(
            "{offsets} to commit in {groups} (replay {replay}, skip {skip})"
        ))
    }
}

impl Shown for DeleteOffset {
    const SIGN: Sign = Sign::Changed;

    fn rows(&self, _: &CommitTarget, _: &Step) -> Option<Vec<(String, String)>> {
        None
    }

    fn words(&self, on: &CommitTarget) -> String {
        format!("forget the commit of {}", on.resource())
    }

    fn sum(all: &[(&CommitTarget, &Self)]) -> Option<String> {
        let (offsets, groups) = (count(all.len(), "offset"), groups(all));
        Some(format!("{offsets} to forget in {groups}"))
    }
}

fn groups<K>(all: &[(&CommitTarget, &K)]) -> String {
    let groups: BTreeSet<&str> = all.iter().map(|(on, _)| on.group.as_str()).collect();
    count(groups.len(), "group")
}
