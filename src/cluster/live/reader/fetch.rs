//! One `Fetch`, sent to one leader.

use std::collections::BTreeMap;

use tokio::time::timeout;

use crate::cluster::At;
use crate::cluster::live::LiveCluster;
use crate::cluster::live::ask::connection_to;
use crate::cluster::live::records::{by_partition, fetch_topics};
use crate::cluster::live::requests::FETCH;
use crate::cluster::live::wire::{
    ApiKey, FetchPartitionRequest, FetchPartitionResponse, FetchRequest, FetchResponse,
    KrafkaError, checked, exchange,
};
use crate::model::broker::BrokerId;
use crate::model::measure::TopicPartition;

/// How long a leader may wait for records, in milliseconds.
const WAIT_MS: i32 = 250;

/// A requested partition.
pub(super) struct Asked {
    pub key: TopicPartition,
    pub offset: i64,
    /// The leader epoch in metadata; a broker with another epoch refuses.
    pub leader_epoch: Option<i32>,
    /// The leader epoch of the record before the offset; the leader reports if its log diverges.
    pub epoch: Option<i32>,
}

/// A leader's answer by partition.
pub(super) type Told = BTreeMap<TopicPartition, FetchPartitionResponse>;

/// Parameters that all fetches of a read share.
#[derive(Debug, Clone, Copy)]
pub(super) struct Terms {
    /// `max_bytes` of a response; a larger first batch is returned as a whole.
    pub most: i32,
    /// `partition_max_bytes`; a larger first batch is returned as a whole.
    pub partition: i32,
    /// Whether uncommitted records are read.
    pub uncommitted: bool,
}

/// Fetches partitions in this order; a broker fills its response in the same order.
pub(super) async fn fetch(
    cluster: &LiveCluster,
    leader: BrokerId,
    asked: &[Asked],
    terms: Terms,
    attempt: usize,
) -> Result<Told, KrafkaError> {
    let request = request(asked, terms);
    let asking = async {
        let connection = connection_to(cluster, At::Broker(leader), attempt).await?;
        exchange(&connection, ApiKey::Fetch, FETCH, &request).await
    };
    let answer: FetchResponse = match timeout(cluster.timeout, asking).await {
        Ok(answered) => answered?,
        Err(_) => return Err(KrafkaError::timeout("Fetch")),
    };
    checked(answer.error_code, None)?;
    Ok(by_partition(answer))
}

fn request(asked: &[Asked], terms: Terms) -> FetchRequest {
    let mut request = FetchRequest::default();
    request.max_wait_ms = WAIT_MS;
    request.min_bytes = 1;
    request.max_bytes = terms.most;
    request.isolation_level = i8::from(!terms.uncommitted);
    request.topics = fetch_topics(asked.iter().map(|one| {
        let mut partition = FetchPartitionRequest::default();
        partition.partition = one.key.partition;
        partition.fetch_offset = one.offset;
        partition.current_leader_epoch = one.leader_epoch.unwrap_or(-1);
        partition.last_fetched_epoch = one.epoch.unwrap_or(-1);
        partition.partition_max_bytes = terms.partition;
        (&one.key.topic, partition)
    }));
    request
}
