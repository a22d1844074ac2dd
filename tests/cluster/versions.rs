//! One manifest, mirror and restore on two versions of Kafka.

use std::time::Duration;

use rdkafka::config::ClientConfig;
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};
use tonkafka::local::artefacts::DEFAULT_VERSION;
use tonkafka::model::measure::TopicPartition;

use crate::on::run;
use crate::program::{Program, Ran, words};
use crate::support::apache;
use crate::support::content::taken;
use crate::support::kafka::Kafka;
use crate::support::live::{connect, runtime};

const MANIFEST: &str = "\
version: 1
topics:
  items:
    - { name: small, partitions: 1, configs: { segment.bytes: 1000000, retention.ms: 30d } }
    - { name: stamped, partitions: 1, configs: { message.format.version: 3.0-IV1 } }
";

const LEFT_OUT: [&str; 2] = [
    "  topic small: left out: `segment.bytes` must be at least 1048576 on Kafka 4, not 1000000 [setting-left-out]\n",
    "  topic stamped: left out: Kafka 4 has no key `message.format.version` [setting-left-out]\n",
];

#[track_caller]
fn says_what_is_left_out(ran: &Ran) {
    for note in LEFT_OUT {
        ran.stdout_has(note);
    }
}

/// The target has the topics with their records, and the settings that it supports.
fn came_over(kafka: &Kafka) {
    let small = apache::topic_configs(&kafka.admin(), "small");
    let keys: Vec<&str> = small.keys().map(String::as_str).collect();
    assert_eq!(keys, ["retention.ms"]);
    assert!(apache::topic_configs(&kafka.admin(), "stamped").is_empty());
}

fn records(kafka: &Kafka) -> usize {
    runtime().block_on(async {
        let cluster = connect(&kafka.bootstrap()).await;
        taken(&cluster, &TopicPartition::new("small", 0))
            .await
            .len()
    })
}

fn delete(kafka: &Kafka) {
    for topic in ["small", "stamped"] {
        apache::topics(&kafka.admin(), &["--delete", "--topic", topic]).ok();
        while apache::describe_topic(&kafka.admin(), topic).is_some() {
            std::thread::sleep(Duration::from_millis(200));
        }
    }
}

#[test]
fn what_kafka_3_takes_and_kafka_4_does_not_is_found_refused_and_left_out() {
    let older = Kafka::options().version("3.9.2").start();
    let newer = Kafka::options().version(DEFAULT_VERSION).start();
    let program = Program::with_manifest(MANIFEST);

    let refused = run(&program, &newer, &["plan"]).exits(4);
    refused.stdout_has("topic small: `segment.bytes` must be at least 1048576 on Kafka 4, not 1000000 [unsupported-setting]\n");
    refused.stdout_has(
        "topic stamped: Kafka 4 has no key `message.format.version` [unsupported-setting]\n",
    );
    // The brokers confirm it.
    let allowed = ["apply", "--yes", "--allow", "unsupported-setting"];
    let ran = run(&program, &newer, &allowed).exits(4);
    ran.stdout_has("refused  create topic small: INVALID_CONFIG: ");
    ran.stdout_has("refused  create topic stamped: INVALID_CONFIG: ");

    run(&program, &older, &["apply", "--yes"]).exits(0);
    run(&program, &older, &["plan", "--exit-code"]).exits(0);
    let producer: BaseProducer = ClientConfig::new()
        .set("bootstrap.servers", older.bootstrap())
        .create()
        .unwrap();
    for _ in 0..10 {
        let record = BaseRecord::<(), str>::to("small")
            .partition(0)
            .payload("value");
        producer.send(record).map_err(|(error, _)| error).unwrap();
    }
    producer.flush(Duration::from_secs(20)).unwrap();

    let (a, b) = (older.bootstrap(), newer.bootstrap());
    let mirror = ["mirror", "small", "stamped", "--once", "--yes"];
    let ends = ["--from-bootstrap-server", &a, "--to-bootstrap-server", &b];
    let ran = program.run(&[&mirror[..], &ends].concat()).exits(0);
    says_what_is_left_out(&ran);
    came_over(&newer);
    assert_eq!(records(&newer), 10);
    delete(&newer);

    let create = ["snapshot", "create", "small", "stamped", "--out", "s.snap"];
    run(&program, &older, &create).exits(0);
    let restore = words("snapshot restore s.snap --yes --allow-cluster-change");
    let ran = run(&program, &newer, &restore).exits(0);
    says_what_is_left_out(&ran);
    came_over(&newer);
    assert_eq!(records(&newer), 10);
    delete(&newer);

    run(&program, &older, &["backup", "create", "--out", "b.json"]).exits(0);
    let restore = ["backup", "restore", "b.json", "--yes", "--only", "s*"];
    let restore = [&restore[..], &["--allow-cluster-change"]].concat();
    let ran = run(&program, &newer, &restore).exits(0);
    says_what_is_left_out(&ran);
    came_over(&newer);
}
