//! Upper limits of what a manifest may contain.

/// The largest accepted file, in bytes.
pub const MAX_FILE_BYTES: u64 = 64 << 20;

/// More partitions than any cluster has; the limit of one topic, and of all topics together.
pub(super) const MOST_PARTITIONS: i64 = 200_000;

pub(super) const MOST_REPLICAS: i64 = i16::MAX as i64;

/// The most ACLs, those of roles included.
pub(super) const MOST_ACLS: usize = 200_000;

/// The largest value of `max-partitions-in-all`.
pub(super) const MOST_IN_ALL: i64 = 10_000_000;
