//! Logs of the cluster in memory: offsets, timestamps, sizes, directories.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::reader::FakeRecord;
use super::state::State;
use crate::cluster::OffsetSpec;
use crate::model::broker::BrokerId;
use crate::model::log_dir::{LogDir, ReplicaLog};
use crate::model::seen::Seen;

/// The log of a partition, alike on all its replicas.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct FakeLog {
    /// Log start offset.
    pub start: i64,
    /// Log end offset.
    pub end: i64,
    /// Where a transaction is open; none where none is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub open: Option<i64>,
    /// The offset at which each leader epoch begins; epoch 0 begins at 0 where none is named.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub epochs: BTreeMap<i32, i64>,
    /// Size of its segments in bytes.
    pub size: i64,
    /// How far replicas other than the leader's are behind, in offsets.
    pub lag: i64,
    /// Timestamps of records, in milliseconds since 1970, by offset.
    pub timestamps: BTreeMap<i64, i64>,
    /// What they hold beside, by offset; those left out have neither key nor value.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub records: BTreeMap<i64, FakeRecord>,
    /// Offsets of the ends of transactions.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub marks: BTreeSet<i64>,
    /// Offsets of records whose transaction was aborted.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub aborted: BTreeSet<i64>,
    /// The last epoch of each producer, by its id, and how many records of that it has.
    pub producers: BTreeMap<i64, (i16, i64)>,
}

impl FakeLog {
    /// The last stable offset.
    pub(super) fn stable(&self) -> i64 {
        self.open.map_or(self.end, |open| open.min(self.end))
    }

    /// The leader epoch of what comes before an offset.
    pub(super) fn epoch_before(&self, offset: i64) -> i32 {
        let epochs = self.epochs.iter().rev();
        let mut before = epochs.filter(|(_, start)| **start < offset);
        before.next().map_or(0, |(epoch, _)| *epoch)
    }

    /// The latest epoch that is not above this one, and the offset after its last.
    pub(super) fn end_of_epoch(&self, epoch: i32) -> (i32, i64) {
        let later = self.epochs.range(epoch.saturating_add(1)..).next();
        let latest = self.epochs.range(..=epoch).next_back();
        let found = latest.map_or(epoch.min(0), |(epoch, _)| *epoch);
        (found, later.map_or(self.end, |(_, start)| *start))
    }
}

/// A log directory. A partition is in the directory whose place in the list its number points at,
/// among those without an error.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct FakeLogDir {
    /// Its path.
    pub path: String,
    /// Kafka's name of the error that it has.
    pub error: Option<String>,
    /// Size of its volume in bytes.
    pub total_bytes: Option<i64>,
    /// What is left of its volume in bytes.
    pub usable_bytes: Option<i64>,
    /// Partitions that are being moved here.
    pub moving: Vec<(String, i32)>,
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

impl State {
    pub(super) fn offset(&self, name: &str, index: i32, spec: OffsetSpec) -> Seen<Option<i64>> {
        self.topic(name).and_then(|topic| {
            if !topic.partitions.iter().any(|one| one.index == index) {
                return Seen::Absent;
            }
            let log = self.log(name, index);
            Seen::Value(match spec {
                OffsetSpec::Earliest => Some(log.start),
                OffsetSpec::Latest => Some(log.end),
                OffsetSpec::LastStable => Some(log.stable()),
                OffsetSpec::Timestamp(ms) => log
                    .timestamps
                    .range(log.start..log.end)
                    .find(|(_, timestamp)| **timestamp >= ms)
                    .map(|(offset, _)| *offset),
            })
        })
    }

    pub(super) fn log(&self, topic: &str, partition: i32) -> FakeLog {
        let logs = self.logs.get(topic);
        logs.and_then(|logs| logs.get(&partition))
            .cloned()
            .unwrap_or_default()
    }

    pub(super) fn log_dirs(
        &self,
        id: BrokerId,
        only: Option<&[(String, i32)]>,
    ) -> Seen<Vec<LogDir>> {
        if let Some(words) = self.silence(id) {
            return Seen::unavailable(words);
        }
        if let Some(unseen) = self.unseen("DescribeLogDirs", "describe log directories") {
            return unseen;
        }
        let dirs = self.log_dirs.get(&id).cloned();
        let mut dirs = dirs.unwrap_or_else(|| vec![FakeLogDir::default()]);
        let mut found: Vec<LogDir> = dirs.iter().map(empty).collect();
        let healthy: Vec<usize> = (0..dirs.len())
            .filter(|index| dirs[*index].error.is_none())
            .collect();
        for (name, log) in self.replicas_on(id) {
            let wanted =
                |(topic, partition): &(String, i32)| *topic == name && *partition == log.partition;
            if only.is_some_and(|only| !only.iter().any(wanted)) || healthy.is_empty() {
                continue;
            }
            let place = usize::try_from(log.partition).unwrap_or(0) % healthy.len();
            add(&mut found[healthy[place]], &name, log);
            for (dir, found) in dirs.iter_mut().zip(&mut found) {
                if dir.moving.iter().any(wanted) {
                    add(
                        found,
                        &name,
                        ReplicaLog {
                            is_future: true,
                            ..log
                        },
                    );
                }
            }
        }
        found.sort_by(|one, other| one.path.cmp(&other.path));
        Seen::Value(found)
    }

    /// The logs that a broker has.
    fn replicas_on(&self, id: BrokerId) -> Vec<(String, ReplicaLog)> {
        let mut found = Vec::new();
        for (name, live) in &self.topics {
            for index in 0..live.partitions {
                let partition = self.partition(index, live.replicas);
                if !partition.replicas.contains(&id) {
                    continue;
                }
                let log = self.log(name, index);
                let is_leader = partition.leader == Some(id);
                let replica = ReplicaLog {
                    partition: index,
                    size: log.size,
                    offset_lag: if is_leader { 0 } else { log.lag },
                    is_future: false,
                };
                found.push((name.clone(), replica));
            }
        }
        found
    }
}

fn empty(dir: &FakeLogDir) -> LogDir {
    let is_healthy = dir.error.is_none();
    LogDir {
        path: dir.path.clone(),
        error: dir.error.clone(),
        total_bytes: dir.total_bytes.filter(|_| is_healthy),
        usable_bytes: dir.usable_bytes.filter(|_| is_healthy),
        topics: BTreeMap::new(),
    }
}

fn add(dir: &mut LogDir, topic: &str, log: ReplicaLog) {
    dir.topics.entry(topic.to_owned()).or_default().push(log);
}
