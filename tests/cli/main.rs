//! Tests without a broker.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "../architecture/mod.rs"]
mod architecture;
mod completions;
mod compose;
mod docs;
mod fresh;
mod manifest_corpus;
#[path = "../support/program.rs"]
#[allow(dead_code, reason = "it offers what the next test needs")]
mod program;
mod properties;
#[path = "../support/shell.rs"]
mod shell;
