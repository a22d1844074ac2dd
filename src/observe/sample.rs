//! A look at some records of partitions, the first and the last ones: whether they have keys.
//!
//! It costs two small fetches a partition, and is bounded in all: what was not reached counts as not
//! looked at.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use futures::join;
use tokio::time::timeout;

use crate::cluster::Cluster;
use crate::cluster::reader::{Chunk, Piece, ReadCause, ReadError, ReaderSettings, Span};
use crate::model::measure::{Measured, Sample, TopicPartition};
use crate::model::seen::Seen;

/// How many records are looked at, at each end.
const RECORDS: i64 = 100;

/// How long a partition may get nowhere.
const PATIENCE: Duration = Duration::from_secs(10);

/// How long all of it may take.
const LONGEST: Duration = Duration::from_mins(1);

/// So many topics may turn out not to be readable before the rest is left.
const FAILURES: usize = 20;

/// Offsets to look at, from the first to the one after the last.
type Spans = BTreeMap<TopicPartition, (i64, i64)>;

type Samples = BTreeMap<TopicPartition, Seen<Sample>>;

/// Looks at `partitions`, whose logs were `measured`. Those without records are in no answer.
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
    // What came in time stays.
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

/// Reads until all is read, or something is in the way; `spans` are what is left then.
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
