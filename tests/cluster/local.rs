//! The whole life of a native local cluster.

use std::fs;
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Mutex;

use rustix::process::{Pid, Signal, getpgid, kill_process};
use tonkafka::local::{
    self, Engine, LocalError, LocalEvent, LocalProfile, LocalStatus, Places, Reach, StartedCluster,
    Up, UpOptions, artefacts,
};
use tonkafka::model::desired::BrokerSettings;

use crate::support::{apache, kafka};

/// A state directory of its own. A cluster that still runs there is stopped when dropped.
struct Machine {
    above: tempfile::TempDir,
    events: Mutex<Vec<LocalEvent>>,
}

impl Machine {
    fn new() -> Self {
        Self {
            above: tempfile::tempdir().unwrap(),
            events: Mutex::default(),
        }
    }

    fn places(&self) -> Places {
        Places {
            state: self.above.path().join("state"),
            ..Places::from_environment().unwrap()
        }
    }

    fn options() -> UpOptions {
        let mut broker = BrokerSettings::default();
        broker.process.heap = Some("512M".into());
        let listeners = "INTERNAL://0.0.0.0:29092,EXTERNAL://0.0.0.0:9092";
        let process = [
            ("listeners", listeners),
            ("inter.broker.listener.name", "INTERNAL"),
            ("num.network.threads", "1"),
        ];
        let process = process.map(|(key, value)| (key.to_owned(), value.to_owned()));
        broker.process.settings.extend(process);
        UpOptions {
            engine: Engine::Native,
            port: Some(kafka::free_port()),
            broker,
            ..UpOptions::default()
        }
    }

    async fn up(&self, options: &UpOptions) -> Result<Up, LocalError> {
        let on_event = |event| self.events.lock().unwrap().push(event);
        local::up(&self.places(), options, connects, &on_event).await
    }

    async fn down(&self, delete_data: bool) -> Result<local::Down, LocalError> {
        let on_event = |event| self.events.lock().unwrap().push(event);
        local::down(&self.places(), delete_data, &on_event).await
    }

    async fn status(&self) -> LocalStatus {
        local::status(&self.places()).await.unwrap()
    }

    fn saw(&self, matches: impl Fn(&LocalEvent) -> bool) -> bool {
        self.events
            .lock()
            .unwrap()
            .drain(..)
            .any(|event| matches(&event))
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        if let Ok(Some(record)) = StartedCluster::load(&self.places()) {
            kill(&record);
        }
    }
}

fn kill(record: &StartedCluster) {
    let process = record.process.unwrap();
    if process.is_alive() {
        kill_process(Pid::from_raw(process.pid).unwrap(), Signal::KILL).unwrap();
    }
}

async fn connects(Reach { bootstrap, .. }: Reach) -> Result<(), String> {
    let connected = tokio::net::TcpStream::connect(&bootstrap).await;
    connected.map(drop).map_err(|error| error.to_string())
}

fn started(up: Result<Up, LocalError>) -> StartedCluster {
    match up.unwrap() {
        Up::Started(record) => record,
        Up::AlreadyRunning(record) => panic!("already running: {record:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn up_status_crash_up_down() {
    let machine = Machine::new();
    let data_dir = machine.above.path().join("elsewhere");
    let options = UpOptions {
        data_dir: Some(data_dir.clone()),
        ..Machine::options()
    };
    assert_eq!(machine.status().await, LocalStatus::NotRunning);

    let record = started(machine.up(&options).await);
    assert_eq!(
        record.bootstrap,
        format!("localhost:{}", options.port.unwrap())
    );
    assert_eq!(record.kafka_version, artefacts::DEFAULT_VERSION);
    assert_eq!(
        record.ports.keys().collect::<Vec<_>>(),
        ["CONTROLLER", "EXTERNAL", "INTERNAL"]
    );
    assert_eq!(machine.status().await, LocalStatus::Running(record.clone()));
    assert!(machine.saw(|event| matches!(event, LocalEvent::Ready { .. })));
    apache::topics(&record.bootstrap, &["--create", "--topic", "kept"]).ok();
    let broker = Pid::from_raw(record.process.unwrap().pid);
    assert_eq!(
        getpgid(broker).ok(),
        broker,
        "Ctrl-C of `up` must not reach it"
    );
    let mode = fs::metadata(machine.places().record())
        .unwrap()
        .permissions();
    assert_eq!(mode.mode() & 0o777, 0o600);

    assert_eq!(
        machine.up(&options).await.unwrap(),
        Up::AlreadyRunning(record.clone())
    );

    let secure = UpOptions {
        profile: LocalProfile::Secure,
        ..options.clone()
    };
    let said = machine.up(&secure).await.unwrap_err().to_string();
    let at = &record.bootstrap;
    assert_eq!(
        said,
        format!("a local cluster runs at {at} that everybody may use")
    );

    kill(&record);
    let died = loop {
        match machine.status().await {
            LocalStatus::Died { last_lines, .. } => break last_lines,
            _ => tokio::task::yield_now().await,
        }
    };
    assert!((1..=15).contains(&died.lines().count()), "{died}");

    // The data of a dead cluster is used again, with or without naming its directory.
    let anywhere = UpOptions {
        data_dir: None,
        ..options
    };
    let again = started(machine.up(&anywhere).await);
    assert!(machine.saw(|event| matches!(event, LocalEvent::FoundDead { .. })));
    assert_eq!(again.data_dir, Some(data_dir));
    assert_eq!(again.cluster_id, record.cluster_id);
    assert!(apache::describe_topics(&again.bootstrap).contains_key("kept"));

    let down = machine.down(false).await.unwrap();
    assert_eq!(down.stopped.as_ref(), Some(&again));
    assert_eq!(machine.status().await, LocalStatus::NotRunning);
    assert!(TcpStream::connect(&again.bootstrap).is_err());
    let elsewhere = again.data_dir.unwrap();
    assert!(elsewhere.join("meta.properties").exists());
    // No record names the other directory any more, so it is not deleted.
    assert_eq!(machine.down(true).await.unwrap(), local::Down::default());
    assert!(elsewhere.exists());

    let fresh = started(machine.up(&anywhere).await);
    let data = fresh.data_dir.unwrap();
    assert_eq!(data, machine.places().default_data());
    machine.down(false).await.unwrap();
    let down = machine.down(true).await.unwrap();
    assert_eq!((down.stopped, down.deleted), (None, Some(data.clone())));
    assert!(!data.exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broker_that_cannot_start_is_told_with_its_words_and_leaves_nothing() {
    let machine = Machine::new();
    let mut options = Machine::options();
    let settings = &mut options.broker.process.settings;
    settings.insert("log.cleaner.threads".into(), "-1".into());
    let error = machine.up(&options).await.unwrap_err();
    let said = error.to_string();
    assert!(matches!(
        error,
        LocalError::Format { .. } | LocalError::Died { .. }
    ));
    assert!(said.contains("log.cleaner.threads"), "{said}");
    assert!(machine.saw(|event| matches!(event, LocalEvent::Formatting { .. })));
    assert_eq!(machine.status().await, LocalStatus::NotRunning);

    // The remains of the failed start do not harm the next.
    options
        .broker
        .process
        .settings
        .remove("log.cleaner.threads");
    started(machine.up(&options).await);
    assert!(machine.saw(|event| matches!(event, LocalEvent::FoundHalfFormatted { .. })));
    machine.down(true).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn older_and_newer_versions_start() {
    for version in ["3.9.2", "4.4.0"] {
        let machine = Machine::new();
        let options = UpOptions {
            kafka_version: Some(version.to_owned()),
            ..Machine::options()
        };
        let record = started(machine.up(&options).await);
        assert_eq!(record.kafka_version, version);
        let create = ["--create", "--topic", "seen"];
        apache::topics(&record.bootstrap, &create).ok();
        let topics = apache::describe_topics(&record.bootstrap);
        assert_eq!(topics.keys().collect::<Vec<_>>(), ["seen"]);
        machine.down(true).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_taken_port_is_named_with_its_holder() {
    let machine = Machine::new();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let options = UpOptions {
        port: Some(port),
        ..Machine::options()
    };
    let error = machine.up(&options).await.unwrap_err();
    let own = std::process::id();
    let said = error.to_string();
    assert!(
        said.starts_with(&format!("port {port} is taken by ")),
        "{said}"
    );
    assert!(said.ends_with(&format!("(process {own})")), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn missing_programs_are_told_with_what_to_install() {
    let machine = Machine::new();
    let empty = machine.above.path().join("empty");
    fs::create_dir(&empty).unwrap();
    let mut places = Places {
        path: empty.clone().into(),
        java_home: None,
        kafka_home: None,
        maven: None,
        cache: machine.above.path().join("cache"),
        ..machine.places()
    };
    let up = async |places: &Places, engine| {
        let options = UpOptions {
            engine,
            ..Machine::options()
        };
        let up = local::up(places, &options, connects, &|_| {}).await;
        let error = up.unwrap_err();
        format!("{error}\nhint: {}", error.hint())
    };
    let said = up(&places, Engine::Native).await;
    assert!(said.starts_with("Kafka needs Java 17 or newer"), "{said}");
    assert!(said.contains("hint: install a Java 17"), "{said}");
    let said = up(&places, Engine::Docker).await;
    assert!(
        said.starts_with("Docker does not answer: there is no `docker`"),
        "{said}"
    );

    script(
        &empty.join("java"),
        "echo 'openjdk version \"11.0.2\" 2019' >&2",
    );
    let said = up(&places, Engine::Auto).await;
    assert!(
        said.contains("says: openjdk version \"11.0.2\" 2019"),
        "{said}"
    );

    script(&empty.join("java"), "echo 'openjdk version \"21\"' >&2");
    let said = up(&places, Engine::Native).await;
    assert!(said.contains("no `mvn` on the PATH"), "{said}");

    script(
        &empty.join("mvn"),
        "echo '[ERROR] no such artefact'; exit 1",
    );
    let said = up(&places, Engine::Native).await;
    assert!(
        said.starts_with("Maven could not fetch Kafka 4.3.1: no such artefact"),
        "{said}"
    );

    places.kafka_home = Some(empty);
    let said = up(&places, Engine::Native).await;
    assert!(said.starts_with("KAFKA_HOME is set, but"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn docker_is_told_what_to_do() {
    let machine = Machine::new();
    let bin = machine.above.path().join("bin");
    fs::create_dir(&bin).unwrap();
    let said = bin.join("said");
    let docker = format!(
        r#"echo "$* $TONKAFKA_PORT $TONKAFKA_NETWORK_EXTERNAL $TONKAFKA_SECRETS" >>'{}'
case "$*" in
  version*) echo 28.2.2 ;;
  network*) exit 1 ;;
  *" ps "*) echo '{{"Service":"kafka","State":"running"}}' ;;
  *up*) [ ! -e '{}/broken' ] || {{ echo 'no such image' >&2; exit 1; }} ;;
esac"#,
        said.display(),
        bin.display()
    );
    script(&bin.join("docker"), &docker);
    let places = Places {
        path: bin.clone().into(),
        ..machine.places()
    };
    let file = places.state.join("compose.yml").display().to_string();
    let options = UpOptions {
        engine: Engine::Auto,
        ..Machine::options()
    };
    let port = options.port.unwrap();
    let listener = async |_| Ok(());

    let up = local::up(&places, &options, listener, &|_| {}).await;
    let record = started(up);
    assert_eq!(record.bootstrap, format!("localhost:{port}"));
    assert_eq!(
        local::status(&places).await.unwrap(),
        LocalStatus::Running(record)
    );
    local::down(&places, true, &|_| {}).await.unwrap();
    assert_eq!(
        local::status(&places).await.unwrap(),
        LocalStatus::NotRunning
    );
    let project = format!("compose -p tonkafka -f {file}");
    let lines = fs::read_to_string(&said).unwrap();
    let lines: Vec<&str> = lines.lines().map(str::trim_end).collect();
    assert!(
        lines.contains(&format!("{project} up -d --wait {port} false").as_str()),
        "{lines:?}"
    );
    assert!(
        lines.contains(&format!("{project} down --volumes").as_str()),
        "{lines:?}"
    );

    let written = fs::read_to_string(&file).unwrap();
    assert!(
        written.contains(r#"KAFKA_HEAP_OPTS: "-Xmx512M -Xms512M""#),
        "{written}"
    );

    docker_hands_secrets_over_as_files(&places, &options, &file).await;

    fs::write(bin.join("broken"), "").unwrap();
    let error = local::up(&places, &options, listener, &|_| {})
        .await
        .unwrap_err();
    assert!(
        error.to_string().ends_with("failed: no such image"),
        "{error}"
    );
    assert_eq!(
        local::status(&places).await.unwrap(),
        LocalStatus::NotRunning
    );
}

/// A Compose file contains no secret: it names a directory of secrets, which is deleted with the
/// data.
async fn docker_hands_secrets_over_as_files(places: &Places, options: &UpOptions, file: &str) {
    let options = UpOptions {
        profile: LocalProfile::Secure,
        ..options.clone()
    };
    let login = Mutex::new(None);
    let listener = |reach: Reach| {
        *login.lock().unwrap() = reach.login;
        async { Ok(()) }
    };
    let record = started(local::up(places, &options, listener, &|_| {}).await);
    let login = login.lock().unwrap().take().unwrap();
    let secured = record.security.unwrap();
    assert_eq!(record.profile, "secure");
    let directory = fs::canonicalize(places.secrets()).unwrap();
    assert_eq!(secured.directory, directory);
    let client = fs::read_to_string(secured.admin()).unwrap();
    assert!(client.contains(&login.password) && !login.password.is_empty());
    let scram = fs::read_to_string(directory.join("admin.SCRAM-SHA-256")).unwrap();
    let line = format!(
        "SCRAM-SHA-256=iterations=4096,password={}\n",
        login.password
    );
    assert_eq!(scram, line);
    let compose = fs::read_to_string(file).unwrap();
    assert!(compose.contains("KAFKA_SUPER_USERS") && !compose.contains(&login.password));
    let down = local::down(places, false, &|_| {}).await.unwrap();
    assert_eq!(down.forgotten, None);
    assert!(directory.exists());

    started(local::up(places, &options, |_| async { Ok(()) }, &|_| {}).await);
    assert_eq!(fs::read_to_string(secured.admin()).unwrap(), client);
    let down = local::down(places, true, &|_| {}).await.unwrap();
    let forgotten = down.forgotten.unwrap();
    assert_eq!(forgotten.command_config, secured.admin());
    assert_eq!(forgotten.bootstrap, record.bootstrap);
    assert!(!directory.exists());
}

fn script(path: &Path, body: &str) {
    fs::write(path, format!("#!/bin/sh\n{body}\n")).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}
