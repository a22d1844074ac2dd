//! What is allowed and wanted of a plan that is made from a manifest.

use std::collections::BTreeSet;

use super::finding::Code;

/// What the caller allows and wants.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DiffOptions {
    /// How many topics may be deleted.
    pub allow_delete: usize,
    /// The guards that are let through.
    pub allow: BTreeSet<Code>,
    /// Whether hidden values that are set already are written again.
    pub rewrite_sensitive: bool,
    /// Whether topics are deleted that the manifest owns and does not declare.
    pub delete_orphans: bool,
    /// Whether settings are removed that the manifest does not declare.
    pub prune_configs: bool,
    /// SHA-256 of the manifest, carried into the plan.
    pub manifest_hash: String,
}
