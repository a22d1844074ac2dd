//! The frames of a file. Each has a head of 16 bytes, little-endian: kind (u8), three zero bytes,
//! length of the payload (u32), CRC32C of the payload, CRC32C of the first 12 bytes.

use std::fs::File;
use std::os::unix::fs::FileExt;

use super::error::SnapshotError;
use super::limits::{MAX_BLOCK, MAX_JSON, MAX_PARTITIONS, VERSION};
use super::number::u32_at;
use super::{block, tail};

/// The length of the preamble: magic bytes, the version (u32) and the CRC32C of both. All versions have it.
pub(super) const PREAMBLE: usize = 16;

const MAGIC: &[u8; 8] = b"TKSNAP\x1a\n";

/// The length of a head.
pub(super) const HEAD: usize = 16;

/// The kind of a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// JSON: the header.
    Header = 1,
    /// Records and gaps of one partition.
    Block = 2,
    /// JSON: groups.
    Groups = 3,
    /// The summaries of the partitions.
    Summary = 4,
}

impl Kind {
    fn of(byte: u8) -> Option<Self> {
        let all = [Self::Header, Self::Block, Self::Groups, Self::Summary];
        all.into_iter().find(|kind| *kind as u8 == byte)
    }

    /// The largest payload of this kind.
    fn limit(self) -> usize {
        match self {
            Self::Header | Self::Groups => MAX_JSON,
            Self::Block => block::longest(MAX_BLOCK),
            Self::Summary => MAX_PARTITIONS * tail::SUMMARY,
        }
    }
}

/// The head of a frame.
#[derive(Debug, Clone, Copy)]
pub(super) struct Head {
    pub(super) kind: Kind,
    pub(super) len: u32,
    crc: u32,
}

impl Head {
    /// The head of a payload that consists of `parts`.
    pub(super) fn of(kind: Kind, parts: &[&[u8]]) -> Self {
        let len: usize = parts.iter().map(|part| part.len()).sum();
        Self {
            kind,
            // Lengths are below every limit.
            len: u32::try_from(len).unwrap_or(u32::MAX),
            crc: parts
                .iter()
                .fold(0, |crc, part| crc32c::crc32c_append(crc, part)),
        }
    }

    pub(super) fn to_bytes(self) -> [u8; HEAD] {
        let mut bytes = [0; HEAD];
        bytes[0] = self.kind as u8;
        bytes[4..8].copy_from_slice(&self.len.to_le_bytes());
        bytes[8..12].copy_from_slice(&self.crc.to_le_bytes());
        let crc = crc32c::crc32c(&bytes[..12]);
        bytes[12..].copy_from_slice(&crc.to_le_bytes());
        bytes
    }

    /// Reads the head at `at`, and checks that the payload ends before `end`.
    pub(super) fn read(file: &File, at: u64, end: u64) -> Result<Self, SnapshotError> {
        if end.saturating_sub(at) < HEAD as u64 {
            return Err(SnapshotError::damaged(at, "a piece has no head"));
        }
        let mut bytes = [0; HEAD];
        file.read_exact_at(&mut bytes, at)?;
        let wrong = |what| SnapshotError::damaged(at, what);
        if u32_at(&bytes, 12) != crc32c::crc32c(&bytes[..12]) {
            return Err(wrong("the checksum of a piece's head is wrong"));
        }
        if bytes[1..4] != [0; 3] {
            return Err(wrong("a piece's head has bytes that no version wrote"));
        }
        let kind = Kind::of(bytes[0]).ok_or_else(|| wrong("a piece is of no known kind"))?;
        let len = u32_at(&bytes, 4);
        if len as usize > kind.limit() || u64::from(len) > end - at - HEAD as u64 {
            return Err(wrong("a piece is longer than it can be"));
        }
        let crc = u32_at(&bytes, 8);
        Ok(Self { kind, len, crc })
    }

    /// Reads the payload of the head at `at`.
    pub(super) fn payload(
        &self,
        file: &File,
        at: u64,
        to: &mut Vec<u8>,
    ) -> Result<(), SnapshotError> {
        to.clear();
        to.resize(self.len as usize, 0);
        file.read_exact_at(to, at + HEAD as u64)?;
        if crc32c::crc32c(to) != self.crc {
            return Err(SnapshotError::damaged(
                at,
                "the checksum of a piece is wrong",
            ));
        }
        Ok(())
    }

    /// The end of the frame at `at`.
    pub(super) fn end(&self, at: u64) -> u64 {
        at + HEAD as u64 + u64::from(self.len)
    }
}

/// The preamble of a new file.
pub(super) fn preamble() -> [u8; PREAMBLE] {
    let mut bytes = [0; PREAMBLE];
    bytes[..8].copy_from_slice(MAGIC);
    bytes[8..12].copy_from_slice(&VERSION.to_le_bytes());
    let crc = crc32c::crc32c(&bytes[..12]);
    bytes[12..].copy_from_slice(&crc.to_le_bytes());
    bytes
}

/// Reads the version of a file of `length` bytes, and checks that this program supports it.
pub(super) fn version(file: &File, length: u64) -> Result<u32, SnapshotError> {
    let mut bytes = [0; PREAMBLE];
    let there = usize::try_from(length).map_or(PREAMBLE, |length| length.min(PREAMBLE));
    file.read_exact_at(&mut bytes[..there], 0)?;
    if bytes[..there.min(8)] != MAGIC[..there.min(8)] {
        return Err(SnapshotError::NoSnapshot);
    }
    if there < PREAMBLE {
        return Err(SnapshotError::CutOff);
    }
    if u32_at(&bytes, 12) != crc32c::crc32c(&bytes[..12]) {
        return Err(SnapshotError::damaged(
            0,
            "the checksum of its beginning is wrong",
        ));
    }
    match u32_at(&bytes, 8) {
        found @ 1..=VERSION => Ok(found),
        found if found > VERSION => Err(SnapshotError::Newer { found }),
        _ => Err(SnapshotError::damaged(
            0,
            "it is of no version that ever was",
        )),
    }
}
