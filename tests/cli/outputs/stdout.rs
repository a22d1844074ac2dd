//! Every command with a full stdout, and with a stdout whose reader is gone.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::process::Stdio;

use super::{arguments, bench, full, pages, run};
use crate::program::{Ran, finish, words};

/// The message for a full device.
const FULL: &str = "error: cannot write to stdout: No space left on device (os error 28)\n";

/// A command, the commands to run before it, and whether it writes to a cluster.
struct Command {
    page: &'static str,
    words: &'static [&'static str],
    before: &'static [&'static [&'static str]],
    writes: bool,
}

const fn reads(page: &'static str, words: &'static [&'static str]) -> Command {
    Command {
        page,
        words,
        before: &[],
        writes: false,
    }
}

const fn writes(page: &'static str, words: &'static [&'static str]) -> Command {
    Command {
        writes: true,
        ..reads(page, words)
    }
}

const RESET: &[&str] = &[
    "reset-offsets",
    "billing",
    "--topic",
    "orders:0",
    "--to",
    "10",
    "--yes",
];

const ADD: &[&str] = &["context", "add", "near"];

const COMMANDS: &[Command] = &[
    reads("tonkafka", &["--help"]),
    reads("tonkafka", &["--version"]),
    reads("tonkafka", &["plan", "--help"]),
    reads("tonkafka-validate", &["validate"]),
    reads("tonkafka-explain", &["explain", "retention.ms"]),
    reads("tonkafka-plan", &["plan"]),
    reads("tonkafka-plan", &["plan", "--exit-code", "-o", "json"]),
    reads("tonkafka-plan", &["plan", "-o", "markdown"]),
    reads(
        "tonkafka-plan",
        &["plan", "-f", "nowhere.yaml", "-o", "json"],
    ),
    writes("tonkafka-apply", &["apply", "--yes"]),
    writes("tonkafka-apply", &["apply", "--yes", "-o", "json"]),
    writes("tonkafka-apply", &["apply", "--yes", "-o", "yaml"]),
    reads("tonkafka-apply", &["apply"]),
    reads("tonkafka-describe", &["describe"]),
    reads("tonkafka-describe-topics", &["describe", "topics"]),
    reads(
        "tonkafka-describe-topics",
        &["describe", "topics", "-o", "yaml"],
    ),
    reads("tonkafka-describe-topic", &["describe", "topic", "orders"]),
    reads("tonkafka-describe-brokers", &["describe", "brokers"]),
    reads("tonkafka-describe-broker", &["describe", "broker", "1"]),
    reads("tonkafka-describe-cluster", &["describe", "cluster"]),
    reads("tonkafka-describe-groups", &["describe", "groups"]),
    reads("tonkafka-describe-group", &["describe", "group", "billing"]),
    reads("tonkafka-describe-log-dirs", &["describe", "log-dirs"]),
    reads("tonkafka-describe-quorum", &["describe", "quorum"]),
    reads(
        "tonkafka-describe-api-versions",
        &["describe", "api-versions"],
    ),
    reads("tonkafka-describe-acls", &["describe", "acls"]),
    reads(
        "tonkafka-describe-access",
        &["describe", "access", "User:alice"],
    ),
    reads(
        "tonkafka-can",
        &["can", "User:alice", "READ", "topic:orders"],
    ),
    reads("tonkafka-describe-users", &["describe", "users"]),
    reads("tonkafka-describe-quotas", &["describe", "quotas"]),
    reads("tonkafka-list-topics", &["list", "topics"]),
    reads("tonkafka-list-groups", &["list", "groups"]),
    reads("tonkafka-list-brokers", &["list", "brokers", "-o", "json"]),
    writes("tonkafka-reset-offsets", RESET),
    reads(
        "tonkafka-reset-offsets",
        &[
            "reset-offsets",
            "billing",
            "--topic",
            "orders:0",
            "--to",
            "10",
            "--dry-run",
        ],
    ),
    Command {
        before: &[RESET],
        ..writes(
            "tonkafka-reset-offsets-undo",
            &["reset-offsets", "undo", "--yes"],
        )
    },
    reads(
        "tonkafka-reset-offsets-history",
        &["reset-offsets", "history"],
    ),
    reads("tonkafka-lag", &["lag"]),
    reads("tonkafka-lag", &["lag", "--fail-over", "1"]),
    writes(
        "tonkafka-groups-delete",
        &["groups", "delete", "billing", "--yes"],
    ),
    writes(
        "tonkafka-groups-delete-offsets",
        &[
            "groups",
            "delete-offsets",
            "billing",
            "--topic",
            "orders",
            "--yes",
        ],
    ),
    writes(
        "tonkafka-groups-clone",
        &["groups", "clone", "billing", "copy", "--clamp", "--yes"],
    ),
    writes(
        "tonkafka-topics-delete",
        &["topics", "delete", "pay", "--allow-delete", "1", "--yes"],
    ),
    writes(
        "tonkafka-topics-truncate",
        &["topics", "truncate", "pay", "--to", "latest", "--yes"],
    ),
    reads("tonkafka-backup-create", &["backup", "create"]),
    reads("tonkafka-backup-list", &["backup", "list"]),
    reads("tonkafka-backup-show", &["backup", "show", "before.json"]),
    reads("tonkafka-backup-diff", &["backup", "diff", "before.json"]),
    Command {
        before: &[&["apply", "--yes"]],
        ..writes(
            "tonkafka-backup-restore",
            &["backup", "restore", "before.json", "--yes"],
        )
    },
    Command {
        before: &[&["apply", "--yes"]],
        ..writes("tonkafka-rollback", &["rollback", "--yes"])
    },
    reads(
        "tonkafka-snapshot-create",
        &["snapshot", "create", "orders", "--out", "new.snap"],
    ),
    reads(
        "tonkafka-snapshot-verify",
        &["snapshot", "verify", "orders.snap"],
    ),
    reads(
        "tonkafka-snapshot-show",
        &["snapshot", "show", "orders.snap"],
    ),
    Command {
        before: &[&["snapshot", "create", "orders", "--out", "new.snap"]],
        ..reads(
            "tonkafka-snapshot-show",
            &["snapshot", "show", "new.snap", "--records"],
        )
    },
    writes(
        "tonkafka-snapshot-restore",
        &[
            "snapshot",
            "restore",
            "orders.snap",
            "--rename",
            "orders=back",
            "--yes",
        ],
    ),
    writes(
        "tonkafka-mirror",
        &["mirror", "pay", "--append", "--once", "--yes"],
    ),
    reads(
        "tonkafka-mirror",
        &["mirror", "pay", "--append", "--once", "--dry-run"],
    ),
    reads("tonkafka-down", &["down"]),
    reads("tonkafka-status", &["status"]),
    reads("tonkafka-context-list", &["context", "list"]),
    Command {
        before: &[ADD],
        ..reads("tonkafka-context-use", &["context", "use", "near"])
    },
    reads("tonkafka-context-show", &["context", "show"]),
    reads("tonkafka-context-test", &["context", "test"]),
    reads("tonkafka-context-add", ADD),
    Command {
        before: &[ADD],
        ..reads("tonkafka-context-remove", &["context", "remove", "near"])
    },
    reads("tonkafka-render-compose", &["render", "compose"]),
    reads("tonkafka-render-schema", &["render", "schema"]),
    reads(
        "tonkafka-render-reference",
        &["render", "reference", "keys"],
    ),
    reads("tonkafka-completions", &["completions", "bash"]),
    reads("tonkafka-man", &["man"]),
    reads("tonkafka-version", &["version"]),
    reads("tonkafka-import", &["import"]),
];

/// Commands that print only after they started a Kafka of their own.
const WITH_KAFKA: [&str; 1] = ["tonkafka-up"];

impl Command {
    /// Runs the command on a new bench with this stdout.
    fn with(&self, stdout: Stdio) -> Ran {
        let bench = bench();
        for words in self.before {
            run(&bench, words).exits(0);
        }
        let mut command = bench.program.command(&arguments(&bench, self.words));
        let mut child = command.stdout(stdout).spawn().unwrap();
        // Otherwise this process would keep the pipe open.
        drop(command);
        child.stdout.get_or_insert_with(nobody);
        finish(child)
    }
}

/// A pipe without a writer.
fn nobody() -> std::process::ChildStdout {
    let (read, _) = std::io::pipe().unwrap();
    std::os::fd::OwnedFd::from(read).into()
}

/// Removes numbers, which differ between runs; a time has no fraction if that is 0.
fn steady(text: &str) -> String {
    let text = text.replace(|letter: char| letter.is_ascii_digit(), "");
    text.replace("::.Z", "::Z")
}

#[test]
fn every_command_is_among_those_whose_stdout_is_tried() {
    let tried: BTreeSet<&str> = COMMANDS.iter().map(|command| command.page).collect();
    let pages = pages();
    let names: Vec<&str> = pages.iter().map(|(name, _)| name.as_str()).collect();
    for name in &names {
        let has_others = names
            .iter()
            .any(|other| other.starts_with(&format!("{name}-")));
        assert!(
            has_others || tried.contains(name) || WITH_KAFKA.contains(name),
            "{name} is not tried"
        );
    }
    for name in tried {
        assert!(names.contains(&name), "there is no {name}");
    }
}

#[test]
fn a_stdout_that_takes_nothing_is_told_and_never_done_and_a_reader_who_is_gone_changes_nothing() {
    for command in COMMANDS {
        let words = command.words;
        let right = command.with(Stdio::piped());
        let (read, write) = std::io::pipe().unwrap();
        drop(read);
        let unread = command.with(write.into());
        assert_eq!(unread.code, right.code, "{words:?}: {}", unread.stderr);
        assert_eq!(steady(&unread.stderr), steady(&right.stderr), "{words:?}");

        let full = File::create("/dev/full").unwrap();
        let full = command.with(full.into());
        assert_ne!(right.stdout, "", "{words:?}: {}", right.stderr);
        // The message comes before or after the rest of stderr.
        let told = full.stderr.matches(FULL).count();
        assert_eq!(told, 1, "{words:?}: {}", full.stderr);
        let rest = full.stderr.replace(FULL, "");
        assert_eq!(steady(&rest), steady(&right.stderr), "{words:?}");
        let code = match right.code {
            Some(0) if command.writes => 5,
            _ => 1,
        };
        assert_eq!(full.code, Some(code), "{words:?}: {}", full.stderr);
    }
}

#[test]
fn what_was_done_stays_done_where_its_report_cannot_be_printed() {
    let bench = bench();
    let apply = arguments(&bench, &["apply", "--yes"]);
    let mut command = bench.program.command(&apply);
    let full = File::create("/dev/full").unwrap();
    let status = command.stdout(full).status().unwrap();
    assert_eq!(status.code(), Some(5));
    let configs = &bench.state().topics["orders"].configs;
    assert_eq!(configs["max.message.bytes"], "2000000");
    // Nothing is left to do, so nothing is written.
    let full = File::create("/dev/full").unwrap();
    let mut command = bench.program.command(&apply);
    assert_eq!(command.stdout(full).status().unwrap().code(), Some(1));
}

#[test]
fn a_watch_ends_where_nothing_can_be_shown() {
    let bench = bench();
    let watch = arguments(
        &bench,
        &["describe", "topics", "--watch", "--interval", "1s"],
    );
    let full = File::create("/dev/full").unwrap();
    let mut command = bench.program.command(&watch);
    let output = command.stdout(full).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stderr), FULL);
    assert_eq!(output.status.code(), Some(1));
}

fn no_space(full: &str) -> String {
    format!("error: cannot write {full}: No space left on device (os error 28)\n")
}

#[test]
fn a_file_that_cannot_be_written_has_the_code_of_what_was_done() {
    for words in [
        &["plan", "--out"][..],
        &["plan", "--exit-code", "--junit"],
        &["import", "--out"],
        &["backup", "create", "--out"],
        &["groups", "delete", "billing", "--out"],
    ] {
        let bench = bench();
        let full = full(&bench);
        let ran = run(&bench, &[words, &[&full]].concat()).exits(1);
        assert_eq!(ran.stderr, no_space(&full), "{words:?}");
    }
    let there = bench();
    let full = full(&there);
    let apply = ["apply", "--yes", "--junit", &full];
    let ran = run(&there, &apply).exits(5);
    ran.stderr_ends(&no_space(&full));
    ran.stdout_ends("apply: 1 done and verified\n");
    run(&there, &apply).exits(1);
    // A directory is refused before anything is done.
    let there = bench();
    fs::create_dir(there.program.path().join("directory")).unwrap();
    let ran = run(&there, &["apply", "--yes", "--junit", "directory"]).exits(1);
    assert_eq!(
        ran.stderr,
        "error: cannot write directory: it is a directory\n"
    );
    assert_eq!(there.state().requests, Vec::<String>::new());
    let restore = words("snapshot restore orders.snap --rename orders=back --yes");
    let map = [&restore[..], &["--map", "directory"]].concat();
    run(&there, &map).exits(1);
    assert!(!there.state().topics.contains_key("back"));
}
