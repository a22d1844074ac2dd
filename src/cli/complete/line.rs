//! The settings among the words typed so far, read as the command itself would read them.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use clap::{ArgMatches, CommandFactory as _};

use crate::cli::args::Args;
use crate::cli::connect;
use crate::cli::manifest::options;
use crate::manifest::{Manifest, parse, read_sources};

/// What was typed before the current word, as far as it can be understood.
pub(super) struct Line {
    files: Vec<PathBuf>,
    environment: Option<String>,
    bootstrap_server: Option<String>,
}

impl Line {
    /// The words that this process was asked about.
    pub(super) fn typed() -> Self {
        let mut words = super::bash::rejoin(super::words());
        words.pop();
        Self::read(words)
    }

    fn read(words: Vec<OsString>) -> Self {
        let command = Args::command().ignore_errors(true);
        let matches = command.try_get_matches_from(words).unwrap_or_default();
        let variable = || std::env::var("TONKAFKA_BOOTSTRAP_SERVER").ok();
        Self {
            files: files(&matches),
            environment: text(&matches, "env"),
            bootstrap_server: text(&matches, "bootstrap_server").or_else(variable),
        }
    }

    /// The manifest with the environment that was typed, if it can be read.
    pub(super) fn manifest(&self) -> Option<Manifest> {
        self.manifest_with(self.environment.as_deref())
    }

    /// The manifest, if it can be read.
    pub(super) fn manifest_with(&self, environment: Option<&str>) -> Option<Manifest> {
        if self.files.iter().any(|file| file == Path::new("-")) {
            return None; // the command's own input is not the shell's
        }
        let sources = read_sources(&self.files).ok()?;
        parse(&sources, options(environment)).ok()
    }

    /// The brokers to ask first.
    pub(super) fn bootstrap(&self) -> Vec<String> {
        let manifest = match self.bootstrap_server {
            Some(_) => None,
            None => self.manifest(),
        };
        let desired = manifest.as_ref().map(|manifest| &manifest.desired);
        connect::bootstrap(self.bootstrap_server.as_deref(), desired)
    }
}

fn files(matches: &ArgMatches) -> Vec<PathBuf> {
    let typed =
        levels(matches).find_map(|level| level.try_get_many::<PathBuf>("file").ok().flatten());
    match typed {
        Some(files) => files.cloned().collect(),
        None => vec!["topics.yaml".into()],
    }
}

fn text(matches: &ArgMatches, id: &str) -> Option<String> {
    levels(matches)
        .find_map(|level| level.try_get_one::<String>(id).ok().flatten())
        .cloned()
}

/// The program's own matches and those of its commands, outermost first.
fn levels(matches: &ArgMatches) -> impl Iterator<Item = &ArgMatches> {
    std::iter::successors(Some(matches), |level| {
        level.subcommand().map(|(_, below)| below)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(words: &[&str]) -> Line {
        Line::read(words.iter().map(OsString::from).collect())
    }

    #[test]
    fn settings_are_found_wherever_they_stand() {
        for words in [
            ["tonkafka", "-b", "a:1", "describe", "topic"],
            ["tonkafka", "describe", "-b", "a:1", "topic"],
            ["tonkafka", "describe", "topic", "-b", "a:1"],
            ["tonkafka", "describe", "topic", "x", "-ba:1"],
        ] {
            assert_eq!(read(&words).bootstrap(), ["a:1"], "{words:?}");
        }
        let line = read(&["tonkafka", "plan", "-f", "x.yaml", "--env", "p", "--only"]);
        assert_eq!(line.files, [PathBuf::from("x.yaml")]);
        assert_eq!(line.environment.as_deref(), Some("p"));
    }

    #[test]
    fn standard_input_is_left_alone() {
        let line = read(&["tonkafka", "plan", "-f", "-", "--only"]);
        assert!(line.manifest().is_none());
    }
}
