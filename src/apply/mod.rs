//! The executor and the verification. Emits events, never prints.
//!
//! First everything that the plan was made on is read again: if anything is not as planned, nothing is
//! written. Then the plan is written phase by phase, a phase being neighbouring steps of one kind. Within a phase
//! requests are batched by weight and sent side by side; then what was written is read back from
//! every live broker until all agree or the time-out has passed. A write is sent once: an answer
//! that was lost is resolved by reading, and called unknown where reading cannot tell. What is sent is
//! in a journal on the disk first, so that a later apply can tell what a killed one left open.

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
pub use execute::{Execution, Means, apply};
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
