//! Tests without a broker.
#![allow(clippy::too_many_lines, reason = "a test tells a whole story")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod access;
mod apply;
#[path = "../architecture/mod.rs"]
mod architecture;
mod backups;
mod billing;
mod cases;
mod compaction;
mod completions;
mod compose;
mod contexts;
mod declared_access;
mod describe;
mod docs;
mod documents;
mod explain;
mod fake;
mod fresh;
mod groups;
mod guards;
mod hidden;
mod import;
mod incidents;
mod journal;
mod key_stores;
mod lag;
mod lag_state;
mod lag_watch;
mod listeners;
mod lock;
mod logins;
mod long_texts;
mod lost_answers;
#[path = "../support/made.rs"]
mod made;
mod manifest_corpus;
mod manifest_files;
mod markdown;
mod mirror;
mod newer_kafka;
mod otherwise;
mod outputs;
#[path = "../support/pages.rs"]
mod pages;
mod plan;
mod policies;
#[path = "../support/program.rs"]
mod program;
mod properties;
mod properties_files;
mod pty;
mod references;
mod refusals;
mod removals;
mod resets;
mod restores;
mod rights;
mod saved_plan;
mod schema;
mod services;
#[path = "../support/shell.rs"]
#[allow(dead_code, reason = "the tests with a broker need the rest")]
mod shell;
mod snapshot_create;
mod snapshots;
mod terminal;
#[path = "../support/tools.rs"]
mod tools;
mod unseen;
mod vendors;
mod versions;
