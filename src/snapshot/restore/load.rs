//! Writes the records that partitions lack.
//!
//! A thread reads and unpacks blocks ahead; the writer encodes and sends them.

use std::collections::BTreeMap;
use std::sync::Arc;

use tokio::sync::mpsc;

use super::{RestoreError, RestoredPartition, RestoredPartitions};
use crate::cluster::Cluster;
use crate::cluster::writer::{RecordWriter, WriteError, WriterSettings, records};
use crate::model::measure::TopicPartition;
use crate::model::record::{Ended, Record};
use crate::snapshot::{Block, Reader, SnapshotError};

/// The number of blocks that are read ahead.
const AHEAD: usize = 4;

/// Opens the writer for [`load`].
///
/// # Errors
/// The cluster does not accept records.
pub async fn open(
    cluster: &dyn Cluster,
    settings: WriterSettings,
) -> Result<Box<dyn RecordWriter>, WriteError> {
    cluster.writer(settings).await
}

/// Writes the missing records of `parts`, and counts in `parts` which are written or may be, even after an
/// error. Calls `go_on` with numbers of acknowledged records, and stops when it returns false.
///
/// # Errors
/// The snapshot cannot be read, or the cluster does not accept the records at their offsets.
pub async fn load(
    snapshot: &Arc<Reader>,
    writer: &mut dyn RecordWriter,
    parts: &mut RestoredPartitions,
    mut go_on: impl FnMut(i64) -> bool,
) -> Result<Ended, RestoreError> {
    let targets = parts.iter();
    let targets = targets.map(|(ordinal, part)| (part.target.clone(), *ordinal));
    let ordinals: Ordinals = targets.collect();
    let fed = feed(snapshot, writer, parts, &ordinals, &mut go_on).await;
    // Waits for answers, also after an error.
    let flushed = writer.flush().await;
    go_on(acknowledged(writer, parts, &ordinals));
    unanswered(writer, parts, &ordinals);
    let loaded = fed?;
    flushed?;
    Ok(loaded)
}

/// Ordinals in [`RestoredPartitions`] by partition of the cluster.
type Ordinals = BTreeMap<TopicPartition, usize>;

/// Gives the missing records to the writer.
async fn feed(
    snapshot: &Arc<Reader>,
    writer: &mut dyn RecordWriter,
    parts: &mut RestoredPartitions,
    ordinals: &Ordinals,
    go_on: &mut impl FnMut(i64) -> bool,
) -> Result<Ended, RestoreError> {
    let mut blocks = read_ahead(Arc::clone(snapshot), parts);
    let mut next: BTreeMap<usize, i64> = BTreeMap::new();
    let skips: BTreeMap<usize, i64> = parts.iter().map(|(at, part)| (*at, part.done)).collect();
    while let Some(block) = blocks.recv().await {
        let block = block?;
        let ordinal = block.ordinal();
        let Some(part) = parts.get(&ordinal) else {
            continue;
        };
        let index = next.entry(ordinal).or_default();
        let skip = skips.get(&ordinal).copied().unwrap_or_default() - *index;
        let (target, records) = (part.target.clone(), placed(&block, part, *index, skip));
        *index += i64::try_from(block.len()).unwrap_or(i64::MAX);
        writer.write(&target, records).await?;
        if !go_on(acknowledged(writer, parts, ordinals)) {
            return Ok(Ended::Stopped);
        }
    }
    Ok(Ended::Whole)
}

/// The records of a block after the first `skip`, with their new offsets. `index` is that of the block's
/// first record.
fn placed(block: &Block, part: &RestoredPartition, index: i64, skip: i64) -> Vec<Record> {
    let skip = usize::try_from(skip).unwrap_or(0);
    let records = block.records().zip(part.base + index..).skip(skip);
    records
        .map(|(record, offset)| Record { offset, ..record })
        .collect()
}

/// Counts newly acknowledged records.
fn acknowledged(
    writer: &mut dyn RecordWriter,
    parts: &mut RestoredPartitions,
    ordinals: &Ordinals,
) -> i64 {
    let written = writer.written();
    for batch in &written {
        let ordinal = ordinals.get(&batch.partition);
        if let Some(part) = ordinal.and_then(|ordinal| parts.get_mut(ordinal)) {
            let records = i64::try_from(batch.records).unwrap_or(i64::MAX);
            if batch.elsewhere().is_none() {
                part.done += records;
            } else {
                part.astray += records;
            }
        }
    }
    records(&written)
}

/// Counts records that may be written after the acknowledged ones. Batches of an earlier writer may still
/// arrive.
fn unanswered(writer: &dyn RecordWriter, parts: &mut RestoredPartitions, ordinals: &Ordinals) {
    let mut ends: BTreeMap<usize, i64> = parts.iter().map(|(at, part)| (*at, part.done)).collect();
    for batch in writer.unanswered() {
        let ordinal = ordinals.get(&batch.partition);
        if let Some(end) = ordinal.and_then(|ordinal| ends.get_mut(ordinal)) {
            *end += records(std::slice::from_ref(&batch));
        }
    }
    for (part, end) in parts.values_mut().zip(ends.into_values()) {
        part.most = part.most.max(end);
    }
}

fn read_ahead(
    snapshot: Arc<Reader>,
    parts: &RestoredPartitions,
) -> mpsc::Receiver<Result<Block, SnapshotError>> {
    let (sender, receiver) = mpsc::channel(AHEAD);
    let is_missing: Vec<usize> = parts
        .iter()
        .filter(|(_, part)| part.done < part.records)
        .map(|(ordinal, _)| *ordinal)
        .collect();
    std::thread::spawn(move || {
        if is_missing.is_empty() {
            return;
        }
        for block in snapshot.blocks() {
            let is_wanted = block.as_ref().map_or(true, |block| {
                is_missing.binary_search(&block.ordinal()).is_ok()
            });
            let is_last = block.is_err();
            if is_wanted && sender.blocking_send(block).is_err() || is_last {
                return;
            }
        }
    });
    receiver
}

impl RestoreError {
    /// Whether a later check may succeed: a newly elected leader did not show its last records yet.
    #[must_use]
    pub fn is_passing(&self) -> bool {
        matches!(self, Self::Write(WriteError::OutOfOrder { .. }))
    }
}
