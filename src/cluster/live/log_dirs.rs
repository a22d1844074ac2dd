//! Log directories, read from each broker.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures::StreamExt;
use futures::stream;

use super::ask::read;
use super::{LiveCluster, code, errors};
use crate::cluster::At;
use crate::cluster::live::wire::{
    ApiKey, BrokerConnection, DescribableLogDirTopic, DescribeLogDirsRequest,
    DescribeLogDirsResponse, DescribeLogDirsResult, DescribeLogDirsTopic, ErrorCode, KrafkaError,
    checked, exchange, versions,
};
use crate::model::broker::BrokerId;
use crate::model::log_dir::{LogDir, ReplicaLog};
use crate::model::measure::TopicPartition;
use crate::model::seen::Seen;

/// Brokers asked at once. An answer has an entry for each replica on the broker.
const PARALLEL: usize = 2;

pub(super) async fn describe_log_dirs(
    cluster: &LiveCluster,
    brokers: &[BrokerId],
    only: Option<&[TopicPartition]>,
) -> BTreeMap<BrokerId, Seen<Vec<LogDir>>> {
    let request = DescribeLogDirsRequest {
        topics: only.map(by_topic),
    };
    let request = &request;
    stream::iter(brokers.iter().copied())
        .map(|id| async move { (id, of_broker(cluster, id, request).await) })
        .buffer_unordered(PARALLEL)
        .collect()
        .await
}

fn by_topic(partitions: &[TopicPartition]) -> Vec<DescribableLogDirTopic> {
    let mut topics: BTreeMap<&str, Vec<i32>> = BTreeMap::new();
    for TopicPartition { topic, partition } in partitions {
        topics.entry(topic).or_default().push(*partition);
    }
    topics
        .into_iter()
        .map(|(topic, partitions)| DescribableLogDirTopic {
            topic: topic.to_owned(),
            partitions,
        })
        .collect()
}

async fn of_broker(
    cluster: &LiveCluster,
    id: BrokerId,
    request: &DescribeLogDirsRequest,
) -> Seen<Vec<LogDir>> {
    let answered = read(
        cluster,
        At::Broker(id),
        "describe log directories",
        |connection| log_dirs_at(connection, request),
    )
    .await;
    match answered {
        Ok(dirs) => Seen::Value(dirs),
        Err(error) => errors::missing(&error),
    }
}

async fn log_dirs_at(
    connection: Arc<BrokerConnection>,
    request: &DescribeLogDirsRequest,
) -> Result<Vec<LogDir>, KrafkaError> {
    let range = versions::DESCRIBE_LOG_DIRS;
    let answer: DescribeLogDirsResponse =
        exchange(&connection, ApiKey::DescribeLogDirs, range, request).await?;
    let code = match answer.error_code {
        // Before version 3, an empty answer means a missing permission: every broker has a
        // directory.
        ErrorCode::None if answer.results.is_empty() => ErrorCode::ClusterAuthorizationFailed,
        code => code,
    };
    checked(code, None)?;
    let mut dirs: Vec<LogDir> = answer.results.into_iter().map(log_dir).collect();
    dirs.sort_by(|one, other| one.path.cmp(&other.path));
    Ok(dirs)
}

fn log_dir(dir: DescribeLogDirsResult) -> LogDir {
    let told = |bytes: i64| (bytes >= 0).then_some(bytes);
    LogDir {
        path: dir.log_dir,
        error: (!dir.error_code.is_ok()).then(|| code::kafka_name(dir.error_code)),
        total_bytes: told(dir.total_bytes),
        usable_bytes: told(dir.usable_bytes),
        topics: dir.topics.into_iter().map(logs).collect(),
    }
}

fn logs(topic: DescribeLogDirsTopic) -> (String, Vec<ReplicaLog>) {
    let mut logs: Vec<ReplicaLog> = topic
        .partitions
        .into_iter()
        .map(|log| ReplicaLog {
            partition: log.partition_index,
            size: log.partition_size,
            offset_lag: log.offset_lag,
            is_future: log.is_future_key,
        })
        .collect();
    logs.sort_unstable();
    (topic.name, logs)
}
