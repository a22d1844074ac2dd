//! Opens a finished snapshot and reads its blocks. Memory holds the header, the summaries, and one
//! block at a time.

use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::path::Path;

use super::block::{Block, SnapshotGapReason, longest};
use super::error::SnapshotError;
use super::frame::{self, Head, Kind};
use super::groups::GroupOffsets;
use super::header::{Range, SnapshotHeader};
use super::limits::MAX_JSON;
use super::resume;
use super::tail::{ENTRY, Entry, SUMMARY, Summary, TRAILER, Trailer};
use crate::model::measure::TopicPartition;
use crate::store;

/// The number of index entries that are read at once.
const ENTRIES: u64 = 1024;

/// Ranges of offsets by partition, in order: the first offset, and the one after the last.
pub type Deleted = Vec<(TopicPartition, (i64, i64))>;

/// A finished snapshot. Several threads can read it at once.
#[derive(Debug)]
pub struct Reader {
    file: File,
    length: u64,
    header: SnapshotHeader,
    summaries: Vec<Summary>,
    trailer: Trailer,
    /// The uncompressed bytes of all blocks.
    unpacked: u64,
}

impl Reader {
    /// Opens a file and checks everything except the content of blocks: header, index, summaries, trailer,
    /// and that they agree.
    ///
    /// # Errors
    /// The file is not a snapshot, or is damaged.
    pub fn open(path: &Path) -> Result<Self, SnapshotError> {
        let file = store::open_plain(path)?.ok_or(SnapshotError::NoSnapshot)?;
        let length = file.metadata()?.len();
        frame::version(&file, length)?;
        let trailer = trailer(&file, length)?;
        let (header, beginning) = resume::header(&file, trailer.groups_at)?;
        let mut reader = Self {
            summaries: summaries(&file, &trailer, header.partitions().count())?,
            file,
            length,
            header,
            trailer,
            unpacked: 0,
        };
        reader.check_index(beginning.len() as u64)?;
        reader.check_groups()?;
        Ok(reader)
    }

    /// The header.
    #[must_use]
    pub fn header(&self) -> &SnapshotHeader {
        &self.header
    }

    /// Summaries of the partitions, by ordinal.
    #[must_use]
    pub fn summaries(&self) -> &[Summary] {
        &self.summaries
    }

    /// The number of records.
    #[must_use]
    pub fn records(&self) -> u64 {
        self.trailer.records
    }

    /// The number of blocks.
    #[must_use]
    pub fn block_count(&self) -> u64 {
        self.trailer.blocks
    }

    /// The size of the file.
    #[must_use]
    pub fn file_bytes(&self) -> u64 {
        self.length
    }

    /// The uncompressed bytes of all blocks.
    #[must_use]
    pub fn unpacked_bytes(&self) -> u64 {
        self.unpacked
    }

    /// SHA-256 of the file without its last 36 bytes, as stored in the file. [`super::verify()`] checks it.
    #[must_use]
    pub fn digest(&self) -> [u8; 32] {
        self.trailer.digest
    }

    /// Committed offsets of groups.
    ///
    /// # Errors
    /// The file is damaged, or cannot be read.
    pub fn groups(&self) -> Result<Vec<GroupOffsets>, SnapshotError> {
        let mut groups: Vec<GroupOffsets> = Vec::new();
        let mut at = self.trailer.groups_at;
        let mut json = Vec::new();
        while at < self.trailer.summary_at {
            let head = Head::read(&self.file, at, self.trailer.summary_at)?;
            head.payload(&self.file, at, &mut json)?;
            let wrong = |error| SnapshotError::damaged(at, format!("its groups are none: {error}"));
            let piece: Vec<GroupOffsets> = serde_json::from_slice(&json).map_err(wrong)?;
            for group in piece {
                match groups.last_mut() {
                    Some(last) if last.group == group.group => last.offsets.extend(group.offsets),
                    _ => groups.push(group),
                }
            }
            at = head.end(at);
        }
        Ok(groups)
    }

    /// Offsets that existed when the snapshot was started, and were deleted before they were read. Reads
    /// only the blocks of partitions that have such a gap.
    ///
    /// # Errors
    /// A block cannot be read.
    pub fn deleted(&self) -> Result<Deleted, SnapshotError> {
        let mut found = Deleted::new();
        let partitions = self.header.partitions().zip(&self.summaries);
        for (ordinal, ((topic, range), summary)) in partitions.enumerate() {
            if summary.missing[SnapshotGapReason::Retention.place()] == 0 {
                continue;
            }
            for block in self.partition(ordinal, range.from) {
                let block = block?;
                let gaps = block.gaps();
                for (gap, _) in gaps.filter(|gap| gap.1 == SnapshotGapReason::Retention) {
                    let key = TopicPartition::new(topic.name.clone(), range.partition);
                    match found.last_mut() {
                        Some((last, (_, to))) if *last == key && *to == gap.start => *to = gap.end,
                        _ => found.push((key, (gap.start, gap.end))),
                    }
                }
            }
        }
        Ok(found)
    }

    /// All blocks in file order: partitions are mixed, and each one's blocks are ordered by offset.
    #[must_use]
    pub fn blocks(&self) -> Blocks<'_> {
        self.chosen(None, 0)
    }

    /// The blocks of one partition with offsets from `from` on, ordered by offset.
    #[must_use]
    pub fn partition(&self, ordinal: usize, from: i64) -> Blocks<'_> {
        self.chosen(Some(ordinal), from)
    }

    fn chosen(&self, ordinal: Option<usize>, from: i64) -> Blocks<'_> {
        Blocks {
            entries: self.entries(),
            ordinal,
            from,
            payload: Vec::new(),
        }
    }

    pub(super) fn file(&self) -> &File {
        &self.file
    }

    /// The end of the blocks.
    pub(super) fn blocks_end(&self) -> u64 {
        self.trailer.groups_at
    }

    pub(super) fn entries(&self) -> Entries<'_> {
        Entries {
            reader: self,
            next: 0,
            chunk: Vec::new(),
            crc: 0,
        }
    }

    fn check_index(&mut self, blocks_at: u64) -> Result<(), SnapshotError> {
        let wrong = |what| SnapshotError::damaged(self.trailer.index_at, what);
        let mut tally = Tally::new(&self.header, blocks_at);
        let mut entries = self.entries();
        for entry in &mut entries {
            tally.add(&entry?).map_err(wrong)?;
        }
        if entries.crc != self.trailer.index_crc {
            return Err(wrong("the checksum of its index is wrong"));
        }
        tally.check(&self.trailer, &self.summaries).map_err(wrong)?;
        self.unpacked = tally.unpacked;
        Ok(())
    }

    fn check_groups(&self) -> Result<(), SnapshotError> {
        let mut at = self.trailer.groups_at;
        if self.trailer.summary_at - at > MAX_JSON as u64 {
            return Err(SnapshotError::damaged(
                at,
                "its groups are larger than they can be",
            ));
        }
        while at < self.trailer.summary_at {
            let head = Head::read(&self.file, at, self.trailer.summary_at)?;
            if head.kind != Kind::Groups {
                return Err(SnapshotError::damaged(at, "there are no groups"));
            }
            at = head.end(at);
        }
        Ok(())
    }
}

/// The sums over the entries of an index.
struct Tally {
    ranges: Vec<Range>,
    /// The first offset that no entry has covered, by ordinal.
    next: Vec<i64>,
    counted: Vec<Summary>,
    /// The expected position of the next block.
    at: u64,
    unpacked: u64,
}

impl Tally {
    fn new(header: &SnapshotHeader, at: u64) -> Self {
        let ranges: Vec<Range> = header.partitions().map(|(_, range)| range).collect();
        Self {
            next: ranges.iter().map(|range| range.from).collect(),
            counted: vec![Summary::default(); ranges.len()],
            ranges,
            at,
            unpacked: 0,
        }
    }

    fn add(&mut self, entry: &Entry) -> Result<(), &'static str> {
        let meta = &entry.meta;
        let place = meta.ordinal as usize;
        let range = self.ranges.get(place);
        let range = range.ok_or("its index has a block of no partition")?;
        if meta.start != self.next[place] || meta.end > range.to {
            return Err("its blocks do not follow each other");
        }
        if entry.at != self.at || entry.len as usize > longest(meta.bytes as usize) {
            return Err("its index is not of its blocks");
        }
        self.next[place] = meta.end;
        self.counted[place].count(meta);
        self.unpacked += u64::from(meta.bytes);
        self.at += frame::HEAD as u64 + u64::from(entry.len);
        Ok(())
    }

    /// Checks that the sums match the trailer and the summaries.
    fn check(&self, trailer: &Trailer, summaries: &[Summary]) -> Result<(), &'static str> {
        if self.at != trailer.groups_at {
            return Err("its index is not of its blocks");
        }
        let ends = self.ranges.iter().map(|range| range.to);
        if !ends.eq(self.next.iter().copied()) {
            return Err("it does not have all offsets that were asked for");
        }
        let records: u64 = self.counted.iter().map(|one| one.records).sum();
        let mut both = self.counted.iter().zip(summaries);
        if records != trailer.records || both.any(|(found, told)| !told.same_counts(found)) {
            return Err("its counts are not those of its blocks");
        }
        Ok(())
    }
}

fn trailer(file: &File, length: u64) -> Result<Trailer, SnapshotError> {
    let at = length
        .checked_sub(TRAILER as u64)
        .ok_or(SnapshotError::CutOff)?;
    let mut bytes = [0; TRAILER];
    file.read_exact_at(&mut bytes, at)?;
    let trailer = Trailer::from_bytes(&bytes).ok_or(SnapshotError::CutOff)?;
    let index = trailer.blocks.checked_mul(ENTRY as u64);
    let fits = trailer.groups_at <= trailer.summary_at
        && trailer.summary_at <= trailer.index_at
        && index.and_then(|length| trailer.index_at.checked_add(length)) == Some(at);
    if !fits {
        return Err(SnapshotError::damaged(at, "its trailer is of another file"));
    }
    Ok(trailer)
}

fn summaries(
    file: &File,
    trailer: &Trailer,
    partitions: usize,
) -> Result<Vec<Summary>, SnapshotError> {
    let at = trailer.summary_at;
    let wrong = || SnapshotError::damaged(at, "its summary is not of its partitions");
    let head = Head::read(file, at, trailer.index_at)?;
    let fits = head.kind == Kind::Summary
        && head.len as usize == partitions * SUMMARY
        && head.end(at) == trailer.index_at;
    if !fits {
        return Err(wrong());
    }
    let mut bytes = Vec::new();
    head.payload(file, at, &mut bytes)?;
    let summaries = bytes.chunks_exact(SUMMARY).map(Summary::from_bytes);
    summaries.collect::<Option<_>>().ok_or_else(wrong)
}

/// The entries of an index.
pub(super) struct Entries<'a> {
    reader: &'a Reader,
    next: u64,
    chunk: Vec<u8>,
    /// CRC32C of the bytes so far.
    crc: u32,
}

impl Entries<'_> {
    fn read(&mut self) -> Result<Option<Entry>, SnapshotError> {
        let trailer = &self.reader.trailer;
        if self.next == trailer.blocks {
            return Ok(None);
        }
        let place = self.next % ENTRIES;
        if place == 0 {
            let count = ENTRIES.min(trailer.blocks - self.next);
            // A few kilobytes.
            let length = usize::try_from(count).unwrap_or_default() * ENTRY;
            self.chunk.resize(length, 0);
            let at = trailer.index_at + self.next * ENTRY as u64;
            self.reader.file.read_exact_at(&mut self.chunk, at)?;
            self.crc = crc32c::crc32c_append(self.crc, &self.chunk);
        }
        self.next += 1;
        let begin = usize::try_from(place).unwrap_or_default() * ENTRY;
        let entry = self
            .chunk
            .get(begin..begin + ENTRY)
            .and_then(Entry::from_bytes);
        let at = trailer.index_at;
        let wrong = || SnapshotError::damaged(at, "its index describes no block");
        entry.map(Some).ok_or_else(wrong)
    }
}

impl Iterator for Entries<'_> {
    type Item = Result<Entry, SnapshotError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.read().transpose()
    }
}

/// Reads blocks one at a time. Must not be used after an error.
pub struct Blocks<'a> {
    entries: Entries<'a>,
    ordinal: Option<usize>,
    from: i64,
    payload: Vec<u8>,
}

impl Blocks<'_> {
    fn read(&mut self) -> Result<Option<Block>, SnapshotError> {
        while let Some(entry) = self.entries.read()? {
            let meta = entry.meta;
            let other = self
                .ordinal
                .is_some_and(|ordinal| ordinal != meta.ordinal as usize);
            if other || meta.end <= self.from {
                continue;
            }
            let reader = self.entries.reader;
            let end = reader.trailer.groups_at;
            let (_, block) = resume::block(&reader.file, entry.at, end, &mut self.payload)?;
            if *block.meta() != meta {
                return Err(SnapshotError::damaged(
                    entry.at,
                    "its index is not of its blocks",
                ));
            }
            return Ok(Some(block));
        }
        Ok(None)
    }
}

impl Iterator for Blocks<'_> {
    type Item = Result<Block, SnapshotError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.read().transpose()
    }
}
