//! What commands print, and the files that users name: every command with a stdout that takes nothing,
//! and every option that names a file with files of every kind.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _, PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use rustix::fs::{CWD, FileType, Mode, makedev, mknodat};
use tonkafka::cluster::fake::State;

use crate::fake::Bench;
use crate::made::{self, Content};
use crate::program::{Program, Ran, finish};
use crate::resets::state;

const MANIFEST: &str = "\
version: 1
topics:
  items:
    - {name: orders, partitions: 3, configs: {max.message.bytes: 2000000}}
    - {name: pay, partitions: 1}
";

/// What a full device says.
const FULL: &str = "error: cannot write to stdout: No space left on device (os error 28)\n";

/// Two clusters, a manifest, a backup and a snapshot.
fn bench() -> Bench {
    let state = || State {
        acls: Some(Vec::new()),
        ..state()
    };
    let bench = Bench::new(MANIFEST, &state());
    let other = State {
        cluster_id: "other".into(),
        ..state()
    };
    let text = serde_json::to_string(&other).unwrap();
    bench.program.write("other.json", &text);
    let snapshot = bench.program.path().join("orders.snap");
    made::write(
        &snapshot,
        "fake-cluster",
        &[Content::new("orders", vec![Vec::new()])],
        &[],
    );
    bench
        .run(&["backup", "create", "--out", "before.json"])
        .exits(0);
    bench
}

/// The arguments of a command that has a cluster, and of one that has two.
fn arguments(bench: &Bench, words: &[&str]) -> Vec<String> {
    if words[0] != "mirror" {
        return bench.arguments(words);
    }
    let at = |name: &str| format!("fake:{}", bench.program.path().join(name).display());
    let mut all: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
    all.extend(["--from-bootstrap-server".into(), at("other.json")]);
    all.extend(["--to-bootstrap-server".into(), at("cluster.json")]);
    all
}

fn run(bench: &Bench, words: &[&str]) -> Ran {
    bench.program.run(&arguments(bench, words))
}

/// Pages of the manual: each command has one, and the command line's parser has made it.
fn pages() -> Vec<(String, String)> {
    let program = Program::new();
    program.run(&["man", "--dir", "man"]).exits(0);
    let mut pages = Vec::new();
    for entry in fs::read_dir(program.path().join("man")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        pages.push((name, fs::read_to_string(&path).unwrap()));
    }
    pages.sort();
    pages
}

/// A command as it is written, what has to be done before it, and whether it writes to a cluster.
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

/// Commands that nothing is printed by without a Kafka of their own.
const WITH_KAFKA: [&str; 1] = ["tonkafka-up"];

impl Command {
    /// Runs it in a place of its own, with this stdout.
    fn with(&self, stdout: Stdio) -> Ran {
        let bench = bench();
        for words in self.before {
            run(&bench, words).exits(0);
        }
        let mut command = bench.program.command(&arguments(&bench, self.words));
        let mut child = command.stdout(stdout).spawn().unwrap();
        // Or this process would keep the pipe open.
        drop(command);
        child.stdout.get_or_insert_with(nobody);
        finish(child)
    }
}

/// A pipe that is at its end.
fn nobody() -> std::process::ChildStdout {
    let (read, _) = std::io::pipe().unwrap();
    std::os::fd::OwnedFd::from(read).into()
}

/// Numbers differ from run to run, and a time has no fraction where it would be 0.
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
        // What is told beside it comes before or after.
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
    // There is nothing to do any more, so nothing is written.
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
    assert!(ran.stderr.ends_with(&no_space(&full)), "{}", ran.stderr);
    assert!(
        ran.stdout.ends_with("apply: 1 done and verified\n"),
        "{}",
        ran.stdout
    );
    run(&there, &apply).exits(1);
    // A directory is seen before anything is done.
    let there = bench();
    fs::create_dir(there.program.path().join("directory")).unwrap();
    let ran = run(&there, &["apply", "--yes", "--junit", "directory"]).exits(1);
    assert_eq!(
        ran.stderr,
        "error: cannot write directory: it is a directory\n"
    );
    assert_eq!(there.state().requests, Vec::<String>::new());
    let restore = [
        "snapshot",
        "restore",
        "orders.snap",
        "--rename",
        "orders=back",
        "--yes",
    ];
    let map = [&restore[..], &["--map", "directory"]].concat();
    run(&there, &map).exits(1);
    assert!(!there.state().topics.contains_key("back"));
}

/// A command with an option that names a file to write, which comes last.
struct Named {
    page: &'static str,
    option: &'static str,
    words: &'static [&'static str],
    before: &'static [&'static [&'static str]],
    /// How what is written begins.
    begins: &'static str,
    /// What is in a file that it may replace.
    over: &'static str,
}

const PLAN: &str = "{\n  \"formatVersion\": 1,\n  \"kind\": \"Plan\"";

const fn named(
    page: &'static str,
    option: &'static str,
    words: &'static [&'static str],
    begins: &'static str,
) -> Named {
    Named {
        page,
        option,
        words,
        before: &[],
        begins,
        over: "old",
    }
}

const OUTPUTS: &[Named] = &[
    named("tonkafka-plan", "--out", &["plan"], PLAN),
    named("tonkafka-plan", "--junit", &["plan"], "<?xml"),
    named("tonkafka-apply", "--junit", &["apply", "--yes"], "<?xml"),
    named(
        "tonkafka-reset-offsets",
        "--out",
        &[
            "reset-offsets",
            "billing",
            "--topic",
            "orders:0",
            "--to",
            "10",
        ],
        PLAN,
    ),
    named(
        "tonkafka-groups-delete",
        "--out",
        &["groups", "delete", "billing"],
        PLAN,
    ),
    named(
        "tonkafka-groups-delete-offsets",
        "--out",
        &["groups", "delete-offsets", "billing", "--topic", "orders"],
        PLAN,
    ),
    named(
        "tonkafka-groups-clone",
        "--out",
        &["groups", "clone", "billing", "copy", "--clamp"],
        PLAN,
    ),
    named(
        "tonkafka-topics-delete",
        "--out",
        &["topics", "delete", "pay", "--allow-delete", "1"],
        PLAN,
    ),
    named(
        "tonkafka-topics-truncate",
        "--out",
        &["topics", "truncate", "pay", "--to", "latest"],
        PLAN,
    ),
    Named {
        over: "",
        ..named(
            "tonkafka-backup-create",
            "--out",
            &["backup", "create"],
            "{\n  \"formatVersion\": 1,\n  \"kind\": \"Backup\"",
        )
    },
    named(
        "tonkafka-backup-restore",
        "--out",
        &["backup", "restore", "before.json"],
        PLAN,
    ),
    Named {
        before: &[&["apply", "--yes"]],
        ..named("tonkafka-rollback", "--out", &["rollback"], PLAN)
    },
    named(
        "tonkafka-mirror",
        "--out",
        &["mirror", "pay", "--append", "--once"],
        PLAN,
    ),
    named(
        "tonkafka-import",
        "--out",
        &["import", "--force"],
        "version: 1\n",
    ),
    Named {
        over: "",
        ..named(
            "tonkafka-snapshot-restore",
            "--map",
            &[
                "snapshot",
                "restore",
                "orders.snap",
                "--rename",
                "orders=back",
                "--yes",
            ],
            "topic,partition,old_offset,records,new_topic,new_offset\n",
        )
    },
];

/// Options that name something else than a file that is written from its beginning to its end: files that
/// are read, directories, and a snapshot, which [`a_snapshot_needs_a_plain_file`] tries.
const OTHERS: [&str; 12] = [
    "tonkafka-render-compose --secrets",
    "--file",
    "--command-config",
    "--from-command-config",
    "--to-command-config",
    "--data-dir",
    "tonkafka-man --dir",
    "tonkafka-snapshot-create --out",
    "tonkafka-apply PLANFILE",
    "tonkafka-import FILE",
    "PATH",
    "FILE|ID",
];

/// What of a page names files: its options, and what stands without one.
fn names_of_files(page: &str) -> Vec<String> {
    let plain = page.replace("\\-", "-");
    let mut found = Vec::new();
    for line in plain.lines() {
        let Some((before, value)) = line.split_once("\\fI") else {
            continue;
        };
        let value = value.split("\\fR").next().unwrap().trim_matches(['<', '>']);
        let is_file = ["FILE", "PATH", "DIR"]
            .iter()
            .any(|word| value.replace("PROFILE", "").contains(word));
        let is_heading = before.starts_with("\\fB-") || ["[", "<"].contains(&before);
        if is_file && is_heading {
            let option = before
                .split("\\fR")
                .find_map(|part| part.split_once("\\fB--"));
            found.push(match option {
                Some((_, name)) => format!("--{name}"),
                None => value.to_owned(),
            });
        }
    }
    found
}

#[test]
fn every_option_that_names_a_file_is_tried() {
    let mut count = 0;
    for (page, text) in pages() {
        for name in names_of_files(&text) {
            count += 1;
            let is_tried = OUTPUTS
                .iter()
                .any(|one| one.page == page && one.option == name);
            let whole = format!("{page} {name}");
            let is_other = OTHERS.iter().any(|one| *one == name || *one == whole);
            assert!(is_tried || is_other, "{whole} is not tried");
        }
    }
    assert!(count > 80, "{count} were found");
}

impl Named {
    fn bench(&self) -> Bench {
        let bench = bench();
        for words in self.before {
            run(&bench, words).exits(0);
        }
        bench
    }

    /// Writes to a file of this name.
    #[track_caller]
    fn write(&self, bench: &Bench, to: &str) -> Ran {
        run(bench, &[self.words, &[self.option, to]].concat())
    }

    #[track_caller]
    fn check(&self, text: &str) {
        let what = format!("{} {}", self.page, self.option);
        assert!(text.starts_with(self.begins), "{what}: {text}");
        assert!(
            text.ends_with('\n') || text.ends_with("</testsuites>"),
            "{what}: {text}"
        );
    }
}

impl Named {
    /// The words that name `file` both for this output and as `other`, which the same page has.
    fn twice(&self, other: &str, (file, output): (&str, &str)) -> Vec<String> {
        let read: Vec<&str> = match other {
            "PLANFILE" => vec![file],
            "FILE" => vec![file, "--format", "topicctl"],
            // These are in the words already.
            "PATH" | "FILE|ID" => Vec::new(),
            option if option.starts_with("--") => vec![option, file],
            other => panic!("{}: how is {other} written?", self.page),
        };
        let all = [self.words, &read, &[self.option, output]].concat();
        all.into_iter().map(str::to_owned).collect()
    }
}

/// Every option that writes a file, with every one of the same page that names a file: the one must not
/// write over the other, whatever it is called.
#[test]
fn a_file_that_the_same_command_reads_or_writes_is_never_replaced() {
    let pages: BTreeMap<String, String> = pages().into_iter().collect();
    let mut count = 0;
    for output in OUTPUTS {
        let bench = output.bench();
        for other in names_of_files(&pages[output.page]) {
            if other == output.option {
                continue;
            }
            count += 1;
            let file = match other.as_str() {
                "PATH" => "orders.snap",
                "FILE|ID" => "before.json",
                _ => "in",
            };
            let path = bench.program.path().join(file);
            if file == "in" {
                fs::write(&path, "in").unwrap();
            }
            let before = fs::read(&path).unwrap();
            let at = |name: &str| bench.program.path().join(name);
            symlink(file, at("link")).unwrap();
            fs::hard_link(&path, at("hard")).unwrap();
            for name in [file, "link", "hard", &format!("./nowhere/../{file}")] {
                fs::create_dir_all(at("nowhere")).unwrap();
                let words = output.twice(&other, (file, name));
                let words: Vec<&str> = words.iter().map(String::as_str).collect();
                let ran = run(&bench, &words).exits(2);
                let what = format!("{words:?}: {}", ran.stderr);
                assert!(
                    ran.stderr.contains(&format!("`{}`", output.option)),
                    "{what}"
                );
                assert!(ran.stderr.contains(&format!("`{other}`")), "{what}");
                assert!(ran.stderr.contains("nothing was done"), "{what}");
                assert_eq!(fs::read(&path).unwrap(), before, "{what}");
            }
            fs::remove_file(at("link")).unwrap();
            fs::remove_file(at("hard")).unwrap();
        }
    }
    assert!(count > OUTPUTS.len(), "{count} were found");
}

#[test]
fn two_reports_into_one_new_file_are_refused() {
    let bench = bench();
    for (one, other) in [("both", "both"), ("new/both", "./new/../new/both")] {
        let ran = run(&bench, &["plan", "--out", one, "--junit", other]).exits(2);
        assert!(ran.stderr.contains("are one file"), "{}", ran.stderr);
        assert!(!bench.program.path().join(one).exists());
    }
    run(
        &bench,
        &["plan", "--out", "/dev/null", "--junit", "/dev/null"],
    )
    .exits(0);
}

#[test]
fn files_that_are_read_by_another_name_are_not_replaced_either() {
    let bench = bench();
    let refused = |words: &[&str], by: &str, file: &str| {
        let before = bench.program.read(file);
        let ran = run(&bench, words).exits(2);
        assert!(ran.stderr.contains(by), "{words:?}: {}", ran.stderr);
        assert_eq!(bench.program.read(file), before, "{words:?}");
    };
    fs::create_dir(bench.program.path().join("all")).unwrap();
    bench.program.write("all/one.yaml", MANIFEST);
    bench.program.write("value", "1");
    bench.program.write(
        "with.yaml",
        &MANIFEST.replace("2000000", "\"${file:value}\""),
    );
    for named in ["all", "all/*.yaml"] {
        let words = ["plan", "-f", named, "--out", "all/one.yaml"];
        refused(&words, "`--file`", "all/one.yaml");
    }
    refused(
        &["plan", "-f", "with.yaml", "--out", "value"],
        "`--file`",
        "value",
    );
    refused(
        &["plan", "--junit", "topics.yaml"],
        "`--file`",
        "topics.yaml",
    );
    bench
        .program
        .write("of.csv", "topic,partition,offset\norders,0,10\n");
    let reset = ["reset-offsets", "billing", "--to", "file:of.csv"];
    let words = [&reset[..], &["--dry-run", "--out", "of.csv"]].concat();
    refused(&words, "`--to`", "of.csv");
    let restore = [
        "snapshot",
        "restore",
        "orders.snap",
        "--rename",
        "orders=back",
        "--yes",
    ];
    bench.program.write("orders.snap.part", "a part");
    let words = [&restore[..], &["--map", "orders.snap.part"]].concat();
    refused(&words, "`PATH`", "orders.snap.part");
    bench.program.write("client.properties", "client.id=me\n");
    let plan = bench.arguments(&["plan", "--out", "client.properties"]);
    let mut command = bench.program.command(&plan);
    command.env("TONKAFKA_COMMAND_CONFIG", "client.properties");
    finish(command.spawn().unwrap()).exits(2);
    assert_eq!(bench.program.read("client.properties"), "client.id=me\n");
}

#[test]
fn a_backup_and_a_map_replace_only_their_like() {
    let bench = bench();
    let restore = [
        "snapshot",
        "restore",
        "orders.snap",
        "--rename",
        "orders=back",
        "--yes",
    ];
    for (words, option, what) in [
        (&["backup", "create"][..], "--out", "backup"),
        (&restore, "--map", "map of offsets"),
    ] {
        let words = [words, &[option, "there"]].concat();
        bench.program.write("there", "{\"mine\": 1}\n");
        let ran = run(&bench, &words).exits(2);
        assert_eq!(
            ran.stderr,
            format!(
                "error: cannot write there: it is there already, and is no {what}\n\
                 hint: nothing was done; name another file with `{option}`, or remove this one\n"
            )
        );
        assert_eq!(bench.program.read("there"), "{\"mine\": 1}\n");
        fs::remove_file(bench.program.path().join("there")).unwrap();
        assert!(!bench.state().topics.contains_key("back"));
        run(&bench, &words).exits(0);
        run(&bench, &words).exits(0);
    }
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

/// What is in the directory but for the program's own files.
fn names(bench: &Bench) -> BTreeSet<String> {
    let entries = fs::read_dir(bench.program.path()).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.collect()
}

#[test]
fn a_new_file_is_private_and_one_that_is_there_keeps_owner_mode_and_links() {
    let is_root = rustix::process::geteuid().is_root();
    for output in OUTPUTS {
        let bench = output.bench();
        let path = bench.program.path().join("below/new");
        output.write(&bench, "below/new").exits(0);
        output.check(&fs::read_to_string(&path).unwrap());
        assert_eq!(mode(&path), 0o600, "{}", output.page);

        let bench = output.bench();
        let (link, path) = ("link", bench.program.write("there", output.over));
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        if is_root {
            std::os::unix::fs::chown(&path, Some(4711), Some(4712)).unwrap();
        }
        symlink("there", bench.program.path().join(link)).unwrap();
        let before = names(&bench);
        output.write(&bench, link).exits(0);
        output.check(&fs::read_to_string(&path).unwrap());
        let metadata = fs::metadata(&path).unwrap();
        assert_eq!(mode(&path), 0o640, "{}", output.page);
        if is_root {
            assert_eq!(
                (metadata.uid(), metadata.gid()),
                (4711, 4712),
                "{}",
                output.page
            );
        }
        assert!(
            bench.program.path().join(link).is_symlink(),
            "{}",
            output.page
        );
        assert_eq!(names(&bench), before, "{}", output.page);

        let bench = output.bench();
        symlink("far", bench.program.path().join(link)).unwrap();
        output.write(&bench, link).exits(0);
        output.check(&bench.program.read("far"));
    }
}

#[test]
fn a_directory_is_refused_and_stays() {
    for output in OUTPUTS {
        let bench = output.bench();
        fs::create_dir(bench.program.path().join("there")).unwrap();
        let ran = output.write(&bench, "there").exits(1);
        assert!(
            ran.stderr.contains("there: it is a directory\n"),
            "{}: {}",
            output.page,
            ran.stderr
        );
        assert!(
            fs::read_dir(bench.program.path().join("there"))
                .unwrap()
                .next()
                .is_none()
        );
    }
}

/// Makes a special file.
fn special(path: &Path, kind: FileType, device: u64) -> bool {
    mknodat(CWD, path, kind, Mode::from_raw_mode(0o600), device).is_ok()
}

#[test]
fn pipes_and_descriptors_are_written_to_and_stay() {
    for output in OUTPUTS {
        let bench = output.bench();
        let path = bench.program.path().join("pipe");
        assert!(special(&path, FileType::Fifo, 0));
        let reader = std::thread::spawn({
            let path = path.clone();
            move || fs::read_to_string(path).unwrap()
        });
        output.write(&bench, "pipe").exits(0);
        output.check(&reader.join().unwrap());
        assert!(
            fs::metadata(&path).unwrap().file_type().is_fifo(),
            "{}",
            output.page
        );

        // Behind what a shell has written there already.
        let bench = output.bench();
        let words = [output.words, &[output.option, "/dev/fd/3"]].concat();
        let arguments = arguments(&bench, &words);
        let program = bench.program.command(&arguments);
        let mut shell = replaced(&program, "sh");
        shell.args(["-c", "exec 3> three; echo before >&3; exec \"$0\" \"$@\""]);
        shell.arg(program.get_program()).args(&arguments);
        finish(shell.spawn().unwrap()).exits(0);
        let text = bench.program.read("three");
        output.check(text.strip_prefix("before\n").unwrap());

        // What is printed comes first, or after it, and nothing is lost of either.
        let bench = output.bench();
        let ran = output.write(&bench, "/dev/stdout").exits(0);
        assert!(ran.stdout.contains(output.begins), "{}", output.page);
        let bench = output.bench();
        let file = File::create(bench.program.path().join("all")).unwrap();
        let words = [output.words, &[output.option, "/dev/stdout"]].concat();
        let mut command = bench.program.command(&self::arguments(&bench, &words));
        assert!(command.stdout(file).status().unwrap().success());
        let all = bench.program.read("all");
        assert!(all.contains(output.begins), "{}: {all}", output.page);
        assert_eq!(
            all.lines().count(),
            ran.stdout.lines().count(),
            "{}: {all}",
            output.page
        );
    }
}

/// The same surroundings for another program.
fn replaced(command: &std::process::Command, program: &str) -> std::process::Command {
    let mut other = std::process::Command::new(program);
    other.current_dir(command.get_current_dir().unwrap());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => other.env(name, value),
            None => other.env_remove(name),
        };
    }
    other
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    other
}

/// Devices like `/dev/null` and `/dev/full`, made here: a program that replaces them replaces no others.
/// None where this user may make or use none.
fn devices(bench: &Bench) -> Option<[PathBuf; 2]> {
    let made = [("null", 3), ("full", 7)].map(|(name, minor)| {
        let path = bench.program.path().join(name);
        special(&path, FileType::CharacterDevice, makedev(1, minor));
        path
    });
    let can_use = fs::OpenOptions::new().write(true).open(&made[0]).is_ok();
    can_use.then_some(made)
}

/// A device that takes nothing.
fn full(bench: &Bench) -> String {
    // Without the right to make one there is none to replace the machine's either.
    let made = devices(bench).map(|_| "full".to_owned());
    made.unwrap_or_else(|| "/dev/full".to_owned())
}

#[test]
fn devices_are_written_to_and_stay() {
    for output in OUTPUTS {
        let bench = output.bench();
        let Some([null, full]) = devices(&bench) else {
            return;
        };
        output.write(&bench, "null").exits(0);
        assert!(
            fs::symlink_metadata(&null)
                .unwrap()
                .file_type()
                .is_char_device()
        );
        let bench = output.bench();
        devices(&bench);
        let ran = output.write(&bench, "full");
        assert!(
            matches!(ran.code, Some(1 | 5)),
            "{}: {}",
            output.page,
            ran.stderr
        );
        assert!(
            ran.stderr
                .contains("full: No space left on device (os error 28)"),
            "{}: {}",
            output.page,
            ran.stderr
        );
        assert!(
            fs::symlink_metadata(&full)
                .unwrap()
                .file_type()
                .is_char_device()
        );
    }
}

#[test]
fn digests_of_secrets_make_a_plan_private_again() {
    let manifest = "version: 1\nbroker: {brokers: {1: {listener.name.internal.ssl.keystore.password: \"${env:SECRET}\"}}}\n";
    let bench = Bench::new(manifest, &state());
    let path = bench.program.write("plan.json", "");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    let plan = bench.arguments(&["plan", "--out", "plan.json"]);
    let mut command = bench.program.command(&plan);
    finish(command.env("SECRET", "sesame").spawn().unwrap()).exits(0);
    assert_eq!(mode(&path), 0o600);
    assert!(!bench.program.read("plan.json").contains("sesame"));
}

#[test]
fn a_snapshot_needs_a_plain_file() {
    let bench = bench();
    let create = |to: &str| run(&bench, &["snapshot", "create", "orders", "--out", to]);
    symlink("far.snap", bench.program.path().join("link")).unwrap();
    create("link").exits(0);
    assert!(bench.program.path().join("link").is_symlink());
    assert!(bench.program.path().join("far.snap").is_file());
    let ran = create("link").exits(4);
    assert!(ran.stderr.contains("is there already"), "{}", ran.stderr);
    let pipe = bench.program.path().join("pipe");
    assert!(special(&pipe, FileType::Fifo, 0));
    for to in ["pipe", "/dev/stdout"] {
        let ran = create(to).exits(2);
        assert_eq!(
            ran.stderr,
            format!(
                "error: cannot write {to}: a snapshot needs a plain file\n\
                 hint: it is read again while it is written: name a new file\n"
            )
        );
    }
    assert!(fs::metadata(&pipe).unwrap().file_type().is_fifo());
}

#[test]
fn a_file_of_contexts_is_followed_and_never_replaced() {
    let bench = bench();
    let add = |file: &str, name: &str| {
        let mut command = bench
            .program
            .command(&bench.arguments(&["context", "add", name]));
        finish(command.env("TONKAFKA_CONFIG", file).spawn().unwrap())
    };
    symlink("real.toml", bench.program.path().join("link.toml")).unwrap();
    add("link.toml", "first").exits(0);
    add("link.toml", "second").exits(0);
    assert!(bench.program.path().join("link.toml").is_symlink());
    let text = bench.program.read("real.toml");
    assert!(
        text.contains("[contexts.first]") && text.contains("[contexts.second]"),
        "{text}"
    );
    if let Some([null, _]) = devices(&bench) {
        add("null", "nowhere").exits(0);
        assert!(
            fs::symlink_metadata(null)
                .unwrap()
                .file_type()
                .is_char_device()
        );
    }
}

/// Waits for a program that has to end by itself.
fn ends(mut child: Child) -> Ran {
    let deadline = Instant::now() + Duration::from_secs(20);
    while child.try_wait().unwrap().is_none() {
        if Instant::now() > deadline {
            child.kill().unwrap();
            panic!("it hangs");
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    finish(child)
}

#[test]
fn a_pipe_that_nobody_writes_to_is_refused_wherever_a_file_is_read() {
    let bench = bench();
    assert!(special(
        &bench.program.path().join("pipe"),
        FileType::Fifo,
        0
    ));
    bench.program.write(
        "with.yaml",
        &format!("{MANIFEST}      configs: {{x: \"${{file:pipe}}\"}}\n"),
    );
    let reset = ["reset-offsets", "billing", "--to", "file:pipe"];
    for words in [
        &["validate", "-f", "pipe"][..],
        &["validate", "-f", "with.yaml"],
        &["plan", "-f", "pipe"],
        &["apply", "pipe"],
        &["list", "topics", "--command-config", "pipe"],
        &["import", "pipe", "--format", "topicctl"],
        &["backup", "show", "pipe"],
        &["backup", "diff", "pipe"],
        &["backup", "diff", "before.json", "pipe"],
        &["backup", "restore", "pipe"],
        &["snapshot", "verify", "pipe"],
        &["snapshot", "show", "pipe"],
        &["snapshot", "restore", "pipe"],
        &["mirror", "pay", "--from-command-config", "pipe"],
        &["mirror", "pay", "--to-command-config", "pipe"],
        &reset,
    ] {
        let mut command = bench.program.command(&arguments(&bench, words));
        let ran = ends(command.spawn().unwrap());
        assert_eq!(ran.code, Some(2), "{words:?}: {}", ran.stderr);
        assert!(ran.stderr.contains("pipe"), "{words:?}: {}", ran.stderr);
    }
    let ran = run(&bench, &reset).exits(2);
    let words = "error: pipe: it cannot be read: it is no plain file\n";
    assert!(ran.stderr.starts_with(words), "{}", ran.stderr);
    for words in [["context", "list"], ["context", "add"]] {
        let words = [&words[..], &["name"][..usize::from(words[1] == "add")]].concat();
        let mut command = bench.program.command(&bench.arguments(&words));
        let ran = ends(command.env("TONKAFKA_CONFIG", "pipe").spawn().unwrap());
        assert_eq!(ran.code, Some(2), "{words:?}: {}", ran.stderr);
    }
}
