//! `lag` and `describe groups` on real Kafka, checked with Apache's tool.

mod age;
mod groups;
mod losses;

use std::time::Duration;

use futures::{StreamExt as _, stream};
use rdkafka::config::ClientConfig;
use rdkafka::producer::{FutureProducer, FutureRecord};
use serde_json::Value;
use tonkafka::cluster::live::LiveCluster;
use tonkafka::cluster::{Answer, Cluster};
use tonkafka::model::group::Committed;
use tonkafka::model::measure::TopicPartition;

use crate::program::{Program, Ran};
use crate::support::live::{self, connect, create, new_topic, runtime};

const WAIT: Duration = Duration::from_mins(1);

/// Retention must not delete the old records of a test.
const KEPT: (&str, &str) = ("retention.ms", "-1");

fn lag(at: &str, arguments: &[&str]) -> Ran {
    Program::new().run(&[&["lag"], arguments, &["-b", at]].concat())
}

fn document(at: &str, arguments: &[&str]) -> Value {
    let all = [arguments, &["-o", "json"]].concat();
    lag(at, &all).exits(0).json()
}

/// Sends records with these timestamps in order, all with one key.
async fn produce(bootstrap: &str, topic: &str, partition: i32, timestamps: &[i64]) {
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", bootstrap);
    let producer: FutureProducer = config.create().unwrap();
    let sent: Vec<_> = timestamps
        .iter()
        .map(|timestamp| {
            let record = FutureRecord::to(topic)
                .partition(partition)
                .timestamp(*timestamp)
                .key("k")
                .payload("x");
            producer.send_result(record).unwrap()
        })
        .collect();
    for delivery in sent {
        delivery.await.unwrap().unwrap();
    }
}

async fn commit(cluster: &LiveCluster, group: &str, offsets: &[(&str, i32, i64)]) {
    let items: Vec<_> = offsets
        .iter()
        .map(|(topic, partition, offset)| {
            (
                TopicPartition::new(*topic, *partition),
                Committed::at(*offset),
            )
        })
        .collect();
    live::commit(cluster, group, &items).await;
}

/// Prepares the cluster of the page on lag.
pub(super) fn prepare_page(at: &str) {
    let made = now_ms() - 3_600_000;
    runtime().block_on(async {
        let cluster = connect(at).await;
        create(
            &cluster,
            &[new_topic("orders", 3, &[]), new_topic("audit", 1, &[])],
        )
        .await;
        produce(at, "orders", 0, &[made; 10]).await;
        produce(at, "orders", 1, &[made; 10]).await;
        produce(at, "audit", 0, &[made; 5]).await;
        let committed = [("orders", 0, 7), ("orders", 1, 2), ("orders", 2, 0)];
        commit(&cluster, "billing", &committed).await;
        commit(&cluster, "audit-reader", &[("audit", 0, 5)]).await;
        let answers = cluster
            .delete_records(&[(TopicPartition::new("orders", 1), 6)])
            .await;
        assert_eq!(answers, [Answer::Done]);
    });
}

fn now_ms() -> i64 {
    jiff::Timestamp::now().as_millisecond()
}

/// Creates groups `PREFIX-0`, … with different commits for these topics.
async fn many(cluster: &LiveCluster, prefix: &str, count: i64, topics: &[String]) -> Vec<String> {
    let committed = (0..count).map(|number| async move {
        let group = format!("{prefix}-{number:03}");
        let places = (0..).zip(topics);
        let offsets: Vec<(&str, i32, i64)> = places
            .map(|(place, topic)| (topic.as_str(), 0, number * 3 + place))
            .collect();
        commit(cluster, &group, &offsets).await;
        group
    });
    stream::iter(committed).buffered(16).collect().await
}
