//! Undeclared settings, with `--prune-configs`.

use std::collections::BTreeMap;

use tonkafka::cluster::fake::{FakeTopic, State};

use super::{items, old_and_new};
use crate::fake::{Bench, holding, topic};
use crate::program::words;

const PRUNED: &str = "\
version: 1
broker: {defaults: {message.max.bytes: 1000000}}
topics:
  items:
    - {name: a, partitions: 1, configs: {flush.ms: 5}}
";

fn prunable() -> State {
    let configs = [
        ("flush.ms", "9"),
        ("segment.ms", "60000"),
        ("leader.replication.throttled.replicas", "*"),
    ];
    let map = |pairs: &[(&str, &str)]| -> BTreeMap<String, String> {
        pairs
            .iter()
            .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
            .collect()
    };
    State {
        broker_defaults: map(&[
            ("message.max.bytes", "1000000"),
            ("log.retention.bytes", "5"),
            ("min.insync.replicas", "1"),
            ("ssl.keystore.location", "/etc/key.p12"),
        ]),
        broker_configs: BTreeMap::from([(1, map(&[("background.threads", "12")]))]),
        features: BTreeMap::from([("eligible.leader.replicas.version".into(), 1)]),
        ..holding(&[("a", topic(1, &configs))])
    }
}

#[test]
fn pruning_removes_what_nobody_declares_and_nothing_that_others_need() {
    let bench = Bench::new(PRUNED, &prunable());
    let ran = bench.run(&["plan"]).exits(0);
    assert_eq!(
        ran.stdout,
        "\
~ topic a
    flush.ms  9 → 5

not in the manifest, left alone:
  all brokers: log.retention.bytes = 5
  all brokers: ssl.keystore.location = /etc/key.p12
  topic a: leader.replication.throttled.replicas = *
  topic a: segment.ms = 60000 (1 minute)

plan: 0 to create, 1 to change, 0 to delete
"
    );
    let ran = bench.run(&["plan", "--prune-configs"]).exits(0);
    assert_eq!(
        ran.stdout,
        "\
~ all brokers
    log.retention.bytes  5 → (unset), then -1 [default], not declared
~ topic a
    flush.ms    9 → 5
    segment.ms  60000 (1 minute) → (unset), then 604800000 (7 days) [default], not declared

not in the manifest, left alone:
  all brokers: ssl.keystore.location = /etc/key.p12
  topic a: leader.replication.throttled.replicas = *

plan: 0 to create, 2 to change, 0 to delete
"
    );
    bench.run(&["apply", "--yes", "--prune-configs"]).exits(0);
    let after = bench.state();
    assert!(!after.broker_defaults.contains_key("log.retention.bytes"));
    assert_eq!(after.broker_defaults["min.insync.replicas"], "1");
    assert_eq!(after.broker_configs, prunable().broker_configs);
    assert_eq!(after.topics["a"].configs.len(), 2);
    bench
        .run(&["plan", "--prune-configs", "--exit-code"])
        .exits(0);
}

/// Throttles of reassignments, as kafka-reassign-partitions sets them.
const OF_TOPICS: [&str; 2] = [
    "follower.replication.throttled.replicas",
    "leader.replication.throttled.replicas",
];

const OF_BROKERS: [&str; 3] = [
    "follower.replication.throttled.rate",
    "leader.replication.throttled.rate",
    "replica.alter.log.dirs.io.max.bytes.per.second",
];

#[test]
fn no_throttle_is_ever_pruned() {
    let set = |keys: &[&str], value: &str| -> BTreeMap<String, String> {
        let each = keys.iter();
        each.map(|key| ((*key).to_owned(), value.to_owned()))
            .collect()
    };
    let throttled = FakeTopic {
        configs: set(&OF_TOPICS, "*"),
        ..topic(1, &[])
    };
    let state = State {
        broker_defaults: set(&OF_BROKERS, "1000000"),
        broker_configs: BTreeMap::from([(1, set(&OF_BROKERS, "2000000"))]),
        ..holding(&[("a", throttled)])
    };
    let manifest = "\
version: 1
broker:
  defaults: {background.threads: 10}
  brokers: {1: {background.threads: 10}}
topics: {items: [{name: a, partitions: 1}]}
";
    let bench = Bench::new(manifest, &state);
    let ran = bench.run(&["plan", "--prune-configs"]).exits(0);
    for key in OF_TOPICS.iter().chain(&OF_BROKERS) {
        let spoken_of = ran.stdout.lines().filter(|line| line.contains(key));
        let left_alone = spoken_of.filter(|line| !line.contains('→')).count();
        let scopes = if OF_BROKERS.contains(key) { 2 } else { 1 };
        assert_eq!(left_alone, scopes, "{key}: {}", ran.stdout);
    }
    bench.run(&["apply", "--yes", "--prune-configs"]).exits(0);
    let after = bench.state();
    assert_eq!(after.topics["a"].configs, state.topics["a"].configs);
    for key in OF_BROKERS {
        assert_eq!(after.broker_defaults[key], "1000000");
        assert_eq!(after.broker_configs[&1][key], "2000000");
    }
}

#[test]
fn a_throttle_that_is_declared_is_a_setting_like_any_other() {
    let manifest = format!(
        "version: 1\nbroker: {{defaults: {{{0}: 1000000}}}}\ntopics: {{items: [{{name: a, partitions: 1, configs: {{{1}: unset}}}}]}}\n",
        OF_BROKERS[1], OF_TOPICS[1]
    );
    let state = holding(&[("a", topic(1, &[(OF_TOPICS[1], "*"), (OF_TOPICS[0], "*")]))]);
    let bench = Bench::new(&manifest, &state);
    bench.run(&["apply", "--yes"]).exits(0);
    let after = bench.state();
    assert_eq!(after.broker_defaults[OF_BROKERS[1]], "1000000");
    let left: Vec<&String> = after.topics["a"].configs.keys().collect();
    assert_eq!(left, [OF_TOPICS[0]]);
}

#[test]
fn kafkas_own_topics_keep_what_kafka_set_on_them() {
    let own = (
        "__consumer_offsets",
        topic(1, &[("cleanup.policy", "compact")]),
    );
    let manifest = items("{name: __consumer_offsets, partitions: 1, configs: {segment.ms: 1d}}");
    let bench = Bench::new(&manifest, &holding(&[own]));
    let apply = words("apply --yes --prune-configs --allow internal-topic");
    bench.run(&apply).exits(0);
    let configs = &bench.state().topics["__consumer_offsets"].configs;
    assert_eq!(
        (configs["cleanup.policy"].as_str(), configs.len()),
        ("compact", 2)
    );
}

#[test]
fn pruning_a_retention_is_a_cut_like_any_other() {
    let state = old_and_new(&[("retention.ms", "-1")]);
    let manifest = items("{name: a, partitions: 1}");
    let bench = Bench::new(&manifest, &state);
    bench.run(&["plan"]).exits(0);
    let ran = bench.run(&["plan", "--prune-configs"]).exits(4);
    ran.stdout_has("[retention-cut]");
}
