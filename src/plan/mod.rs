//! The difference between what a manifest asks for and what a cluster has, as data. Pure.
//!
//! A [`Plan`] describes an apply entirely: its [`Step`]s are what will be written, in order, and
//! its [`Finding`]s are all that will not be, with the reason. Text, tables and JSON are views of
//! the same value.
//!
//! - [`document`]: the plan itself
//! - [`diff`]: Desired + Observed → Plan
//! - [`step`]: what is written; [`kinds`]: the kinds of change; [`target`]: what they are done to
//! - [`mod@file`]: a plan that is kept in a file
//! - [`guards`]: what has to be known beyond that, and the guards that need it; [`retention`] is one
//! - [`offsets`]: what groups committed, and where it is to be; [`undo`] takes it back
//! - [`groups`]: groups and commits that go, and commits that another group takes over
//! - [`records`]: topics and records that go
//! - [`restore`]: what brings a cluster back to what a backup holds
//! - [`access`]: ACLs and quotas as they were
//! - [`mirror`](mod@mirror): topics for records of another cluster
//! - [`mod@snapshot`]: topics for records that are put back
//! - [`stale`]: what changed since a plan was made
//! - `settable`: what a service does not take
//! - [`strict`]: JSON in which no key is there twice
//! - [`finding`]: guards that trip, differences that cannot be applied, notes

pub mod access;
mod brokers;
mod collision;
pub mod compaction;
pub mod diff;
mod difference;
pub mod document;
mod draft;
pub mod file;
pub mod finding;
mod fit;
pub mod groups;
pub mod guards;
mod inherit;
pub mod kinds;
pub mod mirror;
pub mod offsets;
mod options;
mod prune;
pub mod records;
pub mod resource;
pub mod restore;
pub mod retention;
mod settable;
pub mod snapshot;
pub mod stale;
pub mod step;
pub mod strict;
pub mod target;
mod topics;
pub mod undo;
pub mod unsupported;

pub use document::{Announced, FORMAT_VERSION, LeftAlone, Override, Plan};
pub use finding::{Code, Finding, Pass, Severity};
pub use fit::Needs;
pub use kinds::Action;
pub use resource::Resource;
pub use step::{Reason, Risk, Step};
