//! Why a snapshot is refused, or cannot be written.

use std::io;
use std::path::PathBuf;

use super::limits::VERSION;

/// Why a snapshot is refused, or cannot be written. The message is about the file and does not name
/// it.
#[derive(Debug, thiserror::Error)]
pub enum SnapshotError {
    /// The file system's.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// A directory, a pipe, or a file that begins otherwise.
    #[error("it is no snapshot of tonkafka")]
    NoSnapshot,
    /// Of a version that this program does not know.
    #[error(
        "it was written by a newer tonkafka (format v{found}); this one reads up to v{VERSION}"
    )]
    Newer {
        /// What the file says.
        found: u32,
    },
    /// It has no trailer, or less than that.
    #[error("it is cut off, or was never finished")]
    CutOff,
    /// Its content is not what was written.
    #[error("it is damaged at byte {at}: {what}")]
    Damaged {
        /// Where the piece begins that is wrong.
        at: u64,
        /// What is wrong.
        what: String,
    },
    /// There is a file of that name.
    #[error("{} is there already", .0.display())]
    Exists(PathBuf),
    /// Another process writes it.
    #[error("another process is writing {}", .0.display())]
    Held(PathBuf),
    /// The part that is there is of something else.
    #[error("the part that is there was begun with another {what}: {was}, and now {now}")]
    Differs {
        /// Of the question, what differs.
        what: &'static str,
        /// In the file.
        was: String,
        /// As asked now.
        now: String,
    },
    /// More than the format holds.
    #[error("{what}, and a snapshot holds at most {most}")]
    TooLarge {
        /// What is too large, with its size.
        what: String,
        /// The limit.
        most: String,
    },
    /// Records or gaps came in an order that no log has: a mistake of the program.
    #[error("{topic}:{partition} has offset {got} where {next} to {to} may follow")]
    Order {
        /// The topic.
        topic: String,
        /// The partition.
        partition: i32,
        /// The first offset that may follow.
        next: i64,
        /// The end of the range that was asked for.
        to: i64,
        /// The offset that came.
        got: i64,
    },
    /// It ends before the range does that was asked for.
    #[error("{topic}:{partition} is read up to {next}, and was asked for up to {to}")]
    Incomplete {
        /// The topic.
        topic: String,
        /// The partition.
        partition: i32,
        /// The first offset that is missing.
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
