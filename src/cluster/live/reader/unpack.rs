//! Decodes fetched batches in a task beside the fetching.

use std::sync::Arc;

use bytes::Bytes;
use tokio::sync::{OwnedSemaphorePermit, mpsc};

use super::batches::Batches;
use crate::cluster::live::wire::AbortedTransaction;
use crate::cluster::reader::{Chunk, Piece, ReadCause, ReadError};
use crate::model::measure::TopicPartition;
use crate::model::record::{Gap, GapReason};

/// The approximate size of a chunk, in bytes.
const CHUNK_BYTES: usize = 1 << 20;

/// Memory for each record beside its bytes.
const RECORD_BYTES: usize = 128;

/// A chunk, or the error that ends the read.
pub(super) type Unpacked = Result<Chunk, ReadError>;

/// Work for this task, in order.
pub(super) enum Job {
    /// Complete batches between two offsets.
    Batches {
        key: TopicPartition,
        range: (i64, i64),
        bytes: Bytes,
        aborted: Vec<AbortedTransaction>,
        /// The log end offset.
        end: i64,
        /// The leader epoch of the last offset.
        epoch: Option<i32>,
        /// Their share of the budget.
        permit: Arc<OwnedSemaphorePermit>,
    },
    /// Offsets without records.
    Gap {
        key: TopicPartition,
        gap: Gap,
        end: i64,
        /// The leader epoch of the response.
        epoch: Option<i32>,
    },
    /// The error that ends the read.
    Failed(ReadError),
}

/// Decodes until the input ends, an error comes, or the receiver is gone.
pub(super) async fn unpack(mut jobs: mpsc::UnboundedReceiver<Job>, chunks: mpsc::Sender<Unpacked>) {
    loop {
        let job = tokio::select! {
            job = jobs.recv() => job,
            // The receiver is gone, so nothing more is decoded.
            () = chunks.closed() => return,
        };
        let result = match job {
            None => return,
            Some(Job::Failed(error)) => Err(error),
            Some(Job::Gap {
                key,
                gap,
                end,
                epoch,
            }) => {
                let chunk = Chunk {
                    key,
                    pieces: vec![Piece::Gap(gap)],
                    next: gap.until,
                    end,
                    epoch,
                };
                chunks.send(Ok(chunk)).await.map_err(|_| gone())
            }
            Some(Job::Batches {
                key,
                range,
                bytes,
                aborted,
                end,
                epoch,
                permit,
            }) => {
                let batches = Batches::new(bytes, range, aborted);
                let of = |pieces, next, epoch| Chunk {
                    key: key.clone(),
                    pieces,
                    next,
                    end,
                    epoch,
                };
                let done = read(batches, (range.1, epoch), &of, &chunks).await;
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

/// Sends chunks, none of which has batches of two leader epochs.
async fn read(
    mut batches: Batches,
    (until, last): (i64, Option<i32>),
    of: &(dyn Fn(Vec<Piece>, i64, Option<i32>) -> Chunk + Sync),
    chunks: &mpsc::Sender<Unpacked>,
) -> Result<(), ReadError> {
    let mut pieces = Vec::new();
    let mut size = 0;
    let mut epoch = batches.epoch();
    loop {
        let position = batches.position();
        let read = batches.read(&mut pieces).map_err(|words| ReadError {
            key: of(Vec::new(), position, None).key,
            offset: position,
            cause: ReadCause::Unreadable(words),
        })?;
        size += read.unwrap_or_default();
        if read.is_none() {
            batches.gap(&mut pieces, until, GapReason::Compaction);
            epoch = last;
        }
        let is_full = size + RECORD_BYTES * count(&pieces) >= CHUNK_BYTES;
        let is_last = read.is_none() || batches.epoch() != epoch;
        if (is_full || is_last) && !pieces.is_empty() {
            let chunk = of(std::mem::take(&mut pieces), batches.position(), epoch);
            size = 0;
            chunks.send(Ok(chunk)).await.map_err(|_| gone())?;
        }
        if read.is_none() {
            return Ok(());
        }
        epoch = batches.epoch();
    }
}

fn count(pieces: &[Piece]) -> usize {
    let counts = pieces.iter().map(|piece| match piece {
        Piece::Records(_, records) => records.len(),
        Piece::Gap(_) => 1,
    });
    counts.sum()
}

/// The receiver is gone, so this error reaches nobody.
fn gone() -> ReadError {
    ReadError {
        key: TopicPartition::default(),
        offset: 0,
        cause: ReadCause::Silent("the reader was dropped".to_owned()),
    }
}
