//! Log directories (`log.dirs`), and the logs of partitions in them.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

/// A log directory of one broker (`DescribeLogDirs`, KIP-113).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct LogDir {
    /// Absolute path on the broker.
    pub path: String,
    /// The error of the directory as Kafka names it, such as `KAFKA_STORAGE_ERROR` for an offline one.
    /// The logs in such a directory are unknown.
    pub error: Option<String>,
    /// Size of its volume in bytes; none before Kafka 3.3 (KIP-827).
    pub total_bytes: Option<i64>,
    /// Free bytes of its volume; none before Kafka 3.3 (KIP-827).
    pub usable_bytes: Option<i64>,
    /// Its logs by topic, ordered by partition.
    pub topics: BTreeMap<String, Vec<ReplicaLog>>,
}

/// The log of one partition's replica.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReplicaLog {
    /// Number of the partition.
    pub partition: i32,
    /// Size of its segments in bytes.
    pub size: i64,
    /// Offsets from the log end to the high watermark; for a future log, to the end of the current log.
    pub offset_lag: i64,
    /// Whether it is a future log: a copy from another directory of the broker, which will replace the
    /// log there.
    pub is_future: bool,
}

impl LogDir {
    /// Size of all its logs in bytes.
    #[must_use]
    pub fn size(&self) -> i64 {
        self.topics.values().flatten().map(|log| log.size).sum()
    }
}
