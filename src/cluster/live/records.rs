//! Finds the next record at an offset, and deletes records before an offset, both at the leaders.
//!
//! Traps: a batch may begin before the requested offset. A broker returns a batch above the limit
//! as a whole only for the first partition of a request, so the limit grows if nothing came.
//! Control batches and compaction leave offsets without records.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use bytes::Bytes;
use futures::StreamExt;
use futures::stream;
use tokio::time::{Instant, sleep, timeout_at};

use super::ask::connection_to;
use super::ask::{attend, place};
use super::limits::{PARALLEL, RETRY_PAUSE};
use super::offsets::by_leader;
use super::requests::FETCH;
use super::send::{Sent, left_out, send_to};
use super::{LiveCluster, errors};
use crate::cluster::live::wire::{
    ApiKey, DeleteRecordsPartition, DeleteRecordsRequest, DeleteRecordsResponse,
    DeleteRecordsTopic, FetchPartitionRequest, FetchPartitionResponse, FetchRequest, FetchResponse,
    FetchTopicRequest, KrafkaError, RecordBatch, RecordBatchHeader, TimestampType, exchange,
    versions,
};
use crate::cluster::{Answer, At, ClusterError};
use crate::model::broker::BrokerId;
use crate::model::group::RecordTime;
use crate::model::measure::TopicPartition;
use crate::model::seen::{Cause, Seen};

/// The fetch size of a partition at first: one batch or a few.
const PARTITION_BYTES: i32 = 64 << 10;

/// The largest fetch size of a partition.
const MOST_PARTITION_BYTES: i32 = 16 << 20;

/// The largest size of an answer.
const ANSWER_BYTES: i32 = 32 << 20;

/// The error code for a partition that does not exist.
const UNKNOWN: &str = "UNKNOWN_TOPIC_OR_PARTITION";

type Found = BTreeMap<TopicPartition, Seen<Option<RecordTime>>>;

/// The result of one try for a partition.
enum RecordTry {
    Settled(Seen<Option<RecordTime>>),
    /// No record before this offset; continue here.
    From(i64),
    /// Nothing came, although there is more: the fetch size may be too small.
    Nothing,
    /// To be repeated: another leader, or the same one later, may answer.
    Again(KrafkaError),
}

pub(super) async fn next_records(
    cluster: &LiveCluster,
    offsets: &[(TopicPartition, i64)],
) -> Result<Found, ClusterError> {
    let deadline = Instant::now() + cluster.timeout;
    let mut found = Found::new();
    let mut pending: BTreeMap<TopicPartition, i64> = offsets.iter().cloned().collect();
    let mut limit = PARTITION_BYTES;
    let mut attempt = 0;
    while !pending.is_empty() {
        let keys: BTreeSet<TopicPartition> = pending.keys().cloned().collect();
        let led = by_leader(cluster, &keys, &mut found).await?;
        pending.retain(|key, _| !found.contains_key(key));
        let tries: Vec<Vec<(TopicPartition, RecordTry)>> = stream::iter(led)
            .map(|(leader, keys)| {
                let from = keys.into_iter().map(|key| {
                    let offset = pending.get(&key).copied().unwrap_or_default();
                    (key, offset)
                });
                ask(
                    cluster,
                    (leader, attempt),
                    from.collect(),
                    (limit, deadline),
                )
            })
            .buffer_unordered(PARALLEL)
            .collect()
            .await;
        let is_late = Instant::now() + RETRY_PAUSE >= deadline;
        let (mut grows, mut pauses) = (false, false);
        for (key, answer) in tries.into_iter().flatten() {
            match answer {
                RecordTry::Settled(seen) => drop(found.insert(key, seen)),
                _ if is_late => drop(found.insert(key, late(cluster, answer))),
                RecordTry::From(offset) => drop(pending.insert(key, offset)),
                RecordTry::Nothing => grows = true,
                RecordTry::Again(_) => pauses = true,
            }
        }
        pending.retain(|key, _| !found.contains_key(key));
        if grows && limit < MOST_PARTITION_BYTES {
            limit *= 4;
        } else if grows || pauses {
            sleep(RETRY_PAUSE).await;
        }
        attempt += usize::from(pauses);
    }
    Ok(found)
}

/// The result for a partition when the time-out has passed.
fn late(cluster: &LiveCluster, answer: RecordTry) -> Seen<Option<RecordTime>> {
    let words = match answer {
        RecordTry::Settled(seen) => return seen,
        RecordTry::Again(error) => {
            errors::reading(&cluster.address, "fetch records", error).to_string()
        }
        RecordTry::From(_) | RecordTry::Nothing => {
            "no record was found within the time-out".to_owned()
        }
    };
    Seen::unavailable(words)
}

/// Asks one leader once.
async fn ask(
    cluster: &LiveCluster,
    (leader, attempt): (BrokerId, usize),
    from: BTreeMap<TopicPartition, i64>,
    (limit, deadline): (i32, Instant),
) -> Vec<(TopicPartition, RecordTry)> {
    let mut request = FetchRequest::default();
    request.max_bytes = ANSWER_BYTES;
    let wanted = from.iter().map(|(key, offset)| {
        let mut partition = FetchPartitionRequest::default();
        partition.partition = key.partition;
        partition.fetch_offset = *offset;
        partition.partition_max_bytes = limit;
        (&key.topic, partition)
    });
    request.topics = fetch_topics(wanted);
    let asking = async {
        let connection = connection_to(cluster, At::Broker(leader), attempt).await?;
        exchange(&connection, ApiKey::Fetch, FETCH, &request).await
    };
    let attended = timeout_at(deadline, attend(cluster, leader, asking)).await;
    let answered: Result<FetchResponse, KrafkaError> =
        attended.unwrap_or_else(|_| Err(KrafkaError::timeout("Fetch")));
    match answered {
        Ok(answer) if answer.error_code.is_ok() => judged(from, answer),
        Ok(answer) => all_failed(from, &KrafkaError::broker(answer.error_code, "")),
        Err(error) => all_failed(from, &error),
    }
}

/// Partitions by topic, in their order.
pub(super) fn fetch_topics<'a>(
    wanted: impl IntoIterator<Item = (&'a String, FetchPartitionRequest)>,
) -> Vec<FetchTopicRequest> {
    let mut topics: Vec<FetchTopicRequest> = Vec::new();
    for (name, partition) in wanted {
        match topics.last_mut() {
            Some(topic) if topic.topic == *name => topic.partitions.push(partition),
            _ => {
                let mut topic = FetchTopicRequest::default();
                topic.topic.clone_from(name);
                topic.partitions.push(partition);
                topics.push(topic);
            }
        }
    }
    topics
}

/// A leader's answer by partition.
pub(super) fn by_partition(
    answer: FetchResponse,
) -> BTreeMap<TopicPartition, FetchPartitionResponse> {
    let mut told = BTreeMap::new();
    for topic in answer.responses {
        for partition in topic.partitions {
            told.insert(
                TopicPartition::new(topic.topic.clone(), partition.partition),
                partition,
            );
        }
    }
    told
}

fn all_failed(
    from: BTreeMap<TopicPartition, i64>,
    error: &KrafkaError,
) -> Vec<(TopicPartition, RecordTry)> {
    let keys = from.into_keys();
    keys.map(|key| (key, failed(error.clone()))).collect()
}

/// The result for a failed try. A leader that does not know the partition may be an old leader; whether
/// the partition exists is decided by metadata.
fn failed(error: KrafkaError) -> RecordTry {
    if error.is_retriable() {
        return RecordTry::Again(error);
    }
    RecordTry::Settled(match error {
        KrafkaError::Broker { code, message } => errors::seen(code, &message),
        other => Seen::unavailable(other.to_string()),
    })
}

fn judged(
    from: BTreeMap<TopicPartition, i64>,
    answer: FetchResponse,
) -> Vec<(TopicPartition, RecordTry)> {
    let mut told = by_partition(answer);
    from.into_iter()
        .map(|(key, offset)| {
            let tried = match told.remove(&key) {
                Some(partition) => of_partition(offset, partition),
                None => RecordTry::Nothing,
            };
            (key, tried)
        })
        .collect()
}

fn of_partition(from: i64, partition: FetchPartitionResponse) -> RecordTry {
    if !partition.error_code.is_ok() {
        return failed(KrafkaError::broker(partition.error_code, ""));
    }
    let end = partition.high_watermark;
    match first_record(partition.records.unwrap_or_default(), from) {
        Err(error) => RecordTry::Settled(Seen::unavailable(error.to_string())),
        Ok(Next::Record(record)) if record.offset < end => {
            RecordTry::Settled(Seen::Value(Some(record)))
        }
        Ok(Next::Record(_)) => RecordTry::Settled(Seen::Value(None)),
        // A newly elected leader may not know the high watermark yet.
        Ok(Next::From(_)) if from > end => RecordTry::Nothing,
        Ok(Next::From(next)) if next >= end => RecordTry::Settled(Seen::Value(None)),
        Ok(Next::From(next)) if next > from => RecordTry::From(next),
        Ok(Next::From(_)) => RecordTry::Nothing,
    }
}

/// The records of batches from an offset on.
#[derive(Debug, PartialEq, Eq)]
enum Next {
    Record(RecordTime),
    /// No record; the batches end before this offset.
    From(i64),
}

/// The first record at `from` or later that is no control record. The last batch may be incomplete.
fn first_record(mut batches: Bytes, from: i64) -> Result<Next, KrafkaError> {
    let mut next = from;
    while batches.len() >= RecordBatchHeader::SIZE {
        let header = RecordBatchHeader::peek(&batches)?;
        if header.total_size() > batches.len() {
            break;
        }
        if header.attributes.is_control_batch || header.last_offset() < from {
            drop(batches.split_to(header.total_size()));
        } else if let Some(record) = first_of(&RecordBatch::decode(&mut batches)?, from) {
            return Ok(Next::Record(record));
        }
        next = next.max(header.last_offset().saturating_add(1));
    }
    Ok(Next::From(next))
}

fn first_of(batch: &RecordBatch, from: i64) -> Option<RecordTime> {
    let offset_of = |delta| batch.base_offset + i64::from(delta);
    let mut records = batch.records.iter();
    let record = records.find(|record| offset_of(record.offset_delta) >= from)?;
    let timestamp = match batch.attributes.timestamp_type {
        TimestampType::LogAppendTime => batch.max_timestamp,
        _ => batch.base_timestamp + record.timestamp_delta,
    };
    Some(RecordTime {
        offset: offset_of(record.offset_delta),
        timestamp: (timestamp >= 0).then_some(timestamp),
    })
}

/// Sends each partition to its leader once. Only a partition that was not sent goes to its next
/// leader, until the time-out: a leader that denies being one may have deleted before.
pub(super) async fn delete_records(
    cluster: &LiveCluster,
    before: &[(TopicPartition, i64)],
) -> Vec<Answer> {
    let mut answers: BTreeMap<TopicPartition, Answer> = BTreeMap::new();
    let mut wanted: BTreeMap<TopicPartition, i64> = BTreeMap::new();
    for (key, offset) in before {
        // Brokers take -1 as the log end.
        if *offset < 0 {
            let code = "OFFSET_OUT_OF_RANGE";
            answers.insert(key.clone(), Answer::refused(code, code));
        } else {
            wanted.insert(key.clone(), *offset);
        }
    }
    let deadline = Instant::now() + cluster.timeout;
    while !wanted.is_empty() {
        let told = delete_once(cluster, &wanted, deadline).await;
        let is_late = Instant::now() + RETRY_PAUSE >= deadline;
        for (key, tried) in told {
            match tried {
                Ok(answer) => drop(answers.insert(key, answer)),
                Err(unsent) if is_late => drop(answers.insert(key, unsent)),
                Err(_) => {}
            }
        }
        wanted.retain(|key, _| !answers.contains_key(key));
        if !wanted.is_empty() {
            sleep(RETRY_PAUSE).await;
        }
    }
    let answer = |key| answers.get(key).cloned().unwrap_or_else(left_out);
    before.iter().map(|(key, _)| answer(key)).collect()
}

/// The answer for a partition. An error means not sent: it is retried until the time-out.
type Deleted = Result<Answer, Answer>;

/// Asks each leader once. The result has a key for each partition.
async fn delete_once(
    cluster: &LiveCluster,
    wanted: &BTreeMap<TopicPartition, i64>,
    deadline: Instant,
) -> BTreeMap<TopicPartition, Deleted> {
    let mut missing: BTreeMap<TopicPartition, Seen<Option<()>>> = BTreeMap::new();
    let keys: BTreeSet<TopicPartition> = wanted.keys().cloned().collect();
    let led = match by_leader(cluster, &keys, &mut missing).await {
        Ok(led) => led,
        Err(error) => {
            let unsent = Answer::NotSent {
                reason: error.to_string(),
            };
            let each = keys.into_iter().map(|key| (key, Ok(unsent.clone())));
            return each.collect();
        }
    };
    let mut answers: BTreeMap<TopicPartition, Deleted> = missing
        .into_iter()
        .map(|(key, seen)| (key, Ok(unled(seen))))
        .collect();
    let told: Vec<Vec<(TopicPartition, Deleted)>> = stream::iter(led)
        .map(|(leader, keys)| delete_at(cluster, leader, keys, wanted, deadline))
        .buffered(PARALLEL)
        .collect()
        .await;
    answers.extend(told.into_iter().flatten());
    answers
}

/// The answer for a partition that cannot be sent.
fn unled(seen: Seen<Option<()>>) -> Answer {
    match seen {
        Seen::Absent => Answer::refused(UNKNOWN, UNKNOWN),
        Seen::Unseen(Cause::NotPermitted, words) => {
            Answer::refused("TOPIC_AUTHORIZATION_FAILED", words)
        }
        Seen::Unseen(Cause::NotSupported | Cause::Unavailable, reason) => {
            Answer::NotSent { reason }
        }
        Seen::Value(_) => left_out(),
    }
}

async fn delete_at(
    cluster: &LiveCluster,
    leader: BrokerId,
    keys: Vec<TopicPartition>,
    before: &BTreeMap<TopicPartition, i64>,
    deadline: Instant,
) -> Vec<(TopicPartition, Deleted)> {
    let range = versions::DELETE_RECORDS;
    let api = (ApiKey::DeleteRecords, range);
    let request = delete_request(cluster, &keys, before);
    let sent = send_to(cluster, leader, api, &request, deadline).await;
    let place = place(cluster, At::Broker(leader));
    let told = match sent {
        Sent::Answered(answer) => deleted(answer),
        Sent::Not(error) => {
            let is_final = !error.is_retriable();
            let unsent = errors::unsent(&place, error);
            let unsent = if is_final { Ok(unsent) } else { Err(unsent) };
            return keys.into_iter().map(|key| (key, unsent.clone())).collect();
        }
        Sent::Unanswered(error) => {
            let lost = errors::unanswered(&error);
            return keys
                .into_iter()
                .map(|key| (key, Ok(lost.clone())))
                .collect();
        }
    };
    let answer = |key: &TopicPartition| told.get(key).cloned().unwrap_or_else(left_out);
    keys.into_iter()
        .map(|key| {
            let answer = answer(&key);
            (key, Ok(answer))
        })
        .collect()
}

fn delete_request(
    cluster: &LiveCluster,
    keys: &[TopicPartition],
    before: &BTreeMap<TopicPartition, i64>,
) -> DeleteRecordsRequest {
    let mut topics: BTreeMap<&str, Vec<DeleteRecordsPartition>> = BTreeMap::new();
    for key in keys {
        let partitions = topics.entry(&key.topic).or_default();
        partitions.extend(before.get(key).map(|offset| DeleteRecordsPartition {
            partition_index: key.partition,
            offset: *offset,
        }));
    }
    DeleteRecordsRequest {
        topics: topics
            .into_iter()
            .map(|(name, partitions)| DeleteRecordsTopic {
                name: name.to_owned(),
                partitions,
            })
            .collect(),
        timeout_ms: cluster.timeout_ms(),
    }
}

fn deleted(answer: DeleteRecordsResponse) -> BTreeMap<TopicPartition, Answer> {
    let mut answers = BTreeMap::new();
    for topic in answer.topics {
        for one in topic.partitions {
            let key = TopicPartition::new(topic.name.clone(), one.partition_index);
            answers.insert(key, errors::judged(one.error_code, "", Duration::ZERO));
        }
    }
    answers
}
