//! Saved plans, applied exactly or not at all.

use std::os::unix::fs::PermissionsExt;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tonkafka::cluster::fake::State;
use tonkafka::plan::file;

use crate::fake::{Bench, holding, topic};
use crate::fresh;

const MANIFEST: &str = "\
version: 1
topics:
  items:
    - {name: new, partitions: 2}
    - {name: grown, partitions: 3}
    - {name: changed, partitions: 1, configs: {retention.ms: 2000}}
    - {name: doomed, state: absent}
";

fn cluster() -> State {
    holding(&[
        ("grown", topic(2, &[])),
        ("changed", topic(1, &[("retention.ms", "1000")])),
        ("doomed", topic(1, &[])),
    ])
}

fn planned() -> Bench {
    let bench = Bench::new(MANIFEST, &cluster());
    let out = ["plan", "--allow-delete", "1", "--out", "plan.json"];
    let ran = bench.run(&out).exits(0);
    assert_eq!(ran.stderr, "the plan is in plan.json\n");
    bench
}

const APPLY: [&str; 3] = ["apply", "plan.json", "--yes"];

#[test]
fn a_kept_plan_is_applied_word_for_word() {
    let bench = planned();
    let mode = bench
        .program
        .path()
        .join("plan.json")
        .metadata()
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
    // Later changes of the manifest do not matter.
    bench.program.write("topics.yaml", "version: 1\n");
    let ran = bench.run(&APPLY).exits(0);
    ran.stdout_ends("apply: 4 done and verified\n");
    let state = bench.state();
    assert_eq!(state.topics["changed"].configs["retention.ms"], "2000");
    assert!(!state.topics.contains_key("doomed"));
    // The cluster is no longer as it was when the plan was made.
    bench.run(&APPLY).exits(4);
    assert_eq!(bench.state(), state);
}

/// Changes the cluster, applies, and expects a refusal that writes nothing.
#[track_caller]
fn refused_after(change: impl FnOnce(&mut State), expected: &str) {
    let bench = planned();
    let mut state = bench.state();
    change(&mut state);
    bench.set(&state);
    let ran = bench.run(&APPLY).exits(4);
    ran.stderr_has(expected);
    assert_eq!(bench.state(), state);
}

#[test]
fn whatever_changed_since_is_named_and_nothing_is_written() {
    refused_after(
        |state| {
            let configs = &mut state.topics.get_mut("changed").unwrap().configs;
            configs.insert("retention.ms".into(), "1500".into());
        },
        "topic changed: retention.ms was 1000, and is 1500 now\nhint: nothing was written; make a new plan\n",
    );
    refused_after(
        |state| state.topics.get_mut("doomed").unwrap().id = 9,
        "topic doomed: the topic's id was AAAAAAAAAAAAAAAAAAAAAQ, and is AAAAAAAAAAAAAAAAAAAACQ now",
    );
    refused_after(
        |state| state.topics.get_mut("grown").unwrap().partitions = 5,
        "topic grown: the number of partitions was 2, and is 5 now",
    );
    refused_after(
        |state| {
            state.topics.insert("new".into(), topic(1, &[]));
        },
        "topic new: the topic was absent, and is there now",
    );
    refused_after(
        |state| state.cluster_id = "another".into(),
        "the plan is for cluster `fake-cluster`, and this is cluster `another`",
    );
}

#[test]
fn a_file_that_is_not_as_it_was_written_is_refused() {
    let bench = planned();
    let text = bench.program.read("plan.json");
    assert!(file::from_text(&text).is_ok());
    for end in 0..text.trim_end().len() {
        assert!(file::from_text(&text[..end]).is_err(), "cut at {end}");
    }
    let meaning = file::from_text(&text).unwrap();
    for position in 0..text.len() {
        for bit in 0..7 {
            let mut bytes = text.clone().into_bytes();
            bytes[position] ^= 1 << bit;
            let Ok(changed) = String::from_utf8(bytes) else {
                continue;
            };
            if let Ok(plan) = file::from_text(&changed) {
                assert_eq!(plan, meaning, "bit {bit} of byte {position}");
            }
        }
    }
    let newer = text.replace("\"formatVersion\": 2", "\"formatVersion\": 3");
    bench.program.write("plan.json", &newer);
    let ran = bench.run(&APPLY).exits(2);
    ran.stderr_has("its format is 3, this one reads 2");
    bench.program.write("plan.json", "{}");
    bench.run(&APPLY).exits(2);
    bench.run(&["apply", "absent.json", "--yes"]).exits(2);
    assert_eq!(bench.state(), cluster());
}

/// Plans are short-lived: one of an earlier version is made again.
#[test]
fn a_plan_of_version_1_is_refused() {
    let bench = planned();
    for name in [
        "plan-v1",
        "plan-v1-all",
        "plan-v1-listener",
        "plan-access-v1",
        "plan-offsets-v1",
    ] {
        let kept = fresh::repository(&format!("tests/formats/{name}.json"));
        let kept = std::fs::read_to_string(kept).unwrap();
        bench.program.write("plan.json", &kept);
        let ran = bench.run(&["apply", "plan.json", "--yes"]).exits(2);
        assert_eq!(
            ran.stderr,
            "error: cannot use the plan plan.json: it was written by another version of tonkafka: its format is 1, this one reads 2\nhint: make it again with `tonkafka plan --out`\n"
        );
    }
    assert_eq!(bench.state(), cluster());
}

#[test]
fn a_plan_that_is_refused_is_not_kept() {
    let bench = Bench::new(
        "version: 1\ntopics:\n  items:\n    - {name: grown, partitions: 1}\n",
        &cluster(),
    );
    bench.run(&["plan", "--out", "plan.json"]).exits(4);
    assert!(!bench.program.path().join("plan.json").exists());
}

/// The checksum is right, so only the step is wrong.
#[test]
fn a_step_that_cannot_be_is_refused_with_its_number() {
    let bench = planned();
    let path = bench.program.path().join("plan.json");
    let text = std::fs::read_to_string(&path).unwrap();
    let mut plan: Value = serde_json::from_str(&text).unwrap();
    plan.as_object_mut().unwrap().shift_remove("checksum");
    let steps = plan["steps"].as_array_mut().unwrap();
    let number = steps.len();
    steps[number - 1]["resource"] = json!({ "type": "group", "id": "billing" });
    let digest = Sha256::digest(plan.to_string().as_bytes());
    let digest: Vec<String> = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    plan["checksum"] = json!(digest.concat());
    std::fs::write(&path, plan.to_string()).unwrap();
    let ran = bench.run(&["apply", "plan.json", "--yes"]).exits(2);
    let why = format!("it is no plan: step {number}: `delete` cannot be done to group billing");
    assert_eq!(
        ran.stderr,
        format!(
            "error: cannot use the plan plan.json: {why}\nhint: make it again with `tonkafka plan --out`\n"
        )
    );
    assert_eq!(bench.state(), cluster());
}

#[test]
fn what_is_no_file_of_a_plans_size_is_refused_unread() {
    let bench = planned();
    let at = |name: &str| bench.program.path().join(name);
    let made = std::process::Command::new("mkfifo")
        .arg(at("pipe"))
        .status();
    assert!(made.unwrap().success());
    std::fs::create_dir(at("directory")).unwrap();
    let sparse = std::fs::File::create(at("large")).unwrap();
    sparse.set_len(3 << 30).unwrap();
    std::fs::write(at("latin"), b"{ \"\xe9\" }").unwrap();
    for (name, why) in [
        ("pipe", "it is no plain file"),
        ("directory", "it is no plain file"),
        ("/dev/zero", "it is no plain file"),
        ("large", "it is larger than 64 MiB"),
        ("latin", "it is not UTF-8"),
        ("absent", "No such file or directory (os error 2)"),
    ] {
        let ran = bench.run(&["apply", name, "--yes"]).exits(2);
        let expected = format!(
            "error: cannot use the plan {name}: {why}\nhint: make it again with `tonkafka plan --out`\n"
        );
        assert_eq!(ran.stderr, expected);
        assert_eq!(ran.stdout, "");
        assert!(ran.peak_kib < 100 << 10, "{} KiB", ran.peak_kib);
    }
    assert_eq!(bench.state(), cluster());
}
