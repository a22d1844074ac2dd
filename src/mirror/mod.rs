//! A continuous copy of topics from one cluster to another, without any state of its own: see
//! docs/decisions/mirror.md.
//!
//! - [`origin`]: the header that says where a record came from
//! - [`place`](mod@place): how far the target is
//! - [`load`](mod@load): how much is to be copied
//! - [`copy`](mod@copy): the records
//! - `joined`: whether another mirror writes too
//! - [`groups`]: offsets of the source as offsets of the target
//! - [`returned`]: the target's own records, as the source has them
//! - `offsets`: offsets of partitions, or why they are not known
//! - `error`: why a mirror cannot go on
//!
//! Traps: what is read of the target to find out how far it is has to be committed, up to its log end
//! offset: an open transaction of a run that was killed is waited for, or the next run would miss or
//! repeat what comes of it. A broker that was elected just now tells no end of a log before it is as far
//! as the one before it was (KIP-207): an end that is too small will not pass.

pub mod copy;
mod error;
pub mod groups;
mod joined;
pub mod load;
mod offsets;
pub mod origin;
pub mod place;
pub mod returned;

pub use copy::{Ended, Mirror, MirrorPosition, MirrorSettings, Tell};
pub use error::MirrorError;
pub use origin::Route;
