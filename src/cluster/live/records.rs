//! Records: the next one at an offset, and the deletion of those before one.

use std::collections::BTreeMap;

use super::LiveCluster;
use crate::cluster::{Answer, ClusterError};
use crate::model::group::RecordTime;
use crate::model::measure::TopicPartition;
use crate::model::seen::Seen;

pub(super) async fn next_records(
    _cluster: &LiveCluster,
    _offsets: &[(TopicPartition, i64)],
) -> Result<BTreeMap<TopicPartition, Seen<Option<RecordTime>>>, ClusterError> {
    Ok(BTreeMap::new())
}

pub(super) async fn delete_records(
    _cluster: &LiveCluster,
    _before: &[(TopicPartition, i64)],
) -> Vec<Answer> {
    Vec::new()
}
