//! Services that forbid or lack features: the output of every main command on each. The transcripts
//! are in `tests/cli/services/`.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use tonkafka::cluster::fake::{FakeGroup, FakeLog, FakeTopic, State};
use tonkafka::model::service::{self, Service};

use crate::fake::Bench;
use crate::fresh;
use crate::program::Ran;

/// An existing topic, a missing one, and settings of brokers.
const MANIFEST: &str = "\
version: 1
broker:
  defaults:
    log.retention.ms: 7d
topics:
  items:
    - name: orders
      partitions: 4
      configs:
        retention.ms: 2d
        cleanup.policy: compact
        min.cleanable.dirty.ratio: 0.2
    - name: payments
      partitions: 2
      replicas: REPLICAS
      configs:
        retention.ms: 1d
";

/// The commands for every service, in this order: reads, plans, writes.
const COMMANDS: [&[&str]; 25] = [
    &["list", "topics"],
    &["list", "groups"],
    &["describe"],
    &["describe", "topics"],
    &["describe", "topic", "orders"],
    &["describe", "brokers"],
    &["describe", "broker", "1"],
    &["describe", "cluster"],
    &["describe", "groups"],
    &["describe", "group", "billing"],
    &["describe", "log-dirs"],
    &["describe", "quorum"],
    &["describe", "acls"],
    &["can", "User:alice", "READ", "topic:orders"],
    &["describe", "users"],
    &["describe", "quotas"],
    &["lag"],
    &["import"],
    &["import", "--only", "*"],
    &["backup", "create", "--out", "whole.json"],
    &["backup", "create", "--out", "part.json", "--allow-partial"],
    &[
        "reset-offsets",
        "billing",
        "--all-topics",
        "--to",
        "earliest",
        "--yes",
    ],
    &["plan", "--allow", "keyed-growth,compacts-records"],
    &[
        "apply",
        "--yes",
        "--no-backup",
        "--allow",
        "keyed-growth,compacts-records",
    ],
    &["plan", "--allow", "keyed-growth,compacts-records"],
];

fn state(service: &Service) -> State {
    let topic = FakeTopic {
        id: 1,
        partitions: 2,
        replicas: 3,
        configs: BTreeMap::from([("retention.ms".to_owned(), "86400000".to_owned())]),
    };
    let log = FakeLog {
        start: 0,
        end: 10,
        ..FakeLog::default()
    };
    let group = FakeGroup {
        commits: BTreeMap::from([(
            "orders".to_owned(),
            BTreeMap::from([(0, tonkafka::model::group::Committed::at(7))]),
        )]),
        ..FakeGroup::default()
    };
    State {
        brokers: vec![1, 2, 3],
        topics: BTreeMap::from([("orders".to_owned(), topic)]),
        logs: BTreeMap::from([("orders".to_owned(), BTreeMap::from([(0, log)]))]),
        groups: BTreeMap::from([("billing".to_owned(), group)]),
        acls: Some(Vec::new()),
        mask: Some(service.id.clone()),
        ..State::default()
    }
}

fn bench(service: &Service) -> Bench {
    Bench::new(&MANIFEST.replace("REPLICAS", "3"), &state(service))
}

/// The output of a command, without parts that differ between runs.
fn transcript(text: &mut String, bench: &Bench, command: &[&str], ran: &Ran) {
    let _ = writeln!(text, "$ tonkafka {}", command.join(" "));
    text.push_str(&ran.stdout);
    for line in ran.stderr.lines() {
        let _ = writeln!(text, "! {line}");
    }
    let _ = writeln!(text, "exit code {}\n", ran.code.unwrap());
    let here = bench.program.path().display().to_string();
    *text = text.replace(&here, "HERE");
}

/// Removes times and backup ids, which contain the time.
fn without_times(text: &str) -> String {
    let time = regex::Regex::new(
        r"\b\d{8}T\d{6}(\.\d+)?Z(-\d+)?|\b\d{4}-\d\d-\d\dT[\d:.]+Z|\b\d{8}-\d{6}(-\d+)?",
    )
    .unwrap();
    time.replace_all(text, "TIME").into_owned()
}

#[test]
fn each_service_gets_all_that_is_left() {
    for service in service::all() {
        let bench = bench(service);
        let mut text = String::new();
        for command in COMMANDS {
            let ran = bench.run(command);
            transcript(&mut text, &bench, command, &ran);
        }
        let path = format!("tests/cli/services/{}.txt", service.id);
        fresh::check(&path, &without_times(&text));
    }
}
