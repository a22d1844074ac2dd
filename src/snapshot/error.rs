//! Errors of reading and writing snapshots.

use std::io;
use std::path::PathBuf;

use super::limits::VERSION;

/// Why a snapshot is refused, or cannot be written. The message does not name the file.
#[derive(Debug, thiserror::Error)]
pub enum SnapshotError {
    /// A file system error.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// A directory, a pipe, or a file without the magic bytes.
    #[error("it is no snapshot of tonkafka")]
    NoSnapshot,
    /// It has a newer version.
    #[error(
        "it was written by a newer tonkafka (format v{found}); this one reads up to v{VERSION}"
    )]
    Newer {
        /// The version in the file.
        found: u32,
    },
    /// It has no complete trailer.
    #[error("it is cut off, or was never finished")]
    CutOff,
    /// Its content was changed.
    #[error("it is damaged at byte {at}: {what}")]
    Damaged {
        /// The position of the wrong piece.
        at: u64,
        /// What is wrong.
        what: String,
    },
    /// A file of that name exists.
    #[error("{} is there already", .0.display())]
    Exists(PathBuf),
    /// Another process is writing it.
    #[error("another process is writing {}", .0.display())]
    Held(PathBuf),
    /// The part belongs to another request.
    #[error("the part that is there was begun with another {what}: {was}, and now {now}")]
    Differs {
        /// The part of the request that differs.
        what: &'static str,
        /// The value in the file.
        was: String,
        /// The value now.
        now: String,
    },
    /// It exceeds a limit of the format.
    #[error("{what}, and a snapshot holds at most {most}")]
    TooLarge {
        /// What is too large, with its size.
        what: String,
        /// The limit.
        most: String,
    },
    /// Records or gaps came in an impossible order: a bug in this program.
    #[error("{topic}:{partition} has offset {got} where {next} to {to} may follow")]
    Order {
        /// The topic.
        topic: String,
        /// The partition.
        partition: i32,
        /// The first allowed offset.
        next: i64,
        /// The end of the requested range.
        to: i64,
        /// The offset that came.
        got: i64,
    },
    /// It ends before the requested range does.
    #[error("{topic}:{partition} is read up to {next}, and was asked for up to {to}")]
    Incomplete {
        /// The topic.
        topic: String,
        /// The partition.
        partition: i32,
        /// The first missing offset.
        next: i64,
        /// The end of the range.
        to: i64,
    },
}

impl SnapshotError {
    pub(super) fn damaged(at: u64, what: impl Into<String>) -> Self {
        Self::Damaged {
            at,
            what: what.into(),
        }
    }
}
