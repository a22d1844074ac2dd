//! A local cluster for `up`, `down` and `status`: one broker, in Docker or as a Java process.
//!
//! Nothing here prints: what goes on is told as [`Event`]s. At most one local cluster runs at a time
//! for each state directory; what runs is in the [`Record`] there, and `up` and `down` hold a lock.
//!
//! - [`places`]: directories and programs of this machine
//! - [`java`], [`artefacts`]: what runs Kafka without Docker
//! - [`settings`], [`properties`]: from a manifest to `server.properties` (pure)
//! - [`state`], [`process`], [`ports`]: the record, and what this machine says of it
//! - [`compose`]: the Compose files, and what their environment means (pure)
//! - [`secure`]: certificates, users and rights of a secure cluster
//! - [`error`]: what can go wrong, each with what to try
//!
//! Traps: a process id is given out again, so the record holds the start time too; a start that is
//! killed can leave a record without a process or data half formatted, which the next start tells
//! and repairs; data that was ever formatted is deleted only when `down` is told to.

use std::fmt;
use std::future::Future;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Serialize;

use crate::model::desired::BrokerSettings;

pub mod artefacts;
pub mod compose;
mod data;
mod docker;
pub mod error;
mod files;
pub mod java;
mod native;
pub mod places;
pub mod ports;
pub mod process;
pub mod properties;
mod ready;
pub mod secure;
pub mod settings;
pub mod state;

use docker::Docker;
pub use error::LocalError;
pub use places::{NoHome, Places};
use secure::{Login, Secrets};
pub use state::{Record, RunningEngine};

/// What is to run a local cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Engine {
    /// Docker if it answers, else native.
    #[default]
    Auto,
    /// Docker Compose.
    Docker,
    /// A Java process.
    Native,
}

/// How a local cluster is laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Profile {
    /// One broker that everybody may use.
    #[default]
    Single,
    /// One broker with TLS, users and ACLs.
    Secure,
}

impl fmt::Display for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Single => "single",
            Self::Secure => "secure",
        })
    }
}

/// Where a local cluster is, and how to get in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reach {
    /// `host:port`.
    pub bootstrap: String,
    /// The admin's login; none where everybody gets in.
    pub login: Option<Login>,
}

impl Reach {
    /// How to reach a cluster that was started.
    ///
    /// # Errors
    /// Its secrets are gone or cannot be read.
    pub fn of(record: &Record) -> Result<Self, LocalError> {
        let login = match &record.security {
            None => None,
            Some(secured) => {
                let secrets = Secrets::load(&secured.directory)?;
                let gone = || LocalError::Secrets(secured.directory.clone());
                Some(secrets.ok_or_else(gone)?.login()?)
            }
        };
        Ok(Self {
            bootstrap: record.bootstrap.clone(),
            login,
        })
    }
}

/// How to start a local cluster.
#[derive(Debug, Clone, Default)]
pub struct UpOptions {
    /// What runs it.
    pub engine: Engine,
    /// How it is laid out.
    pub profile: Profile,
    /// The port for clients instead of the manifest's; all other ports are then chosen free. 0
    /// chooses this one too.
    pub port: Option<u16>,
    /// Where a native broker keeps its data instead of [`Places::default_data`].
    pub data_dir: Option<PathBuf>,
    /// Kafka's version for the native engine instead of [`artefacts::DEFAULT_VERSION`].
    pub kafka_version: Option<String>,
    /// The manifest's broker settings.
    pub broker: BrokerSettings,
    /// The manifest's path, for the record.
    pub manifest: Option<PathBuf>,
}

/// What `up` did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Up {
    /// It started a cluster, which is ready.
    Started(Record),
    /// One runs already; nothing was changed.
    AlreadyRunning(Record),
}

/// What `down` did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Down {
    /// What was recorded as running, and is no more; none if nothing was.
    pub stopped: Option<Record>,
    /// The data directory that was deleted.
    pub deleted: Option<PathBuf>,
    /// The way of clients into a secure cluster whose secrets were deleted with its data.
    pub forgotten: Option<Forgotten>,
}

/// How clients got into a cluster that is no more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Forgotten {
    /// `host:port`.
    pub bootstrap: String,
    /// The properties of its admin.
    pub command_config: PathBuf,
}

/// What `status` found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Status {
    /// Nothing was started, or it was stopped.
    NotRunning,
    /// It runs.
    Running(Record),
    /// It was started, and ended by itself.
    Died {
        /// What was running.
        record: Record,
        /// The last lines that it printed, up to 15.
        last_lines: String,
    },
}

/// What goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
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

/// Who is told of [`Event`]s.
pub type OnEvent<'a> = &'a (dyn Fn(Event) + Send + Sync);

/// Starts a local cluster and waits, up to 90 seconds, until `probe` reaches it. `probe` is told where and
/// how, and says why it did not succeed; it is called again and again.
///
/// Dropping the future while it waits leaves the cluster starting and recorded: [`status`] sees it
/// and [`down`] stops it.
///
/// # Errors
/// Java, Maven or Docker missing; ports taken; no space; data of another profile; a broker that ends or
/// does not answer. What was started is then stopped again.
pub async fn up<P, F>(
    places: &Places,
    options: &UpOptions,
    probe: P,
    on_event: OnEvent<'_>,
) -> Result<Up, LocalError>
where
    P: Fn(Reach) -> F,
    F: Future<Output = Result<(), String>>,
{
    let _lock = files::lock(&places.state.join("lock"))?;
    let mut options = options.clone();
    match status(places).await? {
        Status::Running(record) => {
            if options.profile == Profile::Secure && record.security.is_none() {
                return Err(LocalError::NotSecure(record.bootstrap));
            }
            return Ok(Up::AlreadyRunning(record));
        }
        Status::Died { record, .. } => {
            let pid = record.process.map(|process| process.pid);
            on_event(Event::FoundDead { pid });
            options.data_dir = options.data_dir.or(record.data_dir);
            Record::remove(places)?;
        }
        Status::NotRunning => {}
    }
    let record = match choose_engine(places, options.engine, on_event).await? {
        Some(docker) => docker::up(places, docker, &options, probe, on_event).await?,
        None => native::up(places, &options, probe, on_event).await?,
    };
    Ok(Up::Started(record))
}

/// Stops the local cluster that [`up`] started, and with `delete_data` deletes its data: only a
/// directory that a start has marked, or the volume of the Compose project. Does nothing when
/// nothing runs, except that a stopped cluster's data can still be deleted.
///
/// # Errors
/// A process that does not end, Docker's refusals, a data directory that is not ours.
pub async fn down(
    places: &Places,
    delete_data: bool,
    on_event: OnEvent<'_>,
) -> Result<Down, LocalError> {
    let _lock = files::lock(&places.state.join("lock"))?;
    let record = Record::load(places)?;
    let engine = record.as_ref().map(|record| record.engine);
    if engine == Some(RunningEngine::Docker) {
        docker::down(places, delete_data, on_event).await?;
    } else if let Some(process) = record.as_ref().and_then(|record| record.process) {
        native::stop(process, on_event).await?;
    }
    Record::remove(places)?;
    let mut down = Down {
        stopped: record,
        ..Down::default()
    };
    if delete_data {
        delete(places, engine, &mut down, on_event)?;
    }
    Ok(down)
}

/// Whether the local cluster that [`up`] started still runs.
///
/// # Errors
/// A record that cannot be used, or a Docker that runs it and does not answer.
pub async fn status(places: &Places) -> Result<Status, LocalError> {
    let Some(record) = Record::load(places)? else {
        return Ok(Status::NotRunning);
    };
    let alive = match record.engine {
        RunningEngine::Docker => docker::is_running(places).await?,
        RunningEngine::Native => record.process.is_some_and(process::ProcessId::is_alive),
    };
    if alive {
        return Ok(Status::Running(record));
    }
    let last_lines = match &record.log {
        Some(log) => files::last_lines(log),
        None => docker::last_lines(places).await,
    };
    Ok(Status::Died { record, last_lines })
}

async fn choose_engine(
    places: &Places,
    engine: Engine,
    on_event: OnEvent<'_>,
) -> Result<Option<Docker>, LocalError> {
    if engine == Engine::Native {
        return Ok(None);
    }
    on_event(Event::CheckingDocker);
    match Docker::find(places).await {
        Ok(docker) => Ok(Some(docker)),
        Err(_) if engine == Engine::Auto => Ok(None),
        Err(error) => Err(error),
    }
}

/// Deletes the data of a native broker, and the secrets of a secure cluster wherever it ran.
fn delete(
    places: &Places,
    engine: Option<RunningEngine>,
    down: &mut Down,
    on_event: OnEvent<'_>,
) -> Result<(), LocalError> {
    if engine != Some(RunningEngine::Native) {
        down.forgotten = forget(&places.secrets());
        secure::delete(&places.secrets())?;
    }
    if engine == Some(RunningEngine::Docker) {
        return Ok(());
    }
    let record = down.stopped.as_ref();
    let recorded = record.and_then(|record| record.data_dir.clone());
    let path = recorded.unwrap_or_else(|| places.default_data());
    if path.exists() {
        let data_dir = Some(path.clone());
        on_event(Event::DeletingData { data_dir });
    }
    let forgotten = forget(&path);
    if data::delete(&path)? {
        down.forgotten = forgotten.or(down.forgotten.take());
        down.deleted = Some(path);
    }
    Ok(())
}

/// How clients get in that have the files of this directory. What cannot be read is deleted all the same.
fn forget(directory: &Path) -> Option<Forgotten> {
    let secrets = Secrets::load(directory).ok().flatten()?;
    Some(Forgotten {
        bootstrap: secrets.bootstrap().to_owned(),
        command_config: secrets.secured().admin(),
    })
}
