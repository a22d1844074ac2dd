//! Where things are on this machine: state, cache, and the programs that are called.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// Directories and programs, resolved once. Nothing below this reads the environment, so that a test
/// can have its own.
#[derive(Debug, Clone)]
pub struct Places {
    /// `<XDG state>/tonkafka/local`: the record, the properties, the log and the data.
    pub state: PathBuf,
    /// `<XDG cache>/tonkafka`: Kafka's jars.
    pub cache: PathBuf,
    /// `KAFKA_HOME`: an unpacked Kafka to use instead of fetching one.
    pub kafka_home: Option<PathBuf>,
    /// `JAVA_HOME`.
    pub java_home: Option<PathBuf>,
    /// `MAVEN_CMD`: the program to call as `mvn`.
    pub maven: Option<PathBuf>,
    /// `PATH`: where `java`, `mvn` and `docker` are looked for, and what they are started with.
    pub path: OsString,
}

impl Places {
    /// The places that the process's environment names, by the XDG base directory rules.
    #[must_use]
    pub fn from_environment() -> Self {
        let home = directory("HOME").unwrap_or_else(std::env::temp_dir);
        let state = directory("XDG_STATE_HOME").unwrap_or_else(|| home.join(".local/state"));
        let cache = directory("XDG_CACHE_HOME").unwrap_or_else(|| home.join(".cache"));
        Self {
            state: state.join("tonkafka/local"),
            cache: cache.join("tonkafka"),
            kafka_home: set("KAFKA_HOME"),
            java_home: set("JAVA_HOME"),
            maven: set("MAVEN_CMD"),
            path: std::env::var_os("PATH").unwrap_or_default(),
        }
    }

    /// The first executable file called `name` in [`Places::path`].
    #[must_use]
    pub fn program(&self, name: &str) -> Option<PathBuf> {
        std::env::split_paths(&self.path)
            .map(|directory| directory.join(name))
            .find(|path| is_executable(path))
    }

    /// The record of the running cluster.
    #[must_use]
    pub fn record(&self) -> PathBuf {
        self.state.join("cluster.json")
    }

    /// `<XDG state>/tonkafka/journal`: what applies were about to do, by cluster.
    #[must_use]
    pub fn journals(&self) -> PathBuf {
        self.state.with_file_name("journal")
    }

    /// `<XDG state>/tonkafka/resets`: what groups committed before they were changed, by cluster.
    #[must_use]
    pub fn resets(&self) -> PathBuf {
        self.state.with_file_name("resets")
    }

    /// `<XDG state>/tonkafka/backups`: how clusters were configured, by cluster.
    #[must_use]
    pub fn backups(&self) -> PathBuf {
        self.state.with_file_name("backups")
    }

    /// `<XDG state>/tonkafka/restores`: how far restores of snapshots are.
    #[must_use]
    pub fn restores(&self) -> PathBuf {
        self.state.with_file_name("restores")
    }

    /// Where a broker keeps its data unless it is told otherwise.
    #[must_use]
    pub fn default_data(&self) -> PathBuf {
        self.state.join("data")
    }

    /// What the broker writes to its standard output and error.
    #[must_use]
    pub fn log(&self) -> PathBuf {
        self.state.join("kafka.log")
    }

    /// The properties the broker is started with.
    #[must_use]
    pub fn properties(&self) -> PathBuf {
        self.state.join("server.properties")
    }
}

fn set(name: &str) -> Option<PathBuf> {
    std::env::var_os(name)
        .filter(|value| !value.is_empty())
        .map(PathBuf::from)
}

/// A variable that names a directory; a relative one is to be ignored (XDG).
fn directory(name: &str) -> Option<PathBuf> {
    set(name).filter(|path| path.is_absolute())
}

pub(super) fn is_executable(path: &Path) -> bool {
    path.is_file() && rustix::fs::access(path, rustix::fs::Access::EXEC_OK).is_ok()
}
