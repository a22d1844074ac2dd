//! A file of a manifest, already read.

use std::sync::Arc;

/// One file of a manifest, already read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceFile {
    /// The name as given by the user; `-` is standard input.
    pub name: Arc<str>,
    /// What is in it.
    pub text: String,
}
