//! The most that a manifest may hold or ask for.

/// The most that one file may hold, in bytes.
pub const MAX_FILE_BYTES: u64 = 64 << 20;

/// More than clusters hold, in one topic or in all of them.
pub(super) const MOST_PARTITIONS: i64 = 200_000;

pub(super) const MOST_REPLICAS: i64 = i16::MAX as i64;

/// The most that `max-partitions-in-all` may be.
pub(super) const MOST_IN_ALL: i64 = 10_000_000;
