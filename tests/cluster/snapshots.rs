//! `snapshot create` on real Kafka, compared with librdkafka.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rdkafka::producer::Producer;
use tonkafka::cluster::Cluster;
use tonkafka::cluster::reader::Span;
use tonkafka::cluster::writer::WriterSettings;
use tonkafka::model::group::Committed;
use tonkafka::model::measure::TopicPartition;
use tonkafka::model::record::{Header, Record};
use tonkafka::snapshot::{GroupOffsets, Reader as Snapshot, SnapshotGapReason, verify};

use crate::program::{Program, Ran, finish};
use crate::support::apache;
use crate::support::kafka::{self, Kafka};
use crate::support::live::{self, connect, runtime};
use crate::support::reader::Reader;
use crate::support::records::{Told, assert_same, create, producer, send, told, witness};

const PATIENCE: Duration = Duration::from_secs(20);

#[test]
fn a_snapshot_holds_each_record_and_tells_what_is_missing() {
    let kafka = kafka::single();
    let topic = create("taken", 3, &["retention.ms=-1"]);
    let bootstrap = kafka.bootstrap();
    for codec in ["none", "gzip", "snappy", "lz4", "zstd"] {
        let id = kafka::topic_name(codec);
        let settings = [("compression.type", codec), ("transactional.id", &*id)];
        let producer = producer(&bootstrap, &settings);
        producer.init_transactions(PATIENCE).unwrap();
        for commits in [true, false, true] {
            producer.begin_transaction().unwrap();
            for number in 0..210 {
                send(&producer, &topic, number % 3, number, codec);
            }
            producer.flush(PATIENCE).unwrap();
            if commits {
                producer.commit_transaction(PATIENCE).unwrap();
            } else {
                producer.abort_transaction(PATIENCE).unwrap();
            }
        }
    }
    let group = kafka::topic_name("taken-group");
    runtime().block_on(async {
        let cluster = connect(&bootstrap).await;
        let commit = Committed {
            offset: 100,
            leader_epoch: Some(0),
            metadata: "half".to_owned(),
        };
        let commits = [(TopicPartition::new(topic.clone(), 1), commit)];
        live::commit(&cluster, &group, &commits).await;
    });

    let program = Program::new();
    let ran = program.run(&["snapshot", "create", &topic, "--out", ".", "-b", &bootstrap]);
    let ran = ran.exits(0);
    ran.stdout_starts(&format!("./{topic}.snapshot is written\n"));
    let snapshot = open(&program.path().join(format!("{topic}.snapshot")));
    assert_eq!(snapshot.records(), 5 * 420);
    for (ordinal, (_, range)) in snapshot.header().partitions().enumerate() {
        let span = Span::new(
            TopicPartition::new(topic.clone(), range.partition),
            0,
            Some(range.to),
        );
        // Fifteen transactions end with a marker, the last with a commit.
        assert_eq!((range.from, range.to), (0, 5 * (210 + 3)));
        let records = records(&snapshot, ordinal);
        assert_same(
            &told(&records),
            &witness(&bootstrap, &span, "read_committed"),
        );
        let missing = snapshot.summaries()[ordinal].missing;
        assert_eq!(
            missing[SnapshotGapReason::Transactions.place()],
            5 * (70 + 3)
        );
        assert_eq!(missing.iter().sum::<u64>(), 5 * (70 + 3));
    }
    let taken: Vec<GroupOffsets> = snapshot.groups().unwrap();
    let taken = taken.into_iter().find(|one| one.group == group).unwrap();
    let [offset] = taken.offsets.as_slice() else {
        panic!("{taken:?}")
    };
    assert_eq!((offset.partition, offset.offset), (1, 100));
    assert_eq!((offset.leader_epoch, &*offset.metadata), (Some(0), "half"));

    let all = [
        "--uncommitted",
        "--no-groups",
        "--out",
        "all",
        "-b",
        &bootstrap,
    ];
    program
        .run(&[&["snapshot", "create", &*topic][..], &all].concat())
        .exits(0);
    let snapshot = open(&program.path().join("all"));
    assert_eq!(snapshot.records(), 5 * 630);
    assert!(snapshot.groups().unwrap().is_empty());

    // Ranges by offset, from the end, and by time.
    let part = format!("{topic}:2");
    for (file, from, to, expected) in [
        ("offsets", "10", "20", 10..20),
        ("shifted", "-20", "-10", 1_045..1_055),
        ("timed", "@1700000000100", "70", 33..70),
    ] {
        let some = ["--from", from, "--to", to, "--out", file, "-b", &bootstrap];
        program
            .run(&[&["snapshot", "create", &*part][..], &some].concat())
            .exits(0);
        let snapshot = open(&program.path().join(file));
        let ranges: Vec<_> = snapshot.header().partitions().collect();
        let [(_, range)] = ranges.as_slice() else {
            panic!("{ranges:?}")
        };
        assert_eq!(
            (range.partition, range.from..range.to),
            (2, expected),
            "{file}"
        );
    }
}

#[test]
fn header_names_that_are_no_text_come_back() {
    let kafka = kafka::single();
    let topic = create("names", 1, &[]);
    let header = |name: &'static [u8], value: Option<&'static [u8]>| Header {
        name: name.into(),
        value: value.map(Into::into),
    };
    let record = Record {
        offset: 0,
        timestamp: 1_700_000_000_000,
        key: None,
        value: Some((&[0_u8, 0xff][..]).into()),
        headers: vec![
            header(&[0xff, 0xfe], Some(&[0])),
            header(&[b'a', 0, b'b'], None),
            header(&[], Some(&[])),
            header(&[0xff, 0xfe], Some(&[1])),
        ],
    };
    runtime().block_on(async {
        let cluster = connect(&kafka.bootstrap()).await;
        let mut writer = cluster.writer(WriterSettings::default()).await.unwrap();
        let key = TopicPartition::new(topic.clone(), 0);
        writer.write(&key, vec![record.clone()]).await.unwrap();
        writer.flush().await.unwrap();
    });
    let program = Program::new();
    let ran = program.run(&[
        "snapshot",
        "create",
        &topic,
        "--out",
        "file",
        "-b",
        &kafka.bootstrap(),
    ]);
    ran.exits(0);
    assert_eq!(records(&open(&program.path().join("file")), 0), [record]);
}

#[test]
fn a_snapshot_that_is_killed_ten_times_has_each_record_once() {
    let kafka = kafka::fresh(1, &[]);
    let bootstrap = kafka.bootstrap();
    let topic = large(&kafka, 1);
    let group = Reader::start(&bootstrap, "working", &topic, &[]);
    let working = Working::start(&bootstrap, &topic);
    let program = Program::new();
    let part = program.path().join("file.part");
    let arguments = [
        "snapshot", "create", &topic, "--out", "file", "-b", &bootstrap,
    ];
    let size = || fs::metadata(&part).map_or(0, |file| file.len());
    let mut kills = 0;
    while kills < 10 {
        let slowly = [&arguments[..], &["--rate-limit", "12MiB"]].concat();
        let mut child = program.command(&slowly).spawn().unwrap();
        // The file grows each time; its records are about 40 MiB compressed.
        let before = size();
        let started = Instant::now();
        while size() <= before && started.elapsed() < PATIENCE {
            assert!(child.try_wait().unwrap().is_none(), "{:?}", finish(child));
            std::thread::sleep(Duration::from_millis(5));
        }
        child.kill().unwrap();
        child.wait().unwrap();
        kills += 1;
    }
    assert!(!program.path().join("file").exists());
    let ran = program.run(&arguments).exits(0);
    ran.stderr_starts("going on with file.part, begun ");
    working.stop();
    drop(group);
    assert!(!part.exists());
    let snapshot = open(&program.path().join("file"));
    assert_complete(&snapshot, &bootstrap, &topic);

    let again = [&arguments[..4], &["file", "-b", &bootstrap]].concat();
    let ran = program.run(&again).exits(4);
    assert_eq!(
        ran.stderr,
        "error: cannot write file: file is there already\n\
         hint: a snapshot is never written over: name another file, or remove this one\n"
    );
}

#[test]
fn a_snapshot_survives_the_death_of_a_broker_and_is_bounded_in_memory() {
    let kafka = kafka::fresh(3, &[]);
    let topic = large(&kafka, 3);
    let bootstrap = kafka.bootstrap();
    // Read before a broker dies, because librdkafka has problems with that.
    let before: Vec<Vec<Told>> = (0..4)
        .map(|partition| {
            let span = Span::new(
                TopicPartition::new(topic.clone(), partition),
                0,
                Some(RECORDS),
            );
            witness(&bootstrap, &span, "read_committed")
        })
        .collect();
    let working = Working::start(&bootstrap, &topic);
    let program = Program::new();
    let part = program.path().join("file.part");
    let arguments = [
        "snapshot", "create", &topic, "--out", "file", "-b", &bootstrap,
    ];
    let slowly = [&arguments[..], &["--rate-limit", "8MiB"]].concat();
    let child = program.command(&slowly).spawn().unwrap();
    let started = Instant::now();
    while fs::metadata(&part).map_or(0, |file| file.len()) < 100_000 {
        assert!(started.elapsed() < PATIENCE, "nothing is written");
        std::thread::sleep(Duration::from_millis(5));
    }
    kafka.kill_broker(2);
    let ran: Ran = finish(child).exits(0);
    working.stop();
    assert!(ran.peak_kib < 150 << 10, "{} KiB", ran.peak_kib);
    let snapshot = open(&program.path().join("file"));
    for (ordinal, (_, range)) in snapshot.header().partitions().enumerate() {
        let records = told(&records(&snapshot, ordinal));
        assert_eq!(i64::try_from(records.len()).unwrap(), range.to);
        assert!(records.iter().map(|one| one.0).eq(0..range.to));
        assert_same(&records[..before[ordinal].len()], &before[ordinal]);
        assert_eq!(i64::try_from(before[ordinal].len()).unwrap(), RECORDS);
    }
}

#[test]
fn tails_without_records_end_a_snapshot_too() {
    let kafka = kafka::single();
    let bootstrap = kafka.bootstrap();
    let topic = create("tails", 2, &[]);
    let id = kafka::topic_name("tails");
    let producer = producer(&bootstrap, &[("transactional.id", &*id)]);
    producer.init_transactions(PATIENCE).unwrap();
    for commits in [true, false] {
        producer.begin_transaction().unwrap();
        for number in 0..10 {
            send(&producer, &topic, number % 2, number, "tail");
        }
        producer.flush(PATIENCE).unwrap();
        if commits {
            producer.commit_transaction(PATIENCE).unwrap();
        } else {
            producer.abort_transaction(PATIENCE).unwrap();
        }
    }
    // Neither records of an open transaction nor those after its start.
    producer.begin_transaction().unwrap();
    send(&producer, &topic, 0, 0, "open");
    producer.flush(PATIENCE).unwrap();
    // Retention deletes the whole other partition.
    runtime().block_on(async {
        let cluster = connect(&bootstrap).await;
        cluster
            .delete_records(&[(TopicPartition::new(topic.clone(), 1), 12)])
            .await;
    });
    let program = Program::new();
    program
        .run(&[
            "snapshot",
            "create",
            &topic,
            "--out",
            "file",
            "-b",
            &bootstrap,
            "--allow-open-transactions",
        ])
        .exits(0);
    let snapshot = open(&program.path().join("file"));
    let ranges: Vec<_> = snapshot.header().partitions().collect();
    assert_eq!((ranges[0].1.from, ranges[0].1.to), (0, 12));
    assert_eq!((ranges[1].1.from, ranges[1].1.to), (12, 12));
    assert_eq!(snapshot.records(), 5);
    assert_eq!(
        snapshot.summaries()[0].missing[SnapshotGapReason::Transactions.place()],
        7
    );
}

/// A finished snapshot that was verified.
fn open(path: &Path) -> Snapshot {
    verify(Snapshot::open(path).unwrap(), || {}).unwrap();
    Snapshot::open(path).unwrap()
}

fn records(snapshot: &Snapshot, ordinal: usize) -> Vec<Record> {
    let blocks = snapshot.partition(ordinal, 0);
    let records = blocks.flat_map(|block| block.unwrap().records().collect::<Vec<_>>());
    records.collect()
}

/// Expects every record up to the end, as librdkafka reads it.
#[track_caller]
fn assert_complete(snapshot: &Snapshot, bootstrap: &str, topic: &str) {
    for (ordinal, (_, range)) in snapshot.header().partitions().enumerate() {
        assert!(range.from == 0 && range.to >= RECORDS, "{range:?}");
        let span = Span::new(
            TopicPartition::new(topic, range.partition),
            0,
            Some(range.to),
        );
        let records = records(snapshot, ordinal);
        assert_same(
            &told(&records),
            &witness(bootstrap, &span, "read_committed"),
        );
        assert_eq!(i64::try_from(records.len()).unwrap(), range.to);
    }
}

/// Records in each of four partitions.
const RECORDS: i64 = 60_000;

/// A topic of about 30 MiB.
fn large(kafka: &Kafka, replicas: usize) -> String {
    let topic = kafka::topic_name("large");
    let replicas = replicas.to_string();
    let create = ["--create", "--partitions", "4", "--topic", &topic];
    let create = [&create[..], &["--replication-factor", &replicas]].concat();
    apache::topics(&kafka.bootstrap(), &create).ok();
    let producer = producer(&kafka.bootstrap(), &[("linger.ms", "20")]);
    for number in 0..i32::try_from(4 * RECORDS).unwrap() {
        send(&producer, &topic, number % 4, number, "large");
    }
    producer.flush(Duration::from_mins(1)).unwrap();
    topic
}

/// A producer that runs in the background.
struct Working(Arc<AtomicBool>, JoinHandle<()>);

impl Working {
    fn start(bootstrap: &str, topic: &str) -> Self {
        let ends = Arc::new(AtomicBool::new(false));
        let (end, topic) = (Arc::clone(&ends), topic.to_owned());
        let producer = producer(bootstrap, &[]);
        let working = std::thread::spawn(move || {
            let mut number = 0;
            while !end.load(Ordering::SeqCst) {
                send(&producer, &topic, number % 4, number, "later");
                producer.poll(Duration::from_millis(2));
                number += 1;
            }
            producer.flush(Duration::from_mins(1)).unwrap();
        });
        Self(ends, working)
    }

    fn stop(self) {
        self.0.store(true, Ordering::SeqCst);
        self.1.join().unwrap();
    }
}
