//! The next record of a group, and commits in transactions.

use std::time::{Duration, Instant};

use rdkafka::TopicPartitionList;
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};
use rdkafka::topic_partition_list::Offset;
use tonkafka::cluster::Cluster;
use tonkafka::cluster::groups::{Groups, Pending};
use tonkafka::model::group::{Committed, RecordTime};
use tonkafka::model::seen::Seen;

use super::{WAIT, key, produce, producer};
use crate::support::kafka;
use crate::support::live::{connect, create, new_topic, runtime};
use crate::support::reader::Reader;

async fn next(cluster: &dyn Cluster, topic: &str, offset: i64) -> Seen<Option<RecordTime>> {
    let item = key(topic, 0);
    let found = cluster.next_records(&[(item.clone(), offset)]).await;
    found.unwrap().remove(&item).unwrap()
}

#[test]
fn records_of_every_codec() {
    let kafka = kafka::single();
    runtime().block_on(async {
        let cluster = connect(&kafka.bootstrap()).await;
        for codec in ["uncompressed", "gzip", "snappy", "lz4", "zstd"] {
            let name = kafka::topic_name(codec);
            // The broker compresses the records.
            let configs = [("compression.type", codec), ("retention.ms", "-1")];
            create(&cluster, &[new_topic(&name, 1, &configs)]).await;
            let payloads: Vec<String> = (0..10)
                .map(|number| format!("{number}").repeat(99))
                .collect();
            produce(&kafka.bootstrap(), &name, 0, &payloads).await;
            for offset in [0, 5, 9] {
                let timestamp = Some(1_000 + offset);
                let record = RecordTime { offset, timestamp };
                let found = next(&cluster, &name, offset).await;
                assert_eq!(found, Seen::Value(Some(record)), "{codec}");
            }
            assert_eq!(next(&cluster, &name, 10).await, Seen::Value(None));
        }
    });
}

/// Brokers return a batch above the limit only for one partition of a request.
#[test]
fn records_of_large_batches() {
    let kafka = kafka::single();
    let name = kafka::topic_name("large");
    runtime().block_on(async {
        let cluster = connect(&kafka.bootstrap()).await;
        let configs = [("retention.ms", "-1"), ("max.message.bytes", "2000000")];
        create(&cluster, &[new_topic(&name, 6, &configs)]).await;
        for partition in 0..6 {
            let payloads = ["x".repeat(900_000)];
            produce(&kafka.bootstrap(), &name, partition, &payloads).await;
        }
        let items: Vec<_> = (0..6).map(|index| (key(&name, index), 0)).collect();
        let found = cluster.next_records(&items).await.unwrap();
        let record = RecordTime {
            offset: 0,
            timestamp: Some(1_000),
        };
        assert_eq!(found.len(), 6);
        for seen in found.values() {
            assert_eq!(seen, &Seen::Value(Some(record)));
        }
    });
}

#[test]
fn records_around_the_ends_of_transactions() {
    let kafka = kafka::single();
    let name = kafka::topic_name("transactions");
    runtime().block_on(async {
        let cluster = connect(&kafka.bootstrap()).await;
        create(&cluster, &[new_topic(&name, 1, &[("retention.ms", "-1")])]).await;
        let settings = [("transactional.id", name.as_str())];
        let producer: BaseProducer = producer(&kafka.bootstrap(), &settings).create().unwrap();
        producer.init_transactions(WAIT).unwrap();
        let send = |timestamp| {
            let record = BaseRecord::<(), str>::to(&name)
                .payload("x")
                .timestamp(timestamp);
            producer.send(record).map_err(|(error, _)| error).unwrap();
        };
        producer.begin_transaction().unwrap();
        send(1_000);
        send(2_000);
        producer.commit_transaction(WAIT).unwrap();
        producer.begin_transaction().unwrap();
        send(3_000);
        producer.flush(WAIT).unwrap();
        producer.abort_transaction(WAIT).unwrap();

        let record = |offset, timestamp| {
            Seen::Value(Some(RecordTime {
                offset,
                timestamp: Some(timestamp),
            }))
        };
        assert_eq!(next(&cluster, &name, 1).await, record(1, 2_000));
        assert_eq!(next(&cluster, &name, 2).await, record(3, 3_000));
        assert_eq!(next(&cluster, &name, 4).await, Seen::Value(None));
        assert_eq!(next(&cluster, &name, 5).await, Seen::Value(None));
    });
}

#[test]
fn records_that_the_broker_gave_their_time() {
    let kafka = kafka::single();
    let name = kafka::topic_name("append-time");
    runtime().block_on(async {
        let cluster = connect(&kafka.bootstrap()).await;
        let configs = [("message.timestamp.type", "LogAppendTime")];
        create(&cluster, &[new_topic(&name, 1, &configs)]).await;
        produce(&kafka.bootstrap(), &name, 0, &["x".to_owned()]).await;
        let Seen::Value(Some(record)) = next(&cluster, &name, 0).await else {
            panic!()
        };
        assert_eq!(record.offset, 0);
        assert!(record.timestamp.unwrap() > 1_600_000_000_000);
    });
}

#[test]
fn commits_of_an_open_transaction() {
    let kafka = kafka::single();
    let name = kafka::topic_name("open");
    runtime().block_on(async {
        let cluster = connect(&kafka.bootstrap()).await;
        create(&cluster, &[new_topic(&name, 2, &[])]).await;
        let reader = Reader::start(&kafka.bootstrap(), &name, &name, &[]);
        reader.commit(&name, 0, 1);
        reader.commit(&name, 1, 1);
        let settings = [("transactional.id", name.as_str())];
        let producer: BaseProducer = producer(&kafka.bootstrap(), &settings).create().unwrap();
        producer.init_transactions(WAIT).unwrap();
        producer.begin_transaction().unwrap();
        let mut offsets = TopicPartitionList::new();
        offsets
            .add_partition_offset(&name, 1, Offset::Offset(7))
            .unwrap();
        producer
            .send_offsets_to_transaction(&offsets, &reader.metadata(), WAIT)
            .unwrap();

        let ids = [name.clone()];
        let fetch = async |pending| {
            let mut found = cluster.fetch_offsets(&ids, pending).await.unwrap();
            match found.remove(&name) {
                Some(Seen::Value(commits)) => commits,
                other => panic!("{other:?}"),
            }
        };
        let last = fetch(Pending::Ignored).await;
        assert_eq!(last[&key(&name, 1)], Seen::Value(Committed::at(1)));
        let told = fetch(Pending::Told).await;
        let words = "UNSTABLE_OFFSET_COMMIT".to_owned();
        assert_eq!(told[&key(&name, 1)], Seen::unavailable(words));
        assert_eq!(told[&key(&name, 0)], Seen::Value(Committed::at(1)));
        producer.commit_transaction(WAIT).unwrap();
        let deadline = Instant::now() + WAIT;
        while fetch(Pending::Told).await[&key(&name, 1)] != Seen::Value(Committed::at(7)) {
            assert!(Instant::now() < deadline);
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    });
}
