//! Tests against real Kafka.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod access;
mod apply;
mod backups;
mod catalogue;
mod completions;
mod compose;
mod contract;
mod contract_access;
mod contract_groups;
mod contract_lost;
mod contract_writer;
mod describe;
mod docs;
mod groups;
mod guards;
mod harness;
mod import;
mod killed;
mod lag;
mod local;
mod lock;
mod lost_answers;
#[path = "../support/made.rs"]
#[allow(dead_code, reason = "the tests without a broker need the rest")]
mod made;
mod mirror;
mod mirror_losses;
#[path = "../support/pages.rs"]
#[allow(dead_code, reason = "the tests without a broker need the rest")]
mod pages;
#[path = "../support/program.rs"]
#[allow(dead_code, reason = "the tests without a broker need the rest")]
mod program;
mod reader;
mod readme;
mod removals;
mod resets;
mod restore;
#[path = "../support/shell.rs"]
#[allow(dead_code, reason = "it offers what the next test needs")]
mod shell;
mod smoke;
mod snapshots;
#[allow(dead_code, reason = "it offers what the next test needs")]
mod support;
mod sweep;
mod up;
mod writer;
