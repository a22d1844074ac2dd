//! Tests against real Kafka.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod apply;
mod contract;
mod harness;
#[path = "../support/program.rs"]
mod program;
#[allow(dead_code, reason = "it offers what the next test needs")]
mod support;
