//! Backups of a cluster's configuration, snapshots of its records, restores and mirrors. Reads through
//! `cluster`; writes to a cluster only plans and records.
//!
//! - [`config`]: backups of configurations, groups and offsets
//! - [`mirror`]: a continuous copy from one cluster to another
//! - [`restore`]: writes the records of a snapshot to a cluster
//! - [`snapshot`]: files of records, byte for byte
//! - [`take`]: writes records of a cluster to a snapshot

pub mod config;
pub mod mirror;
pub mod restore;
pub mod snapshot;
pub mod take;
