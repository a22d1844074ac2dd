//! tonkafka brings an Apache Kafka cluster to what a YAML manifest says, and proves that it did.
//!
//! One pipeline runs through the rooms of this crate:
//!
//! ```text
//! topics.yaml ──manifest──▶ Desired ┐
//!                                   ├─ plan (pure) ─▶ Plan ─▶ confirm ─▶ apply ─▶ verify ─▶ Report
//! cluster ─────observe────▶ Observed┘                          │ events ─▶ view (bars, lines, JSON)
//! ```
//!
//! - [`model`]: Kafka's nouns and values
//! - [`manifest`]: YAML with positions → [`model::desired::Desired`]
//! - [`cluster`]: the seam to Kafka, live and in memory
//! - [`observe`]: reads a cluster: what a manifest speaks of, topics, groups, everything
//! - [`plan`]: the difference, its order and its guards
//! - [`apply`]: the executor and the verification; emits events, never prints
//! - [`backup`]: backups of a cluster's configuration
//! - [`snapshot`]: files of records, taken and restored
//! - [`mirror`]: a continuing copy from one cluster to another
//! - [`events`]: records in and out
//! - [`ops`]: a function for each flow, such as [`ops::plan()`] and [`ops::apply()`]; never prints, never asks
//! - [`local`]: a local cluster for `up`, `down` and `status`, and its Compose files
//! - [`store`]: files of our own, seen whole or not at all
//! - [`view`]: values → text, tables, JSON, progress
//! - [`cli`]: arguments, settings, prompts, signals, exit codes
//!
//! Rules that a test checks: the pure rooms (`model`, `plan`) name no runtime, no client, no file
//! system, no clock; only `cluster` names krafka; only `cluster` and `events` name rdkafka; only
//! `view` uses the table and progress crates; only `cli` prints and exits.

#![cfg_attr(
    test,
    allow(clippy::too_many_lines, reason = "a test tells a whole story")
)]

pub mod apply;
pub mod backup;
pub mod cli;
pub mod cluster;
pub mod events;
pub mod local;
pub mod manifest;
pub mod mirror;
pub mod model;
pub mod observe;
pub mod ops;
pub mod plan;
pub mod snapshot;
pub mod store;
pub mod view;
