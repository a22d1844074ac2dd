//! Backups of how a cluster is set up: topics, settings of brokers, ACLs, users, quotas, groups with
//! what they committed.
//!
//! - [`mod@file`]: a backup as the text of a file, in which nothing may change
//! - [`shelf`]: the backups that are kept on this machine

pub mod file;
pub mod shelf;
