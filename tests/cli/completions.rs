//! The files of `completions/`, run in real shells without a broker.

use std::fs;
use std::net::TcpListener;
use std::process::{Command, Output};
use std::time::Instant;

use tonkafka::cluster::fake::{FakeGroup, FakeTopic, State};
use tonkafka::model::access::User;

use crate::fake::put;
use crate::fresh;
use crate::program::Program;
use crate::shell;

#[test]
fn scripts_are_fresh() {
    let files = [
        ("bash", "tonkafka.bash"),
        ("zsh", "_tonkafka"),
        ("fish", "tonkafka.fish"),
        ("powershell", "_tonkafka.ps1"),
    ];
    for (shell, file) in files {
        let ran = Program::new().run(&["completions", shell]).exits(0);
        fresh::check(&format!("completions/{file}"), &ran.stdout);
    }
}

#[test]
fn man_pages_are_fresh() {
    let program = Program::new();
    program.run(&["man", "--dir", "man"]).exits(0);
    let mut pages = Vec::new();
    for page in fs::read_dir(program.path().join("man")).unwrap() {
        let name = page.unwrap().file_name().into_string().unwrap();
        let text = program.read(&format!("man/{name}"));
        fresh::check(&format!("completions/man/{name}"), &text);
        pages.push(name);
    }
    let held = fs::read_dir(fresh::repository("completions/man")).unwrap();
    let held = held.map(|page| page.unwrap().file_name().into_string().unwrap());
    for name in held {
        assert!(
            pages.contains(&name),
            "completions/man/{name} is of no command"
        );
    }
    let ran = program.run(&["man"]).exits(0);
    assert_eq!(ran.stdout, program.read("man/tonkafka.1"));
}

#[track_caller]
fn assert_silent(output: &Output) {
    assert!(output.status.success());
    let said = (output.stdout.as_slice(), output.stderr.as_slice());
    assert_eq!(said, (&b""[..], &b""[..]));
}

/// A program with a fake cluster, and the words that address it.
fn with_cluster() -> (Program, String) {
    let program = Program::with_manifest(include_str!("../../topics.yaml"));
    let mut state = State::default();
    for name in ["orders", "orders.dead", "payments"] {
        state.topics.insert(name.to_owned(), FakeTopic::default());
    }
    state.topics.get_mut("orders").unwrap().partitions = 3;
    for id in ["billing", "billing-dead", "odd\u{1b}", "reverse\u{202e}"] {
        state.groups.insert(id.to_owned(), FakeGroup::default());
    }
    let address = put(&program, "cluster.json", &state);
    (program, address)
}

#[test]
fn bash_completes_commands_options_and_values() {
    let program = Program::new();
    let bash = |words: &[&str]| shell::bash_at_last(&program, words, &[]);
    assert_eq!(bash(&["tonkafka", "desc"]), ["describe"]);
    assert_eq!(
        bash(&["tonkafka", "render", "compose", "--lay"]),
        ["--layout"]
    );
    let layouts = bash(&["tonkafka", "render", "compose", "--layout", ""]);
    assert_eq!(layouts, ["single", "zookeeper"]);
    let shells = bash(&["tonkafka", "completions", ""]);
    assert_eq!(shells, ["bash", "zsh", "fish", "powershell"]);
}

#[test]
fn bash_completes_what_only_the_cluster_knows() {
    let (program, address) = with_cluster();
    let (scheme, file) = address.split_once(':').unwrap();
    let typed = [
        "tonkafka", "-b", scheme, ":", file, "describe", "topic", "ord",
    ];
    assert_eq!(
        shell::bash_at_last(&program, &typed, &[]),
        ["orders", "orders.dead"]
    );

    // Typed options win over the variable, before and after the command.
    let elsewhere = [("TONKAFKA_BOOTSTRAP_SERVER", "localhost:1")];
    let typed = [
        "tonkafka", "describe", "topic", "-b", scheme, ":", file, "pay",
    ];
    assert_eq!(
        shell::bash_at_last(&program, &typed, &elsewhere),
        ["payments"]
    );

    let by_variable = [("TONKAFKA_BOOTSTRAP_SERVER", address.as_str())];
    let typed = ["tonkafka", "describe", "topic", "orders", "pay"];
    assert_eq!(
        shell::bash_at_last(&program, &typed, &by_variable),
        ["payments"]
    );
    let typed = |option| ["tonkafka", "describe", "log-dirs", option, ""];
    assert_eq!(
        shell::bash_at_last(&program, &typed("--topic"), &by_variable),
        ["orders", "orders.dead", "payments"]
    );
    assert_eq!(
        shell::bash_at_last(&program, &typed("--broker"), &by_variable),
        ["1"]
    );
}

#[test]
fn bash_completes_groups_positions_and_partitions() {
    let (program, address) = with_cluster();
    let by_variable = [("TONKAFKA_BOOTSTRAP_SERVER", address.as_str())];
    let bash = |words: &[&str]| {
        let typed = [&["tonkafka", "reset-offsets"], words].concat();
        shell::bash_at_last(&program, &typed, &by_variable)
    };
    assert_eq!(bash(&["b"]), ["billing", "billing-dead"]);
    let topics = bash(&["billing", "--topic", "ord"]);
    assert_eq!(topics, ["orders", "orders.dead"]);
    assert_eq!(
        bash(&["billing", "--topic", "orders", ":", ""]),
        ["0", "1", "2"]
    );
    assert_eq!(
        bash(&["billing", "--topic", "orders", ":", "0,"]),
        ["0,0", "0,1", "0,2"]
    );
    assert_eq!(bash(&["billing", "--to", "ea"]), ["earliest"]);
    let all = bash(&["billing", "--to", ""]);
    assert_eq!(
        all,
        [
            "current",
            "earliest",
            "file:",
            "group:billing",
            "group:billing-dead",
            "latest"
        ]
    );
}

#[test]
fn bash_completes_principals_operations_and_resources() {
    let program = Program::new();
    let user = |name: &str| User {
        name: name.to_owned(),
        credentials: Vec::new(),
    };
    let mut state = State {
        acls: Some(Vec::new()),
        users: vec![user("alice"), user("anna"), user("bob")],
        ..State::default()
    };
    state
        .topics
        .insert("orders".to_owned(), FakeTopic::default());
    let address = put(&program, "cluster.json", &state);
    let by_variable = [("TONKAFKA_BOOTSTRAP_SERVER", address.as_str())];
    let bash = |words: &[&str]| {
        let typed = [&["tonkafka"], words].concat();
        shell::bash_at_last(&program, &typed, &by_variable)
    };
    let principals = ["User:alice", "User:anna", "User:bob"];
    assert_eq!(bash(&["can", ""]), principals);
    assert_eq!(bash(&["describe", "access", "Us"]), principals);
    // Bash takes what is behind the colon for the word.
    let parts = ["can", "User", ":", "a"];
    assert_eq!(bash(&parts), ["alice", "anna"]);
    let operations = ["can", "User", ":", "alice", "DE"];
    assert_eq!(
        bash(&operations),
        ["DELETE", "DESCRIBE", "DESCRIBE_CONFIGS", "DESCRIBE_TOKENS"]
    );
    let resources = ["can", "User", ":", "alice", "READ", "t"];
    assert_eq!(
        bash(&resources),
        ["topic:", "topic:orders", "transactional-id:"]
    );
    assert_eq!(bash(&["describe", "access", "--topic", "o"]), ["orders"]);
}

#[test]
fn bash_completes_groups() {
    let (program, address) = with_cluster();
    let by_variable = [("TONKAFKA_BOOTSTRAP_SERVER", address.as_str())];
    let groups = ["billing", "billing-dead"];
    for typed in [
        &["tonkafka", "lag", ""][..],
        &["tonkafka", "describe", "group", ""],
        &["tonkafka", "lag", "other", "bil"],
    ] {
        assert_eq!(shell::bash_at_last(&program, typed, &by_variable), groups);
    }
    let typed = ["tonkafka", "lag", "--topic", "pay"];
    assert_eq!(
        shell::bash_at_last(&program, &typed, &by_variable),
        ["payments"]
    );
}

#[test]
fn bash_completes_what_only_the_manifest_knows() {
    let (program, _) = with_cluster();
    let bash = |words: &[&str]| shell::bash_at_last(&program, words, &[]);
    assert_eq!(bash(&["tonkafka", "plan", "--env", ""]), ["production"]);
    assert_eq!(
        bash(&["tonkafka", "plan", "--env", "=", "pro"]),
        ["production"]
    );
    let topics = bash(&["tonkafka", "apply", "--only", "flow."]);
    assert_eq!(topics, ["flow.completed", "flow.execution", "flow.failed"]);
    let typed = ["tonkafka", "plan", "-f", "absent.yaml", "--env", ""];
    assert_eq!(shell::bash(&program, &typed, &[]), [""; 0]);
}

#[test]
fn a_silent_broker_costs_no_more_than_the_limit() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = silent.local_addr().unwrap().to_string();
    let program = Program::new();
    let typed = ["--", "tonkafka", "-b", &address, "describe", "topic", ""];
    shell::assert_prompt(&program, || {
        let mut command = program.command(&typed);
        command.env("TONKAFKA_COMPLETE", "fish");
        let started = Instant::now();
        assert_silent(&command.output().unwrap());
        started.elapsed()
    });
}

#[test]
fn a_file_that_never_ends_costs_no_more_than_the_limit() {
    let program = Program::new();
    let fifo = program.path().join("topics.yaml");
    let made = Command::new("mkfifo").arg(&fifo).status().unwrap();
    assert!(made.success());
    let typed = ["tonkafka", "plan", "--env", ""];
    shell::assert_prompt(&program, || {
        let (found, took) = shell::bash_timed(&program, &typed, &[]);
        assert_eq!(found, [""; 0]);
        took
    });
}

#[test]
fn names_are_remembered_a_while() {
    let (program, address) = with_cluster();
    let variables = [("TONKAFKA_BOOTSTRAP_SERVER", address.as_str())];
    let typed = ["tonkafka", "describe", "topic", "pay"];
    assert_eq!(
        shell::bash_at_last(&program, &typed, &variables),
        ["payments"]
    );
    fs::remove_file(program.path().join("cluster.json")).unwrap();
    assert_eq!(
        shell::bash_at_last(&program, &typed, &variables),
        ["payments"]
    );
    fs::remove_dir_all(program.path().join("home/cache")).unwrap();
    assert_eq!(shell::bash(&program, &typed, &variables), [""; 0]);
}

#[test]
fn an_unknown_shell_gets_nothing() {
    let program = Program::new();
    let mut command = program.command(&["--", "tonkafka", ""]);
    let output = command.env("TONKAFKA_COMPLETE", "csh").output().unwrap();
    assert_silent(&output);
}

/// A program with a filled cache of topic names, so that no answer comes too late.
fn remembering() -> (Program, String) {
    let (program, address) = with_cluster();
    let variables = [("TONKAFKA_BOOTSTRAP_SERVER", address.as_str())];
    let typed = ["tonkafka", "describe", "topic", "ord"];
    let found = shell::bash_at_last(&program, &typed, &variables);
    assert_eq!(found, ["orders", "orders.dead"]);
    (program, address)
}

#[test]
fn fish_completes_too() {
    let (program, address) = remembering();
    let variables = [("TONKAFKA_BOOTSTRAP_SERVER", address.as_str())];
    let fish = |line| {
        let ask = || shell::fish(&program, line, &variables);
        let is_one = |found: &Option<Vec<String>>| found.as_ref().is_none_or(|all| !all.is_empty());
        shell::at_last(ask, is_one)
    };
    let Some(found) = fish("tonkafka describe topic ord") else {
        return;
    };
    assert_eq!(found, ["orders", "orders.dead"]);
    assert_eq!(fish("tonkafka desc"), Some(vec!["describe".to_owned()]));
    assert_eq!(
        fish("tonkafka render compose --layout "),
        Some(vec!["single".to_owned(), "zookeeper".to_owned()])
    );
    let nothing = shell::fish(&program, "tonkafka describe topic nothing", &variables);
    assert_eq!(nothing, Some(Vec::new()));
}

#[test]
fn zsh_completes_too() {
    let (program, address) = remembering();
    let variables = [("TONKAFKA_BOOTSTRAP_SERVER", address.as_str())];
    for (typed, completed) in [
        (
            "tonkafka describe topic pay",
            "tonkafka describe topic payments",
        ),
        ("tonkafka desc", "tonkafka describe"),
        ("tonkafka plan --env pro", "tonkafka plan --env production"),
        (
            "tonkafka describe topic nothing",
            "tonkafka describe topic nothing",
        ),
    ] {
        let ask = || shell::zsh(&program, typed, &variables);
        let is_one = |line: &Option<String>| {
            line.as_ref()
                .is_none_or(|line| line.trim_end() == completed)
        };
        let Some(line) = shell::at_last(ask, is_one) else {
            return;
        };
        assert_eq!(line.trim_end(), completed);
    }
}

/// Debian has no package of `PowerShell`, so its script is not run: the script is checked as text,
/// and the program is asked as the script would ask it.
#[test]
fn powershell_would_be_answered() {
    let script = fs::read_to_string(fresh::repository("completions/_tonkafka.ps1")).unwrap();
    for line in [
        "Register-ArgumentCompleter -Native -CommandName tonkafka -ScriptBlock {",
        "    $env:TONKAFKA_COMPLETE = \"powershell\";",
        "& tonkafka -- $args",
        "        $split = $_.Split(\"`t\");",
    ] {
        assert!(script.lines().any(|one| one == line), "{line}");
    }
    let braces = |brace: char| script.matches(brace).count();
    assert_eq!(braces('{'), braces('}'));
    let (program, address) = remembering();
    let ask = |words: &[&str]| {
        let mut command = program.command(&[&["--", "tonkafka"], words].concat());
        command
            .env("TONKAFKA_COMPLETE", "powershell")
            .env("XDG_CACHE_HOME", program.path().join("home/cache"))
            .env("TONKAFKA_BOOTSTRAP_SERVER", &address);
        let output = command.output().unwrap();
        assert_eq!(String::from_utf8_lossy(&output.stderr), "");
        let said = String::from_utf8(output.stdout).unwrap();
        let lines = said.lines();
        let values = lines.map(|line| line.split('\t').next().unwrap_or_default().to_owned());
        values.collect::<Vec<String>>()
    };
    assert_eq!(
        ask(&["describe", "topic", "ord"]),
        ["orders", "orders.dead"]
    );
    assert_eq!(ask(&["desc"]), ["describe"]);
    assert_eq!(ask(&["completions", "power"]), ["powershell"]);
}
