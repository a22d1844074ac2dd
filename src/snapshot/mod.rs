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
//! - `limits`: the version, and the most that a file holds
//! - [`error`]: why a file is refused
//! - [`take`]: reads a cluster's records into a file
//! - [`restore`]: writes a file's records to a cluster
//!
//! Traps: a file may come from anybody. Every length is compared with what is left of the file and
//! with a limit in `limits` before anything is allocated for it; names in a file are data and
//! never become paths. A partition is addressed by its ordinal, its place in
//! [`header::SnapshotHeader::partitions`].

pub mod block;
pub mod error;
mod frame;
pub mod groups;
pub mod header;
mod limits;
mod number;
mod output;
pub mod reader;
pub mod record;
pub mod restore;
mod resume;
pub mod tail;
pub mod take;
#[cfg(test)]
mod tests;
pub mod verify;
pub mod writer;

pub use block::{Block, SnapshotGap, SnapshotGapReason};
pub use error::SnapshotError;
pub use groups::{GroupOffset, GroupOffsets};
pub use header::{Isolation, Range, SnapshotArguments, SnapshotHeader, SnapshotTopic};
pub use limits::{MAX_BLOCK, MAX_HEADERS, MAX_JSON, MAX_PARTITIONS, VERSION};
pub use output::Finished;
pub use reader::{Blocks, Reader};
pub use record::Digest;
pub use tail::Summary;
pub use verify::{Verified, verify};
pub use writer::{Writer, WriterOptions};
