//! `backup` and `rollback`: save, compare and restore a cluster's settings and committed offsets.
//!
//! - [`args`]: their arguments
//! - `restore`: `backup restore`, `rollback` and `backup diff`

pub(super) mod args;
pub(super) mod kept;
mod restore;

use std::path::Path;

use args::{BackupCommand, CreateArgs};
use kept::{named, once_each, told};

use super::args::Global;
use super::exit::{Exit, Failure};
use super::terminal::Terminal;
use super::{connect, files, print};
use crate::backup::file;
use crate::backup::shelf::{self, KEPT, Listed, ShelfEntry, take};
use crate::model::backup::Why;
use crate::observe::everything::Also;
use crate::view;

pub(super) use restore::rollback;

pub(super) async fn run(
    global: &Global,
    what: &BackupCommand,
    terminal: &Terminal,
) -> anyhow::Result<Exit> {
    match what {
        BackupCommand::Create(args) => create(global, args, terminal).await,
        BackupCommand::List => list(global, terminal),
        BackupCommand::Show { backup } => show(global, backup, terminal),
        BackupCommand::Diff(args) => restore::diff(global, args, terminal).await,
        BackupCommand::Restore(args) => restore::restore(global, args, terminal).await,
    }
}

async fn create(global: &Global, args: &CreateArgs, terminal: &Terminal) -> anyhow::Result<Exit> {
    let out = args.out.as_deref().map(opened).transpose()?;
    let connected = connect::open_by_itself(global).await?;
    let taken = take(&*connected.cluster, Why::Asked, None, &Also::default()).await?;
    let mut backup = taken.backup;
    if !backup.partial.is_empty() && !args.allow_partial {
        let message = format!(
            "nothing was written: not all can be seen: {}",
            told(&backup.partial)
        );
        let failure = Failure::new(Exit::Unreachable, message);
        let hint = "ask for the missing rights, or pass `--allow-partial` to keep the rest";
        return Err(failure.hint(hint).into());
    }
    let path = match (out, &args.out) {
        (Some(out), Some(path)) => {
            out.write(&file::to_text(&backup), false)?;
            path.clone()
        }
        _ => shelf::keep(global.environment.shelves()?, &mut backup, KEPT)?.path,
    };
    for one in once_each(&backup.partial) {
        print::note(terminal, &format!("not seen: {one}"));
    }
    if let Some(words) = view::backup::nothing_to_keep(&backup) {
        print::note(terminal, &words);
    }
    let listed = Listed::of(&path, &backup);
    terminal.show(
        |_| view::backup::created(&listed, &backup),
        || view::backup::list_json(std::slice::from_ref(&listed)),
    );
    Ok(Exit::Done)
}

/// Opens the file for a backup. Refuses to replace a file that is not a backup.
fn opened(path: &Path) -> anyhow::Result<print::File<'_>> {
    files::refuse_foreign("--out", (path, "backup"), file::is_backup)?;
    print::File::open(path)
}

fn list(global: &Global, terminal: &Terminal) -> anyhow::Result<Exit> {
    let found = shelf::all(global.environment.shelves()?)?;
    let listed: Vec<Listed> = found.iter().map(ShelfEntry::listed).collect();
    terminal.show(
        |terminal| view::backup::list(terminal.out, &listed),
        || view::backup::list_json(&listed),
    );
    Ok(Exit::Done)
}

fn show(global: &Global, backup: &str, terminal: &Terminal) -> anyhow::Result<Exit> {
    let backup = named(&global.environment, backup)?;
    terminal.show(
        |terminal| view::backup::one(terminal.out, &backup),
        || view::json::document(&backup),
    );
    Ok(Exit::Done)
}
