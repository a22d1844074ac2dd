//! Where logs end for whoever reads what is committed, and what an open transaction keeps from them.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::time::{Instant, sleep};

use crate::cluster::{Cluster, ClusterError, OffsetSpec};
use crate::model::measure::TopicPartition;
use crate::model::seen::Seen;

/// The pause between two looks at transactions that are open.
const PAUSE: Duration = Duration::from_millis(250);

/// Where a log ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct End {
    /// The last stable offset.
    pub stable: i64,
    /// The high watermark, when it was asked for first.
    pub high: i64,
}

/// Partitions in which a transaction is open: the offset where it begins, and the one that they ended at.
pub type Open = BTreeMap<TopicPartition, (i64, i64)>;

/// Where logs end. Transactions that are open are given so much time to end; `waits` hears of them
/// before each pause. Every partition is a key of the answer.
///
/// # Errors
/// The cluster cannot be asked.
pub async fn ends(
    cluster: &dyn Cluster,
    keys: &[TopicPartition],
    patience: Duration,
    mut waits: impl FnMut(&Open),
) -> Result<BTreeMap<TopicPartition, Seen<End>>, ClusterError> {
    let deadline = Instant::now() + patience;
    let highs = cluster.list_offsets(keys, OffsetSpec::Latest).await?;
    let mut found = BTreeMap::new();
    let mut asked = keys.to_vec();
    loop {
        let stables = cluster.list_offsets(&asked, OffsetSpec::LastStable).await?;
        for key in &asked {
            let end = told(&highs, key).and_then(|high| {
                let high = |stable: i64| high.max(stable);
                told(&stables, key).map(|stable| End {
                    stable,
                    high: high(stable),
                })
            });
            found.insert(key.clone(), end);
        }
        let open = open(&found);
        if open.is_empty() || Instant::now() + PAUSE >= deadline {
            return Ok(found);
        }
        waits(&open);
        sleep(PAUSE).await;
        asked = open.into_keys().collect();
    }
}

/// Where a transaction is open.
#[must_use]
pub fn open(ends: &BTreeMap<TopicPartition, Seen<End>>) -> Open {
    let ends = ends.iter();
    let open = ends.filter_map(|(key, end)| Some((key, end.value()?)));
    open.filter(|(_, end)| end.stable < end.high)
        .map(|(key, end)| (key.clone(), (end.stable, end.high)))
        .collect()
}

fn told(found: &BTreeMap<TopicPartition, Seen<Option<i64>>>, key: &TopicPartition) -> Seen<i64> {
    let untold = || Seen::unavailable("the broker does not tell it");
    match found.get(key) {
        Some(seen) => seen
            .as_ref()
            .and_then(|offset| offset.map_or_else(untold, Seen::Value)),
        None => untold(),
    }
}
