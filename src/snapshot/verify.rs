//! Verifies a whole snapshot: every block, the summaries of partitions, and the digest of the file.

use std::os::unix::fs::FileExt as _;

use sha2::{Digest as _, Sha256};

use super::error::SnapshotError;
use super::frame::HEAD;
use super::reader::Reader;
use super::record::Digest;
use super::resume;
use super::tail::{DIGEST_AT, Summary, TRAILER};

/// A snapshot that was verified.
#[derive(Debug)]
pub struct Verified {
    /// The snapshot.
    pub reader: Reader,
    /// The number of groups.
    pub groups: usize,
}

/// Verifies a whole snapshot. Calls `read` after each block.
///
/// # Errors
/// The file is damaged, or cannot be read.
pub fn verify(reader: Reader, mut read: impl FnMut()) -> Result<Verified, SnapshotError> {
    let groups = reader.groups()?.len();
    let mut hash = Sha256::new();
    let mut partitions = vec![<(Summary, Digest)>::default(); reader.summaries().len()];
    let mut at = 0;
    let mut payload = Vec::new();
    for entry in reader.entries() {
        let entry = entry?;
        // Hashes the header before the first block.
        hash_range(&reader, &mut hash, at, entry.at)?;
        let (head, block) =
            resume::block(reader.file(), entry.at, reader.blocks_end(), &mut payload)?;
        if *block.meta() != entry.meta || head.len != entry.len {
            return Err(SnapshotError::damaged(
                entry.at,
                "its index is not of its blocks",
            ));
        }
        hash.update(head.to_bytes());
        hash.update(&payload);
        let (summary, digest) = &mut partitions[block.ordinal()];
        summary.count(block.meta());
        block.runs().for_each(|run| summary.count_run(run));
        digest.add_encoded(block.record_bytes());
        at = entry.at + HEAD as u64 + payload.len() as u64;
        read();
    }
    for ((summary, digest), told) in partitions.into_iter().zip(reader.summaries()) {
        let digest = digest.finish();
        if (Summary { digest, ..summary }) != *told {
            let what = "what a partition adds up to is not what its summary says";
            return Err(SnapshotError::damaged(reader.blocks_end(), what));
        }
    }
    let end = reader.file_bytes() - (TRAILER - DIGEST_AT) as u64;
    hash_range(&reader, &mut hash, at, end)?;
    if <[u8; 32]>::from(hash.finalize()) != reader.digest() {
        return Err(SnapshotError::damaged(
            end,
            "the digest of the file is wrong",
        ));
    }
    Ok(Verified { reader, groups })
}

fn hash_range(reader: &Reader, hash: &mut Sha256, from: u64, to: u64) -> Result<(), SnapshotError> {
    let mut chunk = vec![0; 1 << 16];
    let mut at = from;
    while at < to {
        let len = usize::try_from(to - at).map_or(chunk.len(), |left| left.min(chunk.len()));
        reader.file().read_exact_at(&mut chunk[..len], at)?;
        hash.update(&chunk[..len]);
        at += len as u64;
    }
    Ok(())
}
