//! Lists all groups, by asking every live broker in parallel.
//!
//! Groups of a dead broker move to other coordinators, so only live ones are asked. Groups of a
//! partition without a leader are silently in no listing; the partitions of `__consumer_offsets`
//! reveal that.

use std::sync::Arc;

use futures::future::{join, join_all};

use super::super::LiveCluster;
use super::super::ask::read;
use super::super::reads::describe_cluster;
use super::homes;
use crate::cluster::live::wire::{
    ApiKey, BrokerConnection, KrafkaError, ListGroupsRequest, ListGroupsResponse,
    ListedGroup as WireGroup, checked, exchange, versions,
};
use crate::cluster::{At, ClusterError};
use crate::model::broker::BrokerId;
use crate::model::group::{GroupState, GroupType, ListedGroup, ListedGroups};

pub(super) async fn list_groups(cluster: &LiveCluster) -> Result<ListedGroups, ClusterError> {
    let described = describe_cluster(cluster).await?;
    let asking = described
        .live_brokers()
        .map(|broker| list_of(cluster, broker.id));
    let (answers, without_leader) = join(join_all(asking), homes::without_leader(cluster)).await;
    let mut listed = ListedGroups {
        missing: without_leader,
        only_visible: described.may_describe == Some(false),
        ..ListedGroups::default()
    };
    for (broker, answer) in answers {
        match answer {
            Ok(groups) => listed.groups.extend(
                groups
                    .into_iter()
                    .map(|group| (group.group_id.clone(), listed_group(broker, group))),
            ),
            Err(error) => drop(listed.missing.insert(broker, error.to_string())),
        }
    }
    Ok(listed)
}

async fn list_of(
    cluster: &LiveCluster,
    broker: BrokerId,
) -> (BrokerId, Result<Vec<WireGroup>, ClusterError>) {
    let listed = read(cluster, At::Broker(broker), "list groups", list_at).await;
    (broker, listed)
}

async fn list_at(connection: Arc<BrokerConnection>) -> Result<Vec<WireGroup>, KrafkaError> {
    let range = versions::LIST_GROUPS;
    let request = ListGroupsRequest {
        states_filter: Vec::new(),
        types_filter: Vec::new(),
    };
    let answer: ListGroupsResponse =
        exchange(&connection, ApiKey::ListGroups, range, &request).await?;
    checked(answer.error_code, None)?;
    Ok(answer.groups)
}

fn listed_group(coordinator: BrokerId, group: WireGroup) -> ListedGroup {
    ListedGroup {
        id: group.group_id,
        group_type: GroupType::from(group.group_type.as_deref().unwrap_or_default()),
        protocol_type: group.protocol_type,
        state: group.group_state.as_deref().map(GroupState::from),
        coordinator,
    }
}
