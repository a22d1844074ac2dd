//! The controller quorum.

use std::sync::Arc;

use super::ask::read;
use super::{LiveCluster, errors};
use crate::cluster::live::wire::{
    ApiKey, BrokerConnection, DescribeQuorumPartitionRequest, DescribeQuorumRequest,
    DescribeQuorumResponse, DescribeQuorumTopicRequest, ErrorCode, KrafkaError, QuorumReplicaState,
    checked, exchange, versions,
};
use crate::cluster::{At, ClusterError};
use crate::model::quorum::{Quorum, QuorumReplica};
use crate::model::seen::Seen;
use crate::model::topic::TopicId;

/// The only partition of the only topic that has a quorum.
const METADATA_TOPIC: &str = "__cluster_metadata";

pub(super) async fn describe_quorum(cluster: &LiveCluster) -> Result<Seen<Quorum>, ClusterError> {
    let answered = read(cluster, At::AnyBroker, "describe the quorum", quorum_at).await;
    match answered {
        Ok(quorum) => Ok(Seen::Value(quorum)),
        Err(error @ (ClusterError::Unreachable { .. } | ClusterError::Login { .. })) => Err(error),
        Err(error) => Ok(errors::missing(&error)),
    }
}

async fn quorum_at(connection: Arc<BrokerConnection>) -> Result<Quorum, KrafkaError> {
    let range = versions::DESCRIBE_QUORUM;
    let request = DescribeQuorumRequest {
        topics: vec![DescribeQuorumTopicRequest {
            topic_name: METADATA_TOPIC.to_owned(),
            partitions: vec![DescribeQuorumPartitionRequest { partition_index: 0 }],
        }],
    };
    let answer: DescribeQuorumResponse =
        exchange(&connection, ApiKey::DescribeQuorum, range, &request).await?;
    checked(answer.error_code, answer.error_message)?;
    let partition = answer
        .topics
        .into_iter()
        .flat_map(|one| one.partitions)
        .next();
    let partition = partition.ok_or_else(|| {
        let words = "the broker's answer left the metadata log out";
        KrafkaError::broker(ErrorCode::UnknownServerError, words)
    })?;
    checked(partition.error_code, partition.error_message)?;
    Ok(Quorum {
        leader: (partition.leader_id >= 0).then_some(partition.leader_id),
        leader_epoch: partition.leader_epoch,
        high_watermark: partition.high_watermark,
        voters: replicas(partition.current_voters),
        observers: replicas(partition.observers),
    })
}

fn replicas(states: Vec<QuorumReplicaState>) -> Vec<QuorumReplica> {
    let known = |number: i64| (number >= 0).then_some(number);
    let mut replicas: Vec<QuorumReplica> = states
        .into_iter()
        .map(|state| QuorumReplica {
            id: state.replica_id,
            directory_id: state.replica_directory_id.map(|id| TopicId(id).to_string()),
            log_end_offset: known(state.log_end_offset),
            last_fetch_ms: known(state.last_fetch_timestamp),
            last_caught_up_ms: known(state.last_caught_up_timestamp),
        })
        .collect();
    replicas.sort_by_key(|replica| replica.id);
    replicas
}
