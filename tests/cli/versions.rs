//! Settings that depend on Kafka's version, on clusters in memory of two versions.

use std::collections::BTreeMap;

use bytes::Bytes;
use tonkafka::cluster::fake::State;
use tonkafka::model::api_versions::{ApiVersion, ApiVersions};
use tonkafka::model::record::Record;

use crate::fake::{Bench, holding, put, topic};
use crate::made::{Content, write};

const OLD_SETTINGS: [(&str, &str); 3] = [
    ("message.format.version", "3.0-IV1"),
    ("retention.ms", "1000"),
    ("segment.bytes", "1000000"),
];

const MANIFEST: &str = "\
version: 1
broker: { defaults: { log.segment.bytes: 1000000 } }
topics:
  items:
    - { name: new, partitions: 1, configs: { message.format.version: 3.0-IV1, retention.ms: 1s } }
    - { name: old, partitions: 1, configs: { segment.bytes: 1000000 } }
";

fn of(kafka: &str, topics: &[(&str, &[(&str, &str)])]) -> State {
    let topics: Vec<_> = topics
        .iter()
        .map(|(name, configs)| (*name, topic(1, configs)))
        .collect();
    State {
        kafka: kafka.to_owned(),
        ..holding(&topics)
    }
}

#[test]
fn what_the_brokers_version_does_not_take_is_refused_at_plan() {
    let bench = Bench::new(MANIFEST, &of("4.3", &[("old", &[])]));
    let ran = bench.run(&["plan"]).exits(4);
    let expected = "
refused:
  all brokers: `log.segment.bytes` must be at least 1048576 on Kafka 4, not 1000000 [unsupported-setting]
    hint: write a value that they take; to do it all the same, pass `--allow unsupported-setting`
  topic new: Kafka 4 has no key `message.format.version` [unsupported-setting]
    at topics.yaml:5:15
    hint: take it out of the manifest; to do it all the same, pass `--allow unsupported-setting`
  topic old: `segment.bytes` must be at least 1048576 on Kafka 4, not 1000000 [unsupported-setting]
    at topics.yaml:6:15
    hint: write a value that they take; to do it all the same, pass `--allow unsupported-setting`

plan: 1 to create, 2 to change, 0 to delete, 3 refused
";
    ran.stdout_ends(expected);
    bench.run(&["apply", "--yes"]).exits(4);
    assert!(bench.state().requests.is_empty());
    // With the guard passed, the brokers decide.
    let allowed = ["apply", "--yes", "--allow", "unsupported-setting"];
    let ran = bench.run(&allowed).exits(4);
    let words = "INVALID_CONFIG: Unknown topic config name: message.format.version";
    ran.stdout_has(words);
}

#[test]
fn an_older_kafka_takes_what_it_always_took() {
    let bench = Bench::new(MANIFEST, &of("3.9", &[("old", &[])]));
    bench.run(&["apply", "--yes"]).exits(0);
    bench.run(&["plan", "--exit-code"]).exits(0);
    let configs = &bench.state().topics["new"].configs;
    assert_eq!(configs["message.format.version"], "3.0-IV1");
}

#[test]
fn a_key_that_came_later_is_refused_on_an_older_kafka() {
    let manifest = "version: 1\nbroker: { defaults: { config.providers: file } }\n";
    let ran = Bench::new(manifest, &of("3.9", &[]))
        .run(&["plan"])
        .exits(4);
    ran.stdout_has("no broker knows the key `config.providers`");
}

/// A broker with these versions of `CreateTopics`.
fn creates(min: i16) -> ApiVersions {
    let create = ApiVersion {
        key: 19,
        name: "CreateTopics".to_owned(),
        min,
        max: 7,
        used: Some(7),
    };
    ApiVersions {
        apis: vec![create],
        features: Vec::new(),
    }
}

#[test]
fn nothing_is_said_where_brokers_do_not_tell_their_version_or_differ() {
    let mut state = of("4.3", &[("old", &[])]);
    state.brokers = vec![1, 2];
    for versions in [
        [creates(0), creates(2)],
        [ApiVersions::default(), creates(2)],
    ] {
        state.api_versions = (1..).zip(versions).collect();
        let ran = Bench::new(MANIFEST, &state).run(&["plan"]).exits(0);
        assert!(!ran.stdout.contains("unsupported"), "{}", ran.stdout);
    }
    // A silent broker does not hide the others.
    state.api_versions = BTreeMap::from([(1, creates(2))]);
    state.faults.silent_brokers.insert(2);
    let manifest = MANIFEST.replace("broker: { defaults: { log.segment.bytes: 1000000 } }\n", "");
    Bench::new(&manifest, &state).run(&["plan"]).exits(4);
}

#[test]
fn a_manifest_that_names_its_kafka_is_judged_without_a_cluster() {
    let named = MANIFEST.replace("version: 1\n", "version: 1\ncluster: { kafka: \"4.3\" }\n");
    let bench = Bench::new(&named, &State::default());
    for command in [&["validate"][..], &["plan"], &["apply", "--yes"]] {
        let ran = bench.program.run(&[command, &["-b", "nobody:1"]].concat());
        let ran = ran.exits(2);
        let first = "error: `log.segment.bytes` must be at least 1048576 on Kafka 4.3\n";
        ran.stderr_starts(first);
        assert_eq!(ran.stderr.matches("error: ").count(), 3, "{}", ran.stderr);
    }
    let older = named.replace("4.3", "3.9.2");
    let bench = Bench::new(&older, &State::default());
    bench.program.run(&["validate"]).exits(0);
}

#[test]
fn a_mirror_leaves_out_what_the_target_cannot_have() {
    let source = of("3.9", &[("old", &OLD_SETTINGS)]);
    let mut target = of("4.3", &[]);
    target.cluster_id = "target".to_owned();
    let bench = Bench::new("version: 1\n", &source);
    let to = put(&bench.program, "target.json", &target);
    let mirror = [
        "mirror",
        "old",
        "--from-bootstrap-server",
        &bench.address,
        "--to-bootstrap-server",
        &to,
        "--once",
        "--yes",
    ];
    let ran = bench.program.run(&mirror).exits(0);
    let notes = "
notes:
  topic old: left out: Kafka 4 has no key `message.format.version` [setting-left-out]
  topic old: left out: `segment.bytes` must be at least 1048576 on Kafka 4, not 1000000 [setting-left-out]
";
    ran.stdout_has(notes);
    let after: State = serde_json::from_str(&bench.program.read("target.json")).unwrap();
    let kept = BTreeMap::from([("retention.ms".to_owned(), "1000".to_owned())]);
    assert_eq!(after.topics["old"].configs, kept);
}

#[test]
fn a_backup_of_an_older_kafka_is_restored_without_what_is_gone() {
    let bench = Bench::new(
        "version: 1\n",
        &of("3.9", &[("old", &OLD_SETTINGS), ("kept", &OLD_SETTINGS)]),
    );
    bench
        .run(&["backup", "create", "--out", "then.json"])
        .exits(0);
    // One topic is deleted, and the other has lost its settings.
    let now = of("4.3", &[("kept", &[])]);
    bench.set(&now);
    let ran = bench
        .run(&["backup", "restore", "then.json", "--yes"])
        .exits(0);
    for topic in ["old", "kept"] {
        let gone = format!(
            "  topic {topic}: left out: Kafka 4 has no key `message.format.version` [setting-left-out]\n"
        );
        ran.stdout_has(&gone);
        let configs = &bench.state().topics[topic].configs;
        let kept = BTreeMap::from([("retention.ms".to_owned(), "1000".to_owned())]);
        assert_eq!(*configs, kept);
    }
}

#[test]
fn a_snapshot_of_an_older_kafka_is_restored_without_what_is_gone() {
    let bench = Bench::new("version: 1\n", &of("4.3", &[]));
    let record = Record {
        offset: 0,
        timestamp: jiff::Timestamp::now().as_millisecond(),
        key: None,
        value: Some(Bytes::from_static(b"value")),
        headers: Vec::new(),
    };
    let content = Content {
        overrides: &[
            ("message.format.version", "3.0-IV1"),
            ("segment.ms", "5000"),
        ],
        ..Content::new("old", vec![vec![record]])
    };
    let path = bench.program.path().join("old.snap");
    write(&path, "fake-cluster", &[content], &[]);
    let ran = bench
        .run(&["snapshot", "restore", "old.snap", "--yes"])
        .exits(0);
    let note =
        "topic old: left out: Kafka 4 has no key `message.format.version` [setting-left-out]\n";
    ran.stdout_has(note);
    let kept = BTreeMap::from([("segment.ms".to_owned(), "5000".to_owned())]);
    assert_eq!(bench.state().topics["old"].configs, kept);
}
