//! Interrupted applies, and the current state of their open steps.

use std::fmt::Write as _;

use super::kinds::words as step_words;
use super::style::Look;
use super::text::{count, escape};
use crate::apply::{Interrupted, ReadBack, StepState};

/// At most this many steps are named; the rest is counted.
const NAMED: usize = 20;

/// One line about an interrupted apply: when it began, and how far it came.
#[must_use]
pub fn headline(interrupted: &Interrupted) -> String {
    format!(
        "the run of {} (process {}) was cut off: {} settled, {} sent without a known outcome, {} not sent\n",
        escape(&interrupted.started_at),
        interrupted.process,
        count(interrupted.settled, "step"),
        interrupted.in_doubt.len(),
        interrupted.not_sent
    )
}

/// The current state of steps without a known outcome, one per line.
#[must_use]
pub fn read_back(look: Look, found: &[ReadBack]) -> String {
    let mut text = String::new();
    for one in found.iter().take(NAMED) {
        let words = step_words(&one.step);
        let _ = match &one.found {
            StepState::InEffect => writeln!(text, "  {}       {words}", look.added("in effect")),
            StepState::NotInEffect => {
                writeln!(text, "  {}   {words}", look.changed("not in effect"))
            }
            StepState::SomethingElse { seen } => writeln!(
                text,
                "  {}  {words}: {}",
                look.removed("something else"),
                escape(seen)
            ),
            StepState::Unreadable { reason } => writeln!(
                text,
                "  {}      {words}: {}",
                look.removed("unreadable"),
                escape(reason)
            ),
        };
    }
    if let Some(more @ 1..) = found.len().checked_sub(NAMED) {
        let _ = writeln!(text, "  and {}", count(more, "more step"));
    }
    text
}

/// Steps without a known outcome that cannot be read back, one per line.
#[must_use]
pub fn in_doubt(look: Look, interrupted: &Interrupted) -> String {
    let mut text = String::new();
    for step in interrupted.in_doubt.iter().take(NAMED) {
        let _ = writeln!(text, "  {}  {}", look.changed("perhaps"), step_words(step));
    }
    if let Some(more @ 1..) = interrupted.in_doubt.len().checked_sub(NAMED) {
        let _ = writeln!(text, "  and {}", count(more, "more step"));
    }
    text
}
