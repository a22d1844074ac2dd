//! A local cluster for `up`, `down` and `status`: one broker, in Docker or as a Java process.
//!
//! Nothing here prints; progress is reported as [`LocalEvent`]s. Each state directory has at most
//! one running cluster, recorded there as a [`StartedCluster`]. `up` and `down` hold a lock.
//!
//! - [`places`]: directories and programs of this machine
//! - [`java`], [`artefacts`]: Kafka without Docker
//! - [`settings`], [`properties`]: from a manifest to `server.properties` (pure)
//! - [`state`], [`process`], [`ports`]: the record, and processes and ports of this machine
//! - [`compose`]: the Compose files and their environment (pure)
//! - [`secure`]: certificates, users and ACLs of a secure cluster
//! - [`error`]: errors with hints
//!
//! Traps: process ids are reused, so the record has the start time too. A killed start can leave a
//! record without a process, or data half formatted; the next start reports and repairs that.
//! Formatted data is deleted only by `down` with `delete_data`.

use std::future::Future;
use std::path::{Path, PathBuf};

use serde::Serialize;

pub mod artefacts;
pub mod compose;
mod data;
mod docker;
pub mod error;
mod event;
mod files;
pub mod java;
mod native;
mod options;
pub mod places;
mod port_holder;
pub mod ports;
pub mod process;
mod profile;
pub mod properties;
mod reach;
mod ready;
pub mod secure;
pub mod settings;
pub mod state;
mod versions;

use self::docker::Docker;
pub use self::error::LocalError;
pub use self::event::{LocalEvent, OnEvent};
pub use self::options::{Engine, UpOptions};
pub use self::places::{NoHome, Places};
pub use self::profile::LocalProfile;
pub use self::reach::Reach;
use self::secure::Secrets;
pub use self::state::{RunningEngine, StartedCluster};

/// The result of `up`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Up {
    /// A cluster was started and is ready.
    Started(StartedCluster),
    /// A cluster is running already; nothing was changed.
    AlreadyRunning(StartedCluster),
}

/// The result of `down`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Down {
    /// The cluster that was stopped; none if none was running.
    pub stopped: Option<StartedCluster>,
    /// The data directory that was deleted.
    pub deleted: Option<PathBuf>,
    /// The login of clients, if a secure cluster's secrets were deleted with its data.
    pub forgotten: Option<Forgotten>,
}

/// The login of clients of a deleted cluster.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Forgotten {
    /// `host:port`.
    pub bootstrap: String,
    /// The admin's properties file.
    pub command_config: PathBuf,
}

/// The result of `status`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LocalStatus {
    /// No cluster was started, or it was stopped.
    NotRunning,
    /// The cluster is running.
    Running(StartedCluster),
    /// The cluster was started, but ended by itself.
    Died {
        /// The record of the cluster.
        record: StartedCluster,
        /// Its last log lines, up to 15.
        last_lines: String,
    },
}

/// Starts a local cluster and waits, up to 90 seconds, until `probe` succeeds. `probe` is called
/// repeatedly with the address and login, and returns the reason of a failure.
///
/// Dropping the future while it waits leaves the cluster starting and recorded: [`status`] sees it
/// and [`down`] stops it.
///
/// # Errors
/// Java, Maven or Docker missing; ports taken; no space; data of another profile; a broker that
/// ends or does not answer. What was started is then stopped again.
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
        LocalStatus::Running(record) => {
            if options.profile == LocalProfile::Secure && record.security.is_none() {
                return Err(LocalError::NotSecure(record.bootstrap));
            }
            return Ok(Up::AlreadyRunning(record));
        }
        LocalStatus::Died { record, .. } => {
            let pid = record.process.map(|process| process.pid);
            on_event(LocalEvent::FoundDead { pid });
            options.data_dir = options.data_dir.or(record.data_dir);
            StartedCluster::remove(places)?;
        }
        LocalStatus::NotRunning => {}
    }
    let record = match choose_engine(places, options.engine, on_event).await? {
        Some(docker) => docker::up(places, docker, &options, probe, on_event).await?,
        None => native::up(places, &options, probe, on_event).await?,
    };
    Ok(Up::Started(record))
}

/// Stops the local cluster that [`up`] started. `delete_data` also deletes its data, even if the
/// cluster was stopped before: a data directory that a start has marked, or the volume of the
/// Compose project.
///
/// # Errors
/// A process that does not end, an error of Docker, or a data directory that is not ours.
pub async fn down(
    places: &Places,
    delete_data: bool,
    on_event: OnEvent<'_>,
) -> Result<Down, LocalError> {
    let _lock = files::lock(&places.state.join("lock"))?;
    let record = StartedCluster::load(places)?;
    let engine = record.as_ref().map(|record| record.engine);
    if engine == Some(RunningEngine::Docker) {
        docker::down(places, delete_data, on_event).await?;
    } else if let Some(process) = record.as_ref().and_then(|record| record.process) {
        native::stop(process, on_event).await?;
    }
    StartedCluster::remove(places)?;
    let mut down = Down {
        stopped: record,
        ..Down::default()
    };
    if delete_data {
        delete(places, engine, &mut down, on_event)?;
    }
    Ok(down)
}

/// Whether the local cluster that [`up`] started is still running.
///
/// # Errors
/// The record cannot be used, or the Docker that runs the cluster does not answer.
pub async fn status(places: &Places) -> Result<LocalStatus, LocalError> {
    let Some(record) = StartedCluster::load(places)? else {
        return Ok(LocalStatus::NotRunning);
    };
    let alive = match record.engine {
        RunningEngine::Docker => docker::is_running(places).await?,
        RunningEngine::Native => record.process.is_some_and(process::ProcessId::is_alive),
    };
    if alive {
        return Ok(LocalStatus::Running(record));
    }
    let last_lines = match &record.log {
        Some(log) => files::last_lines(log),
        None => docker::last_lines(places).await,
    };
    Ok(LocalStatus::Died { record, last_lines })
}

async fn choose_engine(
    places: &Places,
    engine: Engine,
    on_event: OnEvent<'_>,
) -> Result<Option<Docker>, LocalError> {
    if engine == Engine::Native {
        return Ok(None);
    }
    on_event(LocalEvent::CheckingDocker);
    match Docker::find(places).await {
        Ok(docker) => Ok(Some(docker)),
        Err(_) if engine == Engine::Auto => Ok(None),
        Err(error) => Err(error),
    }
}

/// Deletes the data of a native broker, and the secrets of a secure cluster of any engine.
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
        on_event(LocalEvent::DeletingData { data_dir });
    }
    let forgotten = forget(&path);
    if data::delete(&path)? {
        down.forgotten = forgotten.or(down.forgotten.take());
        down.deleted = Some(path);
    }
    Ok(())
}

/// The login of clients that use the files of this directory; none if they cannot be read.
fn forget(directory: &Path) -> Option<Forgotten> {
    let secrets = Secrets::load(directory).ok().flatten()?;
    Some(Forgotten {
        bootstrap: secrets.bootstrap().to_owned(),
        command_config: secrets.secured().admin(),
    })
}
