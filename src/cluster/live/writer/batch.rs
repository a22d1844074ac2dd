//! Batches: filled, closed with their sequence numbers, encoded.

use bytes::Bytes;

use crate::cluster::live::wire::{
    Compression as Codec, KrafkaError, Record as WireRecord, RecordBatch, RecordHeader,
};
use crate::cluster::writer::{Compression, ProducerIdentity};
use crate::model::record::Record;

/// Bytes of a batch before its records (`DefaultRecordBatch.RECORD_BATCH_OVERHEAD`).
const HEADER: usize = 61;

/// The most bytes of a record beside its key, value and headers: lengths, deltas, attributes.
const RECORD_OVERHEAD: usize = 36;

/// The most bytes of a header beside its name and value.
const HEADER_OVERHEAD: usize = 10;

/// Memory for each record beside its bytes.
const RECORD_MEMORY: usize = 160;

/// The largest sequence number; the next one is 0.
const LAST_SEQUENCE: i64 = i32::MAX as i64;

/// Records of a partition that are not sealed yet.
#[derive(Default)]
pub(super) struct OpenBatch {
    records: Vec<WireRecord>,
    base_timestamp: i64,
    max_timestamp: i64,
    first: i64,
    last: i64,
    bytes: usize,
}

impl OpenBatch {
    /// Whether the batch stays within `limit` uncompressed bytes with this record. A first record
    /// always fits.
    pub(super) fn fits(&self, record: &Record, limit: usize) -> bool {
        self.records.is_empty() || HEADER + self.bytes + size(record) <= limit
    }

    pub(super) fn push(&mut self, record: Record) {
        if self.records.is_empty() {
            self.base_timestamp = record.timestamp;
            self.max_timestamp = record.timestamp;
            self.first = record.offset;
        }
        self.max_timestamp = self.max_timestamp.max(record.timestamp);
        self.last = record.offset;
        self.bytes += size(&record);
        let headers = record.headers.into_iter();
        self.records.push(WireRecord {
            attributes: 0,
            timestamp_delta: record.timestamp.wrapping_sub(self.base_timestamp),
            offset_delta: wire_count(self.records.len()),
            key: record.key,
            value: record.value,
            headers: headers
                .map(|header| RecordHeader {
                    key: header.name,
                    value: header.value,
                })
                .collect(),
        });
    }

    /// Its memory, in bytes.
    pub(super) fn memory(&self) -> usize {
        self.bytes + self.records.len() * RECORD_MEMORY
    }

    /// Closes the batch; `sequence` is the number of its first record.
    pub(super) fn seal(self, sequence: i64) -> SealedBatch {
        SealedBatch {
            open: self,
            sequence,
        }
    }
}

/// The largest size of a record in a batch.
fn size(record: &Record) -> usize {
    let length = |bytes: &Option<Bytes>| bytes.as_ref().map_or(0, Bytes::len);
    let header = |name: &Bytes, value| HEADER_OVERHEAD + name.len() + length(value);
    let headers = record.headers.iter();
    RECORD_OVERHEAD
        + length(&record.key)
        + length(&record.value)
        + headers
            .map(|one| header(&one.name, &one.value))
            .sum::<usize>()
}

/// A count as the protocol has it. A batch has far fewer records than the limit.
fn wire_count(count: usize) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}

/// A closed batch.
pub(super) struct SealedBatch {
    open: OpenBatch,
    sequence: i64,
}

/// How a batch is to be encoded.
#[derive(Clone, Copy)]
pub(super) struct Encoding {
    pub(super) identity: ProducerIdentity,
    pub(super) is_transactional: bool,
    pub(super) compression: Compression,
    /// The topic's largest batch (`max.message.bytes`).
    pub(super) limit: usize,
}

impl SealedBatch {
    pub(super) fn len(&self) -> usize {
        self.open.records.len()
    }

    pub(super) fn first(&self) -> i64 {
        self.open.first
    }

    pub(super) fn last(&self) -> i64 {
        self.open.last
    }

    /// Encodes the batch. A batch that is too large for the topic is compressed as much as possible.
    pub(super) fn encode(self, encoding: Encoding) -> Result<Bytes, KrafkaError> {
        let mut batch = RecordBatch::new();
        batch.attributes.compression = codec(encoding.compression);
        batch.attributes.is_transactional = encoding.is_transactional;
        batch.last_offset_delta = wire_count(self.open.records.len().saturating_sub(1));
        batch.base_timestamp = self.open.base_timestamp;
        batch.max_timestamp = self.open.max_timestamp;
        batch.producer_id = encoding.identity.id;
        batch.producer_epoch = encoding.identity.epoch;
        batch.base_sequence = wire_sequence(self.sequence);
        batch.records = self.open.records;
        let bytes = batch.encode()?;
        if bytes.len() <= encoding.limit || encoding.compression == Compression::Zstd {
            return Ok(bytes);
        }
        batch.attributes.compression = Codec::Zstd;
        let smaller = batch.encode()?;
        Ok(if smaller.len() < bytes.len() {
            smaller
        } else {
            bytes
        })
    }
}

/// Sequences begin again at 0 after the largest one (`DefaultRecordBatch.incrementSequence`).
fn wire_sequence(sequence: i64) -> i32 {
    i32::try_from(sequence % (LAST_SEQUENCE + 1)).unwrap_or(0)
}

fn codec(compression: Compression) -> Codec {
    match compression {
        Compression::None => Codec::None,
        Compression::Gzip => Codec::Gzip,
        Compression::Snappy => Codec::Snappy,
        Compression::Lz4 => Codec::Lz4,
        Compression::Zstd => Codec::Zstd,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::record::Header;

    const ENCODING: Encoding = Encoding {
        identity: ProducerIdentity { id: 7, epoch: 3 },
        is_transactional: false,
        compression: Compression::None,
        limit: 1_000_000,
    };

    fn record(offset: i64, timestamp: i64, value: &'static [u8]) -> Record {
        Record {
            offset,
            timestamp,
            key: None,
            value: Some(Bytes::from_static(value)),
            headers: vec![
                Header {
                    name: Bytes::from_static(b"\xff\xfe"),
                    value: None,
                },
                Header {
                    name: Bytes::from_static(b"\xff\xfe"),
                    value: Some(Bytes::new()),
                },
            ],
        }
    }

    fn batch(records: Vec<Record>, sequence: i64) -> SealedBatch {
        let mut open = OpenBatch::default();
        for record in records {
            open.push(record);
        }
        open.seal(sequence)
    }

    #[test]
    fn everything_of_a_record_is_in_its_batch() {
        let records = vec![record(5, 2_000, b"one"), record(9, -1, b"")];
        let mut bytes = batch(records, 41).encode(ENCODING).expect("it encodes");
        let decoded = RecordBatch::decode(&mut bytes).expect("it decodes");
        assert_eq!((decoded.producer_id, decoded.producer_epoch), (7, 3));
        assert_eq!((decoded.base_sequence, decoded.last_offset_delta), (41, 1));
        assert_eq!(
            (decoded.base_timestamp, decoded.max_timestamp),
            (2_000, 2_000)
        );
        let last = &decoded.records[1];
        assert_eq!((last.timestamp_delta, last.offset_delta), (-2_001, 1));
        assert_eq!((&last.key, &last.value), (&None, &Some(Bytes::new())));
        let values: Vec<_> = last.headers.iter().map(|one| one.value.clone()).collect();
        assert_eq!(values, [None, Some(Bytes::new())]);
        assert_eq!(last.headers[0].key.as_ref(), b"\xff\xfe");
    }

    #[test]
    fn a_batch_is_never_larger_than_was_reckoned() {
        for compression in [Compression::None, Compression::Gzip] {
            let mut open = OpenBatch::default();
            let mut offset = 0;
            while open.fits(&record(offset, i64::MAX, b"some value"), 10_000) {
                open.push(record(
                    offset,
                    if offset == 0 { i64::MIN } else { i64::MAX },
                    b"some value",
                ));
                offset += 1;
            }
            let encoding = Encoding {
                compression,
                ..ENCODING
            };
            let bytes = open.seal(0).encode(encoding).expect("it encodes");
            assert!(bytes.len() <= 10_000, "{} bytes", bytes.len());
        }
    }

    #[test]
    fn a_record_that_is_too_large_is_compressed() {
        let zeroes = vec![record(0, 0, &[0; 10_000])];
        let encoding = Encoding {
            limit: 1_000,
            ..ENCODING
        };
        let bytes = batch(zeroes, 0).encode(encoding).expect("it encodes");
        assert!(bytes.len() < 1_000, "{} bytes", bytes.len());
    }

    #[test]
    fn sequences_begin_again() {
        assert_eq!(wire_sequence(0), 0);
        assert_eq!(wire_sequence(LAST_SEQUENCE), i32::MAX);
        assert_eq!(wire_sequence(LAST_SEQUENCE + 1), 0);
        assert_eq!(wire_sequence(3 * (LAST_SEQUENCE + 1) + 8), 8);
    }
}
