//! Checks the files that a command line names, before any is opened: a command must not write a
//! file that it also reads, or write one file twice.
//!
//! The files come from the parser's description of the command: every value that is a file is read,
//! unless its option is in [`WRITTEN`].

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use clap::{Arg, ArgMatches, Command};

use super::environment::Environment;
use super::exit::{Exit, Failure};
use crate::cluster::contexts::Contexts;
use crate::manifest;
use crate::snapshot::writer::part;
use crate::store::FileIdentity;
use crate::view::text::path as shown;

/// Options that name a file to write.
const WRITTEN: [&str; 3] = ["out", "junit", "map"];

/// Value names in the help that stand for files.
const FILES: [&str; 4] = ["FILE", "PATH", "PLANFILE", "FILE|ID"];

/// The prefix of a file as a value of `reset-offsets --to`.
const IN_FILE: &[u8] = b"file:";

/// A file, and the argument or setting that names it.
struct Named {
    by: String,
    path: PathBuf,
}

/// Refuses a command that would overwrite a file that it reads, or write one file twice.
///
/// # Errors
/// The command would do so.
pub(super) fn check(
    command: &Command,
    matches: &ArgMatches,
    environment: &Environment,
) -> Result<(), Failure> {
    let all = arguments(command, matches);
    let (written, read): (Vec<_>, Vec<_>) = all.into_iter().partition(|(arg, _)| is_written(arg));
    let named = |args: Vec<(&Arg, &ArgMatches)>| -> Vec<Named> {
        let args = args.into_iter();
        args.flat_map(|(arg, matches)| files(arg, matches))
            .collect()
    };
    let written = named(written);
    if written.is_empty() {
        // Nothing is written, so nothing can be lost.
        return Ok(());
    }
    let mut read = named(read);
    read.extend(surroundings(environment));
    for (at, one) in written.iter().enumerate() {
        let Some(identity) = FileIdentity::of(&one.path) else {
            continue;
        };
        let is_same = |other: &&Named| FileIdentity::of(&other.path).as_ref() == Some(&identity);
        if let Some(other) = read.iter().find(is_same) {
            return Err(replaces(one, other));
        }
        if let Some(other) = written[..at].iter().find(is_same) {
            return Err(one_for_two(other, one));
        }
    }
    Ok(())
}

/// The arguments of the command and of its parents, with their matches.
fn arguments<'a>(
    mut command: &'a Command,
    mut matches: &'a ArgMatches,
) -> Vec<(&'a Arg, &'a ArgMatches)> {
    let mut all = Vec::new();
    loop {
        all.extend(command.get_arguments().map(|arg| (arg, matches)));
        let Some((name, below)) = matches.subcommand() else {
            return all;
        };
        let Some(next) = command.find_subcommand(name) else {
            return all;
        };
        (command, matches) = (next, below);
    }
}

fn is_written(arg: &Arg) -> bool {
    WRITTEN.contains(&arg.get_id().as_str())
}

/// The files that an argument names, and those that they bring: the manifests of a directory or a
/// pattern, the files that these take values from, and the part file of a snapshot.
fn files(arg: &Arg, matches: &ArgMatches) -> Vec<Named> {
    let names = arg.get_value_names().unwrap_or_default();
    let is_file = names.iter().any(|name| FILES.contains(&name.as_str()));
    let values = matches.try_get_raw(arg.get_id().as_str());
    let values = values.ok().flatten().into_iter().flatten();
    let paths = values.filter_map(|value| {
        if is_file {
            Some(PathBuf::from(value))
        } else {
            in_file(value)
        }
    });
    let by = by(arg);
    let is_snapshot = names.iter().any(|name| name == "PATH");
    let mut found = Vec::new();
    for path in paths {
        let others = match arg.get_id().as_str() {
            "file" | "files" => manifest::files_of(&path),
            _ if is_snapshot => vec![part(&path)],
            _ => Vec::new(),
        };
        let all = std::iter::once(path).chain(others);
        found.extend(all.map(|path| Named {
            by: by.clone(),
            path,
        }));
    }
    found
}

/// The path of `file:PATH`.
fn in_file(value: &OsStr) -> Option<PathBuf> {
    let path = value.as_encoded_bytes().strip_prefix(IN_FILE)?;
    let path = String::from_utf8(path.to_vec()).ok()?;
    Some(PathBuf::from(OsString::from(path)))
}

/// An argument as the user writes it.
fn by(arg: &Arg) -> String {
    let name = arg.get_value_names().and_then(|names| names.first());
    match (arg.get_long(), name) {
        (Some(long), _) => format!("--{long}"),
        (None, Some(name)) => name.to_string(),
        (None, None) => arg.get_id().to_string(),
    }
}

/// Files that are read though no argument names them.
fn surroundings(environment: &Environment) -> Vec<Named> {
    let mut found = Vec::new();
    if let Some(path) = &environment.level.command_config {
        found.push(Named {
            by: "TONKAFKA_COMMAND_CONFIG".to_owned(),
            path: path.clone(),
        });
    }
    let Ok(path) = environment.contexts() else {
        return found;
    };
    if let Ok(contexts) = Contexts::load(path) {
        let configs = contexts.all().iter();
        found.extend(configs.filter_map(|(name, context)| {
            Some(Named {
                by: format!("context {name}"),
                path: context.command_config.clone()?,
            })
        }));
    }
    found.push(Named {
        by: "TONKAFKA_CONFIG".to_owned(),
        path: path.to_owned(),
    });
    found
}

/// Refuses to replace a file that this program did not write for the same purpose. An empty file
/// may be replaced.
///
/// # Errors
/// The file is something else, or cannot be read.
pub(super) fn refuse_foreign(
    option: &str,
    (path, what): (&Path, &str),
    is_own: impl FnOnce(&Path) -> bool,
) -> Result<(), Failure> {
    let is_plain = matches!(FileIdentity::of(path), Some(FileIdentity::There(..)));
    let is_empty = || path.metadata().is_ok_and(|found| found.len() == 0);
    if !is_plain || is_empty() || is_own(path) {
        return Ok(());
    }
    let message = format!(
        "cannot write {}: it is there already, and is no {what}",
        shown(path)
    );
    let hint = format!("nothing was done; name another file with `{option}`, or remove this one");
    Err(Failure::new(Exit::BadInput, message).hint(hint))
}

fn replaces(written: &Named, read: &Named) -> Failure {
    let message = format!(
        "`{}` would replace a file that is read: {} is that of `{}`",
        written.by,
        shown(&written.path),
        read.by
    );
    let hint = format!("nothing was done; name another file with `{}`", written.by);
    Failure::new(Exit::BadInput, message).hint(hint)
}

fn one_for_two(one: &Named, other: &Named) -> Failure {
    let message = format!(
        "`{}` and `{}` are one file: {}",
        one.by,
        other.by,
        shown(&other.path)
    );
    Failure::new(Exit::BadInput, message).hint("nothing was done; name two files")
}
