//! Backups of a cluster's configuration: topics, broker settings, ACLs, users, quotas, and groups with
//! their commits.
//!
//! - [`mod@file`]: the text of a backup, with a checksum
//! - [`shelf`]: the backups that this machine keeps

pub mod file;
pub mod shelf;
