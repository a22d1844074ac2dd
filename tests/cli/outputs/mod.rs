//! Output of commands: every command with an unusable stdout, and every option that names a file
//! with files of every kind.

mod files;
mod named;
mod pipes;
mod stdout;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, FileType, Mode, makedev, mknodat};
use tonkafka::cluster::fake::State;

use crate::billing::state;
use crate::fake::{Bench, put};
use crate::made::{self, Content};
use crate::program::{Program, Ran};

const MANIFEST: &str = "\
version: 1
topics:
  items:
    - {name: orders, partitions: 3, configs: {max.message.bytes: 2000000}}
    - {name: pay, partitions: 1}
";

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
    put(&bench.program, "other.json", &other);
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

/// The arguments of a command, with the cluster's address or with both for `mirror`.
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

/// The pages of the manual, one for each command, made by the parser.
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

/// A command whose last option names a file to write.
struct Named {
    page: &'static str,
    option: &'static str,
    words: &'static [&'static str],
    before: &'static [&'static [&'static str]],
    /// The beginning of the written file.
    begins: &'static str,
    /// The content of a file that may be replaced.
    over: &'static str,
}

const PLAN: &str = "{\n  \"formatVersion\": 2,\n  \"kind\": \"Plan\"";

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
    /// Arguments that name `file` both as this output and as `other`, an argument of the same page.
    fn twice(&self, other: &str, (file, output): (&str, &str)) -> Vec<String> {
        let read: Vec<&str> = match other {
            "PLANFILE" => vec![file],
            "FILE" => vec![file, "--format", "topicctl"],
            // These arguments are in the words already.
            "PATH" | "FILE|ID" => Vec::new(),
            option if option.starts_with("--") => vec![option, file],
            other => panic!("{}: how is {other} written?", self.page),
        };
        let all = [self.words, &read, &[self.option, output]].concat();
        all.into_iter().map(str::to_owned).collect()
    }
}

/// The names in the directory, without the program's own files.
fn names(bench: &Bench) -> BTreeSet<String> {
    let entries = fs::read_dir(bench.program.path()).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.collect()
}

/// Makes a special file.
fn special(path: &Path, kind: FileType, device: u64) -> bool {
    mknodat(CWD, path, kind, Mode::from_raw_mode(0o600), device).is_ok()
}

/// Copies of `/dev/null` and `/dev/full`, so that a faulty program replaces only these. None if
/// this user may not create or use them.
fn devices(bench: &Bench) -> Option<[PathBuf; 2]> {
    let made = [("null", 3), ("full", 7)].map(|(name, minor)| {
        let path = bench.program.path().join(name);
        special(&path, FileType::CharacterDevice, makedev(1, minor));
        path
    });
    let can_use = fs::OpenOptions::new().write(true).open(&made[0]).is_ok();
    can_use.then_some(made)
}

/// A device that always reports a full disk.
fn full(bench: &Bench) -> String {
    // Without the right to create one, the machine's own cannot be replaced either.
    let made = devices(bench).map(|_| "full".to_owned());
    made.unwrap_or_else(|| "/dev/full".to_owned())
}
