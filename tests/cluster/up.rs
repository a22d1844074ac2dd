//! From `up` to `down`, as a new user runs them, checked with Apache's tools.

use std::fs;
use std::path::Path;

use crate::program::{Program, Ran, words};
use crate::support::apache;

/// The project's manifest, with a smaller heap.
fn program() -> Program {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("topics.yaml");
    let text = fs::read_to_string(manifest).unwrap();
    assert!(text.contains("heap: 1G"));
    Program::with_manifest(&text.replace("heap: 1G", "heap: 512M"))
}

fn bootstrap(ran: &Ran) -> String {
    ran.json()["cluster"]["bootstrap"]
        .as_str()
        .unwrap()
        .to_owned()
}

const TOPICS: [(&str, usize); 12] = [
    ("user.activity", 3),
    ("flow.execution", 5),
    ("flow.completed", 3),
    ("flow.failed", 3),
    ("notifications", 3),
    ("collaboration.events", 5),
    ("analytics.events", 5),
    ("audit.logs", 3),
    ("media.events", 3),
    ("database.changes", 3),
    ("error.events", 1),
    ("dead.letter.queue", 1),
];

const SETTINGS: [(&str, &str); 8] = [
    ("message.max.bytes", "1000000"),
    ("replica.fetch.max.bytes", "1048576"),
    ("log.retention.hours", "168"),
    ("log.retention.bytes", "1073741824"),
    ("default.replication.factor", "1"),
    ("min.insync.replicas", "1"),
    ("transaction.state.log.replication.factor", "1"),
    ("transaction.state.log.min.isr", "1"),
];

/// Stops the cluster when dropped.
pub struct Running<'a>(pub &'a Program);

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.run(&["down", "--delete-data"]);
    }
}

#[test]
fn from_nothing_to_twelve_topics_and_back() {
    let program = program();
    let idle = program.run(&["status"]).exits(3);
    assert_eq!(
        idle.stdout,
        "no local cluster runs; `tonkafka up` starts one\n"
    );

    let running = Running(&program);
    let up = program
        .run(&["up", "--engine", "native", "--port", "0", "-o", "json"])
        .exits(0);
    up.stderr_has("smoke test: a record went through and back in");
    let at = bootstrap(&up);

    let seen = apache::describe_topics(&at);
    for (name, partitions) in TOPICS {
        assert_eq!(seen[name].partitions, partitions, "{name}");
        assert_eq!(seen[name].replication_factor, 1, "{name}");
    }
    let ours = seen.keys().filter(|name| !name.starts_with("__")).count();
    assert_eq!(ours, TOPICS.len(), "{:?}", seen.keys());
    let all = words("--describe --all --entity-type brokers --entity-name 1");
    let configs = apache::parse_configs(&apache::configs(&at, &all).ok());
    for (key, value) in SETTINGS {
        assert_eq!(configs[key], value, "{key}");
    }
    assert_eq!(apache::groups(&at), Vec::<String>::new());
    program.run(&["plan", "--exit-code", "-b", &at]).exits(0);

    let before = program.run(&["status", "-o", "json"]).exits(0).json();
    let again = program.run(&["up", "--engine", "native"]).exits(0);
    again.stdout_starts("already running; nothing was changed\n");
    assert_eq!(
        program.run(&["status", "-o", "json"]).exits(0).json(),
        before
    );

    drop(running);
    program.run(&["status"]).exits(3);
    let down = program.run(&["down"]).exits(0);
    assert_eq!(down.stdout, "no local cluster was running\n");
}

#[test]
fn a_smoke_test_that_fails_does_not_say_that_nothing_was_written() {
    let program = Program::with_manifest(
        "version: 1\nbroker: {defaults: {message.max.bytes: 10}, process: {heap: 512M}}\ntopics: {items: [{name: kept, partitions: 1}]}\n",
    );
    let _running = Running(&program);
    let up = program
        .run(&["up", "--engine", "native", "--port", "0"])
        .exits(5);
    let said = "error: the smoke test: cannot write a record to `tonkafka.smoke-test`: ";
    up.stderr_has(said);
    let said = "; the manifest is applied\nhint: the cluster runs: ";
    up.stderr_has(said);
    let status = program.run(&["status", "-o", "json"]).exits(0);
    let topics = apache::describe_topics(&bootstrap(&status));
    assert_eq!(topics.keys().collect::<Vec<_>>(), ["kept"]);
}
