//! `backup` and `rollback`: how a cluster was set up, kept and put back.
//!
//! - [`args`]: what can be written
//! - [`before`]: the backup that a change takes first
//! - `restore`: putting back, also as `rollback` and `backup diff`

pub(super) mod args;
pub(super) mod before;
mod restore;

use std::path::{Path, PathBuf};

use args::{BackupArgs, BackupCommand, CreateArgs};

use super::args::Global;
use super::exit::{Exit, Failure};
use super::terminal::Terminal;
use super::{connect, files, print};
use crate::backup::config::file;
use crate::backup::config::read::Also;
use crate::backup::config::shelf::{self, BackupError, KEPT, Listed, Shelf, ShelfEntry, take};
use crate::local::{NoHome, Places};
use crate::model::backup::{Backup, Omission, Why};
use crate::model::suggest::closest;
use crate::view;

pub(super) use restore::rollback;

pub(super) async fn run(
    global: &Global,
    args: &BackupArgs,
    terminal: &Terminal,
) -> anyhow::Result<Exit> {
    match &args.what {
        BackupCommand::Create(args) => create(global, args, terminal).await,
        BackupCommand::List => list(terminal),
        BackupCommand::Show { backup } => show(backup, terminal),
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
        _ => on_this_machine()?.keep(&mut backup, KEPT)?.path,
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

/// The file for a backup. Only another backup is replaced by it.
fn opened(path: &Path) -> anyhow::Result<print::File<'_>> {
    files::refuse_foreign("--out", (path, "backup"), file::is_backup)?;
    print::File::open(path)
}

fn list(terminal: &Terminal) -> anyhow::Result<Exit> {
    let found = on_this_machine()?.all()?;
    let listed: Vec<Listed> = found.iter().map(ShelfEntry::listed).collect();
    terminal.show(
        |terminal| view::backup::list(terminal.out, &listed),
        || view::backup::list_json(&listed),
    );
    Ok(Exit::Done)
}

fn show(backup: &str, terminal: &Terminal) -> anyhow::Result<Exit> {
    let backup = named(backup)?;
    terminal.show(
        |terminal| view::backup::one(terminal.out, &backup),
        || view::json::document(&backup),
    );
    Ok(Exit::Done)
}

/// The backups that are kept on this machine.
fn on_this_machine() -> Result<Shelf, NoHome> {
    Ok(Shelf::at(Places::from_environment()?.backups()))
}

/// The first things that were not seen, and how many more.
fn told(unseen: &[Omission]) -> String {
    const TOLD: usize = 5;
    let mut texts = once_each(unseen);
    let more = texts.len().saturating_sub(TOLD);
    texts.truncate(TOLD);
    if more > 0 {
        texts.push(format!("and {more} more"));
    }
    texts.join("; ")
}

/// What was not seen, each reason once with all that it holds for.
fn once_each(unseen: &[Omission]) -> Vec<String> {
    let mut each: Vec<(Omission, Vec<&str>)> = Vec::new();
    for one in unseen {
        let is_same = |(known, _): &&mut (Omission, Vec<&str>)| {
            known.part == one.part && known.why == one.why
        };
        let names = one.name.as_deref();
        match each.iter_mut().find(is_same) {
            // One of them may be any of that part.
            Some((known, _)) if names.is_none() => known.name = None,
            Some((known, others)) if known.name.is_some() => others.extend(names),
            Some(_) => {}
            None => each.push((one.clone(), names.into_iter().collect())),
        }
    }
    let told = each.into_iter().map(|(one, names)| Omission {
        name: one.name.is_some().then(|| names.join(", ")),
        ..one
    });
    told.map(|one| one.to_string()).collect()
}

/// The backup of a file, or of an id.
fn named(text: &str) -> anyhow::Result<Backup> {
    if text.contains('/') || Path::new(text).exists() {
        return used(&PathBuf::from(text));
    }
    let all = on_this_machine()?.all()?;
    let mut found = all.iter().filter(|entry| entry.id == text);
    match (found.next(), found.next()) {
        (Some(entry), None) => used(&entry.path),
        (Some(entry), Some(_)) => {
            let message = format!("two clusters have a backup `{text}`");
            let failure = Failure::new(Exit::BadInput, message);
            let path = view::text::path(&entry.path);
            Err(failure
                .hint(format!("name its file, such as {path}"))
                .into())
        }
        (None, _) => Err(unknown(text, &all).into()),
    }
}

/// The backup in a file; one that cannot be used is bad input.
fn used(path: &Path) -> anyhow::Result<Backup> {
    shelf::open(path).map_err(|error| {
        let failure = Failure::new(Exit::BadInput, error.to_string());
        failure
            .hint("`tonkafka backup list` names those that this machine keeps")
            .into()
    })
}

fn unknown(id: &str, all: &[ShelfEntry]) -> Failure {
    let message = format!("there is no backup `{}`", view::text::escape(id));
    let known = all.iter().map(|entry| entry.id.as_str());
    let failure = Failure::new(Exit::BadInput, message);
    failure.hint(match closest(id, known) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => "`tonkafka backup list` lists them; a file can be named too".to_owned(),
    })
}

/// Why a backup cannot be taken, as the cluster or the file system says it.
fn exit_of(error: &BackupError) -> Exit {
    match error {
        BackupError::Cluster(_) => Exit::Unreachable,
        BackupError::File { .. } => Exit::Failed,
    }
}
