//! `reset-offsets` on real Kafka, beside Apache's `ConsumerGroupCommand` on the same data.

use std::collections::BTreeMap;
use std::fs::File;
use std::process::{Child, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use rdkafka::client::ClientContext;
use rdkafka::config::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer, ConsumerContext, Rebalance};
use tonkafka::cluster::groups::Groups;
use tonkafka::cluster::{Answer, Cluster};
use tonkafka::local::artefacts::DEFAULT_VERSION;
use tonkafka::model::group::Committed;

use crate::program::{Program, Ran, finish};
use crate::support::apache;
use crate::support::kafka::{self, Kafka};
use crate::support::live::{connect, runtime};
use crate::support::offsets::{commit, committed, filled};
use crate::support::proxy::{Action, api};

fn offsets(kafka: &Kafka, group: &str, topic: &str) -> Vec<i64> {
    let commits = committed(kafka, group, topic);
    commits.values().map(|one| one.offset).collect()
}

fn reset(program: &Program, at: &str, arguments: &[&str]) -> Ran {
    program.run(&[&["reset-offsets", "-b", at], arguments].concat())
}

/// What `--dry-run -o json` plans for each partition.
fn planned(ran: &Ran) -> BTreeMap<i64, i64> {
    let plan = ran.json();
    let steps = plan["steps"].as_array().unwrap().iter();
    let moved = steps.map(|step| {
        let partition = step["resource"]["partition"].as_i64().unwrap();
        let after = step["action"]["after"]["offset"].as_i64().unwrap();
        (partition, after)
    });
    let stays = plan["unmoved"].as_array().cloned().unwrap_or_default();
    let stays: Vec<(i64, i64)> = stays
        .iter()
        .map(|one| {
            let offset = one["committed"].as_i64().unwrap();
            (one["partition"].as_i64().unwrap(), offset)
        })
        .collect();
    moved.chain(stays).collect()
}

/// The rows `GROUP TOPIC PARTITION NEW-OFFSET` of Apache's tool.
fn theirs(kafka: &Kafka, group: &str, topic: &str, arguments: &[&str]) -> BTreeMap<i64, i64> {
    let common = ["--reset-offsets", "--dry-run", "--group", group];
    let said = apache::consumer_groups(&kafka.admin(), &[&common[..], arguments].concat()).ok();
    said.lines()
        .map(|line| line.split_whitespace().collect::<Vec<_>>())
        .filter(|cells| cells.len() == 4 && cells[1] == topic)
        .map(|cells| (cells[2].parse().unwrap(), cells[3].parse().unwrap()))
        .collect()
}

#[test]
fn every_position_is_where_apaches_tool_goes() {
    let kafka = kafka::single();
    let topic = filled(kafka, "positions", &[40, 20, 0]);
    let (group, other) = (kafka::topic_name("mover"), kafka::topic_name("other"));
    commit(kafka, &group, &topic, &[10, 15, 0].map(Committed::at));
    commit(kafka, &other, &topic, &[7, 8, 0].map(Committed::at));
    let program = Program::new();
    let file = program.write("offsets.csv", &format!("{topic},0,3\n{topic},1,4\n"));
    let file = file.to_str().unwrap();
    let at = kafka.bootstrap();
    let named = ["--topic", topic.as_str()];
    for (to, apache) in [
        ("earliest", &["--to-earliest"][..]),
        ("latest", &["--to-latest"]),
        ("current", &["--to-current"]),
        ("0", &["--to-offset", "0"]),
        ("+5", &["--shift-by", "5"]),
        ("-5", &["--shift-by", "-5"]),
        (
            "2023-11-14T22:00:05Z",
            &["--to-datetime", "2023-11-14T22:00:05.000Z"],
        ),
        (
            "2023-11-14T23:00:05.001+01:00",
            &["--to-datetime", "2023-11-14T22:00:05.001Z"],
        ),
        ("file:offsets.csv", &["--from-file", file]),
    ] {
        let is_file = to.starts_with("file:");
        // Apache's tool moves to the nearest offset that there is, without being asked.
        let flags = ["--dry-run", "--allow-skip", "--clamp", "-o", "json"];
        let arguments = [&[group.as_str()], &named[..], &["--to", to], &flags].concat();
        let ours = planned(&reset(&program, &at, &arguments).exits(0));
        let scope = if is_file { &[][..] } else { &named };
        let theirs = theirs(kafka, &group, &topic, &[scope, apache].concat());
        assert_eq!(ours, theirs, "{to}");
        assert_eq!(ours.len(), if is_file { 2 } else { 3 });
    }
    let like = format!("group:{other}");
    let arguments = [&group, "--to", &like, "--dry-run", "-o", "json"];
    let ours = planned(&reset(&program, &at, &arguments).exits(0));
    assert_eq!(ours, BTreeMap::from([(0, 7), (1, 8), (2, 0)]));
    assert_eq!(offsets(kafka, &group, &topic), [10, 15, 0]);
}

#[test]
fn where_apaches_tool_misleads_there_is_a_word_and_a_code() {
    let kafka = kafka::single();
    let topic = filled(kafka, "misled", &[10]);
    let group = kafka::topic_name("misled");
    commit(kafka, &group, &topic, &[Committed::at(4)]);
    let program = Program::new();
    let at = kafka.bootstrap();
    let refused = |to: &str, code: &str| {
        let arguments = [&group, "--topic", &topic, "--to", to, "--yes"];
        let ran = reset(&program, &at, &arguments).exits(4);
        ran.stdout_has(&format!("[{code}]"));
        ran
    };
    let named = ["--topic", topic.as_str()];
    let theirs =
        |arguments: &[&str]| theirs(kafka, &group, &topic, &[&named[..], arguments].concat());
    // A time after the last record: it goes to the end and skips everything.
    let later = ["--to-datetime", "2024-01-01T00:00:00.000Z"];
    assert_eq!(theirs(&later), BTreeMap::from([(0, 10)]));
    refused("2024-01-01T00:00:00Z", "future-time");
    // An offset that is not there: it takes another one.
    assert_eq!(theirs(&["--to-offset", "500"]), BTreeMap::from([(0, 10)]));
    let ran = refused("500", "outside-log");
    let words = format!("outside of the log: {topic}-0 (500; the log has 0 to 10)");
    ran.stdout_has(&words);
    // A group that is not there: it is created.
    let typo = format!("{group}x");
    let create = [
        "--reset-offsets",
        "--group",
        &typo,
        "--topic",
        &topic,
        "--to-earliest",
        "--execute",
    ];
    apache::consumer_groups(&kafka.admin(), &create).ok();
    assert_eq!(offsets(kafka, &typo, &topic), [0]);
    let missing = format!("{group}y");
    let arguments = [missing.as_str(), "--topic", &topic, "--to", "0", "--yes"];
    let ran = reset(&program, &at, &arguments).exits(4);
    let hint = format!("hint: did you mean `{group}");
    ran.stdout_has(&hint);
    assert!(!apache::groups(&kafka.admin()).contains(&missing));
    // A partition without a commit: a shift of the others fails as well.
    let wide = filled(kafka, "half", &[5, 5]);
    commit(kafka, &group, &wide, &[Committed::at(2)]);
    let shift = [
        "--reset-offsets",
        "--group",
        &group,
        "--topic",
        &wide,
        "--shift-by",
        "1",
        "--dry-run",
    ];
    assert!(!apache::consumer_groups(&kafka.admin(), &shift).success);
    let arguments = [&group, "--topic", &wide, "--to", "-1", "--dry-run"];
    let ran = reset(&program, &at, &arguments).exits(4);
    let words =
        format!("it committed nothing for {wide} (partition 1), so there is nothing to shift");
    ran.stdout_has(&words);
    assert_eq!(offsets(kafka, &group, &topic), [4]);
}

/// Counts what its consumer is told of rebalances.
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

/// Looks at a group with members and tries to move it: both say who is in it, and nothing changes.
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

    /// How often it says that it was given partitions.
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

#[test]
fn the_answer_to_a_commit_is_lost_and_read_back() {
    let kafka = kafka::single();
    let topic = filled(kafka, "lost", &[10, 10]);
    let group = kafka::topic_name("lost");
    commit(kafka, &group, &topic, &[4, 5].map(Committed::at));
    let proxy = kafka.proxy();
    proxy.on(api::OFFSET_COMMIT, 1, Action::SwallowAndCut);
    let program = Program::new();
    let arguments = [&group, "--topic", &topic, "--to", "1", "--yes"];
    let ran = reset(&program, &proxy.bootstrap(), &arguments).exits(0);
    ran.stdout_ends("apply: 2 done and verified\n");
    assert_eq!(proxy.count(api::OFFSET_COMMIT), 1);
    assert_eq!(offsets(kafka, &group, &topic), [1, 1]);
}

#[test]
fn what_was_before_comes_back_with_its_metadata_once() {
    let kafka = kafka::single();
    let topic = filled(kafka, "undone", &[10, 10]);
    let group = kafka::topic_name("undone");
    let rich = Committed {
        offset: 4,
        leader_epoch: Some(0),
        metadata: "partition time 17".into(),
    };
    commit(kafka, &group, &topic, &[rich, Committed::at(5)]);
    let before = committed(kafka, &group, &topic);
    let program = Program::new();
    let at = kafka.bootstrap();
    let back = [group.as_str(), "--topic", &topic, "--to", "1", "--yes"];
    reset(&program, &at, &back).exits(0);
    let moved = committed(kafka, &group, &topic);
    assert_eq!(
        (moved[&0].offset, moved[&0].metadata.as_str()),
        (1, "partition time 17")
    );
    reset(&program, &at, &["undo", "--yes"]).exits(0);
    assert_eq!(committed(kafka, &group, &topic), before);
    reset(&program, &at, &["undo", "--yes"]).exits(4);
    assert_eq!(committed(kafka, &group, &topic), before);

    reset(&program, &at, &back).exits(0);
    commit(kafka, &group, &topic, &[Committed::at(2)]);
    let ran = reset(&program, &at, &["undo", "--yes"]).exits(4);
    ran.stdout_has("[commits-moved]");
    assert_eq!(offsets(kafka, &group, &topic), [2, 1]);
}

#[test]
fn records_that_are_gone_are_told_in_the_plan() {
    let kafka = kafka::single();
    let topic = filled(kafka, "gone", &[10]);
    let group = kafka::topic_name("gone");
    commit(kafka, &group, &topic, &[Committed::at(3)]);
    runtime().block_on(async {
        let cluster = connect(&kafka.bootstrap()).await;
        let before = [((topic.clone(), 0), 8)];
        assert_eq!(cluster.delete_records(&before).await, [Answer::Done]);
    });
    let program = Program::new();
    let arguments = [&group, "--topic", &topic, "--to", "earliest", "--dry-run"];
    let ran = reset(&program, &kafka.bootstrap(), &arguments).exits(0);
    ran.stdout_has(", 5 lost already");
    ran.stdout_has("(replay 0, skip 0)");
}

#[test]
fn a_coordinator_that_is_gone_keeps_everything_from_being_written() {
    let kafka = kafka::fresh(
        3,
        &[
            ("offsets.topic.num.partitions", "3"),
            ("offsets.topic.replication.factor", "1"),
        ],
    );
    let topic = kafka::topic_name("coordinated");
    let create = [
        "--create",
        "--topic",
        &topic,
        "--partitions",
        "1",
        "--replication-factor",
        "3",
    ];
    apache::topics(&kafka.admin(), &create).ok();
    let groups: Vec<String> = (0..9).map(|n| format!("coordinated-{n}")).collect();
    for group in &groups {
        commit(&kafka, group, &topic, &[Committed::at(0)]);
    }
    let coordinators: BTreeMap<String, i32> = runtime().block_on(async {
        let cluster = connect(&kafka.bootstrap()).await;
        let listed = cluster.list_groups().await.unwrap();
        let groups = listed.groups.into_values();
        groups.map(|group| (group.id, group.coordinator)).collect()
    });
    let of = |wanted: &dyn Fn(i32) -> bool| {
        let found = coordinators.iter().find(|(_, broker)| wanted(**broker));
        found.map(|(id, broker)| (id.clone(), *broker)).unwrap()
    };
    let (lost, broker) = of(&|_| true);
    let (kept, _) = of(&|other| other != broker);
    kafka.kill_broker(broker);
    let program = Program::new();
    let others: Vec<String> = kafka
        .bootstrap()
        .split(',')
        .zip(1..)
        .filter(|(_, id)| *id != broker)
        .map(|(address, _)| address.to_owned())
        .collect();
    let both = [
        &kept,
        &lost,
        "--topic",
        &topic,
        "--to",
        "0",
        "--yes",
        "--timeout",
        "20s",
    ];
    let ran = reset(&program, &others.join(","), &both).exits(7);
    let words = format!("  group {lost}: it cannot be read: ");
    ran.stdout_has(&words);
    let history = reset(&program, &others.join(","), &["history"]).exits(0);
    assert_eq!(history.stdout, "nothing was moved from this machine\n");
}
