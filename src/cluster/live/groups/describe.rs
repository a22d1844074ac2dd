//! Describes groups.
//!
//! Four requests describe the four group types, and each ignores groups of the other three. A
//! coordinator is sent all four about all of its groups, without learning the types first: a
//! listing may leave out groups that a look-up by id shows, a group may change its type in between,
//! and a group is absent only if all four say so. One round of requests settles every group.
//!
//! Trap: `DescribeGroups` before version 6 (Kafka 4.0) calls an unknown group `Dead`.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use futures::future::join4;

use super::coordinators::{Coordinator, Tries, Try};
use crate::cluster::live::wire::{
    ApiKey, BrokerConnection, ConsumerGroupDescribeGroup, ConsumerGroupDescribeMember,
    ConsumerGroupDescribeRequest, ConsumerGroupDescribeResponse, DescribeGroupMember,
    DescribeGroupsRequest, DescribeGroupsResponse, DescribedGroup as ClassicGroup,
    DescribedStreamsGroup, ErrorCode, KrafkaError, ShareGroupDescribeRequest,
    ShareGroupDescribeResponse, ShareGroupDescription, ShareGroupMember,
    StreamsGroupDescribeRequest, StreamsGroupDescribeResponse, StreamsGroupMember, StreamsTopology,
    decode_consumer_protocol_assignment, exchange, versions,
};
use crate::model::broker::BrokerId;
use crate::model::group::{CONSUMER, DescribedGroup, GroupState, GroupType, Member};
use crate::model::seen::{Cause, Seen};

type Described = Result<Tries<DescribedGroup>, KrafkaError>;

pub(super) async fn describe(coordinator: Coordinator, ids: Vec<String>) -> Described {
    let (classic, consumer, share, streams) = join4(
        classic_groups(&coordinator, &ids),
        consumer_groups(&coordinator, &ids),
        share_groups(&coordinator, &ids),
        streams_groups(&coordinator, &ids),
    )
    .await;
    let mut best: BTreeMap<String, Try<DescribedGroup>> = classic?.into_iter().collect();
    for described in [consumer, share, streams] {
        for (id, tried) in known(described)? {
            let better = match best.remove(&id) {
                Some(before) => more_telling(before, tried),
                None => tried,
            };
            best.insert(id, better);
        }
    }
    Ok(best.into_iter().collect())
}

/// Nothing, if the broker does not support the request.
fn known(described: Described) -> Described {
    match described {
        Err(KrafkaError::Broker {
            code: ErrorCode::UnsupportedVersion,
            ..
        }) => Ok(Vec::new()),
        other => other,
    }
}

/// The more informative of two results: the group exists, then not known yet, then not permitted. A
/// group is absent only if all four requests say so.
fn more_telling<T>(one: Try<T>, other: Try<T>) -> Try<T> {
    let rank = |tried: &Try<T>| match tried {
        Try::Settled(Seen::Value(_)) => 0,
        Try::Again(_) => 1,
        Try::Settled(Seen::Unseen(Cause::NotPermitted, _)) => 2,
        Try::Settled(Seen::Unseen(Cause::Unavailable, _)) => 3,
        Try::Settled(Seen::Absent) => 4,
        Try::Settled(Seen::Unseen(Cause::NotSupported, _)) => 5,
    };
    if rank(&other) < rank(&one) {
        other
    } else {
        one
    }
}

async fn classic_groups(coordinator: &Coordinator, ids: &[String]) -> Described {
    let range = versions::DESCRIBE_GROUPS;
    let request = DescribeGroupsRequest {
        groups: ids.to_vec(),
        include_authorized_operations: false,
    };
    let connection = &coordinator.connection;
    let answer: DescribeGroupsResponse =
        exchange(connection, ApiKey::DescribeGroups, range, &request).await?;
    let tries = answer.groups.into_iter().map(|group| {
        let id = group.group_id.clone();
        let is_unknown = group.group_state == "Dead" && group.members.is_empty();
        let tried = match group.error_code {
            ErrorCode::None if is_unknown => Try::Settled(Seen::Absent),
            ErrorCode::None => Try::Settled(Seen::Value(classic_group(coordinator.id, group))),
            code => Try::answered(code, group.error_message.as_deref()),
        };
        (id, tried)
    });
    Ok(tries.collect())
}

fn classic_group(coordinator: BrokerId, group: ClassicGroup) -> DescribedGroup {
    let is_consumer = group.protocol_type == CONSUMER;
    let member = |member| classic_member(member, is_consumer);
    DescribedGroup {
        id: group.group_id,
        group_type: GroupType::Classic,
        protocol_type: group.protocol_type,
        state: GroupState::from(group.group_state.as_str()),
        coordinator,
        assignor: told(group.protocol_data),
        epoch: None,
        members: in_order(group.members.into_iter().map(member)),
    }
}

/// A member. Only groups of consumers have a readable assignment.
fn classic_member(member: DescribeGroupMember, is_consumer: bool) -> Member {
    let assignment = if is_consumer {
        assigned(&member.member_assignment)
    } else {
        BTreeMap::new()
    };
    Member {
        client_id: member.client_id,
        id: member.member_id,
        instance_id: member.group_instance_id,
        host: host(&member.client_host),
        assignment,
    }
}

fn assigned(blob: &Bytes) -> BTreeMap<String, Vec<i32>> {
    let assignment = decode_consumer_protocol_assignment(blob).unwrap_or_default();
    let topics = assignment.assigned_partitions.into_iter();
    by_topic(topics.map(|topic| (topic.topic, topic.partitions)))
}

async fn consumer_groups(coordinator: &Coordinator, ids: &[String]) -> Described {
    let range = versions::CONSUMER_GROUP_DESCRIBE;
    let request = ConsumerGroupDescribeRequest::new(ids.to_vec());
    let connection: &Arc<BrokerConnection> = &coordinator.connection;
    let answer: ConsumerGroupDescribeResponse =
        exchange(connection, ApiKey::ConsumerGroupDescribe, range, &request).await?;
    let tries = answer.groups.into_iter().map(|group| {
        let id = group.group_id.clone();
        let tried = match group.error_code {
            ErrorCode::None => Try::Settled(Seen::Value(consumer_group(coordinator.id, group))),
            code => Try::answered(code, group.error_message.as_deref()),
        };
        (id, tried)
    });
    Ok(tries.collect())
}

fn consumer_group(coordinator: BrokerId, group: ConsumerGroupDescribeGroup) -> DescribedGroup {
    DescribedGroup {
        id: group.group_id,
        group_type: GroupType::Consumer,
        protocol_type: CONSUMER.to_owned(),
        state: GroupState::from(group.group_state.as_str()),
        coordinator,
        assignor: told(group.assignor_name),
        epoch: Some(group.group_epoch),
        members: in_order(group.members.into_iter().map(consumer_member)),
    }
}

fn consumer_member(member: ConsumerGroupDescribeMember) -> Member {
    let topics = member.assignment.topic_partitions.into_iter();
    Member {
        client_id: member.client_id,
        id: member.member_id,
        instance_id: member.instance_id,
        host: host(&member.client_host),
        assignment: by_topic(topics.map(|topic| (topic.topic_name, topic.partitions))),
    }
}

async fn share_groups(coordinator: &Coordinator, ids: &[String]) -> Described {
    let range = versions::SHARE_GROUP_DESCRIBE;
    let request = ShareGroupDescribeRequest {
        group_ids: ids.to_vec(),
        include_authorized_operations: false,
    };
    let connection = &coordinator.connection;
    let answer: ShareGroupDescribeResponse =
        exchange(connection, ApiKey::ShareGroupDescribe, range, &request).await?;
    let tries = answer.groups.into_iter().map(|group| {
        let id = group.group_id.clone();
        let tried = match group.error_code {
            ErrorCode::None => Try::Settled(Seen::Value(share_group(coordinator.id, group))),
            code => Try::answered(code, group.error_message.as_deref()),
        };
        (id, tried)
    });
    Ok(tries.collect())
}

fn share_group(coordinator: BrokerId, group: ShareGroupDescription) -> DescribedGroup {
    DescribedGroup {
        id: group.group_id,
        group_type: GroupType::Share,
        protocol_type: GroupType::Share.to_string(),
        state: GroupState::from(group.group_state.as_str()),
        coordinator,
        assignor: told(group.assignor_name),
        epoch: Some(group.group_epoch),
        members: in_order(group.members.into_iter().map(share_member)),
    }
}

fn share_member(member: ShareGroupMember) -> Member {
    let topics = member.assignment.into_iter();
    Member {
        client_id: member.client_id,
        id: member.member_id,
        instance_id: None,
        host: host(&member.client_host),
        assignment: by_topic(topics.map(|topic| (topic.topic_name, topic.partitions))),
    }
}

async fn streams_groups(coordinator: &Coordinator, ids: &[String]) -> Described {
    let range = versions::STREAMS_GROUP_DESCRIBE;
    let request = StreamsGroupDescribeRequest::new(ids.to_vec());
    let connection = &coordinator.connection;
    let answer: StreamsGroupDescribeResponse =
        exchange(connection, ApiKey::StreamsGroupDescribe, range, &request).await?;
    let tries = answer.groups.into_iter().map(|group| {
        let id = group.group_id.clone();
        let tried = match group.error_code {
            ErrorCode::None => Try::Settled(Seen::Value(streams_group(coordinator.id, group))),
            code => Try::answered(code, group.error_message.as_deref()),
        };
        (id, tried)
    });
    Ok(tries.collect())
}

fn streams_group(coordinator: BrokerId, group: DescribedStreamsGroup) -> DescribedGroup {
    let topology = group.topology;
    let member = |member| streams_member(member, topology.as_ref());
    DescribedGroup {
        id: group.group_id,
        group_type: GroupType::Streams,
        protocol_type: GroupType::Streams.to_string(),
        state: GroupState::from(group.group_state.as_str()),
        coordinator,
        assignor: None,
        epoch: Some(group.group_epoch),
        members: in_order(group.members.into_iter().map(member)),
    }
}

fn streams_member(member: StreamsGroupMember, topology: Option<&StreamsTopology>) -> Member {
    let parts = topology.and_then(|topology| topology.subtopologies.as_deref());
    let mut read: Vec<(String, Vec<i32>)> = Vec::new();
    for task in member.assignment.active_tasks {
        let part = parts.unwrap_or_default().iter();
        let part = part.filter(|part| part.subtopology_id == task.subtopology_id);
        for part in part {
            let own = part.repartition_source_topics.iter().map(|one| &one.name);
            let topics = part.source_topics.iter().chain(own);
            read.extend(topics.map(|topic| (topic.clone(), task.partitions.clone())));
        }
    }
    Member {
        client_id: member.client_id,
        id: member.member_id,
        instance_id: member.instance_id,
        host: host(&member.client_host),
        assignment: by_topic(read.into_iter()),
    }
}

fn told(word: String) -> Option<String> {
    (!word.is_empty()).then_some(word)
}

/// Brokers write an address without a name as `/127.0.0.1`.
fn host(told: &str) -> String {
    told.strip_prefix('/').unwrap_or(told).to_owned()
}

fn in_order(members: impl Iterator<Item = Member>) -> Vec<Member> {
    let mut members: Vec<Member> = members.collect();
    members.sort_unstable();
    members
}

fn by_topic(topics: impl Iterator<Item = (String, Vec<i32>)>) -> BTreeMap<String, Vec<i32>> {
    let mut assignment: BTreeMap<String, Vec<i32>> = BTreeMap::new();
    for (topic, partitions) in topics {
        assignment.entry(topic).or_default().extend(partitions);
    }
    for partitions in assignment.values_mut() {
        partitions.sort_unstable();
        partitions.dedup();
    }
    assignment
}
