//! Reads a cluster's health.

use std::collections::BTreeMap;

use futures::try_join;

use super::brokers::log_dirs;
use super::topics::all_topics;
use crate::cluster::{Cluster, ClusterError};
use crate::model::health::Health;
use crate::model::seen::{Cause, Seen};
use crate::model::topic::Topic;

/// The health of a cluster. `declared` are the brokers of a manifest; `named` are its topics, which
/// listings may omit.
///
/// # Errors
/// The cluster or its topics cannot be read. Other missing parts are listed in [`Health::unseen`].
pub async fn health(
    cluster: &dyn Cluster,
    declared: impl IntoIterator<Item = i32>,
    named: Option<&BTreeMap<String, Seen<Topic>>>,
) -> Result<Health, ClusterError> {
    // Only the active controller reports the quorum; without one the rest is still shown.
    let quorum = async {
        let told = cluster.describe_quorum().await;
        Ok(told.unwrap_or_else(|error| Seen::unavailable(error.to_string())))
    };
    let (described, mut topics, quorum) =
        try_join!(cluster.describe_cluster(), all_topics(cluster), quorum)?;
    let listed = topics.len();
    let unseen = named.into_iter().flatten();
    for (name, seen) in unseen.filter(|(_, seen)| seen.reason().is_some()) {
        let known = topics.entry(name.clone());
        known.or_insert_with(|| seen.clone());
    }
    let mut health = Health::of(&described, &topics, declared);
    health.topics = listed;
    let asked: Vec<i32> = health
        .live_brokers
        .iter()
        .chain(&health.missing_brokers)
        .copied()
        .collect();
    let dirs = log_dirs(cluster, &described, &asked, Some(&[])).await;
    health.add_log_dirs(&dirs);
    health.controller = match quorum {
        Seen::Value(quorum) => quorum.leader,
        Seen::Unseen(Cause::NotSupported, _) => described.controller,
        Seen::Absent => None,
        Seen::Unseen(Cause::NotPermitted | Cause::Unavailable, words) => {
            health.unseen.push(format!("controller: {words}"));
            None
        }
    };
    Ok(health)
}
