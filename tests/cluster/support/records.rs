//! Records as librdkafka and the library under test write and read them.

use std::time::{Duration, Instant};

use rdkafka::TopicPartitionList;
use rdkafka::config::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::KafkaError;
use rdkafka::message::{Header as Named, Headers, Message, OwnedHeaders, Timestamp};
use rdkafka::producer::{BaseProducer, BaseRecord};
use rdkafka::topic_partition_list::Offset;
use tonkafka::cluster::reader::Span;
use tonkafka::model::measure::TopicPartition;
use tonkafka::model::record::Record;

use super::{apache, kafka};

/// A record in a form that both clients can produce: offset, timestamp, key, value, headers.
pub type Told = (
    i64,
    i64,
    Option<Vec<u8>>,
    Option<Vec<u8>>,
    Vec<(String, Option<Vec<u8>>)>,
);

pub const PATIENCE: Duration = Duration::from_secs(20);

/// Fails at the first record that differs.
#[track_caller]
pub fn assert_same(one: &[Told], other: &[Told]) {
    let differs = one.iter().zip(other).find(|(one, other)| one != other);
    assert_eq!(differs, None);
    assert_eq!(one.len(), other.len());
}

/// Records in the common form.
pub fn told<'a>(records: impl IntoIterator<Item = &'a Record>) -> Vec<Told> {
    let bytes = |bytes: &Option<bytes::Bytes>| bytes.as_ref().map(|bytes| bytes.to_vec());
    let told = records.into_iter().map(|record| {
        let headers = record.headers.iter().map(|header| {
            let name = String::from_utf8(header.name.to_vec()).unwrap();
            (name, bytes(&header.value))
        });
        (
            record.offset,
            record.timestamp,
            bytes(&record.key),
            bytes(&record.value),
            headers.collect(),
        )
    });
    told.collect()
}

/// The records of a span as librdkafka reads them.
pub fn witness(bootstrap: &str, span: &Span, isolation: &str) -> Vec<Told> {
    let consumer: BaseConsumer = ClientConfig::new()
        .set("bootstrap.servers", bootstrap)
        .set("group.id", "witness")
        .set("enable.auto.commit", "false")
        .set("enable.partition.eof", "true")
        .set("auto.offset.reset", "earliest")
        .set("isolation.level", isolation)
        .create()
        .unwrap();
    let mut list = TopicPartitionList::new();
    let TopicPartition {
        topic,
        partition: index,
    } = &span.key;
    list.add_partition_offset(topic, *index, Offset::Offset(span.from))
        .unwrap();
    consumer.assign(&list).unwrap();
    let mut told = Vec::new();
    let started = Instant::now();
    loop {
        let message = match consumer.poll(PATIENCE) {
            Some(Ok(message)) => message,
            Some(Err(KafkaError::PartitionEOF(_))) => break,
            // A broker that is down is reported too.
            Some(Err(_)) if started.elapsed() < Duration::from_mins(1) => continue,
            other => panic!("{other:?}"),
        };
        if span.until.is_some_and(|until| message.offset() >= until) {
            break;
        }
        let headers = message.headers().map(|headers| {
            headers
                .iter()
                .map(|one| (one.key.to_owned(), one.value.map(<[u8]>::to_vec)))
                .collect()
        });
        let Timestamp::CreateTime(timestamp) = message.timestamp() else {
            panic!("{:?}", message.timestamp())
        };
        told.push((
            message.offset(),
            timestamp,
            message.key().map(<[u8]>::to_vec),
            message.payload().map(<[u8]>::to_vec),
            headers.unwrap_or_default(),
        ));
    }
    told
}

/// Creates a topic on the shared broker.
pub fn create(stem: &str, partitions: i32, configs: &[&str]) -> String {
    let topic = kafka::topic_name(stem);
    let partitions = partitions.to_string();
    let mut create = vec!["--create", "--partitions", &partitions, "--topic", &topic];
    for config in configs {
        create.extend(["--config", config]);
    }
    apache::topics(&kafka::single().bootstrap(), &create).ok();
    topic
}

pub fn producer(bootstrap: &str, settings: &[(&str, &str)]) -> BaseProducer {
    let mut config = ClientConfig::new();
    config
        .set("bootstrap.servers", bootstrap)
        .set("queue.buffering.max.messages", "1000000")
        .set("linger.ms", "2");
    for (key, value) in settings {
        config.set(*key, *value);
    }
    config.create().unwrap()
}

/// Sends one of seven kinds of records: null, empty and binary values, and various headers.
pub fn send(producer: &BaseProducer, topic: &str, partition: i32, number: i32, text: &str) {
    let key = format!("key {number}");
    let value = format!("{text} {number} {}", "and so on ".repeat(10));
    let timestamp = 1_700_000_000_000 + i64::from(number);
    let mut record: BaseRecord<'_, [u8], [u8]> = BaseRecord::to(topic)
        .partition(partition)
        .timestamp(timestamp)
        .key(key.as_bytes());
    record = match number % 7 {
        0 => record,
        1 => record.key(&[]).payload(&[]),
        2 => record.key(&[0, 0xff, 0xc3, 0x28]).payload(&[0xfe, 0]),
        _ => record.payload(value.as_bytes()),
    };
    if number % 2 == 1 {
        let header = |key, value| Named { key, value };
        let headers = OwnedHeaders::new()
            .insert(header("same", Some("one")))
            .insert(header("same", Some("")))
            .insert(header("other", None::<&str>))
            .insert(header("same", Some("one")));
        record = record.headers(headers);
    }
    producer.send(record).unwrap();
}
