//! Manifests of other programs.

use std::path::Path;

use crate::fresh;
use crate::program::Program;

/// Folders with files of other programs, and the expected manifest beside each.
#[test]
fn manifests_of_other_programs_are_read() {
    let mut cases = 0;
    for format in ["topicctl", "jikkou", "kafka-gitops"] {
        for case in ["platform", "mistakes", "template"] {
            let folder = format!("tests/cli/imports/{format}/{case}");
            let path = fresh::repository(&folder);
            if !path.exists() {
                continue;
            }
            let program = Program::new();
            let files: Vec<String> = files(&path);
            for file in &files {
                program.write(file, &std::fs::read_to_string(path.join(file)).unwrap());
            }
            let mut arguments = vec!["import", "--format", format];
            arguments.extend(files.iter().map(String::as_str));
            let ran = program.run(&arguments);
            fresh::check(&format!("{folder}/stderr"), &ran.stderr);
            if case == "platform" {
                assert_eq!(ran.code, Some(0), "{}", ran.stderr);
                fresh::check(&format!("{folder}/stdout"), &ran.stdout);
                program.write("import.yaml", &ran.stdout);
                program.run(&["validate", "-f", "import.yaml"]).exits(0);
                let quiet = program.run(&[&arguments[..], &["-q"]].concat()).exits(0);
                assert_eq!((quiet.stdout, quiet.stderr.as_str()), (ran.stdout, ""));
            } else {
                assert_eq!((ran.code, ran.stdout.as_str()), (Some(2), ""));
            }
            cases += 1;
        }
    }
    assert_eq!(cases, 7);
}

fn files(path: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(path).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = names.filter(|name| name.contains(".yaml")).collect();
    names.sort();
    names
}

#[test]
fn files_are_named_for_another_programs_manifest_only() {
    let program = Program::new();
    let ran = program.run(&["import", "topics.yaml"]).exits(2);
    ran.stderr_has("--format <PROGRAM>");
    let ran = program.run(&["import", "--format", "jikkou"]).exits(2);
    ran.stderr_has("<FILE>");
    let ran = program
        .run(&["import", "--format", "jikkou", "missing.yaml"])
        .exits(2);
    assert_eq!(
        ran.stderr,
        "error: no such file or directory\n --> missing.yaml\n"
    );
    program.write("empty.yaml", "# nothing\n---\n");
    let ran = program
        .run(&["import", "--format", "jikkou", "empty.yaml"])
        .exits(2);
    ran.stderr_starts("error: the file is empty\n");
}
