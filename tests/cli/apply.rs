//! The exact output of `apply`.

use std::io::Write;
use std::process::{Command, Stdio};

use tonkafka::cluster::fake::State;

use crate::fake::{Bench, error, holding, topic};
use crate::fresh;
use crate::program::finish;

const TWO: &str = "version: 1\ntopics:\n  items:\n    - {name: a, partitions: 1}\n    - {name: b, partitions: 2}\n";

#[test]
fn each_step_is_said_and_all_are_summed_up() {
    let bench = Bench::new(TWO, &State::default());
    let ran = bench.run(&["apply", "--yes"]).exits(0);
    assert_eq!(
        ran.stdout,
        "\
+ topic a
    partitions          1
    replication factor  broker's default
+ topic b
    partitions          2
    replication factor  broker's default

plan: 2 to create, 0 to change, 0 to delete
apply: 2 done and verified
"
    );
    assert_eq!(
        ran.stderr,
        "done     create topic a\ndone     create topic b\n"
    );
    assert_eq!(bench.state().requests, ["CreateTopics a b"]);

    let again = bench.run(&["apply", "--yes"]).exits(0);
    assert_eq!(again.stdout, "plan: nothing to do\n");
    assert_eq!(again.stderr, "");
    assert_eq!(bench.state().requests, ["CreateTopics a b"]);
    assert_eq!(bench.run(&["apply", "--yes", "-q"]).exits(0).stderr, "");
}

#[test]
fn nobody_to_ask_means_nothing_is_done() {
    let bench = Bench::new(TWO, &State::default());
    let ran = bench.run(&["apply"]).exits(4);
    assert_eq!(
        ran.stderr,
        "error: nothing was applied: stdin is not a terminal\nhint: pass `--yes` to apply without asking\n"
    );
    assert_eq!(bench.state(), State::default());
    let document = error(&bench.run(&["apply", "-o", "json"]).exits(4));
    assert_eq!(document["code"], 4);
    assert_eq!(document["hint"], "pass `--yes` to apply without asking");
}

/// Runs the program on a terminal and types `answer`. Returns the exit code and the screen.
fn on_a_terminal(bench: &Bench, answer: &str) -> (i32, String) {
    let arguments = bench.arguments(&["apply"]).join(" ");
    let program = env!("CARGO_BIN_EXE_tonkafka");
    let mut child = Command::new("script")
        .args([
            "-qec",
            &format!("stty cols 80; {program} {arguments}"),
            "/dev/null",
        ])
        .current_dir(bench.program.path())
        .env("TERM", "xterm")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(answer.as_bytes()).unwrap();
    let ran = finish(child);
    drop(stdin);
    (ran.code.unwrap(), ran.stdout)
}

#[test]
fn a_person_is_asked_and_obeyed() {
    let bench = Bench::new(TWO, &State::default());
    let (code, screen) = on_a_terminal(&bench, "n\n");
    assert_eq!(code, 4, "{screen}");
    assert!(
        screen.contains("apply this to cluster fake-cluster at fake:"),
        "{screen}"
    );
    assert!(
        screen.contains("nothing was applied: not confirmed"),
        "{screen}"
    );
    assert_eq!(bench.state(), State::default());
    let (code, screen) = on_a_terminal(&bench, "y\n");
    assert_eq!(code, 0, "{screen}");
    assert_eq!(bench.state().topics.len(), 2);
    assert!(screen.contains("apply: 2 done and verified"), "{screen}");
}

#[test]
fn a_refusal_stops_nothing_else() {
    let mut state = State::default();
    state
        .faults
        .refuse
        .insert("a".to_owned(), "names need a \u{1b}[31mteam".to_owned());
    let bench = Bench::new(TWO, &state);
    let ran = bench.run(&["apply", "--yes"]).exits(5);
    let refused = "refused  create topic a: POLICY_VIOLATION: names need a \\u{1b}[31mteam\n";
    assert_eq!(ran.stderr, format!("{refused}done     create topic b\n"));
    ran.stdout_ends(&format!("{refused}apply: 1 done and verified, 1 refused\n"));

    let ran = bench.run(&["apply", "--yes", "-o", "json"]).exits(4);
    let report = ran.documents().pop().unwrap();
    assert_eq!(report["kind"], "Report");
    assert_eq!(report["steps"][0]["outcome"], "refused");
    assert_eq!(
        report["steps"][0]["error"]["message"],
        "names need a \u{1b}[31mteam"
    );
    assert_eq!(report["plan"]["kind"], "Plan");
}

#[test]
fn what_reaches_no_broker_is_not_refused() {
    let mut state = State::default();
    state.faults.unreachable = true;
    let bench = Bench::new(TWO, &state);
    let ran = bench.run(&["apply", "--yes"]).exits(7);
    let why = "cannot reach the brokers: they are silent";
    assert_eq!(
        ran.stderr,
        format!("not sent  create topic a: {why}\nnot sent  create topic b: {why}\n")
    );
    let last = ran.stdout.lines().last();
    assert_eq!(last, Some("apply: 0 done and verified, 2 not sent"));
    let ran = bench.run(&["apply", "--yes", "-o", "json"]).exits(7);
    let report = ran.documents().pop().unwrap();
    assert_eq!(report["steps"][0]["outcome"], "not-attempted");
    assert_eq!(report["steps"][0]["reason"], why);
}

#[test]
fn a_lost_answer_is_resolved_by_reading() {
    let mut state = holding(&[("a", topic(1, &[("retention.ms", "1")]))]);
    state.faults.lose_answers = [
        "CreateTopics",
        "CreatePartitions",
        "IncrementalAlterConfigs",
    ]
    .map(str::to_owned)
    .to_vec();
    let manifest = "version: 1\nbroker: {defaults: {message.max.bytes: 5}}\ntopics:\n  items:\n    - {name: a, partitions: 2, configs: {retention.ms: 2}}\n    - {name: b, partitions: 2}\n";
    let bench = Bench::new(manifest, &state);
    let ran = bench.run(&["apply", "--yes"]).exits(0);
    let note = "the answer was lost (connection closed); read back";
    assert_eq!(
        ran.stderr,
        format!(
            "done     configure all brokers: {note}\ndone     create topic b: {note}\ndone     add partitions to topic a: {note}\ndone     configure topic a: {note}\n"
        )
    );
    assert_eq!(bench.state().requests.len(), 4);
}

#[test]
fn a_closed_pipe_is_no_panic() {
    let bench = Bench::new(TWO, &State::default());
    let mut child = bench
        .program
        .command(&bench.arguments(&["apply", "--yes"]))
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert!(!String::from_utf8(output.stderr).unwrap().contains("panic"));
    assert_eq!(bench.state().topics.len(), 2);
}

#[test]
fn events_come_a_line_each_and_the_report_is_the_last() {
    let bench = Bench::new(TWO, &State::default());
    let ran = bench.run(&["apply", "--yes", "-o", "json"]).exits(0);
    let mut documents = ran.documents();
    let report = documents.pop().unwrap();
    assert_eq!(
        (&report["kind"], &report["formatVersion"]),
        (&"Report".into(), &1.into())
    );
    assert_eq!(report["steps"][1]["outcome"], "done");
    let mut lines = String::new();
    for mut event in documents {
        let at = event["at"].as_str().unwrap();
        assert!(at.starts_with("20") && at.ends_with('Z'), "{at}");
        event["at"] = "2026-01-02T03:04:05.678Z".into();
        lines += &(event.to_string() + "\n");
    }
    fresh::check_for_ever("tests/formats/event-v1.jsonl", &lines);

    let yaml = bench.run(&["apply", "--yes", "-o", "yaml"]).exits(0);
    yaml.stdout_starts("formatVersion: 1\nkind: Report\n");
}

#[test]
fn a_junit_file_has_a_case_for_each_step_and_holds_hostile_text() {
    let mut state = holding(&[("c", topic(3, &[]))]);
    let words = "<a href=\"x\">&\u{0}\u{1b}\u{ffff}]]>";
    state.faults.refuse.insert("a".into(), words.into());
    let bench = Bench::new(TWO, &state);
    bench.run(&["plan", "--junit", "plan.xml"]).exits(0);
    fresh::check(
        "tests/formats/junit-plan.xml",
        &bench.program.read("plan.xml"),
    );
    bench
        .run(&["apply", "--yes", "--junit", "apply.xml"])
        .exits(5);
    fresh::check(
        "tests/formats/junit-apply.xml",
        &bench.program.read("apply.xml"),
    );

    bench.program.write(
        "topics.yaml",
        "version: 1\ntopics:\n  items:\n    - {name: c, partitions: 1}\n",
    );
    bench
        .run(&["apply", "--yes", "--junit", "apply.xml"])
        .exits(4);
    let refused = bench.program.read("apply.xml");
    assert!(
        refused.contains("name=\"partition-decrease: topic c\""),
        "{refused}"
    );
    assert!(refused.contains("failures=\"1\""), "{refused}");
}
