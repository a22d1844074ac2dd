//! Reads a cluster. Plans are made from these facts; nothing here depends on plans.
//!
//! - [`manifest`]: what a manifest declares, and what guards need beyond that
//! - [`everything`]: a whole cluster, for a backup
//! - [`topics`], [`brokers`], [`access`], [`health`], [`measure`](mod@measure): one part each
//! - [`authorizer`](mod@authorizer): how it authorises requests
//! - [`names`]: only names
//! - [`lag`]: groups, their commits and log offsets; [`stage`]: the progress of that read
//! - `ages`: timestamps of the next records; `sample`: whether records have keys
//! - `commits`: commits of all types of groups
//! - [`offsets`]: commits and log offsets, for plans
//! - [`holdings`]: topics whose records are to be deleted, and their readers
//! - [`ends`](mod@ends): log ends and open transactions
//! - [`wait`]: waits until groups are empty
//!
//! Nothing here writes, prints or joins a group. The number of rounds never depends on the amount of data.
//! Traps: log ends are read after commits, or lag is negative; records may be deleted between the two
//! reads, so a commit is read again before records count as lost; a deleted topic has commits for a moment,
//! and must not make the whole read fail.

pub mod access;
mod ages;
pub mod authorizer;
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
