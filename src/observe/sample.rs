//! Samples the first and last records of partitions, to see whether they have keys.
//!
//! Two small fetches per partition, with a limit for all: partitions that were not reached count as not
//! sampled.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use futures::join;
use tokio::time::timeout;

use crate::cluster::Cluster;
use crate::cluster::reader::{Chunk, Piece, ReadCause, ReadError, ReaderSettings, Span};
use crate::model::measure::{Measured, Sample, TopicPartition};
use crate::model::seen::Seen;

/// The number of records at each end.
const RECORDS: i64 = 100;

/// How long the reads may make no progress.
const PATIENCE: Duration = Duration::from_secs(10);

/// The time limit for all partitions.
const LONGEST: Duration = Duration::from_mins(1);

/// The number of unreadable topics after which the rest is left out.
const FAILURES: usize = 20;

/// Offsets to read: from the first to the one after the last.
type Spans = BTreeMap<TopicPartition, (i64, i64)>;

type Samples = BTreeMap<TopicPartition, Seen<Sample>>;

/// Samples `partitions`, whose logs were `measured`. Partitions without records are not in the answer.
pub(super) async fn samples(
    cluster: &dyn Cluster,
    measured: &Measured,
    partitions: &BTreeSet<TopicPartition>,
) -> Samples {
    let (mut heads, mut tails) = (Spans::new(), Spans::new());
    for key in partitions {
        let Seen::Value((start, end)) = measured.log(key) else {
            continue;
        };
        let head = start.saturating_add(RECORDS).min(end);
        let tail = end.saturating_sub(RECORDS).max(head);
        heads.extend((start < head).then(|| (key.clone(), (start, head))));
        tails.extend((tail < end).then(|| (key.clone(), (tail, end))));
    }
    let (mut found, tails) = join!(look(cluster, heads), look(cluster, tails));
    for (key, tail) in tails {
        let head = found.remove(&key).unwrap_or(Seen::Value(Sample::default()));
        let both = head.and_then(|head| {
            tail.map(|tail| Sample {
                records: head.records + tail.records,
                keyless: head.keyless + tail.keyless,
            })
        });
        found.insert(key, both);
    }
    found
}

async fn look(cluster: &dyn Cluster, spans: Spans) -> Samples {
    let late = || Seen::unavailable("it was not looked at in time");
    let keys = spans.keys().cloned();
    let mut found: Samples = keys.map(|key| (key, late())).collect();
    if found.is_empty() {
        return found;
    }
    // What came in time is kept.
    let _ = timeout(LONGEST, look_into(cluster, spans, &mut found)).await;
    found
}

async fn look_into(cluster: &dyn Cluster, mut spans: Spans, found: &mut Samples) {
    for _ in 0..FAILURES {
        let Err(error) = read(cluster, &mut spans, found).await else {
            return;
        };
        let topic = &error.key.topic;
        let words = error.cause.to_string();
        let failed = match &error.cause {
            ReadCause::NotPermitted(_) => Seen::not_permitted(words),
            _ => Seen::unavailable(words),
        };
        for key in spans.keys().filter(|key| key.topic == *topic) {
            found.insert(key.clone(), failed.clone());
        }
        spans.retain(|key, _| key.topic != *topic);
    }
}

/// Reads all spans, or until an error; then `spans` are those that are left.
async fn read(
    cluster: &dyn Cluster,
    spans: &mut Spans,
    found: &mut Samples,
) -> Result<(), ReadError> {
    let mut counts: BTreeMap<TopicPartition, Sample> = BTreeMap::new();
    let mut reader = cluster.reader(ReaderSettings {
        spans: spans.iter().map(span).collect(),
        uncommitted: true,
        patience: PATIENCE,
        accept_gaps: false,
    });
    while let Some(chunk) = reader.next().await {
        let chunk = match chunk {
            Ok(chunk) => chunk,
            Err(error) => {
                spans.retain(|key, _| !matches!(found.get(key), Some(Seen::Value(_))));
                return Err(error);
            }
        };
        let sample = counts.entry(chunk.key.clone()).or_default();
        count(&chunk, sample);
        let span = spans.get(&chunk.key);
        if span.is_some_and(|(_, until)| chunk.next >= *until) {
            found.insert(chunk.key, Seen::Value(*sample));
        }
    }
    Ok(())
}

fn span((key, (from, until)): (&TopicPartition, &(i64, i64))) -> Span {
    Span::new(key.clone(), *from, Some(*until))
}

fn count(chunk: &Chunk, sample: &mut Sample) {
    for piece in &chunk.pieces {
        let Piece::Records(_, records) = piece else {
            continue;
        };
        let keyless = records.iter().filter(|record| record.key.is_none()).count();
        sample.records += i64::try_from(records.len()).unwrap_or(i64::MAX);
        sample.keyless += i64::try_from(keyless).unwrap_or(i64::MAX);
    }
}
