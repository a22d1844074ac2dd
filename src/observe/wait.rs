//! Waits until groups are empty.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::time::{Instant, sleep};

use crate::cluster::{Cluster, ClusterError};
use crate::model::group::DescribedGroup;
use crate::model::seen::Seen;

/// The pause between two reads.
const PAUSE: Duration = Duration::from_millis(500);

/// Waits up to `patience` until none of the groups has members, and calls `watch` at each read with those
/// that do. Groups that are absent or cannot be read are not waited for: the plan reports them.
///
/// # Errors
/// The cluster cannot be read.
pub async fn until_empty(
    cluster: &dyn Cluster,
    ids: &[String],
    patience: Duration,
    mut watch: impl FnMut(&[DescribedGroup]) + Send,
) -> Result<(), ClusterError> {
    let deadline = Instant::now() + patience;
    loop {
        let seen = cluster.describe_groups(ids).await?;
        let active = active(seen);
        watch(&active);
        if active.is_empty() || Instant::now() + PAUSE > deadline {
            return Ok(());
        }
        sleep(PAUSE).await;
    }
}

fn active(seen: BTreeMap<String, Seen<DescribedGroup>>) -> Vec<DescribedGroup> {
    seen.into_values()
        .filter_map(|seen| match seen {
            Seen::Value(group) if !group.is_empty() => Some(group),
            _ => None,
        })
        .collect()
}
