//! Measures the records to copy of topics, as far as the plan needs it.
//!
//! The first and the last record of a partition give the timestamps. Bytes are a share of the largest
//! replica's size, by the offsets that are left to copy.

use std::collections::BTreeMap;

use super::error::MirrorError;
use crate::cluster::Cluster;
use crate::model::broker::BrokerId;
use crate::model::measure::{Load, Questions, TopicPartition};
use crate::model::seen::Seen;
use crate::observe::measure::measure;
use crate::plan::landing::{Loads, Needs};
use crate::plan::retention::share;

/// The maximum number of partitions in one request, so that the answer stays small.
const AT_ONCE: usize = 400;

/// The records to copy, by topic. `next` is the first offset of each partition, or none for its log start.
/// `brokers` are the live brokers.
///
/// # Errors
/// The source cannot be read. What is unknown about a topic is in the answer.
pub async fn loads(
    source: &dyn Cluster,
    brokers: &[BrokerId],
    needs: &BTreeMap<String, Needs>,
    next: &BTreeMap<TopicPartition, Option<i64>>,
) -> Result<BTreeMap<String, Loads>, MirrorError> {
    let questions = Questions {
        offsets: next.keys().cloned().collect(),
        ..Questions::default()
    };
    let are_sized = needs.values().any(|needs| needs.sizes);
    let brokers = if are_sized { brokers } else { &[] };
    let measured = measure(source, brokers, &questions).await?;
    let mut loads: BTreeMap<String, Loads> = BTreeMap::new();
    let (mut firsts, mut lasts) = (Vec::new(), Vec::new());
    for (key, next) in next {
        let of_topic = loads.entry(key.topic.clone()).or_default();
        let needs = needs.get(&key.topic).copied().unwrap_or_default();
        let (start, end) = match measured.log(key) {
            Seen::Value(log) => log,
            seen => {
                let words = seen.reason().unwrap_or("it went away").to_owned();
                of_topic.no_times.get_or_insert(words.clone());
                of_topic.no_sizes.get_or_insert(words);
                continue;
            }
        };
        let from = next.unwrap_or(start).max(start);
        if from >= end {
            continue;
        }
        firsts.extend(needs.oldest.then(|| (key.clone(), from)));
        lasts.extend(needs.newest.then(|| (key.clone(), end - 1)));
        let size = measured.sizes.get(key);
        if needs.sizes && size.is_none() {
            let words = measured.no_sizes.as_deref();
            let words = words.unwrap_or("its size is not told").to_owned();
            of_topic.no_sizes.get_or_insert(words);
        }
        let load = Load {
            records: end - from,
            bytes: size.map_or(0, |size| share(*size, end - from, end - start)),
            ..Load::default()
        };
        of_topic.known.insert(key.partition, load);
    }
    for asked in firsts.chunks(AT_ONCE).chain(lasts.chunks(AT_ONCE)) {
        add_times(source, asked, &mut loads).await?;
    }
    Ok(loads)
}

/// Adds the timestamps of the records at or after these offsets.
async fn add_times(
    source: &dyn Cluster,
    places: &[(TopicPartition, i64)],
    loads: &mut BTreeMap<String, Loads>,
) -> Result<(), MirrorError> {
    for (key, seen) in source.next_records(places).await? {
        let index = key.partition;
        let of_topic = loads.entry(key.topic).or_default();
        match seen {
            Seen::Value(record) => {
                let load = of_topic.known.entry(index).or_default();
                if let Some(at) = record.and_then(|record| record.timestamp) {
                    let (oldest, newest) = load.times.unwrap_or((at, at));
                    load.times = Some((oldest.min(at), newest.max(at)));
                }
            }
            seen => {
                let words = seen.reason().unwrap_or("it went away").to_owned();
                of_topic.no_times.get_or_insert(words);
            }
        }
    }
    Ok(())
}
