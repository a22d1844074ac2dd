//! Records of a log, byte for byte.

use bytes::Bytes;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One record (`org.apache.kafka.common.record.DefaultRecord`, message format 2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// Its offset in the partition.
    pub offset: i64,
    /// Timestamp in milliseconds since 1970; -1 if it has none.
    pub timestamp: i64,
    /// `None` is null, which differs from empty.
    pub key: Option<Bytes>,
    /// `None` is null: a tombstone in a compacted topic.
    pub value: Option<Bytes>,
    /// In order; a name can occur several times.
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
    /// `None` is null, which differs from empty.
    pub value: Option<Bytes>,
}

/// The meaning of a record's timestamp (`message.timestamp.type`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum TimestampType {
    /// Set by the producer.
    CreateTime,
    /// Set by the broker when it appended the batch.
    LogAppendTime,
}

/// A range of offsets without records for a reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gap {
    /// The first offset.
    pub from: i64,
    /// The offset after the last one.
    pub until: i64,
    /// Why there are no records.
    pub reason: GapReason,
}

/// Why there is no record at an offset.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum GapReason {
    /// A control record, such as the end of a transaction.
    Control,
    /// A record of an aborted transaction.
    Aborted,
    /// The log was compacted.
    Compaction,
    /// The log start moved on: retention, or deleted records.
    Retention,
    /// The broker returned no record and gave no reason.
    Unknown,
}

/// How a copy of records ended without an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// All records up to the end are copied.
    Whole,
    /// It was asked to stop; all accepted records are written.
    Stopped,
}
