//! The events of a restore.

use crate::apply::ApplyEvent;
use crate::plan::Plan;

/// An event of a restore.
#[derive(Debug, Clone, Copy)]
pub enum RestoreEvent<'a> {
    /// An event of the plan before the records, or of the last plan of [`RestoreEvent::Commits`].
    Apply(ApplyEvent<'a>),
    /// Records are about to be written, for the first time or after an error that passes.
    Writing {
        /// How many are written already, by earlier runs too.
        done: i64,
        /// How many there are.
        total: i64,
    },
    /// So many records are written now.
    Written(i64),
    /// So many records are about to be read back.
    ReadingBack(i64),
    /// So many more records are read back.
    ReadBack(usize),
    /// This plan is about to commit for groups.
    Commits(&'a Plan),
}
