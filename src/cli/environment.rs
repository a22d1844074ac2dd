//! The environment variables and places, read once when a command starts.

use std::env;
use std::path::{Path, PathBuf};

use crate::local::{NoHome, Places};

/// Settings from environment variables, and places of files.
#[derive(Debug, Clone)]
pub(super) struct Environment {
    /// `TONKAFKA_BOOTSTRAP_SERVER`, `TONKAFKA_CONTEXT` and `TONKAFKA_COMMAND_CONFIG`.
    pub(super) level: Level,
    contexts: Result<PathBuf, NoHome>,
    places: Result<Places, NoHome>,
}

/// One source of the settings that name a cluster: flags or variables.
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

    /// The file of contexts: `TONKAFKA_CONFIG`, or its default by the XDG base directory
    /// specification.
    ///
    /// # Errors
    /// The environment names no directory for it.
    pub(super) fn contexts(&self) -> Result<&Path, NoHome> {
        self.contexts.as_deref().map_err(|error| *error)
    }

    /// The directories of this program on this machine.
    ///
    /// # Errors
    /// The environment names no directory for state.
    pub(super) fn places(&self) -> Result<&Places, NoHome> {
        self.places.as_ref().map_err(|error| *error)
    }

    /// The directory in which this machine keeps data about clusters.
    ///
    /// # Errors
    /// The environment names no directory for state.
    pub(super) fn shelves(&self) -> Result<&Path, NoHome> {
        Ok(&self.places()?.shelves)
    }
}
