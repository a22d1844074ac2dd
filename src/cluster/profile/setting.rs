//! A setting as people may see it, and the line that it stands on.

use std::fmt;
use std::path::PathBuf;

/// A setting, as people may see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShownSetting {
    /// The key.
    pub key: String,
    /// The value; `(hidden)` for a secret.
    pub value: String,
    /// Where it was set; none where it holds because nothing else was said.
    pub place: Option<FileLine>,
    /// Whether it changes nothing here.
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
