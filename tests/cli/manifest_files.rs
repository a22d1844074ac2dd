//! Messages for files that are no manifest or cannot be read.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::os::unix::fs::symlink;
use std::process::Command;

use crate::program::Program;

/// Expects this message of `validate -f PATH` for the files that `make` creates.
#[track_caller]
fn refused(path: &str, make: impl FnOnce(&Program), expected: &str) {
    let program = Program::new();
    make(&program);
    let ran = program.run(&["validate", "-f", path]).exits(2);
    assert_eq!((ran.stdout.as_str(), ran.stderr.as_str()), ("", expected));
}

fn bytes(program: &Program, bytes: &[u8]) {
    fs::write(program.path().join("a.yaml"), bytes).unwrap();
}

#[test]
fn a_path_that_is_no_file_is_refused_by_name() {
    refused(
        "a.yaml",
        |_| {},
        "error: no such file or directory\n --> a.yaml\nhint: name the manifest with `-f FILE`\n",
    );
    refused(
        "topics/*.yaml",
        |_| {},
        "error: this pattern matches no file\n --> topics/*.yaml\nhint: check the directory, and quote the pattern\n",
    );
    refused(
        "empty",
        |program| fs::create_dir(program.path().join("empty")).unwrap(),
        "error: no `*.yaml` or `*.yml` file in this directory\n --> empty\nhint: name a directory that has some, or a file\n",
    );
    refused(
        "a.yaml",
        |program| symlink("a.yaml", program.path().join("a.yaml")).unwrap(),
        "error: cannot read this: Too many levels of symbolic links (os error 40)\n --> a.yaml\nhint: make it a file that this user may read\n",
    );
    refused(
        "pipe",
        |program| {
            let pipe = program.path().join("pipe");
            assert!(Command::new("mkfifo").arg(pipe).status().unwrap().success());
        },
        "error: this is neither a file nor a directory\n --> pipe\nhint: give a pipe as `-f -`\n",
    );
}

#[test]
fn a_file_that_is_no_text_is_refused_at_its_place() {
    refused(
        "a.yaml",
        |program| bytes(program, b""),
        "error: the file is empty\n --> a.yaml:1:1\nhint: a manifest starts with `version: 1`\n",
    );
    refused(
        "a.yaml",
        |program| bytes(program, b"version: 1\n# caf\xe9\n"),
        "error: this is not UTF-8\n --> a.yaml:2:6\nhint: save the file as UTF-8\n",
    );
    refused(
        "a.yaml",
        |program| bytes(program, b"\xff\xfev\0e\0"),
        "error: this file is UTF-16, not UTF-8\n --> a.yaml\nhint: save the file as UTF-8\n",
    );
    refused(
        "a.yaml",
        |program| bytes(program, b"version: 1\0\n"),
        "error: a NUL byte, which no YAML file has\n --> a.yaml:1:11\nhint: save the file as UTF-8\n",
    );
    refused(
        "a.yaml",
        |program| {
            let file = File::create(program.path().join("a.yaml")).unwrap();
            file.set_len((64 << 20) + 1).unwrap();
        },
        "error: this file is larger than 64 MiB\n --> a.yaml\nhint: split the manifest into several files\n",
    );
}

#[test]
fn of_a_thousand_files_with_two_bad_ones_both_are_named() {
    let program = Program::new();
    fs::create_dir(program.path().join("topics")).unwrap();
    for number in 0..1_000 {
        let partitions = if number == 7 || number == 999 {
            "three"
        } else {
            "3"
        };
        let text = format!(
            "version: 1\ntopics: {{ items: [{{ name: t{number}, partitions: {partitions} }}] }}\n"
        );
        program.write(&format!("topics/{number:04}.yaml"), &text);
    }
    let ran = program.run(&["validate", "-f", "topics/*.yaml"]).exits(2);
    let at: Vec<&str> = ran
        .stderr
        .lines()
        .filter(|line| line.contains("-->"))
        .collect();
    assert_eq!(
        at,
        [" --> topics/0007.yaml:2:43", " --> topics/0999.yaml:2:45"]
    );
}

/// Mistakes beyond the limit are only counted, which saves memory.
#[test]
fn mistakes_without_end_are_counted_to_ten_thousand() {
    let mut text = String::from("version: 1\ntopics:\n  items:\n");
    for number in 0..60_000 {
        let _ = writeln!(
            text,
            "    - {{name: a{number}, partitions: 1, configs: {{retension.ms{number}: 7d}}}}"
        );
    }
    let program = Program::with_manifest(&text);
    let ran = program.run(&["validate"]).exits(2);
    ran.stderr_ends("\n\nand 9950 more\n");
    assert!(ran.peak_kib < 110 << 10, "{} KiB", ran.peak_kib);
}
