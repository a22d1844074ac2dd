//! The difference between a manifest and a cluster, as data. Pure: nothing here reads or writes a cluster.
//!
//! A [`Plan`] describes an apply entirely: its [`Step`]s are the writes, in order; its [`Finding`]s say
//! what is not written, and why. Text, tables and JSON are views of the same value.
//!
//! - [`document`]: the plan itself
//! - [`diff`]: makes a plan from a manifest and a cluster's state
//! - [`step`]: one write; [`kinds`]: the kinds of change; [`target`]: what they are done to
//! - [`mod@file`]: a plan saved in a file
//! - [`guards`]: guards that need more facts than the diff; [`retention`] is one of them
//! - [`offsets`]: sets committed offsets; [`undo`] restores them
//! - [`groups`]: deletes groups and commits, and copies commits to another group
//! - [`deletions`]: deletes topics and records
//! - [`restore`]: restores a backup
//! - [`mod@lock_out`]: the guard against taking the rights from the login
//! - `acls`: the difference of declared ACLs and quotas
//! - [`landing`]: topics for records that a restore or a mirror copies into them
//! - [`stale`]: what changed since a plan was made
//! - `settable`: changes that a cluster does not accept
//! - [`strict`]: JSON parsing that refuses duplicate keys
//! - [`finding`]: guards that trip, differences that cannot be applied, notes

mod acls;
mod brokers;
mod collision;
pub mod compaction;
pub mod deletions;
pub mod diff;
mod difference;
pub mod document;
mod draft;
pub mod file;
pub mod finding;
pub mod groups;
pub mod guards;
mod inherit;
pub mod kinds;
pub mod landing;
pub mod lock_out;
pub mod offsets;
mod options;
mod prune;
pub mod resource;
pub mod restore;
pub mod retention;
mod settable;
pub mod stale;
pub mod step;
pub mod strict;
pub mod target;
mod topics;
pub mod undo;
pub mod unsupported;

pub use document::{Announced, FORMAT_VERSION, LeftAlone, Override, Plan};
pub use finding::{Code, Finding, Pass, Severity};
pub use kinds::Action;
pub use resource::Resource;
pub use step::{Reason, Risk, Step};
