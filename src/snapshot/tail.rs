//! The end of a finished file: a summary of each partition, an index of the blocks, and a trailer of 92
//! bytes. All numbers are little-endian.

use super::block::{META, Meta, Run};
use super::number::{i64_at, u32_at, u64_at};

/// The length of a partition's summary.
pub(super) const SUMMARY: usize = 104;

/// The length of an entry of the index.
pub(super) const ENTRY: usize = 12 + META;

/// The length of the trailer.
pub(super) const TRAILER: usize = 92;

/// The position of the digest in the trailer. The digest covers everything before this position.
pub(super) const DIGEST_AT: usize = 56;

const MAGIC: &[u8; 8] = b"TKSNAPEN";

/// The summary of a partition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Summary {
    /// The number of records.
    pub records: u64,
    /// The uncompressed bytes of keys, values, headers and their lengths.
    pub bytes: u64,
    /// The number of blocks.
    pub blocks: u64,
    /// The number of offsets without a record, by the reason's index in
    /// [`super::SnapshotGapReason::ALL`].
    pub missing: [u64; 4],
    /// The smallest and the largest timestamp; none without records.
    pub times: Option<(i64, i64)>,
    /// SHA-256 over the records, as [`super::Digest`] computes it.
    pub digest: [u8; 32],
}

impl Default for Summary {
    fn default() -> Self {
        Self {
            records: 0,
            bytes: 0,
            blocks: 0,
            missing: [0; 4],
            times: None,
            digest: super::Digest::default().finish(),
        }
    }
}

impl Summary {
    /// Adds a block, without its gaps and its digest.
    pub(super) fn count(&mut self, meta: &Meta) {
        self.records += u64::from(meta.records);
        self.bytes += u64::from(meta.record_bytes);
        self.blocks += 1;
        if meta.records > 0 {
            let (earliest, latest) = self.times.unwrap_or((meta.earliest, meta.latest));
            self.times = Some((earliest.min(meta.earliest), latest.max(meta.latest)));
        }
    }

    /// Adds a run.
    pub(super) fn count_run(&mut self, run: Run) {
        if let Some(reason) = run.reason {
            self.missing[reason.place()] += run.len;
        }
    }

    /// Whether two are equal except for gaps and digest.
    pub(super) fn same_counts(&self, other: &Self) -> bool {
        let counts = |one: &Self| (one.records, one.bytes, one.blocks, one.times);
        counts(self) == counts(other)
    }

    pub(super) fn to_bytes(self) -> [u8; SUMMARY] {
        let mut bytes = [0; SUMMARY];
        let [a, b, c, d] = self.missing;
        let numbers = [self.records, self.bytes, self.blocks, a, b, c, d];
        for (at, number) in numbers.iter().enumerate() {
            bytes[at * 8..at * 8 + 8].copy_from_slice(&number.to_le_bytes());
        }
        let (earliest, latest) = self.times.unwrap_or((-1, -1));
        bytes[56..64].copy_from_slice(&earliest.to_le_bytes());
        bytes[64..72].copy_from_slice(&latest.to_le_bytes());
        bytes[72..].copy_from_slice(&self.digest);
        bytes
    }

    /// Decodes a summary; none if it is invalid.
    pub(super) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let records = u64_at(bytes, 0);
        let times = (i64_at(bytes, 56), i64_at(bytes, 64));
        if records == 0 && times != (-1, -1) {
            return None;
        }
        Some(Self {
            records,
            bytes: u64_at(bytes, 8),
            blocks: u64_at(bytes, 16),
            missing: std::array::from_fn(|place| u64_at(bytes, 24 + place * 8)),
            times: (records > 0).then_some(times),
            digest: bytes.get(72..SUMMARY)?.try_into().ok()?,
        })
    }
}

/// The position of a block, and its description.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) at: u64,
    /// The length of its payload.
    pub(super) len: u32,
    pub(super) meta: Meta,
}

impl Entry {
    pub(super) fn to_bytes(self) -> [u8; ENTRY] {
        let mut bytes = [0; ENTRY];
        bytes[..8].copy_from_slice(&self.at.to_le_bytes());
        bytes[8..12].copy_from_slice(&self.len.to_le_bytes());
        bytes[12..].copy_from_slice(&self.meta.to_bytes());
        bytes
    }

    /// Decodes an entry; none if it is invalid.
    pub(super) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        Some(Self {
            at: u64_at(bytes, 0),
            len: u32_at(bytes, 8),
            meta: Meta::from_bytes(bytes.get(12..)?)?,
        })
    }
}

/// The trailer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Trailer {
    /// The end of the blocks, where the groups begin.
    pub(super) groups_at: u64,
    pub(super) summary_at: u64,
    pub(super) index_at: u64,
    pub(super) blocks: u64,
    pub(super) records: u64,
    /// CRC32C of the index.
    pub(super) index_crc: u32,
    /// SHA-256 of the file up to here.
    pub(super) digest: [u8; 32],
}

impl Trailer {
    pub(super) fn to_bytes(self) -> [u8; TRAILER] {
        let mut bytes = [0; TRAILER];
        bytes[..8].copy_from_slice(MAGIC);
        let numbers = [
            self.groups_at,
            self.summary_at,
            self.index_at,
            self.blocks,
            self.records,
        ];
        for (at, number) in numbers.iter().enumerate() {
            bytes[at * 8 + 8..at * 8 + 16].copy_from_slice(&number.to_le_bytes());
        }
        bytes[48..52].copy_from_slice(&self.index_crc.to_le_bytes());
        bytes[DIGEST_AT..88].copy_from_slice(&self.digest);
        let crc = crc32c::crc32c(&bytes[..88]);
        bytes[88..].copy_from_slice(&crc.to_le_bytes());
        bytes
    }

    /// Decodes a trailer; none if it is invalid.
    pub(super) fn from_bytes(bytes: &[u8; TRAILER]) -> Option<Self> {
        let is_one = &bytes[..8] == MAGIC
            && u32_at(bytes, 88) == crc32c::crc32c(&bytes[..88])
            && u32_at(bytes, 52) == 0;
        let digest = bytes[DIGEST_AT..88].try_into().ok()?;
        is_one.then(|| Self {
            groups_at: u64_at(bytes, 8),
            summary_at: u64_at(bytes, 16),
            index_at: u64_at(bytes, 24),
            blocks: u64_at(bytes, 32),
            records: u64_at(bytes, 40),
            index_crc: u32_at(bytes, 48),
            digest,
        })
    }
}
