//! Backups of how a cluster is set up: topics, settings of brokers, ACLs, users, quotas, groups with
//! what they committed.
//!
//! - [`read`]: one read of a cluster, in a number of rounds that does not depend on its size
//! - [`mod@file`]: a backup as the text of a file, in which nothing may change
//! - [`shelf`]: the backups that are kept on this machine

pub mod file;
pub mod read;
pub mod shelf;
