//! Snapshots: the records of topics in one file, byte for byte, with the data to restore and verify them.
//! `docs/snapshot-format.md` specifies the format.
//!
//! - [`header`]: the request, the cluster and its topics
//! - [`record`]: the encoding of records, and [`record::Digest`] over it
//! - [`block`]: records and gaps of one partition, the unit of compression and of checksums
//! - `frame`: pieces of a file, each with its length and checksum
//! - [`tail`]: the end of a finished file: summary, index and trailer
//! - [`writer`]: writes a file under another name, and continues one that was cut off
//! - [`reader`]: opens a finished file and reads its blocks, with bounded memory
//! - [`verify`](mod@verify): verifies a whole file
//! - `limits`: the version and the limits of the format
//! - [`error`]: why a file is refused
//! - [`take`]: reads a cluster's records into a file
//! - [`restore`]: writes a file's records to a cluster
//!
//! Traps: a file may come from anybody. Every length is compared with the rest of the file and with a limit
//! before memory is allocated; names in a file never become paths. A partition is addressed by its ordinal,
//! its index in [`header::SnapshotHeader::partitions`].

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

pub use block::{Block, SnapshotGapReason};
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
