//! Steps with another result than planned, and brokers that do not answer the read back.

use std::fs;
use std::path::PathBuf;

use serde_json::{Value, json};
use tonkafka::cluster::fake::State;

use crate::billing;
use crate::fake::{Bench, holding, topic};
use crate::program::Ran;

fn clamping(mut state: State, clamp: &[(&str, &str)]) -> State {
    let pairs = clamp.iter();
    state.faults.clamp = pairs
        .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
        .collect();
    state
}

fn items(items: &str) -> String {
    format!("version: 1\ntopics: {{items: [{items}]}}\n")
}

const WEEK: &str = "{name: a, partitions: 1, configs: {retention.ms: 604800000}}";

/// A topic with a retention of an hour, on a cluster that changes every retention to two hours.
fn at_most_two_hours() -> State {
    let hour = topic(1, &[("retention.ms", "3600000")]);
    clamping(holding(&[("a", hour)]), &[("retention.ms", "7200000")])
}

/// The files in a directory of the program's state.
fn kept(bench: &Bench, below: &str) -> Vec<PathBuf> {
    let home = bench.program.path().join("home/state/tonkafka");
    let directory = home.join(below).join("fake-cluster");
    let entries = fs::read_dir(directory).into_iter().flatten();
    entries.map(|entry| entry.unwrap().path()).collect()
}

fn report(ran: &Ran) -> Value {
    ran.documents().pop().unwrap()
}

#[test]
fn a_value_that_the_broker_clamps_is_done_and_told() {
    let bench = Bench::new(&items(WEEK), &at_most_two_hours());
    let apply = ["apply", "--yes", "--junit", "apply.xml"];
    let ran = bench.run(&apply).exits(5);
    let line =
        "done     configure topic a: retention.ms is 7200000 now, not 604800000 as planned\n";
    assert_eq!(ran.stderr, line);
    let end = format!("{line}apply: 0 done and verified, 1 done otherwise than planned\n");
    ran.stdout_ends(&end);
    let junit = bench.program.read("apply.xml");
    let failure = "<failure message=\"done otherwise than planned: retention.ms is 7200000 now, not 604800000 as planned\"/>";
    assert!(junit.contains(failure), "{junit}");
    assert!(junit.contains("failures=\"1\" errors=\"0\""), "{junit}");

    // The journal has the other value, and ended: no step is open.
    let [journal] = &kept(&bench, "journal")[..] else {
        panic!()
    };
    let journal = fs::read_to_string(journal).unwrap();
    assert!(
        journal.contains("\"found\":[{\"what\":\"retention.ms\""),
        "{journal}"
    );
    let again = bench.run(&["plan"]).exits(0);
    assert_eq!(again.stderr, "");
}

#[test]
fn a_program_is_told_what_is_there() {
    let bench = Bench::new(&items(WEEK), &at_most_two_hours());
    let report = report(&bench.run(&["apply", "--yes", "-o", "json"]).exits(5));
    let found = json!([{ "what": "retention.ms", "planned": "604800000", "found": "7200000" }]);
    assert_eq!(report["steps"][0]["outcome"], "done");
    assert_eq!(report["steps"][0]["found"], found);
    assert!(report["backup"].is_string(), "{report}");
}

#[test]
fn the_backup_of_a_change_that_came_out_otherwise_is_what_is_rolled_back_to() {
    let state = holding(&[("a", topic(1, &[("retention.ms", "3600000")]))]);
    let bench = Bench::new(&items("{name: b, partitions: 1}"), &state);
    bench.run(&["apply", "--yes"]).exits(0);
    assert_eq!(kept(&bench, "backups").len(), 1);
    bench.set(&clamping(bench.state(), &[("retention.ms", "7200000")]));
    bench.program.write("topics.yaml", &items(WEEK));
    bench.run(&["apply", "--yes"]).exits(5);
    assert_eq!(kept(&bench, "backups").len(), 2);

    bench.set(&clamping(bench.state(), &[]));
    bench.run(&["rollback", "--yes"]).exits(0);
    assert_eq!(bench.state().topics["a"], state.topics["a"]);
}

#[test]
fn what_is_not_written_leaves_no_backup() {
    let mut state = holding(&[("a", topic(1, &[]))]);
    state.faults.refuse.insert("a".into(), "no".into());
    let bench = Bench::new(&items(WEEK), &state);
    bench.run(&["apply", "--yes"]).exits(4);
    assert!(kept(&bench, "backups").is_empty());
}

#[test]
fn a_new_topic_may_come_out_otherwise_in_every_way() {
    let mut state = clamping(
        State::default(),
        &[("partitions", "6"), ("replicas", "1"), ("flush.ms", "9")],
    );
    state.brokers = vec![1, 2, 3];
    let manifest = items("{name: a, partitions: 3, replicas: 2, configs: {flush.ms: 5}}");
    let bench = Bench::new(&manifest, &state);
    let ran = bench.run(&["apply", "--yes"]).exits(5);
    assert_eq!(
        ran.stderr,
        "done     create topic a: it has 6 partitions now, not 3 as planned; its replication factor is 1 now, not 2 as planned; flush.ms is 9 now, not 5 as planned\n"
    );
}

#[test]
fn more_partitions_than_were_asked_for_are_told() {
    let state = clamping(holding(&[("a", topic(1, &[]))]), &[("partitions", "6")]);
    let bench = Bench::new(&items("{name: a, partitions: 3}"), &state);
    let ran = bench.run(&["apply", "--yes"]).exits(5);
    let line = "done     add partitions to topic a: it has 6 partitions now, not 3 as planned\n";
    assert_eq!(ran.stderr, line);
}

#[test]
fn settings_of_all_brokers_and_of_one_are_told_as_well() {
    let clamp = [("log.cleanup.policy", "delete"), ("message.max.bytes", "7")];
    let mut state = clamping(State::default(), &clamp);
    state.brokers = vec![1, 2];
    let policy = ("log.cleanup.policy".to_owned(), "compact".to_owned());
    state.broker_defaults.extend([policy]);
    let manifest = "version: 1\nbroker:\n  defaults: {log.cleanup.policy: [compact, delete]}\n  brokers: {2: {message.max.bytes: 5}}\n";
    let bench = Bench::new(manifest, &state);
    let ran = bench.run(&["apply", "--yes"]).exits(5);
    assert_eq!(
        ran.stderr,
        "\
done     configure all brokers: log.cleanup.policy is delete now, not compact,delete as planned
done     configure broker 2: message.max.bytes is 7 now, not 5 as planned
"
    );
}

#[test]
fn what_a_group_committed_otherwise_is_told_and_its_record_stays() {
    let state = clamping(billing::state(), &[("offset", "7")]);
    let bench = Bench::new("version: 1\n", &state);
    let reset = ["reset-offsets", "billing", "--topic", "orders:0"];
    let ran = bench
        .run(&[&reset[..], &["--to", "earliest", "--yes"]].concat())
        .exits(5);
    let row = ran.stdout.lines().find(|line| line.contains("orders"));
    let words = "7 is committed now, not 0 as planned";
    assert!(ran.stdout.contains(words), "{row:?}\n{}", ran.stdout);
    let end = "apply: 0 done and verified, 1 done otherwise than planned\n";
    ran.stdout_ends(end);
    let history = bench.run(&["reset-offsets", "history"]).exits(0);
    history.stdout_has("1 of 1");

    bench.set(&clamping(bench.state(), &[]));
    // Another client may have moved the commit, so it is not overwritten.
    let undo = ["reset-offsets", "undo", "--yes"];
    let refused = bench.run(&undo).exits(4);
    let words = "0 was committed then, and 7 is now: somebody has committed since";
    refused.stderr_has(words);
}

/// The old value after the write: the broker may have changed it back.
#[test]
fn a_value_that_stays_as_it_was_is_told_when_the_time_is_over() {
    let state = clamping(
        holding(&[("a", topic(1, &[("retention.ms", "3600000")]))]),
        &[("retention.ms", "3600000")],
    );
    let bench = Bench::new(&items(WEEK), &state);
    let ran = bench.run(&["apply", "--yes", "--timeout", "1s"]).exits(5);
    let line =
        "done     configure topic a: retention.ms is 3600000 now, not 604800000 as planned\n";
    assert_eq!(ran.stderr, line);
}

#[test]
fn what_stands_twice_in_a_list_is_refused_offline() {
    let manifest = "\
version: 1
broker:
  defaults:
    log.cleanup.policy: compact,delete,compact
topics:
  items:
    - name: a
      partitions: 1
      configs: {cleanup.policy: [compact, delete, delete]}
";
    let bench = Bench::new(manifest, &State::default());
    for command in ["validate", "plan", "apply"] {
        let ran = bench.program.run(&[command]).exits(2);
        assert_eq!(
            ran.stderr,
            "\
error: `log.cleanup.policy` has `compact` more than once in its list
 --> topics.yaml:4:25
  |
4 |     log.cleanup.policy: compact,delete,compact
  |                         ^^^^^^^^^^^^^^^^^^^^^^
hint: did you mean `compact,delete`?

error: `cleanup.policy` has `delete` more than once in its list
 --> topics.yaml:9:33
  |
9 |       configs: {cleanup.policy: [compact, delete, delete]}
  |                                 ^
hint: did you mean `compact,delete`?
"
        );
    }
}

#[test]
fn an_import_says_a_list_with_each_item_once() {
    let twice = topic(1, &[("cleanup.policy", "compact,delete,delete")]);
    let bench = Bench::new("", &holding(&[("a", twice)]));
    let imported = bench.run(&["import"]).exits(0);
    let line = "cleanup.policy: compact,delete #";
    imported.stdout_has(line);
    bench.program.write("topics.yaml", &imported.stdout);
    let planned = bench.run(&["plan", "--exit-code"]).exits(0);
    planned.stdout_ends("plan: nothing to do\n");
}

const SILENT: &str = "not read back everywhere: cannot reach broker 2: connection refused";

#[test]
fn a_silent_broker_makes_only_its_own_view_missing() {
    let mut state = holding(&[("b", topic(1, &[]))]);
    state.brokers = vec![1, 2, 3];
    state.faults.silent_brokers.insert(2);
    state.faults.lose_answers = vec!["CreateTopics".to_owned()];
    let manifest =
        items("{name: a, partitions: 1}, {name: b, partitions: 1, configs: {flush.ms: 5}}");
    let bench = Bench::new(&manifest, &state);
    let ran = bench.run(&["apply", "--yes", "--timeout", "1s"]).exits(0);
    assert_eq!(
        ran.stderr,
        format!(
            "\
done     create topic a: the answer was lost (connection closed); read back; {SILENT}
done     configure topic b: {SILENT}
"
        )
    );
    ran.stdout_ends("apply: 2 done and verified\n");
}

#[test]
fn a_broker_that_does_not_serve_is_not_waited_for() {
    let mut state = State {
        brokers: vec![1, 2],
        ..State::default()
    };
    state.faults.dead_brokers.insert(2);
    let bench = Bench::new(&items("{name: a, partitions: 1}"), &state);
    let ran = bench.run(&["apply", "--yes", "--timeout", "20s"]).exits(0);
    assert_eq!(ran.stderr, "done     create topic a\n");
    assert!(ran.took.as_secs() < 5, "{:?}", ran.took);
}
