//! Tests against real Kafka.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod apply;
mod catalogue;
mod compose;
mod contract;
mod harness;
mod local;
#[path = "../support/program.rs"]
#[allow(dead_code, reason = "it offers what the next test needs")]
mod program;
mod smoke;
#[allow(dead_code, reason = "it offers what the next test needs")]
mod support;
