//! Finds backups on this machine, and names what a partial backup lacks.

use std::path::{Path, PathBuf};

use crate::backup::shelf::{self, BackupError, ShelfEntry};
use crate::cli::environment::Environment;
use crate::cli::exit::{Exit, Failure};
use crate::model::backup::{Backup, Omission};
use crate::model::suggest::closest;
use crate::view;

/// The first omissions of a backup, and how many more there are.
pub(in crate::cli) fn told(unseen: &[Omission]) -> String {
    const TOLD: usize = 5;
    let mut texts = once_each(unseen);
    let more = texts.len().saturating_sub(TOLD);
    texts.truncate(TOLD);
    if more > 0 {
        texts.push(format!("and {more} more"));
    }
    texts.join("; ")
}

/// Omissions as text, with those of the same part and reason in one line.
pub(super) fn once_each(unseen: &[Omission]) -> Vec<String> {
    let mut each: Vec<(Omission, Vec<&str>)> = Vec::new();
    for one in unseen {
        let is_same = |(known, _): &&mut (Omission, Vec<&str>)| {
            known.part == one.part && known.why == one.why
        };
        let names = one.name.as_deref();
        match each.iter_mut().find(is_same) {
            // An omission without a name covers the whole part.
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

/// The backup with this id, or in this file.
pub(super) fn named(environment: &Environment, text: &str) -> anyhow::Result<Backup> {
    if text.contains('/') || Path::new(text).exists() {
        return used(&PathBuf::from(text));
    }
    let all = shelf::all(environment.shelves()?)?;
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

/// The backup in a file. A file that cannot be used is bad input.
pub(super) fn used(path: &Path) -> anyhow::Result<Backup> {
    shelf::open(path).map_err(|error| {
        let failure = Failure::new(Exit::BadInput, error.to_string());
        failure
            .hint("`tonkafka backup list` names those that this machine keeps")
            .into()
    })
}

pub(super) fn unknown(id: &str, all: &[ShelfEntry]) -> Failure {
    let message = format!("there is no backup `{}`", view::text::escape(id));
    let known = all.iter().map(|entry| entry.id.as_str());
    let failure = Failure::new(Exit::BadInput, message);
    failure.hint(match closest(id, known) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => "`tonkafka backup list` lists them; a file can be named too".to_owned(),
    })
}

pub(in crate::cli) fn exit_of(error: &BackupError) -> Exit {
    match error {
        BackupError::Cluster(_) => Exit::Unreachable,
        BackupError::File(_) => Exit::Failed,
    }
}
