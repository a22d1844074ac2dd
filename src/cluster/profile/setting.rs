//! A setting for display, and its place.

use std::fmt;
use std::path::PathBuf;

/// A setting for display.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShownSetting {
    /// The key.
    pub key: String,
    /// The value; `(hidden)` for a secret.
    pub value: String,
    /// Its place; none for a default.
    pub place: Option<FileLine>,
    /// Whether it is ignored.
    pub unused: bool,
}

/// A line of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileLine {
    /// The file.
    pub file: PathBuf,
    /// The line, from 1.
    pub line: usize,
}

impl fmt::Display for FileLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.file.display(), self.line)
    }
}
