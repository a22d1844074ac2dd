//! Tests without a broker.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "../architecture/mod.rs"]
mod architecture;
mod compose;
mod manifest_corpus;
mod properties;
