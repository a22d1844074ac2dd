//! Blocks: records and gaps of one partition that cover a range of offsets completely.
//!
//! The payload of a block is a description of 56 bytes and one zstd frame. The frame holds the encoded
//! records, then the runs: a kind of offsets (u8, 0 for records, or a [`SnapshotGapReason`]) and their
//! number (LEB128). Offsets are not stored, so they cannot be out of order.

use std::ops::Range;

use bytes::Bytes;
use zstd::bulk::{Compressor, Decompressor};
use zstd::zstd_safe;

use super::limits::MAX_BLOCK;
use super::number::{i64_at, u32_at};
use super::record::{self, Cursor};
use crate::model::record::{Record, TimestampType};

/// The length of a description.
pub(super) const META: usize = 56;

/// The base 2 logarithm of the largest zstd window that is read.
const MAX_WINDOW_LOG: u8 = 27;

/// Why offsets have no record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SnapshotGapReason {
    /// Transaction markers, and records of aborted transactions.
    Transactions,
    /// Compacted: a newer record has the same key.
    Compaction,
    /// Deleted by retention or by a request, while the snapshot was taken.
    Retention,
    /// Unknown.
    Unknown,
}

impl SnapshotGapReason {
    /// All reasons, ordered by their numbers in a file, which begin with 1.
    pub const ALL: [Self; 4] = [
        Self::Transactions,
        Self::Compaction,
        Self::Retention,
        Self::Unknown,
    ];

    /// Its index in [`SnapshotGapReason::ALL`].
    #[must_use]
    pub fn place(self) -> usize {
        self as usize
    }

    /// Its name in one word.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Transactions => "transactions",
            Self::Compaction => "compaction",
            Self::Retention => "retention",
            Self::Unknown => "unknown",
        }
    }
}

/// Consecutive offsets with records (no reason), or without.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Run {
    pub(super) reason: Option<SnapshotGapReason>,
    pub(super) len: u64,
}

/// The description before the content of a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Meta {
    /// The partition's ordinal.
    pub(super) ordinal: u32,
    pub(super) records: u32,
    /// The first offset that the block covers.
    pub(super) start: i64,
    /// The offset after the last one.
    pub(super) end: i64,
    /// The earliest timestamp; -1 without records.
    pub(super) earliest: i64,
    /// The latest timestamp; -1 without records.
    pub(super) latest: i64,
    /// The uncompressed bytes of the records.
    pub(super) record_bytes: u32,
    /// The uncompressed bytes of records and runs.
    pub(super) bytes: u32,
    pub(super) timestamp_type: TimestampType,
    /// The leader epoch of the last offset; none when unknown.
    pub(super) epoch: Option<i32>,
}

impl Meta {
    pub(super) fn to_bytes(self) -> [u8; META] {
        let mut bytes = [0; META];
        bytes[0..4].copy_from_slice(&self.ordinal.to_le_bytes());
        bytes[4..8].copy_from_slice(&self.records.to_le_bytes());
        bytes[8..16].copy_from_slice(&self.start.to_le_bytes());
        bytes[16..24].copy_from_slice(&self.end.to_le_bytes());
        bytes[24..32].copy_from_slice(&self.earliest.to_le_bytes());
        bytes[32..40].copy_from_slice(&self.latest.to_le_bytes());
        bytes[40..44].copy_from_slice(&self.record_bytes.to_le_bytes());
        bytes[44..48].copy_from_slice(&self.bytes.to_le_bytes());
        bytes[48] = match self.timestamp_type {
            TimestampType::CreateTime => 0,
            TimestampType::LogAppendTime => 1,
        };
        let epoch = self.epoch.map_or(0, |epoch| epoch.cast_unsigned() + 1);
        bytes[52..56].copy_from_slice(&epoch.to_le_bytes());
        bytes
    }

    /// Decodes a description; none if it is invalid.
    pub(super) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let timestamp_type = match bytes.get(48..52)? {
            [0, 0, 0, 0] => TimestampType::CreateTime,
            [1, 0, 0, 0] => TimestampType::LogAppendTime,
            _ => return None,
        };
        // The epoch plus one; 0 means none, as in all blocks of version 1.
        let epoch = match u32_at(bytes.get(..META)?, 52) {
            0 => None,
            more => Some(i32::try_from(more - 1).ok()?),
        };
        let meta = Self {
            ordinal: u32_at(bytes, 0),
            records: u32_at(bytes, 4),
            start: i64_at(bytes, 8),
            end: i64_at(bytes, 16),
            earliest: i64_at(bytes, 24),
            latest: i64_at(bytes, 32),
            record_bytes: u32_at(bytes, 40),
            bytes: u32_at(bytes, 44),
            timestamp_type,
            epoch,
        };
        let fits = meta.start >= 0
            && meta.start < meta.end
            && meta.bytes as usize <= MAX_BLOCK
            && meta.record_bytes < meta.bytes
            && meta.end - meta.start >= i64::from(meta.records)
            // The size of the smallest record.
            && u64::from(meta.records) * 20 <= u64::from(meta.record_bytes);
        fits.then_some(meta)
    }
}

/// The largest payload of a block with `bytes` uncompressed bytes.
pub(super) fn longest(bytes: usize) -> usize {
    META + zstd_safe::compress_bound(bytes)
}

/// A block that is being filled.
#[derive(Debug)]
pub(super) struct Builder {
    meta: Meta,
    body: Vec<u8>,
    runs: Vec<Run>,
}

impl Builder {
    /// An empty block that reuses the memory of `body`.
    pub(super) fn new(
        ordinal: u32,
        start: i64,
        timestamp_type: TimestampType,
        mut body: Vec<u8>,
    ) -> Self {
        body.clear();
        let meta = Meta {
            ordinal,
            records: 0,
            start,
            end: start,
            earliest: -1,
            latest: -1,
            record_bytes: 0,
            bytes: 0,
            timestamp_type,
            epoch: None,
        };
        let runs = Vec::new();
        Self { meta, body, runs }
    }

    /// Its uncompressed size; an upper bound.
    pub(super) fn size(&self) -> usize {
        self.body.len() + self.runs.len() * 11
    }

    /// Whether records of `timestamp_type` can be added.
    pub(super) fn takes(&self, timestamp_type: TimestampType) -> bool {
        self.meta.records == 0 || self.meta.timestamp_type == timestamp_type
    }

    /// Sets the leader epoch of what is added next.
    pub(super) fn in_epoch(&mut self, epoch: Option<i32>) {
        self.meta.epoch = epoch;
    }

    /// Adds the record of the next offset.
    pub(super) fn record(&mut self, record: &Record, timestamp_type: TimestampType) {
        let meta = &mut self.meta;
        if meta.records == 0 {
            meta.timestamp_type = timestamp_type;
            meta.earliest = record.timestamp;
            meta.latest = record.timestamp;
        }
        meta.records += 1;
        meta.earliest = meta.earliest.min(record.timestamp);
        meta.latest = meta.latest.max(record.timestamp);
        record::encode(record, &mut self.body);
        self.run(None, 1);
    }

    /// Adds a gap at the next offsets.
    pub(super) fn gap(&mut self, len: u64, reason: SnapshotGapReason) {
        self.run(Some(reason), len);
    }

    fn run(&mut self, reason: Option<SnapshotGapReason>, len: u64) {
        self.meta.end = self.meta.end.saturating_add_unsigned(len);
        match self.runs.last_mut() {
            Some(last) if last.reason == reason => last.len += len,
            _ => self.runs.push(Run { reason, len }),
        }
    }

    /// Closes the block, ready for compression.
    pub(super) fn seal(mut self) -> Sealed {
        // Both lengths are below `MAX_BLOCK`: the writer checks `size` before it adds.
        let len = |bytes: &[u8]| u32::try_from(bytes.len()).unwrap_or(u32::MAX);
        self.meta.record_bytes = len(&self.body);
        for run in &self.runs {
            self.body.push(number(run.reason));
            put_varint(run.len, &mut self.body);
        }
        self.meta.bytes = len(&self.body);
        Sealed {
            meta: self.meta,
            body: self.body,
            runs: self.runs,
        }
    }
}

fn number(reason: Option<SnapshotGapReason>) -> u8 {
    reason.map_or(0, |reason| reason as u8 + 1)
}

fn put_varint(mut value: u64, to: &mut Vec<u8>) {
    while value > 0x7f {
        to.push(u8::try_from(value & 0x7f).unwrap_or_default() | 0x80);
        value >>= 7;
    }
    to.push(u8::try_from(value).unwrap_or_default());
}

/// A closed block that is not compressed yet.
#[derive(Debug)]
pub(super) struct Sealed {
    pub(super) meta: Meta,
    pub(super) body: Vec<u8>,
    pub(super) runs: Vec<Run>,
}

impl Sealed {
    /// The bytes of the records.
    pub(super) fn records(&self) -> &[u8] {
        &self.body[..self.meta.record_bytes as usize]
    }

    /// Compresses the body into `to`.
    pub(super) fn compress(
        &self,
        compressor: &mut Compressor<'_>,
        to: &mut Vec<u8>,
    ) -> std::io::Result<()> {
        to.clear();
        to.reserve(zstd_safe::compress_bound(self.body.len()));
        compressor.compress_to_buffer(&self.body, to)?;
        Ok(())
    }
}

/// A block of one partition. Each offset in its range has a record or is in a gap.
#[derive(Debug, Clone)]
pub struct Block {
    meta: Meta,
    body: Bytes,
}

impl Block {
    /// Decodes a payload, or says what is wrong with it.
    pub(super) fn from_payload(payload: &[u8]) -> Result<Self, &'static str> {
        let meta = Meta::from_bytes(payload).ok_or("a block describes no block")?;
        let block = Self {
            meta,
            body: unpack(&payload[META..], meta.bytes as usize)?.into(),
        };
        block.check()?;
        Ok(block)
    }

    /// The ordinal of its partition.
    #[must_use]
    pub fn ordinal(&self) -> usize {
        self.meta.ordinal as usize
    }

    /// Its range: the first offset, and the one after the last.
    #[must_use]
    pub fn range(&self) -> (i64, i64) {
        (self.meta.start, self.meta.end)
    }

    /// The number of its records.
    #[must_use]
    pub fn len(&self) -> usize {
        self.meta.records as usize
    }

    /// Whether it has only gaps.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.meta.records == 0
    }

    /// Who set the timestamps of its records.
    #[must_use]
    pub fn timestamp_type(&self) -> TimestampType {
        self.meta.timestamp_type
    }

    /// Its records, ordered by offset. They share the memory of the block.
    pub fn records(&self) -> impl Iterator<Item = Record> {
        let offsets = self
            .placed()
            .filter(|(run, _)| run.reason.is_none())
            .flat_map(|(run, from)| from..from.saturating_add_unsigned(run.len));
        let records = self.body.slice(..self.meta.record_bytes as usize);
        let mut at = 0;
        offsets.map_while(move |offset| {
            let mut cursor = Cursor::new(&records, at);
            let record = cursor.next(&records, offset);
            at = cursor.at();
            record
        })
    }

    /// Its gaps, in order.
    pub fn gaps(&self) -> impl Iterator<Item = (Range<i64>, SnapshotGapReason)> {
        self.placed().filter_map(|(run, from)| {
            Some((from..from.saturating_add_unsigned(run.len), run.reason?))
        })
    }

    pub(super) fn meta(&self) -> &Meta {
        &self.meta
    }

    /// The bytes of the records.
    pub(super) fn record_bytes(&self) -> &[u8] {
        &self.body[..self.meta.record_bytes as usize]
    }

    pub(super) fn runs(&self) -> impl Iterator<Item = Run> {
        let mut bytes = &self.body[self.meta.record_bytes as usize..];
        std::iter::from_fn(move || next_run(&mut bytes))
    }

    /// Its runs, with their first offsets.
    fn placed(&self) -> impl Iterator<Item = (Run, i64)> {
        self.runs().scan(self.meta.start, |next, run| {
            let from = *next;
            *next = from.saturating_add_unsigned(run.len);
            Some((run, from))
        })
    }

    /// Validates the whole block, without allocating.
    fn check(&self) -> Result<(), &'static str> {
        self.check_records()?;
        self.check_runs()
    }

    fn check_records(&self) -> Result<(), &'static str> {
        let meta = &self.meta;
        let mut cursor = Cursor::new(self.record_bytes(), 0);
        let mut times = None;
        for _ in 0..meta.records {
            let at = cursor
                .skip()
                .ok_or("a block has bytes that are no record")?;
            let (earliest, latest) = times.unwrap_or((at, at));
            times = Some((at.min(earliest), at.max(latest)));
        }
        if !cursor.is_done() {
            return Err("a block has more bytes than its records");
        }
        if times.unwrap_or((-1, -1)) != (meta.earliest, meta.latest) {
            return Err("the timestamps of a block are not those of its records");
        }
        Ok(())
    }

    fn check_runs(&self) -> Result<(), &'static str> {
        let wrong = "the offsets of a block are not those that it covers";
        let mut bytes = &self.body[self.meta.record_bytes as usize..];
        let mut last = None;
        let (mut records, mut all) = (0u64, 0u64);
        while !bytes.is_empty() {
            let run = next_run(&mut bytes).ok_or(wrong)?;
            if run.len == 0 || last == Some(run.reason) {
                return Err(wrong);
            }
            last = Some(run.reason);
            all = all.checked_add(run.len).ok_or(wrong)?;
            records += if run.reason.is_none() { run.len } else { 0 };
        }
        let covered = u64::try_from(self.meta.end - self.meta.start);
        if covered != Ok(all) || records != u64::from(self.meta.records) {
            return Err(wrong);
        }
        Ok(())
    }
}

/// Reads a run from the front of `bytes`. None at the end, and if it is invalid.
fn next_run(bytes: &mut &[u8]) -> Option<Run> {
    let (kind, mut rest) = bytes.split_first()?;
    let reason = match *kind {
        0 => None,
        kind => Some(*SnapshotGapReason::ALL.get(usize::from(kind) - 1)?),
    };
    let mut len = 0u64;
    let mut shift = 0;
    loop {
        let (byte, after) = rest.split_first()?;
        rest = after;
        if shift > 56 {
            return None;
        }
        len |= u64::from(byte & 0x7f) << shift;
        shift += 7;
        if byte & 0x80 == 0 {
            // Each number has only one encoding.
            if *byte == 0 && shift > 7 {
                return None;
            }
            break;
        }
    }
    *bytes = rest;
    Some(Run { reason, len })
}

/// Decompresses one zstd frame, whose header must give the size `len`. No more is allocated.
fn unpack(frame: &[u8], len: usize) -> Result<Vec<u8>, &'static str> {
    let wrong = "a block cannot be unpacked";
    let told = zstd_safe::get_frame_content_size(frame).map_err(|_| wrong)?;
    if told != Some(len as u64) || window_log(frame).is_none_or(|log| log > MAX_WINDOW_LOG) {
        return Err(wrong);
    }
    if zstd_safe::find_frame_compressed_size(frame) != Ok(frame.len()) {
        return Err(wrong);
    }
    let mut unpacked = Vec::with_capacity(len);
    let mut decompressor = Decompressor::new().map_err(|_| wrong)?;
    let found = decompressor.decompress_to_buffer(frame, &mut unpacked);
    match found {
        Ok(found) if found == len => Ok(unpacked),
        _ => Err(wrong),
    }
}

/// The base 2 logarithm of a frame's window size, rounded down; 0 if the window is the content (RFC
/// 8878, section 3.1.1.1).
fn window_log(frame: &[u8]) -> Option<u8> {
    let descriptor = *frame.get(4)?;
    if descriptor & 0x20 != 0 {
        return Some(0);
    }
    Some(10 + (frame.get(5)? >> 3))
}
