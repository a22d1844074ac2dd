//! Restores the records of a snapshot: [`choose`], then [`Restore::prepare`], then [`Restore::carry_out`].
//!
//! - [`chosen`]: the part of the snapshot to restore, read without a cluster
//! - [`prepared`]: reads the cluster, finds the progress of an earlier run, and makes the plan
//! - `write`: creates topics, writes and verifies the records, and commits for groups
//! - [`error`]: why a restore failed

pub mod chosen;
pub mod error;
pub mod prepared;
mod write;

pub use chosen::{ChoiceError, Chosen, choose};
pub use error::RestoreFailure;
pub use prepared::{Restore, RestoreSettings};
pub use write::RestoreEvent;
