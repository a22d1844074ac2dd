//! The script that brings a manifest's topics up with the tools of Kafka's own image. Pure.
//!
//! It does less than `tonkafka apply`: topics that are there already are left as they are, and nothing
//! is ever deleted. Settings for all brokers are set each time.

use std::fmt::Write;

use crate::model::catalogue::{self, Update};
use crate::model::desired::{DesiredTopic, Setting, Settings, TopicSpec, TopicState};

/// Apache's own image does not have its tools on the path, which all end in `.sh`.
const APACHE_PATH: &str = "export PATH=\"$PATH:/opt/kafka/bin\"\n";

/// The functions that the calls below use. `@suffix@` is what the names of the image's tools end with.
const OPENING: &str = r#"set -eu
@path@
for_all_brokers() { # KEY=VALUE,...
  kafka-configs@suffix@ --bootstrap-server "$BOOTSTRAP_SERVER" \
    --alter --entity-type brokers --entity-default --add-config "$1"
}

topic() { # NAME PARTITIONS [--replication-factor N] [--config KEY=VALUE]...
  name=$1 partitions=$2
  shift 2
  kafka-topics@suffix@ --bootstrap-server "$BOOTSTRAP_SERVER" \
    --create --if-not-exists --topic "$name" --partitions "$partitions" "$@"
}
"#;

const STORED: &str =
    "Settings that the cluster stores, which win over what a broker's environment says";

/// The script, for `sh` with `BOOTSTRAP_SERVER` in its environment.
pub(super) fn script(suffix: &str, defaults: &Settings, topics: &[DesiredTopic]) -> String {
    let mut script = OPENING.replace("@suffix@", suffix);
    script = script.replace("@path@", if suffix == ".sh" { APACHE_PATH } else { "" });
    let defaults: Vec<String> = defaults.iter().filter_map(for_all_brokers).collect();
    if !defaults.is_empty() {
        let word = shell_word(&defaults.join(","));
        let _ = write!(script, "\n# {STORED}\nfor_all_brokers {word}\n"); // a String takes everything
    }
    script.push_str("\n# The manifest's topics\n");
    script.extend(topics.iter().filter_map(topic));
    script
}

fn for_all_brokers((key, setting): (&String, &Setting)) -> Option<String> {
    let Setting::Value(value) = setting else {
        return None;
    };
    if !is_dynamic(key) {
        return None;
    }
    // kafka-configs takes a comma for the end of a value unless it stands in brackets.
    let value = if value.contains(',') {
        format!("[{value}]")
    } else {
        value.clone()
    };
    Some(format!("{key}={value}"))
}

/// Whether every Kafka of the catalogue takes the key for all brokers while they run.
fn is_dynamic(key: &str) -> bool {
    catalogue::broker_key(key).is_some_and(|known| {
        known.update == Update::ClusterWide && known.since().is_none() && known.until().is_none()
    })
}

fn topic(topic: &DesiredTopic) -> Option<String> {
    let TopicState::Present(spec) = &topic.state else {
        return None;
    };
    let mut line = format!("topic {} {}", shell_word(&topic.name), spec.partitions);
    write_options(spec, &mut line);
    if let Some(description) = &spec.description {
        let one_line = description.replace(char::is_control, " ");
        let _ = write!(line, " # {one_line}"); // a String takes everything
    }
    line.push('\n');
    Some(line)
}

fn write_options(spec: &TopicSpec, line: &mut String) {
    if let Some(replicas) = spec.replicas {
        let _ = write!(line, " --replication-factor {replicas}");
    }
    for (key, setting) in &spec.configs {
        if let Setting::Value(value) = setting {
            let word = shell_word(&format!("{key}={value}"));
            let _ = write!(line, " --config {word}");
        }
    }
}

/// A text as one word of a shell, whatever is in it.
fn shell_word(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "._-=:,/".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::desired::Place;

    fn settings(pairs: &[(&str, &str)]) -> Settings {
        let owned = |(key, value): &(&str, &str)| {
            let value = Setting::Value((*value).to_owned());
            ((*key).to_owned(), value)
        };
        pairs.iter().map(owned).collect()
    }

    fn desired(name: &str, state: TopicState) -> DesiredTopic {
        let place = Place {
            file: "topics.yaml".into(),
            line: 1,
            column: 1,
        };
        DesiredTopic {
            name: name.into(),
            place,
            state,
        }
    }

    #[test]
    fn topics_and_what_brokers_take_while_they_run_are_brought_up() {
        let defaults = settings(&[
            ("log.cleanup.policy", "compact,delete"),
            ("log.retention.hours", "168"),
            ("message.max.bytes", "1000000"),
        ]);
        let spec = TopicSpec {
            partitions: 3,
            replicas: Some(1),
            configs: settings(&[("retention.ms", "1000")]),
            description: Some("two\nlines; rm -rf $HOME".into()),
            ..TopicSpec::default()
        };
        let bare = TopicSpec {
            partitions: 1,
            ..TopicSpec::default()
        };
        let topics = [
            desired("a.b", TopicState::Present(spec)),
            desired("gone", TopicState::Absent),
            desired("c", TopicState::Present(bare)),
        ];
        let script = script(".sh", &defaults, &topics);
        assert!(script.contains("kafka-topics.sh --bootstrap-server"));
        let (_, calls) = script.split_once(STORED).unwrap();
        let calls: Vec<&str> = calls.lines().skip(1).collect();
        let expected = [
            "for_all_brokers 'log.cleanup.policy=[compact,delete],message.max.bytes=1000000'",
            "",
            "# The manifest's topics",
            "topic a.b 3 --replication-factor 1 --config retention.ms=1000 # two lines; rm -rf $HOME",
            "topic c 1",
        ];
        assert_eq!(calls, expected);
    }

    #[test]
    fn a_word_stays_one_word() {
        assert_eq!(shell_word("a.b-c_1=x,y"), "a.b-c_1=x,y");
        assert_eq!(shell_word("a b"), "'a b'");
        assert_eq!(shell_word("$(x) `y`"), "'$(x) `y`'");
        assert_eq!(shell_word("it's"), r"'it'\''s'");
        assert_eq!(shell_word(""), "''");
        assert_eq!(shell_word("#"), "'#'");
    }
}
