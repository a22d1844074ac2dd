//! The contents of snapshots as text and documents, and their records as lines of JSON.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use super::json::{FORMAT_VERSION, line, of_kind};
use super::open::{self, OffsetRangeFields};
use super::style::Look;
use super::table::{Cell, Column, Listing};
use super::text::{config_value, count, escape};
use crate::model::config::{ConfigSource, ConfigValue};
use crate::model::hex::hex;
use crate::model::measure::TopicPartition;
use crate::model::record::{Record, TimestampType};
use crate::model::topic::TopicId;
use crate::model::units::{about, span};
use crate::snapshot::header::Config;
use crate::snapshot::reader::Deleted;
use crate::snapshot::take::copy::TakeProgress;
use crate::snapshot::{
    GroupOffsets, Range, Reader, SnapshotGapReason, SnapshotTopic, Summary, Verified,
};

/// The text for offsets that are missing because they were deleted.
const DELETED: &str = "are not in it: they were deleted while it was taken";

const PARTITIONS: [Column; 8] = [
    Column::numbers("partition"),
    Column::numbers("from"),
    Column::numbers("to"),
    Column::numbers("records"),
    Column::numbers("size"),
    Column::words("earliest"),
    Column::words("latest"),
    Column::words("missing"),
];

const GROUPS: [Column; 4] = [
    Column::words("group"),
    Column::words("topic"),
    Column::numbers("partition"),
    Column::numbers("committed"),
];

/// The result of a successful verification.
#[must_use]
pub fn verified(path: &Path, verified: &Verified, deleted: &Deleted) -> String {
    let reader = &verified.reader;
    format!(
        "{} is as it was written\n{}",
        escape(&path.to_string_lossy()),
        described(reader, deleted)
    )
}

/// The size, the digest, and what is missing.
fn described(reader: &Reader, deleted: &Deleted) -> String {
    let digest = hex(reader.digest());
    let text = format!("{}\nsha256 {digest}\n", size(reader));
    text + &lacking(reader, deleted)
}

/// The offsets that open transactions or deletions left out.
fn lacking(reader: &Reader, deleted: &Deleted) -> String {
    let mut text = open::lines(
        &reader.header().left_out(),
        "are not in it: a transaction was open",
    );
    text += &open::lines(deleted.iter().map(|(key, range)| (key, range)), DELETED);
    text
}

/// That records were deleted before they were read; none if there are none.
#[must_use]
pub fn without_deleted(path: &Path, deleted: &Deleted) -> Option<String> {
    let offsets: i64 = deleted.iter().map(|(_, (from, to))| to - from).sum();
    let partitions: BTreeSet<&TopicPartition> = deleted.iter().map(|(key, _)| key).collect();
    let path = escape(&path.to_string_lossy());
    let offsets = count(usize::try_from(offsets).unwrap_or(usize::MAX), "offset");
    let partitions = count(partitions.len(), "partition");
    (!deleted.is_empty()).then(|| {
        format!("{path} is without {offsets} of {partitions}: they were deleted while it was taken")
    })
}

/// The result of a verification as a document.
#[must_use]
pub fn verified_json(path: &Path, verified: &Verified, deleted: &Deleted) -> String {
    let fields = VerificationDocument {
        facts: SnapshotFacts::of(path, &verified.reader, deleted),
        groups: verified.groups,
    };
    of_kind("SnapshotVerification", &fields)
}

/// The result of a finished snapshot.
#[must_use]
pub fn created(path: &Path, reader: &Reader, deleted: &Deleted) -> String {
    format!(
        "{} is written\n{}",
        escape(&path.to_string_lossy()),
        described(reader, deleted)
    )
}

/// That an interrupted snapshot is continued.
#[must_use]
pub fn resumed(part: &Path, taken: Timestamp) -> String {
    let part = escape(&part.to_string_lossy());
    format!("going on with {part}, begun {}", second(taken))
}

/// That a stopped snapshot can be continued.
#[must_use]
pub fn stopped(part: &Path) -> String {
    let part = escape(&part.to_string_lossy());
    format!("stopped: the same command goes on with {part}")
}

/// `1200 records, 3.4 MiB, 1.1 MiB/s, 40%, 12 s left`.
#[must_use]
pub fn progress(now: &TakeProgress, elapsed: Duration) -> String {
    let elapsed_ms = elapsed.as_millis().max(1);
    let at = |amount: u64| u64::try_from(u128::from(amount) * 1_000 / elapsed_ms);
    let mut text = format!(
        "{}, {}, {}/s",
        counted(now.records, "record"),
        about_unsigned(now.bytes),
        about_unsigned(at(now.bytes).unwrap_or(u64::MAX))
    );
    if let Some(percent) = (now.done * 100).checked_div(now.offsets) {
        let _ = write!(text, ", {percent}%");
    }
    let left = u128::from(now.offsets - now.done) * elapsed_ms;
    if let Some(left_ms) = left.checked_div(u128::from(now.done - now.before)) {
        let left_ms = i64::try_from(left_ms).unwrap_or(i64::MAX);
        let _ = write!(text, ", {} left", span(left_ms));
    }
    text
}

/// The contents of a snapshot.
#[must_use]
pub fn shown(look: Look, reader: &Reader, groups: &[GroupOffsets], deleted: &Deleted) -> String {
    let header = reader.header();
    let mut text = format!(
        "{} {} of cluster {}, taken {} ({})\n{}\n",
        look.strong("snapshot"),
        escape(&header.snapshot),
        escape(&header.cluster),
        second(header.taken),
        header.asked.isolation,
        size(reader)
    );
    let mut summaries = reader.summaries().iter();
    for topic in &header.topics {
        let rows = topic.partitions.iter().zip(summaries.by_ref());
        let rows = rows
            .map(|(range, summary)| cells(*range, summary))
            .collect();
        text += &heading(look, topic);
        text += &Listing {
            columns: &PARTITIONS,
            rows,
        }
        .inset(look);
    }
    if !deleted.is_empty() {
        let deleted = deleted.iter().map(|(key, range)| (key, range));
        text.push('\n');
        text += &open::lines(deleted, DELETED);
    }
    if !groups.is_empty() {
        let _ = write!(text, "\n{}\n", look.strong("what groups had committed"));
        let rows = groups.iter().flat_map(committed).collect();
        text += &Listing {
            columns: &GROUPS,
            rows,
        }
        .inset(look);
    }
    text
}

/// The contents of a snapshot as a document.
#[must_use]
pub fn shown_json(
    path: &Path,
    reader: &Reader,
    groups: &[GroupOffsets],
    deleted: &Deleted,
) -> String {
    let header = reader.header();
    let mut summaries = reader.summaries().iter();
    let topics = header.topics.iter().map(|topic| {
        let partitions = topic.partitions.iter().zip(summaries.by_ref());
        TopicInSnapshot {
            name: &topic.name,
            id: topic.id,
            partition_count: topic.partition_count,
            replication_factor: topic.replication_factor,
            timestamp_type: topic.timestamp_type,
            configs: topic.configs.iter().map(ConfigInSnapshot::of).collect(),
            partitions: partitions
                .map(|(range, summary)| PartitionInSnapshot::of(range, summary))
                .collect(),
        }
    });
    let asked = &header.asked;
    let fields = SnapshotDocument {
        facts: SnapshotFacts::of(path, reader, deleted),
        tonkafka: &header.tonkafka,
        asked: AskedOfSnapshot {
            topics: &asked.topics,
            from: asked.from.as_deref(),
            to: asked.to.as_deref(),
            isolation: asked.isolation.to_string(),
        },
        topics: topics.collect(),
        groups,
    };
    of_kind("Snapshot", &fields)
}

/// A snapshot that was verified.
#[derive(Serialize, JsonSchema)]
pub(super) struct VerificationDocument<'a> {
    #[serde(flatten)]
    facts: SnapshotFacts<'a>,
    /// How many groups the snapshot has commits of.
    groups: usize,
}

/// The contents of a snapshot.
#[derive(Serialize, JsonSchema)]
pub(super) struct SnapshotDocument<'a> {
    #[serde(flatten)]
    facts: SnapshotFacts<'a>,
    /// The program version that wrote the snapshot.
    tonkafka: &'a str,
    asked: AskedOfSnapshot<'a>,
    topics: Vec<TopicInSnapshot<'a>>,
    /// The commits of groups.
    groups: &'a [GroupOffsets],
}

/// The arguments of `snapshot create`.
#[derive(Serialize, JsonSchema)]
struct AskedOfSnapshot<'a> {
    topics: &'a [String],
    from: Option<&'a str>,
    to: Option<&'a str>,
    #[schemars(extend("enum" = ["read_committed", "read_uncommitted"]))]
    isolation: String,
}

/// Facts about a snapshot as a whole.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct SnapshotFacts<'a> {
    path: Cow<'a, str>,
    /// The id of the snapshot.
    snapshot: &'a str,
    /// The id of the cluster.
    cluster: &'a str,
    #[schemars(with = "String", extend("format" = "date-time"))]
    taken: Timestamp,
    records: u64,
    partitions: usize,
    blocks: u64,
    file_bytes: u64,
    /// The uncompressed bytes of all blocks.
    unpacked_bytes: u64,
    /// SHA-256 of the file without its last 36 bytes.
    #[schemars(regex(pattern = "^[0-9a-f]{64}$"))]
    sha256: String,
    /// Offsets that were left out because a transaction was open.
    open_transactions: Vec<OffsetRangeFields>,
    /// Offsets that were left out because they were deleted before they were read.
    deleted: Vec<OffsetRangeFields>,
}

/// A topic as it was when the snapshot was taken.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct TopicInSnapshot<'a> {
    name: &'a str,
    id: TopicId,
    #[schemars(range(min = 0))]
    partition_count: i32,
    #[schemars(range(min = 0))]
    replication_factor: i32,
    timestamp_type: TimestampType,
    configs: Vec<ConfigInSnapshot<'a>>,
    partitions: Vec<PartitionInSnapshot>,
}

/// A setting of a topic.
#[derive(Serialize, JsonSchema)]
struct ConfigInSnapshot<'a> {
    name: &'a str,
    /// The value; null if there is none or it is hidden.
    value: Option<&'a str>,
    /// Whether the broker hides it.
    sensitive: bool,
    source: ConfigSource,
}

impl<'a> ConfigInSnapshot<'a> {
    fn of(config: &'a Config) -> Self {
        Self {
            name: &config.name,
            value: config.value.text(),
            sensitive: config.value == ConfigValue::Sensitive,
            source: config.source,
        }
    }
}

/// A partition, and its records in the snapshot.
#[derive(Serialize, JsonSchema)]
struct PartitionInSnapshot {
    #[schemars(range(min = 0))]
    partition: i32,
    /// The first wanted offset.
    #[schemars(range(min = 0))]
    from: i64,
    /// The offset after the last wanted one.
    #[schemars(range(min = 0))]
    to: i64,
    records: u64,
    bytes: u64,
    blocks: u64,
    /// The earliest timestamp, in milliseconds since the epoch.
    earliest: Option<i64>,
    /// The latest timestamp, in milliseconds since the epoch.
    latest: Option<i64>,
    missing: MissingFields,
    /// SHA-256 of the records; the same for restored records.
    #[schemars(regex(pattern = "^[0-9a-f]{64}$"))]
    sha256: String,
}

/// How many offsets have no record, by reason.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct MissingFields {
    transactions: u64,
    compaction: u64,
    retention: u64,
    unknown: u64,
    /// Offsets after `to` that an open transaction held back.
    open_transactions: u64,
}

impl PartitionInSnapshot {
    fn of(range: &Range, summary: &Summary) -> Self {
        let [transactions, compaction, retention, unknown] = summary.missing;
        Self {
            partition: range.partition,
            from: range.from,
            to: range.to,
            records: summary.records,
            bytes: summary.bytes,
            blocks: summary.blocks,
            earliest: summary.times.map(|(earliest, _)| earliest),
            latest: summary.times.map(|(_, latest)| latest),
            missing: MissingFields {
                transactions,
                compaction,
                retention,
                unknown,
                open_transactions: range.left_out(),
            },
            sha256: hex(summary.digest),
        }
    }
}

/// A record of a snapshot.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct RecordDocument<'a> {
    #[schemars(extend("const" = FORMAT_VERSION))]
    format_version: u32,
    #[schemars(extend("const" = "Record"))]
    kind: &'static str,
    topic: &'a str,
    #[schemars(range(min = 0))]
    partition: i32,
    #[schemars(range(min = 0))]
    offset: i64,
    /// In milliseconds since the epoch; -1 if the record has none.
    timestamp: i64,
    timestamp_type: TimestampType,
    key: Option<Bytes<'a>>,
    value: Option<Bytes<'a>>,
    headers: Vec<HeaderFields<'a>>,
}

/// A header of a record.
#[derive(Serialize, JsonSchema)]
struct HeaderFields<'a> {
    name: Bytes<'a>,
    value: Option<Bytes<'a>>,
}

/// Text if the bytes are UTF-8, else Base64.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
enum Bytes<'a> {
    Text(&'a str),
    Base64(String),
}

impl<'a> Bytes<'a> {
    fn of(bytes: &'a [u8]) -> Self {
        match std::str::from_utf8(bytes) {
            Ok(text) => Self::Text(text),
            Err(_) => Self::Base64(STANDARD.encode(bytes)),
        }
    }
}

/// A record as a document on one line.
#[must_use]
pub fn record(topic: &str, partition: i32, is: TimestampType, record: &Record) -> String {
    let headers = record.headers.iter().map(|header| HeaderFields {
        name: Bytes::of(&header.name),
        value: header.value.as_deref().map(Bytes::of),
    });
    line(&RecordDocument {
        format_version: FORMAT_VERSION,
        kind: "Record",
        topic,
        partition,
        offset: record.offset,
        timestamp: record.timestamp,
        timestamp_type: is,
        key: record.key.as_deref().map(Bytes::of),
        value: record.value.as_deref().map(Bytes::of),
        headers: headers.collect(),
    })
}

/// Kafka's name of the timestamp type.
fn timestamp_type(is: TimestampType) -> &'static str {
    match is {
        TimestampType::CreateTime => "CreateTime",
        TimestampType::LogAppendTime => "LogAppendTime",
    }
}

impl<'a> SnapshotFacts<'a> {
    fn of(path: &'a Path, reader: &'a Reader, deleted: &'a Deleted) -> Self {
        let header = reader.header();
        Self {
            path: path.to_string_lossy(),
            snapshot: &header.snapshot,
            cluster: &header.cluster,
            taken: header.taken,
            records: reader.records(),
            partitions: reader.summaries().len(),
            blocks: reader.block_count(),
            file_bytes: reader.file_bytes(),
            unpacked_bytes: reader.unpacked_bytes(),
            sha256: hex(reader.digest()),
            open_transactions: open::list(&header.left_out()),
            deleted: open::list(deleted.iter().map(|(key, range)| (key, range))),
        }
    }
}

/// For example `2 topics, 3 partitions, 7 records; 612 bytes in 3 blocks, 1.4 KiB in the file`.
fn size(reader: &Reader) -> String {
    format!(
        "{}, {}, {}; {} in {}, {} in the file",
        count(reader.header().topics.len(), "topic"),
        count(reader.summaries().len(), "partition"),
        counted(reader.records(), "record"),
        about_unsigned(reader.unpacked_bytes()),
        counted(reader.block_count(), "block"),
        about_unsigned(reader.file_bytes()),
    )
}

fn counted(number: u64, noun: &str) -> String {
    count(usize::try_from(number).unwrap_or(usize::MAX), noun)
}

fn about_unsigned(bytes: u64) -> String {
    about(i64::try_from(bytes).unwrap_or(i64::MAX))
}

fn heading(look: Look, topic: &SnapshotTopic) -> String {
    let mut text = format!(
        "\n{} {} ({}), {}, replication factor {}, {}\n",
        look.strong("topic"),
        escape(&topic.name),
        topic.id,
        count(
            usize::try_from(topic.partition_count).unwrap_or(0),
            "partition"
        ),
        topic.replication_factor,
        timestamp_type(topic.timestamp_type)
    );
    for config in &topic.configs {
        let value = config_value(&config.name, &config.value);
        let _ = writeln!(
            text,
            "    {} = {value}  {}",
            escape(&config.name),
            look.faint(&config.source.to_string())
        );
    }
    text
}

fn cells(range: Range, summary: &Summary) -> Vec<Cell> {
    let time = |time: Option<i64>| match time {
        Some(-1) | None => Cell::missing(),
        Some(ms) => Cell::words(moment(ms)),
    };
    let missing = missing(summary).map(|(reason, offsets)| (offsets, reason.word()));
    let missing: Vec<String> = missing
        .chain([(range.left_out(), "behind an open transaction")])
        .filter(|(offsets, _)| *offsets > 0)
        .map(|(offsets, word)| format!("{offsets} {word}"))
        .collect();
    vec![
        Cell::number(range.partition),
        Cell::number(range.from),
        Cell::number(range.to),
        Cell::number(summary.records),
        Cell::words(about_unsigned(summary.bytes)),
        time(summary.times.map(|(earliest, _)| earliest)),
        time(summary.times.map(|(_, latest)| latest)),
        if missing.is_empty() {
            Cell::missing()
        } else {
            Cell::words(missing.join(", "))
        },
    ]
}

fn committed(group: &GroupOffsets) -> impl Iterator<Item = Vec<Cell>> {
    group.offsets.iter().map(|one| {
        vec![
            Cell::words(escape(&group.group)),
            Cell::words(escape(&one.topic)),
            Cell::number(one.partition),
            Cell::number(one.offset),
        ]
    })
}

fn missing(summary: &Summary) -> impl Iterator<Item = (SnapshotGapReason, u64)> {
    SnapshotGapReason::ALL.into_iter().zip(summary.missing)
}

/// A time in UTC, from milliseconds since the epoch.
fn moment(ms: i64) -> String {
    Timestamp::from_millisecond(ms).map_or_else(|_| ms.to_string(), |time| time.to_string())
}

fn second(time: Timestamp) -> String {
    moment(time.as_second() * 1000)
}
