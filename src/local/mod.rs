//! A local cluster for `up`, `down` and `status`.
//!
//! - [`places`]: directories and programs of this machine
//! - [`java`], [`artefacts`]: what runs Kafka without Docker
//! - [`error`]: what can go wrong, each with what to try

pub mod artefacts;
pub mod error;
mod files;
pub mod java;
pub mod places;
