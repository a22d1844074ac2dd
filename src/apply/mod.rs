//! Executes and verifies plans. Emits events, never prints.
//!
//! First everything that the plan was made on is read again: if anything differs, nothing is written. Then
//! the plan is written in phases of neighbouring steps of one kind. The requests of a phase are limited by
//! weight and sent in parallel; then the result is read back from every live broker until all agree or the
//! time-out passes. A step without an answer is not sent again but read back, and its outcome is unknown if
//! reading cannot tell. A journal on the disk has every step before it is sent, so that a later apply can
//! report what a killed one left open.

mod batch;
mod event;
mod execute;
mod interrupted;
mod journal;
mod judge;
mod kinds;
mod recheck;
mod report;
mod resets;
mod stop;
mod throttle;
mod validate;
mod verify;

pub use event::{ApplyEvent, EventDocument, What};
pub use execute::{ApplySettings, Execution, apply};
pub use interrupted::{
    Interrupted, ReadBack, interrupted, interrupted_anywhere, read_back, resolve,
};
pub use journal::{JournalHeader, JournalLine};
pub use recheck::NotStarted;
pub use report::{Deviation, Outcome, Report, ReportStatus, Settled, Stopped};
pub use resets::{Reset, mark_undone, resets};
pub use stop::{Stop, StopHandle};
pub use validate::validate;
pub use verify::StepState;
