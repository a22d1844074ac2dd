//! What the environment says, read once when a command begins.

use std::env;
use std::path::{Path, PathBuf};

use crate::local::{NoHome, Places};

/// Variables and places.
#[derive(Debug, Clone)]
pub(super) struct Environment {
    /// `TONKAFKA_BOOTSTRAP_SERVER`, `TONKAFKA_CONTEXT` and `TONKAFKA_COMMAND_CONFIG`.
    pub(super) level: Level,
    contexts: Result<PathBuf, NoHome>,
    places: Result<Places, NoHome>,
}

/// One place where a cluster can be named.
#[derive(Debug, Clone, Default)]
pub(super) struct Level {
    pub(super) bootstrap: Option<String>,
    pub(super) context: Option<String>,
    pub(super) command_config: Option<PathBuf>,
}

impl Environment {
    pub(super) fn read() -> Self {
        let variable = |name| env::var(name).ok().filter(|text| !text.is_empty());
        Self {
            level: Level {
                bootstrap: variable("TONKAFKA_BOOTSTRAP_SERVER"),
                context: variable("TONKAFKA_CONTEXT"),
                command_config: variable("TONKAFKA_COMMAND_CONFIG").map(PathBuf::from),
            },
            contexts: variable("TONKAFKA_CONFIG")
                .map_or_else(Places::contexts, |path| Ok(path.into())),
            places: Places::from_environment(),
        }
    }

    /// The file of contexts: `TONKAFKA_CONFIG`, or its place by the XDG base directory rules.
    ///
    /// # Errors
    /// There is no directory for it.
    pub(super) fn contexts(&self) -> Result<&Path, NoHome> {
        self.contexts.as_deref().map_err(|error| *error)
    }

    /// Where files are on this machine.
    ///
    /// # Errors
    /// There is no directory for state.
    pub(super) fn places(&self) -> Result<&Places, NoHome> {
        self.places.as_ref().map_err(|error| *error)
    }

    /// Where this machine remembers clusters.
    ///
    /// # Errors
    /// There is no directory for state.
    pub(super) fn shelves(&self) -> Result<&Path, NoHome> {
        Ok(&self.places()?.shelves)
    }
}
