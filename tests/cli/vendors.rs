//! Keys of other vendors are accepted, with a note.

use tonkafka::cluster::fake::State;

use crate::fake::Bench;

const MANIFEST: &str = "\
version: 1
broker:
  brokers: { 1: { automq.size: 1 } }
  process: { aws.x: 1 }
topics:
  defaults: { configs: { confluent.tier.enable: true } }
  items:
    - { name: a, partitions: 1 }
    - { name: b, partitions: 1, configs: { redpanda.remote.read: true } }
    - { name: gone, state: absent }
environments:
  other: { broker: { defaults: { warpstream.x: 1 } } }
";

fn note(line: usize, column: usize, text: &str, key: &str, vendor: &str) -> String {
    let width = text.find(char::is_whitespace).unwrap_or(text.len());
    let line_text = MANIFEST.lines().nth(line - 1).unwrap();
    assert!(line_text[column - 1..].starts_with(text), "{line_text}");
    format!(
        "\
note: `{key}` is a key of {vendor}, not of Apache Kafka: it passes unchecked
 --> topics.yaml:{line}:{column}
  |
{line} | {line_text}
  | {:>column$}{}
",
        "^",
        "^".repeat(width - 1)
    )
}

#[test]
fn a_vendors_key_passes_with_a_note() {
    let bench = Bench::new(MANIFEST, &State::default());
    let notes = [
        note(3, 32, "1 }", "automq.size", "AutoMQ"),
        note(4, 21, "1 }", "aws.x", "AWS"),
        note(6, 49, "true }", "confluent.tier.enable", "Confluent"),
        note(9, 66, "true }", "redpanda.remote.read", "Redpanda"),
    ];
    let ran = bench.run(&["validate"]).exits(0);
    assert_eq!(ran.stderr, notes.concat());
    assert_eq!(ran.stdout, "valid: 3 topics\n");
    let ran = bench.run(&["validate", "--env", "other"]).exits(0);
    ran.stderr_has("`warpstream.x`");
    assert_eq!(bench.run(&["validate", "-q"]).exits(0).stderr, "");
}

#[test]
fn a_plan_notes_them_where_it_has_their_topics() {
    let bench = Bench::new(MANIFEST, &State::default());
    let notes = |arguments: &[&str]| -> Vec<(String, String)> {
        let plan = [&["plan", "-o", "json"], arguments].concat();
        let plan = bench.run(&plan).json();
        let findings = plan["findings"].as_array().unwrap().iter();
        let of_vendors = findings.filter(|finding| finding["code"] == "vendor-key");
        let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
        of_vendors
            .map(|finding| {
                assert_eq!(finding["severity"], "note");
                (finding["resource"].to_string(), text(&finding["place"]))
            })
            .collect()
    };
    let of = |resource: serde_json::Value, place: &str| (resource.to_string(), place.to_owned());
    let topic = |name: &str| serde_json::json!({ "type": "topic", "name": name });
    let broker = serde_json::json!({ "type": "broker", "id": 1 });
    let expected = [
        of(broker, "topics.yaml:3:32"),
        of(topic("a"), "topics.yaml:6:49"),
        of(topic("b"), "topics.yaml:9:66"),
    ];
    assert_eq!(notes(&[]), expected);
    let of_b = [
        of(topic("b"), "topics.yaml:6:49"),
        of(topic("b"), "topics.yaml:9:66"),
    ];
    assert_eq!(notes(&["--only", "b"]), of_b);
}
