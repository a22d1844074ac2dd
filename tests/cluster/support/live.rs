//! Connects the library under test to Kafka, with helpers for tests.

use std::time::Duration;

use rdkafka::config::ClientConfig;
use rdkafka::producer::{FutureProducer, FutureRecord};
use tonkafka::cluster::live::LiveCluster;
use tonkafka::cluster::security::{PlaintextLogin, Security};
use tonkafka::cluster::settings::{CLIENT_ID, ConnectionSettings};
use tonkafka::cluster::{Answer, At, Cluster, Mode, NewTopic, OffsetSpec};
use tonkafka::model::group::Committed;
use tonkafka::model::measure::TopicPartition;
use tonkafka::model::seen::Seen;
use tonkafka::model::topic::Topic;
use tonkafka::observe::topics::topics_with_configs;

/// A connection with a time-out of 20 s.
pub async fn connect(bootstrap: &str) -> LiveCluster {
    connect_for(bootstrap, Duration::from_secs(20)).await
}

/// A connection with this time-out.
pub async fn connect_for(bootstrap: &str, timeout: Duration) -> LiveCluster {
    let settings = ConnectionSettings {
        client_id: CLIENT_ID.to_owned(),
        bootstrap: bootstrap.split(',').map(str::to_owned).collect(),
        security: Security::default(),
        plaintext_login: PlaintextLogin::default(),
        timeout,
    };
    LiveCluster::connect(&settings).await.unwrap()
}

pub fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Runtime::new().unwrap()
}

/// Writes three records to partition 1, one to three seconds after the epoch.
pub async fn write_records(cluster: &dyn Cluster, bootstrap: &str, name: &str) {
    create(cluster, &[new_topic(name, 2, &[("retention.ms", "-1")])]).await;
    let producer: FutureProducer = ClientConfig::new()
        .set("bootstrap.servers", bootstrap)
        .create()
        .unwrap();
    for timestamp in [1_000, 2_000, 3_000] {
        let record = FutureRecord::to(name)
            .partition(1)
            .timestamp(timestamp)
            .key("key")
            .payload("value");
        producer
            .send(record, Duration::from_secs(20))
            .await
            .unwrap();
    }
}

pub fn new_topic(name: &str, partitions: i32, configs: &[(&str, &str)]) -> NewTopic {
    NewTopic {
        name: name.to_owned(),
        partitions,
        replicas: Some(1),
        configs: configs
            .iter()
            .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
            .collect(),
    }
}

/// Done, or the code of a refusal.
pub fn codes(answers: &[Answer]) -> Vec<&str> {
    answers
        .iter()
        .map(|answer| match answer {
            Answer::Done => "done",
            Answer::Refused(error) | Answer::Throttled { error, .. } => error.code.as_str(),
            Answer::NotSent { .. } => "not sent",
            Answer::Unknown { reason } => reason.as_str(),
        })
        .collect()
}

pub async fn create(cluster: &dyn Cluster, topics: &[NewTopic]) {
    let answers = cluster.create_topics(topics, Mode::Write).await;
    assert!(
        answers.iter().all(|answer| *answer == Answer::Done),
        "{answers:?}"
    );
    for topic in topics {
        seen(cluster, &topic.name, |_| true).await;
    }
}

/// Commits for a group, with retries: a coordinator may not know a new topic yet.
pub async fn commit(cluster: &dyn Cluster, group: &str, commits: &[(TopicPartition, Committed)]) {
    let mut answers = Vec::new();
    for _ in 0..200 {
        answers = cluster.commit_offsets(group, commits).await;
        if !codes(&answers).contains(&"UNKNOWN_TOPIC_OR_PARTITION") {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let is_done = |code: &&str| *code == "done";
    assert!(codes(&answers).iter().all(is_done), "{answers:?}");
}

/// Waits until the broker shows the topic in the wanted state.
pub async fn seen(cluster: &dyn Cluster, name: &str, wanted: impl Fn(&Topic) -> bool) -> Topic {
    for _ in 0..200 {
        let names = [name.to_owned()];
        let mut found = topics_with_configs(cluster, At::AnyBroker, &names)
            .await
            .unwrap();
        if let Some(Seen::Value(topic)) = found.remove(name)
            && topic.configs.value().is_some()
            && wanted(&topic)
        {
            return topic;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("{name} was not seen as wanted");
}

pub async fn end(cluster: &dyn Cluster, partition: &TopicPartition) -> i64 {
    let asked = [partition.clone()];
    let mut found = cluster
        .list_offsets(&asked, OffsetSpec::Latest)
        .await
        .unwrap();
    match found.remove(partition) {
        Some(Seen::Value(Some(offset))) => offset,
        other => panic!("{other:?}"),
    }
}
