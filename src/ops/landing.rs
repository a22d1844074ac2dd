//! Reads a target for the records of a restore or a mirror.

use futures::try_join;

use crate::cluster::{At, Cluster, ClusterError};
use crate::model::broker::DescribedCluster;
use crate::model::observed::line_of;
use crate::observe::brokers::{api_versions, defaults};
use crate::observe::topics::topics_with_configs;
use crate::plan::landing::{Destination, SourceTopic};
use crate::plan::unsupported::depend_on_version;

/// The topics in `targets`, and the other facts that the plan for `sources` needs, except those about
/// partitions.
pub(super) async fn destination(
    cluster: &dyn Cluster,
    described: &DescribedCluster,
    targets: &[String],
    sources: &[SourceTopic],
) -> Result<Destination, ClusterError> {
    let (topics, defaults, names) = try_join!(
        topics_with_configs(cluster, At::AnyBroker, targets),
        defaults(cluster, described),
        cluster.list_topics(),
    )?;
    let line = if depend_on_version(sources.iter().flat_map(|source| &source.overrides)) {
        line_of(&api_versions(cluster, described).await)
    } else {
        None
    };
    Ok(Destination {
        cluster_id: described.id.clone(),
        brokers: described.live_brokers().count(),
        line,
        defaults,
        topics,
        names: names.into_iter().collect(),
        ..Destination::default()
    })
}
