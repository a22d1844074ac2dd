//! The version and the limits of the format.

/// The version of the format that this program writes, and the newest that it reads. Version 2 adds
/// leader epochs of blocks, and offsets that an open transaction held back.
pub const VERSION: u32 = 2;

/// The largest uncompressed block, and therefore the largest record with its key and headers, in bytes.
pub const MAX_BLOCK: usize = 64 << 20;

/// The largest number of headers of a record.
pub const MAX_HEADERS: usize = 1 << 20;

/// The largest number of partitions.
pub const MAX_PARTITIONS: usize = 100_000;

/// The largest header, and the largest sum of groups, in bytes.
pub const MAX_JSON: usize = 32 << 20;
