//! Records of a log, byte for byte.

use bytes::Bytes;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One record (`org.apache.kafka.common.record.DefaultRecord`, message format 2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// Where it stands in its partition.
    pub offset: i64,
    /// In milliseconds since 1970; -1 where it was given none.
    pub timestamp: i64,
    /// None is null, which is not empty.
    pub key: Option<Bytes>,
    /// None is null: in a compacted topic, a deletion.
    pub value: Option<Bytes>,
    /// In order; a name may be there more than once.
    pub headers: Vec<Header>,
}

impl Record {
    /// The bytes of its key, value and headers.
    #[must_use]
    pub fn bytes(&self) -> usize {
        let length = |field: &Option<Bytes>| field.as_ref().map_or(0, Bytes::len);
        let headers = self.headers.iter();
        let headers = headers.map(|header| header.name.len() + length(&header.value));
        length(&self.key) + length(&self.value) + headers.sum::<usize>()
    }
}

/// A header of a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// Its name: text by convention, bytes on the wire.
    pub name: Bytes,
    /// None is null, which is not empty.
    pub value: Option<Bytes>,
}

/// What a record's timestamp is (`message.timestamp.type`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum TimestampType {
    /// What the producer said.
    CreateTime,
    /// When the broker appended its batch.
    LogAppendTime,
}

/// Offsets of a partition at which a read was given no record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gap {
    /// The first of them.
    pub from: i64,
    /// The offset after the last of them.
    pub until: i64,
    /// Why.
    pub reason: GapReason,
}

/// Why there is no record at an offset.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum GapReason {
    /// The end of a transaction, or another mark of the brokers.
    Control,
    /// A record of a transaction that was aborted.
    Aborted,
    /// Nothing is left there: the log was compacted.
    Compaction,
    /// The log begins later by now: retention, or a deletion of records.
    Retention,
    /// No broker gives anything there, and none says why.
    Unknown,
}
