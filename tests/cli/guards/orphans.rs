//! Undeclared topics under an owned prefix.

use serde_json::Value;
use tonkafka::cluster::fake::{FakeTopic, State};

use crate::fake::{Bench, holding, topic};

const OWNED: &str = "\
version: 1
ownership: {prefixes: [user., flow.]}
topics:
  items:
    - {name: user.activity, partitions: 1}
environments:
  production:
    topics:
      items:
        - {name: user.audit, partitions: 1}
";

fn owned() -> State {
    let names = [
        "user.activity",
        "user.audit",
        "user.left",
        "flow.old",
        "flow.app-store-changelog",
        "users",
        "_schemas",
    ];
    let topics: Vec<(&str, FakeTopic)> = names.map(|name| (name, topic(1, &[]))).into();
    holding(&topics)
}

#[test]
fn orphans_are_listed_and_deleted_only_when_told_twice() {
    let bench = Bench::new(OWNED, &owned());
    let ran = bench.run(&["plan", "--exit-code"]).exits(0);
    assert_eq!(
        ran.stdout,
        "\
orphans, under a prefix that the manifest owns and not declared:
  topics flow.old, user.left
    hint: declare them, or pass `--delete-orphans` to plan their deletion

not in the manifest, left alone:
  topics _schemas, flow.app-store-changelog, user.audit, users

plan: nothing to do
"
    );
    let json = bench.run(&["plan", "-o", "json"]).exits(0).json();
    assert_eq!(
        json["orphans"],
        serde_json::json!(["flow.old", "user.left"])
    );
    let ran = bench.run(&["apply", "--yes", "--delete-orphans"]).exits(4);
    ran.stderr_ends("hint: to delete them, pass `--allow-delete 2`; to keep them, leave out `--delete-orphans`\n");
    assert_eq!(bench.state(), owned());
    let flags = ["--delete-orphans", "--allow-delete", "2"];
    let out = [&["plan", "--out", "plan.json"], &flags[..]].concat();
    let ran = bench.run(&out).exits(0);
    let step = "\
- topic user.left  (deletes records, cannot be undone)
    deletes  1 partition with all records
    orphan   the manifest owns its prefix and does not declare it
";
    ran.stdout_has(step);
    let saved: Value = serde_json::from_str(&bench.program.read("plan.json")).unwrap();
    assert_eq!(saved["steps"][0]["reason"], "orphan");
    bench.run(&["apply", "plan.json", "--yes"]).exits(0);
    let left: Vec<String> = bench.state().topics.into_keys().collect();
    let expected = [
        "_schemas",
        "flow.app-store-changelog",
        "user.activity",
        "user.audit",
        "users",
    ];
    assert_eq!(left, expected);
    let narrow = ["plan", "--only", "user.*", "--delete-orphans"];
    bench.run(&narrow).exits(2);
    bench.program.write("topics.yaml", "version: 1\n");
    let nobody = bench.run(&["plan", "--delete-orphans"]).exits(2);
    assert_eq!(
        nobody.stderr,
        "error: `--delete-orphans` needs a manifest that owns prefixes\nhint: name them under `ownership: { prefixes: […] }`, or leave the flag out\n"
    );
}

#[test]
fn an_orphan_that_was_made_anew_is_not_deleted() {
    let bench = Bench::new(OWNED, &owned());
    let out = [
        "plan",
        "--out",
        "p.json",
        "--delete-orphans",
        "--allow-delete",
        "2",
    ];
    bench.run(&out).exits(0);
    let mut state = bench.state();
    state.topics.get_mut("user.left").unwrap().id = 9;
    bench.set(&state);
    bench.run(&["apply", "p.json", "--yes"]).exits(4);
    assert_eq!(bench.state(), state);
}

#[test]
fn each_file_may_own_prefixes_and_an_environment_its_own() {
    let bench = Bench::new("version: 1\nownership: {prefixes: [user.]}\n", &owned());
    let other = "version: 1\nownership: {prefixes: [flow.]}\nenvironments: {stage: {ownership: {prefixes: [stage.]}}}\n";
    bench.program.write("flow.yaml", other);
    let files = ["plan", "-f", "topics.yaml", "-f", "flow.yaml", "-o", "json"];
    let plan = bench.run(&files).exits(0).json();
    let expected = ["flow.old", "user.activity", "user.audit", "user.left"];
    assert_eq!(plan["orphans"], serde_json::json!(expected));
    let staged = [&files[..], &["--env", "stage"]].concat();
    assert_eq!(
        bench.run(&staged).exits(0).json()["orphans"],
        serde_json::json!([])
    );
}
