//! Reads the settings among the words typed so far, with the command's own parser.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use clap::{ArgMatches, CommandFactory as _};

use super::cache::Cache;
use crate::cli::command::Args;
use crate::cli::connect::{self, Named, Target};
use crate::cli::environment::{Environment, Level};
use crate::cli::manifest::LOOKING;
use crate::cluster::contexts::{AllowedRisks, Contexts};
use crate::manifest::{Manifest, ParseOptions, parse, read_sources};

/// The settings typed before the current word, as far as they can be parsed.
pub(super) struct Line {
    files: Vec<PathBuf>,
    env: Option<String>,
    flags: Level,
    allowed: AllowedRisks,
    environment: Environment,
}

impl Line {
    /// Reads the words that the shell passed to this process.
    pub(super) fn typed() -> Self {
        let mut words = super::bash::rejoin(super::words::words());
        words.pop();
        Self::read(words)
    }

    fn read(words: Vec<OsString>) -> Self {
        let command = Args::command().ignore_errors(true);
        let matches = command.try_get_matches_from(words).unwrap_or_default();
        Self {
            files: files(&matches),
            env: one(&matches, "env"),
            flags: Level {
                bootstrap: one(&matches, "bootstrap_server"),
                context: one(&matches, "context"),
                command_config: one(&matches, "command_config"),
            },
            allowed: AllowedRisks {
                plaintext_login: is_set(&matches, "allow_plaintext_login"),
                unverified_tls: is_set(&matches, "allow_unverified_tls"),
            },
            environment: Environment::read(),
        }
    }

    /// The manifest with the typed environment, if it can be read.
    pub(super) fn manifest(&self) -> Option<Manifest> {
        self.manifest_with(self.env.as_deref())
    }

    /// The manifest, if it can be read.
    pub(super) fn manifest_with(&self, environment: Option<&str>) -> Option<Manifest> {
        if self.files.iter().any(|file| file == Path::new("-")) {
            return None; // the command's own input is not the shell's
        }
        let sources = read_sources(&self.files).ok()?;
        parse(&sources, ParseOptions::usual(environment, LOOKING)).ok()
    }

    /// The cluster that the words name, if they can be resolved.
    pub(super) fn target(&self) -> Option<Target> {
        let manifest = self.manifest();
        let desired = manifest.as_ref().map(|manifest| &manifest.desired);
        let named = Named::behind(self.flags.clone(), &self.environment).allowing(self.allowed);
        connect::target(&named, desired).ok()
    }

    /// The cache of the cluster with these addresses; none if there is no cache directory.
    pub(super) fn cache(&self, bootstrap: &[String]) -> Option<Cache> {
        let places = self.environment.places().ok()?;
        Some(Cache::of(&places.cache, bootstrap))
    }

    /// The names of all contexts.
    pub(super) fn contexts(&self) -> Vec<String> {
        let contexts = self.environment.contexts().ok();
        let contexts = contexts.and_then(|path| Contexts::load(path).ok());
        let names = contexts.iter().flat_map(Contexts::names);
        names.map(str::to_owned).collect()
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

fn one<T: Clone + Send + Sync + 'static>(matches: &ArgMatches, id: &str) -> Option<T> {
    levels(matches)
        .find_map(|level| level.try_get_one::<T>(id).ok().flatten())
        .cloned()
}

fn is_set(matches: &ArgMatches, id: &str) -> bool {
    let mut flags =
        levels(matches).filter_map(|level| level.try_get_one::<bool>(id).ok().flatten());
    flags.any(|flag| *flag)
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
            let target = read(&words).target().unwrap();
            assert_eq!(target.bootstrap, ["a:1"], "{words:?}");
        }
        let line = read(&["tonkafka", "plan", "-f", "x.yaml", "--env", "p", "--only"]);
        assert_eq!(line.files, [PathBuf::from("x.yaml")]);
        assert_eq!(line.env.as_deref(), Some("p"));
    }

    #[test]
    fn standard_input_is_left_alone() {
        let line = read(&["tonkafka", "plan", "-f", "-", "--only"]);
        assert!(line.manifest().is_none());
    }
}
