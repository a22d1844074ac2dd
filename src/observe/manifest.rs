//! Reads a cluster for a manifest. The number of rounds does not depend on the number of topics: first the
//! cluster, the topics by name and their settings in parallel; then the brokers' settings if the manifest
//! declares any, and orphans if it owns prefixes. [`widen`] reads what guards need beyond that.

use std::collections::{BTreeMap, BTreeSet};

use futures::try_join;

use super::brokers::{api_versions, broker_configs};
use super::topics::topics_with_configs;
use crate::cluster::trial::try_key;
use crate::cluster::{At, Cluster, ClusterError};
use crate::model::access::{AclBinding, Quotas, by_entity};
use crate::model::config::ConfigResource;
use crate::model::desired::Desired;
use crate::model::observed::{Observed, Wider};
use crate::model::seen::Seen;
use crate::model::told::tells_of_topics;
use crate::model::topic;

/// Reads what `desired` declares, and the names of the other topics.
///
/// # Errors
/// The cluster cannot be reached or refuses the whole read. Missing parts are marked as [`Seen`].
pub async fn observe(cluster: &dyn Cluster, desired: &Desired) -> Result<Observed, ClusterError> {
    let names: Vec<String> = desired.topic_names().map(str::to_owned).collect();
    let (listed, mut observed, (acls, quotas)) = try_join!(
        cluster.list_topics(),
        observe_named(cluster, &names, speaks_of_brokers(desired)),
        access(
            cluster,
            (desired.speaks_of_acls(), desired.speaks_of_quotas())
        ),
    )?;
    (observed.acls, observed.quotas) = (acls, quotas);
    sort_others(listed, desired, &mut observed);
    if !observed.orphans.is_empty() {
        let names: Vec<String> = observed.orphans.into_keys().collect();
        observed.orphans = topics_with_configs(cluster, At::AnyBroker, &names).await?;
    }
    Ok(observed)
}

/// Reads what `wider` names into `observed`, unless it is there.
///
/// # Errors
/// Those of [`observe`].
pub async fn widen(
    cluster: &dyn Cluster,
    observed: &mut Observed,
    wider: Wider,
) -> Result<(), ClusterError> {
    if wider.brokers && observed.brokers.is_empty() {
        (observed.brokers, observed.broker_defaults) =
            broker_configs(cluster, &observed.cluster).await?;
    }
    if wider.topics && observed.others.is_empty() {
        let names: Vec<String> = observed
            .other_topics
            .iter()
            .chain(&observed.internal_topics)
            .chain(observed.orphans.keys())
            .cloned()
            .collect();
        observed.others = topics_with_configs(cluster, At::AnyBroker, &names).await?;
    }
    if wider.versions && observed.api_versions.is_empty() {
        observed.api_versions = api_versions(cluster, &observed.cluster).await;
    }
    Ok(())
}

/// The number of topics whose settings are read, although one that is visible suffices.
const ENOUGH_TOPICS: usize = 5;

/// Finds out whether topics have these keys, and stores it in `observed`: from the settings of any topic,
/// or by validating the creation of a topic with each key and value.
///
/// # Errors
/// Those of [`observe`].
pub async fn ask_for_keys(
    cluster: &dyn Cluster,
    observed: &mut Observed,
    keys: &BTreeMap<&str, &str>,
) -> Result<(), ClusterError> {
    if keys.is_empty() || tells_of_topics(observed) {
        return Ok(());
    }
    let others = observed.other_topics.iter();
    let others = others.chain(&observed.internal_topics).take(ENOUGH_TOPICS);
    let resources: Vec<ConfigResource> = others.cloned().map(ConfigResource::Topic).collect();
    if !resources.is_empty() {
        let read = cluster.describe_configs(At::AnyBroker, &resources).await?;
        observed.some_topic = read.into_values().find_map(|seen| match seen {
            Seen::Value(entries) => Some(entries),
            _ => None,
        });
    }
    let mut absent = observed.topics.iter().filter(|(_, seen)| seen.is_absent());
    if let (None, Some((name, _))) = (&observed.some_topic, absent.next()) {
        let name = name.clone();
        for (key, value) in keys {
            let seen = try_key(cluster, &name, key, value).await;
            observed.tried_keys.insert((*key).to_owned(), seen);
        }
    }
    Ok(())
}

/// Finds out what is known of one key, as a broker's and as a topic's.
///
/// # Errors
/// Those of [`observe`].
pub async fn ask_for_key(cluster: &dyn Cluster, key: &str) -> Result<Observed, ClusterError> {
    let mut observed = Observed {
        other_topics: cluster.list_topics().await?,
        cluster: cluster.describe_cluster().await?,
        ..Observed::default()
    };
    (observed.brokers, _) = broker_configs(cluster, &observed.cluster).await?;
    ask_for_keys(cluster, &mut observed, &BTreeMap::from([(key, "")])).await?;
    Ok(observed)
}

/// Reads these topics, and with `brokers` the brokers' settings.
///
/// # Errors
/// Those of [`observe`].
pub async fn observe_named(
    cluster: &dyn Cluster,
    names: &[String],
    brokers: bool,
) -> Result<Observed, ClusterError> {
    let (described, topics) = try_join!(
        cluster.describe_cluster(),
        topics_with_configs(cluster, At::AnyBroker, names),
    )?;
    let mut observed = Observed {
        topics,
        ..Observed::default()
    };
    if brokers {
        (observed.brokers, observed.broker_defaults) = broker_configs(cluster, &described).await?;
    }
    observed.cluster = described;
    Ok(observed)
}

/// Reads these topics, the brokers' settings, all ACLs and all quotas.
///
/// # Errors
/// Those of [`observe`].
pub async fn observe_all(
    cluster: &dyn Cluster,
    names: &[String],
) -> Result<Observed, ClusterError> {
    let (mut observed, (acls, quotas)) = try_join!(
        observe_named(cluster, names, true),
        access(cluster, (true, true))
    )?;
    (observed.acls, observed.quotas) = (acls, quotas);
    Ok(observed)
}

/// ACLs and quotas, if they were read.
type ReadAccess = (Option<Seen<BTreeSet<AclBinding>>>, Option<Seen<Quotas>>);

/// Reads all ACLs, or all quotas, or both.
async fn access(
    cluster: &dyn Cluster,
    (wants_acls, wants_quotas): (bool, bool),
) -> Result<ReadAccess, ClusterError> {
    let acls = async {
        if !wants_acls {
            return Ok(None);
        }
        let acls = cluster.describe_acls(At::AnyBroker).await?;
        Ok::<_, ClusterError>(Some(acls.map(BTreeSet::from_iter)))
    };
    let quotas = async {
        if !wants_quotas {
            return Ok(None);
        }
        let quotas = cluster.describe_quotas(At::AnyBroker).await?;
        Ok(Some(quotas.map(by_entity)))
    };
    try_join!(acls, quotas)
}

fn speaks_of_brokers(desired: &Desired) -> bool {
    !desired.broker.defaults.is_empty() || !desired.broker.brokers.is_empty()
}

/// Sorts the listed topics without a declaration into internal topics, orphans and others.
fn sort_others(listed: Vec<String>, desired: &Desired, observed: &mut Observed) {
    for name in listed {
        if observed.topics.contains_key(&name) {
            continue;
        }
        if topic::is_internal_name(&name) {
            observed.internal_topics.push(name);
        } else if desired.ownership.covers(&name) {
            let not_yet = "it was not read".to_owned();
            observed.orphans.insert(name, Seen::unavailable(not_yet));
        } else {
            observed.other_topics.push(name);
        }
    }
}
