//! A file of a manifest, already read.

use std::sync::Arc;

/// One file of a manifest, already read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceFile {
    /// The file as it was named; `-` is standard input.
    pub name: Arc<str>,
    /// What is in it.
    pub text: String,
}
