//! Groups and records that only real Kafka can have.

mod described;
mod failures;
mod next_records;

use std::time::Duration;

use rdkafka::config::ClientConfig;
use rdkafka::producer::{FutureProducer, FutureRecord};
use tonkafka::model::measure::TopicPartition;

const WAIT: Duration = Duration::from_secs(30);

fn key(topic: &str, partition: i32) -> TopicPartition {
    TopicPartition::new(topic, partition)
}

fn producer(bootstrap: &str, settings: &[(&str, &str)]) -> ClientConfig {
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", bootstrap);
    for (key, value) in settings {
        config.set(*key, *value);
    }
    config
}

/// Sends records with timestamps 1000, 1001, … to a partition, in as few batches as possible.
async fn produce(bootstrap: &str, topic: &str, partition: i32, payloads: &[String]) {
    let settings = [("linger.ms", "100"), ("message.max.bytes", "2000000")];
    let producer: FutureProducer = producer(bootstrap, &settings).create().unwrap();
    let sent: Vec<_> = payloads
        .iter()
        .zip(1_000..)
        .map(|(payload, timestamp)| {
            let record = FutureRecord::<(), _>::to(topic)
                .partition(partition)
                .timestamp(timestamp)
                .payload(payload);
            producer.send_result(record).unwrap()
        })
        .collect();
    for delivery in sent {
        delivery.await.unwrap().unwrap();
    }
}
