//! The version of the format, and the most that a file of it holds.

/// The version of the format that this program writes, and the newest that it reads. Version 2 tells
/// leader epochs of blocks, and what an open transaction kept out.
pub const VERSION: u32 = 2;

/// The most bytes that a block has unpacked: what a record, with its key and headers, may take.
pub const MAX_BLOCK: usize = 64 << 20;

/// The most headers that a record has.
pub const MAX_HEADERS: usize = 1 << 20;

/// The most partitions that a snapshot has.
pub const MAX_PARTITIONS: usize = 100_000;

/// The most bytes of a header, and of all groups together.
pub const MAX_JSON: usize = 32 << 20;
