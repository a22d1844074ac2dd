//! Decodes fetched bytes into records.
//!
//! Traps: a batch may begin before the requested offset, and the last one may be incomplete.
//! Aborted transactions are listed beside the records, by producer and first offset, and end at
//! that producer's next abort marker. krafka decompresses zstd in Rust; the C library, which is
//! linked anyway, is much faster.

use std::collections::{HashSet, VecDeque};
use std::io::Read;

use bytes::{Buf, Bytes};

use crate::cluster::live::wire::{
    AbortedTransaction, Compression, Record as WireRecord, RecordBatch, RecordBatchHeader,
    TimestampType as WireTimestampType, crc32c,
};
use crate::cluster::reader::Piece;
use crate::model::record::{Gap, GapReason, Header, Record, TimestampType};

/// The largest accepted uncompressed batch.
const MOST_UNPACKED: usize = RecordBatch::MAX_DECOMPRESSED_SIZE;

/// The position of the magic byte in a batch, in all formats.
const MAGIC: usize = 16;

/// The position in a batch of the first byte that its checksum covers.
const CHECKED: usize = 21;

/// The complete batches at the start of a fetch.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Extent {
    /// Their bytes.
    pub size: usize,
    /// The offset after their last record; the end offset, if the next batch begins there or later.
    pub next: i64,
    /// The leader epoch of the last batch; none without a batch.
    pub epoch: Option<i32>,
}

/// The extent of complete batches that begin before `until`; ends at `from` if there are none.
pub(super) fn extent(bytes: &[u8], from: i64, until: i64) -> Result<Extent, String> {
    let mut found = Extent {
        size: 0,
        next: from,
        epoch: None,
    };
    while let Some(rest) = bytes.get(found.size..)
        && rest.len() > MAGIC
    {
        if rest[MAGIC] < 2 {
            return Err(format!(
                "its records have message format {}, of Kafka before 0.11, which is not read",
                rest[MAGIC]
            ));
        }
        if rest.len() < RecordBatchHeader::SIZE {
            break;
        }
        let header = RecordBatchHeader::peek(rest).map_err(|error| error.to_string())?;
        if header.total_size() > rest.len() {
            break;
        }
        let is_beyond = header.base_offset >= until;
        if !is_beyond || found.next < until {
            found.epoch = epoch(&header);
        }
        if is_beyond {
            found.next = found.next.max(until);
            break;
        }
        found.size += header.total_size();
        found.next = found.next.max(header.last_offset().saturating_add(1));
    }
    Ok(found)
}

/// The leader epoch that a batch was written in.
fn epoch(header: &RecordBatchHeader) -> Option<i32> {
    Some(header.partition_leader_epoch).filter(|epoch| *epoch >= 0)
}

/// Complete batches that are being decoded.
pub(super) struct Batches {
    bytes: Bytes,
    /// The next offset.
    position: i64,
    until: i64,
    aborted: VecDeque<(i64, i64)>,
    /// Producers whose current transaction was aborted.
    aborting: HashSet<i64>,
}

impl Batches {
    /// Decodes `bytes` from `from` to `until`, without the records of `aborted` transactions.
    pub(super) fn new(
        bytes: Bytes,
        (from, until): (i64, i64),
        aborted: Vec<AbortedTransaction>,
    ) -> Self {
        let mut aborted: Vec<(i64, i64)> = aborted
            .into_iter()
            .map(|one| (one.first_offset, one.producer_id))
            .collect();
        aborted.sort_unstable();
        Self {
            bytes,
            position: from,
            until,
            aborted: aborted.into(),
            aborting: HashSet::new(),
        }
    }

    /// The next offset.
    pub(super) fn position(&self) -> i64 {
        self.position
    }

    /// The leader epoch of the next batch.
    pub(super) fn epoch(&self) -> Option<i32> {
        epoch(&RecordBatchHeader::peek(&self.bytes).ok()?)
    }

    /// Decodes one batch into `pieces` and returns the approximate size of its records; none at the
    /// end.
    pub(super) fn read(&mut self, pieces: &mut Vec<Piece>) -> Result<Option<usize>, String> {
        if self.bytes.is_empty() || self.position >= self.until {
            return Ok(None);
        }
        let header = RecordBatchHeader::peek(&self.bytes).map_err(|error| error.to_string())?;
        let batch = self
            .bytes
            .split_to(header.total_size().min(self.bytes.len()));
        let last = header.last_offset();
        while let Some((first, producer)) = self.aborted.front()
            && *first <= last
        {
            self.aborting.insert(*producer);
            self.aborted.pop_front();
        }
        if last < self.position {
            return Ok(Some(0));
        }
        self.gap(pieces, header.base_offset, GapReason::Compaction);
        let attributes = header.attributes;
        if attributes.is_control_batch {
            if is_abort(&unpacked(batch, &header)?) {
                self.aborting.remove(&header.producer_id);
            }
            self.gap(pieces, last.saturating_add(1), GapReason::Control);
            return Ok(Some(0));
        }
        if attributes.is_transactional && self.aborting.contains(&header.producer_id) {
            self.gap(pieces, last.saturating_add(1), GapReason::Aborted);
            return Ok(Some(0));
        }
        let records = unpacked(batch, &header)?;
        let size = records.iter().map(size_of).sum();
        self.take(pieces, &header, records);
        self.gap(pieces, last.saturating_add(1), GapReason::Compaction);
        Ok(Some(size))
    }

    fn take(
        &mut self,
        pieces: &mut Vec<Piece>,
        header: &RecordBatchHeader,
        records: Vec<WireRecord>,
    ) {
        let kind = match header.attributes.timestamp_type {
            WireTimestampType::LogAppendTime => TimestampType::LogAppendTime,
            _ => TimestampType::CreateTime,
        };
        let mut run = match pieces.pop() {
            Some(Piece::Records(same, run)) if same == kind => run,
            Some(other) => {
                pieces.push(other);
                Vec::new()
            }
            None => Vec::new(),
        };
        run.reserve(records.len());
        for record in records {
            let offset = header
                .base_offset
                .saturating_add(i64::from(record.offset_delta));
            if offset < self.position {
                continue;
            }
            if offset >= self.until {
                break;
            }
            if offset > self.position {
                if !run.is_empty() {
                    pieces.push(Piece::Records(kind, std::mem::take(&mut run)));
                }
                self.gap(pieces, offset, GapReason::Compaction);
            }
            let timestamp = match kind {
                TimestampType::LogAppendTime => header.max_timestamp,
                TimestampType::CreateTime => {
                    header.base_timestamp.saturating_add(record.timestamp_delta)
                }
            };
            run.push(of_wire(offset, timestamp, record));
            self.position = offset + 1;
        }
        if !run.is_empty() {
            pieces.push(Piece::Records(kind, run));
        }
    }

    /// Advances to `to`, or to the end of the span, without records.
    pub(super) fn gap(&mut self, pieces: &mut Vec<Piece>, to: i64, reason: GapReason) {
        let until = to.min(self.until);
        if until <= self.position {
            return;
        }
        let from = std::mem::replace(&mut self.position, until);
        match pieces.last_mut() {
            Some(Piece::Gap(gap)) if gap.reason == reason => gap.until = until,
            _ => pieces.push(Piece::Gap(Gap {
                from,
                until,
                reason,
            })),
        }
    }
}

fn of_wire(offset: i64, timestamp: i64, record: WireRecord) -> Record {
    Record {
        offset,
        timestamp,
        key: record.key,
        value: record.value,
        headers: record
            .headers
            .into_iter()
            .map(|header| Header {
                name: header.key,
                value: header.value,
            })
            .collect(),
    }
}

fn size_of(record: &WireRecord) -> usize {
    let length = |bytes: &Option<Bytes>| bytes.as_ref().map_or(0, Bytes::len);
    let headers = record.headers.iter();
    let headers: usize = headers.map(|one| one.key.len() + length(&one.value)).sum();
    length(&record.key) + length(&record.value) + headers + 8
}

/// Whether a control batch ends a transaction that is not to be read
/// (`org.apache.kafka.common.record.ControlRecordType`).
fn is_abort(records: &[WireRecord]) -> bool {
    let key = records.first().and_then(|record| record.key.as_ref());
    key.is_some_and(|key| key.len() >= 4 && key[2..4] == [0, 0])
}

/// The records of a batch, after its checksum was verified.
fn unpacked(mut batch: Bytes, header: &RecordBatchHeader) -> Result<Vec<WireRecord>, String> {
    if header.attributes.compression != Compression::Zstd {
        let decoded = RecordBatch::decode(&mut batch);
        return decoded
            .map(|batch| batch.records)
            .map_err(|error| error.to_string());
    }
    if crc32c(&batch[CHECKED..]) != header.crc {
        return Err("the checksum of a batch does not match".to_owned());
    }
    batch.advance(RecordBatchHeader::SIZE);
    let mut bytes = Bytes::from(unzstd(&batch).map_err(|error| format!("zstd: {error}"))?);
    let count = usize::try_from(header.records_count).unwrap_or_default();
    let mut records = Vec::with_capacity(count.min(bytes.len()));
    for _ in 0..count {
        records.push(WireRecord::decode(&mut bytes).map_err(|error| error.to_string())?);
    }
    Ok(records)
}

fn unzstd(packed: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::with_capacity(packed.len().saturating_mul(4).min(MOST_UNPACKED));
    let most = u64::try_from(MOST_UNPACKED).unwrap_or(u64::MAX);
    zstd::stream::read::Decoder::with_buffer(packed)?
        .take(most + 1)
        .read_to_end(&mut bytes)?;
    if bytes.len() > MOST_UNPACKED {
        return Err(std::io::Error::other(format!(
            "a batch unpacks to more than {MOST_UNPACKED} bytes"
        )));
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use crate::cluster::live::wire::RecordHeader;

    use super::*;

    /// A batch of records at these offsets.
    fn batch(base: i64, last: i32, offsets: &[i32], compression: Compression) -> RecordBatch {
        let mut batch = RecordBatch::new().with_compression(compression);
        batch.base_offset = base;
        batch.base_timestamp = 1_000;
        for delta in offsets {
            let value = Some(Bytes::from(format!("value {delta}")));
            let header = RecordHeader::null(Bytes::from_static(&[0xff, 0, b'h']));
            let mut record = WireRecord::new(None, value);
            record.headers = vec![header.clone(), header];
            let record = record.with_offset_delta(*delta);
            batch
                .records
                .push(record.with_timestamp_delta(i64::from(*delta)));
        }
        batch.last_offset_delta = last;
        batch.max_timestamp = 9_000;
        batch
    }

    fn read(bytes: &[Bytes], range: (i64, i64), aborted: Vec<AbortedTransaction>) -> Vec<Piece> {
        let bytes = Bytes::from(bytes.concat());
        let mut batches = Batches::new(bytes, range, aborted);
        let mut pieces = Vec::new();
        while batches.read(&mut pieces).unwrap().is_some() {}
        pieces
    }

    fn told(pieces: &[Piece]) -> Vec<String> {
        let told = pieces.iter().map(|piece| match piece {
            Piece::Records(_, records) => {
                let offsets: Vec<i64> = records.iter().map(|one| one.offset).collect();
                format!("{offsets:?}")
            }
            Piece::Gap(gap) => format!("{:?} {}..{}", gap.reason, gap.from, gap.until),
        });
        told.collect()
    }

    #[test]
    fn header_names_and_times_are_what_was_written() {
        for codec in [
            Compression::None,
            Compression::Gzip,
            Compression::Snappy,
            Compression::Lz4,
            Compression::Zstd,
        ] {
            let bytes = batch(5, 1, &[0, 1], codec).encode().unwrap();
            let pieces = read(&[bytes], (5, 7), Vec::new());
            let [Piece::Records(TimestampType::CreateTime, records)] = &*pieces else {
                panic!("{pieces:?}")
            };
            let header = Header {
                name: Bytes::from_static(&[0xff, 0, b'h']),
                value: None,
            };
            assert_eq!(records[1].headers, [header.clone(), header]);
            assert_eq!((records[1].offset, records[1].timestamp), (6, 1_001));
        }
    }

    #[test]
    fn an_append_time_is_that_of_the_batch() {
        let mut batch = batch(0, 0, &[0], Compression::None);
        batch.attributes.timestamp_type = WireTimestampType::LogAppendTime;
        let pieces = read(&[batch.encode().unwrap()], (0, 1), Vec::new());
        let [Piece::Records(TimestampType::LogAppendTime, records)] = &*pieces else {
            panic!("{pieces:?}")
        };
        assert_eq!(records[0].timestamp, 9_000);
    }

    #[test]
    fn what_compaction_left_out_is_told_inside_batches_between_them_and_at_their_ends() {
        let bytes = [
            batch(10, 9, &[1, 2, 5], Compression::Zstd)
                .encode()
                .unwrap(),
            batch(30, 0, &[0], Compression::None).encode().unwrap(),
            batch(31, 4, &[], Compression::None).encode().unwrap(),
        ];
        let pieces = read(&bytes, (8, 36), Vec::new());
        assert_eq!(
            told(&pieces),
            [
                "Compaction 8..11",
                "[11, 12]",
                "Compaction 13..15",
                "[15]",
                "Compaction 16..30",
                "[30]",
                "Compaction 31..36"
            ]
        );
        let pieces = read(&bytes, (12, 14), Vec::new());
        assert_eq!(told(&pieces), ["[12]", "Compaction 13..14"]);
    }

    #[test]
    fn an_abort_marker_ends_what_it_aborts() {
        let of = |base, producer, is_control: bool, end: u8| {
            let mut batch = batch(base, 0, &[0], Compression::None);
            batch.producer_id = producer;
            batch.attributes.is_transactional = true;
            batch.attributes.is_control_batch = is_control;
            if is_control {
                let key = Bytes::from(vec![0, 0, 0, end]);
                batch.records[0] = WireRecord::new(Some(key), None);
            }
            batch.encode().unwrap()
        };
        let bytes = [
            of(0, 1, false, 0),
            of(1, 2, false, 0),
            of(2, 1, true, 0),
            of(3, 1, false, 0),
            of(4, 2, true, 1),
            of(5, 1, true, 1),
        ];
        let aborted = AbortedTransaction {
            producer_id: 1,
            first_offset: 0,
        };
        assert_eq!(
            told(&read(&bytes, (0, 6), vec![aborted])),
            ["Aborted 0..1", "[1]", "Control 2..3", "[3]", "Control 4..6"]
        );
        assert_eq!(
            told(&read(&bytes, (0, 6), Vec::new())),
            ["[0, 1]", "Control 2..3", "[3]", "Control 4..6"]
        );
    }

    #[test]
    fn batches_that_are_cut_off_wait_and_those_of_old_formats_are_refused() {
        let whole = batch(0, 3, &[0, 3], Compression::None).encode().unwrap();
        let bytes = [&whole[..], &whole[..whole.len() - 1]].concat();
        let found = extent(&bytes, 2, i64::MAX).unwrap();
        assert_eq!((found.size, found.next), (whole.len(), 4));
        assert_eq!(extent(&bytes[..20], 2, i64::MAX).unwrap().size, 0);
        let mut old = whole.to_vec();
        old[MAGIC] = 1;
        assert_eq!(
            extent(&old, 0, i64::MAX).unwrap_err(),
            "its records have message format 1, of Kafka before 0.11, which is not read"
        );
    }

    #[test]
    fn what_begins_at_the_end_or_later_shows_that_nothing_is_before_it() {
        let of = |base, epoch| {
            let mut batch = batch(base, 4, &[0], Compression::None);
            batch.partition_leader_epoch = epoch;
            batch.encode().unwrap()
        };
        let bytes = [of(0, 3), of(10, 4)].concat();
        let size = bytes.len() / 2;
        let found = |from, until| {
            let found = extent(&bytes, from, until).unwrap();
            (found.size, found.next, found.epoch)
        };
        assert_eq!(found(0, i64::MAX), (2 * size, 15, Some(4)));
        assert_eq!(found(0, 11), (2 * size, 15, Some(4)));
        // For offsets 5 to 7 the epoch is that of the later batch; before them, of the first.
        assert_eq!(found(0, 8), (size, 8, Some(4)));
        assert_eq!(found(0, 5), (size, 5, Some(3)));
        assert_eq!(extent(&bytes[size..], 6, 8).unwrap().epoch, Some(4));
        let old = [of(0, -1)].concat();
        assert_eq!(extent(&old, 0, 5).unwrap().epoch, None);
    }

    #[test]
    fn a_flipped_bit_is_found() {
        for codec in [Compression::None, Compression::Zstd] {
            let mut bytes = batch(0, 1, &[0, 1], codec).encode().unwrap().to_vec();
            let last = bytes.len() - 1;
            bytes[last] ^= 1;
            let mut batches = Batches::new(Bytes::from(bytes), (0, 2), Vec::new());
            let words = batches.read(&mut Vec::new()).unwrap_err();
            assert!(words.to_lowercase().contains("mismatch") || words.contains("not match"));
        }
    }
}
