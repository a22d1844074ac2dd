//! Real Kafka, started natively.
//!
//! Every broker has these listeners: `CLIENT` (for the code under test; may be secured), `BROKER`
//! (between brokers and for witnesses: always plaintext, never proxied), `CONTROLLER`, and
//! `PROXY0`, `PROXY1`, …, which advertise the ports of proxies.
//!
//! `TONKAFKA_TEST_KAFKA` selects the version for tests that ask for none: `3.9.2`, or
//! `3.9.2-zookeeper` for brokers with ZooKeeper.
//!
//! A broker runs under a shell that kills it once its own stdin closes, which happens however the
//! test process ends: no JVM outlives a run. `auto.create.topics.enable` is on, to catch look-ups
//! that create topics.

mod process;
mod properties;
mod run;

use std::collections::BTreeMap;
use std::fs;
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use rdkafka::config::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rustix::process::{Signal, kill_process};
use tonkafka::local::artefacts::{self, Artefacts, DEFAULT_VERSION, WantedKafka};
use tonkafka::local::places::Places;

pub(super) use self::process::Running;
pub use self::process::free_port;
use self::process::{Ports, sweep};
#[allow(unused_imports, reason = "the benchmarks need less")]
pub use self::run::{has_newer_groups, protocols, skips, version, with_zookeeper};
use super::proxy::Proxy;
use super::zookeeper::ZooKeeper;

const START: Duration = Duration::from_secs(90);

/// The ZooKeeper session time-out of a broker.
const SESSION: Duration = Duration::from_secs(6);

pub(super) const JVM: [&str; 4] = [
    "-Xmx512m",
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",
    "-Xshare:auto",
];

/// The broker that tests share. Do not stop it or change its cluster-wide settings.
pub fn single() -> &'static Kafka {
    static SHARED: OnceLock<Kafka> = OnceLock::new();
    SHARED.get_or_init(|| Kafka::options().proxies(6).start())
}

/// The three brokers that tests share. Do not stop them or change their cluster-wide settings.
pub fn three() -> &'static Kafka {
    static SHARED: OnceLock<Kafka> = OnceLock::new();
    SHARED.get_or_init(|| Kafka::options().brokers(3).proxies(3).start())
}

/// A new cluster with further server properties, which override those of the harness. Ends when
/// dropped.
pub fn fresh(brokers: usize, properties: &[(&str, &str)]) -> Kafka {
    let options = Kafka::options().brokers(brokers);
    let with = |options: Options, (key, value): &(&str, &str)| options.property(key, value);
    properties.iter().fold(options, with).start()
}

/// Java and the jars of a Kafka version, with Apache's tools for the default version.
pub fn artefacts(version: &str) -> Artefacts {
    static FETCHED: Mutex<BTreeMap<String, Artefacts>> = Mutex::new(BTreeMap::new());
    let mut fetched = lock(&FETCHED);
    if let Some(artefacts) = fetched.get(version) {
        return artefacts.clone();
    }
    let wanted = WantedKafka {
        version: Some(version.to_owned()),
        tools: version == DEFAULT_VERSION,
    };
    let found = artefacts::find_or_fetch(&Places::from_environment().unwrap(), &wanted);
    let found = found.unwrap_or_else(|error| panic!("{error}\nhint: {}", error.hint()));
    fetched.insert(version.to_owned(), found.clone());
    found
}

/// A topic name that is unique in this run.
pub fn topic_name(stem: &str) -> String {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    format!("{stem}-{}", NEXT.fetch_add(1, Ordering::Relaxed))
}

#[derive(Debug, Clone)]
pub struct Options {
    brokers: usize,
    version: String,
    proxies: usize,
    properties: Vec<(String, String)>,
    format: Vec<String>,
    jvm: Vec<String>,
    cluster_id: Option<String>,
    exactly: Option<Exactly>,
    /// The Java class or file to start.
    main: &'static str,
    /// Whether brokers are controllers too, without ZooKeeper.
    keeps_metadata: bool,
    /// Whether to start a ZooKeeper.
    own_zookeeper: bool,
    /// Whether every listener for clients needs a login.
    is_secured: bool,
}

/// Makes all server properties of a broker from its directory and its ports for clients, brokers
/// and the controller.
pub type Exactly = fn(&Path, [u16; 3]) -> BTreeMap<String, String>;

impl Options {
    /// The number of brokers, each a controller too, with ids 1, 2, ….
    pub fn brokers(mut self, brokers: usize) -> Self {
        self.brokers = brokers;
        self
    }

    /// Kafka's version, instead of the run's.
    pub fn version(mut self, version: &str) -> Self {
        version.clone_into(&mut self.version);
        self.own_zookeeper = false;
        self
    }

    /// The number of proxies that can be open at once, by default one.
    pub fn proxies(mut self, proxies: usize) -> Self {
        self.proxies = proxies;
        self
    }

    /// A server property of every broker, which overrides the harness's own.
    pub fn property(mut self, key: &str, value: &str) -> Self {
        self.properties.push((key.to_owned(), value.to_owned()));
        self
    }

    /// A JVM flag of every broker, and of its formatting, such as `-Djava.security.auth.login.config=…`.
    pub fn jvm(mut self, flag: &str) -> Self {
        self.jvm.push(flag.to_owned());
        self
    }

    /// Another main class than Kafka's, or a Java source file that calls it.
    pub fn main(mut self, main: &'static str) -> Self {
        self.main = main;
        self
    }

    /// Further arguments of `StorageTool format`, such as `--add-scram`.
    pub fn format(mut self, argument: &str) -> Self {
        self.format.push(argument.to_owned());
        self
    }

    /// The cluster id, instead of a generated one.
    pub fn cluster_id(mut self, id: &str) -> Self {
        self.cluster_id = Some(id.to_owned());
        self
    }

    /// Exactly these server properties, without the harness's own.
    pub fn exactly(mut self, properties: Exactly) -> Self {
        self.exactly = Some(properties);
        self.own_zookeeper = false;
        self
    }

    /// Every listener for clients needs a login; a broker is up once its log says so.
    pub fn secured(mut self) -> Self {
        self.is_secured = true;
        self
    }

    /// A broker of version 3.9 with ZooKeeper at this address; it is not formatted.
    pub fn zookeeper(mut self, address: &str) -> Self {
        self.keeps_metadata = false;
        self.property("zookeeper.connect", address)
    }

    /// Starts it and waits until every broker answers.
    pub fn start(self) -> Kafka {
        Kafka::start(self)
    }
}

/// A running cluster.
pub struct Kafka {
    options: Options,
    artefacts: Artefacts,
    id: String,
    dir: PathBuf,
    ports: Vec<Ports>,
    running: Vec<Mutex<Option<Running>>>,
    slots: Vec<Mutex<()>>,
    /// Stopped after the brokers.
    zookeeper: Option<ZooKeeper>,
}

impl Kafka {
    /// One broker of the run's version, with defaults.
    pub fn options() -> Options {
        Options {
            brokers: 1,
            version: version(),
            own_zookeeper: with_zookeeper(),
            proxies: 1,
            properties: Vec::new(),
            format: Vec::new(),
            jvm: Vec::new(),
            cluster_id: None,
            exactly: None,
            main: "kafka.Kafka",
            keeps_metadata: true,
            is_secured: false,
        }
    }

    fn start(mut options: Options) -> Self {
        let zookeeper = options.own_zookeeper.then(|| {
            let zookeeper = ZooKeeper::start(&BTreeMap::new());
            let session = SESSION.as_millis().to_string();
            options = options
                .clone()
                .zookeeper(&zookeeper.address())
                .property("zookeeper.session.timeout.ms", &session);
            zookeeper
        });
        let mut kafka = Self {
            zookeeper,
            artefacts: artefacts(&options.version),
            id: options.cluster_id.clone().unwrap_or_else(cluster_id),
            dir: unique_dir(),
            ports: (0..options.brokers)
                .map(|_| Ports::choose(options.proxies))
                .collect(),
            running: (0..options.brokers).map(|_| Mutex::new(None)).collect(),
            slots: (0..options.proxies).map(|_| Mutex::new(())).collect(),
            options,
        };
        kafka.write_properties();
        if kafka.options.keeps_metadata {
            kafka.format_all();
        }
        for id in kafka.ids() {
            *lock(kafka.slot(id)) = Some(kafka.spawn(id));
        }
        for id in kafka.ids() {
            kafka.wait_until_up(id);
        }
        for ports in kafka.ports.iter().filter(|_| !kafka.options.is_secured) {
            kafka.wait_until_it_knows_all(ports.broker);
        }
        if kafka.zookeeper.is_some() {
            kafka.id = kafka.logged_id();
        }
        kafka
    }

    /// A broker reports its start before it knows the other brokers.
    fn wait_until_it_knows_all(&self, port: u16) {
        let client: BaseConsumer = ClientConfig::new()
            .set("bootstrap.servers", format!("127.0.0.1:{port}"))
            .set("allow.auto.create.topics", "false")
            .create()
            .unwrap();
        let known = || {
            let metadata = client.fetch_metadata(Some("no-topic"), Duration::from_secs(10));
            metadata.map_or(0, |metadata| metadata.brokers().len())
        };
        let deadline = Instant::now() + START;
        while known() < self.ports.len() {
            assert!(
                Instant::now() < deadline,
                "port {port} does not know all brokers"
            );
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// The id that the first broker of a new ZooKeeper cluster generated.
    fn logged_id(&self) -> String {
        let log = self.log(1);
        let after = log.split("Cluster ID = ").nth(1).unwrap();
        after.split_whitespace().next().unwrap().to_owned()
    }

    /// `host:port` of every broker's `CLIENT` listener, separated by commas.
    pub fn bootstrap(&self) -> String {
        addresses(self.ports.iter().map(|ports| ports.client))
    }

    /// `host:port` of every broker's plaintext listener for the witness.
    pub fn admin(&self) -> String {
        addresses(self.ports.iter().map(|ports| ports.broker))
    }

    /// The cluster's id.
    pub fn cluster_id(&self) -> &str {
        &self.id
    }

    /// The brokers' ids, from 1.
    pub fn ids(&self) -> impl Iterator<Item = i32> + use<> {
        1..=i32::try_from(self.ports.len()).unwrap()
    }

    /// A proxy to the cluster. Waits while all are in use.
    pub fn proxy(&self) -> Proxy<'_> {
        loop {
            for (slot, taken) in self.slots.iter().enumerate() {
                if let Ok(guard) = taken.try_lock() {
                    let routes = self.ports.iter().map(|ports| ports.proxies[slot]);
                    return Proxy::open(routes.collect(), guard);
                }
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// The lines that a broker has logged.
    pub fn log(&self, id: i32) -> String {
        fs::read_to_string(self.broker_dir(id).join("kafka.log")).unwrap_or_default()
    }

    /// The directory of a broker's data and `kafka.log`.
    pub fn broker_dir(&self, id: i32) -> PathBuf {
        self.dir.join(id.to_string())
    }

    /// Stops a broker with SIGTERM, and waits for its end.
    pub fn stop_broker(&self, id: i32) {
        self.end(id, Signal::TERM);
    }

    /// Kills a broker with SIGKILL.
    pub fn kill_broker(&self, id: i32) {
        self.end(id, Signal::KILL);
    }

    /// Starts a stopped broker with its data, and waits until it answers.
    pub fn start_broker(&self, id: i32) {
        let mut running = lock(self.slot(id));
        assert!(running.is_none(), "broker {id} is running");
        if self.zookeeper.is_some() {
            // ZooKeeper keeps the entry of a killed broker until its session ends, and under load a
            // while longer.
            std::thread::sleep(SESSION * 2);
        }
        *running = Some(self.spawn(id));
        drop(running);
        self.wait_until_up(id);
    }

    /// Freezes a broker with SIGSTOP: its ports stay open and silent.
    pub fn pause(&self, id: i32) {
        self.signal(id, Signal::STOP);
    }

    /// Resumes a frozen broker with SIGCONT.
    pub fn resume(&self, id: i32) {
        self.signal(id, Signal::CONT);
    }

    fn slot(&self, id: i32) -> &Mutex<Option<Running>> {
        &self.running[usize::try_from(id).unwrap() - 1]
    }

    fn signal(&self, id: i32, signal: Signal) {
        let running = lock(self.slot(id));
        let running = running.as_ref().expect("the broker is running");
        kill_process(running.broker, signal).unwrap();
    }

    fn end(&self, id: i32, signal: Signal) {
        self.signal(id, signal);
        let running = lock(self.slot(id)).take();
        running.expect("the broker is running").wait();
    }

    fn write_properties(&self) {
        for id in self.ids() {
            let dir = self.broker_dir(id);
            fs::create_dir_all(&dir).unwrap();
            fs::write(dir.join("server.properties"), self.properties(id)).unwrap();
        }
    }

    fn format_all(&self) {
        let formats: Vec<Child> = self.ids().map(|id| self.format(id)).collect();
        for format in formats {
            let output = format.wait_with_output().unwrap();
            let said = String::from_utf8_lossy(&output.stderr);
            let also = String::from_utf8_lossy(&output.stdout);
            assert!(output.status.success(), "formatting failed: {said}{also}");
        }
    }

    fn format(&self, id: i32) -> Child {
        let properties = self.broker_dir(id).join("server.properties");
        let mut command = self.java("kafka.tools.StorageTool");
        command.args(["format", "-t", &self.id, "-c"]);
        command.arg(&properties).args(&self.options.format);
        command.stdin(Stdio::null());
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        command.spawn().unwrap()
    }

    fn java(&self, main_class: &str) -> Command {
        let jvm = JVM.iter().copied();
        let jvm = jvm.chain(self.options.jvm.iter().map(String::as_str));
        self.artefacts.command(jvm, main_class)
    }

    fn spawn(&self, id: i32) -> Running {
        let dir = self.broker_dir(id);
        let mut java = self.java(self.options.main);
        java.arg(dir.join("server.properties"));
        Running::start(&dir, &java)
    }

    fn wait_until_up(&self, id: i32) {
        let deadline = Instant::now() + START;
        let port = self.ports[usize::try_from(id).unwrap() - 1].client;
        let started = || {
            let log = self.log(id);
            let says_so = ["Kafka Server started", "started (kafka.server.KafkaServer)"];
            says_so.iter().any(|words| log.contains(words))
                && TcpStream::connect(("127.0.0.1", port)).is_ok()
        };
        while !started() {
            let alive = lock(self.slot(id)).as_ref().is_some_and(Running::is_alive);
            assert!(alive, "broker {id} ended:\n{}", tail(&self.log(id)));
            let log = || tail(&self.log(id));
            assert!(
                Instant::now() < deadline,
                "broker {id} is not up:\n{}",
                log()
            );
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

impl Drop for Kafka {
    fn drop(&mut self) {
        for running in &self.running {
            if let Some(running) = lock(running).take() {
                running.discard();
            }
        }
        let _ = fs::remove_dir_all(&self.dir);
    }
}

/// A new directory.
pub(super) fn unique_dir() -> PathBuf {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let above = Path::new(env!("CARGO_TARGET_TMPDIR"));
    sweep(above);
    above.join(format!("kafka-{}-{number}", std::process::id()))
}

/// 22 characters of base64, the form of a cluster id.
fn cluster_id() -> String {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    format!("{:a>8}{number:b>13}A", std::process::id())
}

fn addresses(ports: impl Iterator<Item = u16>) -> String {
    let each = ports.map(|port| format!("127.0.0.1:{port}"));
    each.collect::<Vec<_>>().join(",")
}

pub(super) fn tail(log: &str) -> String {
    let lines: Vec<&str> = log.lines().rev().take(30).collect();
    lines.into_iter().rev().collect::<Vec<_>>().join("\n")
}

/// Locks a mutex, even if another test panicked with it.
pub fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
