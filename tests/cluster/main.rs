//! Tests against real Kafka.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod compose;
mod harness;
mod local;
mod smoke;
#[allow(dead_code, reason = "it offers what the next test needs")]
mod support;
