//! Reads topics whose records are to be deleted, and their readers. The number of rounds depends neither on
//! the topics nor on the groups.

use std::collections::{BTreeMap, BTreeSet};

use futures::try_join;

use super::commits::commits;
use super::measure::measure;
use super::topics::topics_with_configs;
use crate::cluster::groups::Pending;
use crate::cluster::{At, Cluster, ClusterError};
use crate::model::broker::BrokerId;
use crate::model::holdings::Holdings;
use crate::model::measure::Questions;
use crate::model::measure::TopicPartition;
use crate::model::scope::{Parts, TopicScopes};
use crate::model::seen::Seen;
use crate::model::topic::{Topic, is_internal_name};

/// Reads the matching topics, their content, and all groups. Patterns never match Kafka's own topics. With
/// `since`, in milliseconds since 1970, also reads the first offsets at or after that time.
///
/// # Errors
/// The cluster cannot be read at all. Missing parts are marked in the answer.
pub async fn read(
    cluster: &dyn Cluster,
    wanted: &TopicScopes,
    since: Option<i64>,
) -> Result<(Parts, Holdings), ClusterError> {
    let (described, listed, known) = try_join!(
        cluster.describe_cluster(),
        cluster.list_groups(),
        cluster.list_topics(),
    )?;
    let ours = known.iter().filter(|name| !is_internal_name(name));
    let parts = wanted.parts(ours);
    let names: Vec<String> = parts.keys().cloned().collect();
    // Commits are read before log ends, or lag could be negative.
    let ids: Vec<String> = listed.groups.keys().cloned().collect();
    let all = listed.groups.values();
    let all = all.map(|group| (&group.id, Some(&group.group_type)));
    let (topics, groups, commits) = try_join!(
        topics_with_configs(cluster, At::AnyBroker, &names),
        cluster.describe_groups(&ids),
        commits(cluster, all, Pending::Ignored),
    )?;
    let brokers: Vec<BrokerId> = described.live_brokers().map(|broker| broker.id).collect();
    let measured = measure(cluster, &brokers, &questions(&parts, &topics, since)).await?;
    let holdings = Holdings {
        cluster_id: described.id,
        topics,
        known_topics: known,
        measured,
        groups,
        commits,
        only_visible: listed.only_visible,
        missing: listed.missing,
    };
    Ok((parts, holdings))
}

fn questions(
    parts: &Parts,
    topics: &BTreeMap<String, Seen<Topic>>,
    since: Option<i64>,
) -> Questions {
    let there = topics.iter().filter_map(|(name, seen)| {
        let topic = seen.value()?;
        Some((name, topic, parts.get(name)?))
    });
    let offsets: BTreeSet<_> = there
        .flat_map(|(name, topic, only)| {
            let numbers = topic.partitions.iter().map(|partition| partition.index);
            numbers
                .filter(|number| only.as_ref().is_none_or(|only| only.contains(number)))
                .map(|number| TopicPartition::new(name.clone(), number))
        })
        .collect();
    let since = since.filter(|_| !offsets.is_empty());
    Questions {
        since: since.map(|ms| (ms, offsets.clone())).into_iter().collect(),
        sizes: offsets.iter().map(|key| key.topic.clone()).collect(),
        offsets,
        samples: BTreeSet::new(),
    }
}
