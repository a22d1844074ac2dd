//! Writes to groups, each sent to the group's coordinator once.
//!
//! Only a broker that says that it is not the coordinator, or not yet (`NOT_COORDINATOR`,
//! `COORDINATOR_LOAD_IN_PROGRESS`), is followed by another try: neither has taken the write. Whatever
//! could not be sent at all until the time-out is refused with `COORDINATOR_NOT_AVAILABLE`. No usable
//! answer to what was sent is unknown.

use std::collections::BTreeMap;

use krafka::__private::protocol::{
    AlterShareGroupOffsetsRequest, AlterShareGroupOffsetsRequestPartition,
    AlterShareGroupOffsetsRequestTopic, AlterShareGroupOffsetsResponse, ApiKey,
    DeleteGroupsRequest, DeleteGroupsResponse, OffsetCommitRequest, OffsetCommitRequestPartition,
    OffsetCommitRequestTopic, OffsetCommitResponse, OffsetDeletePartitionRequest,
    OffsetDeleteRequest, OffsetDeleteResponse, OffsetDeleteTopicRequest, versions,
};
use krafka::KrafkaError;
use krafka::error::ErrorCode;

use super::super::reads::exchange;
use super::super::{LiveCluster, errors};
use super::coordinators::{Coordinator, Tries, Try, ask_each};
use crate::cluster::{Answer, BrokerError, ClusterError};
use crate::model::group::Committed;
use crate::model::measure::TopicPartition;
use crate::model::seen::Seen;

/// Versions of `OffsetCommit`: with leader epochs (KIP-320), and topics by name.
const OFFSET_COMMIT: (i16, i16) = (6, 9);

/// No member of the group's, and of none of its generations.
const NO_GENERATION: i32 = -1;

/// What became of a group's partitions, or of all of them alike.
type Written = Result<BTreeMap<TopicPartition, Answer>, Answer>;

/// One code of an answer with its words, and the partition that it is about.
type Told = (TopicPartition, ErrorCode, Option<String>);

pub(super) async fn commit_offsets(
    cluster: &LiveCluster,
    group: &str,
    commits: &[(TopicPartition, Committed)],
) -> Vec<Answer> {
    let request = &commit_request(group, commits);
    let asking = |coordinator: Coordinator, ids| async move {
        let api = ApiKey::OffsetCommit;
        let answer: OffsetCommitResponse =
            exchange(&coordinator.connection, api, OFFSET_COMMIT, request).await?;
        let told = answer.topics.into_iter().flat_map(|topic| {
            let partitions = topic.partitions.into_iter();
            partitions.map(move |one| {
                let key = (topic.name.clone(), one.partition_index);
                (key, one.error_code, None)
            })
        });
        Ok(judged(ids, told.collect()))
    };
    let keys = commits.iter().map(|(key, _)| key);
    write(cluster, group, "commit offsets", keys, asking).await
}

fn commit_request(group: &str, commits: &[(TopicPartition, Committed)]) -> OffsetCommitRequest {
    let partition = |partition, committed: &Committed| OffsetCommitRequestPartition {
        partition_index: partition,
        committed_offset: committed.offset,
        committed_leader_epoch: committed.leader_epoch.unwrap_or(-1),
        commit_timestamp: -1,
        committed_metadata: Some(committed.metadata.clone()),
    };
    let items = commits
        .iter()
        .map(|((topic, index), committed)| (topic.as_str(), partition(*index, committed)));
    OffsetCommitRequest {
        group_id: group.to_owned(),
        generation_id: NO_GENERATION,
        member_id: String::new(),
        group_instance_id: None,
        retention_time_ms: -1,
        topics: by_topic(items)
            .into_iter()
            .map(|(name, partitions)| OffsetCommitRequestTopic {
                name: name.to_owned(),
                topic_id: None,
                partitions,
            })
            .collect(),
    }
}

pub(super) async fn alter_share_offsets(
    cluster: &LiveCluster,
    group: &str,
    starts: &[(TopicPartition, i64)],
) -> Vec<Answer> {
    let request = &alter_request(group, starts);
    let asking = |coordinator: Coordinator, ids| async move {
        let range = (
            versions::ALTER_SHARE_GROUP_OFFSETS_MIN,
            versions::ALTER_SHARE_GROUP_OFFSETS_MAX,
        );
        let api = ApiKey::AlterShareGroupOffsets;
        let answer: AlterShareGroupOffsetsResponse =
            exchange(&coordinator.connection, api, range, request).await?;
        if !answer.error_code.is_ok() {
            let words = answer.error_message.as_deref();
            return Ok(refused(ids, answer.error_code, words));
        }
        let told = answer.responses.into_iter().flat_map(|topic| {
            let partitions = topic.partitions.into_iter();
            partitions.map(move |one| {
                let key = (topic.topic_name.clone(), one.partition_index);
                (key, one.error_code, one.error_message)
            })
        });
        Ok(judged(ids, told.collect()))
    };
    let keys = starts.iter().map(|(key, _)| key);
    write(cluster, group, "alter share offsets", keys, asking).await
}

fn alter_request(group: &str, starts: &[(TopicPartition, i64)]) -> AlterShareGroupOffsetsRequest {
    let items = starts.iter().map(|((topic, index), start)| {
        let partition = AlterShareGroupOffsetsRequestPartition {
            partition_index: *index,
            start_offset: *start,
        };
        (topic.as_str(), partition)
    });
    AlterShareGroupOffsetsRequest {
        group_id: group.to_owned(),
        topics: by_topic(items)
            .into_iter()
            .map(|(name, partitions)| AlterShareGroupOffsetsRequestTopic {
                topic_name: name.to_owned(),
                partitions,
            })
            .collect(),
    }
}

pub(super) async fn delete_offsets(
    cluster: &LiveCluster,
    group: &str,
    partitions: &[TopicPartition],
) -> Vec<Answer> {
    let request = &delete_request(group, partitions);
    let asking = |coordinator: Coordinator, ids| async move {
        let range = (versions::OFFSET_DELETE_MIN, versions::OFFSET_DELETE_MAX);
        let api = ApiKey::OffsetDelete;
        let answer: OffsetDeleteResponse =
            exchange(&coordinator.connection, api, range, request).await?;
        if !answer.error_code.is_ok() {
            return Ok(refused(ids, answer.error_code, None));
        }
        let told = answer.topics.into_iter().flat_map(|topic| {
            let partitions = topic.partitions.into_iter();
            partitions.map(move |one| {
                let key = (topic.name.clone(), one.partition_index);
                (key, one.error_code, None)
            })
        });
        Ok(judged(ids, told.collect()))
    };
    write(cluster, group, "delete offsets", partitions.iter(), asking).await
}

fn delete_request(group: &str, partitions: &[TopicPartition]) -> OffsetDeleteRequest {
    let items = partitions.iter().map(|(topic, index)| {
        let partition = OffsetDeletePartitionRequest {
            partition_index: *index,
        };
        (topic.as_str(), partition)
    });
    OffsetDeleteRequest {
        group_id: group.to_owned(),
        topics: by_topic(items)
            .into_iter()
            .map(|(name, partitions)| OffsetDeleteTopicRequest {
                name: name.to_owned(),
                partitions,
            })
            .collect(),
    }
}

pub(super) async fn delete_groups(cluster: &LiveCluster, ids: &[String]) -> Vec<Answer> {
    let action = "delete groups";
    match ask_each(cluster, ids, action, delete, lost).await {
        Ok(mut told) => ids
            .iter()
            .map(|id| match told.remove(id) {
                Some(seen) => answer_of(seen),
                None => left_out(),
            })
            .collect(),
        Err(error) => {
            let answer = unsent(&error);
            ids.iter().map(|_| answer.clone()).collect()
        }
    }
}

async fn delete(coordinator: Coordinator, ids: Vec<String>) -> Result<Tries<Answer>, KrafkaError> {
    let range = (versions::DELETE_GROUPS_MIN, versions::DELETE_GROUPS_MAX);
    let request = DeleteGroupsRequest::new(ids);
    let connection = &coordinator.connection;
    let answer: DeleteGroupsResponse =
        exchange(connection, ApiKey::DeleteGroups, range, &request).await?;
    let results = answer.results.into_iter();
    Ok(results
        .map(|one| {
            (
                one.group_id,
                taken(one.error_code, |code| answered(code, None)),
            )
        })
        .collect())
}

/// Writes partitions of one group and puts the answers in the order of `keys`.
async fn write<'a, Ask, Asking>(
    cluster: &LiveCluster,
    group: &str,
    action: &str,
    keys: impl Iterator<Item = &'a TopicPartition>,
    ask: Ask,
) -> Vec<Answer>
where
    Ask: Fn(Coordinator, Vec<String>) -> Asking + Sync,
    Asking: Future<Output = Result<Tries<Written>, KrafkaError>> + Send,
{
    let keys: Vec<&TopicPartition> = keys.collect();
    if keys.is_empty() {
        return Vec::new();
    }
    let ids = [group.to_owned()];
    let asked = ask_each(cluster, &ids, action, ask, lost_partitions);
    let written: Written = match asked.await {
        Ok(mut told) => match told.remove(group) {
            Some(Seen::Value(written)) => written,
            Some(seen) => Err(answer_of(seen.map(|_| left_out()))),
            None => Err(left_out()),
        },
        Err(error) => Err(unsent(&error)),
    };
    let answer = |key: &TopicPartition| match &written {
        Ok(answers) => answers.get(key).cloned().unwrap_or_else(left_out),
        Err(answer) => answer.clone(),
    };
    keys.into_iter().map(answer).collect()
}

/// What a coordinator said of the partitions of its one group.
fn judged(ids: Vec<String>, told: Vec<Told>) -> Tries<Written> {
    let not_taken = told.iter().find(|(_, code, _)| is_elsewhere(*code));
    if let Some((_, code, _)) = not_taken {
        return refused(ids, *code, None);
    }
    let answers: BTreeMap<TopicPartition, Answer> = told
        .into_iter()
        .map(|(key, code, words)| (key, answered(code, words.as_deref())))
        .collect();
    ids.into_iter()
        .map(|id| (id, Try::Settled(Seen::Value(Ok(answers.clone())))))
        .collect()
}

/// What a coordinator said of all partitions alike.
fn refused(ids: Vec<String>, code: ErrorCode, words: Option<&str>) -> Tries<Written> {
    ids.into_iter()
        .map(|id| (id, taken(code, |code| Err(answered(code, words)))))
        .collect()
}

fn taken<T>(code: ErrorCode, told: impl FnOnce(ErrorCode) -> T) -> Try<T> {
    if is_elsewhere(code) {
        Try::Again(KrafkaError::broker(code, ""))
    } else {
        Try::Settled(Seen::Value(told(code)))
    }
}

/// Whether a broker has not taken a write because it is not the coordinator, or not yet.
fn is_elsewhere(code: ErrorCode) -> bool {
    matches!(
        code,
        ErrorCode::NotCoordinator | ErrorCode::CoordinatorLoadInProgress
    )
}

fn answered(code: ErrorCode, words: Option<&str>) -> Answer {
    if code.is_ok() {
        return Answer::Done;
    }
    errors::answer(Err(KrafkaError::broker(code, words.unwrap_or(""))))
}

fn lost(error: KrafkaError) -> Try<Answer> {
    Try::Settled(Seen::Value(errors::answer(Err(error))))
}

fn lost_partitions(error: KrafkaError) -> Try<Written> {
    Try::Settled(Seen::Value(Err(errors::answer(Err(error)))))
}

fn left_out() -> Answer {
    Answer::Unknown {
        reason: "the broker's answer left this item out".to_owned(),
    }
}

/// The answer; or what kept the write from being sent.
fn answer_of(seen: Seen<Answer>) -> Answer {
    let (code, words) = match seen {
        Seen::Value(answer) => return answer,
        Seen::NotPermitted(words) => ("GROUP_AUTHORIZATION_FAILED", words),
        Seen::NotSupported(words) => ("UNSUPPORTED_VERSION", words),
        Seen::Unavailable(words) => ("COORDINATOR_NOT_AVAILABLE", words),
        Seen::Absent => ("GROUP_ID_NOT_FOUND", "GROUP_ID_NOT_FOUND".to_owned()),
    };
    let words = words.strip_prefix(&format!("{code}: ")).unwrap_or(&words);
    refusal(code, words)
}

fn unsent(error: &ClusterError) -> Answer {
    match error {
        ClusterError::NotAuthorised { error, .. } | ClusterError::Broker { error, .. } => {
            Answer::Refused(error.clone())
        }
        other => refusal("COORDINATOR_NOT_AVAILABLE", &other.to_string()),
    }
}

fn refusal(code: &str, message: &str) -> Answer {
    Answer::Refused(BrokerError {
        code: code.to_owned(),
        message: message.to_owned(),
    })
}

fn by_topic<'a, T>(items: impl Iterator<Item = (&'a str, T)>) -> BTreeMap<&'a str, Vec<T>> {
    let mut topics: BTreeMap<&str, Vec<T>> = BTreeMap::new();
    for (topic, item) in items {
        topics.entry(topic).or_default().push(item);
    }
    topics
}
