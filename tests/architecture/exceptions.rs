//! What is against a rule today.

/// Files outside of `ops` that read a cluster and apply something to it.
pub const FLOWS_OF_CLI: &[&str] = &["cli/snapshot/restore/mod.rs"];

/// Names that several types have, and where.
pub const HOMONYMS: &[&str] = &[];
