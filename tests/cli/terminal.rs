//! The output of `plan`, `apply`, `describe` and `lag` on terminals, as files: narrow and wide,
//! with and without colours.

use tonkafka::cluster::fake::{FakeLog, State};

use crate::fake::{Bench, holding, topic};
use crate::lag_state::incident;
use crate::{fresh, pty};

const MANIFEST: &str = "\
version: 1
broker:
  defaults: {message.max.bytes: 1MB, log.retention.hours: 24}
topics:
  items:
    - {name: user.activity, partitions: 3, configs: {retention.ms: 7d, cleanup.policy: [compact, delete]}}
    - {name: audit.logs, partitions: 6, configs: {retention.ms: 1d}}
    - {name: workflow.execution.completed.events, partitions: 12, configs: {retention.ms: 30d}}
    - {name: old, state: absent}
";

fn cluster() -> State {
    let mut state = State {
        brokers: vec![1, 2, 3],
        ..holding(&[
            ("user.activity", topic(3, &[])),
            ("audit.logs", topic(3, &[("flush.ms", "9")])),
            ("old", topic(1, &[])),
        ])
    };
    state.topics.get_mut("user.activity").unwrap().replicas = 2;
    let log = FakeLog {
        size: 1_610_612_736,
        ..FakeLog::default()
    };
    state
        .logs
        .insert("user.activity".to_owned(), [(0, log)].into());
    state
}

/// The output on a terminal with this many columns.
fn shown(bench: &Bench, arguments: &[&str], columns: u16) -> String {
    let (terminal, slave) = pty::open(columns);
    let mut command = bench.program.command(&bench.arguments(arguments));
    command
        .env("TERM", "xterm")
        .stdout(slave.try_clone().unwrap())
        .stderr(slave);
    let mut child = command.spawn().unwrap();
    drop(command); // its end of the terminal
    let text = pty::rest(terminal);
    child.wait().unwrap();
    text.replace("\r\n", "\n")
}

/// Frames of a progress bar, one per line. The library draws every update, up to twenty in a row.
fn frames(text: &str) -> String {
    let text = text.replace("\r\u{1b}[2K", "\n");
    let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
    lines.join("\n") + "\n"
}

#[test]
fn an_apply_shows_how_far_it_is() {
    let apply = ["apply", "--allow-delete", "1", "--yes"];
    for columns in [80, 140] {
        for (colour, word) in [("never", "plain"), ("always", "colour")] {
            let bench = Bench::new(MANIFEST, &cluster());
            let all = [&apply[..], &["--color", colour]].concat();
            let text = frames(&shown(&bench, &all, columns));
            let bars = text.lines().filter(|line| line.starts_with(['█', '░']));
            let widest = bars.map(|bar| bar.chars().count()).max();
            assert!(
                widest.is_some_and(|width| width <= columns.into()),
                "{text}"
            );
            let file = format!("tests/cli/terminal/apply-progress.{columns}.{word}.txt");
            fresh::check(&file, &text);
        }
    }
}

#[test]
fn terminals_narrow_and_wide_with_and_without_colours() {
    let commands: [(&str, &[&str]); 5] = [
        ("plan", &["plan", "--allow-delete", "1"]),
        (
            "apply",
            &["apply", "--allow-delete", "1", "--yes", "--no-progress"],
        ),
        ("describe", &["describe"]),
        (
            "describe-topics-wide",
            &["describe", "topics", "-o", "wide"],
        ),
        ("describe-log-dirs", &["describe", "log-dirs"]),
    ];
    for (name, arguments) in commands {
        for columns in [80, 140] {
            for (colour, word) in [("never", "plain"), ("always", "colour")] {
                let mut state = cluster();
                if name.starts_with("describe") {
                    state.faults.dead_brokers.insert(3);
                }
                let bench = Bench::new(MANIFEST, &state);
                let all = [arguments, &["--color", colour]].concat();
                let text = shown(&bench, &all, columns);
                let file = format!("tests/cli/terminal/{name}.{columns}.{word}.txt");
                fresh::check(&file, &text);
            }
        }
    }
}

#[test]
fn groups_on_terminals_narrow_and_wide_with_and_without_colours() {
    let bench = Bench::new(MANIFEST, &incident());
    let commands: [(&str, &[&str]); 3] = [
        ("lag", &["lag"]),
        ("lag-wide", &["lag", "billing", "level", "-o", "wide"]),
        ("describe-group", &["describe", "group", "billing"]),
    ];
    for (name, arguments) in commands {
        for columns in [80, 140] {
            for (colour, word) in [("never", "plain"), ("always", "colour")] {
                let all = [arguments, &["--color", colour, "--no-progress"]].concat();
                let text = shown(&bench, &all, columns);
                let file = format!("tests/cli/terminal/{name}.{columns}.{word}.txt");
                fresh::check(&file, &text);
            }
        }
    }
}
