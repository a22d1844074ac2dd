//! Executes the pages of the documentation.
//!
//! In a page, a `yaml` block whose first line is `# FILE` is that file. A `console` block has
//! commands after `$ `, each with its output below; there `[..]` stands for any text within a line,
//! and a line of `...` for any lines. A command exits with 0 unless `# exits with N` is beside it.
//! `UPDATE_EXPECT=1` replaces outputs that differ.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::pages;
use crate::program::Program;
use crate::support::kafka::{self, free_port};

/// The cluster address in the pages.
const USUAL: &str = "localhost:9092";

#[test]
fn the_tutorial_works_as_written() {
    let page = Page::read("docs/tutorial.md");
    let program = Program::new();
    let _running = crate::up::Running(&program);
    let address = format!("localhost:{}", free_port());
    page.follow(&program, &address);
}

#[test]
fn the_page_on_exit_codes_works_as_written() {
    let page = Page::read("docs/exit-codes.md");
    let kafka = kafka::fresh(1, &[]);
    page.follow(&Program::new(), &kafka.bootstrap());
}

#[test]
fn the_page_on_import_works_as_written() {
    let page = Page::read("docs/import.md");
    let kafka = kafka::fresh(1, &[]);
    page.follow(&Program::new(), &kafka.bootstrap());
}

#[test]
fn the_page_on_lag_works_as_written() {
    let page = Page::read("docs/lag.md");
    let kafka = kafka::fresh(1, &[]);
    crate::lag::prepare_page(&kafka.bootstrap());
    page.follow(&Program::new(), &kafka.bootstrap());
}

#[test]
fn the_page_on_backups_works_as_written() {
    let page = Page::read("docs/backups.md");
    let kafka = kafka::fresh(1, &[]);
    page.follow(&Program::new(), &kafka.bootstrap());
}

#[test]
fn the_page_on_access_works_as_written() {
    let page = Page::read("docs/access.md");
    let kafka = kafka::fresh(1, &crate::contract_access::authorizer());
    crate::can::prepare_page(&kafka);
    page.follow(&Program::new(), &kafka.bootstrap());
}

/// Commands that pages only name, or that start and stop what other tests use.
const NOT_RUN: [&str; 5] = ["up", "down", "status", "explain", "context use"];

/// Runs the README's pipeline in order on a new cluster, then every other command of the pages.
#[test]
fn the_commands_of_the_pages_work() {
    let authorizer = "org.apache.kafka.metadata.authorizer.StandardAuthorizer";
    let kafka = kafka::fresh(
        3,
        &[
            ("authorizer.class.name", authorizer),
            ("super.users", "User:ANONYMOUS"),
        ],
    );
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let manifest = fs::read_to_string(root.join("topics.yaml")).unwrap();
    let program = Program::with_manifest(&manifest);
    let of_contexts = "security.protocol=PLAINTEXT\nclient.id=pages\n";
    program.write("production.properties", of_contexts);
    let complete = format!("bootstrap.servers={}\n{of_contexts}", kafka.bootstrap());
    program.write("client.properties", &complete);
    let works = |command: &str, expected: i32| {
        // A watch ends as with Ctrl-C.
        let watched = command.contains("--watch");
        let start = if watched {
            "timeout --preserve-status -s INT 8 "
        } else {
            ""
        };
        let script = format!("{start}tonkafka {command}");
        let script = script.replace("kafka-1.example.com:9092", USUAL);
        let script = script.replace(USUAL, &kafka.bootstrap());
        // The cluster of that file runs in Docker.
        let script = script.replace("compose/secrets/client.properties", "client.properties");
        let (code, said) = run(&program, &script, &kafka.bootstrap());
        assert_eq!(code, Some(expected), "{script}\n{said}");
        assert!(!said.is_empty() || command.contains(" -q"), "{script}");
    };
    let readme = fs::read_to_string(root.join("README.md")).unwrap();
    let pipeline = readme.split("## In a pipeline").nth(1).unwrap();
    let block = &pages::blocks(pipeline, "sh")[0];
    let block = format!("```\n{block}```\n");
    let pipeline = pages::commands(&block);
    assert_eq!(pipeline.len(), 4);
    for command in pipeline {
        // For the first plan, everything is still to do.
        works(
            command,
            if command.ends_with("--exit-code") {
                3
            } else {
                0
            },
        );
    }
    works("plan --env production --exit-code", 0);
    works("apply --yes", 0);

    let elsewhere = [
        "tutorial.md",
        "exit-codes.md",
        "import.md",
        "ci.md",
        "lag.md",
        "reset-offsets.md",
        "groups-and-topics.md",
        "backups.md",
    ];
    let mut done = BTreeSet::new();
    for (path, text) in pages::pages() {
        if elsewhere.iter().any(|page| path.ends_with(page)) {
            continue;
        }
        for command in pages::commands(&text) {
            let is_not_run = |name: &&str| *name == command || command.starts_with("up ");
            let of_groups = [
                "can",
                "lag",
                "reset-offsets",
                "groups",
                "topics",
                "describe group",
                "list groups",
                "backup",
                "rollback",
                "snapshot",
                "mirror",
            ];
            if of_groups.iter().any(|word| command.starts_with(word)) {
                continue; // these need groups or records, and have pages and tests of their own
            }
            let in_pipeline = command.contains("--env production");
            if NOT_RUN.iter().any(is_not_run) || in_pipeline || !done.insert(command.to_owned()) {
                continue;
            }
            works(command, 0);
        }
    }
    assert!(done.len() > 35, "{done:?}");
}

/// Runs the workflow's commands in order, as a runner does: first on a pull request, then on main.
#[test]
fn the_workflow_plans_and_applies() {
    let page = Page::read("docs/ci.md");
    let kafka = kafka::fresh(3, &[]);
    let program = Program::new();
    let workflow = page.write_files(&program);
    assert_eq!(workflow[0], ".github/workflows/kafka.yml");
    let workflow = program.read(&workflow[0]);
    let workflow: Value = serde_saphyr::from_str(&workflow).unwrap();
    let scripts = |job: &str| -> Vec<String> {
        let steps = workflow["jobs"][job]["steps"].as_array().unwrap();
        let scripts = steps.iter().filter_map(|step| step["run"].as_str());
        let scripts = scripts.filter(|text| !text.contains("cargo install"));
        scripts.map(str::to_owned).collect()
    };
    // A fake `gh` records its arguments.
    let gh = program.write("gh", "#!/bin/sh\necho \"$@\" >> gh.log\n");
    fs::set_permissions(&gh, fs::Permissions::from_mode(0o755)).unwrap();
    let runs = |script: &str| {
        let script = format!("PATH=$PWD:$PATH NUMBER=7\n{script}");
        run(&program, &script, &kafka.bootstrap())
    };
    let manifest = program.read("topics.yaml");
    let [plan, comment] = scripts("plan").try_into().unwrap();

    // A refused plan fails the job, and is still shown and commented.
    let refused = manifest.replace("replicas: 3", "replicas: 5");
    program.write("topics.yaml", &refused);
    assert_eq!(runs(&plan).0, Some(4));
    assert_eq!(runs(&comment).0, Some(0));
    let shown = program.read("summary.md");
    assert!(shown.contains("**Refused: nothing is applied**"), "{shown}");
    let asked = "pr comment 7 --body-file plan.md --edit-last --create-if-none\n";
    assert_eq!(program.read("gh.log"), asked);
    // Without a plan there is nothing to comment.
    program.write("topics.yaml", "version: 2\n");
    assert_eq!(runs(&plan).0, Some(2));
    assert_eq!(runs(&comment).0, Some(0));
    assert_eq!(program.read("gh.log"), asked);

    program.write("topics.yaml", &manifest);
    for job in ["validate", "plan", "apply"] {
        let scripts = scripts(job);
        assert!(!scripts.is_empty(), "{job}");
        for script in scripts {
            let (code, said) = runs(&script);
            assert_eq!(code, Some(0), "{script}\n{said}");
        }
    }
    let (code, said) = run(
        &program,
        "tonkafka plan --env production --exit-code",
        &kafka.bootstrap(),
    );
    assert_eq!(code, Some(0), "{said}");
    assert!(program.read("summary.md").contains("to create"));
}

/// Runs a script with the program on the path and the cluster in the environment.
fn run(program: &Program, script: &str, address: &str) -> (Option<i32>, String) {
    let mut bash = Command::new("bash");
    let ours = program.command::<&str>(&[]);
    let bin = Path::new(ours.get_program()).parent().unwrap();
    let path = std::env::var("PATH").unwrap();
    bash.envs(
        ours.get_envs()
            .filter_map(|(name, value)| Some((name, value?))),
    )
    .args(["-euo", "pipefail", "-c", &format!("exec 2>&1\n{script}")])
    .current_dir(program.path())
    .env("PATH", format!("{}:{path}", bin.display()))
    .env("TONKAFKA_BOOTSTRAP_SERVER", address)
    .env("GITHUB_STEP_SUMMARY", program.path().join("summary.md"))
    .stdin(std::process::Stdio::null());
    let output = bash.output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    (output.status.code(), said.replace(address, USUAL))
}

/// A page, split into blocks.
struct Page {
    path: PathBuf,
    blocks: Vec<Block>,
}

enum Block {
    Text(Vec<String>),
    File { name: String, text: String },
    Console(Vec<Step>),
}

/// A command and the output below it.
struct Step {
    command: String,
    output: Vec<String>,
}

impl Page {
    fn read(name: &str) -> Self {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
        let text = fs::read_to_string(&path).unwrap();
        let mut lines = text.lines().map(str::to_owned);
        let mut blocks = vec![Block::Text(Vec::new())];
        while let Some(line) = lines.next() {
            let kind = line.strip_prefix("```").filter(|kind| !kind.is_empty());
            if let Some(Block::Text(text)) = blocks.last_mut() {
                text.push(line.clone());
            }
            let Some(kind) = kind else { continue };
            let body: Vec<String> = lines.by_ref().take_while(|line| line != "```").collect();
            blocks.push(block(kind, body));
            blocks.push(Block::Text(vec!["```".to_owned()]));
        }
        Self { path, blocks }
    }

    /// Writes the page's files, and returns their names.
    fn write_files(&self, program: &Program) -> Vec<String> {
        let files = self.blocks.iter().filter_map(|block| match block {
            Block::File { name, text } => Some((name, text)),
            _ => None,
        });
        files
            .map(|(name, text)| {
                let path = program.path().join(name);
                fs::create_dir_all(path.parent().unwrap()).unwrap();
                fs::write(path, text).unwrap();
                name.clone()
            })
            .collect()
    }

    /// Executes the page, block by block.
    fn follow(mut self, program: &Program, address: &str) {
        let mut wrong = Vec::new();
        let mut steps = 0;
        for block in &mut self.blocks {
            match block {
                Block::Text(_) => {}
                Block::File { name, text } => {
                    program.write(name, text);
                }
                Block::Console(console) => {
                    steps += console.len();
                    let each = console.iter_mut();
                    wrong.extend(each.filter_map(|step| step.check(program, address)));
                }
            }
        }
        assert!(steps > 3, "{}", self.path.display());
        if wrong.is_empty() {
            return;
        }
        assert!(
            std::env::var_os("UPDATE_EXPECT").is_some(),
            "{}",
            wrong.join("\n")
        );
        fs::write(&self.path, self.text()).unwrap();
    }

    fn text(&self) -> String {
        let lines = self.blocks.iter().flat_map(|block| match block {
            Block::Text(lines) => lines.clone(),
            Block::File { text, .. } => text.lines().map(str::to_owned).collect(),
            Block::Console(steps) => steps.iter().flat_map(Step::lines).collect(),
        });
        lines.flat_map(|line| [line, "\n".to_owned()]).collect()
    }
}

fn block(kind: &str, body: Vec<String>) -> Block {
    let file = body.first().and_then(|line| line.strip_prefix("# "));
    match (kind, file) {
        ("yaml", Some(name)) if !name.contains(' ') => Block::File {
            name: name.to_owned(),
            text: body.iter().flat_map(|line| [line, "\n"]).collect(),
        },
        ("console", _) => {
            let mut steps: Vec<Step> = Vec::new();
            for line in body {
                match (line.strip_prefix("$ "), steps.last_mut()) {
                    (Some(command), _) => steps.push(Step {
                        command: command.to_owned(),
                        output: Vec::new(),
                    }),
                    (None, Some(step)) => step.output.push(line),
                    (None, None) => panic!("output without a command: {line}"),
                }
            }
            Block::Console(steps)
        }
        _ => Block::Text(body),
    }
}

impl Step {
    fn lines(&self) -> Vec<String> {
        let command = format!("$ {}", self.command);
        [command].into_iter().chain(self.output.clone()).collect()
    }

    /// Runs the command. A difference is returned, and put into the page.
    fn check(&mut self, program: &Program, address: &str) -> Option<String> {
        let (script, beside) = match self.command.split_once(" # ") {
            Some((script, beside)) => (script.trim(), beside),
            None => (self.command.as_str(), ""),
        };
        let expected = beside.split("exits with ").nth(1).unwrap_or("0");
        let port = address.rsplit(':').next().unwrap();
        let up = format!("tonkafka up --engine native --port {port}");
        let (code, said) = run(program, &script.replace("tonkafka up", &up), address);
        assert_eq!(
            code.map(|code| code.to_string()).as_deref(),
            Some(expected),
            "{script}\n{said}"
        );
        let said = said.replace(&program.path().display().to_string(), "/home/me");
        let said: Vec<String> = said.lines().map(str::to_owned).collect();
        if matches(&self.output, &said) {
            return None;
        }
        let (old, new) = (self.output.join("\n"), said.join("\n"));
        self.output = said;
        Some(format!("$ {script}\n--- written\n{old}\n--- said\n{new}\n"))
    }
}

/// Whether lines match a pattern.
fn matches(pattern: &[String], lines: &[String]) -> bool {
    match pattern.split_first() {
        None => lines.is_empty(),
        Some((first, rest)) if first == "..." => {
            (0..=lines.len()).any(|skipped| matches(rest, &lines[skipped..]))
        }
        Some((first, rest)) => match lines.split_first() {
            Some((line, below)) => matches_line(first, line) && matches(rest, below),
            None => false,
        },
    }
}

fn matches_line(pattern: &str, line: &str) -> bool {
    match pattern.split_once("[..]") {
        None => pattern == line,
        Some((start, rest)) => line.strip_prefix(start).is_some_and(|left| {
            (0..=left.len())
                .filter(|at| left.is_char_boundary(*at))
                .any(|at| matches_line(rest, &left[at..]))
        }),
    }
}
