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
use crate::model::measure::TopicPartition;
use crate::model::record::Record;

/// The compression of batches, on the wire and in the log (`compression.type`).
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

/// A producer's identity (`InitProducerId`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProducerIdentity {
    /// The producer id.
    pub id: i64,
    /// Its epoch.
    pub epoch: i16,
}

/// The work of another writer that is continued.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resumed {
    /// The other writer's identity.
    pub identity: ProducerIdentity,
    /// The number of its records in each partition; none for a partition that is missing.
    pub records: BTreeMap<TopicPartition, i64>,
}

/// The transactions of a writer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transactions {
    /// The transactional id.
    pub id: String,
    /// The cluster aborts a transaction that is still open after this time (`transaction.timeout.ms`).
    pub timeout: Duration,
}

/// Settings of a writer.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct WriterSettings {
    /// The compression of batches. A record that is too large for its topic is compressed with
    /// Zstandard if that makes it small enough.
    pub compression: Compression,
    /// The work that it continues; ignored with transactions.
    pub resumed: Option<Resumed>,
    /// Its transactions; none writes without them.
    pub transactions: Option<Transactions>,
    /// Whether each record must get its own [`Record::offset`]. The first batch at other offsets ends
    /// the writer with [`WriteError::Elsewhere`].
    pub in_place: bool,
}

/// A batch that the cluster acknowledged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrittenBatch {
    /// Its partition.
    pub partition: TopicPartition,
    /// The offset of its first record; the others follow without gaps. None if the broker had the batch
    /// already and did not tell its offset.
    pub base_offset: Option<i64>,
    /// Number of its records.
    pub records: usize,
    /// [`Record::offset`] of its first record, as it was handed over.
    pub first: i64,
    /// [`Record::offset`] of its last record, as it was handed over.
    pub last: i64,
}

/// A batch that a broker refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RefusedBatch {
    /// Number of its records.
    pub records: usize,
    /// [`Record::offset`] of its first record, as it was handed over.
    pub first: i64,
    /// [`Record::offset`] of its last record, as it was handed over.
    pub last: i64,
    /// The compressed bytes that were sent.
    pub bytes: usize,
}

impl WrittenBatch {
    /// The error, if the batch is not at the offset [`WrittenBatch::first`].
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

/// Counts of the records that were sent. If a command cannot continue, its exit code and its message
/// come from these counts and not from the last error: an earlier lost answer stays lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    /// Records that the cluster acknowledged.
    pub acknowledged: i64,
    /// Records that were sent, but neither acknowledged nor refused: the cluster may have them.
    pub unanswered: i64,
}

/// The number of records in batches.
#[must_use]
pub fn records(batches: &[WrittenBatch]) -> i64 {
    let counts = batches.iter();
    let counts = counts.map(|batch| i64::try_from(batch.records).unwrap_or(i64::MAX));
    counts.sum()
}

/// Why a writer ended. Records that were given to it later are not written. [`RecordWriter::written`]
/// and [`RecordWriter::unanswered`] tell which of the earlier ones are.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WriteError {
    /// The cluster could not be asked for something that writing needs.
    #[error(transparent)]
    Cluster(#[from] ClusterError),
    /// A broker refused a batch, each time it was sent.
    #[error("cannot write to {partition}: {error}")]
    Refused {
        /// Its partition.
        partition: TopicPartition,
        /// The broker's error.
        error: BrokerError,
        /// The refused batch; none if nothing was sent.
        batch: Option<RefusedBatch>,
    },
    /// No usable answer came: the cluster may have the batch or not.
    #[error("a batch for {partition} may be written or not: {reason}")]
    Unknown {
        /// Its partition.
        partition: TopicPartition,
        /// What came instead of an answer.
        reason: String,
    },
    /// The end of the partition is not this writer's last record.
    #[error(
        "{partition} has lost records of this writer, or has some that are not known here: {error}"
    )]
    OutOfOrder {
        /// The partition.
        partition: TopicPartition,
        /// The broker's error.
        error: BrokerError,
    },
    /// A batch was written, but at other offsets than its records have.
    #[error("{}: a batch that was to be at {expected} is at {offset}", strangers(partition, *expected, *offset))]
    Elsewhere {
        /// Its partition.
        partition: TopicPartition,
        /// The offset that its first record should have.
        expected: i64,
        /// The offset that it has.
        offset: i64,
    },
    /// A newer writer with the same transactional id took over.
    #[error("{}: {error}", newer(*.is_perhaps_own))]
    Fenced {
        /// The broker's error.
        error: BrokerError,
        /// Whether that may be this writer itself: its request for an identity had no answer, and may
        /// have been carried out late.
        is_perhaps_own: bool,
    },
    /// The end of a transaction was sent, but no usable answer came.
    #[error("the transaction may be committed or not: {0}")]
    EndUnknown(String),
    /// Records cannot be encoded.
    #[error("cannot encode records for {partition}: {reason}")]
    Encoding {
        /// Their partition.
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

/// What a partition has where this writer's next record was to be.
fn strangers(partition: &TopicPartition, expected: i64, offset: i64) -> String {
    match offset - expected {
        ..=0 => format!("{partition} has lost records"),
        1 => format!("{partition} has a record of another writer at offset {expected}"),
        _ => format!(
            "{partition} has records of another writer at offsets {expected} to {}",
            offset - 1
        ),
    }
}

/// Writes records. Batches are sent while more records are accepted; [`RecordWriter::write`] waits if
/// too many bytes are unacknowledged. After an error, every call except [`RecordWriter::abort`] fails
/// with it. Not cancel safe: if the future of a call is dropped, its records may be lost, and the
/// writer must not be used any more.
#[async_trait]
pub trait RecordWriter: Send {
    /// Its producer identity.
    fn identity(&self) -> ProducerIdentity;

    /// Accepts records of a partition, which are written after those of earlier calls. Their
    /// [`Record::offset`] is only returned in [`WrittenBatch`].
    async fn write(
        &mut self,
        partition: &TopicPartition,
        records: Vec<Record>,
    ) -> Result<(), WriteError>;

    /// The batches that were acknowledged since the last call. Batches of a partition are in order,
    /// except for one that was sent again.
    fn written(&mut self) -> Vec<WrittenBatch>;

    /// The batches that were sent, but neither acknowledged nor refused. In a transaction: none before
    /// its commit is sent, because uncommitted records are aborted; all of it afterwards.
    fn unanswered(&self) -> Vec<WrittenBatch>;

    /// Waits until all accepted records are acknowledged; after an error, until everything that was
    /// sent before it is answered.
    async fn flush(&mut self) -> Result<(), WriteError>;

    /// Begins a transaction.
    async fn begin(&mut self) -> Result<(), WriteError>;

    /// Waits until all accepted records are acknowledged, and commits the transaction. May be called
    /// again after [`WriteError::EndUnknown`].
    async fn commit(&mut self) -> Result<(), WriteError>;

    /// Drops everything since [`RecordWriter::begin`]. The writer can be used again afterwards.
    async fn abort(&mut self) -> Result<(), WriteError>;
}
