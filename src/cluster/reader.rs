//! Records of partitions, read in bulk: [`RecordReader`].
//!
//! No consumer group takes part. A partition is done when its position has reached the end that was
//! asked for, not when the last record came: transaction markers, compacted tails and what
//! retention took meanwhile have offsets but no records.

use std::time::Duration;

use async_trait::async_trait;

use crate::model::measure::TopicPartition;
use crate::model::record::{Gap, Record, TimestampType};

/// What to read of a partition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Span {
    /// The partition.
    pub key: TopicPartition,
    /// The first offset.
    pub from: i64,
    /// The offset after the last; none goes on for ever.
    pub until: Option<i64>,
}

/// What to read, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReaderSettings {
    /// Partitions, each once.
    pub spans: Vec<Span>,
    /// Whether open and aborted transactions are read too (`isolation.level=read_uncommitted`).
    pub uncommitted: bool,
    /// How long a partition may get nowhere while it is known to hold more, or while nobody can say.
    pub patience: Duration,
}

/// What was read of one partition, from where the chunk before it ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chunk {
    /// The partition.
    pub key: TopicPartition,
    /// Records and gaps, in order and without a hole between them.
    pub pieces: Vec<Piece>,
    /// The offset that comes next. The partition is done when this is where its span ends.
    pub next: i64,
    /// Where the log ended for this reader when the chunk was fetched: the last stable offset, or
    /// the high watermark for a reader of what is not committed.
    pub end: i64,
}

/// A run of offsets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// Records with consecutive offsets of one timestamp type.
    Records(TimestampType, Vec<Record>),
    /// Offsets without records.
    Gap(Gap),
}

/// Why a read cannot go on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("cannot read partition {} of `{}` at offset {offset}: {cause}", .key.1, crate::model::escape::escape(&.key.0))]
pub struct ReadError {
    /// The partition.
    pub key: TopicPartition,
    /// The offset that comes next.
    pub offset: i64,
    /// What is in the way.
    pub cause: ReadCause,
}

/// What is in the way of a read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReadCause {
    /// A right is missing; the broker's words.
    #[error("not authorised: {0}")]
    NotPermitted(String),
    /// It is no more what it was: deleted, created anew, or cut off before the offset.
    #[error("{0}")]
    Gone(String),
    /// Bytes that cannot be read.
    #[error("{0}")]
    Unreadable(String),
    /// No broker gave more, for as long as the patience lasted, or one refused.
    #[error("{0}")]
    Silent(String),
}

/// A read under way. Dropping it ends it.
#[async_trait]
pub trait RecordReader: Send {
    /// What comes next, of any partition; none when all are done. After an error nothing comes.
    /// May be dropped and called again: nothing is lost.
    async fn next(&mut self) -> Option<Result<Chunk, ReadError>>;
}
