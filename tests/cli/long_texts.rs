//! Texts too long for a Kafka request: brokers would close the connection, so they are refused
//! before connecting.

use tonkafka::cluster::fake::State;

use crate::fake::Bench;
use crate::program::Program;

const MOST: usize = 32_767;

/// A manifest with a value in place of `{}`.
fn with(place: &str, value: &str) -> String {
    format!("version: 1\n{}\n", place.replace("{}", value))
}

const TOPIC: &str = "topics: { items: [{ name: a, partitions: 1, configs: { confluent.x: {} } }] }";
const DEFAULTS: &str = "topics: { defaults: { configs: { confluent.x: {} } } }";
const ALL_BROKERS: &str = "broker: { defaults: { confluent.x: {} } }";
const ONE_BROKER: &str = "broker: { brokers: { 1: { listener.name.x.ssl.keystore.certificate.chain: \"${file:chain.pem}\" } } }";
const KEY: &str = "broker:\n  defaults:\n    ? confluent.{}\n    : unset";
const LIST: &str =
    "topics: { items: [{ name: a, partitions: 1, configs: { confluent.x: [{}, b] } }] }";

#[test]
fn a_setting_that_no_request_holds_is_an_error_of_the_manifest() {
    let longest = "x".repeat(MOST);
    let too_long = "x".repeat(MOST + 1);
    let words = "is longer than 32767 bytes, which no request to Kafka holds";
    let hint = "hint: shorten it to 32767 bytes: brokers close the connection over more\n";
    for (place, fits, what) in [
        (TOPIC, longest.as_str(), "`confluent.x`"),
        (DEFAULTS, &longest, "`confluent.x`"),
        (ALL_BROKERS, &longest, "`confluent.x`"),
        (
            ONE_BROKER,
            &longest,
            "`listener.name.x.ssl.keystore.certificate.chain`",
        ),
        (LIST, &longest[2..], "`confluent.x`"),
    ] {
        let program = Program::with_manifest(&with(place, fits));
        program.write("chain.pem", fits);
        program.run(&["validate"]).exits(0);
        program.write("topics.yaml", &with(place, &too_long));
        program.write("chain.pem", &too_long);
        for command in [&["validate"][..], &["plan", "-b", "nobody:1"]] {
            let ran = program.run(command).exits(2);
            assert!(
                ran.stderr.starts_with(&format!("error: {what}")),
                "{place}: {:.300}",
                ran.stderr
            );
            assert!(ran.stderr.contains(words), "{place}: {:.300}", ran.stderr);
            assert!(
                ran.stderr.contains(" --> topics.yaml:2:"),
                "{place}: {:.300}",
                ran.stderr
            );
            assert!(ran.stderr.ends_with(hint), "{place}: {:.300}", ran.stderr);
        }
    }
}

#[test]
fn a_key_that_no_request_holds_is_an_error_too() {
    let fits = "x".repeat(MOST - "confluent.".len());
    let program = Program::with_manifest(&with(KEY, &fits));
    program.run(&["validate"]).exits(0);
    program.write("topics.yaml", &with(KEY, &format!("{fits}x")));
    let ran = program.run(&["validate"]).exits(2);
    let says =
        "…` is longer than 32767 bytes, which no request to Kafka holds\n --> topics.yaml:4:7\n";
    assert!(ran.stderr.contains(says), "{:.300}", ran.stderr);
}

#[test]
fn a_long_secret_is_not_shown() {
    let secret = "hunter2".repeat(5_000);
    let allowed = ["validate", "--allow", "sensitive-in-clear"];
    // Brokers require a listener prefix for the first key, which is another error.
    for key in [
        "ssl.keystore.password",
        "listener.name.x.ssl.keystore.password",
    ] {
        let place = format!("broker: {{ brokers: {{ 1: {{ {key}: {secret} }} }} }}");
        let program = Program::with_manifest(&with(&place, ""));
        for command in [&["validate"][..], &allowed] {
            let ran = program.run(command).exits(2);
            assert!(!ran.stderr.contains("hunter2"), "{:.300}", ran.stderr);
        }
    }
}

/// Process settings are not sent in requests.
#[test]
fn properties_of_a_process_may_be_longer() {
    let text = with(
        "broker: { process: { plugin.x: {} } }",
        &"x".repeat(MOST + 1),
    );
    Program::with_manifest(&text).run(&["validate"]).exits(0);
}

#[test]
fn a_name_that_no_request_holds_is_bad_usage() {
    let bench = Bench::new("version: 1\n", &State::default());
    let long = "x".repeat(MOST + 1);
    let of = |kind: &str| format!("{kind}:{long}");
    for arguments in [
        &["lag", &long][..],
        &["lag", "--topic", &long],
        &["describe", "topic", &long],
        &["describe", "group", &long],
        &["describe", "log-dirs", "--topic", &long],
        &["reset-offsets", &long, "--to", "earliest"],
        &["reset-offsets", "g", "--topic", &long, "--to", "earliest"],
        &["reset-offsets", "g", "--to", &of("group")],
        &["groups", "delete", &long],
        &["groups", "delete-offsets", &long, "--topic", "t"],
        &["groups", "delete-offsets", "g", "--topic", &long],
        &["groups", "clone", &long, "h"],
        &["groups", "clone", "g", &long],
        &["topics", "delete", &long],
        &["topics", "truncate", &long, "--to", "latest"],
    ] {
        let ran = bench.run(arguments).exits(2);
        let words = "is longer than 32767 bytes, which no request to Kafka holds";
        assert!(ran.stderr.contains(words), "{:?}", &arguments[..2]);
    }
}

#[test]
fn an_offset_file_with_a_text_that_no_request_holds_is_refused() {
    let bench = Bench::new("version: 1\n", &State::default());
    let long = "x".repeat(MOST + 1);
    let entry = |topic: &str, metadata: &str| {
        format!(
            "[{{\"group\": \"g\", \"topic\": \"{topic}\", \"partition\": 0, \"offset\": 1, \"metadata\": \"{metadata}\"}}]"
        )
    };
    for (text, what) in [
        (entry(&long, ""), "the topic of entry 1"),
        (entry("t", &long), "the metadata of entry 1"),
    ] {
        bench.program.write("offsets.json", &text);
        let ran = bench
            .run(&["reset-offsets", "g", "--to", "file:offsets.json"])
            .exits(2);
        let says = format!(
            "offsets.json: {what} is longer than 32767 bytes, which no request to Kafka holds\n"
        );
        assert!(ran.stderr.contains(&says), "{:.300}", ran.stderr);
    }
}
