//! Reads the restored records back, and compares them with the snapshot's digests.

use std::collections::BTreeMap;
use std::time::Duration;

use super::{RestoreError, RestoredPartitions};
use crate::cluster::Cluster;
use crate::cluster::reader::{Piece, ReaderSettings, Span};
use crate::model::measure::TopicPartition;
use crate::snapshot::{Digest, Reader};

/// The records of a partition that were read back.
#[derive(Default)]
struct Found {
    digest: Digest,
    records: i64,
}

/// Reads all parts back, and returns those that differ from the snapshot, with the difference. Calls `read`
/// with numbers of records.
///
/// # Errors
/// The records cannot be read.
pub async fn verify(
    cluster: &dyn Cluster,
    snapshot: &Reader,
    parts: &RestoredPartitions,
    patience: Duration,
    mut read: impl FnMut(usize),
) -> Result<Vec<(TopicPartition, String)>, RestoreError> {
    let spans = parts
        .values()
        .map(|part| Span::new(part.target.clone(), part.base, Some(part.end())));
    let mut reader = cluster.reader(ReaderSettings {
        spans: spans.collect(),
        uncommitted: true,
        patience,
        accept_gaps: false,
    });
    let mut found: BTreeMap<TopicPartition, Found> = BTreeMap::new();
    while let Some(chunk) = reader.next().await {
        let chunk = chunk?;
        let of_partition = found.entry(chunk.key).or_default();
        for piece in chunk.pieces {
            if let Piece::Records(_, records) = piece {
                for record in &records {
                    of_partition.digest.add(record);
                    of_partition.records += 1;
                }
                read(records.len());
            }
        }
    }
    let mut others = Vec::new();
    for (ordinal, part) in parts {
        let found = found.remove(&part.target).unwrap_or_default();
        let digest = snapshot.summaries().get(*ordinal).map(|one| one.digest);
        if found.records < part.records {
            let gone = part.records - found.records;
            let what = format!("{gone} of its records are not there any more");
            others.push((part.target.clone(), what));
        } else if Some(found.digest.finish()) != digest {
            let what = "its records are other than those of the snapshot".to_owned();
            others.push((part.target.clone(), what));
        }
    }
    Ok(others)
}
