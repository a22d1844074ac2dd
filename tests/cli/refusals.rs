//! Plan files, properties files and command lines that are refused before connecting, with their
//! messages.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::PermissionsExt as _;

use crate::program::{Program, Ran};
use crate::{cases, fresh};

/// Runs every case of a folder, and compares its output.
fn check(folder: &str, least: usize, run: impl Fn(&Program, &cases::Case) -> Ran) {
    let program = Program::with_manifest("version: 1\n");
    cases::check(folder, "stderr", least, |case| {
        let ran = run(&program, case);
        if is_refusal(&ran) {
            Ok(ran.stderr)
        } else {
            Err(format!("{ran:?}"))
        }
    });
}

/// Whether the output is only an error with a way out, without secrets or control characters.
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
    let plan = fs::read(fresh::repository("tests/cli/plan-files/plan.json")).unwrap();
    check("tests/cli/plan-files", 50, |program, case| {
        let edits = case.name.strip_suffix(".edit");
        let edited = edits.map(|_| edited(plan.clone(), &case.input));
        let bytes = edited.as_ref().unwrap_or(&case.input);
        fs::write(program.path().join("plan.json"), bytes).unwrap();
        program.run(&["apply", "plan.json", "--yes", "-b", "nobody:1"])
    });
}

/// A text with edited lines: a run of `-` lines is replaced, at its first occurrence, by the `+`
/// lines. An empty line starts the next edit.
fn edited(mut text: Vec<u8>, edits: &[u8]) -> Vec<u8> {
    let lines: Vec<&[u8]> = edits.split_inclusive(|byte| *byte == b'\n').collect();
    for edit in lines.split(|line| *line == b"\n") {
        let with = |sign: &[u8]| -> Vec<u8> {
            let lines = edit.iter().filter_map(|line| line.strip_prefix(sign));
            lines.flatten().copied().collect()
        };
        let (old, new) = (with(b"-"), with(b"+"));
        let at = text.windows(old.len()).position(|here| here == old);
        let at = at.expect("what is replaced is there");
        text.splice(at..at + old.len(), new);
    }
    text
}

#[test]
fn bad_properties_files() {
    check("tests/cli/client-configs", 94, |program, case| {
        let copy = program.path().join("client.properties");
        fs::write(&copy, &case.input).unwrap();
        fs::set_permissions(&copy, fs::Permissions::from_mode(0o600)).unwrap();
        program.run(&["list", "topics", "--command-config", "client.properties"])
    });
}

#[test]
fn bad_command_lines() {
    check("tests/cli/command-lines", 78, |program, case| {
        let lines = case.input.strip_suffix(b"\n");
        let lines = lines.map(|lines| lines.split(|byte| *byte == b'\n'));
        let arguments: Vec<&OsStr> = lines.into_iter().flatten().map(OsStr::from_bytes).collect();
        program.run(&arguments)
    });
}

/// Plans that would exhaust memory or the stack without limits.
#[test]
fn plans_that_are_only_deep_or_long() {
    let program = Program::with_manifest("version: 1\n");
    for text in ["[".repeat(100_000), "{\"a\":".repeat(100_000)] {
        program.write("plan.json", &text);
        let ran = program.run(&["apply", "plan.json", "--yes", "-b", "nobody:1"]);
        let ran = ran.exits(2);
        let expected = "error: cannot use the plan plan.json: it is not valid JSON, or was cut off: recursion limit exceeded";
        ran.stderr_starts(expected);
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

#[test]
fn a_usage_error_is_a_document_if_documents_are_wanted() {
    let program = Program::new();
    let said = program.run(&["plan", "--nope"]).exits(2);
    assert_eq!(said.stdout, "");
    for output in [
        "-o json",
        "-ojson",
        "-o=json",
        "--output json",
        "--output=json",
    ] {
        let output: Vec<&str> = output.split(' ').collect();
        let ran = program.run(&[&["apply", "--nope"], &output[..]].concat());
        let error = &ran.exits(2).json()["error"];
        assert_eq!(error["code"], 2, "{output:?}");
        let message = error["message"].as_str().unwrap();
        assert!(message.starts_with("unexpected argument '--nope' found\n"));
    }
    let can = ["can", "User:a", "FOO", "topic:x", "-o", "json"];
    let error = &program.run(&can).exits(2).json()["error"];
    let message = error["message"].as_str().unwrap();
    assert!(message.starts_with("invalid value 'FOO' for '<OPERATION>'"));
    let yaml = program.run(&["-o", "yaml", "lag", "--nope"]).exits(2);
    assert!(yaml.stdout.contains("\nkind: Error\n"), "{}", yaml.stdout);
    let hidden = program
        .run(&["plan", "--nope", "--", "-o", "json"])
        .exits(2);
    assert_eq!(hidden.stdout, "");
}

#[test]
fn describe_access_names_everything_that_it_can_be_about() {
    let ran = Program::new().run(&["describe", "access"]).exits(2);
    let names = "<PRINCIPAL|--topic <NAME>|--group <NAME>|--transactional-id <ID>|--cluster>";
    ran.stderr_has(names);
}
