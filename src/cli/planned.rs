//! Plans that come from arguments instead of a manifest: shown, saved or applied.

use std::path::PathBuf;

use super::apply;
use super::args::{Global, PlannedArgs};
use super::connect::Connected;
use super::exit::Exit;
use super::kept::keep;
use super::plan::stops;
use super::terminal::Terminal;
use crate::ops::apply::BackupFirst;
use crate::plan::Plan;
use crate::view;

pub(in crate::cli) struct How<'a> {
    pub(in crate::cli) dry_run: bool,
    pub(in crate::cli) out: Option<&'a PathBuf>,
    pub(in crate::cli) yes: bool,
    /// The backup to take before the first write.
    pub(in crate::cli) backup: Option<BackupFirst>,
}

impl<'a> How<'a> {
    /// From the arguments, without a backup.
    pub(in crate::cli) fn of(args: &'a PlannedArgs) -> Self {
        How {
            dry_run: args.dry_run,
            out: args.out.as_ref(),
            yes: args.yes,
            backup: None,
        }
    }
}

/// Shows a plan, saves it, or applies it.
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
