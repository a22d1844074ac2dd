//! Today's exceptions from the rules.

/// Files outside of `ops` that read a cluster and apply to it.
pub const FLOWS_OF_CLI: &[&str] = &["cli/snapshot/restore/mod.rs"];

/// Names that several types have, with their files.
pub const HOMONYMS: &[&str] = &[];
