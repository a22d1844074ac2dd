//! What a `describe` command works with.

use crate::cli::terminal::Terminal;
use crate::cluster::Cluster;
use crate::manifest::Manifest;
use crate::view::table::Choice;

/// The cluster to read, and how to show it.
pub(super) struct Looking<'a> {
    pub(super) cluster: &'a dyn Cluster,
    pub(super) manifest: Option<&'a Manifest>,
    pub(super) choice: Choice,
    pub(super) terminal: &'a Terminal,
}
