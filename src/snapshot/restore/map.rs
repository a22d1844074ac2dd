//! The map from old to new offsets: for commits of groups, and as a file.
//!
//! The file is CSV with one line per run of offsets that are consecutive on both sides:
//! `topic,partition,old_offset,records,new_topic,new_offset`. Within a run, the difference between old and
//! new offset is constant. An old offset outside of all runs had no record, and maps to the start of the
//! next run.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, BufWriter, Read as _, Write as _};
use std::path::Path;

use super::{RestoreError, RestoredPartition, RestoredPartitions};
use crate::snapshot::{Block, Reader};
use crate::store::{self, Output, StoreError};

/// The first line.
const HEADING: &str = "topic,partition,old_offset,records,new_topic,new_offset\n";

/// Old offsets to look up.
pub type OldOffsets = BTreeSet<i64>;

/// Finds the index of the first record at or after each of some old offsets.
#[derive(Debug, Clone, Default)]
pub struct OffsetLookup {
    /// Offsets without a result yet, in descending order.
    left: Vec<i64>,
    found: Vec<(i64, i64)>,
}

impl OffsetLookup {
    /// A lookup without results.
    #[must_use]
    pub fn new(wanted: OldOffsets) -> Self {
        Self {
            left: wanted.into_iter().rev().collect(),
            found: Vec::new(),
        }
    }

    /// Adds the record with index `index` at this offset. Records come in order.
    pub fn record(&mut self, offset: i64, index: i64) {
        while self.left.last().is_some_and(|wanted| *wanted <= offset) {
            self.found
                .extend(self.left.pop().map(|wanted| (wanted, index)));
        }
    }

    /// Ends the lookup after `records` records.
    pub fn end(&mut self, records: i64) {
        self.record(i64::MAX, records);
    }

    /// The index of the first record at or after an offset; none if that was not looked up.
    #[must_use]
    pub fn index(&self, offset: i64) -> Option<i64> {
        let mut found = self.found.iter();
        found
            .find(|(old, _)| *old == offset)
            .map(|(_, index)| *index)
    }
}

/// A run of old offsets.
#[derive(Debug, Clone, Copy)]
struct Run {
    old: i64,
    records: i64,
    new: i64,
}

/// Opens the file for a map, without changing an existing one.
///
/// # Errors
/// It cannot be written.
pub fn open(path: &Path) -> Result<Output, RestoreError> {
    Output::open(path).map_err(|error| failed(path, &error))
}

/// Whether a file is a map of offsets.
#[must_use]
pub fn is_map(path: &Path) -> bool {
    let mut begin = [0; HEADING.len()];
    let file = store::open_plain(path).ok().flatten();
    let read = file.map(|mut file| file.read_exact(&mut begin));
    matches!(read, Some(Ok(()))) && begin == *HEADING.as_bytes()
}

/// Writes the map of all partitions, atomically.
///
/// # Errors
/// The snapshot cannot be read, or the file cannot be written.
pub fn write(
    output: Output,
    path: &Path,
    reader: &Reader,
    parts: &RestoredPartitions,
) -> Result<(), RestoreError> {
    let failed = |error| failed(path, &error);
    let mut to = BufWriter::new(output);
    to.write_all(HEADING.as_bytes()).map_err(failed)?;
    runs(reader, parts, |part, run| {
        line(&mut to, part, run).map_err(failed)
    })?;
    let done = to.into_inner().map_err(io::IntoInnerError::into_error);
    done.and_then(Output::finish).map_err(failed)
}

fn failed(path: &Path, error: &io::Error) -> RestoreError {
    StoreError::new("write", "", path, error).into()
}

/// Topic names need no quotes in CSV, but a snapshot may come from anybody.
fn line(to: &mut impl io::Write, part: &RestoredPartition, run: Run) -> io::Result<()> {
    let mut line = csv::WriterBuilder::new().from_writer(to);
    line.serialize((
        &part.source.topic,
        part.source.partition,
        run.old,
        run.records,
        &part.target.topic,
        run.new,
    ))?;
    line.flush()
}

/// The runs of offsets with records, between the gaps of a block.
fn runs_of(block: &Block) -> Vec<(i64, i64)> {
    let (mut next, end) = block.range();
    let mut runs = Vec::new();
    for (gap, _) in block.gaps() {
        runs.push((next, gap.start - next));
        next = gap.end;
    }
    runs.push((next, end - next));
    runs.retain(|(_, records)| *records > 0);
    runs
}

/// Calls `tell` with the runs of all parts, in order within each part.
fn runs(
    reader: &Reader,
    parts: &RestoredPartitions,
    mut tell: impl FnMut(&RestoredPartition, Run) -> Result<(), RestoreError>,
) -> Result<(), RestoreError> {
    let mut open: BTreeMap<usize, Run> = BTreeMap::new();
    for block in reader.blocks() {
        let block = block?;
        let ordinal = block.ordinal();
        let Some(part) = parts.get(&ordinal) else {
            continue;
        };
        for (old, records) in runs_of(&block) {
            match open.get_mut(&ordinal) {
                Some(run) if run.old + run.records == old => run.records += records,
                last => {
                    let new = last.map_or(part.base, |run| run.new + run.records);
                    let begun = Run { old, records, new };
                    if let Some(run) = open.insert(ordinal, begun) {
                        tell(part, run)?;
                    }
                }
            }
        }
    }
    let left = open
        .into_iter()
        .filter_map(|(at, run)| Some((parts.get(&at)?, run)));
    for (part, run) in left {
        tell(part, run)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_offset_without_a_record_is_at_the_next_one() {
        let mut lookup = OffsetLookup::new(OldOffsets::from([0, 5, 7, 8, 100]));
        for (index, offset) in [(0, 5), (1, 6), (2, 9)] {
            lookup.record(offset, index);
        }
        lookup.end(3);
        let found = [0, 5, 7, 8, 100].map(|offset| lookup.index(offset));
        assert_eq!(found, [Some(0), Some(0), Some(2), Some(2), Some(3)]);
        assert_eq!(lookup.index(6), None);
    }
}
