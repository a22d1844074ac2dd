//! Options of a plan that is made from a manifest.

use std::collections::BTreeSet;

use super::finding::Code;

/// What the caller allows and wants.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DiffOptions {
    /// How many topics may be deleted.
    pub allow_delete: usize,
    /// The guards that are let through.
    pub allow: BTreeSet<Code>,
    /// Whether hidden values that are already set are written again.
    pub rewrite_sensitive: bool,
    /// Whether undeclared topics under an owned prefix are deleted.
    pub delete_orphans: bool,
    /// Whether undeclared settings are removed.
    pub prune_configs: bool,
    /// The principal of the login that applies the plan, if it is known.
    pub login: Option<String>,
    /// SHA-256 of the manifest.
    pub manifest_hash: String,
}
