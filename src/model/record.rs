//! Records of a log, byte for byte.

use bytes::Bytes;

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

/// A header of a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// Its name: text by convention, bytes on the wire.
    pub name: Bytes,
    /// None is null, which is not empty.
    pub value: Option<Bytes>,
}

/// What a record's timestamp is (`message.timestamp.type`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TimestampType {
    /// What the producer said.
    CreateTime,
    /// When the broker appended its batch.
    LogAppendTime,
}
