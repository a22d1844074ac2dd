//! Continues a part that a killed writer left.

use std::fs::File;
use std::io::{Seek as _, SeekFrom};
use std::os::unix::fs::FileExt as _;

use super::block::Block;
use super::error::SnapshotError;
use super::frame::{self, HEAD, Head, Kind, PREAMBLE};
use super::header::{Range, SnapshotHeader};
use super::output::Output;

/// A part, after incomplete frames at its end were cut off.
pub(super) struct Found {
    pub(super) version: u32,
    pub(super) header: SnapshotHeader,
    /// The progress of each partition, by ordinal.
    pub(super) reached: Vec<Reached>,
    pub(super) output: Output,
}

/// The progress of a partition.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reached {
    /// The first missing offset.
    pub(super) next: i64,
    /// The leader epoch of the offset before it; none when unknown.
    pub(super) epoch: Option<i32>,
}

impl Reached {
    /// A partition without any offsets yet.
    pub(super) fn begin(range: Range) -> Self {
        Self {
            next: range.from,
            epoch: None,
        }
    }
}

/// Reads the file, and truncates it before the first frame that is not a complete block. None if the header
/// is incomplete.
pub(super) fn scan(mut file: File) -> Result<Option<Found>, SnapshotError> {
    let length = file.metadata()?.len();
    let version = match frame::version(&file, length) {
        Ok(version) => version,
        Err(SnapshotError::CutOff) => return Ok(None),
        Err(error) => return Err(error),
    };
    let Some((header, beginning)) = unless_damaged(header(&file, length))? else {
        return Ok(None);
    };
    let ranges: Vec<_> = header.partitions().map(|(_, range)| range).collect();
    let mut reached: Vec<Reached> = ranges.iter().copied().map(Reached::begin).collect();
    let mut output = Output::new(file.try_clone()?, &beginning, ranges.len());
    let mut payload = Vec::new();
    while output.at() < length {
        let found = block(&file, output.at(), length, &mut payload);
        let Some((head, block)) = unless_damaged(found)? else {
            break;
        };
        let (from, to) = block.range();
        let place = block.ordinal();
        let next = reached.get(place).map(|reached| reached.next);
        if next != Some(from) || to > ranges[place].to {
            break;
        }
        let epoch = block.meta().epoch;
        reached[place] = Reached { next: to, epoch };
        output.found(&head, &payload, &block);
    }
    file.set_len(output.at())?;
    file.seek(SeekFrom::Start(output.at()))?;
    Ok(Some(Found {
        version,
        header,
        reached,
        output,
    }))
}

/// The header, and all bytes up to its end.
pub(super) fn header(file: &File, end: u64) -> Result<(SnapshotHeader, Vec<u8>), SnapshotError> {
    let at = PREAMBLE as u64;
    let head = Head::read(file, at, end)?;
    let mut json = Vec::new();
    head.payload(file, at, &mut json)?;
    let wrong = |what: String| SnapshotError::damaged(at, what);
    if head.kind != Kind::Header {
        return Err(wrong("it does not begin with a header".to_owned()));
    }
    let header: SnapshotHeader = serde_json::from_slice(&json)
        .map_err(|error| wrong(format!("its header is none: {error}")))?;
    header.check().map_err(wrong)?;
    let mut beginning = vec![0; PREAMBLE + HEAD];
    file.read_exact_at(&mut beginning, 0)?;
    beginning.extend(json);
    Ok((header, beginning))
}

/// Reads the block at `at`; its payload goes to `payload`.
pub(super) fn block(
    file: &File,
    at: u64,
    end: u64,
    payload: &mut Vec<u8>,
) -> Result<(Head, Block), SnapshotError> {
    let head = Head::read(file, at, end)?;
    if head.kind != Kind::Block {
        return Err(SnapshotError::damaged(at, "there is no block"));
    }
    head.payload(file, at, payload)?;
    let block = Block::from_payload(payload).map_err(|what| SnapshotError::damaged(at, what))?;
    Ok((head, block))
}

fn unless_damaged<T>(read: Result<T, SnapshotError>) -> Result<Option<T>, SnapshotError> {
    match read {
        Ok(read) => Ok(Some(read)),
        Err(SnapshotError::Damaged { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}
