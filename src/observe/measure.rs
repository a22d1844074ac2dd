//! Measures partitions: log start and end offsets, sizes, and samples of records.

use std::collections::BTreeMap;

use futures::future::try_join_all;
use futures::try_join;

use super::sample::samples;
use crate::cluster::{Cluster, ClusterError, OffsetSpec};
use crate::model::broker::BrokerId;
use crate::model::log_dir::LogDir;
use crate::model::measure::{Measured, Questions, TopicPartition};
use crate::model::seen::Seen;

/// Measures what `questions` ask. Sizes are those of the largest replica on `brokers`.
///
/// # Errors
/// The whole read failed. Missing parts are marked in the answer.
pub async fn measure(
    cluster: &dyn Cluster,
    brokers: &[BrokerId],
    questions: &Questions,
) -> Result<Measured, ClusterError> {
    if questions.is_empty() {
        return Ok(Measured::default());
    }
    let partitions: Vec<TopicPartition> = questions.offsets.iter().cloned().collect();
    let since = questions.since.iter().map(|(ms, partitions)| async move {
        let partitions: Vec<TopicPartition> = partitions.iter().cloned().collect();
        let spec = OffsetSpec::Timestamp(*ms);
        let found = cluster.list_offsets(&partitions, spec).await?;
        Ok::<_, ClusterError>((*ms, found))
    });
    let sizes = async { Ok(cluster.describe_log_dirs(brokers, Some(&partitions)).await) };
    let (starts, ends, since, log_dirs) = try_join!(
        cluster.list_offsets(&partitions, OffsetSpec::Earliest),
        cluster.list_offsets(&partitions, OffsetSpec::Latest),
        try_join_all(since),
        sizes,
    )?;
    let (sizes, no_sizes) = sizes_of(log_dirs);
    let mut measured = Measured {
        starts,
        ends,
        since: since.into_iter().collect(),
        sizes,
        no_sizes,
        samples: BTreeMap::new(),
    };
    measured.samples = samples(cluster, &measured, &questions.samples).await;
    Ok(measured)
}

/// The size of each partition's largest replica, and why some sizes are missing, if they are.
fn sizes_of(
    brokers: BTreeMap<BrokerId, Seen<Vec<LogDir>>>,
) -> (BTreeMap<TopicPartition, i64>, Option<String>) {
    let mut sizes = BTreeMap::new();
    let mut missing = None;
    for (broker, seen) in brokers {
        let dirs = match seen {
            Seen::Value(dirs) => dirs,
            Seen::Absent => continue,
            Seen::Unseen(_, words) => {
                missing = Some(format!("sizes of broker {broker} cannot be read: {words}"));
                continue;
            }
        };
        for (topic, logs) in dirs.into_iter().flat_map(|dir| dir.topics) {
            for log in logs.into_iter().filter(|log| !log.is_future) {
                let size: &mut i64 = sizes
                    .entry(TopicPartition::new(topic.clone(), log.partition))
                    .or_default();
                *size = log.size.max(*size);
            }
        }
    }
    (sizes, missing)
}
