//! Control characters and line breaks in output are escaped.

use serde_json::Value;
use tonkafka::cluster::fake::State;
use tonkafka::model::escape::is_hidden;

use crate::billing::{group, state};
use crate::fake::Bench;
use crate::program::Program;

/// A one-character control sequence, right-to-left text, and a zero-width space.
const ODD: &str = "od\u{9b}2J\u{202e}d\u{200b}";

fn with_an_odd_group() -> Bench {
    let mut state: State = state();
    let mut odd = group(&[("orders", 0, 5)]);
    let commits = odd.commits.get_mut("orders").unwrap();
    commits.get_mut(&0).unwrap().metadata = format!("kept {ODD}");
    state.groups.insert(ODD.to_owned(), odd);
    Bench::new("version: 1\n", &state)
}

fn has_nothing_hidden(text: &str) -> bool {
    !text.replace('\n', "").contains(is_hidden)
}

/// Whether a text is a value or a field name of a document.
fn holds(document: &Value, text: &str) -> bool {
    match document {
        Value::String(own) => own == text,
        Value::Array(items) => items.iter().any(|item| holds(item, text)),
        Value::Object(fields) => fields
            .iter()
            .any(|(name, value)| name == text || holds(value, text)),
        _ => false,
    }
}

#[test]
fn documents_mean_what_is_there_and_show_nothing_that_a_terminal_acts_on() {
    let bench = with_an_odd_group();
    bench.run(&["backup", "create", "--out", "b.json"]).exits(0);
    let reset = ["reset-offsets", ODD, "--topic", "orders:0", "--to", "1"];
    let dry = [&reset[..], &["--dry-run"]].concat();
    for words in [
        &["list", "groups"][..],
        &["describe", "groups"],
        &["describe", "group", ODD],
        &["lag"],
        &["backup", "show", "b.json"],
        &dry,
    ] {
        let json = bench.run(&[words, &["-o", "json"]].concat()).exits(0);
        assert!(
            has_nothing_hidden(&json.stdout),
            "{words:?}: {}",
            json.stdout
        );
        let document: Value = serde_json::from_str(&json.stdout).unwrap();
        assert!(holds(&document, ODD), "{words:?}: {}", json.stdout);
        assert!(
            json.stdout.contains("od\\u009b2J\\u202ed\\u200b"),
            "{words:?}"
        );
        let yaml = bench.run(&[words, &["-o", "yaml"]].concat()).exits(0);
        assert!(
            has_nothing_hidden(&yaml.stdout),
            "{words:?}: {}",
            yaml.stdout
        );
        let same: Value = serde_saphyr::from_str(&yaml.stdout).unwrap();
        assert!(holds(&same, ODD), "{words:?}: {}", yaml.stdout);
        let text = bench.run(words).exits(0);
        assert!(
            has_nothing_hidden(&text.stdout),
            "{words:?}: {}",
            text.stdout
        );
    }
    let out = [&reset[..], &["--out", "plan.json"]].concat();
    bench.run(&out).exits(0);
    for name in ["b.json", "plan.json"] {
        assert!(has_nothing_hidden(&bench.program.read(name)), "{name}");
    }
    bench.run(&["apply", "plan.json", "--yes"]).exits(0);
    let history = bench.run(&["reset-offsets", "history", "-o", "json"]);
    assert!(holds(&history.exits(0).json(), ODD));
    bench.run(&["reset-offsets", "undo", "--yes"]).exits(0);
    bench
        .run(&["backup", "restore", "b.json", "--yes"])
        .exits(0);
}

#[test]
fn an_argument_breaks_no_line_of_an_error() {
    let forged = "x\nerror: forged\u{1b}[2J";
    let program = Program::new();
    program.write(
        "topics.yaml",
        "version: 1\ntopics: {items: [{name: a, partitions: 1}]}\n",
    );
    let config = format!("[contexts.a]\nbootstrap = [\"fake:{}\"]\n", "none");
    program.write("config.toml", &config);
    for words in [
        &[forged][..],
        &["plan", forged],
        &["plan", "--color", forged],
        &["plan", "-f", forged],
        &["plan", "--env", forged],
        &["plan", "--only", forged],
        &["plan", "--out", forged, "-b", forged],
        &["plan", "--context", forged],
        &["plan", "--command-config", forged],
        &["plan", "--timeout", forged],
        &["apply", forged],
        &["explain", forged],
        &["list", "topics", "-b", forged],
        &["context", "use", forged],
        &["context", "add", forged, "-b", "x:1"],
        &["describe", "--columns", forged],
        &["describe", "topic", forged],
        &["lag", forged],
        &["backup", "show", forged],
        &["import", forged, "--format", "topicctl"],
        &["import", "--only", forged],
        &["reset-offsets", "g", "--topic", "t", "--to", forged],
        &["reset-offsets", "g", "--to", &format!("file:{forged}")],
        &[
            "reset-offsets",
            "g",
            "--topic",
            &format!("{forged}*"),
            "--to",
            "1",
        ],
        &["snapshot", "verify", forged],
        &[
            "snapshot",
            "create",
            "t",
            "--out",
            &format!("none/{forged}"),
            "--from",
            forged,
        ],
        &["mirror", "t", "--from", forged, "--to", "b"],
        &["man", "--dir", &format!("topics.yaml/{forged}")],
        &["up", "--engine", "native", "--kafka-version", forged],
        &[
            "up",
            "--engine",
            "native",
            "--data-dir",
            &format!("topics.yaml/{forged}"),
        ],
    ] {
        // Independent of the machine: neither Java nor Maven is called.
        let variables = [
            ("TONKAFKA_CONFIG", "config.toml"),
            ("JAVA_HOME", "/nowhere"),
        ];
        let ran = program.run_with(words, &variables);
        assert_ne!(ran.code, Some(0), "{words:?}");
        let starts: Vec<&str> = ran
            .stderr
            .lines()
            .filter(|line| line.starts_with("error:"))
            .collect();
        assert_eq!(starts.len(), 1, "{words:?}: {}", ran.stderr);
        assert!(
            !ran.stderr.contains("\nerror: forged"),
            "{words:?}: {}",
            ran.stderr
        );
        assert!(
            has_nothing_hidden(&ran.stderr),
            "{words:?}: {:?}",
            ran.stderr
        );
    }
}
