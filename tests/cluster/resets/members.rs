//! Groups with members are not changed.

use std::fs::File;
use std::process::{Child, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use rdkafka::client::ClientContext;
use rdkafka::config::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer, ConsumerContext, Rebalance};
use tonkafka::local::artefacts::DEFAULT_VERSION;
use tonkafka::model::group::Committed;

use super::{offsets, reset};
use crate::program::{Program, finish};
use crate::support::kafka::{self, Kafka};
use crate::support::offsets::{commit, committed, filled};
use crate::support::proxy::{Action, api};

/// Counts the rebalances of its consumer.
#[derive(Default)]
struct Counting(AtomicUsize);

impl ClientContext for Counting {}

impl ConsumerContext for Counting {
    fn post_rebalance(&self, _: &BaseConsumer<Self>, _: &Rebalance<'_>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

/// A consumer that reads a topic until it is dropped.
struct Watched {
    consumer: Arc<BaseConsumer<Counting>>,
    ends: Arc<AtomicBool>,
    polling: Option<std::thread::JoinHandle<()>>,
}

impl Watched {
    fn start(bootstrap: &str, group: &str, topic: &str, protocol: &str) -> Self {
        let mut config = ClientConfig::new();
        config
            .set("bootstrap.servers", bootstrap)
            .set("group.id", group)
            .set("client.id", "watched")
            .set("group.protocol", protocol)
            .set("enable.auto.commit", "false");
        let consumer = config.create_with_context(Counting::default());
        let consumer: Arc<BaseConsumer<Counting>> = Arc::new(consumer.unwrap());
        consumer.subscribe(&[topic]).unwrap();
        let ends = Arc::new(AtomicBool::new(false));
        let (polled, end) = (Arc::clone(&consumer), Arc::clone(&ends));
        let polling = std::thread::spawn(move || {
            while !end.load(Ordering::SeqCst) {
                let _ = polled.poll(Duration::from_millis(50));
            }
        });
        let watched = Self {
            consumer,
            ends,
            polling: Some(polling),
        };
        let deadline = Instant::now() + Duration::from_mins(1);
        while watched.rebalances() == 0 {
            assert!(Instant::now() < deadline, "{group} was given no partition");
            std::thread::sleep(Duration::from_millis(20));
        }
        watched
    }

    fn rebalances(&self) -> usize {
        self.consumer.context().0.load(Ordering::SeqCst)
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        self.ends.store(true, Ordering::SeqCst);
        if let Some(polling) = self.polling.take() {
            let _ = polling.join();
        }
    }
}

/// Expects that a look at a group with members names them, and that a move is refused.
fn is_left_alone(kafka: &Kafka, group: &str, topic: &str, member: &str) {
    let program = Program::new();
    let before = committed(kafka, group, topic);
    for last in ["--dry-run", "--yes"] {
        let arguments = [group, "--topic", topic, "--to", "earliest", last];
        let ran = reset(&program, &kafka.bootstrap(), &arguments).exits(4);
        let words =
            format!("group {group}: it has 1 member ({member} at 127.0.0.1) [group-active]");
        ran.stdout_has(&words);
    }
    assert_eq!(committed(kafka, group, topic), before);
}

#[test]
fn a_running_consumer_notices_nothing() {
    let kafka = kafka::single();
    let topic = filled(kafka, "running", &[10]);
    for protocol in kafka::protocols() {
        let group = kafka::topic_name("running");
        commit(kafka, &group, &topic, &[Committed::at(4)]);
        let watched = Watched::start(&kafka.bootstrap(), &group, &topic, protocol);
        let before = watched.rebalances();
        is_left_alone(kafka, &group, &topic, "watched");
        std::thread::sleep(Duration::from_secs(4));
        assert_eq!(watched.rebalances(), before, "{protocol}");
        drop(watched);
        let program = Program::new();
        let arguments = [
            &group,
            "--topic",
            &topic,
            "--to",
            "1",
            "--yes",
            "--wait-empty",
            "1m",
        ];
        reset(&program, &kafka.bootstrap(), &arguments).exits(0);
        assert_eq!(offsets(kafka, &group, &topic), [1]);
    }
}

/// Apache's console consumer; ends when dropped.
struct Console {
    child: Child,
    log: tempfile::NamedTempFile,
}

impl Console {
    fn start(kafka: &Kafka, group: &str, topic: &str, protocol: &str) -> Self {
        let log = tempfile::NamedTempFile::new().unwrap();
        let both: File = log.reopen().unwrap();
        let jvm = ["-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"];
        let main_class = "org.apache.kafka.tools.consumer.ConsoleConsumer";
        let child = kafka::artefacts(DEFAULT_VERSION)
            .command(jvm, main_class)
            .args(["--bootstrap-server", &kafka.bootstrap(), "--topic", topic])
            .args(["--group", group, "--command-property"])
            .arg(format!("group.protocol={protocol}"))
            .args(["--command-property", "client.id=console"])
            .args(["--command-property", "enable.auto.commit=false"])
            .stdin(Stdio::null())
            .stdout(both.try_clone().unwrap())
            .stderr(both)
            .spawn()
            .unwrap();
        let console = Self { child, log };
        let deadline = Instant::now() + Duration::from_mins(1);
        while console.rebalances() == 0 {
            assert!(Instant::now() < deadline, "{}", console.said());
            std::thread::sleep(Duration::from_millis(100));
        }
        console
    }

    fn said(&self) -> String {
        std::fs::read_to_string(self.log.path()).unwrap()
    }

    /// The number of assignments that it logged.
    fn rebalances(&self) -> usize {
        let said = self.said();
        let is_told = |line: &&str| line.contains("ssigned partitions:");
        said.lines().filter(is_told).count()
    }
}

impl Drop for Console {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn apaches_console_consumer_notices_nothing_either() {
    let kafka = kafka::single();
    let topic = filled(kafka, "console", &[10]);
    for protocol in kafka::protocols() {
        let group = kafka::topic_name("console");
        commit(kafka, &group, &topic, &[Committed::at(4)]);
        let console = Console::start(kafka, &group, &topic, protocol);
        let before = console.rebalances();
        is_left_alone(kafka, &group, &topic, "console");
        std::thread::sleep(Duration::from_secs(4));
        assert_eq!(console.rebalances(), before, "{}", console.said());
    }
}

#[test]
fn a_consumer_that_joins_between_the_look_and_the_write_is_the_brokers_refusal() {
    let kafka = kafka::single();
    let topic = filled(kafka, "joins", &[10]);
    let group = kafka::topic_name("joins");
    commit(kafka, &group, &topic, &[Committed::at(4)]);
    let proxy = kafka.proxy();
    proxy.on(api::OFFSET_COMMIT, 1, Action::Delay(Duration::from_secs(6)));
    let program = Program::new();
    let arguments = [
        "reset-offsets",
        &group,
        "--topic",
        &topic,
        "--to",
        "1",
        "--yes",
        "-b",
    ];
    let mut command = program.command(&arguments);
    let running = command.arg(proxy.bootstrap()).spawn().unwrap();
    let deadline = Instant::now() + Duration::from_secs(20);
    while proxy.count(api::OFFSET_COMMIT) == 0 {
        assert!(Instant::now() < deadline);
        std::thread::sleep(Duration::from_millis(10));
    }
    let watched = Watched::start(&kafka.bootstrap(), &group, &topic, "classic");
    let ran = finish(running).exits(4);
    let words =
        "refused  UNKNOWN_MEMBER_ID: the group has members now: a consumer joined meanwhile\n";
    ran.stdout_has(words);
    assert_eq!(proxy.count(api::OFFSET_COMMIT), 1);
    assert_eq!(offsets(kafka, &group, &topic), [4]);
    drop(watched);
}
