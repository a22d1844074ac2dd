//! Directories and programs of this machine.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// The environment names no directory for files of this user.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{reason}, so there is no directory for {what}")]
pub struct NoHome {
    reason: &'static str,
    /// The kind of directory.
    what: &'static str,
    /// The environment variable that sets it.
    variable: &'static str,
}

impl NoHome {
    /// What the user can do.
    #[must_use]
    pub fn hint(&self) -> String {
        format!("set `HOME` or `{}` to an absolute path", self.variable)
    }
}

/// Directories and programs, resolved once. No other code of this room reads the environment, so
/// that tests can set their own.
#[derive(Debug, Clone)]
pub struct Places {
    /// `<XDG state>/tonkafka/local`: the record, the properties, the log and the data.
    pub state: PathBuf,
    /// `<XDG state>/tonkafka`: data about clusters, one directory for each kind of file.
    pub shelves: PathBuf,
    /// `<XDG cache>/tonkafka`: Kafka's jars, and names for completions.
    pub cache: PathBuf,
    /// `KAFKA_HOME`: an unpacked Kafka to use instead of fetching one.
    pub kafka_home: Option<PathBuf>,
    /// `JAVA_HOME`.
    pub java_home: Option<PathBuf>,
    /// `MAVEN_CMD`: the program to call as `mvn`.
    pub maven: Option<PathBuf>,
    /// `PATH`: to find `java`, `mvn` and `docker`, and for their own environment.
    pub path: OsString,
}

impl Places {
    /// The places by the environment and the XDG base directory specification. Without a cache
    /// directory, the cache is below the state.
    ///
    /// # Errors
    /// There is no directory for state. A shared one, such as `/tmp`, is never used.
    pub fn from_environment() -> Result<Self, NoHome> {
        let shelves = base("state", "XDG_STATE_HOME", ".local/state")?.join("tonkafka");
        let cache = base("a cache", "XDG_CACHE_HOME", ".cache");
        let cache = cache.map(|cache| cache.join("tonkafka"));
        Ok(Self {
            cache: cache.unwrap_or_else(|_| shelves.join("cache")),
            state: shelves.join("local"),
            shelves,
            kafka_home: set("KAFKA_HOME"),
            java_home: set("JAVA_HOME"),
            maven: set("MAVEN_CMD"),
            path: env::var_os("PATH").unwrap_or_default(),
        })
    }

    /// `<XDG configuration>/tonkafka/config.toml`: the user's contexts.
    ///
    /// # Errors
    /// There is no directory for configuration.
    pub fn contexts() -> Result<PathBuf, NoHome> {
        let config = base("configuration", "XDG_CONFIG_HOME", ".config")?;
        Ok(config.join("tonkafka/config.toml"))
    }

    /// The first executable file called `name` in [`Places::path`].
    #[must_use]
    pub fn program(&self, name: &str) -> Option<PathBuf> {
        env::split_paths(&self.path)
            .map(|directory| directory.join(name))
            .find(|path| is_executable(path))
    }

    /// The record of the running cluster.
    #[must_use]
    pub fn record(&self) -> PathBuf {
        self.state.join("cluster.json")
    }

    /// The default data directory of a broker.
    #[must_use]
    pub fn default_data(&self) -> PathBuf {
        self.state.join("data")
    }

    /// The directory of the secrets of a secure cluster in Docker.
    #[must_use]
    pub fn secrets(&self) -> PathBuf {
        self.state.join("secure")
    }

    /// The broker's standard output and error.
    #[must_use]
    pub fn log(&self) -> PathBuf {
        self.state.join("kafka.log")
    }

    /// The broker's properties file.
    #[must_use]
    pub fn properties(&self) -> PathBuf {
        self.state.join("server.properties")
    }
}

/// A base directory: the variable's, or the default below the user's home. A variable that is no
/// absolute path is ignored (XDG).
fn base(what: &'static str, variable: &'static str, below: &str) -> Result<PathBuf, NoHome> {
    let absolute = |path: &PathBuf| path.is_absolute();
    if let Some(path) = set(variable).filter(absolute) {
        return Ok(path);
    }
    // This uses the password database if HOME is not set.
    let home = env::home_dir().filter(absolute);
    home.map(|home| home.join(below)).ok_or(NoHome {
        reason: match set("HOME") {
            None => "`HOME` is not set, and the password database names no home of this user",
            Some(_) => "`HOME` is no absolute path",
        },
        what,
        variable,
    })
}

fn set(name: &str) -> Option<PathBuf> {
    env::var_os(name)
        .filter(|value| !value.is_empty())
        .map(PathBuf::from)
}

pub(super) fn is_executable(path: &Path) -> bool {
    path.is_file() && rustix::fs::access(path, rustix::fs::Access::EXEC_OK).is_ok()
}
