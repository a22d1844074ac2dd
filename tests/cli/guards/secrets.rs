//! Secrets in a manifest.

use tonkafka::cluster::fake::State;
use tonkafka::plan::Code;

use super::{IN_CLEAR, severities};
use crate::fake::Bench;
use crate::program::Program;

/// The line is hidden even if it has another mistake, or cannot be parsed.
#[test]
fn the_line_of_a_secret_is_shown_to_nobody() {
    for (settings, told) in [
        (
            "listener.name.a.ssl.keystore.pasword: hunter2",
            "unknown key `listener.name.a.ssl.keystore.pasword`",
        ),
        (
            "ssl.keystore.password: \"hunter2",
            "this quoted text never ends",
        ),
        (
            "\"sasl.jaas.config\" : 'hunter2",
            "this quoted text never ends",
        ),
        (
            "listener.name.a.ssl.keystore.key: hunter2, listener.name.a.ssl.keystore.key: hunter2",
            "duplicate key `listener.name.a.ssl.keystore.key`",
        ),
    ] {
        let manifest = format!("version: 1\nbroker: {{ brokers: {{ 1: {{ {settings} }} }} }}\n");
        let ran = Program::with_manifest(&manifest)
            .run(&["validate"])
            .exits(2);
        let words = format!("error: {told}");
        ran.stderr_has(&words);
        assert!(!ran.stderr.contains("hunter2"), "{}", ran.stderr);
    }
    let reference = "version: 1\nbroker: { process: { ssl.keystore.password: \"${env:PASSWORD}\", a: b } }\ntopic: 1\n";
    let ran = Program::with_manifest(reference)
        .run(&["validate"])
        .exits(2);
    ran.stderr_has("topic: 1\n");
}

#[test]
fn a_secret_in_clear_that_was_let_through_stays_visible() {
    let bench = Bench::new(IN_CLEAR, &State::default());
    let allow = ["--allow", "sensitive-in-clear"];
    let refused = bench.run(&["validate"]).exits(2);
    let expected = "\
error: `listener.name.internal.ssl.keystore.password` is a secret, and stands here for everybody to read
 --> topics.yaml:4:56
hint: write `${env:NAME}` or `${file:PATH}`, or pass `--allow sensitive-in-clear`
";
    assert_eq!(refused.stderr, expected);
    let validate = [&["validate"][..], &allow].concat();
    let ran = bench.run(&validate).exits(0);
    let expected = "\
let through: `listener.name.internal.ssl.keystore.password` is a secret, and stands here for everybody to read
 --> topics.yaml:4:56
";
    assert_eq!(ran.stderr, expected);
    assert_eq!(ran.stdout, "valid: 0 topics\n");
    assert_eq!(bench.run(&[&validate[..], &["-q"]].concat()).stderr, "");
    let ran = bench.run(&[&validate[..], &["-o", "json"]].concat());
    assert_eq!(severities(&ran, Code::SensitiveInClear), ["allowed"]);
    bench
        .run(&["validate", "--allow", "retention-cut"])
        .exits(2);

    let plan = [&["plan", "--out", "plan.json"][..], &allow].concat();
    let expected = "\
~ broker 1
    listener.name.internal.ssl.keystore.password  (not set) → (sensitive)

let through:
  broker 1: `listener.name.internal.ssl.keystore.password` is a secret, and stands here for everybody to read [sensitive-in-clear]
    at topics.yaml:4:56

plan: 0 to create, 1 to change, 0 to delete, 1 let through
";
    assert_eq!(bench.run(&plan).exits(0).stdout, expected);
    assert!(!bench.program.read("plan.json").contains("hunter2"));
    let ran = bench.run(&["apply", "plan.json", "--yes"]).exits(0);
    ran.stdout_starts(expected);
    let written = &bench.state().broker_configs[&1];
    assert_eq!(
        written["listener.name.internal.ssl.keystore.password"],
        "hunter2"
    );
    // Reading is not refused.
    bench.run(&["describe"]).exits(0);
}
