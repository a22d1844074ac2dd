//! Restores the records of a snapshot: [`choose`], then [`Restore::prepare`], then [`Restore::carry_out`].
//!
//! - [`chosen`]: the part of the snapshot to restore, read without a cluster
//! - [`prepared`]: reads the cluster, finds the progress of an earlier run, and makes the plan
//! - `destination`: reads the target topics
//! - `write`: creates topics, writes and verifies the records, and commits for groups
//! - [`event`]: the events of that
//! - [`error`]: why a restore failed

pub mod chosen;
mod destination;
pub mod error;
pub mod event;
pub mod prepared;
mod write;

pub use chosen::{ChoiceError, Chosen, RestoreSelection, choose};
pub use error::RestoreFailure;
pub use event::RestoreEvent;
pub use prepared::{Restore, RestoreSettings};
