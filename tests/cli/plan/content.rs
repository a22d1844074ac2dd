//! Planned steps, refusals, and parts that are left out.

use serde_json::json;
use tonkafka::cluster::fake::State;

use super::{MANIFEST, cluster};
use crate::fake::{Bench, error, holding, topic};
use crate::program::words;

#[test]
fn a_delete_without_its_flag_is_refused_and_shown() {
    let bench = Bench::new(MANIFEST, &cluster());
    let ran = bench.run(&["plan", "--allow", "keyed-growth"]).exits(4);
    let refused = "\
refused:
  topic old: 1 topic would be deleted with all records, and `--allow-delete` lets 0 go [delete-not-allowed]
    hint: to delete them, pass `--allow-delete 1`; to keep them, take `state: absent` out of the manifest
";
    ran.stdout_has(refused);
}

#[test]
fn only_narrows_to_topics_that_match() {
    let bench = Bench::new(MANIFEST, &cluster());
    let ran = bench
        .run(&words("plan --only gr* --only same --allow keyed-growth"))
        .exits(0);
    ran.stdout_starts("~ topic grown");
    ran.stdout_ends("plan: 0 to create, 1 to change, 0 to delete, 1 let through\n");
    let none = bench.run(&["plan", "--only", "x*"]).exits(2);
    assert_eq!(
        none.stderr,
        "error: `--only x*` matches no topic and no principal of the manifest\nhint: it matches whole names: write `user.*` for all topics that begin with `user.`, and `User:shop-*` for principals\n"
    );
}

#[test]
fn what_only_leaves_out_is_declared_all_the_same() {
    let bench = Bench::new(MANIFEST, &cluster());
    let ran = bench.run(&["plan", "--only", "same"]).exits(0);
    assert_eq!(
        ran.stdout,
        "\
in the manifest, left out by `--only`:
  settings of all brokers
  topics changed, grown, new.topic, old, wide

not in the manifest, left alone:
  topic somebody-elses

plan: nothing to do
"
    );
    let only = ["plan", "--only", "same", "-o"];
    let document = bench.run(&[&only[..], &["json"]].concat()).exits(0).json();
    assert_eq!(document["leftAlone"]["topics"], json!(["somebody-elses"]));
    let topic = |name: &str| json!({ "type": "topic", "name": name });
    let left_out = ["changed", "grown", "new.topic", "old", "wide"].map(topic);
    let mut expected = vec![json!({ "type": "brokerDefaults" })];
    expected.extend(left_out);
    assert_eq!(document["leftOut"], json!(expected));
    let ran = bench.run(&[&only[..], &["markdown"]].concat()).exits(0);
    let folded = "<details><summary>In the manifest, left out by `--only` (6)</summary>\n\n- all brokers\n- `changed`\n";
    ran.stdout_has(folded);
    ran.stdout_has("left alone (1)</summary>\n\n- `somebody-elses`\n");
    // The saved plan has it too.
    let out = ["plan", "--only", "same", "--out", "plan.json"];
    bench.run(&out).exits(0);
    bench.run(&["apply", "plan.json", "--yes"]).exits(0);
}

/// A new topic still collides with one that exists and that `--only` left out.
#[test]
fn what_only_leaves_out_counts_for_collisions() {
    let manifest = "version: 1\ntopics:\n  items:\n    - {name: a.b, partitions: 1}\n    - {name: a_b, state: absent}\n";
    let bench = Bench::new(manifest, &holding(&[("a_b", topic(1, &[]))]));
    let ran = bench.run(&["plan", "--only", "a.b"]).exits(4);
    ran.stdout_has("[name-collision]");
}

#[test]
fn differences_that_no_apply_removes_count_only_when_strict() {
    let manifest =
        "version: 1\ntopics:\n  items:\n    - {name: wide, partitions: 1, replicas: 3}\n";
    let bench = Bench::new(manifest, &cluster());
    bench.run(&["plan", "--exit-code"]).exits(0);
    bench.run(&["plan", "--strict"]).exits(3);
}

#[test]
fn another_cluster_is_refused() {
    let manifest = "version: 1\ncluster: {id: production}\ntopics:\n  items:\n    - {name: a, partitions: 1}\n";
    let bench = Bench::new(manifest, &State::default());
    let ran = bench.run(&["apply", "--yes"]).exits(4);
    ran.stderr_has("the manifest is for cluster `production`, and this is cluster `fake-cluster`");
    assert_eq!(bench.state(), State::default());
}

#[test]
fn what_cannot_be_seen_is_not_absent() {
    let manifest = "version: 1\ntopics:\n  items:\n    - {name: hidden, partitions: 1}\n    - {name: a, partitions: 1}\n";
    let mut state = State::default();
    state.faults.not_permitted.insert("hidden".to_owned());
    let bench = Bench::new(manifest, &state);
    for command in [&["plan"][..], &["apply", "--yes"], &["describe"]] {
        let ran = bench.run(command).exits(7);
        assert!(!ran.stdout.contains("+ topic hidden"), "{}", ran.stdout);
    }
    let described = bench.run(&["describe"]).exits(7);
    described.stdout_has("hidden           -   -  -        -                -  not visible\n");
    assert_eq!(bench.state(), state);
}

#[test]
fn a_broker_that_does_not_answer_stops_a_change_of_brokers() {
    let manifest = "version: 1\nbroker: {defaults: {message.max.bytes: 5}}\n";
    let mut state = State {
        brokers: vec![1, 2],
        ..State::default()
    };
    state.faults.silent_brokers.insert(2);
    let bench = Bench::new(manifest, &state);
    let ran = bench.run(&["apply", "--yes"]).exits(7);
    ran.stderr_has("broker 2: its settings cannot be read");
    assert_eq!(bench.state(), state);
}

#[test]
fn a_value_of_ones_own_is_written_when_the_one_for_all_changes_under_it() {
    // Broker 1 has the wanted value only as the default for all, which the same plan changes.
    let manifest = "version: 1\nbroker:\n  defaults: {message.max.bytes: 1000000}\n  brokers: {1: {message.max.bytes: 2000000}}\n";
    let state = State {
        brokers: vec![1, 2],
        broker_defaults: [("message.max.bytes".to_owned(), "2000000".to_owned())].into(),
        ..State::default()
    };
    let bench = Bench::new(manifest, &state);
    bench.run(&["apply", "--yes"]).exits(0);
    bench.run(&["plan", "--exit-code"]).exits(0);
    let after = bench.state();
    assert_eq!(after.broker_defaults["message.max.bytes"], "1000000");
    assert_eq!(after.broker_configs[&1]["message.max.bytes"], "2000000");
}

#[test]
fn min_isr_above_the_live_replicas_is_noted() {
    let manifest = "version: 1\ntopics:\n  items:\n    - {name: wide, partitions: 1, configs: {min.insync.replicas: 2}}\n";
    let bench = Bench::new(manifest, &cluster());
    let ran = bench.run(&["apply", "--yes"]).exits(0);
    ran.stdout_has("topic wide: min.insync.replicas would be 2 and it has 1 replica: brokers use the smaller number, so it protects less than it says [min-isr-above-replicas]");
    let wide = &bench.state().topics["wide"];
    assert_eq!(wide.configs["min.insync.replicas"], "2");
}

#[test]
fn bad_input_is_found_before_anybody_is_called() {
    let bench = Bench::new(
        "version: 1\ntopics:\n  items:\n    - {name: a, partitons: 1}\n",
        &State::default(),
    );
    for command in ["validate", "plan", "apply", "describe"] {
        let ran = bench.program.run(&[command]).exits(2);
        ran.stderr_starts("error: unknown field `partitons`\n --> topics.yaml:4:17\n");
    }
    let ran = bench.run(&["plan", "-o", "json"]).exits(2);
    assert_eq!(error(&ran)["code"], 2);
    for arguments in [
        &["plan", "--timeout", "0s"][..],
        &["plan", "--allow-delete", "-1"],
        &["plan", "-o", "xml"],
        &["plan", "--bogus"],
        &["nonsense"],
    ] {
        bench.program.run(arguments).exits(2);
    }
    let absent = bench.program.run(&["plan", "-f", "absent.yaml"]).exits(2);
    absent.stderr_has("absent.yaml");
}
