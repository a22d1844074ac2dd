//! Tests against real Kafka.
#![allow(clippy::too_many_lines, reason = "a test tells a whole story")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod access;
mod apply;
mod at_once;
mod backups;
mod can;
mod catalogue;
mod compaction;
mod completions;
mod compose;
mod contract;
mod contract_access;
mod contract_groups;
mod contract_lost;
mod contract_reader;
mod contract_secured;
mod contract_writer;
mod dead_broker;
mod declared_access;
mod describe;
mod docs;
mod every_command;
mod groups;
mod guards;
mod harness;
mod import;
mod key_stores;
mod killed;
mod lag;
mod library;
mod listeners;
mod local;
mod lock;
mod logins;
mod lost_answers;
#[path = "../support/made.rs"]
#[allow(dead_code, reason = "the tests without a broker need the rest")]
mod made;
mod mirror;
mod mirror_losses;
mod newer_kafka;
mod oauth;
mod on;
mod open_transactions;
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
mod rights;
mod secure;
mod security;
mod services;
#[path = "../support/shell.rs"]
#[allow(dead_code, reason = "it offers what the next test needs")]
mod shell;
mod silence;
mod smoke;
mod snapshots;
#[allow(dead_code, reason = "it offers what the next test needs")]
mod support;
mod sweep;
#[path = "../support/tools.rs"]
mod tools;
mod truncation;
mod up;
mod versions;
mod writer;
