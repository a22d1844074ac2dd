//! Turning on compaction on real Kafka.

use std::time::{Duration, Instant};
use tonkafka::model::measure::TopicPartition;

use rdkafka::config::ClientConfig;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::producer::{FutureProducer, FutureRecord};

use super::contract_access::authorizer;
use crate::on::run;
use crate::program::{Program, words};
use crate::support::apache;
use crate::support::content::taken;
use crate::support::kafka::{self, Kafka};
use crate::support::live::{connect, runtime};

/// Writes this many records to a partition, each with its own key or all without.
fn write(
    kafka: &Kafka,
    (topic, partition): (&str, i32),
    count: usize,
    keyed: bool,
) -> Result<(), KafkaError> {
    let producer: FutureProducer = ClientConfig::new()
        .set("bootstrap.servers", kafka.bootstrap())
        .create()?;
    let keys: Vec<String> = (0..count).map(|n| format!("key {n}")).collect();
    runtime().block_on(async {
        let sent = keys.iter().map(|key| {
            let record = FutureRecord::to(topic)
                .partition(partition)
                .payload("value");
            let record = if keyed { record.key(key) } else { record };
            producer.send(record, Duration::from_secs(20))
        });
        for sent in futures::future::join_all(sent).await {
            sent.map_err(|(error, _)| error)?;
        }
        Ok(())
    })
}

fn create(kafka: &Kafka, topic: &str, partitions: &str, configs: &[&str]) {
    let mut arguments = vec!["--create", "--topic", topic, "--partitions", partitions];
    for config in configs {
        arguments.extend(["--config", config]);
    }
    apache::topics(&kafka.admin(), &arguments).ok();
}

fn policy(topic: &str, partitions: i32, value: &str) -> String {
    format!(
        "version: 1\ntopics: {{items: [{{name: {topic}, partitions: {partitions}, configs: {{cleanup.policy: {value}}}}}]}}\n"
    )
}

const DEFAULTS: &str = "version: 1\nbroker: {defaults: {log.cleanup.policy: compact}}\n";

#[test]
fn compaction_is_guarded_wherever_it_is_switched_on_and_does_what_the_plan_says() {
    let kafka = kafka::fresh(1, &[("log.cleaner.backoff.ms", "300")]);
    let soon = ["segment.ms=1000", "min.cleanable.dirty.ratio=0.01"];
    create(&kafka, "events", "2", &soon);
    create(&kafka, "keyed", "1", &[]);
    create(&kafka, "empty", "1", &[]);
    write(&kafka, ("events", 0), 250, false).unwrap();
    write(&kafka, ("events", 1), 3, true).unwrap();
    write(&kafka, ("keyed", 0), 150, true).unwrap();

    let program = Program::with_manifest(&policy("events", 2, "compact"));
    let ran = run(&program, &kafka, &["plan"]).exits(4);
    ran.stdout_has("topic events: cleanup.policy would switch compaction on, and up to ");
    ran.stdout_has(" may go: 200 of 203 records looked at have no key, and no such record stays; writers without keys would be refused [compacts-records]\n");
    let ran = run(&program, &kafka, &["apply", "--yes"]).exits(4);
    ran.stdout_has("[compacts-records]");
    assert!(!apache::topic_configs(&kafka.admin(), "events").contains_key("cleanup.policy"));

    program.write("topics.yaml", &policy("keyed", 1, "[compact, delete]"));
    let ran = run(&program, &kafka, &["plan"]).exits(4);
    ran.stdout_has(
        " may go: the 150 records looked at have keys, and only the newest of each key stays;",
    );
    program.write("topics.yaml", &policy("empty", 1, "compact"));
    run(&program, &kafka, &["plan"]).exits(0);

    program.write("topics.yaml", DEFAULTS);
    let ran = run(&program, &kafka, &["plan"]).exits(4);
    ran.stdout_has("all brokers: log.cleanup.policy would switch compaction on, and up to ");
    ran.stdout_has("200 of 353 records looked at have no key");
    for topic in ["events (up to ", "keyed (up to "] {
        ran.stdout_has(topic);
    }
    assert!(!ran.stdout.contains("empty ("), "{}", ran.stdout);
    let one = DEFAULTS
        .replace("defaults: {", "brokers: {1: {")
        .replace("}}", "}}}");
    program.write("topics.yaml", &one);
    let ran = run(&program, &kafka, &["plan"]).exits(4);
    ran.stdout_has("broker 1: log.cleanup.policy would switch compaction on");

    // The topic's override hides the default until it is removed.
    program.write("topics.yaml", &policy("events", 2, "delete"));
    run(&program, &kafka, &["apply", "--yes"]).exits(0);
    program.write("topics.yaml", DEFAULTS);
    let allowed = ["apply", "--yes", "--allow", "compacts-records"];
    let ran = run(&program, &kafka, &allowed).exits(0);
    ran.stdout_has("the 150 records looked at have keys");
    program.write("topics.yaml", &policy("events", 2, "unset"));
    let ran = run(&program, &kafka, &["plan"]).exits(4);
    ran.stdout_has("topic events: cleanup.policy would switch compaction on");
    let ran = run(&program, &kafka, &allowed).exits(0);
    ran.stdout_has("~ topic events  (deletes records, cannot be undone)\n");

    // The broker confirms it.
    let refused = write(&kafka, ("events", 0), 1, false).unwrap_err();
    let code = refused.rdkafka_error_code();
    assert_eq!(code, Some(RDKafkaErrorCode::InvalidRecord), "{refused}");
    let key = TopicPartition::new("events", 0);
    let deadline = Instant::now() + Duration::from_mins(2);
    runtime().block_on(async {
        let cluster = connect(&kafka.bootstrap()).await;
        loop {
            // A segment is cleaned only once it is no longer the active one.
            tokio::task::block_in_place(|| write(&kafka, ("events", 0), 1, true)).unwrap();
            let records = taken(&cluster, &key).await;
            if records.iter().all(|record| record.key.is_some()) {
                break;
            }
            assert!(Instant::now() < deadline, "records without keys stay");
            tokio::time::sleep(Duration::from_millis(1_500)).await;
        }
    });
}

#[test]
fn without_the_right_to_read_a_topic_its_keys_are_not_looked_at() {
    let [class, _] = authorizer();
    let kafka = kafka::fresh(
        1,
        &[
            class,
            ("super.users", "User:admin"),
            ("allow.everyone.if.no.acl.found", "true"),
        ],
    );
    create(&kafka, "closed", "1", &[]);
    create(&kafka, "open", "1", &[]);
    write(&kafka, ("closed", 0), 5, false).unwrap();
    write(&kafka, ("open", 0), 7, false).unwrap();
    let allow = words("--add --allow-principal User:ANONYMOUS --topic closed");
    let operations = ["Describe", "DescribeConfigs", "AlterConfigs"];
    let operations = operations.map(|operation| ["--operation", operation]);
    apache::acls(&kafka.admin(), &[&allow[..], &operations.concat()].concat()).ok();

    let program = Program::with_manifest(&policy("closed", 1, "compact"));
    let ran = run(&program, &kafka, &["plan"]).exits(4);
    ran.stdout_has(
        " may go: its records could not be looked at (not authorised: TOPIC_AUTHORIZATION_FAILED",
    );
    ran.stdout_has("those without a key all go; writers without keys would be refused");
    program.write("topics.yaml", DEFAULTS);
    let ran = run(&program, &kafka, &["plan"]).exits(4);
    ran.stdout_has("7 of 7 records looked at have no key, and no such record stays; not all could be looked at (not authorised: ");
}
