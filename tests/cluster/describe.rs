//! `describe` on real Kafka, checked with Apache's tools.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::compose::with_zookeeper;
use crate::program::{Program, Ran};
use crate::support::kafka::Kafka;
use crate::support::{apache, kafka};

fn describe(kafka: &Kafka, arguments: &[&str]) -> Ran {
    let bootstrap = kafka.bootstrap();
    let all = [&["describe"], arguments, &["-b", &bootstrap]].concat();
    Program::new().run(&all)
}

fn document(kafka: &Kafka, arguments: &[&str]) -> Value {
    let all = [arguments, &["-o", "json"]].concat();
    describe(kafka, &all).exits(0).json()
}

/// Sizes and lags by broker, directory and partition.
type Logs = BTreeMap<(i64, String, String), (i64, i64)>;

fn theirs(document: &Value) -> Logs {
    let mut logs = Logs::new();
    for broker in document["brokers"].as_array().unwrap() {
        for dir in broker["logDirs"].as_array().unwrap() {
            assert_eq!(dir["error"], Value::Null);
            for log in dir["partitions"].as_array().unwrap() {
                let key = (
                    broker["broker"].as_i64().unwrap(),
                    dir["logDir"].as_str().unwrap().to_owned(),
                    log["partition"].as_str().unwrap().to_owned(),
                );
                let numbers = (log["size"].as_i64(), log["offsetLag"].as_i64());
                logs.insert(key, (numbers.0.unwrap(), numbers.1.unwrap()));
            }
        }
    }
    logs
}

fn ours(document: &Value) -> Logs {
    let mut logs = Logs::new();
    for broker in document["brokers"].as_array().unwrap() {
        for dir in broker["logDirs"]["value"].as_array().unwrap() {
            for (topic, partitions) in dir["topics"].as_object().unwrap() {
                for log in partitions.as_array().unwrap() {
                    let key = (
                        broker["broker"].as_i64().unwrap(),
                        dir["path"].as_str().unwrap().to_owned(),
                        format!("{topic}-{}", log["partition"]),
                    );
                    let numbers = (log["size"].as_i64(), log["offsetLag"].as_i64());
                    logs.insert(key, (numbers.0.unwrap(), numbers.1.unwrap()));
                }
            }
        }
    }
    logs
}

#[test]
fn log_directories_as_kafka_log_dirs_tells_them() {
    let kafka = kafka::three();
    let name = kafka::topic_name("sized");
    let create = ["--create", "--topic", &name, "--partitions", "4"];
    let all = [&create[..], &["--replication-factor", "2"]].concat();
    apache::topics(&kafka.admin(), &all).ok();
    // Brokers create the logs of a new topic one after the other.
    let witness = loop {
        let witness = apache::log_dirs(&kafka.admin(), &["--topic-list", &name]);
        let witness = theirs(&witness);
        if witness.len() == 8 {
            break witness;
        }
    };
    let mine = document(kafka, &["log-dirs", "--topic", &name]);
    assert_eq!(ours(&mine), witness);

    let one = document(kafka, &["log-dirs", "--topic", &name, "--broker", "2"]);
    let witness = witness.into_iter().filter(|((id, ..), _)| *id == 2);
    assert_eq!(ours(&one), witness.collect());
    let rows = describe(kafka, &["log-dirs"]).exits(0).stdout;
    assert_eq!(rows.lines().count(), 4, "{rows}");
}

#[test]
fn the_quorum_as_kafka_metadata_quorum_tells_it() {
    if kafka::skips(
        kafka::with_zookeeper(),
        "ZooKeeper has no quorum of brokers",
    ) {
        return;
    }
    let kafka = kafka::three();
    let mine = document(kafka, &["quorum"])["quorum"].clone();
    let status = apache::quorum(&kafka.admin(), "--status");
    let field = |name: &str| -> i64 {
        let line = status.lines().find(|line| line.starts_with(name)).unwrap();
        line.rsplit(':').next().unwrap().trim().parse().unwrap()
    };
    assert_eq!(mine["leader"], field("LeaderId"));
    assert_eq!(mine["leaderEpoch"], field("LeaderEpoch"));
    // The log grows between the two reads.
    assert!(mine["highWatermark"].as_i64().unwrap() <= field("HighWatermark"));
    let replicas = apache::quorum(&kafka.admin(), "--replication");
    let theirs = replicas.lines().skip(1).map(|line| {
        let cells: Vec<&str> = line.split_whitespace().collect();
        json!({ "id": cells[0].parse::<i64>().unwrap(), "directoryId": cells[1] })
    });
    let nodes = mine["voters"].as_array().unwrap().iter();
    let nodes = nodes.chain(mine["observers"].as_array().unwrap());
    let mut ours: Vec<Value> = nodes
        .map(|node| json!({ "id": node["id"], "directoryId": node["directoryId"] }))
        .collect();
    let mut theirs: Vec<Value> = theirs.collect();
    ours.sort_by_key(|node| node["id"].as_i64());
    theirs.sort_by_key(|node| node["id"].as_i64());
    assert_eq!(ours, theirs);
}

#[test]
fn api_versions_as_kafka_broker_api_versions_tells_them() {
    let kafka = kafka::single();
    let mine = document(kafka, &["api-versions"]);
    let apis = mine["brokers"][0]["versions"]["value"]["apis"].clone();
    let ours: BTreeMap<String, (i64, i64, i64)> = apis
        .as_array()
        .unwrap()
        .iter()
        .map(|api| {
            let number = |name: &str| api[name].as_i64().unwrap();
            let name = api["name"].as_str().unwrap().to_owned();
            (name, (number("key"), number("min"), number("max")))
        })
        .collect();
    let theirs = apache::api_versions(&kafka.admin());
    assert!(theirs.len() > 40, "{theirs:?}");
    assert_eq!(ours, theirs);
}

#[test]
fn one_broker_of_three_is_dead_and_the_rest_is_shown() {
    let kafka = kafka::fresh(3, &[]);
    let name = kafka::topic_name("spread");
    let create = ["--create", "--topic", &name, "--partitions", "3"];
    let all = [&create[..], &["--replication-factor", "3"]].concat();
    apache::topics(&kafka.admin(), &all).ok();
    kafka.stop_broker(3);
    let deadline = Instant::now() + Duration::from_mins(1);
    let ran = loop {
        let ran = describe(&kafka, &["log-dirs", "--timeout", "5s"]);
        if ran.stderr.contains("does not serve") || Instant::now() > deadline {
            break ran.exits(7);
        }
    };
    let rows: Vec<&str> = ran.stdout.lines().skip(1).collect();
    assert_eq!(rows.len(), 3, "{}", ran.stdout);
    assert!(rows[0].contains(" ok ") && rows[1].contains(" ok "));
    assert!(rows[2].contains("not visible"));
    let all = ["cluster", "-o", "json", "--timeout", "5s"];
    let health = describe(&kafka, &all).exits(7).json()["health"].clone();
    assert_eq!(health["liveBrokers"], json!([1, 2]));
    assert_eq!(health["missingBrokers"], json!([3]));
    assert_eq!(health["underReplicated"], 3);
    assert_eq!(health["offline"], 0);
    assert_eq!(health["logDirs"], 2);
}

#[test]
fn a_cluster_with_zookeeper_has_no_quorum() {
    let (_zookeeper, kafka) = with_zookeeper();
    let ran = describe(&kafka, &["quorum"]).exits(4);
    assert_eq!(
        ran.stderr,
        "\
error: this cluster has no quorum to describe: it runs with ZooKeeper, or hides it
hint: `tonkafka describe cluster` names its controller
"
    );
    let health = document(&kafka, &["cluster"])["health"].clone();
    assert_eq!(health["verdict"], "ok");
    assert_eq!(health["controller"], health["liveBrokers"][0]);
    let rows = describe(&kafka, &["log-dirs"]).exits(0).stdout;
    assert_eq!(rows.lines().count(), 2, "{rows}");
}
