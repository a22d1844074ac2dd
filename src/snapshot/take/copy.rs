//! Copies records from a cluster to a snapshot.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use tokio::time::sleep;

use super::error::TakeError;
use crate::cluster::reader::{Chunk, Piece, ReadCause, ReadError, ReaderSettings, Span};
use crate::cluster::{At, Cluster};
use crate::model::escape::escape;
use crate::model::measure::TopicPartition;
use crate::model::record::GapReason;
use crate::model::seen::Seen;
use crate::snapshot::{Isolation, SnapshotError, SnapshotGapReason, Writer};

/// How records are copied.
#[derive(Debug, Clone, Copy)]
pub struct TakeSettings {
    /// The longest time without progress of a partition.
    pub patience: Duration,
    /// The largest rate of record bytes per second; none means no limit.
    pub bytes_per_second: Option<u64>,
    /// Whether offsets without an answer are a gap in every topic.
    pub accept_gaps: bool,
}

/// The progress of a snapshot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TakeProgress {
    /// The number of offsets in all ranges.
    pub offsets: u64,
    /// The offsets that the part had at the start.
    pub before: u64,
    /// The offsets that are done, including those.
    pub done: u64,
    /// The number of copied records.
    pub records: u64,
    /// The bytes of their keys, values and headers.
    pub bytes: u64,
}

/// Copies the missing records. May be cancelled: the writer always has whole records.
///
/// # Errors
/// Records cannot be read or written, or a topic was created anew.
pub async fn copy(
    cluster: &dyn Cluster,
    writer: &mut Writer,
    settings: TakeSettings,
    mut tell: impl FnMut(TakeProgress),
) -> Result<TakeProgress, TakeError> {
    let (ordinals, spans, mut progress) = left(writer);
    let mut reader = cluster.reader(ReaderSettings {
        spans,
        uncommitted: writer.header().asked.isolation == Isolation::ReadUncommitted,
        patience: settings.patience,
        accept_gaps: settings.accept_gaps,
    });
    let started = Instant::now();
    tell(progress);
    while let Some(chunk) = reader.next().await {
        let chunk = chunk?;
        if let Some(ordinal) = ordinals.get(&chunk.key) {
            add(writer, *ordinal, chunk, &mut progress)?;
        }
        tell(progress);
        if let Some(rate) = settings.bytes_per_second {
            hold_back(started, progress.bytes, rate).await;
        }
    }
    same_topics(cluster, writer).await?;
    Ok(progress)
}

/// The rest of each range. A range that was partly read before is compared with the log, even if nothing is
/// left.
fn left(writer: &Writer) -> (BTreeMap<TopicPartition, usize>, Vec<Span>, TakeProgress) {
    let mut ordinals = BTreeMap::new();
    let mut spans = Vec::new();
    let mut progress = TakeProgress::default();
    let count = |from: i64, to: i64| u64::try_from(to - from).unwrap_or_default();
    for (ordinal, (topic, range)) in writer.header().partitions().enumerate() {
        let key = TopicPartition::new(topic.name.clone(), range.partition);
        let next = writer.next_offset(ordinal);
        progress.offsets += count(range.from, range.to);
        progress.before += count(range.from, next);
        let span = Span {
            epoch: writer.epoch(ordinal),
            ..Span::new(key.clone(), next, Some(range.to))
        };
        if next < range.to || span.epoch.is_some() {
            spans.push(span);
        }
        ordinals.insert(key, ordinal);
    }
    progress.done = progress.before;
    (ordinals, spans, progress)
}

fn add(
    writer: &mut Writer,
    ordinal: usize,
    chunk: Chunk,
    progress: &mut TakeProgress,
) -> Result<(), SnapshotError> {
    let before = writer.next_offset(ordinal);
    writer.in_epoch(ordinal, chunk.epoch);
    for piece in chunk.pieces {
        match piece {
            Piece::Gap(gap) => writer.gap(ordinal, gap.until, reason(gap.reason))?,
            Piece::Records(kind, records) => {
                for record in &records {
                    progress.records += 1;
                    progress.bytes += record.bytes() as u64;
                    writer.append(ordinal, record, kind)?;
                }
            }
        }
    }
    let done = writer.next_offset(ordinal) - before;
    progress.done += u64::try_from(done).unwrap_or_default();
    Ok(())
}

fn reason(reason: GapReason) -> SnapshotGapReason {
    match reason {
        GapReason::Control | GapReason::Aborted => SnapshotGapReason::Transactions,
        GapReason::Compaction => SnapshotGapReason::Compaction,
        GapReason::Retention => SnapshotGapReason::Retention,
        GapReason::Unknown => SnapshotGapReason::Unknown,
    }
}

/// Waits until this number of bytes is due at `rate`.
async fn hold_back(started: Instant, bytes: u64, rate: u64) {
    let due_ms = bytes.saturating_mul(1_000) / rate.max(1);
    let due = Duration::from_millis(due_ms);
    if let Some(early) = due.checked_sub(started.elapsed()) {
        sleep(early).await;
    }
}

/// Checks that the topics are those of the snapshot. A topic that was deleted since was read before.
async fn same_topics(cluster: &dyn Cluster, writer: &Writer) -> Result<(), TakeError> {
    let topics = &writer.header().topics;
    let names: Vec<String> = topics.iter().map(|topic| topic.name.clone()).collect();
    let found = cluster.describe_topics(At::AnyBroker, &names).await?;
    for topic in topics {
        let now = match found.get(&topic.name) {
            Some(Seen::Value(now)) => now,
            Some(Seen::Absent) => continue,
            seen => {
                let reason = seen.and_then(Seen::reason).unwrap_or("nobody knows");
                return Err(TakeError::Unseen {
                    what: format!("the id of topic `{}`", escape(&topic.name)),
                    reason: reason.to_owned(),
                });
            }
        };
        if now.id != topic.id {
            let range = topic.partitions.first();
            let error = ReadError {
                key: TopicPartition::new(topic.name.clone(), range.map_or(0, |one| one.partition)),
                offset: range.map_or(0, |one| one.from),
                cause: ReadCause::Gone(
                    "the topic was deleted and created anew meanwhile".to_owned(),
                ),
            };
            return Err(error.into());
        }
    }
    Ok(())
}
