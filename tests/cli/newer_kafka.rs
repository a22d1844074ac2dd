//! Brokers with keys that the catalogue lacks.

use serde_json::json;
use tonkafka::cluster::fake::State;
use tonkafka::model::catalogue::Key;

use crate::fake::{Bench, holding, topic};
use crate::program::Program;

const MANIFEST: &str = "\
version: 1
topics:
  items:
    - { name: a, partitions: 1, configs: { newer.list: [v, w] } }
    - { name: b, partitions: 1, configs: { newer.list: 'v, w' } }
";

fn newer(topics: &[&str]) -> State {
    let key = |name: &str, of: &str, update: &str, default: &str| -> Key {
        serde_json::from_value(json!({
            "name": name, "type": of, "default": default, "update": update,
            "kafka": [], "documentation": "",
        }))
        .unwrap()
    };
    let topics: Vec<_> = topics
        .iter()
        .map(|name| (*name, topic(1, &[("newer.list", "v,w")])))
        .collect();
    State {
        newer_keys: vec![
            key("newer.list", "LIST", "perTopic", ""),
            key("newer.count", "INT", "perTopic", "5"),
            key("newer.enable", "BOOLEAN", "clusterWide", "false"),
        ],
        ..holding(&topics)
    }
}

#[test]
fn a_key_that_only_the_brokers_know_is_taken_and_said_once() {
    let bench = Bench::new(MANIFEST, &newer(&["a", "b"]));
    let ran = bench.run(&["plan", "--exit-code"]).exits(0);
    let expected = "\
notes:
  topic a: `newer.list` is not in tonkafka's catalogue; taken as the brokers know it: LIST [uncatalogued-key]
    at topics.yaml:4:44
";
    ran.stdout_has(expected);
    let ran = bench.run(&["describe"]).exits(0);
    assert_eq!(
        ran.stderr.matches("newer.list").count(),
        1,
        "{}",
        ran.stderr
    );
}

#[test]
fn a_cluster_without_topics_is_asked_with_one_that_is_not_created() {
    let bench = Bench::new(MANIFEST, &newer(&[]));
    let ran = bench.run(&["plan"]).exits(0);
    let words = "taken, because the brokers would take it for a new topic [uncatalogued-key]";
    ran.stdout_has(words);
    assert_eq!(bench.state().requests, ["CreateTopics(validateOnly) a"]);
    bench.run(&["apply", "--yes"]).exits(0);
    bench.run(&["plan", "--exit-code"]).exits(0);
}

#[test]
fn a_key_of_all_brokers_is_asked_of_them_too() {
    let manifest = "version: 1\nbroker: { defaults: { newer.enable: true } }\n";
    let bench = Bench::new(manifest, &newer(&[]));
    bench.run(&["plan", "--exit-code"]).exits(3);
    bench.run(&["apply", "--yes"]).exits(0);
    assert_eq!(bench.state().broker_defaults["newer.enable"], "true");
    let ran = bench.run(&["plan", "--exit-code"]).exits(0);
    let words =
        "`newer.enable` is not in tonkafka's catalogue; taken as the brokers know it: BOOLEAN";
    ran.stdout_has(words);
}

#[test]
fn what_nobody_knows_and_what_is_of_another_type_is_refused_before_anything_is_written() {
    let manifest = "\
version: 1
broker: { defaults: { newer.enabled: true } }
topics:
  items:
    - { name: a, partitions: 1, configs: { retension.ms: 7d, newer.count: many } }
";
    let bench = Bench::new(manifest, &newer(&["a"]));
    let expected = "\
error: unknown key `newer.enabled`
 --> topics.yaml:2:23
  |
2 | broker: { defaults: { newer.enabled: true } }
  |                       ^^^^^^^^^^^^^
hint: Kafka has no such key; what a plug-in reads belongs under `broker.process`

error: unknown key `retension.ms`
 --> topics.yaml:5:44
  |
5 |     - { name: a, partitions: 1, configs: { retension.ms: 7d, newer.count: many } }
  |                                            ^^^^^^^^^^^^
hint: did you mean `retention.ms`?

error: `newer.count` must be a whole number, not `many`
 --> topics.yaml:5:75
  |
5 |     - { name: a, partitions: 1, configs: { retension.ms: 7d, newer.count: many } }
  |                                                                           ^^^^
hint: the brokers say that it is INT
";
    for command in [&["plan"][..], &["apply", "--yes"], &["describe"]] {
        let ran = bench.run(command).exits(2);
        assert_eq!(ran.stderr, expected);
    }
    assert!(bench.state().requests.is_empty());
}

#[test]
fn without_a_cluster_a_newer_kafka_is_taken_at_its_word() {
    let program = Program::with_manifest(MANIFEST);
    let ran = program.run(&["validate"]).exits(2);
    ran.stderr_has("unknown key `newer.list`");
    for (version, exit) in [("4.4", 2), ("4.5", 0)] {
        let cluster = format!("version: 1\ncluster: {{ kafka: \"{version}\" }}\n");
        program.write("topics.yaml", &MANIFEST.replace("version: 1\n", &cluster));
        let ran = program.run(&["validate"]).exits(exit);
        let noted = ran.stderr.contains(
            "note: `newer.list` is not in tonkafka's catalogue, which ends with Kafka 4.4: it passes unchecked",
        );
        assert_eq!(noted, exit == 0, "{}", ran.stderr);
    }
}

#[test]
fn a_key_of_kafka_4_4_is_refused_where_it_is_not_there_yet() {
    let manifest = "\
version: 1
cluster: { kafka: \"4.3\" }
topics: { items: [{ name: a, partitions: 1, configs: { remote.copy.lag.ms: 1s } }] }
";
    let bench = Bench::new(manifest, &State::default());
    let ran = bench.run(&["validate"]).exits(2);
    let words = "error: Kafka 4.3 has no key `remote.copy.lag.ms`, which came with 4.4\n";
    ran.stderr_starts(words);
    bench
        .program
        .write("topics.yaml", &manifest.replace("4.3", "4.4"));
    bench.run(&["validate"]).exits(0);
    let ran = bench.run(&["plan"]).exits(4);
    let words = "the brokers have no key `remote.copy.lag.ms`, which came with Kafka 4.4 [unsupported-setting]";
    ran.stdout_has(words);
    let kafka = "4.4".to_owned();
    bench.set(&State {
        kafka,
        ..State::default()
    });
    bench.run(&["apply", "--yes"]).exits(0);
}

#[test]
fn explain_asks_the_cluster_that_is_named() {
    let bench = Bench::new(MANIFEST, &newer(&["a"]));
    let ran = bench.run(&["explain", "newer.count"]).exits(0);
    let rows = "  kafka    as these brokers tell; not in tonkafka's catalogue\n";
    ran.stdout_has(rows);
    bench.program.run(&["explain", "newer.count"]).exits(2);
    bench.run(&["explain", "newest.count"]).exits(2);
}
