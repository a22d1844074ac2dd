//! The JSON Schemas of documents, against the documents. Whatever the program prints with `-o json`
//! on a [`Bench`](crate::fake::Bench) in any of these tests is checked too.

use std::collections::BTreeMap;
use std::fs;
use std::sync::LazyLock;

use jsonschema::Validator;
use serde_json::{Value, json};
use tonkafka::cluster::fake::State;

use crate::fake::{Bench, holding, topic};
use crate::fresh;
use crate::program::{Program, Ran, finish, words};

const KINDS: [&str; 15] = [
    "plan",
    "report",
    "event",
    "journal",
    "error",
    "validation",
    "names",
    "backup",
    "backups",
    "access",
    "snapshot",
    "record",
    "verification",
    "restore",
    "mirror",
];

fn file(kind: &str) -> String {
    format!("schemas/{kind}.schema.json")
}

static VALIDATORS: LazyLock<BTreeMap<&str, Validator>> = LazyLock::new(|| {
    let read = |kind| {
        let text = fs::read_to_string(fresh::repository(&file(kind))).unwrap();
        let schema: Value = serde_json::from_str(&text).unwrap();
        assert!(jsonschema::meta::is_valid(&schema), "{kind}");
        jsonschema::draft202012::new(&schema).unwrap()
    };
    KINDS.into_iter().map(|kind| (kind, read(kind))).collect()
});

/// The schema of a document; none of kinds that have none.
fn kind_of(document: &Value) -> Option<&'static str> {
    match document["kind"].as_str()? {
        "Plan" => Some("plan"),
        "Report" => Some("report"),
        "Event" => Some("event"),
        "Error" => Some("error"),
        "Validation" => Some("validation"),
        "Backup" => Some("backup"),
        "Backups" => Some("backups"),
        "Acls" | "Users" | "Quotas" => Some("access"),
        "Snapshot" => Some("snapshot"),
        "Record" => Some("record"),
        "SnapshotVerification" => Some("verification"),
        "Restore" => Some("restore"),
        "Mirror" => Some("mirror"),
        "TopicNames" | "BrokerIds" | "GroupNames" => Some("names"),
        _ => None,
    }
}

#[track_caller]
pub fn assert_follows(kind: &str, document: &Value) {
    let errors: Vec<String> = VALIDATORS[kind]
        .iter_errors(document)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    assert_eq!(errors, [""; 0], "{document:#}");
}

/// A run with these arguments. What `-o json` prints has to follow its schema.
#[track_caller]
pub fn checked(arguments: &[&str], ran: Ran) -> Ran {
    if arguments.contains(&"json") {
        check(&ran.stdout);
    }
    ran
}

/// Panics unless this is JSON, one document or several, each of which follows its schema.
#[track_caller]
pub fn check(printed: &str) {
    assert_ne!(printed, "", "no document");
    let documents = serde_json::Deserializer::from_str(printed).into_iter::<Value>();
    for document in documents {
        let document = document.unwrap_or_else(|error| panic!("no JSON: {error}\n{printed}"));
        if let Some(kind) = kind_of(&document) {
            assert_follows(kind, &document);
        }
    }
}

#[test]
fn the_kept_schemas_are_what_the_program_prints() {
    for kind in KINDS {
        let ran = Program::new().run(&["render", "schema", kind]).exits(0);
        fresh::check(&file(kind), &ran.stdout);
    }
}

/// A cluster and a manifest from which a plan has a step of each action, a secret, guards, notes,
/// orphans and what is left alone.
fn of_everything() -> Bench {
    let manifest = "\
version: 1
broker:
  defaults: { message.max.bytes: 5, log.retention.hours: 3 }
  brokers: { 1: { listener.name.internal.ssl.keystore.password: \"${env:PASSWORD}\" } }
ownership: { prefixes: [a., b.] }
topics:
  items:
    - { name: a.new, partitions: 2, replicas: 1, configs: { retention.ms: 1h } }
    - { name: a.grown, partitions: 3 }
    - { name: a.set, partitions: 1, configs: { retention.ms: 2000, segment.bytes: unset } }
    - { name: a.gone, state: absent }
";
    let set = topic(
        1,
        &[
            ("retention.ms", "1000"),
            ("segment.bytes", "1048576"),
            ("flush.ms", "9"),
        ],
    );
    let mut state = holding(&[
        ("a.grown", topic(2, &[])),
        ("a.set", set),
        ("a.gone", topic(1, &[])),
        ("b.stray", topic(1, &[])),
        ("foreign", topic(1, &[])),
    ]);
    state
        .broker_configs
        .entry(1)
        .or_default()
        .insert("log.cleaner.threads".into(), "2".into());
    Bench::new(manifest, &state)
}

#[track_caller]
fn run(bench: &Bench, arguments: &[&str]) -> Ran {
    let mut command = bench.program.command(&bench.arguments(arguments));
    let child = command.env("PASSWORD", "hunter2").spawn().unwrap();
    checked(arguments, finish(child))
}

#[test]
#[should_panic(expected = "no JSON")]
fn what_is_no_json_does_not_pass() {
    check("{}\nplan: nothing to do\n");
}

#[test]
fn a_plan_of_everything_follows_its_schema_printed_and_kept() {
    let bench = of_everything();
    let ran = run(&bench, &["plan", "-o", "json"]).exits(4);
    let refused = ran.json();
    assert_eq!(refused["findings"][0]["code"], "delete-not-allowed");
    let plan =
        words("plan -o json --allow-delete 2 --delete-orphans --prune-configs --out plan.json");
    run(&bench, &plan).exits(0);
    let kept: Value = serde_json::from_str(&bench.program.read("plan.json")).unwrap();
    assert_follows("plan", &kept);
    fresh::check_form_for_ever(
        "tests/formats/plan-v1-listener.json",
        &bench.program.read("plan.json"),
    );
    let ran = run(&bench, &["apply", "plan.json", "--yes", "-o", "json"]).exits(0);
    assert!(ran.documents().len() > 5, "{}", ran.stdout);
}

#[test]
fn a_kept_plan_of_everything_can_still_be_applied() {
    let bench = of_everything();
    let kept =
        fs::read_to_string(fresh::repository("tests/formats/plan-v1-listener.json")).unwrap();
    assert!(!kept.contains("hunter2"), "{kept}");
    bench.program.write("kept.json", &kept);
    run(&bench, &["apply", "kept.json", "--yes"]).exits(0);
    let state = bench.state();
    let topics: Vec<&String> = state.topics.keys().collect();
    assert_eq!(topics, ["a.grown", "a.new", "a.set", "foreign"]);
    let own = &state.broker_configs[&1];
    assert_eq!(
        own["listener.name.internal.ssl.keystore.password"],
        "hunter2"
    );
}

#[test]
fn a_kept_plan_with_a_key_that_wants_a_listener_is_read_and_no_manifest_has_its_value() {
    let bench = of_everything();
    let kept = fs::read_to_string(fresh::repository("tests/formats/plan-v1-all.json")).unwrap();
    bench.program.write("kept.json", &kept);
    let ran = run(&bench, &["apply", "kept.json", "--yes"]).exits(4);
    let hint = "hint: pass the manifest that the plan was made from with `-f`\n";
    ran.stderr_has("ssl.keystore.password");
    ran.stderr_ends(hint);
    assert!(bench.state().requests.is_empty());
}

#[test]
fn every_outcome_and_what_was_cut_off_follow_their_schemas() {
    let mut state = holding(&[("a", topic(1, &[]))]);
    state.faults.refuse.insert("b".into(), "no".into());
    state.faults.lose_answers = vec!["CreatePartitions".into()];
    let manifest = "version: 1\ntopics:\n  items:\n    - {name: a, partitions: 2}\n    - {name: b, partitions: 1}\n    - {name: c, partitions: 1}\n";
    let bench = Bench::new(manifest, &state);
    let ran = bench.run(&["apply", "--yes", "-o", "json"]).exits(5);
    let report = ran.documents().pop().unwrap();
    let outcomes: Vec<&Value> = report["steps"].as_array().unwrap().iter().collect();
    let outcome = |index: usize| (&outcomes[index]["outcome"], &outcomes[index]["note"]);
    assert_eq!(outcome(0).0, "refused");
    assert!(outcome(2).1.is_string(), "{report:#}");

    let kept = fs::read_to_string(fresh::repository("tests/formats/journal-v1.jsonl")).unwrap();
    let directory = bench
        .program
        .path()
        .join("home/state/tonkafka/journal/fake-cluster");
    let text: String = kept.split_inclusive('\n').take(6).collect();
    fs::write(directory.join("20200102T030405.678Z-123.jsonl"), text).unwrap();
    let ran = bench.run(&["apply", "--yes", "-o", "json"]).exits(4);
    assert_eq!(ran.documents()[0]["type"], "interrupted", "{}", ran.stdout);
}

#[test]
fn errors_follow_their_schema() {
    let bench = Bench::new("version: 2\n", &State::default());
    for arguments in [&["plan"][..], &["apply", "absent.json", "--yes"]] {
        let ran = bench.run(&[arguments, &["-o", "json"]].concat()).exits(2);
        assert_eq!(crate::fake::error(&ran)["code"], 2);
    }
    let bench = of_everything();
    let ran = run(&bench, &["apply", "--yes", "-o", "json"]).exits(4);
    assert_eq!(crate::fake::error(&ran)["code"], 4);
    fresh::check_form_for_ever("tests/formats/error-v1.json", &ran.stdout);
}

#[test]
fn journals_follow_their_schema() {
    let bench = of_everything();
    let apply = ["apply", "--yes", "--allow-delete", "1"];
    run(&bench, &apply).exits(0);
    let directory = bench
        .program
        .path()
        .join("home/state/tonkafka/journal/fake-cluster");
    let [journal] = fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect::<Vec<_>>()
        .try_into()
        .unwrap();
    let mut kinds = Vec::new();
    for line in fs::read_to_string(journal).unwrap().lines() {
        let line: Value = serde_json::from_str(line).unwrap();
        assert_follows("journal", &line);
        kinds.push(line["line"].as_str().unwrap().to_owned());
    }
    for kind in ["header", "step", "sending", "settled", "end"] {
        assert!(kinds.iter().any(|one| one == kind), "{kinds:?}");
    }
}

#[test]
fn files_of_every_version_follow_the_schemas() {
    for (file, kind) in [
        ("plan-v1.json", "plan"),
        ("plan-v1-all.json", "plan"),
        ("plan-v1-listener.json", "plan"),
        ("report-v1.json", "report"),
        ("event-v1.jsonl", "event"),
        ("journal-v1.jsonl", "journal"),
        ("error-v1.json", "error"),
        ("backup-v1.json", "backup"),
    ] {
        let path = fresh::repository(&format!("tests/formats/{file}"));
        let text = fs::read_to_string(path).unwrap();
        let documents = serde_json::Deserializer::from_str(&text).into_iter::<Value>();
        let mut count = 0;
        for document in documents {
            assert_follows(kind, &document.unwrap());
            count += 1;
        }
        assert!(count > 0, "{file}");
    }
}

#[test]
fn steps_on_groups_and_partitions_follow_the_schema_and_others_do_not() {
    let plan = |resource: Value, action: Value| {
        json!({
            "formatVersion": 1, "kind": "Plan", "clusterId": "c", "manifestHash": "",
            "steps": [{
                "id": 1, "resource": resource, "action": action,
                "reason": "requested", "risk": "none",
            }],
            "findings": [], "orphans": [], "leftAlone": { "topics": [], "overrides": [] },
        })
    };
    let commit = json!({ "type": "commit", "group": "g", "topic": "t", "partition": 0 });
    let committed = json!({ "offset": 5, "leaderEpoch": 1, "metadata": "m" });
    let moved = json!({
        "type": "commit", "before": null, "after": committed, "logStart": 0, "logEnd": 9,
        "replay": 0, "skip": 0, "lagAfter": 4, "targetTime": 1, "share": true,
    });
    let group = json!({ "type": "group", "id": "g" });
    let deleted = json!({
        "type": "deleteGroup", "groupType": "classic",
        "commits": [{ "topic": "t", "partition": 0, "committed": committed }],
    });
    let partition = json!({ "type": "partition", "topic": "t", "partition": 0 });
    let truncated = json!({ "type": "truncate", "logStart": 0, "logEnd": 9, "before": 4 });
    for (resource, action) in [
        (&commit, moved),
        (&commit, json!({ "type": "forget", "before": committed })),
        (&group, deleted),
        (&partition, truncated.clone()),
    ] {
        assert_follows("plan", &plan(resource.clone(), action));
    }
    for (resource, action) in [
        (json!({ "type": "group" }), truncated.clone()),
        (
            json!({ "type": "group", "id": "g", "topic": "t" }),
            truncated,
        ),
        (group, json!({ "type": "drop" })),
    ] {
        assert!(!VALIDATORS["plan"].is_valid(&plan(resource, action)));
    }
}
