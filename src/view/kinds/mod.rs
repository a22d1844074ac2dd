//! The words for each kind of step.

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

/// Whether a step adds, changes or removes.
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

/// The words for one kind of step.
trait Shown: StepKind {
    const SIGN: Sign;

    /// The lines below a step in a plan, each a name and a text; none if a table shows the kind.
    fn rows(&self, on: &Self::Target, step: &Step) -> Option<Vec<(String, String)>>;

    /// Rows of the Markdown table, without the cell of the target; empty if the kind is not in it.
    fn cells(&self, _step: &Step) -> Vec<[String; 2]> {
        Vec::new()
    }

    /// The step in a few words: `create topic a.b`.
    fn words(&self, on: &Self::Target) -> String;

    /// All steps of the kind: `2 ACLs to create`; none if [`super::plan::summary`] counts them.
    fn sum(all: &[(&Self::Target, &Self)]) -> Option<String>;
}

macro_rules! dispatch {
    ($($Kind:ident($Target:ty)),* $(,)?) => {
        /// Whether a step adds, changes or removes.
        pub(super) fn sign(step: &Step) -> Sign {
            match &step.action { $(Action::$Kind(..) => kinds::$Kind::SIGN),* }
        }

        /// The lines below a step in a plan; none if a table shows it.
        pub(super) fn rows(step: &Step) -> Option<Vec<(String, String)>> {
            match &step.action { $(Action::$Kind(on, what) => what.rows(on, step)),* }
        }

        /// Rows of the Markdown table, without the cell that names the target.
        pub(super) fn cells(step: &Step) -> Vec<[String; 2]> {
            match &step.action { $(Action::$Kind(_, what) => what.cells(step)),* }
        }

        /// A step in a few words.
        pub(super) fn words(step: &Step) -> String {
            match &step.action { $(Action::$Kind(on, what) => what.words(on)),* }
        }

        /// The sums of all kinds, in the order of the kinds.
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
