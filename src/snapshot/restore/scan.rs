//! Reads all blocks of the chosen topics of a snapshot, so that a damaged file is found before any write.

use std::collections::BTreeMap;

use super::map::{OffsetLookup, OldOffsets};
use crate::model::measure::Load;
use crate::model::record::Record;
use crate::snapshot::{Reader, SnapshotError};

/// The result of a scan.
#[derive(Debug, Clone, Default)]
pub struct Scanned {
    /// The counts of each partition, by ordinal.
    pub loads: BTreeMap<usize, Load>,
    /// The record indices of the offsets to look up, by ordinal.
    pub lookups: BTreeMap<usize, OffsetLookup>,
}

/// Reads the blocks of some partitions, by ordinal, each with old offsets to look up. Calls `read` with the
/// number of records of each block.
///
/// # Errors
/// The file is damaged, or cannot be read.
pub fn scan(
    reader: &Reader,
    partitions: BTreeMap<usize, OldOffsets>,
    mut read: impl FnMut(usize),
) -> Result<Scanned, SnapshotError> {
    let mut scanned = Scanned::default();
    for (ordinal, wanted) in partitions {
        scanned.loads.insert(ordinal, Load::default());
        scanned.lookups.insert(ordinal, OffsetLookup::new(wanted));
    }
    for block in reader.blocks() {
        let block = block?;
        let ordinal = block.ordinal();
        let load = scanned.loads.get_mut(&ordinal);
        let lookup = scanned.lookups.get_mut(&ordinal);
        if let Some((load, lookup)) = load.zip(lookup) {
            for record in block.records() {
                lookup.record(record.offset, load.records);
                count(load, &record);
            }
        }
        read(block.len());
    }
    for (ordinal, lookup) in &mut scanned.lookups {
        let load = scanned.loads.get(ordinal).copied().unwrap_or_default();
        lookup.end(load.records);
    }
    Ok(scanned)
}

fn count(load: &mut Load, record: &Record) {
    let bytes = i64::try_from(record.bytes()).unwrap_or(i64::MAX);
    load.records += 1;
    load.bytes = load.bytes.saturating_add(bytes);
    load.largest = load.largest.max(bytes);
    // A record without a timestamp has -1, which brokers ignore.
    if record.timestamp >= 0 {
        let at = record.timestamp;
        let (oldest, newest) = load.times.unwrap_or((at, at));
        load.times = Some((oldest.min(at), newest.max(at)));
    }
}
