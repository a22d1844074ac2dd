//! The JSON Schemas of documents, checked against real documents. `Program::run` also checks
//! everything that any of these tests prints with `-o json`.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use serde_json::{Value, json};
use tonkafka::cluster::fake::State;
use tonkafka::local::StartedCluster;
use tonkafka::local::state::RunningEngine;
use tonkafka::snapshot::Reader;
use tonkafka::view::schema::SCHEMAS;

use crate::fake::{Bench, holding, topic};
use crate::fresh;
use crate::program::documents::{ALL, KINDS, file, follows};
use crate::program::{Program, Ran, finish, words};

pub use crate::program::documents::{assert_follows, check};

#[test]
fn the_kept_schemas_are_what_the_program_prints() {
    for one in SCHEMAS {
        let ran = Program::new().run(&["render", "schema", one.name]).exits(0);
        fresh::check(&file(one.name), &ran.stdout);
    }
}

/// A cluster and a manifest whose plan has a step of each kind, a secret, findings, orphans, and
/// things left alone.
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
    finish(command.env("PASSWORD", "hunter2").spawn().unwrap())
}

#[test]
#[should_panic(expected = "in {}")]
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
        "tests/formats/plan-v2-listener.json",
        &bench.program.read("plan.json"),
    );
    let ran = run(&bench, &["apply", "plan.json", "--yes", "-o", "json"]).exits(0);
    assert!(ran.documents().len() > 5, "{}", ran.stdout);
}

#[test]
fn a_kept_plan_of_everything_can_still_be_applied() {
    let bench = of_everything();
    let kept =
        fs::read_to_string(fresh::repository("tests/formats/plan-v2-listener.json")).unwrap();
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
    let kept = fs::read_to_string(fresh::repository("tests/formats/plan-v2-all.json")).unwrap();
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
        ("plan-v2.json", "plan"),
        ("plan-v2-all.json", "plan"),
        ("plan-v2-listener.json", "plan"),
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
            "formatVersion": 2, "kind": "Plan", "clusterId": "c", "manifestHash": "",
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
        assert!(!follows("plan", &plan(resource, action)));
    }
}

/// A document of each kind that needs no broker.
fn of_every_kind() -> Vec<Value> {
    let mut state = crate::billing::state();
    state.topics.insert("a.new".into(), topic(1, &[]));
    let access = json!([{
        "resourceType": "TOPIC", "resourceName": "orders", "patternType": "LITERAL",
        "principal": "User:ann", "host": "*", "operation": "READ", "permission": "ALLOW",
    }]);
    state.acls = serde_json::from_value(access).unwrap();
    let users = json!([{
        "name": "ann", "credentials": [{ "mechanism": "SCRAM-SHA-256", "iterations": 4096 }],
    }]);
    state.users = serde_json::from_value(users).unwrap();
    let class = "org.apache.kafka.metadata.authorizer.StandardAuthorizer";
    let settings = [("authorizer.class.name", class), ("super.users", "User:x")];
    let settings = settings.map(|(key, value)| (key.to_owned(), value.to_owned()));
    state.static_configs.extend(settings);
    let quotas = json!([{ "entity": { "user": "ann" }, "values": { "producer_byte_rate": 5.0 } }]);
    state.quotas = serde_json::from_value(quotas).unwrap();
    let bench = Bench::new(
        "version: 1\ntopics: {items: [{name: a.new, partitions: 2}]}\n",
        &state,
    );
    let other = State {
        cluster_id: "other".into(),
        ..State::default()
    };
    bench
        .program
        .write("other.json", &serde_json::to_string(&other).unwrap());
    let golden = fresh::repository("tests/formats/snapshot-v1.tksnap");
    fs::copy(golden, bench.program.path().join("s.tksnap")).unwrap();
    let mut documents = Vec::new();
    let mut take = |text: &str| documents.extend(check(text));
    for line in [
        "validate",
        "plan",
        "plan -f absent.yaml",
        "apply --yes",
        "list topics",
        "list brokers",
        "list groups",
        "describe",
        "describe topics --under-replicated-partitions",
        "describe topic a.new",
        "describe brokers",
        "describe broker 1",
        "describe cluster",
        "describe log-dirs",
        "describe quorum",
        "describe api-versions",
        "describe acls",
        "describe access User:ann --topic orders",
        "can User:ann READ topic:orders --assume super.users=User:x",
        "describe users",
        "describe quotas",
        "describe groups",
        "describe group billing",
        "lag",
        "lag --time --fail-over 1",
        "reset-offsets billing --to earliest --all-topics --yes",
        "reset-offsets history",
        "explain retention.ms",
        "render compose",
        "render reference keys",
        "render reference client-properties",
        "import",
        "context add one",
        "context list",
        "context show",
        "context use one",
        "context test",
        "context remove one",
        "backup create",
        "backup list",
        "backup create --out b.json",
        "backup show b.json",
        "snapshot show s.tksnap",
        "snapshot verify s.tksnap",
        "snapshot restore s.tksnap orders --rename orders=copy --yes --allow-cluster-change --allow-expired",
        "version",
        "status",
        "down",
    ] {
        let ran = bench.run(&[&words(line)[..], &["-o", "json"]].concat());
        assert!(!ran.stdout.is_empty(), "{line}: {}", ran.stderr);
        take(&ran.stdout);
    }
    let records = ["snapshot", "show", "s.tksnap", "--records"];
    take(&bench.program.run(&records).exits(0).stdout);
    let from = format!(
        "fake:{}",
        bench.program.path().join("cluster.json").display()
    );
    let to = format!("fake:{}", bench.program.path().join("other.json").display());
    let mirror = ["mirror", "orders", "--once", "--yes", "-o", "json"];
    let sides = [
        "--from-bootstrap-server",
        &from,
        "--to-bootstrap-server",
        &to,
    ];
    let ran = bench.program.run(&[&mirror[..], &sides].concat());
    take(&ran.exits(0).stdout);
    let journal = fs::read_to_string(fresh::repository("tests/formats/journal-v1.jsonl")).unwrap();
    let header = serde_json::from_str(journal.lines().next().unwrap());
    documents.push(header.unwrap());
    for shelf in ["resets", "restores"] {
        let shelf = bench.program.path().join("home/state/tonkafka").join(shelf);
        let mut kept = files_below(&shelf);
        kept.retain(|path| path.extension().is_some_and(|ending| ending == "json"));
        documents.push(serde_json::from_str(&fs::read_to_string(&kept[0]).unwrap()).unwrap());
    }
    documents
}

fn files_below(directory: &std::path::Path) -> Vec<std::path::PathBuf> {
    let entries = fs::read_dir(directory).unwrap();
    let entries = entries.map(|entry| entry.unwrap().path());
    entries
        .flat_map(|path| {
            if path.is_dir() {
                files_below(&path)
            } else {
                vec![path]
            }
        })
        .collect()
}

#[test]
fn every_kind_of_document_has_a_schema_that_lets_nothing_else_through() {
    let documents = of_every_kind();
    let kind = |document: &Value| document["kind"].as_str().unwrap().to_owned();
    let mut seen: BTreeSet<String> = documents.iter().map(kind).collect();
    // This kind needs a broker: see `tests/cluster/up.rs`.
    seen.insert("LocalUp".to_owned());
    let all: BTreeSet<String> = KINDS.keys().cloned().collect();
    assert_eq!(seen, all);

    let mut samples: BTreeMap<String, Value> = BTreeMap::new();
    for document in documents {
        samples.insert(kind(&document), document);
    }
    for (kind, document) in samples {
        let name = KINDS[&kind];
        let follows = |changed: &Value| follows(name, changed);
        assert_follows(name, &document);
        let needed = never_missing(&ALL[name]);
        for place in places(&document) {
            let mut changed = document.clone();
            let there = changed.pointer_mut(&place).unwrap();
            there["unheardOf"] = json!([[["of"]]]);
            assert!(!follows(&changed), "{kind} takes a field more at `{place}`");
            let names: Vec<String> = document
                .pointer(&place)
                .unwrap()
                .as_object()
                .unwrap()
                .keys()
                .cloned()
                .collect();
            for name in names.iter().filter(|name| needed.contains(*name)) {
                let mut changed = document.clone();
                let there = changed.pointer_mut(&place).unwrap();
                there.as_object_mut().unwrap().remove(name);
                assert!(!follows(&changed), "{kind} takes none for `{place}/{name}`");
            }
        }
        for place in known_words(&document, &ALL[name]) {
            let mut changed = document.clone();
            *changed.pointer_mut(&place).unwrap() = json!("unheard of");
            assert!(!follows(&changed), "{kind} takes any word at `{place}`");
        }
    }
}

/// JSON pointers to the objects of a document.
fn places(document: &Value) -> Vec<String> {
    let mut found = Vec::new();
    visit(document, "", &mut |place, value| {
        if value.is_object() {
            found.push(place.to_owned());
        }
    });
    found
}

/// JSON pointers to words that the schema lists as the only values of a field.
fn known_words(document: &Value, schema: &Value) -> Vec<String> {
    const FIELDS: [&str; 12] = [
        "kind",
        "type",
        "severity",
        "code",
        "outcome",
        "risk",
        "source",
        "seen",
        "state",
        "operation",
        "permission",
        "line",
    ];
    let mut known = BTreeSet::new();
    visit(schema, "", &mut |place, value| {
        let is_word = place.ends_with("/const") || place.contains("/enum/");
        if let (true, Some(word)) = (is_word, value.as_str()) {
            known.insert(word.to_owned());
        }
    });
    let mut found = Vec::new();
    visit(document, "", &mut |place, value| {
        let field = place.rsplit('/').next().unwrap_or_default();
        let is_known = value.as_str().is_some_and(|word| known.contains(word));
        // Group types and states may be words that this version does not know.
        if is_known && FIELDS.contains(&field) && !place.contains("/groups/") {
            found.push(place.to_owned());
        }
    });
    found
}

/// Fields that every object of a schema requires.
fn never_missing(schema: &Value) -> BTreeSet<String> {
    let (mut all, mut optional) = (BTreeSet::new(), BTreeSet::new());
    visit(schema, "", &mut |_, value| {
        let Some(properties) = value["properties"].as_object() else {
            return;
        };
        let required = value["required"].as_array();
        let is_required =
            |name: &String| required.is_some_and(|all| all.iter().any(|one| one == name));
        all.extend(properties.keys().cloned());
        optional.extend(properties.keys().filter(|name| !is_required(name)).cloned());
    });
    &all - &optional
}

fn visit(value: &Value, place: &str, see: &mut impl FnMut(&str, &Value)) {
    see(place, value);
    let inside: Vec<(String, &Value)> = match value {
        Value::Object(fields) => fields
            .iter()
            .map(|(name, value)| (name.clone(), value))
            .collect(),
        Value::Array(items) => (0..).map(|at: usize| at.to_string()).zip(items).collect(),
        _ => Vec::new(),
    };
    for (name, value) in inside {
        let name = name.replace('~', "~0").replace('/', "~1");
        visit(value, &format!("{place}/{name}"), see);
    }
}

#[test]
fn what_is_no_json_or_of_no_known_kind_is_noticed() {
    for printed in [
        "not JSON\n",
        "{\"formatVersion\": 1, \"kind\": \"Unheard\"}\n",
        "{\"formatVersion\": 1}\n",
        "{\"formatVersion\": 1, \"kind\": \"Version\"",
    ] {
        assert!(
            std::panic::catch_unwind(|| check(printed)).is_err(),
            "{printed}"
        );
    }
}

#[test]
fn files_without_a_kind_follow_their_schemas() {
    let golden = fresh::repository("tests/formats/snapshot-v1.tksnap");
    let reader = Reader::open(&golden).unwrap();
    assert_follows("snapshot-header", &json!(reader.header()));
    let cluster = StartedCluster {
        format_version: StartedCluster::FORMAT_VERSION,
        engine: RunningEngine::Native,
        profile: "single".to_owned(),
        cluster_id: Some("c".to_owned()),
        kafka_version: "4.3.1".to_owned(),
        bootstrap: "localhost:9092".to_owned(),
        security: None,
        ports: BTreeMap::from([("CLIENT".to_owned(), 9092)]),
        process: None,
        data_dir: Some("data".into()),
        log: None,
        started_at: "2026-01-02T03:04:05Z".to_owned(),
        manifest: None,
    };
    assert_follows("local-cluster", &json!(cluster));
}
