//! A log of the cluster in memory, its records, and a directory of logs.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::model::measure::TopicPartition;
use crate::model::record::Record;

/// The log of a partition; all its replicas have the same.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct FakeLog {
    /// Log start offset.
    pub start: i64,
    /// Log end offset.
    pub end: i64,
    /// The first offset of an open transaction, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub open: Option<i64>,
    /// The first offset of each leader epoch; epoch 0 begins at 0 if none is given.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub epochs: BTreeMap<i32, i64>,
    /// Size of its segments in bytes.
    pub size: i64,
    /// The lag of followers, in offsets.
    pub lag: i64,
    /// Timestamps of records, in milliseconds since the epoch, by offset.
    pub timestamps: BTreeMap<i64, i64>,
    /// Keys, values and headers of records, by offset; records that are missing here have neither key
    /// nor value.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub records: BTreeMap<i64, FakeRecord>,
    /// Offsets of transaction markers.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub marks: BTreeSet<i64>,
    /// Offsets of records of aborted transactions.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub aborted: BTreeSet<i64>,
    /// The last epoch of each producer id, and its number of records.
    pub producers: BTreeMap<i64, (i16, i64)>,
}

impl FakeLog {
    /// The last stable offset.
    pub(super) fn stable(&self) -> i64 {
        self.open.map_or(self.end, |open| open.min(self.end))
    }

    /// The leader epoch of the offset before this one.
    pub(super) fn epoch_before(&self, offset: i64) -> i32 {
        let epochs = self.epochs.iter().rev();
        let mut before = epochs.filter(|(_, start)| **start < offset);
        before.next().map_or(0, |(epoch, _)| *epoch)
    }

    /// The latest epoch that is not above this one, and its end offset.
    pub(super) fn end_of_epoch(&self, epoch: i32) -> (i32, i64) {
        let later = self.epochs.range(epoch.saturating_add(1)..).next();
        let latest = self.epochs.range(..=epoch).next_back();
        let found = latest.map_or(epoch.min(0), |(epoch, _)| *epoch);
        (found, later.map_or(self.end, |(_, start)| *start))
    }
}

/// A log directory. Partition number N is in directory N (modulo their number) of those without an
/// error.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct FakeLogDir {
    /// Its path.
    pub path: String,
    /// Kafka's name of its error, if it has one.
    pub error: Option<String>,
    /// Size of its volume in bytes.
    pub total_bytes: Option<i64>,
    /// Free bytes of its volume.
    pub usable_bytes: Option<i64>,
    /// Partitions that are being moved to it.
    pub moving: Vec<TopicPartition>,
}

impl Default for FakeLogDir {
    fn default() -> Self {
        Self {
            path: "/var/lib/kafka/data".to_owned(),
            error: None,
            total_bytes: Some(100_000_000_000),
            usable_bytes: Some(60_000_000_000),
            moving: Vec::new(),
        }
    }
}

/// Key, value and headers of a record.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct FakeRecord {
    /// The key; none is null.
    pub key: Option<String>,
    /// The value; none is null.
    pub value: Option<String>,
    /// Names and values.
    pub headers: Vec<(String, Option<String>)>,
}

impl FakeRecord {
    /// A record as text; other bytes are replaced.
    pub(super) fn of(record: &Record) -> Self {
        let text = |bytes: &Bytes| String::from_utf8_lossy(bytes).into_owned();
        let headers = record.headers.iter();
        Self {
            key: record.key.as_ref().map(text),
            value: record.value.as_ref().map(text),
            headers: headers
                .map(|header| (text(&header.name), header.value.as_ref().map(text)))
                .collect(),
        }
    }
}
