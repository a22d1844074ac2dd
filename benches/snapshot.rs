//! `snapshot create` compared with `kcat` reading the same topic to a file, and `snapshot restore`
//! with `kcat` writing one: alternating on the same broker, whole processes, with the peak memory
//! of each. First, the speed of writing and reading a file alone.
//!
//! `SNAPSHOT_MIB` is the size of the topic.
#![allow(clippy::too_many_lines, reason = "a benchmark tells a whole story")]
#![allow(clippy::unwrap_used, reason = "a benchmark fails by panicking")]
#![allow(clippy::print_stdout, reason = "a benchmark prints what it measured")]

use std::fs::{self, File};
use std::io::{BufWriter, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use bytes::Bytes;
use tonkafka::model::record::{Record, TimestampType};
use tonkafka::model::topic::TopicId;
use tonkafka::snapshot::{
    Isolation, Range, Reader, SnapshotArguments, SnapshotHeader, SnapshotTopic, Writer,
    WriterOptions, verify,
};

#[path = "../tests/support/program.rs"]
#[allow(dead_code, reason = "the tests need the rest")]
mod program;
#[path = "../tests/cluster/support/mod.rs"]
#[allow(dead_code, reason = "the tests need the rest")]
mod support;

use program::{Program, Ran, finish};
use support::{apache, kafka};

/// Bytes of records of each size, for the file alone.
const RAW: usize = 1 << 30;

const ROUNDS: usize = 5;

/// The size of a record's value, in bytes.
const VALUE: usize = 1000;

const PARTITIONS: &str = "4";

fn main() {
    let directory = tempfile::tempdir().unwrap();
    for size in [100, 1000, 100_000] {
        file(&directory.path().join(size.to_string()), size);
    }
    if Command::new("kcat").arg("-V").output().is_err() {
        println!("there is no `kcat` here (Debian: apt install kcat), so nothing to compare with");
        return;
    }
    let program = Program::new();
    let mib = std::env::var("SNAPSHOT_MIB").map_or(512, |text| text.parse().unwrap());
    let records = lines(&program.path().join("lines"), mib << 20);
    let kafka = kafka::fresh(1, &[]);
    let at = kafka.bootstrap();
    create_topic(&at, "records");
    kcat_writes(&program, &at, "records").exits(0);

    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        let path = format!("{round}.snapshot");
        let words = ["snapshot", "create", "records", "--out", &path, "-b", &at];
        ours.push(program.run(&words).exits(0));
        theirs.push(kcat_reads(&program, &at, "records").exits(0));
        let read = fs::read_to_string(program.path().join("read")).unwrap();
        assert_eq!(read.lines().count(), records);
        let reader = Reader::open(&program.path().join(&path)).unwrap();
        assert_eq!(reader.records(), records as u64);
        if round > 0 {
            fs::remove_file(program.path().join(&path)).unwrap();
        }
    }
    compare("snapshot create", &ours, "kcat -C to a file", &theirs);

    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        let (one, other) = (format!("ours-{round}"), format!("theirs-{round}"));
        let rename = format!("records={one}");
        let words = [
            "snapshot",
            "restore",
            "0.snapshot",
            "--rename",
            &rename,
            "--yes",
            "-b",
            &at,
        ];
        ours.push(program.run(&words).exits(0));
        create_topic(&at, &other);
        theirs.push(kcat_writes(&program, &at, &other).exits(0));
    }
    compare("snapshot restore", &ours, "kcat -P, idempotent", &theirs);
}

fn create_topic(bootstrap: &str, topic: &str) {
    let words = ["--create", "--topic", topic, "--partitions", PARTITIONS];
    apache::topics(bootstrap, &words).ok();
}

/// Writes lines of letters, half of them random, and returns their number.
fn lines(path: &Path, bytes: usize) -> usize {
    let pool = pool(VALUE * 64);
    let letter = |byte: u8| b'a' + byte % 26;
    let mut file = BufWriter::new(File::create(path).unwrap());
    let count = bytes / VALUE;
    for number in 0..count {
        let mut line = value(&pool, number % 64, VALUE).to_vec();
        line[..VALUE / 2]
            .iter_mut()
            .for_each(|byte| *byte = letter(*byte));
        line[..8].copy_from_slice(format!("{number:08}").as_bytes());
        line.push(b'\n');
        file.write_all(&line).unwrap();
    }
    file.flush().unwrap();
    count
}

/// Writes with the settings of `snapshot restore`: idempotent, all replicas, lz4.
fn kcat_writes(program: &Program, bootstrap: &str, topic: &str) -> Ran {
    let lines = program.path().join("lines");
    let mut kcat = Command::new("kcat");
    kcat.args(["-P", "-b", bootstrap, "-t", topic, "-z", "lz4"]);
    kcat.args(["-X", "enable.idempotence=true", "-l"])
        .arg(lines);
    finish(
        kcat.stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap(),
    )
}

fn kcat_reads(program: &Program, bootstrap: &str, topic: &str) -> Ran {
    let mut shell = Command::new("sh");
    shell.args([
        "-c",
        r#"exec kcat -C -b "$0" -t "$1" -o beginning -e -q >"$2""#,
    ]);
    shell
        .args([bootstrap, topic])
        .arg(program.path().join("read"));
    finish(
        shell
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap(),
    )
}

fn compare(one: &str, ours: &[Ran], other: &str, theirs: &[Ran]) {
    let median = |all: &[Ran]| {
        let mut times: Vec<Duration> = all.iter().map(|ran| ran.took).collect();
        times.sort_unstable();
        times[times.len() / 2]
    };
    let peak = |all: &[Ran]| all.iter().map(|ran| ran.peak_kib >> 10).max().unwrap();
    let (our, their) = (median(ours), median(theirs));
    println!("{one:<20} median {our:?}, at most {} MiB", peak(ours));
    println!("{other:<20} median {their:?}, at most {} MiB", peak(theirs));
    println!(
        "{:<20} {:.2} of its time",
        "",
        our.as_secs_f64() / their.as_secs_f64()
    );
}

/// Writes records of about `size` bytes, half of them random, and reads them back.
fn file(path: &Path, size: usize) {
    let count = RAW / (size + 40);
    let pool = pool(size * 64);
    let values: Vec<Bytes> = (0..64).map(|one| value(&pool, one, size)).collect();
    let start = Instant::now();
    let mut writer = Writer::create(path, header(count), WriterOptions::default()).unwrap();
    for offset in 0..count {
        let record = Record {
            offset: i64::try_from(offset).unwrap(),
            timestamp: 1_700_000_000_000 + i64::try_from(offset).unwrap(),
            key: Some(Bytes::copy_from_slice(&offset.to_le_bytes())),
            value: Some(values[offset % values.len()].clone()),
            headers: Vec::new(),
        };
        writer
            .append(0, &record, TimestampType::CreateTime)
            .unwrap();
    }
    let finished = writer.finish(&[]).unwrap();
    let wrote = start.elapsed();
    let start = Instant::now();
    verify(Reader::open(path).unwrap(), || ()).unwrap();
    let read = start.elapsed();
    let raw = finished.partitions[0].bytes;
    #[expect(clippy::cast_precision_loss, reason = "a rate has few digits")]
    let rate = |time: std::time::Duration| raw as f64 / 1e6 / time.as_secs_f64();
    println!(
        "records of {size:>6} bytes: write {:>5.0} MB/s, verify {:>5.0} MB/s, {} MB in the file",
        rate(wrote),
        rate(read),
        finished.file_bytes / 1_000_000
    );
}

fn header(count: usize) -> SnapshotHeader {
    SnapshotHeader {
        snapshot: "0".repeat(32),
        cluster: "bench".to_owned(),
        taken: jiff::Timestamp::UNIX_EPOCH,
        tonkafka: "0.1.0".to_owned(),
        asked: SnapshotArguments {
            topics: vec!["bench".to_owned()],
            from: None,
            to: None,
            isolation: Isolation::ReadCommitted,
        },
        topics: vec![SnapshotTopic {
            name: "bench".to_owned(),
            id: TopicId([1; 16]),
            partition_count: 1,
            replication_factor: 1,
            timestamp_type: TimestampType::CreateTime,
            configs: Vec::new(),
            partitions: vec![Range {
                partition: 0,
                from: 0,
                to: i64::try_from(count).unwrap(),
                open_until: None,
            }],
        }],
    }
}

/// Random bytes (xorshift).
fn pool(len: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let words = std::iter::from_fn(|| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        Some(state.to_le_bytes())
    });
    words.take(len / 8 + 1).flatten().collect()
}

fn value(pool: &[u8], one: usize, size: usize) -> Bytes {
    let mut value = pool[one * size..one * size + size / 2].to_vec();
    value.extend(
        br#"{"user":"someone","action":"click"}"#
            .iter()
            .cycle()
            .take(size - size / 2),
    );
    value.into()
}
