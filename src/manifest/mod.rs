//! YAML with positions → [`Desired`]: reading files, strict parsing, environments, cross-checks.
//!
//! Pure but for [`read_sources`], which reads the files; nothing here prints.
//!
//! ```text
//! files ─sources─▶ text ─document─▶ nodes ─sections─▶ layers ─merge─▶ one layer ─resolve, lint─▶ Desired
//! ```
//!
//! Everything that is wrong is collected, over all files, and reported at once with its place. A file
//! is read to the end of what can be understood: a value that cannot be read is replaced by a
//! harmless one, so that it is not reported again as missing. The replacement never gets out, because
//! one problem is enough for [`parse`] to fail.
//!
//! Traps:
//! - YAML is read as events, not into types: a type cannot tell `"3"` from `3`, nor `yes` from `true`.
//! - An absent plain value arrives from the parser as the text `~` of no width.
//! - Aliases share their node. What they would expand to counts against the budget, not what they
//!   take in memory.
//! - A quoted number is refused only where the same text without quotes is accepted: a password such
//!   as `"007"` has to keep its quotes.

mod broker;
mod cluster;
mod diagnostic;
mod document;
mod fields;
mod keys;
mod layer;
mod lint;
mod merge;
mod ownership;
mod problem;
pub mod reference;
mod resolve;
mod scalar;
mod sections;
mod settings;
mod snippet;
mod sources;
mod syntax;
mod topics;
mod value;

use std::fmt::Write;

use sha2::{Digest, Sha256};

pub use diagnostic::{Diagnostic, ManifestErrors, Related};
pub use snippet::Snippet;
pub use sources::{Source, read_sources};

use crate::model::desired::Desired;
use problem::Problems;

/// The most that one file may hold, in bytes.
pub const MAX_FILE_BYTES: u64 = 64 << 20;

/// A manifest that holds nothing wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Manifest {
    /// What it asks for, with the chosen environment and the defaults merged in.
    pub desired: Desired,
    /// The names of all environments it defines, in order of name.
    pub environments: Vec<String>,
    /// SHA-256 over the bytes of all sources and the name of the environment, in hexadecimal.
    pub hash: String,
}

/// Reads `sources` as one manifest, with the environment of that name laid over it.
///
/// # Errors
/// Everything that is wrong, in the order of the sources and of the places in them.
pub fn parse(sources: &[Source], environment: Option<&str>) -> Result<Manifest, ManifestErrors> {
    let mut problems = Problems::default();
    let written = sections::read(sources, &mut problems);
    let environments = written.environments.keys().cloned().collect();
    let desired = resolve::resolve(written, environment, sources, &mut problems);
    problems.into_result(sources)?;
    Ok(Manifest {
        desired,
        environments,
        hash: hash(sources, environment),
    })
}

/// Each part goes in behind its length, so that no two manifests share one stream of bytes.
fn hash(sources: &[Source], environment: Option<&str>) -> String {
    let mut digest = Sha256::new();
    let texts = sources.iter().map(|source| source.text.as_str());
    for part in texts.chain(environment) {
        digest.update((part.len() as u64).to_be_bytes());
        digest.update(part);
    }
    digest.update([u8::from(environment.is_some())]);
    digest
        .finalize()
        .iter()
        .fold(String::with_capacity(64), |mut hex, byte| {
            let _ = write!(hex, "{byte:02x}");
            hex
        })
}

#[cfg(test)]
mod tests;
