//! Share-partition start offsets of share groups (KIP-932; Kafka 4.1 or later).

use super::super::errors;
use super::coordinators::{Coordinator, Tries, Try};
use crate::cluster::live::wire::{
    ApiKey, DescribeShareGroupOffsetsRequest, DescribeShareGroupOffsetsRequestGroup,
    DescribeShareGroupOffsetsResponse, DescribeShareGroupOffsetsResponseGroup,
    DescribeShareGroupOffsetsResponsePartition, ErrorCode, KrafkaError, exchange, versions,
};
use crate::model::group::{Commits, Committed};
use crate::model::measure::TopicPartition;
use crate::model::seen::Seen;

pub(super) async fn fetch(
    coordinator: Coordinator,
    groups: Vec<String>,
) -> Result<Tries<Commits>, KrafkaError> {
    let all_topics = |group_id| DescribeShareGroupOffsetsRequestGroup {
        group_id,
        topics: None,
    };
    let request = DescribeShareGroupOffsetsRequest {
        groups: groups.into_iter().map(all_topics).collect(),
    };
    let range = versions::DESCRIBE_SHARE_GROUP_OFFSETS;
    let api = ApiKey::DescribeShareGroupOffsets;
    let answer: DescribeShareGroupOffsetsResponse =
        exchange(&coordinator.connection, api, range, &request).await?;
    Ok(answer.groups.into_iter().map(fetched).collect())
}

fn fetched(group: DescribeShareGroupOffsetsResponseGroup) -> (String, Try<Commits>) {
    let tried = match group.error_code {
        ErrorCode::None => {
            let mut starts = Commits::new();
            for topic in group.topics {
                for partition in topic.partitions {
                    let key =
                        TopicPartition::new(topic.topic_name.clone(), partition.partition_index);
                    if let Some(seen) = start(&partition) {
                        starts.insert(key, seen);
                    }
                }
            }
            Try::Settled(Seen::Value(starts))
        }
        ErrorCode::GroupIdNotFound => Try::Settled(Seen::Value(Commits::new())),
        code => Try::answered(code, group.error_message.as_deref()),
    };
    (group.group_id, tried)
}

/// The start offset; none before anything was read.
fn start(partition: &DescribeShareGroupOffsetsResponsePartition) -> Option<Seen<Committed>> {
    if !partition.error_code.is_ok() {
        let words = partition.error_message.as_deref().unwrap_or("");
        return Some(errors::seen(partition.error_code, words));
    }
    (partition.start_offset >= 0).then(|| {
        Seen::Value(Committed {
            leader_epoch: (partition.leader_epoch >= 0).then_some(partition.leader_epoch),
            ..Committed::at(partition.start_offset)
        })
    })
}
