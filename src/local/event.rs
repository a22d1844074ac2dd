//! What goes on while a local cluster is started or stopped.

use std::path::PathBuf;
use std::time::Duration;

use super::state::RunningEngine;

/// What goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LocalEvent {
    /// Asking whether Docker answers.
    CheckingDocker,
    /// Looking for Java.
    CheckingJava,
    /// Downloading Kafka, once a version.
    FetchingKafka {
        /// The version.
        version: String,
    },
    /// An earlier cluster ended without `down`; its data is used again.
    FoundDead {
        /// The process it was.
        pid: Option<i32>,
    },
    /// An earlier start was cut off while it formatted; it is done anew.
    FoundHalfFormatted {
        /// The data directory.
        data_dir: PathBuf,
    },
    /// Formatting a new data directory.
    Formatting {
        /// The data directory.
        data_dir: PathBuf,
    },
    /// Starting the broker.
    Starting {
        /// What runs it.
        engine: RunningEngine,
        /// `host:port` for clients.
        bootstrap: String,
    },
    /// The broker does not answer yet. Comes about twice a second.
    Waiting {
        /// Since the start.
        elapsed: Duration,
    },
    /// The broker answers.
    Ready {
        /// Since the start.
        elapsed: Duration,
    },
    /// Asking the broker to end.
    Stopping {
        /// What runs it.
        engine: RunningEngine,
    },
    /// It did not end when asked; it is killed.
    Killing {
        /// The process.
        pid: i32,
    },
    /// Deleting the data.
    DeletingData {
        /// The data directory; none for Docker's volume.
        data_dir: Option<PathBuf>,
    },
}

/// Who is told of [`LocalEvent`]s.
pub type OnEvent<'a> = &'a (dyn Fn(LocalEvent) + Send + Sync);
