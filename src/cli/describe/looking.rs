//! What one look needs.

use crate::cli::terminal::Terminal;
use crate::cluster::Cluster;
use crate::manifest::Manifest;
use crate::view::table::Choice;

/// A cluster, and how it is to be shown.
pub(super) struct Looking<'a> {
    pub(super) cluster: &'a dyn Cluster,
    pub(super) manifest: Option<&'a Manifest>,
    pub(super) choice: Choice,
    pub(super) terminal: &'a Terminal,
}
