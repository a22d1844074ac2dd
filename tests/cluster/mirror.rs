//! `mirror` between two real clusters: every byte, no record lost or copied back, groups that
//! continue.

use std::process::{Child, Command};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use rdkafka::config::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::message::Message;
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};
use tonkafka::cluster::live::LiveCluster;
use tonkafka::cluster::writer::{Compression, WriterSettings};
use tonkafka::cluster::{Answer, Cluster, OffsetSpec};
use tonkafka::model::group::Committed as Commit;
use tonkafka::model::measure::TopicPartition;
use tonkafka::model::record::Record;

use super::contract_writer::records;
use super::restore::committed;
use crate::program::{Program, Ran, finish};
use crate::support::apache;
use crate::support::content::{digest, messy, taken};
use crate::support::kafka::{self, Kafka};
use crate::support::live::{commit, connect, create, end, new_topic, runtime};
use crate::support::proxy::{Action, Proxy, api};

const HEADER: &[u8] = b"tonkafka-mirror";

/// The source offset of a mirrored record, and the original record.
fn unstamped(mut record: Record) -> (i64, Record) {
    let header = record.headers.pop().unwrap();
    assert_eq!(header.name, HEADER);
    let value = String::from_utf8(header.value.unwrap().to_vec()).unwrap();
    let origin = value.rsplit('/').next().unwrap().parse().unwrap();
    record.offset = origin;
    (origin, record)
}

/// The source's records in a partition of the target, in order.
pub(super) async fn mirrored(target: &LiveCluster, key: &TopicPartition) -> Vec<Record> {
    let records = taken(target, key).await.into_iter();
    records.map(|record| unstamped(record).1).collect()
}

pub(super) fn arguments<'a>(from: &'a str, to: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    let fixed = [
        "mirror",
        "--from-bootstrap-server",
        from,
        "--to-bootstrap-server",
        to,
        "--yes",
    ];
    [&fixed[..], more].concat()
}

/// The next record that a consumer of a group is given.
fn consumed(bootstrap: &str, group: &str, topic: &str) -> (i32, i64) {
    let consumer: BaseConsumer = ClientConfig::new()
        .set("bootstrap.servers", bootstrap)
        .set("group.id", group)
        .set("enable.auto.commit", "false")
        .set("auto.offset.reset", "error")
        .create()
        .unwrap();
    consumer.subscribe(&[topic]).unwrap();
    let deadline = Instant::now() + Duration::from_mins(1);
    loop {
        assert!(Instant::now() < deadline, "{group} was given nothing");
        // A partition without a commit is reported as an error.
        if let Some(Ok(message)) = consumer.poll(Duration::from_millis(200)) {
            return (message.partition(), message.offset());
        }
    }
}

#[test]
fn everything_goes_over_and_nothing_comes_back() {
    let (from, into) = (kafka::single(), kafka::fresh(1, &[]));
    runtime().block_on(async {
        let source = connect(&from.bootstrap()).await;
        let target = connect(&into.bootstrap()).await;
        let topic = kafka::topic_name("mirrored");
        messy(&source, &from.bootstrap(), &topic).await;
        let groups = [(0, 1_234), (1, 2_520), (1, 2_560)].map(|(partition, offset)| {
            let group = format!("{topic}-{partition}-{offset}");
            (group, TopicPartition::new(topic.clone(), partition), offset)
        });
        for (group, partition, offset) in &groups {
            commit(&source, group, &[(partition.clone(), Commit::at(*offset))]).await;
        }
        let program = Program::new();
        let (a, b) = (from.bootstrap(), into.bootstrap());
        let more = [topic.as_str(), "--once", "--groups"];
        let ran = program.run(&arguments(&a, &b, &more)).exits(0);
        ran.stdout_has("copied 5101 records");
        for index in [0, 1] {
            let key = TopicPartition::new(topic.clone(), index);
            let before = taken(&source, &key).await;
            let after = mirrored(&target, &key).await;
            let offsets = |records: &[Record]| -> Vec<i64> {
                records.iter().map(|record| record.offset).collect()
            };
            assert_eq!(offsets(&after), offsets(&before));
            assert_eq!(digest(&after), digest(&before));
        }
        for (group, partition, offset) in &groups {
            let before = taken(&source, partition).await;
            let expected = before.iter().find(|one| one.offset >= *offset).unwrap();
            let (partition, at) = consumed(&b, group, &topic);
            let key = TopicPartition::new(topic.clone(), partition);
            assert_eq!(at, committed(&target, group, &key).await.offset);
            let after = taken(&target, &key).await;
            let given = after.into_iter().find(|one| one.offset == at).unwrap();
            assert_eq!(unstamped(given).1.offset, expected.offset);
        }
        for more in [&["--once"][..], &["--once", "--exactly-once"]] {
            let more = [&[topic.as_str()], more].concat();
            let ran = program.run(&arguments(&a, &b, &more)).exits(0);
            ran.stdout_has("copied 0 records");
        }
        let before = end(&source, &TopicPartition::new(topic.clone(), 1)).await;
        let more = [topic.as_str(), "--once", "--append"];
        let ran = program.run(&arguments(&b, &a, &more)).exits(0);
        ran.stdout_has("left out 5101 records");
        assert_eq!(
            end(&source, &TopicPartition::new(topic.clone(), 1)).await,
            before
        );
    });
}

/// The commit of a group in a topic's only partition.
async fn group_at(cluster: &LiveCluster, group: &str, topic: &str) -> i64 {
    committed(cluster, group, &TopicPartition::new(topic, 0))
        .await
        .offset
}

#[test]
fn groups_that_come_back_or_go_both_ways_skip_nothing() {
    let (from, into) = (kafka::single(), kafka::fresh(1, &[]));
    runtime().block_on(async {
        let east = connect(&from.bootstrap()).await;
        let west = connect(&into.bootstrap()).await;
        let (e, w) = (from.bootstrap(), into.bootstrap());
        let program = Program::new();
        let once = |from: &str, to: &str, more: &[&str]| {
            let more = [&["--once"], more].concat();
            program.run(&arguments(from, to, &more)).exits(0);
        };
        let topic = kafka::topic_name("back");
        let key = TopicPartition::new(topic.clone(), 0);
        create(&east, &[new_topic(&topic, 1, &[])]).await;
        put(&east, &key, recent(0, 50)).await;
        let app = format!("{topic}-app");
        let groups = format!("--groups={app}");
        commit(&east, &app, &[(key.clone(), Commit::at(5))]).await;
        once(&e, &w, &[&topic, &groups]);
        assert_eq!(group_at(&west, &app, &topic).await, 5);
        commit(&west, &app, &[(key.clone(), Commit::at(20))]).await;
        put(&west, &key, recent(50, 10)).await;
        once(&w, &e, &[&topic, &groups, "--append"]);
        assert_eq!(end(&east, &key).await, 60);
        assert_eq!(group_at(&east, &app, &topic).await, 20);

        let topic = kafka::topic_name("both-ways");
        let key = TopicPartition::new(topic.clone(), 0);
        let (gb, gc) = (format!("{topic}-gb"), format!("{topic}-gc"));
        let groups = format!("--groups={gb},{gc}");
        for (cluster, count, group, at) in [(&east, 50, &gb, 20), (&west, 30, &gc, 10)] {
            create(cluster, &[new_topic(&topic, 1, &[])]).await;
            put(cluster, &key, recent(0, count)).await;
            commit(cluster, group, &[(key.clone(), Commit::at(at))]).await;
        }
        for _ in 0..2 {
            once(&e, &w, &[&topic, &groups, "--append"]);
            once(&w, &e, &[&topic, &groups, "--append"]);
            assert_eq!(group_at(&east, &gb, &topic).await, 20);
            assert_eq!(group_at(&west, &gc, &topic).await, 10);
            // Neither group has read records of the other side.
            assert_eq!(group_at(&west, &gb, &topic).await, 0);
            assert_eq!(group_at(&east, &gc, &topic).await, 0);
        }
    });
}

#[test]
fn records_that_are_there_are_not_nothing_when_the_target_stays_away() {
    let (from, into) = (kafka::single(), kafka::fresh(1, &[]));
    let proxy = into.proxy();
    runtime().block_on(async {
        let source = connect(&from.bootstrap()).await;
        let target = connect(&into.bootstrap()).await;
        let (a, b) = (from.bootstrap(), proxy.bootstrap());
        // The answer about the records is lost, and then the brokers are silent.
        for (api, more) in [(api::PRODUCE, None), (api::END_TXN, Some("--exactly-once"))] {
            let topic = kafka::topic_name("away");
            create(&source, &[new_topic(&topic, 1, &[("retention.ms", "-1")])]).await;
            let key = TopicPartition::new(topic.clone(), 0);
            let mut writer = source.writer(WriterSettings::default()).await.unwrap();
            writer.write(&key, records(0, 100)).await.unwrap();
            writer.flush().await.unwrap();
            let program = Program::new();
            let mut more: Vec<&str> = more.into_iter().collect();
            more.extend([topic.as_str(), "--once"]);
            let whole = arguments(&a, &b, &more);
            let short = [&whole[..], &["--timeout", "4s", "--patience", "5s"]].concat();
            proxy.reset();
            proxy.on(api, 1, Action::Swallow);
            let child = program.command(&short).spawn().unwrap();
            let mirror = Running(Some(child));
            let deadline = Instant::now() + Duration::from_mins(1);
            while proxy.count(api) < 1 || taken_if_there(&target, &key).await < 100 {
                assert!(Instant::now() < deadline, "nothing is copied");
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            proxy.black_hole();
            let ran = mirror.finish().exits(6);
            let said = ", between 0 and 100 records are copied\n";
            ran.stderr_has(said);
            proxy.reset();
            proxy.cut_all();
            let ran = program.run(&whole).exits(0);
            ran.stdout_has("copied 0 records from");
            assert_eq!(mirrored(&target, &key).await.len(), 100);
        }
    });
}

/// The number of committed records of a partition; 0 if the partition does not exist.
async fn taken_if_there(cluster: &LiveCluster, key: &TopicPartition) -> usize {
    match end_if_told(cluster, key).await {
        Some(_) => taken(cluster, key).await.len(),
        None => 0,
    }
}

/// A running mirror; killed when dropped.
struct Running(Option<Child>);

impl Running {
    /// Kills it.
    fn kill(&mut self) {
        if let Some(mut child) = self.0.take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }

    /// Waits for its end.
    fn finish(mut self) -> Ran {
        finish(self.0.take().unwrap())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Stops the producer when dropped.
struct Over<'a>(&'a AtomicBool);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

/// Writes numbered records to topics until it is stopped.
fn produce(bootstrap: &str, topics: &[&str], is_over: &AtomicBool) {
    let producer: BaseProducer = ClientConfig::new()
        .set("bootstrap.servers", bootstrap)
        .set("enable.idempotence", "true")
        .set("message.timeout.ms", "120000")
        .set("linger.ms", "5")
        .create()
        .unwrap();
    let mut number = 0;
    while !is_over.load(Ordering::SeqCst) {
        for topic in topics {
            for _ in 0..20 {
                number += 1;
                let (key, value) = (format!("{number}"), format!("value {number}"));
                let record = BaseRecord::to(topic)
                    .partition(number % 2)
                    .key(&key)
                    .payload(&value);
                // A full queue waits for a broker.
                let _ = producer.send(record);
            }
        }
        producer.poll(Duration::from_millis(10));
    }
    producer.flush(Duration::from_mins(2)).unwrap();
}

/// The end offset of a partition; none if a newly started broker does not know it yet.
async fn end_if_told(cluster: &LiveCluster, key: &TopicPartition) -> Option<i64> {
    let asked = std::slice::from_ref(key);
    let found = cluster.list_offsets(asked, OffsetSpec::Latest).await;
    found.unwrap().remove(key)?.value().copied().flatten()
}

/// Waits for more records at the target.
async fn grows(kafka: &Kafka, topics: &[&str]) {
    let target = connect(&kafka.bootstrap()).await;
    for topic in topics {
        let key = TopicPartition::new(*topic, 0);
        let deadline = Instant::now() + Duration::from_mins(2);
        let mut before = None;
        loop {
            assert!(Instant::now() < deadline, "{topic} does not grow");
            let end = end_if_told(&target, &key).await;
            if end.is_some_and(|end| end >= *before.get_or_insert(end) + 100) {
                break;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

#[test]
fn restarts_of_either_side_and_kills_lose_nothing() {
    let (from, into) = (kafka::fresh(1, &[]), kafka::fresh(1, &[]));
    let (plain, exact) = ("plain", "exact");
    let topics = [plain, exact];
    let (a, b) = (from.bootstrap(), into.bootstrap());
    let program = Program::new();
    let start = |topic: &'static str| -> Running {
        let more = match topic {
            "exact" => vec![topic, "--exactly-once"],
            _ => vec![topic],
        };
        let child = program.command(&arguments(&a, &b, &more)).spawn();
        Running(Some(child.unwrap()))
    };
    let runtime = runtime();
    let source = runtime.block_on(connect(&a));
    let both = topics.map(|topic| new_topic(topic, 2, &[]));
    runtime.block_on(create(&source, &both));
    let is_over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let producer = scope.spawn(|| produce(&a, &topics, &is_over));
        let over = Over(&is_over);
        let mut mirrors = topics.map(start);
        runtime.block_on(async {
            let target = connect(&b).await;
            for topic in topics {
                let deadline = Instant::now() + Duration::from_mins(1);
                while is_missing(&target, topic).await {
                    assert!(Instant::now() < deadline, "{topic} was not made");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            }
            grows(&into, &topics).await;
        });
        from.stop_broker(1);
        std::thread::sleep(Duration::from_secs(1));
        from.start_broker(1);
        runtime.block_on(grows(&into, &topics));
        into.stop_broker(1);
        std::thread::sleep(Duration::from_secs(1));
        into.start_broker(1);
        runtime.block_on(grows(&into, &topics));
        for _ in 0..3 {
            for (mirror, topic) in mirrors.iter_mut().zip(topics) {
                mirror.kill();
                *mirror = start(topic);
            }
            runtime.block_on(grows(&into, &topics));
        }
        // A second mirror of the same topics fences the first.
        let [_, shut_out] = &mut mirrors;
        let shut_out = std::mem::replace(shut_out, start(exact));
        let ran = shut_out.finish().exits(8);
        ran.stderr_has("another mirror");
        runtime.block_on(grows(&into, &topics));
        drop(over);
        producer.join().unwrap();
        for mirror in mirrors {
            let pid = mirror.0.as_ref().unwrap().id().to_string();
            let sent = Command::new("kill").args(["-INT", &pid]).status().unwrap();
            assert!(sent.success());
            let ran = mirror.finish().exits(0);
            ran.stdout_has("copied ");
        }
    });
    runtime.block_on(async {
        let source = connect(&a).await;
        let target = connect(&b).await;
        for topic in topics {
            let more = match topic {
                "exact" => vec![topic, "--once", "--exactly-once"],
                _ => vec![topic, "--once"],
            };
            program.run(&arguments(&a, &b, &more)).exits(0);
            for index in [0, 1] {
                let key = TopicPartition::new(topic, index);
                let before = taken(&source, &key).await;
                let mut after = mirrored(&target, &key).await;
                assert!(before.len() > 500, "{}", before.len());
                if topic == plain {
                    // At least once: records in flight when it was killed may be there twice.
                    after.sort_by_key(|record| record.offset);
                    after.dedup_by_key(|record| record.offset);
                }
                assert_eq!(after.len(), before.len());
                assert!(after == before, "{topic}-{index}");
            }
        }
    });
}

/// Records that are recent.
pub(super) fn recent(from: i64, count: i64) -> Vec<Record> {
    let now = jiff::Timestamp::now().as_millisecond();
    let records = records(from, count).into_iter();
    let records = records.map(|record| Record {
        timestamp: now - 1_000,
        ..record
    });
    records.collect()
}

/// Writes records to a partition, uncompressed.
pub(super) async fn put(cluster: &LiveCluster, key: &TopicPartition, records: Vec<Record>) {
    let settings = WriterSettings {
        compression: Compression::None,
        ..WriterSettings::default()
    };
    let mut writer = cluster.writer(settings).await.unwrap();
    writer.write(key, records).await.unwrap();
    writer.flush().await.unwrap();
}

/// Starts a mirror, and kills it after this many produce requests, none of which arrived.
fn killed(program: &Program, proxy: &Proxy<'_>, arguments: &[&str], requests: usize) {
    proxy.reset();
    proxy.on(api::PRODUCE, 1, Action::BlackHole);
    let mut running = Running(Some(program.command(arguments).spawn().unwrap()));
    let deadline = Instant::now() + Duration::from_mins(1);
    while proxy.count(api::PRODUCE) < requests {
        assert!(Instant::now() < deadline, "nothing was written");
        let child = running.0.as_mut().unwrap();
        assert_eq!(child.try_wait().unwrap(), None);
        std::thread::sleep(Duration::from_millis(2));
    }
    running.kill();
    proxy.reset();
}

#[test]
fn a_mirror_that_is_killed_before_its_first_record_goes_on_and_copies_each_once() {
    let (from, into) = (kafka::single(), kafka::fresh(1, &[]));
    let proxy = into.proxy();
    runtime().block_on(async {
        let source = connect(&from.bootstrap()).await;
        let target = connect(&into.bootstrap()).await;
        let topic = kafka::topic_name("killed-first");
        create(&source, &[new_topic(&topic, 1, &[])]).await;
        let key = TopicPartition::new(topic.clone(), 0);
        put(&source, &key, recent(0, 100)).await;
        let program = Program::new();
        let (a, b) = (from.bootstrap(), proxy.bootstrap());
        let more = [topic.as_str(), "--once", "--exactly-once"];
        let arguments = arguments(&a, &b, &more);
        // The second mirror ends the transaction of the first, which leaves a marker and no record.
        for _ in 0..2 {
            killed(&program, &proxy, &arguments, 1);
        }
        assert!(end(&target, &key).await > 0, "no transaction was begun");
        assert_eq!(mirrored(&target, &key).await, []);
        let ran = program.run(&arguments).exits(0);
        ran.stdout_has("copied 100 records");
        assert_eq!(mirrored(&target, &key).await, taken(&source, &key).await);
        let values: Vec<String> = (0..100).map(|at| format!("value {at}")).collect();
        assert_eq!(apache::consumed(&into.admin(), &topic), values);
        // A partition that once had records does not count as empty.
        let emptied = [(key.clone(), end(&target, &key).await)];
        assert_eq!(target.delete_records(&emptied).await, [Answer::Done]);
        let ran = program.run(&arguments).exits(4);
        ran.stdout_has("[target-not-empty]");
    });
}

/// Whether the target does not have a topic yet.
async fn is_missing(target: &LiveCluster, topic: &str) -> bool {
    use tonkafka::cluster::{At, Cluster};
    let names = [topic.to_owned()];
    let found = target.describe_topics(At::AnyBroker, &names).await.unwrap();
    found[topic].value().is_none()
}
