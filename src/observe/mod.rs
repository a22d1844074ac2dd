//! Reads a cluster. Plans are made from what is found here, and nothing here knows of plans.
//!
//! - [`manifest`]: what a manifest speaks of, and what its plan has to know beyond that
//! - [`everything`]: the whole of a cluster, for a backup
//! - [`topics`], [`brokers`], [`access`], [`health`], [`measure`](mod@measure): one part each
//! - [`names`]: no more than the names of what there is
//! - [`lag`]: groups, their commits and the logs that these are in; [`stage`]: how far such a read has come
//! - `ages`: how old the next records are; `sample`: whether records have keys
//! - `commits`: what groups committed, share groups and others
//! - [`offsets`]: where groups are, for those that are to be somewhere else
//! - [`holdings`]: topics that are to lose records, and who reads them
//! - [`ends`](mod@ends): where logs end, and what an open transaction keeps from readers
//! - [`wait`]: waits until nobody is in a group
//!
//! Nothing here writes, nothing prints, and nothing joins a group. The number of rounds never depends on
//! how much there is. Traps: log ends are read after the commits, or lag comes out negative; records are
//! deleted between the two reads, so that nothing is called lost before the commit was read once more; a
//! topic that is gone still has commits for a moment, and must not keep the others from being seen.

pub mod access;
mod ages;
pub mod brokers;
mod commits;
pub mod ends;
pub mod everything;
pub mod health;
pub mod holdings;
pub mod lag;
pub mod manifest;
pub mod measure;
pub mod names;
pub mod offsets;
mod sample;
pub mod stage;
pub mod topics;
pub mod wait;
