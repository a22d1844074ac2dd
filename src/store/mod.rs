//! Files: those of tonkafka's own, private and seen whole or not at all, and those that a user names.
//!
//! - [`Shelf`]: what is remembered of clusters, a file each
//! - [`Output`]: a file that a user named for output
//!
//! Trap: a file that is renamed into place is only there for good once its directory was synced too.

mod files;
mod output;
mod shelf;

pub use self::files::{
    RANDOM, cache, directory, hold, is_at, list, lock, open_plain, place, random, read_bytes,
    read_text, remove, replace, sync_directory, try_lock,
};
pub use self::output::{FileIdentity, Output, followed};
pub use self::shelf::{HeldFile, Shelf, StoreError};
