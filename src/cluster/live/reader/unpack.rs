//! Unpacks what was fetched, beside the fetching.

use std::sync::Arc;

use bytes::Bytes;
use krafka::__private::protocol::AbortedTransaction;
use tokio::sync::{OwnedSemaphorePermit, mpsc};

use super::batches::Batches;
use crate::cluster::reader::{Chunk, Piece, ReadCause, ReadError};
use crate::model::measure::TopicPartition;
use crate::model::record::{Gap, GapReason};

/// About so many bytes of records make a chunk.
const CHUNK_BYTES: usize = 1 << 20;

/// What each record costs beside its own bytes.
const RECORD_BYTES: usize = 128;

/// A chunk, or why there are no more.
pub(super) type Unpacked = Result<Chunk, ReadError>;

/// What the driver hands on, in order.
pub(super) enum Job {
    /// Whole batches that go from one offset to another.
    Batches {
        key: TopicPartition,
        range: (i64, i64),
        bytes: Bytes,
        aborted: Vec<AbortedTransaction>,
        /// Where the log ended.
        end: i64,
        /// Their share of the budget.
        permit: Arc<OwnedSemaphorePermit>,
    },
    /// Offsets without records.
    Gap {
        key: TopicPartition,
        gap: Gap,
        end: i64,
    },
    /// The last one.
    Failed(ReadError),
}

impl Job {
    /// A tail that compaction took.
    pub(super) fn hole(key: TopicPartition, range: (i64, i64), end: i64) -> Self {
        Self::gap(key, range, GapReason::Compaction, end)
    }

    /// What was deleted from the start of the log.
    pub(super) fn gone(key: TopicPartition, range: (i64, i64), end: i64) -> Self {
        Self::gap(key, range, GapReason::Retention, end)
    }

    fn gap(key: TopicPartition, (from, until): (i64, i64), reason: GapReason, end: i64) -> Self {
        let gap = Gap {
            from,
            until,
            reason,
        };
        Self::Gap { key, gap, end }
    }
}

/// Unpacks until there is no more, somebody failed, or nobody listens.
pub(super) async fn unpack(mut jobs: mpsc::UnboundedReceiver<Job>, chunks: mpsc::Sender<Unpacked>) {
    loop {
        let job = tokio::select! {
            job = jobs.recv() => job,
            // Whom nobody listens to any more has no need to wait for what comes.
            () = chunks.closed() => return,
        };
        let result = match job {
            None => return,
            Some(Job::Failed(error)) => Err(error),
            Some(Job::Gap { key, gap, end }) => {
                let chunk = Chunk {
                    key,
                    pieces: vec![Piece::Gap(gap)],
                    next: gap.until,
                    end,
                };
                chunks.send(Ok(chunk)).await.map_err(|_| gone())
            }
            Some(Job::Batches {
                key,
                range,
                bytes,
                aborted,
                end,
                permit,
            }) => {
                let batches = Batches::new(bytes, range, aborted);
                let done = read(batches, range, &key, end, &chunks).await;
                drop(permit);
                done
            }
        };
        if let Err(error) = result {
            let _ = chunks.send(Err(error)).await;
            return;
        }
    }
}

async fn read(
    mut batches: Batches,
    (_, until): (i64, i64),
    key: &TopicPartition,
    end: i64,
    chunks: &mpsc::Sender<Unpacked>,
) -> Result<(), ReadError> {
    let mut pieces = Vec::new();
    let mut size = 0;
    loop {
        let read = batches.read(&mut pieces).map_err(|words| ReadError {
            key: key.clone(),
            offset: batches.position(),
            cause: ReadCause::Unreadable(words),
        })?;
        size += read.unwrap_or_default();
        if read.is_none() {
            batches.gap(&mut pieces, until, GapReason::Compaction);
        }
        let is_full = size + RECORD_BYTES * count(&pieces) >= CHUNK_BYTES;
        if (is_full || read.is_none()) && !pieces.is_empty() {
            let chunk = Chunk {
                key: key.clone(),
                pieces: std::mem::take(&mut pieces),
                next: batches.position(),
                end,
            };
            size = 0;
            chunks.send(Ok(chunk)).await.map_err(|_| gone())?;
        }
        if read.is_none() {
            return Ok(());
        }
    }
}

fn count(pieces: &[Piece]) -> usize {
    let counts = pieces.iter().map(|piece| match piece {
        Piece::Records(_, records) => records.len(),
        Piece::Gap(_) => 1,
    });
    counts.sum()
}

/// Nobody listens; this reaches nobody either.
fn gone() -> ReadError {
    ReadError {
        key: TopicPartition::default(),
        offset: 0,
        cause: ReadCause::Silent("the reader was dropped".to_owned()),
    }
}
