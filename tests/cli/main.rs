//! Tests without a broker.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod apply;
#[path = "../architecture/mod.rs"]
mod architecture;
mod completions;
mod compose;
mod contexts;
mod describe;
mod docs;
mod explain;
mod fake;
mod fresh;
mod guards;
mod journal;
mod lock;
mod manifest_corpus;
mod manifest_files;
mod markdown;
mod plan;
mod policies;
#[path = "../support/program.rs"]
mod program;
mod properties;
mod references;
mod refusals;
mod saved_plan;
mod schema;
#[path = "../support/shell.rs"]
#[allow(dead_code, reason = "the tests with a broker need the rest")]
mod shell;
mod terminal;
mod vendors;
