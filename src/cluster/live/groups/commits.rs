//! Committed offsets, for all groups of a coordinator in one request.
//!
//! Trap: commits for topics that may not be described are silently left out.

use futures::stream::{self, StreamExt, TryStreamExt};

use super::super::errors;
use super::coordinators::{Coordinator, Tries, Try};
use crate::cluster::groups::Pending;
use crate::cluster::live::wire::groups::{
    AT_ONCE, FETCH_COMMITS, FETCH_COMMITS_OF_ONE, FetchCommits, FetchCommitsOfOne, FetchedGroup,
    FetchedPartition, FetchedTopic, OfGroups,
};
use crate::cluster::live::wire::{
    ApiKey, BrokerConnection, ErrorCode, KrafkaError, OffsetFetchResponse,
    OffsetFetchResponsePartition, exchange, has,
};
use crate::model::group::{Commits, Committed};
use crate::model::measure::TopicPartition;
use crate::model::seen::Seen;

pub(super) async fn fetch(
    coordinator: Coordinator,
    groups: Vec<String>,
    pending: Pending,
) -> Result<Tries<Commits>, KrafkaError> {
    let connection = &coordinator.connection;
    let require_stable = pending == Pending::Told;
    if !has(connection, ApiKey::OffsetFetch, FETCH_COMMITS) {
        let fetching = stream::iter(groups).map(|id| fetch_one(connection, id, require_stable));
        return fetching.buffered(AT_ONCE).try_collect().await;
    }
    let request = FetchCommits {
        groups,
        require_stable,
    };
    let api = ApiKey::OffsetFetch;
    let answer: OfGroups<FetchedGroup> = exchange(connection, api, FETCH_COMMITS, &request).await?;
    Ok(answer.0.into_iter().map(fetched).collect())
}

/// For brokers that answer about one group at a time (before Kafka 3.0, and some services). Before
/// version 7 they do not report open transactional commits.
async fn fetch_one(
    connection: &BrokerConnection,
    id: String,
    require_stable: bool,
) -> Result<(String, Try<Commits>), KrafkaError> {
    let request = FetchCommitsOfOne {
        group: id.clone(),
        require_stable,
    };
    let api = ApiKey::OffsetFetch;
    let answer: OffsetFetchResponse =
        exchange(connection, api, FETCH_COMMITS_OF_ONE, &request).await?;
    let topics = answer.topics.into_iter().map(|topic| FetchedTopic {
        name: topic.name,
        partitions: topic.partitions.into_iter().map(partition).collect(),
    });
    let told = FetchedGroup {
        group: id,
        topics: topics.collect(),
        error: answer.error_code,
    };
    Ok(fetched(told))
}

fn partition(told: OffsetFetchResponsePartition) -> FetchedPartition {
    FetchedPartition {
        index: told.partition_index,
        offset: told.committed_offset,
        leader_epoch: told.committed_leader_epoch,
        metadata: told.metadata.unwrap_or_default(),
        error: told.error_code,
    }
}

fn fetched(group: FetchedGroup) -> (String, Try<Commits>) {
    let tried = match group.error {
        ErrorCode::None => Try::Settled(Seen::Value(commits(group.topics))),
        // The group does not exist, so it has no commits.
        ErrorCode::GroupIdNotFound => Try::Settled(Seen::Value(Commits::new())),
        code => Try::answered(code, None),
    };
    (group.group, tried)
}

fn commits(topics: Vec<FetchedTopic>) -> Commits {
    let mut commits = Commits::new();
    for topic in topics {
        for partition in topic.partitions {
            let key = TopicPartition::new(topic.name.clone(), partition.index);
            if let Some(seen) = committed(partition) {
                commits.insert(key, seen);
            }
        }
    }
    commits
}

/// The commit; none if there is none.
fn committed(partition: FetchedPartition) -> Option<Seen<Committed>> {
    if !partition.error.is_ok() {
        return Some(errors::seen(partition.error, ""));
    }
    (partition.offset >= 0).then(|| {
        Seen::Value(Committed {
            offset: partition.offset,
            leader_epoch: (partition.leader_epoch >= 0).then_some(partition.leader_epoch),
            metadata: partition.metadata,
        })
    })
}
