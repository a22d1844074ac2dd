//! What groups committed: all groups of a coordinator in one request.
//!
//! Trap: commits of topics that may not be described are silently missing.

use krafka::__private::protocol::ApiKey;
use krafka::KrafkaError;
use krafka::error::ErrorCode;

use super::super::errors;
use super::super::reads::exchange;
use super::coordinators::{Coordinator, Tries, Try};
use super::wire::{FETCH_COMMITS, FetchCommits, FetchedCommits, FetchedGroup, FetchedPartition};
use crate::cluster::groups::Pending;
use crate::model::group::{Commits, Committed};
use crate::model::seen::Seen;

pub(super) async fn fetch(
    coordinator: Coordinator,
    groups: Vec<String>,
    pending: Pending,
) -> Result<Tries<Commits>, KrafkaError> {
    let request = FetchCommits {
        groups,
        require_stable: pending == Pending::Told,
    };
    let answer: FetchedCommits = exchange(
        &coordinator.connection,
        ApiKey::OffsetFetch,
        FETCH_COMMITS,
        &request,
    )
    .await?;
    Ok(answer.0.into_iter().map(fetched).collect())
}

fn fetched(group: FetchedGroup) -> (String, Try<Commits>) {
    let tried = match group.error {
        ErrorCode::None => Try::Settled(Seen::Value(commits(group.topics))),
        // Neither is there a group of that id, nor has it commits.
        ErrorCode::GroupIdNotFound => Try::Settled(Seen::Value(Commits::new())),
        code => Try::answered(code, None),
    };
    (group.group, tried)
}

fn commits(topics: Vec<super::wire::FetchedTopic>) -> Commits {
    let mut commits = Commits::new();
    for topic in topics {
        for partition in topic.partitions {
            let key = (topic.name.clone(), partition.index);
            if let Some(seen) = committed(partition) {
                commits.insert(key, seen);
            }
        }
    }
    commits
}

/// None where nothing is committed.
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
