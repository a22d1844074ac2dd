//! Lower retention is judged by the records that it would delete.

use std::collections::BTreeMap;

use tonkafka::cluster::fake::State;

use super::{items, old_and_new, refused};
use crate::fake::{Bench, holding, topic};

const CUT: &str = "{name: a, partitions: 1, configs: {retention.ms: 1d}}";

#[test]
fn a_saved_plan_keeps_what_was_let_through() {
    let bench = Bench::new(&items(CUT), &old_and_new(&[]));
    let out = ["plan", "--out", "plan.json", "--allow", "retention-cut"];
    let ran = bench.run(&out).exits(0);
    let expected = "\
~ topic a  (deletes records, cannot be undone)
    retention.ms  604800000 (7 days) [default] → 86400000 (1 day)

let through:
  topic a: changing retention.ms would drop up to 50 records (about 100 KiB) now [retention-cut]
    at topics.yaml:4:14

plan: 0 to create, 1 to change, 0 to delete, 1 let through
";
    assert_eq!(ran.stdout, expected);
    let ran = bench.run(&["apply", "plan.json", "--yes"]).exits(0);
    ran.stdout_starts(expected);
    assert_eq!(
        bench.state().topics["a"].configs["retention.ms"],
        "86400000"
    );
}

#[test]
fn a_lower_retention_that_drops_nothing_trips_nothing() {
    // Any record would be older than the new limit, but there are none.
    let empty = holding(&[("a", topic(1, &[]))]);
    Bench::new(&items(CUT), &empty).run(&["plan"]).exits(0);
    // Longer retention deletes nothing.
    let longer = "{name: a, partitions: 1, configs: {retention.ms: 30d}}";
    Bench::new(&items(longer), &old_and_new(&[]))
        .run(&["plan"])
        .exits(0);
    // A topic that is only compacted deletes nothing by age.
    let compacted = old_and_new(&[("cleanup.policy", "compact")]);
    Bench::new(&items(CUT), &compacted).run(&["plan"]).exits(0);
    // All records are younger than the new limit.
    let mut young = old_and_new(&[]);
    let log = young.logs.get_mut("a").unwrap().get_mut(&0).unwrap();
    log.timestamps = BTreeMap::from([(10, 4_000_000_000_000)]);
    Bench::new(&items(CUT), &young).run(&["plan"]).exits(0);
}

#[test]
fn every_way_to_lower_what_is_kept_is_measured() {
    let size = items("{name: a, partitions: 1, configs: {retention.bytes: 100KiB}}");
    let says = "changing retention.bytes would drop up to 50 records (about 100 KiB) now";
    refused(&size, &old_and_new(&[]), says);
    let policy = items("{name: a, partitions: 1, configs: {cleanup.policy: [compact, delete]}}");
    let says = "changing cleanup.policy would drop up to 50 records (about 100 KiB) now";
    refused(
        &policy,
        &old_and_new(&[("cleanup.policy", "compact")]),
        says,
    );
    let unset = items("{name: a, partitions: 1, configs: {retention.ms: unset}}");
    let says = "\
~ topic a  (deletes records, cannot be undone)
    retention.ms  -1 → (unset), then 604800000 (7 days) [default]

refused:
  topic a: changing retention.ms would drop up to 50 records (about 100 KiB) now [retention-cut]
    at topics.yaml:4:14
    hint: keep the retention, or copy the records away first; to do it all the same, pass `--allow retention-cut`
";
    refused(&unset, &old_and_new(&[("retention.ms", "-1")]), says);
}

#[test]
fn what_topics_inherit_is_measured_too() {
    let mut state = old_and_new(&[]);
    let log = state.logs["a"].clone();
    for (name, configs) in [("kept", &[("retention.ms", "604800000")][..]), ("b", &[])] {
        state.logs.insert(name.into(), log.clone());
        state.topics.insert(name.into(), topic(1, configs));
    }
    let manifest = "version: 1\nbroker: {defaults: {log.retention.ms: 1d}}\n";
    refused(
        manifest,
        &state,
        "all brokers: changing log.retention.ms would drop up to 100 records (about 200 KiB) now: a up to 50 records (about 100 KiB); b up to 50 records (about 100 KiB) [retention-cut]\n    hint: keep the retention, or first give these topics a retention of their own with `apply --only`",
    );
}

#[test]
fn one_broker_and_what_it_falls_back_to_count_as_well() {
    let mut state = old_and_new(&[]);
    state.brokers = vec![1, 2];
    let of =
        |id: i32| format!("version: 1\nbroker: {{brokers: {{{id}: {{log.retention.ms: 1d}}}}}}\n");
    let says = "broker 1: changing log.retention.ms would drop up to 50 records (about 100 KiB) now: a up to 50 records";
    refused(&of(1), &state, says);
    // The only partition is on broker 1.
    Bench::new(&of(2), &state).run(&["plan"]).exits(0);

    let endless = BTreeMap::from([("log.retention.ms".to_owned(), "-1".to_owned())]);
    state.broker_defaults = endless;
    refused(
        "version: 1\nbroker: {defaults: {log.retention.ms: unset}}\n",
        &state,
        "\
~ all brokers  (deletes records, cannot be undone)
    log.retention.ms  -1 → (unset), then 604800000 (7 days) [default]

refused:
  all brokers: changing log.retention.ms would drop up to 50 records (about 100 KiB) now: a ",
    );
}

#[test]
fn a_topic_that_cannot_be_seen_counts_only_where_less_is_kept() {
    let mut state = holding(&[("hidden", topic(1, &[])), ("a", topic(1, &[]))]);
    state.faults.hidden_configs.insert("hidden".to_owned());
    state.broker_defaults = BTreeMap::from([("log.retention.bytes".into(), "1000".into())]);
    let with = |bytes: &str| {
        format!("version: 1\nbroker: {{defaults: {{log.retention.bytes: {bytes}}}}}\n")
    };
    refused(
        &with("999"),
        &state,
        "changing log.retention.bytes would drop an unknown amount now: hidden an unknown amount (its settings are not visible) [retention-cut]",
    );
    for more in ["1001", "-1"] {
        Bench::new(&with(more), &state).run(&["plan"]).exits(0);
    }
}

#[test]
fn an_amount_that_cannot_be_read_is_refused_as_unknown() {
    let mut state = old_and_new(&[]);
    state.brokers = vec![1, 2];
    state.topics.get_mut("a").unwrap().replicas = 2;
    state.faults.silent_brokers.extend([1, 2]);
    let size = items("{name: a, partitions: 1, configs: {retention.bytes: 100KiB}}");
    refused(
        &size,
        &state,
        "would drop an unknown amount now (sizes of broker 2 cannot be read: ",
    );
    let unset = items("{name: a, partitions: 1, configs: {retention.ms: unset}}");
    let mut blind = old_and_new(&[("retention.ms", "1000000")]);
    blind.faults.silent_brokers.insert(1);
    let says = "changing retention.ms would drop an unknown amount now (what retention.ms falls back to cannot be read)";
    refused(&unset, &blind, says);
    blind.logs.clear();
    Bench::new(&unset, &blind).run(&["plan"]).exits(0);
    let tiered = old_and_new(&[("remote.storage.enable", "true")]);
    refused(
        &size,
        &tiered,
        "would drop up to 50 records (about 100 KiB), and an unknown amount beyond that now (parts of it are in remote storage, which is not measured)",
    );
    refused(
        &items(CUT),
        &state,
        "would drop up to 50 records of unknown size now",
    );
}

#[test]
fn compacted_topics_and_brokers_defaults_count() {
    let compacted = holding(&[("a", topic(1, &[("cleanup.policy", "compact")]))]);
    refused(
        &items("{name: a, partitions: 2}"),
        &compacted,
        "topic a: it is compacted, so its records have keys: with 2 partitions instead of 1, records of a key go to another partition than those before them [keyed-growth]",
    );
    let mut hidden = holding(&[("a", topic(1, &[]))]);
    hidden.faults.hidden_configs.insert("a".to_owned());
    refused(
        &items("{name: a, partitions: 2}"),
        &hidden,
        "topic a: its cleanup.policy cannot be read, and it may be compacted: with 2 partitions",
    );
    let wide = State {
        static_configs: BTreeMap::from([("default.replication.factor".into(), "3".into())]),
        ..State::default()
    };
    refused(
        &items("{name: a, partitions: 1}"),
        &wide,
        "the brokers' default.replication.factor gives it 3 replicas, and 1 broker is alive [too-few-brokers]",
    );
}
