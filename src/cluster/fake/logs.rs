//! Logs of the cluster in memory: offsets, timestamps, sizes, directories.

use std::collections::BTreeMap;

use super::log::{FakeLog, FakeLogDir};
use super::state::State;
use crate::cluster::OffsetSpec;
use crate::model::broker::BrokerId;
use crate::model::log_dir::{LogDir, ReplicaLog};
use crate::model::measure::TopicPartition;
use crate::model::seen::Seen;

impl State {
    pub(super) fn offset(&self, name: &str, index: i32, spec: OffsetSpec) -> Seen<Option<i64>> {
        self.topic(name).and_then(|topic| {
            if !topic.has_partition(index) {
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
        only: Option<&[TopicPartition]>,
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
            let wanted = |TopicPartition { topic, partition }: &TopicPartition| {
                *topic == name && *partition == log.partition
            };
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
