//! The whole way from text to [`Desired`].

use std::fmt::Write as _;

use proptest::prelude::*;

use super::*;
use crate::model::desired::{Desired, DesiredTopic, Setting, TopicSpec, TopicState};

const PLATFORM: &str = include_str!("../../topics.yaml");

fn source(name: &str, text: &str) -> SourceFile {
    SourceFile {
        name: name.into(),
        text: text.to_owned(),
    }
}

fn read_in(environment: Option<&str>, texts: &[&str]) -> Result<Manifest, ManifestErrors> {
    let names = ["a.yaml", "b.yaml", "c.yaml"];
    let sources: Vec<SourceFile> = names
        .iter()
        .zip(texts)
        .map(|(name, text)| source(name, text))
        .collect();
    parse(&sources, options(environment, &|_| Err(NoValue::Missing)))
}

fn options<'o>(environment: Option<&'o str>, variables: ValueLookup<'o>) -> ParseOptions<'o> {
    ParseOptions {
        environment,
        variables,
        passing: Passing::default(),
    }
}

fn read(text: &str) -> Manifest {
    read_in(None, &[text]).unwrap()
}

fn refused(texts: &[&str]) -> String {
    read_in(None, texts).unwrap_err().to_string()
}

fn spec(topic: &DesiredTopic) -> &TopicSpec {
    match &topic.state {
        TopicState::Present(spec) => spec,
        TopicState::Absent => panic!("{} is absent", topic.name),
    }
}

fn value(text: &str) -> Setting {
    Setting::Value(text.to_owned())
}

fn topic_with(configs: &str) -> Desired {
    let text = format!(
        "version: 1\ntopics: {{items: [{{name: a, partitions: 1, configs: {{{configs}}}}}]}}"
    );
    read(&text).desired
}

#[test]
fn the_platforms_manifest_says_what_its_readme_says() {
    let manifest = read(PLATFORM);
    let topics: Vec<(&str, i32)> = manifest
        .desired
        .topics
        .iter()
        .map(|topic| (topic.name.as_str(), spec(topic).partitions))
        .collect();
    assert_eq!(
        topics,
        [
            ("user.activity", 3),
            ("flow.execution", 5),
            ("flow.completed", 3),
            ("flow.failed", 3),
            ("notifications", 3),
            ("collaboration.events", 5),
            ("analytics.events", 5),
            ("audit.logs", 3),
            ("media.events", 3),
            ("database.changes", 3),
            ("error.events", 1),
            ("dead.letter.queue", 1),
        ]
    );
    for topic in &manifest.desired.topics {
        assert_eq!(spec(topic).replicas, Some(1));
        assert!(spec(topic).configs.is_empty());
        assert!(spec(topic).description.is_some());
    }
    let broker = manifest.desired.broker;
    assert_eq!(broker.defaults.len(), 8);
    assert_eq!(broker.defaults["log.retention.hours"], value("168"));
    assert_eq!(broker.process.heap.as_deref(), Some("1G"));
    assert_eq!(broker.process.settings.len(), 3);
    assert_eq!(manifest.environments, ["production"]);
}

#[test]
fn production_has_three_replicas_everywhere() {
    let manifest = read_in(Some("production"), &[PLATFORM]).unwrap();
    for topic in &manifest.desired.topics {
        assert_eq!(spec(topic).replicas, Some(3));
        assert_eq!(spec(topic).configs["min.insync.replicas"], value("2"));
    }
    let defaults = manifest.desired.broker.defaults;
    assert_eq!(defaults.len(), 8);
    assert_eq!(defaults["default.replication.factor"], value("3"));
    assert_eq!(defaults["message.max.bytes"], value("1000000"));
}

#[test]
fn units_become_kafkas_plain_numbers() {
    let desired = topic_with(
        "retention.ms: 7d, segment.bytes: 1GiB, retention.bytes: -1, flush.messages: 10, \
         min.cleanable.dirty.ratio: 0.50, delete.retention.ms: '1 h', preallocate: true, \
         cleanup.policy: [compact, delete], compression.type: zstd, leader.replication.throttled.replicas: ''",
    );
    let configs = &spec(&desired.topics[0]).configs;
    for (key, expected) in [
        ("retention.ms", "604800000"),
        ("segment.bytes", "1073741824"),
        ("retention.bytes", "-1"),
        ("flush.messages", "10"),
        ("min.cleanable.dirty.ratio", "0.50"),
        ("delete.retention.ms", "3600000"),
        ("preallocate", "true"),
        ("cleanup.policy", "compact,delete"),
        ("compression.type", "zstd"),
        ("leader.replication.throttled.replicas", ""),
    ] {
        assert_eq!(configs[key], value(expected), "{key}");
    }
}

#[test]
fn text_that_looks_like_something_else_is_text_in_quotes() {
    let desired = topic_with(
        "confluent.a: \"007\", confluent.b: \"yes\", confluent.c: \"unset\", \
         confluent.d: \"null\", confluent.e: \"99999999999999999999\"",
    );
    let configs = &spec(&desired.topics[0]).configs;
    let texts: Vec<&Setting> = configs.values().collect();
    let expected = ["007", "yes", "unset", "null", "99999999999999999999"].map(value);
    assert_eq!(texts, expected.iter().collect::<Vec<_>>());
}

#[test]
fn a_topic_overrides_what_the_defaults_say() {
    let manifest = read(
        "version: 1
topics:
  defaults: { replicas: 3, configs: { retention.ms: 7d, cleanup.policy: compact } }
  items:
    - { name: a, partitions: 1 }
    - { name: b, partitions: 1, replicas: 1, keyed: true, schema: b.json, configs: { retention.ms: unset } }
    - { name: c, state: absent }
",
    );
    let [a, b, c] = &manifest.desired.topics[..] else {
        panic!("three topics");
    };
    assert_eq!(spec(a).replicas, Some(3));
    assert_eq!(spec(a).configs["retention.ms"], value("604800000"));
    assert_eq!(spec(b).replicas, Some(1));
    assert_eq!(spec(b).configs["retention.ms"], Setting::Unset);
    assert_eq!(spec(b).configs["cleanup.policy"], value("compact"));
    assert!(spec(b).keyed);
    assert_eq!(spec(b).schema.as_deref(), Some("b.json"));
    assert_eq!(c.state, TopicState::Absent);
    assert_eq!(b.place.to_string(), "a.yaml:6:15");
}

#[test]
fn an_environment_lies_over_the_base() {
    let text = "version: 1
cluster: { name: dev, bootstrap: 'a:1, b:2' }
broker:
  defaults: { message.max.bytes: 1MB, compression.type: zstd }
  process: { heap: 1G, listeners: 'A://:1', num.io.threads: 8 }
topics:
  defaults: { configs: { retention.ms: 1d } }
  items:
    - { name: a, partitions: 1, description: first, configs: { segment.ms: 1h } }
    - { name: old, state: absent }
    - { name: b, partitions: 2 }
environments:
  production:
    cluster: { bootstrap: ['c:3'], id: abc }
    broker:
      defaults: { message.max.bytes: unset }
      brokers: { 1: { message.max.bytes: 2MB } }
      process: { heap: 4g, num.io.threads: unset }
    topics:
      defaults: { replicas: 3, configs: { retention.ms: 7d } }
      items:
        - { name: a, configs: { segment.ms: unset, flush.ms: 1s } }
        - { name: new, partitions: 9 }
        - { name: old, state: present, partitions: 1 }
        - { name: b, state: absent }
";
    let base = read(text).desired;
    assert_eq!(base.cluster.bootstrap, ["a:1", "b:2"]);
    let manifest = read_in(Some("production"), &[text]).unwrap();
    let desired = manifest.desired;
    assert_eq!(desired.cluster.name.as_deref(), Some("dev"));
    assert_eq!(desired.cluster.bootstrap, ["c:3"]);
    assert_eq!(desired.cluster.id.as_deref(), Some("abc"));
    assert_eq!(desired.broker.defaults["message.max.bytes"], Setting::Unset);
    assert_eq!(desired.broker.defaults["compression.type"], value("zstd"));
    assert_eq!(
        desired.broker.brokers[&1]["message.max.bytes"],
        value("2000000")
    );
    assert_eq!(desired.broker.process.heap.as_deref(), Some("4g"));
    let process: Vec<&String> = desired.broker.process.settings.keys().collect();
    assert_eq!(process, ["listeners"]);
    let names: Vec<&str> = desired.topic_names().collect();
    assert_eq!(names, ["a", "old", "b", "new"]);
    let a = spec(&desired.topics[0]);
    assert_eq!((a.partitions, a.replicas), (1, Some(3)));
    assert_eq!(a.description.as_deref(), Some("first"));
    assert_eq!(a.configs["segment.ms"], Setting::Unset);
    assert_eq!(a.configs["flush.ms"], value("1000"));
    assert_eq!(a.configs["retention.ms"], value("604800000"));
    assert_eq!(spec(&desired.topics[1]).partitions, 1);
    assert_eq!(desired.topics[2].state, TopicState::Absent);
}

/// Reads a manifest whose references stand for these values.
fn read_with(
    values: &[(&str, &str)],
    environment: Option<&str>,
    text: &str,
) -> Result<Manifest, ManifestErrors> {
    let look_up = |reference: &Reference| {
        let name = match reference {
            Reference::Env(name) | Reference::File { path: name, .. } => name,
        };
        let found = values.iter().find(|(known, _)| known == name);
        found
            .map(|(_, value)| value.as_bytes().to_vec())
            .ok_or(NoValue::Missing)
    };
    parse(&[source("a.yaml", text)], options(environment, &look_up))
}

#[test]
fn a_reference_stands_for_a_value_of_any_field() {
    let text = "version: 1
cluster: { name: \"${env:NAME}\", bootstrap: \"${env:BROKERS}\" }
broker: { process: { heap: \"${env:HEAP}\" } }
topics:
  items:
    - name: ${env:TOPIC}
      partitions: ${env:PARTITIONS}
      replicas: ${file:replicas}
      keyed: ${env:KEYED}
      description: ${file:description}
      configs:
        retention.ms: ${env:RETENTION}
        cleanup.policy: [\"${env:POLICY}\", delete]
        confluent.literal: $${env:A}
        segment.ms: ${env:UNSET}
    - { name: b, state: \"${env:STATE}\" }
";
    let values = [
        ("NAME", "dev"),
        ("BROKERS", "a:1,b:2"),
        ("HEAP", "2G"),
        ("TOPIC", "user.activity"),
        ("PARTITIONS", "12"),
        ("replicas", "3\n"),
        ("KEYED", "true"),
        ("description", "first: line\n- second # no structure\r\n"),
        ("RETENTION", "7d"),
        ("POLICY", "compact"),
        ("UNSET", "unset"),
        ("STATE", "absent"),
    ];
    let desired = read_with(&values, None, text).unwrap().desired;
    assert_eq!(desired.cluster.name.as_deref(), Some("dev"));
    assert_eq!(desired.cluster.bootstrap, ["a:1", "b:2"]);
    assert_eq!(desired.broker.process.heap.as_deref(), Some("2G"));
    let [topic, b] = &desired.topics[..] else {
        panic!("two topics");
    };
    let topic_spec = spec(topic);
    assert_eq!(topic.name, "user.activity");
    assert_eq!((topic_spec.partitions, topic_spec.replicas), (12, Some(3)));
    assert!(topic_spec.keyed);
    let description = topic_spec.description.as_deref();
    assert_eq!(description, Some("first: line\n- second # no structure"));
    for (key, expected) in [
        ("retention.ms", value("604800000")),
        ("cleanup.policy", value("compact,delete")),
        ("confluent.literal", value("${env:A}")),
        ("segment.ms", Setting::Unset),
    ] {
        assert_eq!(topic_spec.configs[key], expected, "{key}");
    }
    assert_eq!(b.state, TopicState::Absent);
}

#[test]
fn a_secret_is_taken_as_it_is() {
    let text = "version: 1
broker: { brokers: { 1: { sasl.jaas.config: \"${env:A}\", listener.name.x.ssl.keystore.key: \"${file:b}\" } } }
";
    let values = [("A", "007"), ("b", "-----BEGIN\nAA\n-----END\n")];
    let broker = read_with(&values, None, text).unwrap().desired.broker;
    assert_eq!(broker.brokers[&1]["sasl.jaas.config"], value("007"));
    let key = &broker.brokers[&1]["listener.name.x.ssl.keystore.key"];
    assert_eq!(key, &value("-----BEGIN\nAA\n-----END"));
}

#[test]
fn a_secret_in_clear_passes_where_that_is_allowed() {
    let text = "version: 1\nbroker: { brokers: { 1: { sasl.jaas.config: hunter2 } }, x: 1 }\n";
    let allowing = ParseOptions {
        passing: Passing {
            sensitive_in_clear: true,
            ..Passing::default()
        },
        ..options(None, &look_up)
    };
    let errors = parse(&[source("a.yaml", text)], allowing).unwrap_err();
    insta::assert_snapshot!(errors, @r"
    error: unknown field `x`
     --> a.yaml:2:58
    hint: the fields here are `defaults`, `brokers`, `process`
    ");
    let manifest = parse(&[source("a.yaml", &text.replace(", x: 1", ""))], allowing).unwrap();
    let settings = &manifest.desired.broker.brokers[&1];
    assert_eq!(settings["sasl.jaas.config"], value("hunter2"));
    let [remark] = &manifest.remarks[..] else {
        panic!("{:?}", manifest.remarks);
    };
    assert_eq!(remark.about, RemarkKind::SensitiveInClear);
    assert_eq!(remark.subject, Subject::Broker(1));
    insta::assert_snapshot!(remark.diagnostic, @r"
    let through: `sasl.jaas.config` is a secret, and stands here for everybody to read
     --> a.yaml:2:45
    ");
}

#[test]
fn what_is_missing_counts_only_where_it_is_used() {
    let text = "version: 1
topics: { items: [{ name: a, partitions: 1 }] }
environments:
  production:
    cluster: { name: \"${env:A}\", bootstrap: [\"${env:B}\"] }
    broker: { defaults: { ssl.key.password: \"${env:C}\" }, process: { heap: \"${env:D}\" } }
    topics: { items: [{ name: \"${env:E}\", partitions: \"${env:F}\", keyed: \"${env:G}\" },
                      { name: a, state: \"${env:H}\", configs: { cleanup.policy: [\"${env:I}\"] } }] }
";
    let without = text.replace("ssl.key.password", "message.max.bytes");
    assert!(read_with(&[], None, &without).is_ok());
    let errors = read_with(&[], Some("production"), &without).unwrap_err();
    let messages: Vec<&str> = errors.0.iter().map(|e| e.message.as_str()).collect();
    let expected = ["A", "B", "C", "D", "E", "F", "G", "H", "I"]
        .map(|name| format!("the environment variable `{name}` is not set"));
    assert_eq!(messages, expected);
    // The form of a reference is checked everywhere.
    let errors = read_with(&[], None, &without.replace("${env:A}", "${env:}")).unwrap_err();
    assert_eq!(errors.0[0].message, "`${env:}` has no name in it");
}

#[test]
fn an_alias_of_a_reference_counts_where_it_stands() {
    let text = "version: 1
environments: { dev: { topics: { defaults: { replicas: &many \"${env:MANY}\" } } } }
topics: { items: [{ name: a, partitions: *many }] }
";
    let desired = read_with(&[("MANY", "9")], None, text).unwrap().desired;
    assert_eq!(spec(&desired.topics[0]).partitions, 9);
    assert!(read_with(&[], None, text).is_err());
}

#[test]
fn the_hash_changes_with_a_value_and_says_nothing_of_a_secret() {
    let text = "version: 1
cluster: { name: \"${env:NAME}\" }
broker: { process: { ssl.key.password: \"${env:SECRET}\", my.plugin.token: \"${env:TOKEN}\" } }
";
    let hash = |name, secret, token| {
        let values = [("NAME", name), ("SECRET", secret), ("TOKEN", token)];
        read_with(&values, None, text).unwrap().hash
    };
    let one = hash("dev", "a", "b");
    assert_eq!(one, hash("dev", "other", "other"));
    assert_ne!(one, hash("prod", "a", "b"));
}

#[test]
fn large_values_in_many_places_are_refused() {
    let text = format!(
        "version: 1\ntopics: {{items: [{}]}}",
        "{name: a, partitions: 1, description: \"${file:big}\"},".repeat(70)
    );
    let big = "x".repeat(1 << 20);
    let errors = read_with(&[("big", &big)], None, &text).unwrap_err();
    let found = |message| errors.0.iter().filter(|e| e.message == message).count();
    assert_eq!(found("more than 64 MiB of values from elsewhere"), 1);
}

#[test]
fn a_bomb_of_long_texts_is_refused() {
    let text = format!(
        "version: 1\nx: &x {}\ntopics: {{items: [{}]}}",
        "x".repeat(1 << 20),
        "{name: a, description: *x},".repeat(500)
    );
    let errors = read_in(None, &[&text]).unwrap_err();
    let message = "more than 2000000 values, aliases expanded";
    assert_eq!(errors.0[0].message, message);
}

#[test]
fn several_files_stand_beside_each_other() {
    let desired = read_in(
        None,
        &[
            "version: 1\ntopics: {items: [{name: a, partitions: 1}]}",
            "version: 1\ntopics: {defaults: {replicas: 2}}\ncluster: {name: dev}",
            "version: 1\ntopics: {items: [{name: b, partitions: 1}]}\ncluster: {id: x}",
        ],
    )
    .unwrap()
    .desired;
    assert_eq!(desired.topic_names().collect::<Vec<_>>(), ["a", "b"]);
    assert_eq!(spec(&desired.topics[1]).replicas, Some(2));
    assert_eq!(desired.cluster.name.as_deref(), Some("dev"));
    assert_eq!(desired.cluster.id.as_deref(), Some("x"));
}

#[test]
fn what_two_files_set_is_shown_with_both_places() {
    let errors = refused(&[
        "version: 1\ncluster: {name: a}\ntopics: {items: [{name: a, partitions: 1}]}",
        "version: 1\ncluster: {name: a}\ntopics: {items: [{name: a, partitions: 1}]}\nx: 1",
        "broker: {}",
    ]);
    insta::assert_snapshot!(errors, @r#"
    error: `cluster.name` is set twice
     --> b.yaml:2:17
      |
    2 | cluster: {name: a}
      |                 ^
    note: first at a.yaml:2:17
    hint: set it in one file only

    error: the topic `a` is named twice
     --> b.yaml:3:25
      |
    3 | topics: {items: [{name: a, partitions: 1}]}
      |                         ^
    note: first at a.yaml:3:25
    hint: remove one of the two

    error: unknown field `x`
     --> b.yaml:4:1
      |
    4 | x: 1
      | ^
    hint: the fields here are `version`, `cluster`, `broker`, `ownership`, `policies`, `topics`, `acls`, `quotas`, `environments`

    error: `version` is missing
     --> c.yaml:1:1
      |
    1 | broker: {}
      | ^^^^^^
    hint: start the file with `version: 1`
    "#);
}

#[test]
fn a_json_manifest_is_a_manifest() {
    let desired = read(r#"{"version": 1, "topics": {"items": [{"name": "a", "partitions": 3}]}}"#);
    assert_eq!(spec(&desired.desired.topics[0]).partitions, 3);
}

#[test]
fn byte_order_mark_carriage_returns_and_tabs_between_change_nothing() {
    let plain = read(PLATFORM).desired;
    let other = format!("\u{feff}{}", PLATFORM.replace('\n', "\r\n"));
    assert_eq!(read(&other).desired, plain);
    assert_eq!(read("version:\t1\n").desired, Desired::default());
}

#[test]
fn anchors_and_aliases_stand_for_values() {
    let desired = read(
        "version: 1
topics:
  items:
    - { name: a, partitions: &many 12, configs: &kept { retention.ms: 7d } }
    - { name: b, partitions: *many, configs: *kept }
",
    )
    .desired;
    let (a, b) = (spec(&desired.topics[0]), spec(&desired.topics[1]));
    assert_eq!((b.partitions, &b.configs), (12, &a.configs));
}

#[test]
fn nothing_asked_for_is_nothing_wrong() {
    let manifest = read("version: 1\ntopics: {items: []}");
    assert_eq!(manifest.desired, Desired::default());
    assert_eq!(
        parse(&[], options(None, &look_up)).unwrap_err().to_string(),
        "error: there is no manifest to read\nhint: name one with `-f FILE`"
    );
}

#[test]
fn the_hash_tells_sources_and_environments_apart() {
    let hash = |sources: &[&str], environment| {
        let sources: Vec<SourceFile> = sources.iter().map(|text| source("x", text)).collect();
        hash(&sources, environment, std::iter::empty())
    };
    let one = hash(&["ab"], None);
    assert_eq!(one.len(), 64);
    assert_eq!(one, hash(&["ab"], None));
    assert_ne!(one, hash(&["a", "b"], None));
    assert_ne!(hash(&["a", "b"], None), hash(&["a"], Some("b")));
}

#[test]
fn a_hundred_thousand_topics_are_read() {
    let mut text = String::from("version: 1\ntopics:\n  items:\n");
    for number in 0..100_000 {
        let _ = write!(
            text,
            "    - name: topic-{number}\n      partitions: 2\n      configs:\n        retention.ms: 7d\n"
        );
    }
    assert_eq!(read(&text).desired.topics.len(), 100_000);
}

#[test]
fn a_bomb_of_aliases_is_refused() {
    let mut text = String::from("version: 1\na0: &a0 [x, x, x, x, x, x, x, x, x]\n");
    for level in 1..20 {
        let below = format!("*a{}", level - 1);
        let list = vec![below; 9].join(", ");
        let _ = writeln!(text, "a{level}: &a{level} [{list}]");
    }
    let errors = read_in(None, &[&text]).unwrap_err();
    assert_eq!(errors.0.len(), 1);
    assert_eq!(
        errors.0[0].message,
        "more than 2000000 values, aliases expanded"
    );
}

#[test]
fn deep_nesting_is_refused() {
    let aliases: String = (1..80).fold("a0: &a0 []\n".to_owned(), |mut text, level| {
        let _ = writeln!(text, "a{level}: &a{level} [*a{}]", level - 1);
        text
    });
    let blocks = "- ".repeat(100_000);
    for text in [
        &"[".repeat(100_000),
        &"{a: ".repeat(100_000),
        &blocks,
        &aliases,
    ] {
        let errors = read_in(None, &[text]).unwrap_err();
        assert_eq!(errors.0[0].message, "nested more than 64 levels deep");
    }
}

#[test]
fn no_more_is_kept_than_somebody_might_read() {
    let text = format!("version: 1\n{}", "? []\n: 1\n".repeat(20_000));
    let errors = read_in(None, &[&text]).unwrap_err();
    assert_eq!(errors.0.len(), 10_000);
    assert!(errors.to_string().ends_with("\n\nand 9950 more"));
}

#[test]
fn one_long_line_of_problems_is_read_once() {
    let text = format!("{{version: 1, {}}}", "\"ü\": 1, ".repeat(100_000));
    let errors = read_in(None, &[&text]).unwrap_err();
    assert_eq!(errors.0.len(), 10_000);
    assert!(errors.0.iter().all(|error| error.snippet.is_some()));
}

fn mutation() -> impl Strategy<Value = (prop::sample::Index, usize, String)> {
    let pieces = prop::sample::select(vec![
        "",
        " ",
        "\n",
        "\t",
        ":",
        "- ",
        "[",
        "]",
        "{",
        "}",
        "\"",
        "'",
        "&a ",
        "*a",
        "!!str ",
        "#",
        "|",
        ">",
        "~",
        "null",
        "yes",
        "0",
        "-1",
        "1e9",
        "---\n",
        "<<: *a",
        "\0",
        "\u{feff}",
        "é",
        "\r",
        "%",
        "@",
        "? ",
        ",",
        "name",
        "state: absent",
    ]);
    let piece = prop_oneof![pieces.prop_map(str::to_owned), any::<String>()];
    (any::<prop::sample::Index>(), 0..40_usize, piece)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, ..ProptestConfig::default() })]

    #[test]
    fn no_mutation_of_a_manifest_panics(mutations in prop::collection::vec(mutation(), 1..8)) {
        let mut chars: Vec<char> = PLATFORM.chars().collect();
        for (index, length, piece) in mutations {
            let start = index.index(chars.len() + 1);
            let end = (start + length).min(chars.len());
            chars.splice(start..end, piece.chars());
        }
        let text: String = chars.into_iter().collect();
        if let Err(errors) = read_in(Some("production"), &[&text]) {
            prop_assert!(!errors.0.is_empty());
            let shown = errors.to_string().replace('\n', "");
            prop_assert!(!shown.contains(char::is_control));
        }
    }
}

#[test]
fn many_values_are_called_aliases_only_where_there_are_some() {
    let text = format!(
        "version: 1\ntopics: {{ items: [{}] }}\n",
        "x,".repeat(2_000_000)
    );
    let errors = read_in(None, &[&text]).unwrap_err();
    assert_eq!(errors.0[0].message, "more than 2000000 values");
    assert_eq!(
        errors.0[0].hint.as_deref(),
        Some("split the manifest by cluster")
    );
}
