//! `describe` and `list`, word for word.

use serde_json::json;
use tonkafka::cluster::fake::State;

use crate::fake::{Bench, holding, topic};

const MANIFEST: &str = "\
version: 1
topics:
  items:
    - {name: user.activity, partitions: 3}
    - {name: audit.logs, partitions: 3, configs: {retention.ms: 1d}}
    - {name: missing, partitions: 1}
    - {name: unwanted, state: absent}
    - {name: gone, state: absent}
";

fn cluster() -> State {
    State {
        brokers: vec![1, 2, 3],
        ..holding(&[
            ("user.activity", topic(3, &[("flush.ms", "9")])),
            ("audit.logs", topic(3, &[])),
            ("unwanted", topic(1, &[])),
            ("__consumer_offsets", topic(4, &[])),
        ])
    }
}

#[test]
fn the_manifest_against_the_cluster() {
    let bench = Bench::new(MANIFEST, &cluster());
    let ran = bench.run(&["describe"]).exits(0);
    assert_eq!(
        ran.stdout,
        "\
TOPIC          PARTITIONS  RF  IN SYNC  LEADERS  OVERRIDES  STATE
user.activity           3   1  3/3      all              1  ok
audit.logs              3   1  3/3      all              0  drift
missing                 -   -  -        -                -  missing
unwanted                1   1  1/1      all              0  unwanted
"
    );
    let all = bench.run(&["describe", "-o", "json"]).exits(0).json();
    assert_eq!(all["kind"], "Topics");
    assert_eq!(all["topics"][1]["state"], "drift");
    assert_eq!(all["topics"][2]["topic"], json!({"seen": "absent"}));
    assert_eq!(
        all["topics"][0]["topic"]["value"]["partitions"][2]["leader"],
        3
    );
}

#[test]
fn one_topic_in_depth() {
    let bench = Bench::new(MANIFEST, &cluster());
    let ran = bench.run(&["describe", "topic", "user.activity"]).exits(0);
    assert_eq!(
        ran.stdout,
        "\
topic user.activity  3 partitions  id AAAAAAAAAAAAAAAAAAAAAQ

PARTITION  LEADER  REPLICAS  ISR  OFFLINE  BEGIN  END
        0       1  1         1    -            0    0
        1       2  2         2    -            0    0
        2       3  3         3    -            0    0

SETTING   VALUE  SOURCE  KIND     ELSEWHERE
flush.ms  9      topic   dynamic
"
    );
    let document = bench
        .run(&["describe", "topic", "user.activity", "-o", "json"])
        .exits(0)
        .json();
    assert_eq!(
        document["topics"][0]["offsets"][2],
        json!({"partition": 2, "begin": 0, "end": 0})
    );
    let wrong = bench.run(&["describe", "topic", "user.activty"]).exits(4);
    assert_eq!(
        wrong.stderr,
        "error: there is no topic `user.activty`\nhint: did you mean `user.activity`?\n"
    );
    let wrong = bench
        .run(&["describe", "topic", "user.activty", "-o", "json"])
        .exits(4);
    assert_eq!(
        wrong.json()["error"]["hint"],
        "did you mean `user.activity`?"
    );
    // What is there is shown beside the error, in one document.
    let both = ["describe", "topic", "absent", "audit.logs", "-o", "json"];
    let document = bench.run(&both).exits(4).json();
    assert_eq!(document["error"]["code"], 4);
    assert_eq!(document["topics"][0]["topic"]["name"], "audit.logs");
}

#[test]
fn filters_as_kafka_topics_has_them() {
    let bench = Bench::new(MANIFEST, &cluster());
    let names = |arguments: &[&str]| -> Vec<String> {
        let ran = bench.run(arguments).exits(0);
        let rows = ran.stdout.lines().skip(1);
        rows.map(|row| row.split(' ').next().unwrap().to_owned())
            .collect()
    };
    assert_eq!(names(&["describe", "topics"]).len(), 4);
    assert_eq!(
        names(&["describe", "topics", "--exclude-internal"]).len(),
        3
    );
    assert_eq!(
        names(&["describe", "topics", "--topics-with-overrides"]),
        ["user.activity"]
    );
    assert_eq!(
        names(&["describe", "topics", "--at-min-isr-partitions"]).len(),
        11
    );
    assert!(names(&["describe", "topics", "--under-min-isr-partitions"]).is_empty());
    assert!(names(&["describe", "topics", "--unavailable-partitions"]).is_empty());
    assert!(names(&["describe", "topics", "--under-replicated-partitions"]).is_empty());
}

#[test]
fn brokers_and_the_cluster() {
    let mut state = cluster();
    state
        .broker_defaults
        .insert("message.max.bytes".into(), "1000000".into());
    state
        .broker_configs
        .insert(2, [("message.max.bytes".into(), "2000000".into())].into());
    let bench = Bench::new(MANIFEST, &state);
    assert_eq!(
        bench.run(&["describe", "brokers"]).exits(0).stdout,
        "\
ID  HOST       PORT  RACK  STATE  LEADS
 1  localhost  9092  -     live       5
 2  localhost  9093  -     live       3
 3  localhost  9094  -     live       3
"
    );
    assert_eq!(
        bench.run(&["describe", "broker", "2"]).exits(0).stdout,
        "\
SETTING            VALUE           SOURCE       KIND     ELSEWHERE
message.max.bytes  2000000 (2 MB)  this broker  dynamic  all brokers: 1000000, default: 1048588
"
    );
    let all = bench.run(&["describe", "broker", "2", "--all"]).exits(0);
    assert!(all.stdout.lines().count() > 200);
    let wrong = bench.run(&["describe", "broker", "9"]).exits(4);
    assert_eq!(
        wrong.stderr,
        "error: there is no broker 9\nhint: brokers of this cluster: 1, 2, 3\n"
    );
    assert_eq!(
        bench.run(&["describe", "cluster"]).exits(0).stdout,
        "\
cluster id    fake-cluster
brokers       3 live of 3
topics        4
controller    broker 1

set for all brokers:
SETTING            VALUE           SOURCE       KIND     ELSEWHERE
message.max.bytes  1000000 (1 MB)  all brokers  dynamic
"
    );
}

#[test]
fn lists_are_names_one_a_line() {
    let bench = Bench::new(MANIFEST, &cluster());
    assert_eq!(
        bench
            .run(&["list", "topics", "--exclude-internal"])
            .exits(0)
            .stdout,
        "audit.logs\nunwanted\nuser.activity\n"
    );
    assert_eq!(bench.run(&["list", "brokers"]).exits(0).stdout, "1\n2\n3\n");
    let names = bench
        .run(&["list", "brokers", "-o", "json"])
        .exits(0)
        .json();
    assert_eq!(names["names"], json!(["1", "2", "3"]));
}
