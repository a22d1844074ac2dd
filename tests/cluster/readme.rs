//! Runs the README's five minutes.

use std::fs;
use std::path::Path;

use crate::program::{Program, Ran};
use crate::up::Running;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

fn read(name: &str) -> String {
    fs::read_to_string(Path::new(ROOT).join(name)).unwrap()
}

/// The commands between two headings, without the program's name, each with the comment beside it.
fn commands(readme: &str) -> Vec<(Vec<String>, String)> {
    let section = readme.split("## Five minutes with it").nth(1).unwrap();
    let section = section.split("\n## ").next().unwrap();
    section
        .lines()
        .filter_map(|line| line.strip_prefix("tonkafka "))
        .map(|line| {
            let (command, beside) = line.split_once('#').unwrap();
            let words = command.split_whitespace().map(str::to_owned).collect();
            (words, beside.trim().to_owned())
        })
        .collect()
}

#[test]
fn the_five_minutes_work_as_written() {
    let readme = read("README.md");
    let program = Program::with_manifest(&read("topics.yaml").replace("heap: 1G", "heap: 512M"));
    let _running = Running(&program);
    let snippet = "      configs: { retention.ms: 30d }\n";
    assert!(readme.contains(snippet));
    let mut bootstrap = String::new();
    let mut last: Option<Ran> = None;
    let commands = commands(&readme);
    assert_eq!(commands.len(), 10);
    for (mut words, beside) in commands {
        let name = words[0].clone();
        if name == "up" {
            words.extend(["--engine", "native", "--port", "0"].map(str::to_owned));
        } else if !["status", "down"].contains(&name.as_str()) {
            words.extend(["-b".to_owned(), bootstrap.clone()]);
        }
        if name == "plan"
            && last
                .as_ref()
                .is_some_and(|ran| ran.stdout.contains("user.activity"))
        {
            let line = "    - name: audit.logs\n";
            let manifest = program.read("topics.yaml");
            program.write(
                "topics.yaml",
                &manifest.replace(line, &format!("{line}{snippet}")),
            );
        }
        let code = if beside.starts_with("exits with 3") {
            3
        } else {
            0
        };
        let ran = program.run(&words).exits(code);
        if name == "up" {
            let line = ran.stdout.lines().find(|line| line.starts_with("clients"));
            line.unwrap()
                .split_whitespace()
                .last()
                .unwrap()
                .clone_into(&mut bootstrap);
        }
        if beside.contains('→') {
            ran.stdout_has(&beside);
        }
        last = Some(ran);
    }
    assert!(
        last.unwrap()
            .stdout
            .starts_with("stopped the cluster at localhost:")
    );
}
