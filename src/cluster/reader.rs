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

/// What to read of a partition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Span {
    /// The partition.
    pub key: TopicPartition,
    /// The first offset.
    pub from: i64,
    /// The offset after the last; none goes on for ever.
    pub until: Option<i64>,
    /// The leader epoch of what was read before `from`, where that is known. The log is compared with it
    /// even where nothing is left to read (KIP-320).
    pub epoch: Option<i32>,
}

impl Span {
    /// Offsets of which nothing was read before.
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

/// What to read, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReaderSettings {
    /// Partitions, each once.
    pub spans: Vec<Span>,
    /// Whether open and aborted transactions are read too (`isolation.level=read_uncommitted`).
    pub uncommitted: bool,
    /// How long a partition may get nowhere while it is known to hold more, or while nobody can say.
    /// Answers that stay empty are asked for again no longer than the cluster's time-out.
    pub patience: Duration,
    /// Whether offsets that stay without an answer are a gap also where `cleanup.policy` is not
    /// `compact`: the topic was compacted once.
    pub accept_gaps: bool,
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
    /// The leader epoch that its last offset was written or told in.
    pub epoch: Option<i32>,
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
#[error("cannot read partition {} of `{}` at offset {offset}: {cause}", .key.1, escape(&.key.0))]
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
    /// Answers are empty without an error, and the log goes on.
    #[error("offsets {from} to {} do not come: answers stay empty without an error, and that is no gap, as {why}", .until - 1)]
    Missing {
        /// The first offset.
        from: i64,
        /// The offset after the last.
        until: i64,
        /// Why they are not taken for a gap.
        why: NoGap,
    },
    /// The log was cut before the offset: a replica without what was read became the leader.
    #[error(
        "the log was cut by an unclean leader election: leader epoch {read} was read up to here, and the leader has epoch {epoch} up to offset {end} only"
    )]
    Truncated {
        /// The leader epoch of what was read last.
        read: i32,
        /// The latest epoch of the leader's log that is not above that.
        epoch: i32,
        /// The offset after that epoch's last.
        end: i64,
    },
}

/// Why offsets that nothing is known of are not taken for a gap.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoGap {
    /// The topic is not compacted; its `cleanup.policy`.
    #[error("`cleanup.policy` is `{}`", escape(.0))]
    NotCompacted(String),
    /// Its records may be in a remote storage that does not answer.
    #[error("`remote.storage.enable` is `true`")]
    RemoteStorage,
    /// Nobody tells its settings; why not.
    #[error("its `cleanup.policy` cannot be read: {0}")]
    Unseen(String),
}

/// A read under way. Dropping it ends it.
#[async_trait]
pub trait RecordReader: Send {
    /// What comes next, of any partition; none when all are done. After an error nothing comes.
    /// May be dropped and called again: nothing is lost.
    async fn next(&mut self) -> Option<Result<Chunk, ReadError>>;
}
