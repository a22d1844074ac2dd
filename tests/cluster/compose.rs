//! The environment of `compose/single.yml`, started natively: what is in it makes a broker that takes
//! transactions. Only ports, paths and the advertised host differ from the container's.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use rdkafka::Message;
use rdkafka::config::ClientConfig;
use rdkafka::consumer::{Consumer, StreamConsumer};
use rdkafka::producer::{FutureProducer, FutureRecord, Producer};
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};
use tonkafka::local::compose::{SINGLE, environment_to_properties};

use crate::support::kafka::Kafka;
use crate::support::{apache, kafka};

const PATIENCE: Duration = Duration::from_secs(30);

#[tokio::test(flavor = "multi_thread")]
async fn its_environment_makes_a_broker_that_commits_transactions() {
    let id = environment()["CLUSTER_ID"].clone();
    let kafka = Kafka::options().proxies(0).cluster_id(&id);
    let kafka = kafka.exactly(properties).start();
    apache::topics(&kafka.admin(), &["--create", "--topic", "payments"]).ok();

    commit_and_abort(&kafka).await;
    assert_eq!(read_committed(&kafka, 1).await, ["committed"]);
    let described = apache::describe_topic(&kafka.bootstrap(), "payments").unwrap();
    assert_eq!(described.replication_factor, 1);
}

/// Commits one record and aborts another.
async fn commit_and_abort(kafka: &kafka::Kafka) {
    let producer: FutureProducer = client(kafka)
        .set("transactional.id", "single")
        .create()
        .unwrap();
    producer.init_transactions(PATIENCE).unwrap();
    for value in ["aborted", "committed"] {
        producer.begin_transaction().unwrap();
        let record = FutureRecord::to("payments").key("key").payload(value);
        producer.send(record, PATIENCE).await.unwrap();
        match value {
            "committed" => producer.commit_transaction(PATIENCE).unwrap(),
            _ => producer.abort_transaction(PATIENCE).unwrap(),
        }
    }
}

async fn read_committed(kafka: &kafka::Kafka, records: usize) -> Vec<String> {
    let consumer: StreamConsumer = client(kafka)
        .set("group.id", "reader")
        .set("enable.auto.commit", "false")
        .set("isolation.level", "read_committed")
        .create()
        .unwrap();
    let mut partitions = TopicPartitionList::new();
    partitions
        .add_partition_offset("payments", 0, Offset::Beginning)
        .unwrap();
    consumer.assign(&partitions).unwrap();
    let mut values = Vec::new();
    while values.len() < records {
        let record = tokio::time::timeout(PATIENCE, consumer.recv()).await;
        let record = record.expect("a record in time").unwrap();
        let payload = record.payload().unwrap().to_vec();
        values.push(String::from_utf8(payload).unwrap());
    }
    values
}

fn client(kafka: &kafka::Kafka) -> ClientConfig {
    let mut client = ClientConfig::new();
    client.set("bootstrap.servers", kafka.bootstrap());
    client.set("allow.auto.create.topics", "false");
    client
}

/// The broker's properties in the container, on this machine's ports and paths.
fn properties(dir: &Path, [external, internal, controller]: [u16; 3]) -> BTreeMap<String, String> {
    let mut properties = environment_to_properties(&environment());
    let ports = [
        ("29092", internal),
        ("9092", external),
        ("9093", controller),
    ];
    for key in [
        "listeners",
        "advertised.listeners",
        "controller.quorum.voters",
    ] {
        let value = properties.get_mut(key).unwrap();
        for (theirs, ours) in ports {
            *value = value.replace(&format!(":{theirs}"), &format!(":{ours}"));
        }
        *value = value.replace("lowcode-kafka", "localhost");
        *value = value.replace("0.0.0.0", "127.0.0.1");
    }
    properties.insert("log.dirs".into(), dir.join("data").display().to_string());
    properties
}

/// The environment of the service `kafka`, variables at their defaults.
fn environment() -> BTreeMap<String, String> {
    let text = SINGLE.replace("${TONKAFKA_PORT:-9092}", "9092");
    let compose: serde_json::Value = serde_saphyr::from_str(&text).unwrap();
    let environment = compose["services"]["kafka"]["environment"].as_object();
    let text = |value: &serde_json::Value| match value.as_str() {
        Some(text) => text.to_owned(),
        None => value.to_string(),
    };
    let each = environment.unwrap().iter();
    each.map(|(name, value)| (name.clone(), text(value)))
        .collect()
}
