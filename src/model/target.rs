//! The position that a group is to be moved to. `cli` parses it from the text after `--to`.

use std::path::PathBuf;

/// A target position.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// At the log start offsets.
    Earliest,
    /// At the log end offsets.
    Latest,
    /// The current commit.
    Current,
    /// At one offset.
    Offset(i64),
    /// The current commit plus this number; negative moves back.
    Shift(i64),
    /// The first records at or after a point in time.
    Time {
        /// Milliseconds since 1970.
        ms: i64,
        /// The point in time in UTC, followed by the user's text if that differs.
        written: String,
    },
    /// At the offsets in a file.
    File(PathBuf),
    /// The commits of another group.
    Group(String),
}
