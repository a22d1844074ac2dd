//! Plan files, properties files and command lines that are refused before anybody is connected to:
//! a folder of each, and for every file in it one beside it with what is said.
//! `UPDATE_EXPECT=1` writes those anew.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use crate::fresh;
use crate::program::{Program, Ran};

/// The files of a folder with this ending, in order.
fn files(folder: &str, ending: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(fresh::repository(folder)).unwrap();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|found| found == ending));
    paths.sort();
    paths
}

/// Runs what `run` says for every file, and compares what it prints.
fn check(folder: &str, ending: &str, least: usize, run: impl Fn(&Program, &Path) -> Ran) {
    let program = Program::with_manifest("version: 1\n");
    let files = files(folder, ending);
    assert!(files.len() >= least, "only {} in {folder}", files.len());
    let mut wrong = Vec::new();
    for path in files {
        let ran = run(&program, &path);
        let name = path.file_stem().unwrap().to_str().unwrap();
        if is_refusal(&ran) {
            fresh::check(&format!("{folder}/{name}.stderr"), &ran.stderr);
        } else {
            wrong.push(format!("=== {name}: {ran:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Whether it says nothing but what is wrong, tells the way out, and keeps secrets and the terminal.
fn is_refusal(ran: &Ran) -> bool {
    let said = &ran.stderr;
    let ways_out = [
        "\nhint: ",
        "\nFor more information, try '--help'.",
        "Usage: ",
    ];
    let is_helpful = ways_out.iter().any(|way| said.contains(way));
    let is_safe = !said.contains("hunter2") && !said.replace('\n', "").contains(char::is_control);
    ran.code == Some(2) && ran.stdout.is_empty() && is_helpful && is_safe
}

#[test]
fn bad_plan_files() {
    check("tests/cli/plan-files", "json", 50, |program, path| {
        fs::copy(path, program.path().join("plan.json")).unwrap();
        program.run(&["apply", "plan.json", "--yes", "-b", "nobody:1"])
    });
}

#[test]
fn bad_properties_files() {
    check(
        "tests/cli/client-configs",
        "properties",
        80,
        |program, path| {
            let copy = program.path().join("client.properties");
            fs::copy(path, &copy).unwrap();
            fs::set_permissions(&copy, fs::Permissions::from_mode(0o600)).unwrap();
            program.run(&["list", "topics", "--command-config", "client.properties"])
        },
    );
}

#[test]
fn bad_command_lines() {
    check("tests/cli/command-lines", "args", 78, |program, path| {
        let bytes = fs::read(path).unwrap();
        let lines = bytes
            .strip_suffix(b"\n")
            .map(|lines| lines.split(|byte| *byte == b'\n'));
        let arguments: Vec<&OsStr> = lines.into_iter().flatten().map(OsStr::from_bytes).collect();
        program.run(&arguments)
    });
}

/// A plan that would take all memory or all of the stack, if it were let.
#[test]
fn plans_that_are_only_deep_or_long() {
    let program = Program::with_manifest("version: 1\n");
    for text in ["[".repeat(100_000), "{\"a\":".repeat(100_000)] {
        program.write("plan.json", &text);
        let ran = program.run(&["apply", "plan.json", "--yes", "-b", "nobody:1"]);
        let ran = ran.exits(2);
        let expected = "error: cannot use the plan plan.json: it is not valid JSON, or was cut off: recursion limit exceeded";
        assert!(ran.stderr.starts_with(expected), "{}", ran.stderr);
    }
}

#[test]
fn a_properties_file_is_a_plain_file_of_some_size() {
    let program = Program::with_manifest("version: 1\n");
    let at = |name: &str| program.path().join(name);
    let made = std::process::Command::new("mkfifo")
        .arg(at("pipe"))
        .status();
    assert!(made.unwrap().success());
    program.write("large", &"# comment\n".repeat(110_000));
    for (name, why) in [
        ("pipe", "it is no plain file"),
        ("large", "it is larger than 1 MiB"),
    ] {
        let ran = program
            .run(&["list", "topics", "--command-config", name])
            .exits(2);
        let expected = format!(
            "error: cannot read {name}: {why}\nhint: name a properties file with `--command-config`\n"
        );
        assert_eq!(ran.stderr, expected);
    }
}
