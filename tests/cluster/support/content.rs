//! Records of every kind, and the records of partitions.

use std::time::Duration;

use bytes::Bytes;
use rdkafka::config::ClientConfig;
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};
use tonkafka::cluster::Cluster;
use tonkafka::cluster::live::LiveCluster;
use tonkafka::cluster::reader::{Piece, ReaderSettings, Span};
use tonkafka::cluster::writer::{Compression, WriterSettings};
use tonkafka::model::measure::TopicPartition;
use tonkafka::model::record::{Header, Record};
use tonkafka::snapshot::Digest;

use crate::support::live::{create, end, new_topic};

/// Now in milliseconds since the epoch, in whole seconds.
pub fn now() -> i64 {
    jiff::Timestamp::now().as_second() * 1_000
}

/// Committed records of a partition, with their own offsets.
pub async fn taken(cluster: &LiveCluster, partition: &TopicPartition) -> Vec<Record> {
    let end = end(cluster, partition).await;
    let mut reader = cluster.reader(ReaderSettings {
        spans: vec![Span::new(partition.clone(), 0, Some(end))],
        uncommitted: false,
        patience: Duration::from_secs(20),
        accept_gaps: false,
    });
    let mut all = Vec::new();
    while let Some(chunk) = reader.next().await {
        for piece in chunk.unwrap().pieces {
            if let Piece::Records(_, records) = piece {
                all.extend(records);
            }
        }
    }
    all
}

pub fn digest(records: &[Record]) -> [u8; 32] {
    let mut digest = Digest::default();
    for record in records {
        digest.add(record);
    }
    digest.finish()
}

/// Records of every kind: null and empty values, repeated headers, header names that are not text.
pub fn varied(count: i64, from: i64) -> Vec<Record> {
    let bytes = |offset: i64| match offset % 4 {
        0 => None,
        1 => Some(Bytes::new()),
        2 => Some(Bytes::from(
            [&[0xff, 0x00, 0xfe][..], &offset.to_le_bytes()].concat(),
        )),
        _ => Some(Bytes::from(vec![
            b'v';
            usize::try_from(offset % 700).unwrap()
        ])),
    };
    let header = |name: &'static [u8], offset| Header {
        name: Bytes::from_static(name),
        value: bytes(offset),
    };
    let headers = |offset: i64| match offset % 3 {
        0 => Vec::new(),
        1 => vec![header(b"\xff\xfe\x80", offset)],
        _ => vec![
            header(b"same", offset),
            header(b"", offset + 1),
            header(b"same", offset + 2),
        ],
    };
    let base = now();
    let record = |offset: i64| Record {
        offset,
        timestamp: base - offset,
        key: Some(Bytes::from(format!("{offset}"))),
        value: bytes(offset),
        headers: headers(offset),
    };
    (from..from + count).map(record).collect()
}

/// The number of records that each codec writes to a partition of [`messy`]; 100000 makes a
/// million.
pub fn records_a_codec() -> i64 {
    std::env::var("TONKAFKA_TEST_RECORDS").map_or(500, |text| text.parse().unwrap())
}

/// A topic with records of every codec, a committed and an aborted transaction.
pub async fn messy(cluster: &LiveCluster, bootstrap: &str, topic: &str) {
    create(
        cluster,
        &[new_topic(topic, 2, &[("max.message.bytes", "50000")])],
    )
    .await;
    let codecs = [
        Compression::None,
        Compression::Gzip,
        Compression::Snappy,
        Compression::Lz4,
        Compression::Zstd,
    ];
    let mut offset = 0;
    for compression in codecs {
        let settings = WriterSettings {
            compression,
            ..WriterSettings::default()
        };
        let mut writer = cluster.writer(settings).await.unwrap();
        for partition in [0, 1] {
            let records = varied(records_a_codec(), offset);
            writer
                .write(&TopicPartition::new(topic, partition), records)
                .await
                .unwrap();
        }
        writer.flush().await.unwrap();
        offset += records_a_codec();
    }
    let producer: BaseProducer = ClientConfig::new()
        .set("bootstrap.servers", bootstrap)
        .set("transactional.id", topic)
        .create()
        .unwrap();
    let patience = Duration::from_secs(20);
    producer.init_transactions(patience).unwrap();
    for commits in [true, false, true] {
        producer.begin_transaction().unwrap();
        for number in 0..50 {
            let key = format!("{commits} {number}");
            let record = BaseRecord::to(topic)
                .partition(1)
                .key(&key)
                .payload("in a transaction");
            producer.send(record).map_err(|(error, _)| error).unwrap();
        }
        if commits {
            producer.commit_transaction(patience).unwrap();
        } else {
            producer.flush(patience).unwrap();
            producer.abort_transaction(patience).unwrap();
        }
    }
    let last = BaseRecord::to(topic)
        .partition(1)
        .key("last")
        .payload("last");
    producer.begin_transaction().unwrap();
    producer.send(last).map_err(|(error, _)| error).unwrap();
    producer.commit_transaction(patience).unwrap();
}
