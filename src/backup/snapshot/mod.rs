//! Snapshots: the records of topics in one file, byte for byte, with what is needed to put them
//! back and to know that they are the same. `docs/snapshot-format.md` says where each byte is.
//!
//! - [`header`]: what was asked of the cluster, and what its topics are
//! - [`record`]: the bytes that a record is digested as, and [`record::Digest`] over them
//! - [`block`]: records and gaps of one partition, the unit of compression and of checksums
//! - `frame`: how a file is cut into pieces that bring their own length and checksum
//! - [`tail`]: what a finished file ends with: summary, index and trailer
//! - [`writer`]: writes a file under another name, and goes on with one that was cut off
//! - [`reader`]: opens a finished file and gives its blocks, with bounded memory
//! - [`verify`](mod@verify): reads all of a file
//! - [`error`]: why a file is refused
//!
//! Traps: a file may come from anybody. Every length is compared with what is left of the file and
//! with a limit of this module before anything is allocated for it; names in a file are data and
//! never become paths. A partition is addressed by its ordinal, its place in
//! [`header::Header::partitions`].

pub mod block;
pub mod error;
mod frame;
pub mod groups;
pub mod header;
mod output;
pub mod reader;
pub mod record;
mod resume;
pub mod tail;
#[cfg(test)]
mod tests;
pub mod verify;
pub mod writer;

pub use block::{Block, Gap, Reason};
pub use error::SnapshotError;
pub use groups::{Committed, GroupOffsets};
pub use header::{Asked, Header, Isolation, Range, Topic};
pub use reader::{Blocks, Reader};
pub use record::Digest;
pub use tail::Summary;
pub use verify::{Verified, verify};
pub use writer::{Finished, Options, Writer};

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
