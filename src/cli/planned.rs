//! Plans that were asked for on the command line, and by no manifest: shown, kept or carried out.

use std::path::{Path, PathBuf};

use clap::Args as Group;

use super::args::Global;
use super::backup::before::Wanted;
use super::connect::Connected;
use super::exit::Exit;
use super::plan::stops;
use super::terminal::Terminal;
use super::{apply, print};
use crate::plan::{Plan, file};
use crate::view;
use crate::view::text::path as shown;

/// What to do with the plan.
#[derive(Debug, Group)]
pub(in crate::cli) struct PlannedArgs {
    /// Do not ask
    #[arg(long)]
    yes: bool,
    /// Show what would be done, and do nothing
    #[arg(long, conflicts_with = "yes")]
    dry_run: bool,
    /// Keep the plan in this file for `apply FILE`, and do nothing
    #[arg(long, value_name = "FILE", conflicts_with = "yes")]
    out: Option<PathBuf>,
}

impl PlannedArgs {
    pub(in crate::cli) fn how(&self) -> How<'_> {
        How {
            dry_run: self.dry_run,
            out: self.out.as_ref(),
            yes: self.yes,
            backup: None,
        }
    }
}

/// What to do with a plan.
pub(in crate::cli) struct How<'a> {
    pub(in crate::cli) dry_run: bool,
    pub(in crate::cli) out: Option<&'a PathBuf>,
    pub(in crate::cli) yes: bool,
    /// The backup to take first.
    pub(in crate::cli) backup: Option<Wanted>,
}

/// Shows a plan, keeps it, or carries it out.
pub(in crate::cli) async fn carry_out(
    global: &Global,
    how: &How<'_>,
    terminal: &Terminal,
    connected: &Connected,
    plan: &Plan,
) -> anyhow::Result<Exit> {
    if !how.dry_run && how.out.is_none() {
        let how = apply::How {
            yes: how.yes,
            junit: None,
            backup: how.backup,
        };
        return apply::carry_out(global, &how, terminal, connected, plan, None).await;
    }
    terminal.show(
        |terminal| view::plan::plan(terminal.out, plan),
        || view::json::document(plan),
    );
    if let Some(exit) = stops(plan) {
        return Ok(exit);
    }
    if let Some(path) = how.out {
        keep(path, plan, terminal)?;
    }
    Ok(Exit::Done)
}

/// Keeps a plan in a file, for `apply`.
///
/// # Errors
/// It cannot be written.
pub(in crate::cli) fn keep(path: &Path, plan: &Plan, terminal: &Terminal) -> anyhow::Result<()> {
    let text = file::to_text(plan);
    print::File::open(path)?.write(&text, file::has_secrets(plan))?;
    print::note(terminal, &format!("the plan is in {}", shown(path)));
    Ok(())
}
