//! The partitions of `__consumer_offsets`. The leader of a group's partition is its coordinator;
//! without a leader there is none.

use std::collections::BTreeMap;

use super::super::LiveCluster;
use super::super::reads::describe_topics;
use crate::cluster::At;
use crate::model::broker::BrokerId;
use crate::model::seen::Seen;
use crate::model::topic::{Partition, Topic};

/// The topic that stores groups.
const TOPIC: &str = "__consumer_offsets";

/// The topic; none if it does not exist or may not be described.
async fn topic(cluster: &LiveCluster) -> Option<Topic> {
    let names = [TOPIC.to_owned()];
    let mut found = describe_topics(cluster, At::AnyBroker, &names).await.ok()?;
    match found.remove(TOPIC) {
        Some(Seen::Value(topic)) => Some(topic),
        _ => None,
    }
}

/// Partitions without a leader, by the broker that is down: no listing contains their groups.
pub(super) async fn without_leader(cluster: &LiveCluster) -> BTreeMap<BrokerId, String> {
    let mut lost: BTreeMap<BrokerId, Vec<String>> = BTreeMap::new();
    let topic = topic(cluster).await;
    for partition in topic.iter().flat_map(|topic| &topic.partitions) {
        if let (None, Some(first)) = (partition.leader, partition.replicas.first()) {
            let indices = lost.entry(*first).or_default();
            indices.push(partition.index.to_string());
        }
    }
    lost.into_iter()
        .map(|(broker, indices)| (broker, not_led(&indices)))
        .collect()
}

fn not_led(indices: &[String]) -> String {
    match indices {
        [index] => format!("partition {index} of `{TOPIC}` has no leader"),
        _ => format!(
            "partitions {} of `{TOPIC}` have no leader",
            indices.join(", ")
        ),
    }
}

/// Why groups have no coordinator, if metadata tells.
pub(super) async fn of_lost(cluster: &LiveCluster, ids: Vec<String>) -> Vec<(String, String)> {
    if ids.is_empty() {
        return Vec::new();
    }
    let Some(topic) = topic(cluster).await else {
        return Vec::new();
    };
    ids.into_iter()
        .filter_map(|id| {
            let words = lost_home(&topic, &id)?;
            Some((id, words))
        })
        .collect()
}

fn lost_home(topic: &Topic, id: &str) -> Option<String> {
    let partition = home(&topic.partitions, id)?;
    if partition.leader.is_some() {
        return None;
    }
    let brokers: Vec<String> = partition.replicas.iter().map(ToString::to_string).collect();
    let index = partition.index;
    Some(format!(
        "it has no coordinator: partition {index} of `{TOPIC}` has no leader (replicas on broker {})",
        brokers.join(", ")
    ))
}

/// The partition that stores a group (`Utils.abs(groupId.hashCode) % partitions`).
fn home<'a>(partitions: &'a [Partition], id: &str) -> Option<&'a Partition> {
    let count = i32::try_from(partitions.len()).ok()?;
    let hash = id.encode_utf16().fold(0_i32, |hash, unit| {
        hash.wrapping_mul(31).wrapping_add(i32::from(unit))
    });
    let index = (hash & i32::MAX).checked_rem(count)?;
    partitions.iter().find(|one| one.index == index)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_live_where_java_says() {
        let partitions: Vec<Partition> = (0..50)
            .map(|index| Partition {
                index,
                leader: None,
                leader_epoch: None,
                replicas: vec![],
                isr: vec![],
                offline: vec![],
            })
            .collect();
        // Java: "hello".hashCode() is 99162322; "polygenelubricants".hashCode() is -2147483648.
        let index = |id| home(&partitions, id).map(|one| one.index);
        assert_eq!(index("hello"), Some(99_162_322 % 50));
        assert_eq!(index("polygenelubricants"), Some(0));
        assert!(home(&[], "hello").is_none());
    }
}
