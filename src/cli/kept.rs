//! Saves plans to files.

use std::path::Path;

use super::print;
use super::terminal::Terminal;
use crate::plan::{Plan, file};
use crate::view::text::path as shown;

/// Saves a plan to a file, for `apply`.
///
/// # Errors
/// The file cannot be written.
pub(super) fn keep(path: &Path, plan: &Plan, terminal: &Terminal) -> anyhow::Result<()> {
    let text = file::to_text(plan);
    print::File::open(path)?.write(&text, file::has_secrets(plan))?;
    print::note(terminal, &format!("the plan is in {}", shown(path)));
    Ok(())
}
