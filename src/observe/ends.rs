//! Log ends for consumers of committed records, and the open transactions before them.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::time::{Instant, sleep};

use crate::cluster::{Cluster, ClusterError, OffsetSpec};
use crate::model::measure::{Offsets, TopicPartition};
use crate::model::seen::Seen;

/// The pause between two reads of open transactions.
const PAUSE: Duration = Duration::from_millis(250);

/// The end of a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct End {
    /// The last stable offset.
    pub stable: i64,
    /// The high watermark at the first read.
    pub high: i64,
}

/// Partitions with an open transaction: its first offset, and the high watermark.
pub type Open = BTreeMap<TopicPartition, (i64, i64)>;

/// The ends of logs, for every partition in `keys`. Waits up to `patience` for open transactions to end,
/// and calls `waits` with them before each pause.
///
/// # Errors
/// The cluster cannot be read.
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

/// The partitions with an open transaction.
#[must_use]
pub fn open(ends: &BTreeMap<TopicPartition, Seen<End>>) -> Open {
    let ends = ends.iter();
    let open = ends.filter_map(|(key, end)| Some((key, end.value()?)));
    open.filter(|(_, end)| end.stable < end.high)
        .map(|(key, end)| (key.clone(), (end.stable, end.high)))
        .collect()
}

fn told(found: &Offsets, key: &TopicPartition) -> Seen<i64> {
    let untold = || Seen::unavailable("the broker does not tell it");
    match found.get(key) {
        Some(seen) => seen
            .as_ref()
            .and_then(|offset| offset.map_or_else(untold, Seen::Value)),
        None => untold(),
    }
}
