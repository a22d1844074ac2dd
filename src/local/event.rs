//! Events while a local cluster starts or stops.

use std::path::PathBuf;
use std::time::Duration;

use super::state::RunningEngine;

/// An event of `up` or `down`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LocalEvent {
    /// Docker is being asked.
    CheckingDocker,
    /// Java is being looked for.
    CheckingJava,
    /// Kafka is being downloaded, once for each version.
    FetchingKafka {
        /// The version.
        version: String,
    },
    /// An earlier cluster ended without `down`; its data is reused.
    FoundDead {
        /// Its process.
        pid: Option<i32>,
    },
    /// An earlier start was cut off during formatting, which is repeated.
    FoundHalfFormatted {
        /// The data directory.
        data_dir: PathBuf,
    },
    /// A new data directory is being formatted.
    Formatting {
        /// The data directory.
        data_dir: PathBuf,
    },
    /// The broker is being started.
    Starting {
        /// The engine.
        engine: RunningEngine,
        /// `host:port` for clients.
        bootstrap: String,
    },
    /// The broker does not answer yet. Sent about twice a second.
    Waiting {
        /// Time since the start.
        elapsed: Duration,
    },
    /// The broker answers.
    Ready {
        /// Time since the start.
        elapsed: Duration,
    },
    /// The broker is being stopped.
    Stopping {
        /// The engine.
        engine: RunningEngine,
    },
    /// The broker did not end, and is killed.
    Killing {
        /// The process.
        pid: i32,
    },
    /// Data is being deleted.
    DeletingData {
        /// The data directory; none for Docker's volume.
        data_dir: Option<PathBuf>,
    },
}

/// Receives [`LocalEvent`]s.
pub type OnEvent<'a> = &'a (dyn Fn(LocalEvent) + Send + Sync);
