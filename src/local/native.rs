//! A broker as a Java process of this machine, which keeps running after the command.

use std::ffi::OsString;
use std::fs;
use std::future::Future;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use rustix::process::Signal;
use tokio::task::spawn_blocking;
use tokio::time::sleep;

use super::artefacts::{self, Artefacts, WantedKafka};
use super::data::{self, DataDir, Found};
use super::error::LocalError;
use super::files;
use super::places::Places;
use super::process::ProcessId;
use super::secure::{LOOPBACK, Secrets};
use super::settings::{self, Listeners};
use super::state::{RunningEngine, StartedCluster};
use super::{LocalEvent, LocalProfile, OnEvent, Reach, UpOptions, ports, properties, ready};

/// Flags for a fast start, at the cost of throughput.
const JVM: [&str; 3] = [
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",
    "-Djava.awt.headless=true",
];
const POLITE: Duration = Duration::from_secs(30);
const AFTER_KILL: Duration = Duration::from_secs(10);

/// Checks, fetches, formats and starts; then records the broker and waits until it is ready.
pub(super) async fn up<P, F>(
    places: &Places,
    options: &UpOptions,
    probe: P,
    on_event: OnEvent<'_>,
) -> Result<StartedCluster, LocalError>
where
    P: Fn(Reach) -> F,
    F: Future<Output = Result<(), String>>,
{
    let heap = settings::heap_flags(options.broker.process.heap.as_deref())?;
    let layout = layout(options).await?;
    let kafka = kafka(places, options, on_event).await?;
    let Prepared { data, secrets } = prepare(places, options, &layout, &kafka, on_event).await?;
    on_event(LocalEvent::Starting {
        engine: RunningEngine::Native,
        bootstrap: layout.bootstrap(),
    });
    let mut child = spawn(places, &kafka, &heap)?;
    let process = ProcessId::of(child.id()).ok_or_else(|| died(places))?;
    let record = StartedCluster {
        format_version: StartedCluster::FORMAT_VERSION,
        engine: RunningEngine::Native,
        profile: options.profile.to_string(),
        cluster_id: Some(data.cluster_id().unwrap_or_default()),
        kafka_version: kafka.version,
        bootstrap: layout.bootstrap(),
        security: secrets.as_ref().map(Secrets::secured),
        ports: layout.ports(),
        process: Some(process),
        data_dir: Some(data.path().to_owned()),
        log: Some(places.log()),
        started_at: jiff::Timestamp::now().to_string(),
        manifest: options.manifest.clone(),
    };
    record.save(places)?;
    let dead = || match child.try_wait() {
        Ok(None) => None,
        _ => Some(died(places)),
    };
    let answered = match Reach::of(&record) {
        Ok(reach) => ready::wait(&reach, probe, dead, on_event).await,
        Err(error) => Err(error),
    };
    if let Err(error) = answered {
        stop(process, on_event).await?;
        StartedCluster::remove(places)?;
        return Err(error);
    }
    Ok(record)
}

/// Sends SIGTERM, waits up to 30 seconds, then sends SIGKILL.
pub(super) async fn stop(process: ProcessId, on_event: OnEvent<'_>) -> Result<(), LocalError> {
    if !process.is_alive() {
        return Ok(());
    }
    on_event(LocalEvent::Stopping {
        engine: RunningEngine::Native,
    });
    process.signal(Signal::TERM);
    if ends_within(process, POLITE).await {
        return Ok(());
    }
    on_event(LocalEvent::Killing { pid: process.pid });
    process.signal(Signal::KILL);
    if ends_within(process, AFTER_KILL).await {
        return Ok(());
    }
    Err(LocalError::Immortal(process.pid))
}

async fn ends_within(process: ProcessId, patience: Duration) -> bool {
    let deadline = Instant::now() + patience;
    while process.is_alive() {
        if Instant::now() > deadline {
            return false;
        }
        sleep(Duration::from_millis(50)).await;
    }
    true
}

/// The listeners, on free ports.
async fn layout(options: &UpOptions) -> Result<Listeners, LocalError> {
    let mut layout = Listeners::of(&options.broker.process.settings)?;
    if options.profile == LocalProfile::Secure {
        layout.keep_brokers_apart();
    }
    let port = options.port.map(|port| match port {
        0 => ports::any_free().unwrap_or(port),
        _ => port,
    });
    layout.choose_ports(port, ports::is_free, ports::any_free);
    for port in layout.ports().into_values() {
        ports::expect_free(port).await?;
    }
    Ok(layout)
}

async fn kafka(
    places: &Places,
    options: &UpOptions,
    on_event: OnEvent<'_>,
) -> Result<Artefacts, LocalError> {
    let wanted = WantedKafka {
        version: options.kafka_version.clone(),
        tools: false,
    };
    on_event(LocalEvent::CheckingJava);
    let (here, what) = (places.clone(), wanted.clone());
    if let Some(found) = blocking(move || artefacts::find(&here, &what)).await? {
        return Ok(found);
    }
    on_event(LocalEvent::FetchingKafka {
        version: wanted.version().to_owned(),
    });
    let here = places.clone();
    blocking(move || artefacts::fetch(&here, &wanted)).await
}

/// What a broker needs to start.
struct Prepared {
    data: DataDir,
    secrets: Option<Secrets>,
}

/// Writes the properties, and formats the data directory if necessary.
async fn prepare(
    places: &Places,
    options: &UpOptions,
    layout: &Listeners,
    kafka: &Artefacts,
    on_event: OnEvent<'_>,
) -> Result<Prepared, LocalError> {
    let path = options.data_dir.clone();
    let path = path.unwrap_or_else(|| places.default_data());
    let (data, found) = DataDir::open(&path, options.profile)?;
    if found != Found::Formatted {
        data.begin_format()?;
    }
    let secrets = secrets(&data, found, layout)?;
    let secured = secrets.as_ref().map(|_| data.path());
    let server = settings::server_properties(&options.broker, layout, &data.logs(), secured);
    let text = properties::render(&server);
    files::replace(&places.properties(), text.as_bytes())?;
    let data_dir = data.path().to_owned();
    match found {
        Found::Formatted => {}
        Found::HalfFormatted => on_event(LocalEvent::FoundHalfFormatted { data_dir }),
        Found::New => on_event(LocalEvent::Formatting { data_dir }),
    }
    if found != Found::Formatted {
        let (properties, kafka) = (places.properties(), kafka.clone());
        let (unformatted, users) = (data.clone(), secrets.clone());
        blocking(move || format(&unformatted, users.as_ref(), &properties, &kafka)).await?;
    }
    Ok(Prepared { data, secrets })
}

/// The secrets of a secure cluster. Formatted data has users, so their passwords stay.
fn secrets(
    data: &DataDir,
    found: Found,
    layout: &Listeners,
) -> Result<Option<Secrets>, LocalError> {
    if data.profile() == LocalProfile::Single {
        return Ok(None);
    }
    if found == Found::Formatted && Secrets::load(data.path())?.is_none() {
        return Err(LocalError::Secrets(data.path().to_owned()));
    }
    Secrets::keep(data.path(), &LOOPBACK, &layout.bootstrap()).map(Some)
}

/// Formats data, with users if there are secrets. Passwords are passed in a file of arguments, because
/// everybody can read a command line.
fn format(
    data: &DataDir,
    secrets: Option<&Secrets>,
    properties: &Path,
    kafka: &Artefacts,
) -> Result<(), LocalError> {
    let id = data::random_cluster_id()?;
    let mut command = kafka.command(JVM, "kafka.tools.StorageTool");
    command.args(["format", "-t", &id, "-c"]).arg(properties);
    let arguments = data.path().join(".format-arguments");
    if let Some(secrets) = secrets {
        files::replace(&arguments, secrets.format_arguments().as_bytes())?;
        let mut file = OsString::from("@");
        file.push(&arguments);
        command.arg(file);
    }
    let output = command.stdin(Stdio::null()).output();
    let _ = fs::remove_file(&arguments); // it may not be there
    let output = output.map_err(|error| LocalError::start(&kafka.java.program, error))?;
    if output.status.success() {
        return data.end_format();
    }
    let said = [output.stdout, output.stderr].concat();
    let mut said = files::last_15(&String::from_utf8_lossy(&said));
    if let Some(secrets) = secrets {
        said = secrets.redact(&said);
    }
    let path = data.path().to_owned();
    Err(LocalError::Format { path, said })
}

/// Starts the broker in its own process group, so that Ctrl-C does not reach it.
fn spawn(places: &Places, kafka: &Artefacts, heap: &[String]) -> Result<Child, LocalError> {
    let path = places.log();
    let failed = |error| LocalError::file("write", &path, error);
    let log = fs::File::create(&path).map_err(failed)?;
    let also = log.try_clone().map_err(failed)?;
    let jvm = heap.iter().map(String::as_str).chain(JVM);
    kafka
        .command(jvm, "kafka.Kafka")
        .arg(places.properties())
        .current_dir(&places.state)
        .process_group(0)
        .stdin(Stdio::null())
        .stdout(log)
        .stderr(also)
        .spawn()
        .map_err(|error| LocalError::start(&kafka.java.program, error))
}

fn died(places: &Places) -> LocalError {
    let log = places.log();
    let last_lines = files::last_lines(&log);
    LocalError::Died { log, last_lines }
}

/// Runs blocking work on a thread outside of the runtime.
async fn blocking<T, W>(work: W) -> Result<T, LocalError>
where
    T: Send + 'static,
    W: FnOnce() -> Result<T, LocalError> + Send + 'static,
{
    let ended = spawn_blocking(work).await;
    ended.map_err(|error| LocalError::Ended(error.to_string()))?
}
