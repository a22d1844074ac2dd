//! Offsets of partitions, requested from their leaders.
//!
//! krafka's own look-up takes offset -1, "no record is that new", for a retriable error and repeats
//! it until the time-out.

use std::collections::{BTreeMap, BTreeSet};

use futures::StreamExt;
use futures::stream;
use tokio::time::{Instant, sleep, timeout_at};

use super::ask::attend;
use super::ask::connection_to;
use super::groups::coordinators::Try;
use super::limits::{PARALLEL, RETRY_PAUSE};
use super::reads::describe_topics;
use super::{LiveCluster, errors};
use crate::cluster::live::wire::{
    ApiKey, KrafkaError, ListOffsetsRequest, ListOffsetsRequestPartition, ListOffsetsRequestTopic,
    ListOffsetsResponse, exchange, versions,
};
use crate::cluster::{At, ClusterError, OffsetSpec};
use crate::model::broker::BrokerId;
use crate::model::measure::{Offsets, TopicPartition};
use crate::model::seen::Seen;
use crate::model::topic::Topic;

pub(super) async fn list_offsets(
    cluster: &LiveCluster,
    partitions: &[TopicPartition],
    spec: OffsetSpec,
) -> Result<Offsets, ClusterError> {
    let deadline = Instant::now() + cluster.timeout;
    let mut found = Offsets::new();
    let mut pending: BTreeSet<TopicPartition> = partitions.iter().cloned().collect();
    let mut attempt = 0;
    while !pending.is_empty() {
        let led = by_leader(cluster, &pending, &mut found).await?;
        let tries: Vec<Vec<(TopicPartition, Try<Option<i64>>)>> = stream::iter(led)
            .map(|(leader, keys)| ask(cluster, (leader, attempt), keys, spec, deadline))
            .buffer_unordered(PARALLEL)
            .collect()
            .await;
        pending.clear();
        let is_late = Instant::now() + RETRY_PAUSE >= deadline;
        for (key, result) in tries.into_iter().flatten() {
            match result {
                Try::Settled(seen) => {
                    found.insert(key, seen);
                }
                Try::Again(error) if is_late => {
                    let error = errors::reading(&cluster.address, "list offsets", error);
                    found.insert(key, Seen::unavailable(error.to_string()));
                }
                Try::Again(_) => {
                    pending.insert(key);
                }
            }
        }
        if !pending.is_empty() {
            attempt += 1;
            sleep(RETRY_PAUSE).await;
        }
    }
    Ok(found)
}

/// Partitions by their leaders. Those without a leader go to `found`.
pub(super) async fn by_leader<T>(
    cluster: &LiveCluster,
    partitions: &BTreeSet<TopicPartition>,
    found: &mut BTreeMap<TopicPartition, Seen<Option<T>>>,
) -> Result<BTreeMap<BrokerId, Vec<TopicPartition>>, ClusterError> {
    let mut names: Vec<String> = partitions.iter().map(|key| key.topic.clone()).collect();
    names.dedup();
    let topics = describe_topics(cluster, At::AnyBroker, &names).await?;
    let mut led: BTreeMap<BrokerId, Vec<TopicPartition>> = BTreeMap::new();
    for key in partitions {
        let topic = topics.get(&key.topic).map_or(Seen::Absent, Seen::as_ref);
        match topic.and_then(|topic| leader(topic, key.partition)) {
            Seen::Value(id) => led.entry(id).or_default().push(key.clone()),
            missing => {
                found.insert(key.clone(), missing.map(|_| None));
            }
        }
    }
    Ok(led)
}

fn leader(topic: &Topic, index: i32) -> Seen<BrokerId> {
    match topic.partitions.iter().find(|one| one.index == index) {
        Some(partition) => partition.leader.map_or_else(
            || Seen::unavailable("the partition has no leader"),
            Seen::Value,
        ),
        None => Seen::Absent,
    }
}

/// Asks one leader once.
async fn ask(
    cluster: &LiveCluster,
    (leader, attempt): (BrokerId, usize),
    keys: Vec<TopicPartition>,
    spec: OffsetSpec,
    deadline: Instant,
) -> Vec<(TopicPartition, Try<Option<i64>>)> {
    let request = request(&keys, spec);
    let range = versions::LIST_OFFSETS;
    let asking = async {
        let connection = connection_to(cluster, At::Broker(leader), attempt).await?;
        exchange(&connection, ApiKey::ListOffsets, range, &request).await
    };
    let answered: Result<ListOffsetsResponse, KrafkaError> =
        match timeout_at(deadline, attend(cluster, leader, asking)).await {
            Ok(answered) => answered,
            Err(_) => Err(KrafkaError::timeout("ListOffsets")),
        };
    match answered {
        Ok(answer) => judged(keys, answer),
        Err(error) => keys
            .into_iter()
            .map(|key| (key, failed(error.clone())))
            .collect(),
    }
}

fn request(keys: &[TopicPartition], spec: OffsetSpec) -> ListOffsetsRequest {
    let timestamp = match spec {
        OffsetSpec::Earliest => -2,
        OffsetSpec::Latest | OffsetSpec::LastStable => -1,
        OffsetSpec::Timestamp(ms) => ms,
    };
    let mut topics: Vec<ListOffsetsRequestTopic> = Vec::new();
    for key in keys {
        let name = &key.topic;
        let partition = ListOffsetsRequestPartition {
            partition_index: key.partition,
            current_leader_epoch: -1,
            timestamp,
        };
        match topics.last_mut() {
            Some(topic) if topic.name == *name => topic.partitions.push(partition),
            _ => topics.push(ListOffsetsRequestTopic {
                name: name.clone(),
                partitions: vec![partition],
            }),
        }
    }
    ListOffsetsRequest {
        replica_id: -1,
        isolation_level: i8::from(spec == OffsetSpec::LastStable),
        topics,
        timeout_ms: None,
    }
}

fn judged(
    keys: Vec<TopicPartition>,
    answer: ListOffsetsResponse,
) -> Vec<(TopicPartition, Try<Option<i64>>)> {
    let mut told: BTreeMap<TopicPartition, Try<Option<i64>>> = BTreeMap::new();
    for topic in answer.topics {
        for partition in topic.partitions {
            let result = if partition.error_code.is_ok() {
                let offset = (partition.offset >= 0).then_some(partition.offset);
                Try::Settled(Seen::Value(offset))
            } else {
                failed(KrafkaError::broker(partition.error_code, ""))
            };
            told.insert(
                TopicPartition::new(topic.name.clone(), partition.partition_index),
                result,
            );
        }
    }
    keys.into_iter()
        .map(|key| {
            let result = told.remove(&key).unwrap_or_else(|| {
                let words = "the broker's answer left this partition out";
                Try::Settled(Seen::unavailable(words.to_owned()))
            });
            (key, result)
        })
        .collect()
}

/// The result for a failed try. A leader that does not know the partition may be an old leader; whether
/// the partition exists is decided by metadata.
fn failed(error: KrafkaError) -> Try<Option<i64>> {
    if error.is_retriable() {
        return Try::Again(error);
    }
    Try::Settled(match error {
        KrafkaError::Broker { code, message } => errors::seen(code, &message),
        other => Seen::unavailable(other.to_string()),
    })
}
