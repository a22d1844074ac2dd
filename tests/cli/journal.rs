//! The journal that an apply writes, and how a later apply uses it.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use tonkafka::cluster::fake::State;

use crate::fake::{Bench, error, holding, topic};
use crate::fresh;

const MANIFEST: &str = "version: 1\ntopics:\n  items:\n    - {name: grown, partitions: 3}\n    - {name: new, partitions: 1}\n    - {name: set, partitions: 1, configs: {retention.ms: 2000}}\n";

fn before() -> State {
    let set = topic(1, &[("retention.ms", "1000")]);
    holding(&[("grown", topic(2, &[])), ("set", set)])
}

fn directory(bench: &Bench) -> PathBuf {
    let home = bench.program.path().join("home");
    home.join("state/tonkafka/journal/fake-cluster")
}

fn journals(bench: &Bench) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(directory(bench)) else {
        return Vec::new();
    };
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

/// A journal without values that differ in each run.
fn steady(text: &str) -> String {
    let lines = text.lines().map(|line| {
        let mut line: serde_json::Value = serde_json::from_str(line).unwrap();
        for key in ["at", "startedAt"] {
            if line.get(key).is_some() {
                line[key] = "2026-01-02T03:04:05.678Z".into();
            }
        }
        if line.get("process").is_some() {
            line["process"] = 123.into();
            // The plan has a newer format version.
            assert_eq!(line["planHash"].as_str().unwrap().len(), 64);
            line["planHash"] =
                "d7adf038ccee1bbef21f3a3660110e4969bc0554a8172ecb75018d2bee41a67d".into();
        }
        line.to_string() + "\n"
    });
    lines.collect()
}

#[test]
fn a_journal_has_the_form_of_its_version() {
    let bench = Bench::new(MANIFEST, &before());
    bench.run(&["apply", "--yes"]).exits(0);
    let [path] = journals(&bench).try_into().unwrap();
    let mode = |path: &PathBuf| path.metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&path), mode(&directory(&bench))), (0o600, 0o700));
    let text = fs::read_to_string(path).unwrap();
    fresh::check_for_ever("tests/formats/journal-v1.jsonl", &steady(&text));
}

/// A bench with an interrupted apply: the first `lines` lines of the golden journal, and `tail`
/// after them.
fn cut_off(state: &State, lines: usize, tail: &str) -> Bench {
    let bench = Bench::new(MANIFEST, state);
    let kept = fs::read_to_string(fresh::repository("tests/formats/journal-v1.jsonl")).unwrap();
    let text: String = kept.split_inclusive('\n').take(lines).collect();
    fs::create_dir_all(directory(&bench)).unwrap();
    let path = directory(&bench).join("20260102T030405.678Z-123.jsonl");
    fs::write(path, text + tail).unwrap();
    bench
}

/// The first lines of a run on stderr.
fn told(bench: &Bench, arguments: &[&str]) -> String {
    let ran = bench.run(arguments).exits(0);
    let told = ran
        .stderr
        .lines()
        .take_while(|line| !line.starts_with("done"));
    let length = told.map(|line| line.len() + 1).sum();
    ran.stderr[..length].to_owned()
}

#[test]
fn an_apply_that_was_cut_off_is_told_and_then_forgotten() {
    let headline = "the run of 2026-01-02T03:04:05.678Z (process 123) was cut off: ";
    // The header, three steps, and `sending` of the first.
    let nothing_known =
        format!("{headline}0 steps settled, 1 sent without a known outcome, 2 not sent\n");
    let not = format!("{nothing_known}  not in effect   create topic new\n");
    let bench = cut_off(&before(), 5, "");
    assert_eq!(told(&bench, &["plan"]), not);
    assert_eq!(told(&bench, &["plan", "-q"]), "");
    assert_eq!(told(&bench, &["apply", "--yes"]), not);
    assert_eq!(told(&bench, &["apply", "--yes"]), "");

    let mut state = before();
    state.topics.insert("new".into(), topic(1, &[]));
    let torn = "{\"line\":\"settled\",\"at\":\"2026-01-0";
    let bench = cut_off(&state, 5, torn);
    let there = format!("{nothing_known}  in effect       create topic new\n");
    assert_eq!(told(&bench, &["apply", "--yes"]), there);
    assert_eq!(told(&bench, &["plan"]), "");
    bench.run(&["plan", "--exit-code"]).exits(0);

    state.topics.insert("new".into(), topic(4, &[]));
    state.topics.get_mut("new").unwrap().partitions = 1;
    state.topics.get_mut("grown").unwrap().partitions = 3;
    let set = &mut state.topics.get_mut("set").unwrap().configs;
    set.insert("retention.ms".into(), "7".into());
    let bench = cut_off(&state, 9, "");
    let other = format!(
        "{headline}2 steps settled, 1 sent without a known outcome, 0 not sent\n  something else  configure topic set: retention.ms is 7 on broker 1\n"
    );
    assert_eq!(told(&bench, &["apply", "--yes"]), other);
}

#[test]
fn without_the_journal_only_the_message_is_another() {
    let results = [true, false].map(|keep| {
        let bench = cut_off(&before(), 5, "");
        if !keep {
            fs::remove_dir_all(directory(&bench)).unwrap();
        }
        let ran = bench.run(&["apply", "--yes"]).exits(0);
        (ran.stdout, bench.state())
    });
    assert_eq!(results[0], results[1]);
}

#[test]
fn status_tells_of_applies_that_were_cut_off() {
    let bench = cut_off(&before(), 5, "");
    let ran = bench.program.run(&["status"]).exits(3);
    assert_eq!(
        ran.stderr,
        "cluster fake-cluster: the run of 2026-01-02T03:04:05.678Z (process 123) was cut off: 0 steps settled, 1 sent without a known outcome, 2 not sent\n  perhaps  create topic new\nhint: `tonkafka plan` reads them back\n"
    );
}

#[test]
fn an_apply_that_sent_nothing_is_not_told() {
    assert_eq!(told(&cut_off(&before(), 4, ""), &["plan"]), "");
    assert_eq!(told(&cut_off(&before(), 99, ""), &["plan"]), "");
}

#[test]
fn a_journal_of_another_version_is_named_and_stops_nothing() {
    let bench = cut_off(&before(), 0, "{\"line\":\"header\",\"formatVersion\":2}\n");
    let told = told(&bench, &["apply", "--yes"]);
    assert!(told.starts_with("note: cannot read the journal "), "{told}");
    assert!(
        told.ends_with(".jsonl: it was written by another version of tonkafka\n"),
        "{told}"
    );
}

#[test]
fn where_nothing_can_be_kept_nothing_is_written() {
    let bench = Bench::new(MANIFEST, &before());
    let home = bench.program.path().join("home");
    fs::create_dir_all(&home).unwrap();
    fs::write(home.join("state"), "in the way").unwrap();
    let apply = ["apply", "--yes", "--no-backup"];
    let ran = bench.run(&apply).exits(1);
    let expected = "error: cannot write the journal ";
    ran.stderr_has(expected);
    let hint = "hint: nothing was written; see that the directory may be written and has space, or name another with XDG_STATE_HOME\n";
    ran.stderr_ends(hint);
    assert_eq!(bench.state(), before());
    assert_eq!(
        error(&bench.run(&[&apply[..], &["-o", "json"]].concat()).exits(1))["code"],
        1
    );
}

#[test]
fn old_journals_are_forgotten() {
    let bench = Bench::new(MANIFEST, &before());
    for retention in 0..14 {
        let manifest = MANIFEST.replace("2000", &(3000 + retention).to_string());
        bench.program.write("topics.yaml", &manifest);
        bench.run(&["apply", "--yes"]).exits(0);
    }
    assert_eq!(journals(&bench).len(), 11);
}

#[test]
fn a_kept_plan_and_a_report_have_the_form_of_their_version() {
    let bench = Bench::new(MANIFEST, &before());
    bench.run(&["plan", "--out", "plan.json"]).exits(0);
    let text = bench.program.read("plan.json");
    fresh::check_for_ever("tests/formats/plan-v2.json", &text);
    let kept = fs::read_to_string(fresh::repository("tests/formats/plan-v2.json")).unwrap();
    assert_eq!(
        tonkafka::plan::file::from_text(&kept).unwrap().steps.len(),
        3
    );
    // A backup's id differs in each run.
    let apply = ["apply", "--yes", "--no-backup", "-o", "json"];
    let ran = bench.run(&apply).exits(0);
    let report = ran.stdout.lines().last().unwrap().to_owned() + "\n";
    // The plan in the report has its own format version.
    let plan = |version: u32| format!("{{\"formatVersion\":{version},\"kind\":\"Plan\"");
    assert!(report.contains(&plan(2)), "{report}");
    let report = report.replace(&plan(2), &plan(1));
    fresh::check_for_ever("tests/formats/report-v1.json", &report);
}
