//! Records of partitions, read in bulk: [`RecordReader`].
//!
//! No consumer group takes part. A partition is done when its position has reached the end that was
//! asked for, not when the last record came: transaction markers, compacted tails and what
//! retention took meanwhile have offsets but no records.

use std::time::Duration;

use async_trait::async_trait;

use crate::model::escape::escape;
use crate::model::measure::TopicPartition;
use crate::model::record::{Gap, Record, TimestampType};

/// The part of a partition to read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Span {
    /// The partition.
    pub key: TopicPartition,
    /// The first offset.
    pub from: i64,
    /// The offset after the last one; none reads on for ever.
    pub until: Option<i64>,
    /// The leader epoch of the record before `from`, if it is known. It is compared with the log even
    /// if nothing is left to read (KIP-320).
    pub epoch: Option<i32>,
}

impl Span {
    /// A span without records that were read before.
    #[must_use]
    pub fn new(key: TopicPartition, from: i64, until: Option<i64>) -> Self {
        Self {
            key,
            from,
            until,
            epoch: None,
        }
    }
}

/// What a reader reads, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReaderSettings {
    /// Partitions, each once.
    pub spans: Vec<Span>,
    /// Whether records of open and aborted transactions are read too
    /// (`isolation.level=read_uncommitted`).
    pub uncommitted: bool,
    /// The longest time without progress while a partition has more, or while nobody knows whether it
    /// has. Empty answers are repeated for at most the cluster's time-out.
    pub patience: Duration,
    /// Whether offsets without an answer are a gap even if `cleanup.policy` does not contain `compact`,
    /// because the topic was compacted before.
    pub accept_gaps: bool,
}

/// A part of one partition, which continues the chunk before it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chunk {
    /// The partition.
    pub key: TopicPartition,
    /// Records and gaps, contiguous and in order.
    pub pieces: Vec<Piece>,
    /// The offset after the chunk. The partition is done when it equals the end of its span.
    pub next: i64,
    /// The log end when the chunk was fetched: the last stable offset, or the high watermark if
    /// uncommitted records are read.
    pub end: i64,
    /// The leader epoch of its last offset.
    pub epoch: Option<i32>,
}

/// A range of offsets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// Records with consecutive offsets and the same timestamp type.
    Records(TimestampType, Vec<Record>),
    /// Offsets without records.
    Gap(Gap),
}

/// Why reading a partition ended.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("cannot read {key} at offset {offset}: {cause}")]
pub struct ReadError {
    /// The partition.
    pub key: TopicPartition,
    /// The offset to read next.
    pub offset: i64,
    /// The cause.
    pub cause: ReadCause,
}

/// Causes of a [`ReadError`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReadCause {
    /// This user lacks a permission; the broker's message.
    #[error("not authorised: {0}")]
    NotPermitted(String),
    /// The topic was deleted, created again, or truncated below the offset.
    #[error("{0}")]
    Gone(String),
    /// The bytes cannot be decoded.
    #[error("{0}")]
    Unreadable(String),
    /// No broker returned more records within the patience, or one refused.
    #[error("{0}")]
    Silent(String),
    /// Answers are empty without an error, although the log goes on.
    #[error("offsets {from} to {} do not come: answers stay empty without an error, and that is no gap, as {why}", .until - 1)]
    Missing {
        /// The first offset.
        from: i64,
        /// The offset after the last one.
        until: i64,
        /// Why these offsets are no gap.
        why: NoGap,
    },
    /// The log was cut before the offset: a replica without what was read became the leader.
    #[error(
        "the log was cut by an unclean leader election: leader epoch {read} was read up to here, and the leader has epoch {epoch} up to offset {end} only"
    )]
    Truncated {
        /// The leader epoch of the last record that was read.
        read: i32,
        /// The latest epoch of the leader's log that is not above `read`.
        epoch: i32,
        /// The end offset of that epoch.
        end: i64,
    },
}

/// Why offsets without an answer are not taken for a gap.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoGap {
    /// The topic is not compacted; holds its `cleanup.policy`.
    #[error("`cleanup.policy` is `{}`", escape(.0))]
    NotCompacted(String),
    /// Its records may be in remote storage that does not answer.
    #[error("`remote.storage.enable` is `true`")]
    RemoteStorage,
    /// The topic's settings could not be read; holds why.
    #[error("its `cleanup.policy` cannot be read: {0}")]
    Unseen(String),
}

/// A running read. Dropping it stops it.
#[async_trait]
pub trait RecordReader: Send {
    /// The next chunk of any partition; none when all are done, or after an error. Cancel safe: the
    /// future may be dropped and called again.
    async fn next(&mut self) -> Option<Result<Chunk, ReadError>>;
}
