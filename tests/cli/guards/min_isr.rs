//! `min.insync.replicas` above the number of replicas or live brokers.

use std::collections::BTreeMap;

use tonkafka::cluster::fake::State;

use super::{half_down, items, refused};
use crate::fake::{Bench, holding, topic};

/// Expects a plan that passes and prints `expected`.
#[track_caller]
fn noted(manifest: &str, state: &State, expected: &str) {
    let ran = Bench::new(manifest, state).run(&["plan"]).exits(0);
    ran.stdout_has(expected);
}

const TWO_IN_SYNC: &str = "version: 1\nbroker: {defaults: {min.insync.replicas: 2}}\n";

/// Brokers never require more in-sync replicas than a topic has.
#[test]
fn min_isr_above_replicas_is_a_note_unless_a_policy_refuses_it() {
    let strict = State {
        brokers: vec![1, 2],
        static_configs: BTreeMap::from([("min.insync.replicas".into(), "2".into())]),
        ..State::default()
    };
    let inherits = items("{name: a, partitions: 1, replicas: 1}");
    let says = "\
notes:
  topic a: min.insync.replicas would be 2 and it would have 1 replica: brokers use the smaller number, so it protects less than it says [min-isr-above-replicas]
    at topics.yaml:4:14
    hint: give the topic more replicas, or declare min.insync.replicas as 1
";
    noted(&inherits, &strict, says);
    let policy = "policies: {min-insync-within-replicas: true}\n";
    let with_policy = |manifest: &str| manifest.replacen('\n', &format!("\n{policy}"), 1);
    refused(
        &with_policy(&inherits),
        &strict,
        "\
refused:
  topic a: min.insync.replicas would be 2 and it would have 1 replica: brokers use the smaller number, so it protects less than it says [min-isr-above-replicas]
    at topics.yaml:5:14
    hint: give the topic more replicas, or declare min.insync.replicas as 1; to do it all the same, pass `--allow min-isr-above-replicas`
",
    );
    let bench = Bench::new(&with_policy(&inherits), &strict);
    let allow = ["plan", "--allow", "min-isr-above-replicas"];
    let ran = bench.run(&allow).exits(0);
    ran.stdout_has("let through:\n  topic a: ");
    let narrow = State {
        brokers: vec![1, 2],
        ..holding(&[("a", topic(1, &[])), ("__consumer_offsets", topic(1, &[]))])
    };
    let says = "min.insync.replicas would be 2, and these have fewer replicas: __consumer_offsets, a; for them brokers use the smaller number, so it protects less than it says [min-isr-above-replicas]";
    noted(TWO_IN_SYNC, &narrow, says);
    let declared = format!("{TWO_IN_SYNC}topics: {{items: [{{name: a, partitions: 1}}]}}\n");
    noted(&declared, &narrow, says);
    refused(&with_policy(&declared), &narrow, says);
    // One broker is enough for topics with one replica.
    Bench::new(TWO_IN_SYNC, &State::default())
        .run(&["apply", "--yes"])
        .exits(0);
}

#[test]
fn min_isr_above_live_replicas_is_refused_where_nothing_could_be_written() {
    let mut state = half_down();
    refused(
        TWO_IN_SYNC,
        &state,
        "all brokers: min.insync.replicas would be 2, and these have partitions with fewer replicas on live brokers: a; nothing could be written there with acks=all [min-isr-above-brokers]\n    hint: 1 broker is alive: start the others, or declare a lower min.insync.replicas",
    );
    let own = |least: i32| {
        items(&format!(
            "{{name: a, partitions: 1, configs: {{min.insync.replicas: {least}}}}}"
        ))
    };
    refused(
        &own(2),
        &state,
        "topic a: min.insync.replicas would be 2, and its partition has fewer replicas on live brokers: nothing could be written there with acks=all [min-isr-above-brokers]",
    );
    // Two brokers are live, but not the replicas of every partition.
    state.brokers.push(3);
    let a = state.topics.get_mut("a").unwrap();
    a.partitions = 3;
    let wide = items("{name: a, partitions: 3, configs: {min.insync.replicas: 2}}");
    refused(
        &wide,
        &state,
        "topic a: min.insync.replicas would be 2, and 2 of its 3 partitions have fewer replicas on live brokers",
    );
    // A lower value does not make a stuck topic worse.
    let a = state.topics.get_mut("a").unwrap();
    a.configs.insert("min.insync.replicas".into(), "3".into());
    Bench::new(&wide, &state).run(&["plan"]).exits(0);
}
