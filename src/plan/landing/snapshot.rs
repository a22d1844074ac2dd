//! Restores records of a snapshot: plans the topics that must exist first, and finds what would make
//! brokers refuse or delete the records.

use std::collections::{BTreeMap, BTreeSet};

use super::super::Plan;
use super::super::finding::{Code, Finding};
use super::super::offsets::Listed;
use super::super::resource::Resource;
use super::super::topics::partition_count;
use super::Landing;
use super::facts::{Copying, Destination, SourceTopic};
use crate::model::escape::escape;
use crate::model::measure::TopicPartition;
use crate::model::seen::Seen;
use crate::model::topic::Topic;
use crate::model::words::counted;

/// The plan that prepares `destination` for the records.
#[must_use]
pub fn restore(
    sources: &[SourceTopic],
    snapshot_cluster: &str,
    destination: &Destination,
    now_ms: i64,
    allow: &BTreeSet<Code>,
) -> Plan {
    let mut landing = Landing::new(Copying::Snapshot, destination, now_ms);
    if snapshot_cluster != destination.cluster_id {
        let message = format!(
            "the snapshot is of cluster {}, and this is cluster {}",
            escape(snapshot_cluster),
            escape(&destination.cluster_id)
        );
        let finding = Finding::refused(Code::OtherCluster, Resource::BrokerDefaults, message);
        landing.findings.push(finding);
    }
    for source in sources {
        if let Some(topic) = landing.target(source, source.overrides.clone()) {
            existing(&mut landing, source, topic);
        }
    }
    landing.into_plan(allow)
}

fn existing<'a>(landing: &mut Landing<'a>, source: &SourceTopic, topic: &'a Topic) {
    let (had, has) = (source.partitions, partition_count(topic));
    if had != has {
        let message = format!(
            "it has {} and had {had} in the snapshot: records would be in other partitions than their keys say",
            counted(usize::try_from(has).unwrap_or(0), "partition", "partitions"),
        );
        landing.refuse(source, Code::PartitionsDiffer, message, rename(source));
    }
    emptiness(landing, source);
    if landing.settings(source, topic).is_some() {
        landing.fits(source, &BTreeMap::new());
    }
}

/// Refuses a topic with a partition whose log end offset is not 0, because it was written to.
fn emptiness(landing: &mut Landing<'_>, source: &SourceTopic) {
    let mut used = Listed::default();
    let Destination { begun, ends, .. } = landing.destination;
    for index in source.loads.known.keys() {
        let key = TopicPartition::new(source.target.clone(), *index);
        if begun.contains(&key) {
            continue;
        }
        match ends.get(&key) {
            Some(Seen::Value(Some(0)) | Seen::Absent) | None => {}
            Some(Seen::Value(end)) => {
                let end = end.unwrap_or_default();
                used.add(*index, format!("log end offset {end}"), 0);
            }
            Some(Seen::Unseen(_, words)) => landing.unreadable(source, words),
        }
    }
    if !used.partitions.is_empty() {
        let message = format!("it was written to already: {}", used.each(&source.target));
        landing.refuse(source, Code::TargetNotEmpty, message, rename(source));
    }
}

fn rename(source: &SourceTopic) -> String {
    let name = escape(&source.name);
    format!("restore it under another name with `--rename {name}=NAME`")
}
