//! A broker in Docker Compose, as the project `tonkafka`.
//!
//! Trap: Compose refuses an existing network of the right name that it did not create, so such a
//! network is declared external.

use std::collections::BTreeMap;
use std::future::Future;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use tokio::process::Command;
use tokio::time::timeout;

use super::compose::{CLIENT_PORT, Compose, KAFKA_VERSION, Layout, NAMES};
use super::error::LocalError;
use super::places::Places;
use super::secure::Secrets;
use super::state::{RunningEngine, StartedCluster};
use super::{LocalEvent, LocalProfile, OnEvent, Reach, UpOptions, files, ports, ready};

const PROJECT: &str = "tonkafka";
const NETWORK: &str = "lowcode-network";
const UI_PORT: u16 = 8083;
const TO_ANSWER: Duration = Duration::from_secs(5);

/// A Docker whose server answers.
#[derive(Debug)]
pub(super) struct Docker {
    program: PathBuf,
    file: PathBuf,
    environment: BTreeMap<&'static str, String>,
}

impl Docker {
    /// Finds `docker` on the path, and checks its server and Compose within five seconds.
    pub(super) async fn find(places: &Places) -> Result<Self, LocalError> {
        let program = places.program("docker");
        let said = |said: &str| LocalError::NoDocker { said: said.into() };
        let docker = Self {
            program: program.ok_or_else(|| said("there is no `docker` on the PATH"))?,
            file: places.state.join("compose.yml"),
            environment: [("PATH", places.path.to_string_lossy().into_owned())].into(),
        };
        let asked = async {
            docker
                .run(&["version", "--format", "{{.Server.Version}}"])
                .await?;
            docker.run(&["compose", "version"]).await
        };
        let answered = timeout(TO_ANSWER, asked).await;
        match answered {
            Ok(Ok(_)) => Ok(docker),
            Ok(Err(LocalError::Docker { said, .. })) => Err(LocalError::NoDocker { said }),
            Ok(Err(error)) => Err(error),
            Err(_) => Err(said("no answer within 5 seconds")),
        }
    }

    /// Runs `docker compose` on the project.
    async fn compose(&self, arguments: &[&str]) -> Result<String, LocalError> {
        let file = self.file.to_string_lossy();
        let project = ["compose", "-p", PROJECT, "-f", &file];
        self.run(&[&project, arguments].concat()).await
    }

    /// Runs `docker` and returns its output.
    async fn run(&self, arguments: &[&str]) -> Result<String, LocalError> {
        let output = Command::new(&self.program)
            .args(arguments)
            .envs(&self.environment)
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .output()
            .await
            .map_err(|error| LocalError::start(&self.program, error))?;
        if output.status.success() {
            return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
        }
        Err(LocalError::Docker {
            command: arguments.join(" "),
            said: files::last_15(String::from_utf8_lossy(&output.stderr).trim()),
        })
    }

    /// Whether the network exists, but was not created by this project.
    async fn has_foreign_network(&self) -> bool {
        let label = "{{index .Labels \"com.docker.compose.project\"}}";
        let inspect = ["network", "inspect", "--format", label, NETWORK];
        let project = self.run(&inspect).await;
        project.is_ok_and(|project| project.trim() != PROJECT)
    }
}

/// Writes the Compose file, starts the project, records it and waits until it is ready.
pub(super) async fn up<P, F>(
    places: &Places,
    mut docker: Docker,
    options: &UpOptions,
    probe: P,
    on_event: OnEvent<'_>,
) -> Result<StartedCluster, LocalError>
where
    P: Fn(Reach) -> F,
    F: Future<Output = Result<(), String>>,
{
    let mut record = record(options).await?;
    if options.profile == LocalProfile::Secure {
        let secrets = places.secrets();
        let secrets = Secrets::keep_apart(&secrets, &NAMES, &record.bootstrap)?;
        secrets.write_scram()?;
        let secured = secrets.secured();
        let directory = secured.directory.display().to_string();
        docker.environment.insert("TONKAFKA_SECRETS", directory);
        record.security = Some(secured);
    }
    let kafka_version = &record.kafka_version;
    let file = Compose {
        layout: match options.profile {
            LocalProfile::Single => Layout::Single { kafka_version },
            LocalProfile::Secure => Layout::Secure { kafka_version },
        },
        broker: &options.broker,
        topics: &[], // tonkafka itself brings them up
    };
    let text = file.render()?;
    files::replace(&docker.file, text.as_bytes())?;
    let external = docker.has_foreign_network().await;
    docker.environment.extend([
        ("TONKAFKA_PORT", record.ports["EXTERNAL"].to_string()),
        ("TONKAFKA_UI_PORT", record.ports["UI"].to_string()),
        ("TONKAFKA_NETWORK_EXTERNAL", external.to_string()),
    ]);
    on_event(LocalEvent::Starting {
        engine: RunningEngine::Docker,
        bootstrap: record.bootstrap.clone(),
    });
    record.save(places)?;
    let started = match docker.compose(&["up", "-d", "--wait"]).await {
        Ok(_) => match Reach::of(&record) {
            Ok(reach) => ready::wait(&reach, probe, || None, on_event).await,
            Err(error) => Err(error),
        },
        Err(error) => Err(error),
    };
    if let Err(error) = started {
        // The first error is reported; an error of `down` would hide it.
        let _ = docker.compose(&["down"]).await;
        StartedCluster::remove(places)?;
        return Err(error);
    }
    Ok(record)
}

/// Stops the project, and with `delete_data` removes its volume.
pub(super) async fn down(
    places: &Places,
    delete_data: bool,
    on_event: OnEvent<'_>,
) -> Result<(), LocalError> {
    let docker = Docker::find(places).await?;
    on_event(LocalEvent::Stopping {
        engine: RunningEngine::Docker,
    });
    if delete_data {
        on_event(LocalEvent::DeletingData { data_dir: None });
    }
    let volumes: &[&str] = if delete_data { &["--volumes"] } else { &[] };
    docker.compose(&[&["down"], volumes].concat()).await?;
    Ok(())
}

/// Whether the project's broker runs.
pub(super) async fn is_running(places: &Places) -> Result<bool, LocalError> {
    let docker = Docker::find(places).await?;
    let listed = docker.compose(&["ps", "--all", "--format", "json"]).await?;
    Ok(broker_runs(&listed))
}

/// The broker's last log lines; empty if they cannot be read.
pub(super) async fn last_lines(places: &Places) -> String {
    let Ok(docker) = Docker::find(places).await else {
        return String::new();
    };
    let logs = [
        "logs",
        "--no-color",
        "--no-log-prefix",
        "--tail",
        "15",
        "kafka",
    ];
    docker.compose(&logs).await.unwrap_or_default()
}

/// Parses `docker compose ps --format json`: an array, or since 2.21 one object a line.
fn broker_runs(listed: &str) -> bool {
    let documents = serde_json::Deserializer::from_str(listed).into_iter::<serde_json::Value>();
    let containers = documents.flatten().flat_map(|document| match document {
        serde_json::Value::Array(containers) => containers,
        container => vec![container],
    });
    containers
        .into_iter()
        .any(|container| container["Service"] == "kafka" && container["State"] == "running")
}

/// The record of a start. Ports are chosen as for the native engine.
async fn record(options: &UpOptions) -> Result<StartedCluster, LocalError> {
    let port = match options.port {
        Some(0) => ports::any_free().unwrap_or(CLIENT_PORT),
        Some(port) => port,
        None => CLIENT_PORT,
    };
    ports::expect_free(port).await?;
    let keeps_ui = options.port.is_none() && ports::is_free(UI_PORT);
    let chosen = ports::any_free().filter(|_| !keeps_ui);
    let version = options.kafka_version.as_deref();
    Ok(StartedCluster {
        format_version: StartedCluster::FORMAT_VERSION,
        engine: RunningEngine::Docker,
        profile: options.profile.to_string(),
        cluster_id: None,
        kafka_version: version.unwrap_or(KAFKA_VERSION).to_owned(),
        bootstrap: format!("localhost:{port}"),
        security: None,
        ports: [
            ("EXTERNAL".into(), port),
            ("UI".into(), chosen.unwrap_or(UI_PORT)),
        ]
        .into(),
        process: None,
        data_dir: None,
        log: None,
        started_at: jiff::Timestamp::now().to_string(),
        manifest: options.manifest.clone(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_of_ps_are_read() {
        let container = r#"{"Service":"kafka","State":"running"}"#;
        let ui = r#"{"Service":"kafka-ui","State":"running"}"#;
        assert!(broker_runs(&format!("{ui}\n{container}\n")));
        assert!(broker_runs(&format!("[{ui},{container}]")));
        assert!(!broker_runs(&container.replace("running", "exited")));
        assert!(!broker_runs(ui));
        assert!(!broker_runs(""));
    }
}
