//! A continuous copy of topics from one cluster to another, without state of its own: see
//! docs/decisions/mirror.md.
//!
//! - [`origin`]: the header with a record's origin
//! - [`place`](mod@place): finds how far the target is
//! - [`load`](mod@load): measures the records to copy
//! - [`copy`](mod@copy): copies records
//! - `joined`: detects another mirror
//! - [`groups`]: copies commits
//! - [`returned`]: the target's own records at the source
//! - `offsets`: offsets of partitions
//! - `error`: why a mirror fails
//!
//! Traps: to find how far the target is, committed records are read up to its log end offset. An open
//! transaction of a killed run has to end first, or the next run would miss or repeat its records. A newly
//! elected leader reports no log end offset before it has caught up with the previous leader (KIP-207), so
//! an end that is too small does not pass.

pub mod copy;
mod error;
pub mod groups;
mod joined;
pub mod load;
mod offsets;
pub mod origin;
pub mod place;
pub mod returned;

pub use copy::{Mirror, MirrorPosition, MirrorSettings, Tell};
pub use error::MirrorError;
pub use origin::Route;
