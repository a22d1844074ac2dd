//! The exact output of `explain`.

use serde_json::json;

use crate::program::{Program, Ran};

fn explain(arguments: &[&str]) -> Ran {
    let arguments = [&["explain"], arguments].concat();
    Program::new().run(&arguments)
}

#[track_caller]
fn explained(key: &str, expected: &str) {
    let ran = explain(&[key]).exits(0);
    assert_eq!((ran.stdout.as_str(), ran.stderr.as_str()), (expected, ""));
}

#[test]
fn a_key_of_topics() {
    explained(
        "segment.bytes",
        "\
segment.bytes  a key of topics

  type     whole number, 32 bits, in bytes
  default  1073741824 (1 GiB)
  allowed  at least 1048576
  changed  at any time, for each topic
  brokers  log.segment.bytes
  kafka    3.9, 4.3, 4.4
  before   on Kafka 3.9: at least 14

  This configuration controls the segment file size for the log. Retention and cleaning is always done a file at a time so a larger segment size means fewer files but less granular control over retention. The active segment is rolled once it reaches this size.
",
    );
}

#[test]
fn a_key_of_brokers_that_needs_a_restart() {
    explained(
        "log.retention.hours",
        "\
log.retention.hours  a key of brokers

  type     whole number, 32 bits, in hours
  default  168 (7 days)
  allowed  -1 or at least 1
  changed  in the broker's properties file, with a restart
  topics   retention.ms
  kafka    3.9, 4.3, 4.4

  The number of hours to keep a log file before deleting it (in hours), tertiary to log.retention.ms property
",
    );
}

#[test]
fn a_secret_of_one_listener_and_a_key_that_is_gone() {
    explained(
        "listener.name.internal.ssl.key.password",
        "\
listener.name.internal.ssl.key.password  a key of brokers

  type     secret: write `${env:NAME}` or `${file:PATH}`
  default  none
  changed  while a broker runs, for each broker by itself
  kafka    3.9, 4.3, 4.4

  The password of the private key in the key store file or the PEM key specified in 'ssl.keystore.key'.
",
    );
    explained(
        "ssl.key.password",
        "\
ssl.key.password  a key of brokers

  type     secret: write `${env:NAME}` or `${file:PATH}`
  default  none
  changed  while a broker runs, for one listener: listener.name.NAME.ssl.key.password
  kafka    3.9, 4.3, 4.4

  The password of the private key in the key store file or the PEM key specified in 'ssl.keystore.key'.
",
    );
    let gone = explain(&["zookeeper.connect"]).exits(0);
    gone.stdout_has("\n  kafka    3.9; not in 4.3, 4.4\n");
}

#[test]
fn a_key_of_topics_and_of_brokers_is_explained_twice() {
    let ran = explain(&["min.insync.replicas"]).exits(0);
    let headings: Vec<&str> = ran
        .stdout
        .lines()
        .filter(|line| line.starts_with("min.insync.replicas"))
        .collect();
    assert_eq!(
        headings,
        [
            "min.insync.replicas  a key of topics",
            "min.insync.replicas  a key of brokers"
        ]
    );
    ran.stdout_has("while brokers run, for all of them or for one");
}

#[test]
fn a_field_of_the_manifest() {
    explained(
        "partitions",
        "\
topics.items.partitions  a field of manifests

  takes    a whole number from 1

  How many partitions the topic has. More can be added later, none can be taken away; adding some moves keys to other partitions.
",
    );
}

#[test]
fn a_document() {
    let document = explain(&["cleanup.policy", "-o", "json"]).exits(0).json();
    assert_eq!(document["formatVersion"], 1);
    assert_eq!(document["kind"], "Explanation");
    let key = &document["keys"][0];
    assert_eq!(key["scope"], "topic");
    assert_eq!(key["type"], "LIST");
    assert_eq!(key["default"], "delete");
    assert_eq!(
        key["allowed"],
        json!({ "listOf": { "values": ["compact", "delete"] } })
    );
    assert_eq!(key["update"], "perTopic");
    assert_eq!(key["synonyms"], json!(["log.cleanup.policy"]));
    assert_eq!(key["kafka"], json!(["3.9", "4.3", "4.4"]));
}

#[test]
fn what_is_unknown_is_bad_input() {
    for (key, expected) in [
        (
            "retension.ms",
            "error: there is no key `retension.ms`\nhint: did you mean `retention.ms`?\n",
        ),
        (
            "partitons",
            "error: there is no key `partitons`\nhint: did you mean `partitions`?\n",
        ),
        (
            "confluent.x",
            "error: `confluent.x` is no key of Apache Kafka\nhint: by its prefix it is Confluent's: their documentation has it\n",
        ),
        (
            "\u{1b}[31m",
            "error: there is no key `\\u{1b}[31m`\nhint: write a key such as `retention.ms`, or a field such as `partitions`\n",
        ),
    ] {
        let ran = explain(&[key]).exits(2);
        assert_eq!((ran.stdout.as_str(), ran.stderr.as_str()), ("", expected));
    }
    let document = explain(&["retension.ms", "-o", "json"]).exits(2).json();
    assert_eq!(document["error"]["hint"], "did you mean `retention.ms`?");
}

#[test]
fn a_long_name_is_no_reason_to_think_for_long() {
    let ran = explain(&[&"x".repeat(100_000)]).exits(2);
    assert!(ran.took.as_secs() < 5);
}

#[test]
fn a_misspelt_key_of_a_listener_has_a_suggestion() {
    for (written, meant) in [
        (
            "listener.name.internal.ssl.key.pasword",
            "listener.name.internal.ssl.key.password",
        ),
        (
            "listener.name.INTERNAL.max.connections",
            "listener.name.internal.max.connections",
        ),
    ] {
        let ran = explain(&[written]).exits(2);
        let expected =
            format!("error: there is no key `{written}`\nhint: did you mean `{meant}`?\n");
        assert_eq!(ran.stderr, expected);
    }
}
