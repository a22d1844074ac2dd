//! Where a group is to be sent.
//!
//! What is written after `--to` is read by `cli`.

use std::path::PathBuf;

/// Where groups are to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// At the log start offsets.
    Earliest,
    /// At the log end offsets.
    Latest,
    /// Where they are.
    Current,
    /// At one offset.
    Offset(i64),
    /// So much further; back where it is negative.
    Shift(i64),
    /// At the first records from a point in time on.
    Time {
        /// Milliseconds since 1970.
        ms: i64,
        /// The point in time in UTC, with what was written where that is another text.
        written: String,
    },
    /// At the offsets in a file.
    File(PathBuf),
    /// Where another group is.
    Group(String),
}
