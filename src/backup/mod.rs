//! What brings a cluster back: backups of its configuration, manifests and snapshots made from it.
//! Reads through `cluster`; what it writes to a cluster is a plan, or records.
//!
//! - [`config`]: backups of configurations, groups and offsets
//! - [`mirror`]: a continuous copy from one cluster to another
//! - [`restore`]: puts the records of a snapshot back
//! - [`snapshot`]: files of records, byte for byte
//! - [`take`]: what a snapshot is of, and its records into the file

pub mod config;
pub mod mirror;
pub mod restore;
pub mod snapshot;
pub mod take;
