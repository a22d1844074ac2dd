//! Tests that write, truncate, corrupt and read snapshots.

use std::fs;
use std::os::unix::fs::{FileExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use bytes::Bytes;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use super::block::{META, Meta, longest};
use super::frame::{self, HEAD, Head, Kind, PREAMBLE};
use super::header::Config;
use super::tail::{DIGEST_AT, TRAILER};
use super::writer::part;
use super::*;
use crate::model::config::{ConfigSource, ConfigValue};
use crate::model::measure::TopicPartition;
use crate::model::record::{Header as RecordHeader, Record, TimestampType};
use crate::model::topic::TopicId;

/// Header, records and gaps by partition, and groups.
type Everything = (SnapshotHeader, Vec<Vec<Part>>, Vec<GroupOffsets>);

/// Changes the description of a block.
type Bend = fn(&mut Meta);

/// A record or a gap.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Record(Record, TimestampType),
    Gap((std::ops::Range<i64>, SnapshotGapReason)),
}

#[expect(clippy::unnecessary_wraps, reason = "keys and values may be null")]
fn bytes(text: &[u8]) -> Option<Bytes> {
    Some(Bytes::copy_from_slice(text))
}

fn header(name: &[u8], value: Option<&[u8]>) -> RecordHeader {
    RecordHeader {
        name: Bytes::copy_from_slice(name),
        value: value.and_then(bytes),
    }
}

fn record(offset: i64, key: Option<Bytes>, value: Option<Bytes>) -> Record {
    Record {
        offset,
        timestamp: 1_700_000_000_000 + offset,
        key,
        value,
        headers: Vec::new(),
    }
}

fn create_time(record: Record) -> Part {
    Part::Record(record, TimestampType::CreateTime)
}

fn append_time(record: Record) -> Part {
    Part::Record(record, TimestampType::LogAppendTime)
}

fn gap(from: i64, to: i64, reason: SnapshotGapReason) -> Part {
    Part::Gap((from..to, reason))
}

fn topic(name: &str, id: u8, ranges: &[(i32, i64, i64)]) -> SnapshotTopic {
    let range = |&(partition, from, to): &(i32, i64, i64)| Range {
        partition,
        from,
        to,
        open_until: None,
    };
    SnapshotTopic {
        name: name.to_owned(),
        id: TopicId([id; 16]),
        partition_count: 4,
        replication_factor: 3,
        timestamp_type: TimestampType::CreateTime,
        configs: Vec::new(),
        partitions: ranges.iter().map(range).collect(),
    }
}

fn of(topics: Vec<SnapshotTopic>) -> SnapshotHeader {
    SnapshotHeader {
        snapshot: "0123456789abcdef0123456789abcdef".to_owned(),
        cluster: "4L6g3nShT-eMCtK--X86sw".to_owned(),
        taken: "2026-11-25T08:00:00Z".parse().unwrap(),
        tonkafka: "0.1.0".to_owned(),
        asked: SnapshotArguments {
            topics: vec!["orders".to_owned(), "../x".to_owned()],
            from: None,
            to: Some("2026-11-25T08:00:00Z".to_owned()),
            isolation: Isolation::ReadCommitted,
        },
        topics,
    }
}

/// A snapshot with every feature of the format, as in the golden file.
fn everything() -> Everything {
    let mut orders = topic("orders", 1, &[(0, 5, 20), (2, 0, 0), (3, 7, 9)]);
    orders.configs = vec![
        Config {
            name: "cleanup.policy".to_owned(),
            value: ConfigValue::Value("compact".to_owned()),
            source: ConfigSource::DynamicTopicConfig,
        },
        Config {
            name: "sasl.jaas.config".to_owned(),
            value: ConfigValue::Sensitive,
            source: ConfigSource::DynamicTopicConfig,
        },
    ];
    let mut other = topic("../x", 2, &[(0, 0, 4)]);
    other.timestamp_type = TimestampType::LogAppendTime;
    let mut with_headers = record(5, bytes(b"key"), bytes("größe\u{1b}[31m".as_bytes()));
    with_headers.headers = vec![
        header(b"trace", bytes(b"1").as_deref()),
        header(b"trace", bytes(b"2").as_deref()),
        header(b"trace", None),
        header(b"\xff\x00", bytes(b"\x80").as_deref()),
        header(b"", bytes(b"").as_deref()),
    ];
    let mut without_time = record(12, None, None);
    without_time.timestamp = -1;
    let parts = vec![
        vec![
            create_time(with_headers),
            create_time(record(6, None, bytes(b""))),
            create_time(record(7, bytes(b""), None)),
            gap(8, 10, SnapshotGapReason::Compaction),
            gap(10, 11, SnapshotGapReason::Transactions),
            create_time(record(11, bytes(b"\xfe\xff"), bytes(&[7; 300]))),
            create_time(without_time),
            gap(13, 20, SnapshotGapReason::Unknown),
        ],
        vec![],
        vec![gap(7, 9, SnapshotGapReason::Retention)],
        vec![
            append_time(record(0, bytes(b"a"), bytes(b"b"))),
            append_time(record(1, bytes(b"a"), bytes(b"b"))),
            create_time(record(2, bytes(b"a"), bytes(b"c"))),
            gap(3, 4, SnapshotGapReason::Transactions),
        ],
    ];
    let committed = |partition, offset, leader_epoch, metadata: &str| GroupOffset {
        topic: "orders".to_owned(),
        partition,
        offset,
        leader_epoch,
        metadata: metadata.to_owned(),
    };
    let groups = vec![
        GroupOffsets {
            group: "billing".to_owned(),
            offsets: vec![
                committed(0, 11, Some(3), "by hand"),
                committed(3, 9, None, ""),
            ],
        },
        GroupOffsets {
            group: "\u{1b}[2Jloud".to_owned(),
            offsets: vec![committed(0, 20, Some(4), "")],
        },
    ];
    (of(vec![orders, other]), parts, groups)
}

const SMALL: WriterOptions = WriterOptions {
    level: 1,
    block_bytes: 100,
};

/// Adds to a writer what it lacks, alternating between partitions.
fn fill(writer: &mut Writer, parts: &[Vec<Part>]) {
    let longest = parts.iter().map(Vec::len).max().unwrap_or(0);
    let mut open: Vec<i64> = (0..parts.len())
        .map(|one| writer.next_offset(one))
        .collect();
    for place in 0..longest {
        for (ordinal, parts) in parts.iter().enumerate() {
            match parts.get(place) {
                Some(Part::Record(record, is)) if record.offset >= open[ordinal] => {
                    writer.append(ordinal, record, *is).unwrap();
                    open[ordinal] = record.offset + 1;
                }
                Some(Part::Gap((gap, reason))) => writer.gap(ordinal, gap.end, *reason).unwrap(),
                _ => {}
            }
        }
    }
}

fn write(path: &Path) -> Finished {
    let (header, parts, groups) = everything();
    let mut writer = Writer::create(path, header, SMALL).unwrap();
    fill(&mut writer, &parts);
    writer.finish(&groups).unwrap()
}

/// The content of blocks, with gaps merged across blocks.
fn parts_of<'a>(blocks: impl Iterator<Item = Result<Block, SnapshotError>> + 'a) -> Vec<Part> {
    let mut parts: Vec<Part> = Vec::new();
    for block in blocks {
        let block = block.unwrap();
        let is = block.timestamp_type();
        let records = block.records().map(|record| Part::Record(record, is));
        let mut all: Vec<Part> = records.chain(block.gaps().map(Part::Gap)).collect();
        all.sort_by_key(|part| match part {
            Part::Record(record, _) => record.offset,
            Part::Gap((gap, _)) => gap.start,
        });
        for part in all {
            match (parts.last_mut(), part) {
                (Some(Part::Gap((last, why))), Part::Gap((next, reason)))
                    if *why == reason && last.end == next.start =>
                {
                    last.end = next.end;
                }
                (_, part) => parts.push(part),
            }
        }
    }
    parts
}

fn read(path: &Path) -> Result<Everything, SnapshotError> {
    let reader = verify(Reader::open(path)?, || ())?.reader;
    let partitions = 0..reader.summaries().len();
    let parts = partitions.map(|one| parts_of(reader.partition(one, 0)));
    Ok((reader.header().clone(), parts.collect(), reader.groups()?))
}

fn directory() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

fn golden(version: u32) -> PathBuf {
    let formats = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/formats");
    formats.join(format!("snapshot-v{version}.tksnap"))
}

/// [`everything`], with offsets held back by an open transaction.
fn with_open() -> Everything {
    let (mut header, parts, groups) = everything();
    header.topics[0].partitions[0].open_until = Some(120);
    (header, parts, groups)
}

/// The leader epochs of the blocks of a partition.
fn epochs(reader: &Reader, ordinal: usize) -> Vec<Option<i32>> {
    let blocks = reader.partition(ordinal, 0);
    blocks.map(|block| block.unwrap().meta().epoch).collect()
}

/// Reproducible random numbers (xorshift).
struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % u64::try_from(limit).unwrap()).unwrap()
    }
}

#[test]
fn what_was_written_is_read() {
    let directory = directory();
    let path = directory.path().join("s");
    let finished = write(&path);
    assert_eq!(read(&path).unwrap(), everything());
    let mode = fs::metadata(&path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    assert!(!part(&path).exists());
    let reader = Reader::open(&path).unwrap();
    assert_eq!(reader.summaries(), finished.partitions);
    assert_eq!(finished.records, 8);
    assert_eq!(finished.partitions[0].missing, [1, 2, 0, 7]);
    assert_eq!(finished.partitions[0].times, Some((-1, 1_700_000_000_011)));
    assert_eq!(finished.partitions[1], Summary::default());
    assert!(reader.block_count() > 5, "{}", reader.block_count());
    assert!(matches!(
        Writer::create(&path, of(vec![]), SMALL),
        Err(SnapshotError::Exists(_))
    ));
}

/// The files of all versions stay readable.
#[test]
fn the_golden_files_are_read() {
    assert_eq!(read(&golden(1)).unwrap(), everything());
    let reader = Reader::open(&golden(1)).unwrap();
    assert!(epochs(&reader, 0).iter().all(Option::is_none));
    assert!(reader.header().left_out().is_empty());

    assert_eq!(read(&golden(2)).unwrap(), with_open());
    let reader = Reader::open(&golden(2)).unwrap();
    assert!(epochs(&reader, 0).iter().all(|one| *one == Some(7)));
    let open = [(TopicPartition::new("orders", 0), (20, 120))];
    assert_eq!(reader.header().left_out(), open.into());
}

/// Records get the leader epoch that was set before, also in a continued file.
#[test]
fn the_leader_epoch_of_what_is_there_is_known_to_who_goes_on() {
    let directory = directory();
    let path = directory.path().join("s");
    let (header, parts, groups) = with_open();
    let options = WriterOptions::default();
    let mut writer = Writer::create(&path, header.clone(), options).unwrap();
    assert_eq!(writer.epoch(0), None);
    writer.in_epoch(0, Some(0));
    let Part::Record(first, is) = &parts[0][0] else {
        panic!("{:?}", parts[0])
    };
    writer.append(0, first, *is).unwrap();
    writer.in_epoch(0, Some(7));
    writer
        .gap(0, first.offset + 2, SnapshotGapReason::Unknown)
        .unwrap();
    writer.suspend().unwrap();
    let mut writer = Writer::resume(&path, header, options).unwrap();
    assert_eq!((writer.epoch(0), writer.epoch(1)), (Some(7), None));
    writer.in_epoch(0, Some(i32::MAX));
    fill(&mut writer, &parts);
    writer.finish(&groups).unwrap();
    let found = epochs(&Reader::open(&path).unwrap(), 0);
    assert_eq!(found[0], Some(7));
    assert!(
        found[1..].iter().all(|one| *one == Some(i32::MAX)),
        "{found:?}"
    );
}

/// A reader of version 1 must be able to read it.
#[test]
fn a_part_of_version_1_stays_one() {
    let directory = directory();
    let path = directory.path().join("s");
    let (header, parts, groups) = everything();
    let writer = Writer::create(&path, header.clone(), SMALL).unwrap();
    writer.suspend().unwrap();
    with_version(&part(&path), 1);
    let mut writer = Writer::resume(&path, header, SMALL).unwrap();
    writer.in_epoch(0, Some(7));
    fill(&mut writer, &parts);
    writer.finish(&groups).unwrap();
    assert_eq!(fs::read(&path).unwrap()[8], 1);
    let reader = Reader::open(&path).unwrap();
    assert!(epochs(&reader, 0).iter().all(Option::is_none));
    assert_eq!(read(&path).unwrap(), everything());
}

#[test]
fn a_digest_is_of_the_records_alone() {
    let directory = directory();
    let finished = write(&directory.path().join("s"));
    let (_, parts, _) = everything();
    let mut digest = Digest::default();
    for part in &parts[0] {
        if let Part::Record(record, _) = part {
            let offset = record.offset + 1000;
            digest.add(&Record {
                offset,
                ..record.clone()
            });
        }
    }
    assert_eq!(digest.finish(), finished.partitions[0].digest);
}

#[test]
fn a_partition_is_read_from_an_offset_on() {
    let directory = directory();
    let path = directory.path().join("s");
    write(&path);
    let reader = Reader::open(&path).unwrap();
    let first = |from| {
        let block = reader.partition(0, from).next().unwrap().unwrap();
        block.range()
    };
    assert_eq!(first(0).0, 5);
    let (start, end) = first(12);
    assert!(start <= 12 && end > 12, "{start} {end}");
    assert!(reader.partition(0, 20).next().is_none());
    assert!(reader.partition(1, 0).next().is_none());
    assert_eq!(reader.blocks().count() as u64, reader.block_count());
}

#[test]
fn every_truncation_is_refused() {
    let directory = directory();
    let path = directory.path().join("s");
    write(&path);
    let whole = fs::read(&path).unwrap();
    for length in 0..whole.len() {
        fs::write(&path, &whole[..length]).unwrap();
        let error = Reader::open(&path).unwrap_err();
        assert!(matches!(error, SnapshotError::CutOff), "{length}: {error}");
    }
    // Bytes after the end are refused too.
    fs::write(&path, [&whole[..], &[0]].concat()).unwrap();
    assert!(Reader::open(&path).is_err());
}

#[test]
fn every_flipped_bit_and_ten_thousand_handfuls_of_them_are_refused() {
    let directory = directory();
    let path = directory.path().join("s");
    write(&path);
    let whole = fs::read(&path).unwrap();
    let file = fs::OpenOptions::new().write(true).open(&path).unwrap();
    let refused = |bits: &[usize]| {
        let mut bent = whole.clone();
        for bit in bits {
            bent[bit / 8] ^= 1 << (bit % 8);
        }
        let put = |bytes: &[u8]| {
            let place =
                |bit: &usize| file.write_all_at(&bytes[bit / 8..=bit / 8], (bit / 8) as u64);
            bits.iter().try_for_each(place).unwrap();
        };
        put(&bent);
        assert!(bent == whole || read(&path).is_err(), "{bits:?}");
        put(&whole);
    };
    for bit in 0..whole.len() * 8 {
        refused(&[bit]);
    }
    let mut chance = Chance(6);
    for _ in 0..10_000 {
        let count = 2 + chance.below(7);
        let bits: Vec<usize> = (0..count).map(|_| chance.below(whole.len() * 8)).collect();
        refused(&bits);
    }
}

/// Writes a file with this version and a matching checksum in its preamble.
fn with_version(path: &Path, version: u32) {
    let mut whole = fs::read(path).unwrap();
    whole[8..12].copy_from_slice(&version.to_le_bytes());
    let crc = crc32c::crc32c(&whole[..12]);
    whole[12..16].copy_from_slice(&crc.to_le_bytes());
    fs::write(path, whole).unwrap();
}

#[test]
fn a_newer_version_says_so() {
    let directory = directory();
    let path = directory.path().join("s");
    write(&path);
    with_version(&path, 3);
    assert_eq!(
        Reader::open(&path).unwrap_err().to_string(),
        "it was written by a newer tonkafka (format v3); this one reads up to v2"
    );
    with_version(&path, 0);
    assert!(matches!(
        Reader::open(&path),
        Err(SnapshotError::Damaged { at: 0, .. })
    ));
    fs::rename(&path, part(&path)).unwrap();
    with_version(&part(&path), 3);
    let resumed = Writer::resume(&path, everything().0, SMALL);
    assert!(matches!(resumed, Err(SnapshotError::Newer { found: 3 })));
}

#[test]
fn a_part_that_was_cut_anywhere_goes_on() {
    let directory = directory();
    let path = directory.path().join("s");
    let (header, parts, groups) = everything();
    let mut writer = Writer::create(&path, header.clone(), SMALL).unwrap();
    fill(&mut writer, &parts);
    writer.suspend().unwrap();
    let whole = fs::read(part(&path)).unwrap();
    let beginning = PREAMBLE + HEAD + serde_json::to_vec(&header).unwrap().len();
    // Tries every length from the first block on; lengths within the header in steps.
    let lengths = (0..beginning).step_by(97).chain(beginning..=whole.len());
    let mut kept = Vec::new();
    for length in lengths {
        fs::write(part(&path), &whole[..length]).unwrap();
        let mut writer = Writer::resume(&path, header.clone(), SMALL).unwrap();
        let partitions = 0..parts.len();
        let next: i64 = partitions.map(|one| writer.next_offset(one)).sum();
        kept.push(next);
        fill(&mut writer, &parts);
        writer.finish(&groups).unwrap();
        assert_eq!(read(&path).unwrap(), everything(), "{length}");
        fs::remove_file(&path).unwrap();
    }
    assert!(kept.is_sorted(), "{kept:?}");
    assert_eq!(kept.first(), Some(&12));
    assert_eq!(kept.last(), Some(&33));
}

#[test]
fn a_part_is_cut_where_it_is_damaged() {
    let directory = directory();
    let path = directory.path().join("s");
    let (header, parts, groups) = everything();
    let mut writer = Writer::create(&path, header.clone(), SMALL).unwrap();
    fill(&mut writer, &parts);
    writer.suspend().unwrap();
    let whole = fs::read(part(&path)).unwrap();
    let mut chance = Chance(9);
    for _ in 0..200 {
        let mut bent = whole.clone();
        let at = 600 + chance.below(whole.len() - 600);
        bent[at] ^= 1 << chance.below(8);
        fs::write(part(&path), &bent).unwrap();
        let Ok(mut writer) = Writer::resume(&path, header.clone(), SMALL) else {
            panic!("{at}");
        };
        fill(&mut writer, &parts);
        writer.finish(&groups).unwrap();
        assert_eq!(read(&path).unwrap(), everything(), "{at}");
        fs::remove_file(&path).unwrap();
    }
}

#[test]
fn a_part_of_something_else_is_refused() {
    let directory = directory();
    let path = directory.path().join("s");
    let (header, ..) = everything();
    let writer = Writer::create(&path, header.clone(), SMALL).unwrap();
    assert!(matches!(
        Writer::resume(&path, header.clone(), SMALL),
        Err(SnapshotError::Held(_))
    ));
    writer.suspend().unwrap();
    assert!(matches!(
        Writer::create(&path, header.clone(), SMALL),
        Err(SnapshotError::Exists(_))
    ));
    let mut cluster = header.clone();
    cluster.cluster = "other".to_owned();
    let mut from = header.clone();
    from.asked.from = Some("7".to_owned());
    let mut recreated = header.clone();
    recreated.topics[0].id = TopicId([9; 16]);
    let cases = [
        (
            cluster,
            "the part that is there was begun with another cluster: 4L6g3nShT-eMCtK--X86sw, and now other",
        ),
        (
            from,
            "the part that is there was begun with another `--from`: none, and now 7",
        ),
    ];
    for (now, message) in cases {
        let error = Writer::resume(&path, now, SMALL).unwrap_err();
        assert_eq!(error.to_string(), message);
    }
    assert!(matches!(
        Writer::resume(&path, recreated, SMALL),
        Err(SnapshotError::Differs { what: "topics", .. })
    ));
    // The log has grown since, but the request is the same.
    let mut grown = header.clone();
    grown.topics[0].partitions[0].to = 100;
    let resumed = Writer::resume(&path, grown, SMALL).unwrap();
    assert_eq!(*resumed.header(), header);
}

#[test]
fn records_out_of_order_and_ends_too_early_are_refused() {
    let directory = directory();
    let path = directory.path().join("s");
    let header = of(vec![topic("t", 1, &[(0, 5, 10)])]);
    let mut writer = Writer::create(&path, header, SMALL).unwrap();
    let mut add = |offset| {
        let record = record(offset, None, None);
        writer.append(0, &record, TimestampType::CreateTime)
    };
    assert_eq!(
        add(4).unwrap_err().to_string(),
        "t:0 has offset 4 where 5 to 10 may follow"
    );
    add(7).unwrap();
    assert!(matches!(add(7), Err(SnapshotError::Order { .. })));
    assert!(matches!(add(10), Err(SnapshotError::Order { .. })));
    assert!(matches!(
        writer.gap(0, 11, SnapshotGapReason::Unknown),
        Err(SnapshotError::Order { .. })
    ));
    writer.gap(0, 6, SnapshotGapReason::Retention).unwrap();
    assert_eq!(writer.next_offset(0), 8);
    assert_eq!(
        writer.finish(&[]).unwrap_err().to_string(),
        "t:0 is read up to 8, and was asked for up to 10"
    );
    assert!(!path.exists());
}

#[test]
fn a_record_that_no_block_holds_is_refused() {
    let directory = directory();
    let header = of(vec![topic("t", 1, &[(0, 0, 10)])]);
    let mut writer = Writer::create(&directory.path().join("s"), header, SMALL).unwrap();
    let large = record(0, None, Some(vec![0; MAX_BLOCK].into()));
    let error = writer
        .append(0, &large, TimestampType::CreateTime)
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "a record has 67108884 bytes, and a snapshot holds at most 67108800 bytes"
    );
    let mut many = record(0, None, None);
    many.headers = vec![header_without_value(); MAX_HEADERS + 1];
    assert!(matches!(
        writer.append(0, &many, TimestampType::CreateTime),
        Err(SnapshotError::TooLarge { .. })
    ));
}

fn header_without_value() -> RecordHeader {
    header(b"", None)
}

/// A payload with the description `meta` and the compressed `body`.
fn payload(meta: Meta, body: &[u8]) -> Vec<u8> {
    [
        &meta.to_bytes()[..],
        &zstd::bulk::compress(body, 1).unwrap(),
    ]
    .concat()
}

/// A block of one record whose key and value are null.
fn one_record() -> (Meta, Vec<u8>) {
    let mut body = vec![0; 8];
    body.extend([0xff; 8]);
    body.extend([0; 4]);
    body.extend([0, 1]);
    let meta = Meta {
        ordinal: 0,
        records: 1,
        start: 0,
        end: 1,
        earliest: 0,
        latest: 0,
        record_bytes: 20,
        bytes: 22,
        timestamp_type: TimestampType::CreateTime,
        epoch: None,
    };
    (meta, body)
}

#[test]
fn blocks_that_lie_with_right_checksums_are_refused() {
    let (meta, body) = one_record();
    assert!(Block::from_payload(&payload(meta, &body)).is_ok());
    let bodies: [(&str, usize, &[u8]); 12] = [
        ("a key of -2 bytes", 8, &[0xfe, 0xff, 0xff, 0xff]),
        ("a key of 2^31 - 1 bytes", 8, &[0xff, 0xff, 0xff, 0x7f]),
        ("a key of 1 byte more", 8, &[9, 0, 0, 0]),
        ("a value of -2^31 bytes", 12, &[0, 0, 0, 0x80]),
        ("2^32 - 1 headers", 16, &[0xff, 0xff, 0xff, 0xff]),
        ("one header", 16, &[1, 0, 0, 0]),
        ("another timestamp", 0, &[1]),
        ("a run of no kind", 20, &[5]),
        ("a gap in place of the record", 20, &[1]),
        ("a run of nothing", 21, &[0]),
        ("a run of two", 21, &[2]),
        ("a run without an end", 21, &[0x81]),
    ];
    for (what, at, bytes) in bodies {
        let mut bent = body.clone();
        bent[at..at + bytes.len()].copy_from_slice(bytes);
        assert!(
            Block::from_payload(&payload(meta, &bent)).is_err(),
            "{what}"
        );
    }
    let metas: [(&str, Bend); 9] = [
        ("two records", |meta| meta.records = 2),
        ("all records there are", |meta| meta.records = u32::MAX),
        ("two offsets", |meta| meta.end = 2),
        ("no offsets", |meta| meta.end = 0),
        ("an offset below zero", |meta| meta.start = -1),
        ("the largest offset", |meta| meta.end = i64::MAX),
        ("more bytes than there are", |meta| meta.bytes = 23),
        ("4 GiB", |meta| meta.bytes = u32::MAX),
        ("records up to the end", |meta| meta.record_bytes = 22),
    ];
    for (what, bend) in metas {
        let mut bent = meta;
        bend(&mut bent);
        assert!(
            Block::from_payload(&payload(bent, &body)).is_err(),
            "{what}"
        );
    }
    assert!(Block::from_payload(&[]).is_err());
    assert!(Block::from_payload(&[0; META]).is_err());
    assert!(Block::from_payload(&[payload(meta, &body), vec![0]].concat()).is_err());
}

#[test]
fn frames_that_unpack_to_more_than_they_may_are_refused() {
    let (mut meta, body) = one_record();
    // 64 MiB of zeros in a block that claims 22 bytes.
    let bomb = zstd::bulk::compress(&vec![0; 1 << 26], 19).unwrap();
    let bent = [&meta.to_bytes()[..], &bomb].concat();
    assert!(Block::from_payload(&bent).is_err());
    // A window of 2 GiB for a content of 22 bytes: magic, descriptor without a single segment and with a
    // content size of 4 bytes, window, content size, and one last raw block.
    let frame = |window: u8| {
        let mut frame = vec![0x28, 0xb5, 0x2f, 0xfd, 0x80, window];
        frame.extend(22u32.to_le_bytes());
        frame.extend(&((22u32 << 3) | 1).to_le_bytes()[..3]);
        frame.extend(&body);
        [&meta.to_bytes()[..], &frame].concat()
    };
    assert!(Block::from_payload(&frame(17 << 3)).is_ok());
    assert!(Block::from_payload(&frame(18 << 3)).is_err());
    assert!(Block::from_payload(&frame(21 << 3)).is_err());
    // Two frames, which zstd accepts as one.
    let halves = [&body[..11], &body[11..]].map(|half| zstd::bulk::compress(half, 1).unwrap());
    let bent = [&meta.to_bytes()[..], &halves.concat()].concat();
    assert!(Block::from_payload(&bent).is_err());
    meta.bytes = u32::try_from(MAX_BLOCK + 1).unwrap();
    assert!(Block::from_payload(&payload(meta, &body)).is_err());
}

/// Replaces the bytes at `at`, and updates the digests and the checksum of the trailer.
fn bend(path: &Path, at: usize, bytes: &[u8]) {
    let mut whole = fs::read(path).unwrap();
    whole[at..at + bytes.len()].copy_from_slice(bytes);
    close(&mut whole);
    fs::write(path, whole).unwrap();
}

fn close(whole: &mut [u8]) {
    use sha2::Digest as _;
    let trailer = whole.len() - TRAILER;
    let end = trailer + DIGEST_AT;
    let digest = sha2::Sha256::digest(&whole[..end]);
    whole[end..end + 32].copy_from_slice(&digest);
    let crc = crc32c::crc32c(&whole[trailer..trailer + 88]);
    whole[trailer + 88..].copy_from_slice(&crc.to_le_bytes());
}

#[test]
fn a_trailer_that_lies_with_right_checksums_is_refused() {
    let directory = directory();
    let path = directory.path().join("s");
    write(&path);
    let whole = fs::read(&path).unwrap();
    let trailer = whole.len() - TRAILER;
    for at in [8, 16, 24, 32, 40] {
        for value in [0, 1, 16, 1 << 32, i64::MAX as u64, 1 << 63, u64::MAX] {
            fs::write(&path, &whole).unwrap();
            bend(&path, trailer + at, &value.to_le_bytes());
            assert!(Reader::open(&path).is_err(), "{at} {value}");
        }
    }
    fs::write(&path, &whole).unwrap();
    bend(&path, trailer, b"TKSNAPEN");
    assert!(read(&path).is_ok());
}

#[test]
fn lengths_beyond_the_file_are_refused_before_anything_is_allocated() {
    let directory = directory();
    let path = directory.path().join("s");
    write(&path);
    let whole = fs::read(&path).unwrap();
    for len in [0, 1, 1 << 20, i32::MAX.cast_unsigned(), u32::MAX] {
        let mut head = whole[PREAMBLE..PREAMBLE + HEAD].to_vec();
        head[4..8].copy_from_slice(&len.to_le_bytes());
        let crc = crc32c::crc32c(&head[..12]);
        head[12..].copy_from_slice(&crc.to_le_bytes());
        fs::write(&path, &whole).unwrap();
        bend(&path, PREAMBLE, &head);
        assert!(Reader::open(&path).is_err(), "{len}");
    }
}

#[test]
fn headers_that_are_none_are_refused() {
    let directory = directory();
    let path = directory.path().join("s");
    let header = of(vec![topic("t", 1, &[(0, 0, 10), (1, 0, 10)])]);
    let bends: [fn(&mut SnapshotHeader); 6] = [
        |header| header.topics.push(header.topics[0].clone()),
        |header| header.topics[0].partitions[1].partition = 0,
        |header| header.topics[0].partitions[1].partition = 4,
        |header| header.topics[0].partitions[0].from = -1,
        |header| header.topics[0].partitions[0].to = -1,
        |header| header.topics[0].partition_count = -1,
    ];
    for bend in bends {
        let mut bent = header.clone();
        bend(&mut bent);
        let json = serde_json::to_vec(&bent).unwrap();
        let head = Head::of(Kind::Header, &[&json]).to_bytes();
        fs::write(part(&path), [&frame::preamble()[..], &head, &json].concat()).unwrap();
        let file = fs::File::open(part(&path)).unwrap();
        let length = file.metadata().unwrap().len();
        assert!(resume::header(&file, length).is_err(), "{bent:?}");
    }
    assert!(longest(MAX_BLOCK) < u32::MAX as usize);
}

#[test]
fn what_is_no_snapshot_says_so() {
    let directory = directory();
    let path = directory.path().join("s");
    assert!(matches!(Reader::open(&path), Err(SnapshotError::Io(_))));
    for text in ["PK\u{3}\u{4}", "version: 1\ntopics:\n", "{}"] {
        fs::write(&path, text).unwrap();
        assert!(matches!(
            Reader::open(&path),
            Err(SnapshotError::NoSnapshot)
        ));
    }
    assert!(matches!(
        Reader::open(directory.path()),
        Err(SnapshotError::NoSnapshot)
    ));
}

#[test]
fn many_partitions_share_what_memory_there_is() {
    let directory = directory();
    let path = directory.path().join("s");
    let ranges: Vec<(i32, i64, i64)> = (0..200).map(|one| (one, 0, 300)).collect();
    let mut all = topic("t", 1, &ranges);
    all.partition_count = 200;
    let mut writer = Writer::create(&path, of(vec![all]), WriterOptions::default()).unwrap();
    let value: Bytes = vec![7; 1000].into();
    for offset in 0..300 {
        for partition in 0..200 {
            let record = record(offset, None, Some(value.clone()));
            writer
                .append(partition, &record, TimestampType::CreateTime)
                .unwrap();
        }
    }
    let finished = writer.finish(&[]).unwrap();
    assert_eq!(finished.records, 60_000);
    // All 300 KB of a partition in memory would make one block.
    let blocks: u64 = finished.partitions.iter().map(|one| one.blocks).sum();
    assert!(blocks > 300, "{blocks}");
    verify(Reader::open(&path).unwrap(), || ()).unwrap();
}

fn any_bytes() -> impl Strategy<Value = Option<Bytes>> {
    option::of(vec(any::<u8>(), 0..40).prop_map(Bytes::from))
}

fn any_header() -> impl Strategy<Value = RecordHeader> {
    let name = prop_oneof![
        Just(Bytes::from_static(b"same")),
        vec(any::<u8>(), 0..5).prop_map(Bytes::from),
    ];
    (name, any_bytes()).prop_map(|(name, value)| RecordHeader { name, value })
}

/// The next step in a partition: a gap with its reason, and a record.
fn any_step() -> impl Strategy<Value = (i64, SnapshotGapReason, Record, bool)> {
    let gap = prop_oneof![3 => Just(0i64), 1 => 1i64..5, 1 => 1i64..(1 << 55)];
    let reason = prop_oneof![
        Just(SnapshotGapReason::Compaction),
        Just(SnapshotGapReason::Transactions)
    ];
    let record = (
        any::<i64>(),
        any_bytes(),
        any_bytes(),
        vec(any_header(), 0..4),
    );
    let record = record.prop_map(|(timestamp, key, value, headers)| Record {
        offset: 0,
        timestamp,
        key,
        value,
        headers,
    });
    (gap, reason, record, any::<bool>())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn whatever_was_written_is_read(
        partitions in vec(vec(any_step(), 0..20), 1..4),
        block_bytes in 1usize..2000,
    ) {
        let mut all = Vec::new();
        let mut ranges = Vec::new();
        for (partition, steps) in partitions.into_iter().enumerate() {
            let mut next = 0;
            let mut parts = Vec::new();
            for (len, reason, record, is) in steps {
                if len > 0 {
                    parts.push(gap(next, next + len, reason));
                }
                next += len;
                let record = Record { offset: next, ..record };
                parts.push(if is { create_time(record) } else { append_time(record) });
                next += 1;
            }
            ranges.push((i32::try_from(partition).unwrap(), 0, next));
            all.push(parts);
        }
        let directory = directory();
        let path = directory.path().join("s");
        let header = of(vec![topic("t", 1, &ranges)]);
        let options = WriterOptions { level: 3, block_bytes };
        let mut writer = Writer::create(&path, header.clone(), options).unwrap();
        fill(&mut writer, &all);
        writer.finish(&[]).unwrap();
        prop_assert_eq!(read(&path).unwrap(), (header, all, vec![]));
    }
}
