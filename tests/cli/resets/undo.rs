//! Resets are saved and undone.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use serde_json::{Value, json};
use tonkafka::model::group::Committed;

use super::reset;
use crate::billing::{committed, group, state};
use crate::fake::{Bench, put};
use crate::fresh;
use crate::program::Program;

#[test]
fn a_reset_shows_asks_writes_reads_back_and_can_be_taken_back() {
    let bench = Bench::new("version: 1\n", &state());
    let to = ["billing", "--topic", "orders:0,1", "--to", "earliest"];
    let shown = "\
~ group billing, topic orders: replay 100, skip 0
    PARTITION  COMMITTED  NEW  CHANGE                                         LOG START  LOG END  LAG AFTER
            0        100    0  replay 100                                             0      150        150
            1          5   20  nothing to read lies between, 15 lost already         20      100         80
counts are differences of offsets: upper bounds on topics that are compacted or that transactions write to

plan: 2 offsets to commit in 1 group (replay 100, skip 0)
";
    let dry = reset(&bench, &[&to[..], &["--dry-run"]].concat()).exits(0);
    assert_eq!((dry.stdout.as_str(), dry.stderr.as_str()), (shown, ""));
    let nobody = reset(&bench, &to).exits(4);
    assert_eq!(
        nobody.stderr,
        "error: nothing was applied: stdin is not a terminal\nhint: pass `--yes` to apply without asking\n"
    );
    assert_eq!(bench.state().requests, Vec::<String>::new());

    let ran = reset(&bench, &[&to[..], &["--yes"]].concat()).exits(0);
    let report = format!("{shown}apply: 2 done and verified\n");
    assert_eq!(ran.stdout, report);
    let id = ran.stderr.trim().rsplit(' ').next().unwrap().to_owned();
    assert_eq!(
        ran.stderr,
        format!("to take it back: tonkafka reset-offsets undo {id}\n")
    );
    assert_eq!(
        bench.state().requests,
        ["OffsetCommit billing/orders/0 billing/orders/1"]
    );
    let kept = Committed {
        offset: 0,
        leader_epoch: None,
        metadata: "kept".into(),
    };
    assert_eq!(committed(&bench, "billing", "orders", 0), Some(kept));

    let history = reset(&bench, &["history"]).exits(0).stdout;
    let mut lines = history.lines();
    let heading: Vec<&str> = lines.next().unwrap().split_whitespace().collect();
    assert_eq!(heading, ["ID", "AT", "GROUPS", "DONE", "UNDONE", "AT"]);
    let row = lines.next().unwrap();
    assert!(
        row.starts_with(&format!("{id}  ")) && row.contains("  billing  2 of 2  -"),
        "{row}"
    );

    let undone = reset(&bench, &["undo", "--yes"]).exits(0);
    undone.stdout_ends(
        "plan: 2 offsets to commit in 1 group (replay 0, skip 100)\napply: 2 done and verified\n",
    );
    let before = state();
    assert_eq!(bench.state().groups, before.groups);
    let again = reset(&bench, &["undo", "--yes"]).exits(4);
    again.stderr_starts(&format!("error: reset {id} was taken back at "));
    assert_eq!(bench.state().groups, before.groups);
}

/// The formats that programs and later versions read.
#[test]
fn kept_forms_are_those_of_version_1() {
    let bench = Bench::new("version: 1\n", &state());
    let to = ["billing", "--topic", "orders:0,1", "--to", "earliest"];
    let plan = reset(&bench, &[&to[..], &["--dry-run", "-o", "json"]].concat()).exits(0);
    fresh::check("tests/formats/plan-offsets-v2.json", &plan.stdout);
    reset(&bench, &[&to[..], &["--yes"]].concat()).exits(0);
    let resets = bench
        .program
        .path()
        .join("home/state/tonkafka/resets/fake-cluster");
    let file = fs::read_dir(&resets)
        .unwrap()
        .next()
        .unwrap()
        .unwrap()
        .path();
    let mode = fs::metadata(&file).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let text = fs::read_to_string(&file).unwrap();
    let mut record: Value = serde_json::from_str(&text).unwrap();
    record["id"] = json!("20261124-030000");
    record["at"] = json!("2026-11-24T03:00:00.123Z");
    let steady = serde_json::to_string_pretty(&record).unwrap() + "\n";
    fresh::check("tests/formats/reset-v1.json", &steady);

    // An interrupted reset in a record of that version is undone.
    let kept = fs::read_to_string(fresh::repository("tests/formats/reset-v1.json")).unwrap();
    let mut kept: Value = serde_json::from_str(&kept).unwrap();
    kept["outcomes"] = json!({});
    fs::remove_file(&file).unwrap();
    fs::write(resets.join("20261124-030000.json"), kept.to_string()).unwrap();
    let history = reset(&bench, &["history"]).exits(0).stdout;
    assert!(history.contains("  billing  cut off  -\n"), "{history}");
    reset(&bench, &["undo", "20261124-030000", "--yes"]).exits(0);
    assert_eq!(bench.state().groups, state().groups);
    let ran = reset(&bench, &["undo", "20261124-030001"]).exits(2);
    ran.stderr_has("hint: did you mean `20261124-030000`?");
}

#[test]
pub(super) fn what_was_moved_on_meanwhile_is_not_taken_back() {
    let bench = Bench::new("version: 1\n", &state());
    reset(
        &bench,
        &["billing", "--topic", "orders:0", "--to", "10", "--yes"],
    )
    .exits(0);
    let mut moved = bench.state();
    moved
        .groups
        .insert("billing".into(), group(&[("orders", 0, 11)]));
    bench.set(&moved);
    let ran = reset(&bench, &["undo", "--yes"]).exits(4);
    let expected = "\
refused:
  group billing: orders-0: 10 was committed then, and 11 is now: somebody has committed since [commits-moved]

plan: nothing to do, 1 refused
";
    assert_eq!(ran.stdout, expected);
    assert_eq!(bench.state().groups, moved.groups);
    let other = Program::new();
    let undo = ["reset-offsets", "undo", "-b", &bench.address];
    let ran = other.run(&undo).exits(4);
    assert_eq!(
        ran.stderr,
        "\
error: this machine has moved no offsets of cluster fake-cluster
hint: what others moved is not known here; `reset-offsets --to` moves it again
"
    );
}

#[test]
fn what_was_before_is_on_the_disk_before_anything_is_sent() {
    let bench = Bench::new("version: 1\n", &state());
    let resets = bench.program.path().join("home/state/tonkafka/resets");
    fs::create_dir_all(resets.parent().unwrap()).unwrap();
    fs::write(&resets, "in the way").unwrap();
    let to = ["billing", "--topic", "orders:0", "--to", "10", "--yes"];
    let ran = reset(&bench, &to).exits(1);
    ran.stderr_has("error: cannot write the record of offsets ");
    assert_eq!(bench.state().requests, Vec::<String>::new());
}

#[test]
fn resets_at_once_keep_a_record_each_and_each_is_taken_back_by_its_id() {
    let mut state = state();
    let groups: Vec<String> = (0..10).map(|number| format!("billing-{number}")).collect();
    for id in &groups {
        state
            .groups
            .insert(id.clone(), group(&[("orders", 0, 100)]));
    }
    let program = Program::new();
    // Each process has its own cluster file, all with the same cluster id and home.
    let runs: Vec<(String, String)> = (0..20)
        .map(|number| {
            let at = put(&program, &format!("cluster-{number}.json"), &state);
            (groups[number % 10].clone(), at)
        })
        .collect();
    let children: Vec<_> = runs
        .iter()
        .map(|(id, at)| {
            let words = [
                "reset-offsets",
                id,
                "--topic",
                "orders:0",
                "--to",
                "10",
                "--yes",
                "-b",
                at,
            ];
            program.command(&words).spawn().unwrap()
        })
        .collect();
    let ids: Vec<String> = children
        .into_iter()
        .map(|child| {
            let ran = crate::program::finish(child).exits(0);
            ran.stderr.trim().rsplit(' ').next().unwrap().to_owned()
        })
        .collect();
    let distinct: std::collections::BTreeSet<&String> = ids.iter().collect();
    assert_eq!(distinct.len(), 20, "{ids:?}");
    let history = ["reset-offsets", "history", "-o", "json", "-b", &runs[0].1];
    let history = program.run(&history).exits(0).json();
    assert_eq!(history["resets"].as_array().unwrap().len(), 20);
    for ((group, at), id) in runs.iter().zip(&ids) {
        assert!(id.contains(group), "{id} is of {group}");
        let ran = program
            .run(&["reset-offsets", "undo", id, "--yes", "-b", at])
            .exits(0);
        let heading = format!("~ group {group}, topic orders: replay 0, skip 90\n");
        assert!(ran.stdout.starts_with(&heading), "{id}: {}", ran.stdout);
    }
}

#[test]
fn an_id_is_of_letters_that_mean_nothing_else_and_names_the_groups() {
    let mut state = state();
    for id in ["a b/../$(x)", "z"] {
        state
            .groups
            .insert(id.to_owned(), group(&[("orders", 0, 100)]));
    }
    let bench = Bench::new("version: 1\n", &state);
    let to = ["--topic", "orders:0", "--to", "10", "--yes"];
    let ran = reset(&bench, &[&["a b/../$(x)", "z"], &to[..]].concat()).exits(0);
    let id = ran.stderr.trim().rsplit(' ').next().unwrap();
    assert!(id.ends_with("-a_b_..___x_+1"), "{id}");
    let undone = reset(&bench, &["undo", id, "--yes"]).exits(0);
    undone.stdout_ends("apply: 2 done and verified\n");
}

#[test]
fn a_record_under_another_name_is_not_taken_for_what_it_says() {
    let bench = Bench::new("version: 1\n", &state());
    reset(
        &bench,
        &["billing", "--topic", "orders:0", "--to", "10", "--yes"],
    )
    .exits(0);
    let resets = bench
        .program
        .path()
        .join("home/state/tonkafka/resets/fake-cluster");
    let file = fs::read_dir(&resets)
        .unwrap()
        .next()
        .unwrap()
        .unwrap()
        .path();
    fs::rename(&file, resets.join("20261124-030000-other.json")).unwrap();
    let ran = reset(&bench, &["undo", "20261124-030000-other", "--yes"]).exits(1);
    ran.stderr_has("it is of another reset than its name says");
}
