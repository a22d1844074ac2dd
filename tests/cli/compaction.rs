//! Turning on compaction, on the cluster in memory.

use std::collections::BTreeMap;

use tonkafka::cluster::fake::{FakeLog, FakeRecord, State};

use crate::fake::{Bench, holding, topic};
use crate::program::words;

/// A log with this many records and twice as many KiB. The first records have no key.
fn log(records: i64, keyless: i64) -> FakeLog {
    let keyed = (keyless..records).map(|offset| {
        let record = FakeRecord {
            key: Some("key".to_owned()),
            ..FakeRecord::default()
        };
        (offset, record)
    });
    FakeLog {
        end: records,
        size: records * 2048,
        timestamps: (0..records).map(|offset| (offset, 1_000)).collect(),
        records: keyed.collect(),
        ..FakeLog::default()
    }
}

/// A topic's name, its own settings and its log.
type Held<'a> = (&'a str, &'a [(&'a str, &'a str)], FakeLog);

/// Topics of one partition each.
fn with(topics: &[Held<'_>]) -> State {
    let each = topics.iter();
    let held: Vec<_> = each
        .clone()
        .map(|(name, configs, _)| (*name, topic(1, configs)))
        .collect();
    let logs = each.map(|(name, _, log)| {
        let partitions = BTreeMap::from([(0, log.clone())]);
        ((*name).to_owned(), partitions)
    });
    State {
        logs: logs.collect(),
        ..holding(&held)
    }
}

fn policy(value: &str) -> String {
    format!(
        "version: 1\ntopics: {{items: [{{name: a, partitions: 1, configs: {{cleanup.policy: {value}}}}}]}}\n"
    )
}

const DEFAULTS: &str = "version: 1\nbroker: {defaults: {log.cleanup.policy: compact}}\n";

#[track_caller]
fn refused(manifest: &str, state: &State, expected: &str) {
    let ran = Bench::new(manifest, state).run(&["plan"]).exits(4);
    ran.stdout_has(expected);
}

#[track_caller]
fn passes(manifest: &str, state: &State) {
    Bench::new(manifest, state).run(&["plan"]).exits(0);
}

#[test]
fn a_topic_without_keys_is_not_compacted_before_somebody_says_so() {
    let bench = Bench::new(&policy("compact"), &with(&[("a", &[], log(300, 300))]));
    let expected = "\
~ topic a  (deletes records, cannot be undone)
    cleanup.policy  delete [default] → compact

refused:
  topic a: cleanup.policy would switch compaction on, and up to 600 KiB may go: 200 of 200 records looked at have no key, and no such record stays; writers without keys would be refused [compacts-records]
    at topics.yaml:2:25
    hint: leave compaction off, or declare a new topic with it and write records with keys there; to do it all the same, pass `--allow compacts-records`

plan: 0 to create, 1 to change, 0 to delete, 1 refused
";
    assert_eq!(bench.run(&["plan"]).exits(4).stdout, expected);
    let before = bench.state();
    bench.run(&["apply", "--yes"]).exits(4);
    assert_eq!(bench.state(), before);
}

#[test]
fn a_saved_plan_keeps_that_compaction_was_let_through() {
    let bench = Bench::new(&policy("compact"), &with(&[("a", &[], log(1, 1))]));
    let allow = ["plan", "--out", "plan.json", "--allow", "compacts-records"];
    let ran = bench.run(&allow).exits(0);
    let said = "\
let through:
  topic a: cleanup.policy would switch compaction on, and up to 2 KiB may go: 1 of 1 record looked at has no key, and no such record stays";
    ran.stdout_has(said);
    bench.run(&["apply", "plan.json", "--yes"]).exits(0);
    let configs = &bench.state().topics["a"].configs;
    assert_eq!(configs["cleanup.policy"], "compact");
}

#[test]
fn the_first_and_the_last_records_of_each_partition_are_looked_at() {
    // Once only the first records lack a key, once only those between.
    let says = "99 of 200 records looked at have no key, and no such record stays";
    refused(
        &policy("compact"),
        &with(&[("a", &[], log(1000, 99))]),
        says,
    );
    let mut between = log(1000, 0);
    between
        .records
        .retain(|offset, _| !(100..900).contains(offset));
    let says = "the 200 records looked at have keys, and only the newest of each key stays";
    refused(&policy("compact"), &with(&[("a", &[], between)]), says);
}

#[test]
fn every_way_to_switch_compaction_on_counts() {
    let says = "cleanup.policy would switch compaction on";
    refused(
        &policy("[compact, delete]"),
        &with(&[("a", &[], log(1, 1))]),
        says,
    );
    let mut inherits = with(&[("a", &[("cleanup.policy", "delete")], log(1, 1))]);
    let compact = ("log.cleanup.policy".to_owned(), "compact".to_owned());
    inherits.broker_defaults = BTreeMap::from([compact]);
    refused(&policy("unset"), &inherits, says);
    let pruned = policy("delete").replace(", configs: {cleanup.policy: delete}", "");
    let ran = Bench::new(&pruned, &inherits).run(&["plan", "--prune-configs"]);
    assert!(ran.exits(4).stdout.contains("[compacts-records]"));

    let mut dark = inherits.clone();
    dark.faults.silent_brokers.insert(1);
    refused(
        &policy("unset"),
        &dark,
        "and an unknown amount may go (what cleanup.policy falls back to cannot be read)",
    );
}

#[test]
fn what_compacts_already_and_what_is_empty_trips_nothing() {
    passes(&policy("compact"), &with(&[("a", &[], log(0, 0))]));
    let compacted = with(&[("a", &[("cleanup.policy", "compact")], log(9, 0))]);
    passes(&policy("[compact]"), &compacted);
    passes(DEFAULTS, &compacted);
    passes(
        DEFAULTS,
        &with(&[("a", &[("cleanup.policy", "delete")], log(9, 9))]),
    );
    passes(DEFAULTS, &with(&[("a", &[], log(0, 0))]));
    let mut on = with(&[("a", &[], log(9, 9))]);
    on.static_configs
        .insert("log.cleanup.policy".into(), "compact".into());
    passes(DEFAULTS, &on);
}

#[test]
fn a_default_of_all_brokers_counts_for_every_topic_that_inherits_it() {
    let state = with(&[
        ("a", &[], log(300, 300)),
        ("b", &[], log(10, 0)),
        ("kept", &[("cleanup.policy", "delete")], log(9, 9)),
        ("empty", &[], log(0, 0)),
    ]);
    refused(
        DEFAULTS,
        &state,
        "\
~ all brokers  (deletes records, cannot be undone)
    log.cleanup.policy  delete [default] → compact

refused:
  all brokers: log.cleanup.policy would switch compaction on, and up to 620 KiB may go from a (up to 600 KiB), b (up to 20 KiB): 200 of 210 records looked at have no key, and no such record stays; writers without keys would be refused [compacts-records]
    hint: leave compaction off, or first give these topics a cleanup.policy of their own with `apply --only`; to do it all the same, pass `--allow compacts-records`
",
    );
}

#[test]
fn one_broker_compacts_what_it_holds() {
    let mut state = with(&[("a", &[], log(9, 9))]);
    state.brokers = vec![1, 2];
    let of = |id: i32| {
        format!("version: 1\nbroker: {{brokers: {{{id}: {{log.cleanup.policy: compact}}}}}}\n")
    };
    refused(&of(1), &state, "broker 1: log.cleanup.policy would switch");
    // The only partition is on broker 1.
    passes(&of(2), &state);
    // A broker with its own policy is not affected by the default for all.
    let own = BTreeMap::from([("log.cleanup.policy".to_owned(), "delete".to_owned())]);
    state.broker_configs.insert(1, own);
    passes(DEFAULTS, &state);
}

#[test]
fn without_the_right_to_read_it_is_said_that_nobody_looked() {
    let mut state = with(&[("a", &[], log(300, 0))]);
    state.faults.not_readable.insert("a".to_owned());
    refused(
        &policy("compact"),
        &state,
        "up to 600 KiB may go: its records could not be looked at (not authorised: TOPIC_AUTHORIZATION_FAILED): those without a key all go; writers without keys would be refused [compacts-records]",
    );
    let mut some = with(&[("a", &[], log(300, 0)), ("b", &[], log(9, 0))]);
    some.faults.not_readable.insert("a".to_owned());
    refused(
        DEFAULTS,
        &some,
        "the 9 records looked at have keys, and only the newest of each key stays; not all could be looked at (not authorised: ",
    );
}

#[test]
fn a_topic_that_cannot_be_seen_counts_as_an_unknown_amount() {
    let mut state = with(&[("a", &[], log(9, 9)), ("hidden", &[], log(9, 9))]);
    state.faults.hidden_configs.insert("hidden".to_owned());
    refused(
        DEFAULTS,
        &state,
        "an unknown amount may go from hidden (an unknown amount), a (up to 18 KiB) (its settings are not visible): 9 of 9 records",
    );
    state.faults.silent_brokers.insert(1);
    refused(
        &policy("compact"),
        &state,
        "an unknown amount may go (sizes of broker 1 cannot be read: ",
    );
}

#[test]
fn a_restore_that_switches_compaction_on_is_guarded_too() {
    let compacted = with(&[("a", &[("cleanup.policy", "compact")], log(0, 0))]);
    let bench = Bench::new("version: 1\n", &compacted);
    bench
        .run(&["backup", "create", "--out", "then.json"])
        .exits(0);
    let now = with(&[("a", &[], log(9, 9))]);
    bench.set(&now);
    let ran = bench.run(&["backup", "restore", "then.json", "--yes"]);
    assert!(ran.exits(4).stdout.contains("[compacts-records]"));
    let allowed = words("backup restore then.json --yes --allow compacts-records");
    bench.run(&allowed).exits(0);
}
