//! Plans the deletion of topics and records.

use std::collections::BTreeSet;

use crate::cluster::{Cluster, ClusterError};
use crate::model::scope::TopicScopes;
use crate::observe::holdings;
use crate::plan::deletions::{self, Until};
use crate::plan::{Code, Plan};

/// The plan that deletes topics, at most `allow_delete`; none when no topic matches. Patterns never match
/// Kafka's own topics.
///
/// # Errors
/// The cluster cannot be read.
pub async fn delete(
    cluster: &dyn Cluster,
    topics: &TopicScopes,
    allow_delete: usize,
    allow: &BTreeSet<Code>,
) -> Result<Option<Plan>, ClusterError> {
    let (parts, holdings) = holdings::read(cluster, topics, None).await?;
    let plan = || deletions::delete(&holdings, allow_delete, allow);
    Ok((!parts.is_empty()).then(plan))
}

/// The plan that deletes records of topics; none when no topic matches.
///
/// # Errors
/// The cluster cannot be read.
pub async fn truncate(
    cluster: &dyn Cluster,
    topics: &TopicScopes,
    until: Until,
    allow: &BTreeSet<Code>,
) -> Result<Option<Plan>, ClusterError> {
    let since = match until {
        Until::Time(ms) => Some(ms),
        Until::End | Until::Offset(_) => None,
    };
    let (parts, holdings) = holdings::read(cluster, topics, since).await?;
    let plan = || deletions::truncate(&parts, until, &holdings, allow);
    Ok((!parts.is_empty()).then(plan))
}
