//! Snapshots: how fast records are written to a file and read back, without a broker.
#![allow(clippy::unwrap_used, reason = "a benchmark fails by panicking")]
#![allow(clippy::print_stdout, reason = "a benchmark prints what it measured")]

use std::path::Path;
use std::time::Instant;

use bytes::Bytes;
use tonkafka::backup::snapshot::{
    Asked, Header, Isolation, Options, Range, Reader, Topic, Writer, verify,
};
use tonkafka::model::record::{Record, TimestampType};
use tonkafka::model::topic::TopicId;

/// Of each size.
const RAW: usize = 1 << 30;

fn main() {
    let directory = tempfile::tempdir().unwrap();
    for size in [100, 1000, 100_000] {
        file(&directory.path().join(size.to_string()), size);
    }
}

/// Writes records of about `size` bytes, half of them chance, and reads them back.
fn file(path: &Path, size: usize) {
    let count = RAW / (size + 40);
    let pool = pool(size * 64);
    let values: Vec<Bytes> = (0..64).map(|one| value(&pool, one, size)).collect();
    let start = Instant::now();
    let mut writer = Writer::create(path, header(count), Options::default()).unwrap();
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

fn header(count: usize) -> Header {
    Header {
        snapshot: "0".repeat(32),
        cluster: "bench".to_owned(),
        taken: jiff::Timestamp::UNIX_EPOCH,
        tonkafka: "0.1.0".to_owned(),
        asked: Asked {
            topics: vec!["bench".to_owned()],
            from: None,
            to: None,
            isolation: Isolation::ReadCommitted,
        },
        topics: vec![Topic {
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
            }],
        }],
    }
}

/// Bytes of chance (xorshift).
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
