//! YAML with positions → [`Desired`](crate::model::desired::Desired): reading files, strict parsing,
//! environments, cross-checks.
//!
//! Pure but for [`read_sources`] and [`look_up`], which read what is outside; nothing here prints.
//!
//! ```text
//! files ─sources─▶ text ─document─▶ nodes ─variables, sections─▶ layers ─merge─▶ one layer ─resolve, lint─▶ Desired
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

mod acls;
mod broker;
mod cluster;
mod diagnostic;
mod document;
mod fields;
pub mod import;
mod keys;
mod layer;
mod level;
mod limits;
mod lint;
mod lookup;
mod merge;
mod node;
mod ownership;
mod parsed;
mod policies;
mod problem;
mod problems;
mod question;
mod quotas;
pub mod reference;
mod remark;
mod resolve;
mod scalar;
mod schema;
mod sections;
mod settings;
mod settle;
mod snippet;
mod source;
mod sources;
mod spot;
mod syntax;
mod topics;
mod uncatalogued;
mod value;
mod variables;

use sha2::{Digest, Sha256};

pub use self::diagnostic::{Diagnostic, MOST_SHOWN, ManifestErrors, Related};
pub use self::level::Level;
pub use self::limits::MAX_FILE_BYTES;
pub use self::lookup::look_up;
pub use self::parsed::Manifest;
use self::problems::Problems;
pub use self::remark::{Passing, Remark, RemarkKind, Subject};
pub use self::schema::schema;
pub use self::snippet::Snippet;
pub use self::source::SourceFile;
pub use self::sources::{files_of, read_sources};
pub use self::uncatalogued::UncataloguedSetting;
use self::variables::Variables;
pub use self::variables::{MAX_VALUE_BYTES, NoValue, Reference, ValueLookup};
use crate::model::hex::hex;

/// Options for reading a manifest.
#[derive(Clone, Copy)]
pub struct ParseOptions<'o> {
    /// The environment that overrides the base.
    pub environment: Option<&'o str>,
    /// Looks up the values of references.
    pub variables: ValueLookup<'o>,
    /// The guards that are let through.
    pub passing: Passing,
}

impl<'o> ParseOptions<'o> {
    /// Options that take values from the process's environment and from files.
    #[must_use]
    pub fn usual(environment: Option<&'o str>, passing: Passing) -> Self {
        Self {
            environment,
            variables: &look_up,
            passing,
        }
    }
}

/// Parses `sources` as one manifest.
///
/// # Errors
/// All errors, ordered by source and place.
pub fn parse(
    sources: &[SourceFile],
    options: ParseOptions<'_>,
) -> Result<Manifest, ManifestErrors> {
    let environment = options.environment;
    let mut problems = Problems::passing(options.passing);
    let mut variables = Variables::new(options.variables, environment);
    let written = sections::read(sources, &mut variables, &mut problems);
    let environments = written.environments.keys().cloned().collect();
    let desired = resolve::resolve(written, environment, sources, &mut problems);
    let (remarks, asked) = problems.into_result(sources)?;
    Ok(Manifest {
        desired,
        remarks,
        asked,
        environments,
        hash: hash(sources, environment, variables.open()),
    })
}

/// Each part is preceded by its length, so that two different manifests never hash the same bytes.
fn hash<'v>(
    sources: &'v [SourceFile],
    environment: Option<&'v str>,
    values: impl Iterator<Item = &'v str>,
) -> String {
    let mut digest = Sha256::new();
    let texts = sources.iter().map(|source| source.text.as_str());
    for part in texts.chain(environment).chain(values) {
        digest.update((part.len() as u64).to_be_bytes());
        digest.update(part);
    }
    digest.update([u8::from(environment.is_some())]);
    hex(digest.finalize())
}

#[cfg(test)]
mod tests;
