//! Records written to real Kafka: every byte, and each once, under any fault.

use std::collections::BTreeMap;
use std::time::Duration;

use bytes::Bytes;
use rdkafka::config::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::message::Headers;
use rdkafka::topic_partition_list::Offset;
use rdkafka::{Message, TopicPartitionList};
use tonkafka::cluster::writer::{Compression, RecordWriter, WriterSettings};
use tonkafka::cluster::{Cluster, NewTopic};
use tonkafka::model::measure::TopicPartition;
use tonkafka::model::record::{Header, Record};

use super::contract_writer::records;
use crate::support::kafka;
use crate::support::live::{connect, create, new_topic, runtime};
use crate::support::proxy::{Action, api};

/// How long a reader waits for a record.
const PATIENCE: Duration = Duration::from_secs(20);

/// Records of partitions as librdkafka reads them, as many as are expected.
pub(super) fn read(bootstrap: &str, partitions: &[(TopicPartition, usize)]) -> Vec<Vec<Record>> {
    let mut config = ClientConfig::new();
    config
        .set("bootstrap.servers", bootstrap)
        .set("group.id", "unused")
        .set("enable.auto.commit", "false");
    let consumer: BaseConsumer = config.create().unwrap();
    let mut list = TopicPartitionList::new();
    let mut found: BTreeMap<&TopicPartition, Vec<Record>> = BTreeMap::new();
    for (partition, count) in partitions {
        let TopicPartition {
            topic,
            partition: index,
        } = partition;
        if *count > 0 {
            list.add_partition_offset(topic, *index, Offset::Beginning)
                .unwrap();
        }
        found.insert(partition, Vec::new());
    }
    consumer.assign(&list).unwrap();
    let awaited: usize = partitions.iter().map(|(_, count)| count).sum();
    let mut count = 0;
    while count < awaited {
        let message = consumer.poll(PATIENCE);
        let message = message
            .unwrap_or_else(|| panic!("{count} of {awaited} records"))
            .unwrap();
        let partition = TopicPartition::new(message.topic(), message.partition());
        found.get_mut(&partition).unwrap().push(record(&message));
        count += 1;
    }
    partitions
        .iter()
        .map(|(partition, _)| found.remove(partition).unwrap())
        .collect()
}

fn record(message: &impl Message) -> Record {
    let bytes = |bytes: Option<&[u8]>| bytes.map(Bytes::copy_from_slice);
    let headers = message.headers().map(|headers| {
        let headers = headers.iter();
        let header = headers.map(|header| Header {
            name: Bytes::copy_from_slice(header.key.as_bytes()),
            value: bytes(header.value),
        });
        header.collect()
    });
    Record {
        offset: message.offset(),
        timestamp: message.timestamp().to_millis().unwrap_or(-1),
        key: bytes(message.key()),
        value: bytes(message.payload()),
        headers: headers.unwrap_or_default(),
    }
}

/// Records of every kind that librdkafka supports.
fn varied(count: i64) -> Vec<Record> {
    let bytes = |offset: i64| match offset % 4 {
        0 => None,
        1 => Some(Bytes::new()),
        2 => Some(Bytes::from_static(&[0, 0xff, 0x80, b'\n'])),
        _ => Some(Bytes::from(vec![
            b'x';
            usize::try_from(offset).unwrap() % 3_000
        ])),
    };
    let header = |name: &'static str, offset| Header {
        name: Bytes::from_static(name.as_bytes()),
        value: bytes(offset),
    };
    let headers = |offset: i64| match offset % 3 {
        0 => Vec::new(),
        _ => vec![
            header("same", offset),
            header("", offset + 1),
            header("same", offset + 2),
        ],
    };
    let record = |offset: i64| Record {
        offset,
        timestamp: 1_700_000_000_000 - offset * 7,
        key: bytes(offset / 4),
        value: bytes(offset),
        headers: headers(offset),
    };
    (0..count).map(record).collect()
}

#[test]
fn records_are_written_as_they_are() {
    let kafka = kafka::single();
    let codecs = [
        Compression::None,
        Compression::Gzip,
        Compression::Snappy,
        Compression::Lz4,
        Compression::Zstd,
    ];
    runtime().block_on(async {
        let cluster = connect(&kafka.bootstrap()).await;
        for compression in codecs {
            let topic = kafka::topic_name("as-they-are");
            create(&cluster, &[new_topic(&topic, 2, &[("retention.ms", "-1")])]).await;
            let partition = TopicPartition::new(topic, 1);
            let settings = WriterSettings {
                compression,
                ..WriterSettings::default()
            };
            let mut writer = cluster.writer(settings).await.unwrap();
            let all = varied(3_000);
            writer.write(&partition, all.clone()).await.unwrap();
            writer.flush().await.unwrap();
            assert!(writer.written().len() > 1);
            let found = read(&kafka.bootstrap(), &[(partition, all.len())]);
            assert!(found == [all], "{compression:?}");
        }
    });
}

#[test]
fn a_record_that_is_too_large_is_refused_and_nothing_after_it_is_written() {
    let kafka = kafka::single();
    runtime().block_on(async {
        let cluster = connect(&kafka.bootstrap()).await;
        let topic = kafka::topic_name("too-large");
        let settings = [("max.message.bytes", "1000"), ("retention.ms", "-1")];
        create(&cluster, &[new_topic(&topic, 1, &settings)]).await;
        let partition = TopicPartition::new(topic, 0);
        let mut writer = cluster.writer(WriterSettings::default()).await.unwrap();
        let mut fits = records(0, 1);
        fits[0].value = Some(Bytes::from(vec![0; 100_000]));
        writer.write(&partition, fits).await.unwrap();
        writer.flush().await.unwrap();
        let noise = |seed: u32| seed.wrapping_mul(2_654_435_761).to_le_bytes();
        let mut large = records(1, 1);
        large[0].value = Some((0..1_000).flat_map(noise).collect::<Vec<u8>>().into());
        writer.write(&partition, large).await.unwrap();
        let error = writer.flush().await.unwrap_err();
        let place = format!("cannot write to partition 0 of `{}`", partition.topic);
        assert_eq!(error.to_string(), format!("{place}: MESSAGE_TOO_LARGE"));
        assert!(writer.write(&partition, records(2, 1)).await.is_err());
        assert_eq!(read(&kafka.bootstrap(), &[(partition, 1)])[0].len(), 1);
    });
}

/// Writes records to all partitions, a few at a time.
async fn write_all(writer: &mut dyn RecordWriter, partitions: &[TopicPartition], count: i64) {
    for offset in (0..count).step_by(20) {
        for partition in partitions {
            writer.write(partition, records(offset, 20)).await.unwrap();
        }
    }
    writer.flush().await.unwrap();
}

fn each_once(bootstrap: &str, partitions: &[TopicPartition], count: i64) {
    let awaited = usize::try_from(count).unwrap();
    let awaited: Vec<_> = partitions
        .iter()
        .map(|one| (one.clone(), awaited))
        .collect();
    for found in read(bootstrap, &awaited) {
        assert!(
            found == records(0, count),
            "other records than were written"
        );
    }
}

/// Limits batches to a few records.
const SMALL: [(&str, &str); 2] = [("max.message.bytes", "1000"), ("retention.ms", "-1")];

#[test]
fn every_record_is_there_once_when_answers_are_lost() {
    let kafka = kafka::single();
    let proxy = kafka.proxy();
    runtime().block_on(async {
        let cluster = connect(&proxy.bootstrap()).await;
        let topic = kafka::topic_name("lost-answers");
        create(&cluster, &[new_topic(&topic, 2, &SMALL)]).await;
        let partitions = [
            TopicPartition::new(topic.clone(), 0),
            TopicPartition::new(topic, 1),
        ];
        let mut writer = cluster.writer(WriterSettings::default()).await.unwrap();
        proxy.reset();
        for (nth, action) in [
            (1, Action::SwallowAndCut),
            (9, Action::Cut),
            (20, Action::SwallowAndCut),
            (21, Action::SwallowAndCut),
            (35, Action::Delay(Duration::from_millis(300))),
            (50, Action::SwallowAndCut),
            (70, Action::Cut),
        ] {
            proxy.on(api::PRODUCE, nth, action);
        }
        // A request has one batch, or one of each partition: this makes a hundred or more.
        write_all(&mut *writer, &partitions, 2_000).await;
        assert!(
            proxy.count(api::PRODUCE) > 70,
            "{}",
            proxy.count(api::PRODUCE)
        );
        each_once(&kafka.bootstrap(), &partitions, 2_000);
        let written: usize = writer.written().iter().map(|batch| batch.records).sum();
        assert_eq!(written, 4_000);
    });
}

#[test]
fn every_record_is_there_once_when_leaders_die() {
    let kafka = kafka::fresh(3, &[]);
    runtime().block_on(async {
        let cluster = connect(&kafka.bootstrap()).await;
        let topic = kafka::topic_name("leaders-die");
        let replicated = NewTopic {
            replicas: Some(3),
            ..new_topic(
                &topic,
                6,
                &[SMALL[0], SMALL[1], ("min.insync.replicas", "2")],
            )
        };
        create(&cluster, &[replicated]).await;
        let partitions: Vec<_> = (0..6)
            .map(|index| TopicPartition::new(topic.clone(), index))
            .collect();
        let mut writer = cluster.writer(WriterSettings::default()).await.unwrap();
        for offset in (0..12_000).step_by(20) {
            if offset == 4_000 {
                kafka.kill_broker(2);
            }
            for partition in &partitions {
                writer.write(partition, records(offset, 20)).await.unwrap();
            }
        }
        writer.flush().await.unwrap();
        let bootstrap = kafka.bootstrap();
        let left: Vec<&str> = bootstrap.split(',').collect();
        each_once(&[left[0], left[2]].join(","), &partitions, 12_000);
    });
}
