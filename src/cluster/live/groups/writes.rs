//! Writes to groups, each sent once to the group's coordinator.
//!
//! Only `COORDINATOR_LOAD_IN_PROGRESS` is retried: such a coordinator accepts nothing.
//! `NOT_COORDINATOR` leaves a write unknown, because an unloading coordinator fails with it writes
//! that already wait for replicas.
//!
//! To make such answers rare, a coordinator is first asked to describe its groups: a read shows
//! safely that a broker is not the coordinator, or not yet.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use tokio::time::{Instant, timeout_at};

use super::super::ask::silence;
use super::super::requests::{Api, OFFSET_COMMIT};
use super::super::send::{Sent, Told, left_out, send_to};
use super::super::{LiveCluster, errors};
use super::coordinators::{Coordinator, Tries, Try, ask_each};
use crate::cluster::live::wire::{
    AlterShareGroupOffsetsRequest, AlterShareGroupOffsetsRequestPartition,
    AlterShareGroupOffsetsRequestTopic, AlterShareGroupOffsetsResponse, ApiKey,
    DeleteGroupsRequest, DeleteGroupsResponse, DescribeGroupsRequest, DescribeGroupsResponse,
    ErrorCode, KrafkaError, OffsetCommitRequest, OffsetCommitRequestPartition,
    OffsetCommitRequestTopic, OffsetCommitResponse, OffsetDeletePartitionRequest,
    OffsetDeleteRequest, OffsetDeleteResponse, OffsetDeleteTopicRequest, VersionedDecode,
    VersionedEncode, exchange, versions,
};
use crate::cluster::{Answer, ClusterError};
use crate::model::group::Committed;
use crate::model::measure::TopicPartition;
use crate::model::seen::{Cause, Seen};

/// The generation of a commit by a client that is no member of the group.
const NO_GENERATION: i32 = -1;

/// The answers for a group's partitions, or one answer for all of them.
type Written = Result<BTreeMap<TopicPartition, Answer>, Answer>;

/// The coordinator's results for a group's partitions, or one result for all of them.
type Said = Result<Vec<Told<TopicPartition>>, (ErrorCode, Option<String>)>;

pub(super) async fn commit_offsets(
    cluster: &LiveCluster,
    group: &str,
    commits: &[(TopicPartition, Committed)],
) -> Vec<Answer> {
    let request = commit_request(group, commits);
    let api = (ApiKey::OffsetCommit, OFFSET_COMMIT);
    let said = |answer: OffsetCommitResponse| {
        let told = answer.topics.into_iter().flat_map(|topic| {
            let partitions = topic.partitions.into_iter();
            partitions.map(move |one| {
                let key = TopicPartition::new(topic.name.clone(), one.partition_index);
                (key, one.error_code, None)
            })
        });
        Ok(told.collect())
    };
    let keys = commits.iter().map(|(key, _)| key);
    let write = Write {
        cluster,
        group,
        action: "commit offsets",
        api,
    };
    write.send(keys, &request, said).await
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
        .map(|(key, committed)| (key.topic.as_str(), partition(key.partition, committed)));
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
    let request = alter_request(group, starts);
    let range = versions::ALTER_SHARE_GROUP_OFFSETS;
    let said = |answer: AlterShareGroupOffsetsResponse| {
        if !answer.error_code.is_ok() {
            return Err((answer.error_code, answer.error_message));
        }
        let told = answer.responses.into_iter().flat_map(|topic| {
            let partitions = topic.partitions.into_iter();
            partitions.map(move |one| {
                let key = TopicPartition::new(topic.topic_name.clone(), one.partition_index);
                (key, one.error_code, one.error_message)
            })
        });
        Ok(told.collect())
    };
    let keys = starts.iter().map(|(key, _)| key);
    let write = Write {
        cluster,
        group,
        action: "alter share offsets",
        api: (ApiKey::AlterShareGroupOffsets, range),
    };
    write.send(keys, &request, said).await
}

fn alter_request(group: &str, starts: &[(TopicPartition, i64)]) -> AlterShareGroupOffsetsRequest {
    let items = starts.iter().map(|(key, start)| {
        let partition = AlterShareGroupOffsetsRequestPartition {
            partition_index: key.partition,
            start_offset: *start,
        };
        (key.topic.as_str(), partition)
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
    let request = delete_request(group, partitions);
    let range = versions::OFFSET_DELETE;
    let said = |answer: OffsetDeleteResponse| {
        if !answer.error_code.is_ok() {
            return Err((answer.error_code, None));
        }
        let told = answer.topics.into_iter().flat_map(|topic| {
            let partitions = topic.partitions.into_iter();
            partitions.map(move |one| {
                let key = TopicPartition::new(topic.name.clone(), one.partition_index);
                (key, one.error_code, None)
            })
        });
        Ok(told.collect())
    };
    let write = Write {
        cluster,
        group,
        action: "delete offsets",
        api: (ApiKey::OffsetDelete, range),
    };
    write.send(partitions.iter(), &request, said).await
}

fn delete_request(group: &str, partitions: &[TopicPartition]) -> OffsetDeleteRequest {
    let items = partitions.iter().map(|key| {
        let partition = OffsetDeletePartitionRequest {
            partition_index: key.partition,
        };
        (key.topic.as_str(), partition)
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
    let deadline = Instant::now() + cluster.timeout;
    let delete = |coordinator: Coordinator, ids: Vec<String>| async move {
        let range = versions::DELETE_GROUPS;
        let api = (ApiKey::DeleteGroups, range);
        let (ids, mut tries) = ready(&coordinator, ids, deadline).await;
        if !ids.is_empty() {
            let request = DeleteGroupsRequest::new(ids.clone());
            let sent = send_to(cluster, coordinator.id, api, &request, deadline).await;
            tries.extend(deleted(ids, sent));
        }
        Ok(tries)
    };
    let lost = |error| Try::Settled(Seen::Value(errors::unanswered(&error)));
    match ask_each(cluster, ids, "delete groups", delete, lost).await {
        Ok(told) => {
            let answer = |id| told.get(id).cloned().map_or_else(left_out, answer_of);
            ids.iter().map(answer).collect()
        }
        Err(error) => vec![unsent(&error); ids.len()],
    }
}

/// The results for groups that were to be deleted.
fn deleted(ids: Vec<String>, sent: Sent<DeleteGroupsResponse>) -> Tries<Answer> {
    let results = match sent {
        Sent::Answered(answer) => answer.results,
        Sent::Not(error) => return each(ids, || Try::failed(error.clone())),
        Sent::Unanswered(error) => {
            return each(ids, || {
                Try::Settled(Seen::Value(errors::unanswered(&error)))
            });
        }
    };
    let codes: BTreeMap<String, ErrorCode> = results
        .into_iter()
        .map(|one| (one.group_id, one.error_code))
        .collect();
    let told = |id: String| {
        let tried = match codes.get(&id) {
            Some(ErrorCode::CoordinatorLoadInProgress) => loading(),
            Some(code) => Try::Settled(Seen::Value(judged(*code, None))),
            None => Try::Settled(Seen::Value(left_out())),
        };
        (id, tried)
    };
    ids.into_iter().map(told).collect()
}

/// A write to partitions of one group.
struct Write<'a> {
    cluster: &'a LiveCluster,
    group: &'a str,
    action: &'static str,
    api: Api,
}

impl Write<'_> {
    /// The answer for each partition, in the order of `keys`. `said` splits the response.
    async fn send<'k, Request, Response>(
        &self,
        keys: impl Iterator<Item = &'k TopicPartition>,
        request: &Request,
        said: impl Fn(Response) -> Said + Sync,
    ) -> Vec<Answer>
    where
        Request: VersionedEncode + Sync,
        Response: VersionedDecode + Send,
    {
        let keys: Vec<&TopicPartition> = keys.collect();
        if keys.is_empty() {
            return Vec::new();
        }
        let written = self.written(request, &said).await;
        let answer = |key: &TopicPartition| match &written {
            Ok(answers) => answers.get(key).cloned().unwrap_or_else(left_out),
            Err(answer) => answer.clone(),
        };
        keys.into_iter().map(answer).collect()
    }

    async fn written<Request, Response>(
        &self,
        request: &Request,
        said: &(impl Fn(Response) -> Said + Sync),
    ) -> Written
    where
        Request: VersionedEncode + Sync,
        Response: VersionedDecode + Send,
    {
        let (cluster, api) = (self.cluster, self.api);
        let deadline = Instant::now() + cluster.timeout;
        let ask = |coordinator: Coordinator, ids: Vec<String>| async move {
            let (ids, mut tries) = ready(&coordinator, ids, deadline).await;
            for id in ids {
                let sent = send_to(cluster, coordinator.id, api, request, deadline).await;
                tries.push((id, tried(sent, said)));
            }
            Ok(tries)
        };
        let lost = |error| Try::Settled(Seen::Value(Err(errors::unanswered(&error))));
        let ids = [self.group.to_owned()];
        match ask_each(cluster, &ids, self.action, ask, lost).await {
            Ok(mut told) => match told.remove(self.group) {
                Some(Seen::Value(written)) => written,
                Some(seen) => Err(answer_of(seen.map(|_| left_out()))),
                None => Err(left_out()),
            },
            Err(error) => Err(unsent(&error)),
        }
    }
}

/// The groups whose coordinators are ready, and the errors of the others.
async fn ready<T>(
    coordinator: &Coordinator,
    ids: Vec<String>,
    deadline: Instant,
) -> (Vec<String>, Tries<T>) {
    let range = versions::DESCRIBE_GROUPS;
    let request = DescribeGroupsRequest {
        groups: ids.clone(),
        include_authorized_operations: false,
    };
    let api = ApiKey::DescribeGroups;
    let asking = exchange(&coordinator.connection, api, range, &request);
    let answer: DescribeGroupsResponse = match timeout_at(deadline, asking).await {
        Ok(Ok(answer)) => answer,
        Ok(Err(error)) => return (Vec::new(), each(ids, || Try::failed(error.clone()))),
        Err(_) => {
            let error = silence();
            return (Vec::new(), each(ids, || Try::failed(error.clone())));
        }
    };
    let groups = answer.groups.into_iter();
    let away: Tries<T> = groups
        .filter(|group| is_elsewhere(group.error_code))
        .map(|group| (group.group_id, Try::answered(group.error_code, None)))
        .collect();
    let is_away: BTreeSet<&String> = away.iter().map(|(id, _)| id).collect();
    let here = ids.into_iter().filter(|id| !is_away.contains(id)).collect();
    (here, away)
}

/// Whether the broker is not, or not yet, the coordinator of the group.
fn is_elsewhere(code: ErrorCode) -> bool {
    matches!(
        code,
        ErrorCode::NotCoordinator
            | ErrorCode::CoordinatorNotAvailable
            | ErrorCode::CoordinatorLoadInProgress
    )
}

/// The result of one try.
fn tried<Response>(sent: Sent<Response>, said: &impl Fn(Response) -> Said) -> Try<Written> {
    let settled = |written| Try::Settled(Seen::Value(written));
    let said = match sent {
        Sent::Answered(answer) => said(answer),
        Sent::Not(error) => return Try::failed(error),
        Sent::Unanswered(error) => return settled(Err(errors::unanswered(&error))),
    };
    let told = match said {
        Ok(told) => told,
        Err((ErrorCode::CoordinatorLoadInProgress, _)) => return loading(),
        Err((code, words)) => return settled(Err(judged(code, words.as_deref()))),
    };
    let is_loading = |(_, code, _): &Told<_>| *code == ErrorCode::CoordinatorLoadInProgress;
    let has_loading = told.iter().any(is_loading);
    let answers: BTreeMap<TopicPartition, Answer> = told
        .into_iter()
        .map(|(key, code, words)| (key, judged(code, words.as_deref())))
        .collect();
    let is_refused = |answer: &Answer| matches!(answer, Answer::Refused(_));
    if has_loading && answers.values().all(is_refused) {
        return loading();
    }
    settled(Ok(answers))
}

fn each<T>(ids: Vec<String>, tried: impl Fn() -> Try<T>) -> Tries<T> {
    ids.into_iter().map(|id| (id, tried())).collect()
}

fn loading<T>() -> Try<T> {
    let code = ErrorCode::CoordinatorLoadInProgress;
    Try::Again(KrafkaError::broker(code, ""))
}

fn judged(code: ErrorCode, words: Option<&str>) -> Answer {
    errors::judged(code, words.unwrap_or_default(), Duration::ZERO)
}

/// The answer, or why the write was not sent.
fn answer_of(seen: Seen<Answer>) -> Answer {
    let (code, words) = match seen {
        Seen::Value(answer) => return answer,
        Seen::Unseen(Cause::Unavailable, reason) => return Answer::NotSent { reason },
        Seen::Unseen(Cause::NotPermitted, words) => ("GROUP_AUTHORIZATION_FAILED", words),
        Seen::Unseen(Cause::NotSupported, words) => ("UNSUPPORTED_VERSION", words),
        Seen::Absent => ("GROUP_ID_NOT_FOUND", "GROUP_ID_NOT_FOUND".to_owned()),
    };
    let words = words.strip_prefix(&format!("{code}: ")).unwrap_or(&words);
    Answer::refused(code, words)
}

fn unsent(error: &ClusterError) -> Answer {
    match error {
        ClusterError::NotAuthorised { error, .. } | ClusterError::Broker { error, .. } => {
            Answer::Refused(error.clone())
        }
        other => Answer::NotSent {
            reason: other.to_string(),
        },
    }
}

fn by_topic<'a, T>(items: impl Iterator<Item = (&'a str, T)>) -> BTreeMap<&'a str, Vec<T>> {
    let mut topics: BTreeMap<&str, Vec<T>> = BTreeMap::new();
    for (topic, item) in items {
        topics.entry(topic).or_default().push(item);
    }
    topics
}
