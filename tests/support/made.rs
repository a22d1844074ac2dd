//! Snapshots that tests write.

use std::path::Path;

use jiff::Timestamp;
use tonkafka::model::config::{ConfigSource, ConfigValue};
use tonkafka::model::record::{Record, TimestampType};
use tonkafka::model::topic::TopicId;
use tonkafka::snapshot::header::Config;
use tonkafka::snapshot::{
    GroupOffsets, Isolation, Range, SnapshotArguments, SnapshotGapReason, SnapshotHeader,
    SnapshotTopic, Writer, WriterOptions,
};

/// A topic with the records of its partitions 0, 1, ….
pub struct Content<'a> {
    pub topic: &'a str,
    pub overrides: &'a [(&'a str, &'a str)],
    pub timestamps: TimestampType,
    pub replicas: i32,
    pub partitions: Vec<Vec<Record>>,
}

impl<'a> Content<'a> {
    pub fn new(topic: &'a str, partitions: Vec<Vec<Record>>) -> Self {
        Self {
            topic,
            overrides: &[],
            timestamps: TimestampType::CreateTime,
            replicas: 1,
            partitions,
        }
    }
}

/// Writes a snapshot of the cluster `cluster`. Offsets between records are gaps.
pub fn write(path: &Path, cluster: &str, contents: &[Content<'_>], groups: &[GroupOffsets]) {
    let header = SnapshotHeader {
        snapshot: "0123456789abcdef0123456789abcdef".to_owned(),
        cluster: cluster.to_owned(),
        taken: Timestamp::from_second(1_700_000_000).unwrap(),
        tonkafka: "0.1.0".to_owned(),
        asked: SnapshotArguments {
            topics: contents.iter().map(|one| one.topic.to_owned()).collect(),
            from: None,
            to: None,
            isolation: Isolation::ReadCommitted,
        },
        topics: contents.iter().map(topic).collect(),
    };
    let mut writer = Writer::create(path, header, WriterOptions::default()).unwrap();
    let mut ordinal = 0;
    for content in contents {
        for records in &content.partitions {
            for record in records {
                let gap = writer.gap(ordinal, record.offset, SnapshotGapReason::Compaction);
                gap.and_then(|()| writer.append(ordinal, record, content.timestamps))
                    .unwrap();
            }
            ordinal += 1;
        }
    }
    writer.finish(groups).unwrap();
}

fn topic(content: &Content<'_>) -> SnapshotTopic {
    let overrides = content.overrides.iter();
    SnapshotTopic {
        name: content.topic.to_owned(),
        id: TopicId([7; 16]),
        partition_count: i32::try_from(content.partitions.len()).unwrap(),
        replication_factor: content.replicas,
        timestamp_type: content.timestamps,
        configs: overrides
            .map(|(name, value)| Config {
                name: (*name).to_owned(),
                value: ConfigValue::Value((*value).to_owned()),
                source: ConfigSource::DynamicTopicConfig,
            })
            .collect(),
        partitions: (0..)
            .zip(&content.partitions)
            .map(|(partition, records)| Range {
                partition,
                from: 0,
                to: records.last().map_or(0, |record| record.offset + 1),
                open_until: None,
            })
            .collect(),
    }
}
