//! The words of each kind of change.

mod access;
mod commit;
pub(super) mod config;
mod group;
mod partitions;
mod records;
mod topic;

use super::style::Look;
use crate::plan::kinds::{self, StepKind, all_kinds};
use crate::plan::{Action, Plan, Step};

/// What a step does to what is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sign {
    Added,
    Changed,
    Removed,
}

impl Sign {
    /// `+`, `~` or `-`.
    pub(super) fn mark(self, look: Look) -> String {
        match self {
            Self::Added => look.added("+"),
            Self::Changed => look.changed("~"),
            Self::Removed => look.removed("-"),
        }
    }
}

/// The words of a kind.
trait Shown: StepKind {
    const SIGN: Sign;

    /// The lines below the step's own in a plan, a name and a text each; none where a table has them.
    fn rows(&self, on: &Self::Target, step: &Step) -> Option<Vec<(String, String)>>;

    /// Rows of a table in Markdown, without the cell that names the target; none where it is in no such table.
    fn cells(&self, _step: &Step) -> Vec<[String; 2]> {
        Vec::new()
    }

    /// What it does in a few words: `create topic a.b`.
    fn words(&self, on: &Self::Target) -> String;

    /// What all steps of the kind come to: `2 ACLs to create`; none where [`super::plan::summary`] says it.
    fn sum(all: &[(&Self::Target, &Self)]) -> Option<String>;
}

macro_rules! dispatch {
    ($($Kind:ident($Target:ty)),* $(,)?) => {
        /// What a step does to what is there.
        pub(super) fn sign(step: &Step) -> Sign {
            match &step.action { $(Action::$Kind(..) => kinds::$Kind::SIGN),* }
        }

        /// The lines below a step's own; none where a table has them.
        pub(super) fn rows(step: &Step) -> Option<Vec<(String, String)>> {
            match &step.action { $(Action::$Kind(on, what) => what.rows(on, step)),* }
        }

        /// Rows of a table in Markdown, without the cell that names the target.
        pub(super) fn cells(step: &Step) -> Vec<[String; 2]> {
            match &step.action { $(Action::$Kind(_, what) => what.cells(step)),* }
        }

        /// What a step does in a few words.
        pub(super) fn words(step: &Step) -> String {
            match &step.action { $(Action::$Kind(on, what) => what.words(on)),* }
        }

        /// What the steps of each kind come to, in the order of the kinds.
        pub(super) fn sums(plan: &Plan) -> Vec<String> {
            let mut sums = Vec::new();
            $({
                let all = plan.steps.iter().filter_map(|step| match &step.action {
                    Action::$Kind(on, what) => Some((on, what)),
                    _ => None,
                });
                let all: Vec<_> = all.collect();
                if !all.is_empty() {
                    sums.extend(kinds::$Kind::sum(&all));
                }
            })*
            sums
        }
    };
}
all_kinds!(dispatch);
