//! Writing records as they are: partition, order, timestamps, nulls and header names stay.
//!
//! A [`RecordWriter`] is an idempotent producer. Each record of a partition has a number, its sequence;
//! a broker takes a batch only where its first number follows the last one that it has, so that what
//! is sent again after a lost answer is there once. A writer that resumes another one's work under the
//! same [`ProducerIdentity`] shares its numbers: what the other one had sent and what is sent now
//! cannot both be there. With a transactional id it writes transactions instead, and whoever opens a
//! writer of the same id shuts older ones out.

use std::collections::BTreeMap;
use std::time::Duration;

use async_trait::async_trait;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{BrokerError, ClusterError};
use crate::model::escape::escape;
use crate::model::measure::TopicPartition;
use crate::model::record::Record;

/// How a batch is compressed on its way and in the log (`compression.type`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Compression {
    /// Not at all.
    None,
    /// By gzip.
    Gzip,
    /// By Snappy.
    Snappy,
    /// By LZ4.
    #[default]
    Lz4,
    /// By Zstandard.
    Zstd,
}

/// What a cluster knows a writer by (`InitProducerId`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProducerIdentity {
    /// The producer id.
    pub id: i64,
    /// Its epoch.
    pub epoch: i16,
}

/// Where a writer goes on that another one began.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resumed {
    /// The other one's identity.
    pub identity: ProducerIdentity,
    /// How many records each partition has of it; none where it is left out.
    pub records: BTreeMap<TopicPartition, i64>,
}

/// The transactions of a writer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transactions {
    /// The transactional id.
    pub id: String,
    /// After how long the cluster aborts one that is not ended (`transaction.timeout.ms`).
    pub timeout: Duration,
}

/// What a writer is to be.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct WriterSettings {
    /// How batches are compressed. One record that is too large for its topic is compressed by
    /// Zstandard where that makes it fit.
    pub compression: Compression,
    /// Whose work it goes on with; meaningless with transactions.
    pub resumed: Option<Resumed>,
    /// None writes without transactions.
    pub transactions: Option<Transactions>,
    /// Whether each record is to be at its own [`Record::offset`]. The first batch that is elsewhere ends
    /// the writer with [`WriteError::Elsewhere`].
    pub in_place: bool,
}

/// A batch that the cluster has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrittenBatch {
    /// Where.
    pub partition: TopicPartition,
    /// The offset of its first record; the others follow without gaps. None where the cluster had it
    /// already and did not say at which offset.
    pub base_offset: Option<i64>,
    /// Number of its records.
    pub records: usize,
    /// [`Record::offset`] of its first record, as it was handed over.
    pub first: i64,
    /// [`Record::offset`] of its last record, as it was handed over.
    pub last: i64,
}

/// A batch that a broker did not take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RefusedBatch {
    /// Number of its records.
    pub records: usize,
    /// [`Record::offset`] of its first record, as it was handed over.
    pub first: i64,
    /// [`Record::offset`] of its last record, as it was handed over.
    pub last: i64,
    /// Its bytes as they were sent, compressed.
    pub bytes: usize,
}

impl WrittenBatch {
    /// The error of a batch that is not where [`WrittenBatch::first`] says.
    #[must_use]
    pub fn elsewhere(&self) -> Option<WriteError> {
        let offset = self.base_offset.filter(|offset| *offset != self.first)?;
        Some(WriteError::Elsewhere {
            partition: self.partition.clone(),
            expected: self.first,
            offset,
        })
    }
}

/// What became of records that were sent. How a command ends that cannot go on, and what it says of
/// them, comes from this and not from the error that was last: an answer that was lost before is
/// still lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    /// How many the cluster has.
    pub acknowledged: i64,
    /// How many more it may have: they were sent, and no answer says whether they are there.
    pub unanswered: i64,
}

/// How many records batches have.
#[must_use]
pub fn records(batches: &[WrittenBatch]) -> i64 {
    let counts = batches.iter();
    let counts = counts.map(|batch| i64::try_from(batch.records).unwrap_or(i64::MAX));
    counts.sum()
}

/// Why records are not written. None of what was handed over later is; of what was sent before,
/// [`RecordWriter::written`] and [`RecordWriter::unanswered`] tell.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WriteError {
    /// The cluster could not be asked for what writing needs.
    #[error(transparent)]
    Cluster(#[from] ClusterError),
    /// A broker took none of a batch, whichever time it was sent.
    #[error("cannot write to {}: {error}", place(partition))]
    Refused {
        /// Where to.
        partition: TopicPartition,
        /// The broker's words.
        error: BrokerError,
        /// What was not taken; none where nothing was sent.
        batch: Option<RefusedBatch>,
    },
    /// No usable answer came: the batch may be there or not.
    #[error("a batch for {} may be written or not: {reason}", place(partition))]
    Unknown {
        /// Where to.
        partition: TopicPartition,
        /// What happened instead of an answer.
        reason: String,
    },
    /// The partition does not end where this writer's last record is.
    #[error(
        "{} has lost records of this writer, or has some that are not known here: {error}",
        place(partition)
    )]
    OutOfOrder {
        /// Where.
        partition: TopicPartition,
        /// The broker's words.
        error: BrokerError,
    },
    /// A batch is there, and not where it was to be.
    #[error("{}: a batch that was to be at {expected} is at {offset}", strangers(partition, *expected, *offset))]
    Elsewhere {
        /// Where.
        partition: TopicPartition,
        /// The offset that its first record was to have.
        expected: i64,
        /// The offset that it has.
        offset: i64,
    },
    /// A newer writer of the same transactional id has taken over.
    #[error("{}: {error}", newer(*.is_perhaps_own))]
    Fenced {
        /// The broker's words.
        error: BrokerError,
        /// A request of this writer for its identity had no answer: carried out late, it shuts the writer
        /// out as another writer's does.
        is_perhaps_own: bool,
    },
    /// The end of a transaction was sent, and no usable answer came.
    #[error("the transaction may be committed or not: {0}")]
    EndUnknown(String),
    /// A batch cannot be made of records.
    #[error("cannot encode records for {}: {reason}", place(partition))]
    Encoding {
        /// Where to.
        partition: TopicPartition,
        /// Why not.
        reason: String,
    },
}

fn newer(is_perhaps_own: bool) -> &'static str {
    if is_perhaps_own {
        "a newer writer has taken over, or a request of this one that was late"
    } else {
        "a newer writer has taken over"
    }
}

fn place((topic, index): &TopicPartition) -> String {
    format!("partition {index} of `{}`", escape(topic))
}

/// What a partition has where this writer's next record was to be.
fn strangers(partition: &TopicPartition, expected: i64, offset: i64) -> String {
    let place = place(partition);
    match offset - expected {
        ..=0 => format!("{place} has lost records"),
        1 => format!("{place} has a record of another writer at offset {expected}"),
        _ => format!(
            "{place} has records of another writer at offsets {expected} to {}",
            offset - 1
        ),
    }
}

/// Writes records. Batches are on their way while more are taken; [`RecordWriter::write`] waits where
/// too much is. After an error every call fails with it, but for [`RecordWriter::abort`]. A call that
/// was given up half-way may have lost what it was given: the writer is of no use then.
#[async_trait]
pub trait RecordWriter: Send {
    /// What the cluster knows it by.
    fn identity(&self) -> ProducerIdentity;

    /// Takes records of a partition, after all that it was given for it before. Their
    /// [`Record::offset`] only comes back in [`WrittenBatch`].
    async fn write(
        &mut self,
        partition: &TopicPartition,
        records: Vec<Record>,
    ) -> Result<(), WriteError>;

    /// The batches that were written since the last call. Those of a partition are mostly in order: one
    /// that had to be sent again may come after the next.
    fn written(&mut self) -> Vec<WrittenBatch>;

    /// The batches that may be there or not: they were sent, and no answer says which. In a
    /// transaction, all of it once its commit was sent, and nothing before: what is not committed is
    /// aborted.
    fn unanswered(&self) -> Vec<WrittenBatch>;

    /// Waits until everything that was taken is written; after an error, until what was sent before it
    /// is answered.
    async fn flush(&mut self) -> Result<(), WriteError>;

    /// Begins a transaction.
    async fn begin(&mut self) -> Result<(), WriteError>;

    /// Waits until everything that was taken is written, and commits it. After
    /// [`WriteError::EndUnknown`] it may be called again.
    async fn commit(&mut self) -> Result<(), WriteError>;

    /// Drops what was taken since [`RecordWriter::begin`]. The writer is as good as new then.
    async fn abort(&mut self) -> Result<(), WriteError>;
}
