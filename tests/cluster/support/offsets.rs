//! Topics with records a second apart, and commits of groups for them.

use std::collections::BTreeMap;
use std::time::Duration;

use rdkafka::config::ClientConfig;
use rdkafka::producer::{FutureProducer, FutureRecord};
use tonkafka::cluster::groups::{Groups, Pending};
use tonkafka::model::group::Committed;
use tonkafka::model::measure::TopicPartition;
use tonkafka::model::seen::Seen;

use super::apache;
use super::kafka::{self, Kafka};
use crate::support::live::{self, connect, runtime};

/// The time of the first record in milliseconds since the epoch: a Sunday in 2023.
pub const FIRST: i64 = 1_699_999_200_000;

/// A topic without retention, with this many records in each partition, a second apart.
pub fn filled(kafka: &Kafka, stem: &str, records: &[i64]) -> String {
    let topic = kafka::topic_name(stem);
    let partitions = records.len().to_string();
    let create = ["--create", "--topic", &topic, "--partitions", &partitions];
    let keep = ["--config", "retention.ms=-1"];
    apache::topics(&kafka.admin(), &[&create[..], &keep].concat()).ok();
    let producer: FutureProducer = ClientConfig::new()
        .set("bootstrap.servers", kafka.bootstrap())
        .create()
        .unwrap();
    runtime().block_on(async {
        for (partition, count) in (0..).zip(records) {
            for n in 0..*count {
                let record = FutureRecord::to(&topic)
                    .partition(partition)
                    .timestamp(FIRST + n * 1_000)
                    .key("key")
                    .payload("value");
                let sent = producer.send(record, Duration::from_secs(20));
                sent.await.unwrap();
            }
        }
    });
    topic
}

/// Commits an offset for each partition from 0 on.
pub fn commit(kafka: &Kafka, group: &str, topic: &str, commits: &[Committed]) {
    let commits: Vec<_> = (0..)
        .zip(commits)
        .map(|(partition, one)| (TopicPartition::new(topic, partition), one.clone()))
        .collect();
    runtime().block_on(async {
        let cluster = connect(&kafka.bootstrap()).await;
        live::commit(&cluster, group, &commits).await;
    });
}

/// The commits of a group for a topic, by partition.
pub fn committed(kafka: &Kafka, group: &str, topic: &str) -> BTreeMap<i32, Committed> {
    runtime().block_on(async {
        let cluster = connect(&kafka.bootstrap()).await;
        let ids = [group.to_owned()];
        let mut found = cluster.fetch_offsets(&ids, Pending::Told).await.unwrap();
        let Some(Seen::Value(commits)) = found.remove(group) else {
            panic!("{found:?}")
        };
        commits
            .into_iter()
            .filter(|(key, _)| key.topic == topic)
            .map(|(key, seen)| match seen {
                Seen::Value(committed) => (key.partition, committed),
                other => panic!("{other:?}"),
            })
            .collect()
    })
}
