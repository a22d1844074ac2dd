//! The file while it is written, with the digest of all its bytes.

use std::fs::File;
use std::io::{self, Write as _};

use sha2::{Digest as _, Sha256};

use super::block::{Block, META, Meta, Sealed};
use super::error::SnapshotError;
use super::frame::{HEAD, Head, Kind};
use super::groups::GroupOffsets;
use super::limits::MAX_JSON;
use super::record::Digest;
use super::tail::{DIGEST_AT, Entry, Summary, Trailer};

/// The approximate size of a frame of groups.
const GROUPS: usize = 1 << 20;

/// A finished snapshot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finished {
    /// The number of its records.
    pub records: u64,
    /// The size of the file.
    pub file_bytes: u64,
    /// SHA-256 of the file without its last 36 bytes, which contain it.
    pub digest: [u8; 32],
    /// Summaries of the partitions, by ordinal.
    pub partitions: Vec<Summary>,
}

/// A file whose header is written, and maybe blocks.
#[derive(Debug)]
pub(super) struct Output {
    file: File,
    /// Its length.
    at: u64,
    hash: Sha256,
    /// The position of the first block.
    blocks_at: u64,
    /// Summaries and digests, by ordinal.
    partitions: Vec<(Summary, Digest)>,
}

impl Output {
    /// A file that contains `beginning`.
    pub(super) fn new(file: File, beginning: &[u8], partitions: usize) -> Self {
        Self {
            file,
            at: beginning.len() as u64,
            hash: Sha256::new_with_prefix(beginning),
            blocks_at: beginning.len() as u64,
            partitions: vec![<(Summary, Digest)>::default(); partitions],
        }
    }

    /// The position of the next frame.
    pub(super) fn at(&self) -> u64 {
        self.at
    }

    /// Counts a block that is in the file already.
    pub(super) fn found(&mut self, head: &Head, payload: &[u8], block: &Block) {
        self.hash.update(head.to_bytes());
        self.hash.update(payload);
        self.at = head.end(self.at);
        self.count(block.meta(), block.record_bytes());
        let (summary, _) = &mut self.partitions[block.ordinal()];
        block.runs().for_each(|run| summary.count_run(run));
    }

    /// Writes a block; `frame` is its compressed body.
    pub(super) fn block(&mut self, sealed: &Sealed, frame: &[u8]) -> io::Result<()> {
        let meta = sealed.meta.to_bytes();
        self.frame(Kind::Block, &[&meta, frame])?;
        self.count(&sealed.meta, sealed.records());
        let (summary, _) = &mut self.partitions[sealed.meta.ordinal as usize];
        sealed.runs.iter().for_each(|run| summary.count_run(*run));
        Ok(())
    }

    fn count(&mut self, meta: &Meta, records: &[u8]) {
        let (summary, digest) = &mut self.partitions[meta.ordinal as usize];
        summary.count(meta);
        digest.add_encoded(records);
    }

    fn frame(&mut self, kind: Kind, parts: &[&[u8]]) -> io::Result<()> {
        self.write(&Head::of(kind, parts).to_bytes())?;
        parts.iter().try_for_each(|part| self.write(part))
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.file.write_all(bytes)?;
        self.hash.update(bytes);
        self.at += bytes.len() as u64;
        Ok(())
    }

    pub(super) fn sync(&self) -> io::Result<()> {
        self.file.sync_all()
    }

    /// Writes the index, read again from the blocks' heads so that it is never in memory as a whole.
    /// Returns its checksum and the number of blocks.
    fn index(&mut self, end: u64) -> Result<(u32, u64), SnapshotError> {
        let (mut at, mut crc, mut count) = (self.blocks_at, 0, 0);
        let mut entries = Vec::new();
        while at < end {
            let head = Head::read(&self.file, at, end)?;
            let meta = read_meta(&self.file, at)?;
            let len = head.len;
            entries.extend(Entry { at, len, meta }.to_bytes());
            at = head.end(at);
            count += 1;
            if entries.len() >= 1 << 16 || at == end {
                crc = crc32c::crc32c_append(crc, &entries);
                self.write(&entries)?;
                entries.clear();
            }
        }
        Ok((crc, count))
    }
}

/// Reads the description of the block at `at`.
pub(super) fn read_meta(file: &File, at: u64) -> Result<Meta, SnapshotError> {
    use std::os::unix::fs::FileExt as _;
    let mut meta = [0; META];
    file.read_exact_at(&mut meta, at + HEAD as u64)?;
    Meta::from_bytes(&meta).ok_or_else(|| SnapshotError::damaged(at, "a block describes no block"))
}

/// Writes groups, summaries, index and trailer.
pub(super) fn close(
    mut output: Output,
    groups: &[GroupOffsets],
) -> Result<Finished, SnapshotError> {
    let groups_at = output.at;
    for piece in pieces(groups)? {
        output.frame(Kind::Groups, &[&piece])?;
    }
    let summary_at = output.at;
    let partitions: Vec<Summary> = std::mem::take(&mut output.partitions)
        .into_iter()
        .map(|(summary, digest)| Summary {
            digest: digest.finish(),
            ..summary
        })
        .collect();
    let bytes: Vec<u8> = partitions.iter().flat_map(|one| one.to_bytes()).collect();
    output.frame(Kind::Summary, &[&bytes])?;
    let index_at = output.at;
    let (index_crc, blocks) = output.index(groups_at)?;
    let mut trailer = Trailer {
        groups_at,
        summary_at,
        index_at,
        blocks,
        records: partitions.iter().map(|one| one.records).sum(),
        index_crc,
        digest: [0; 32],
    };
    let begin = trailer.to_bytes();
    trailer.digest = output
        .hash
        .clone()
        .chain_update(&begin[..DIGEST_AT])
        .finalize()
        .into();
    output.write(&trailer.to_bytes())?;
    output.sync()?;
    Ok(Finished {
        records: trailer.records,
        file_bytes: output.at,
        digest: trailer.digest,
        partitions,
    })
}

/// Groups as JSON lists, one for each frame. A group with many offsets is split.
fn pieces(groups: &[GroupOffsets]) -> Result<Vec<Vec<u8>>, SnapshotError> {
    let mut pieces: Vec<Vec<u8>> = Vec::new();
    for group in groups {
        let parts = group.offsets.chunks(4096).map(|offsets| GroupOffsets {
            group: group.group.clone(),
            offsets: offsets.to_vec(),
        });
        for part in parts {
            let json = serde_json::to_vec(&part).map_err(io::Error::other)?;
            match pieces.last_mut() {
                Some(piece) if piece.len() + json.len() < GROUPS => {
                    piece.push(b',');
                    piece.extend(json);
                }
                _ => pieces.push([b"[".as_slice(), &json].concat()),
            }
        }
    }
    for piece in &mut pieces {
        piece.push(b']');
    }
    let all: usize = pieces.iter().map(|piece| HEAD + piece.len()).sum();
    if all > MAX_JSON {
        let what = format!("what groups committed has {all} bytes");
        let most = format!("{MAX_JSON} bytes");
        return Err(SnapshotError::TooLarge { what, most });
    }
    Ok(pieces)
}
