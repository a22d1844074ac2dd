//! The script that creates a manifest's topics with the tools of Kafka's own image. Pure.
//!
//! It does less than `tonkafka apply`: existing topics stay as they are, and nothing is ever
//! deleted. Settings for all brokers, passwords and ACLs are set each time. The tools read
//! passwords from files, because every user of the machine can see arguments.

use std::fmt::Write;

use crate::local::secure::USERS;
use crate::local::secure::rights;
use crate::model::access::{AclBinding, ResourceType};
use crate::model::catalogue::{self, Update};
use crate::model::desired::{DesiredTopic, Setting, Settings, TopicSpec, TopicState};

/// Apache's image does not have its tools in the path. Their names end in `.sh`.
const APACHE_PATH: &str = "export PATH=\"$PATH:/opt/kafka/bin\"\n";

/// The tools of an image, and whether they log in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tools {
    /// The tools of Apache's image.
    Apaches,
    /// The tools of Apache's image, with the properties file that `COMMAND_CONFIG` names.
    ApachesWithLogin,
    /// The tools of Confluent's image.
    Confluents,
}

/// The functions that the calls below use. `@suffix@` is the suffix of the tools' names, and `@login@`
/// their login.
const OPENING: &str = r#"set -eu
@path@
for_all_brokers() { # KEY=VALUE,...
  kafka-configs@suffix@ --bootstrap-server "$BOOTSTRAP_SERVER"@login@ \
    --alter --entity-type brokers --entity-default --add-config "$1"
}

topic() { # NAME PARTITIONS [--replication-factor N] [--config KEY=VALUE]...
  name=$1 partitions=$2
  shift 2
  kafka-topics@suffix@ --bootstrap-server "$BOOTSTRAP_SERVER"@login@ \
    --create --if-not-exists --topic "$name" --partitions "$partitions" "$@"
}
"#;

const LOGIN: &str = r#" --command-config "$COMMAND_CONFIG""#;

/// The functions for users and their rights.
const ACCESS: &str = r#"
user() { # NAME
  for file in "/etc/kafka/secrets/$1".SCRAM-*; do
    kafka-configs.sh --bootstrap-server "$BOOTSTRAP_SERVER" --command-config "$COMMAND_CONFIG" \
      --alter --entity-type users --entity-name "$1" --add-config-file "$file"
  done
}

allow() { # USER --operation OPERATION... RESOURCE
  user=$1
  shift
  kafka-acls.sh --bootstrap-server "$BOOTSTRAP_SERVER" --command-config "$COMMAND_CONFIG" \
    --add --allow-principal "User:$user" "$@"
}

# Who there is, with passwords from files, and what they may do; the admin may do everything
"#;

const STORED: &str =
    "Settings that the cluster stores, which win over what a broker's environment says";

/// The script, for `sh` with `BOOTSTRAP_SERVER` in its environment.
pub(super) fn script(tools: Tools, defaults: &Settings, topics: &[DesiredTopic]) -> String {
    let (suffix, path) = match tools {
        Tools::Apaches | Tools::ApachesWithLogin => (".sh", APACHE_PATH),
        Tools::Confluents => ("", ""),
    };
    let logs_in = tools == Tools::ApachesWithLogin;
    let mut script = OPENING.replace("@suffix@", suffix).replace("@path@", path);
    script = script.replace("@login@", if logs_in { LOGIN } else { "" });
    if logs_in {
        script.push_str(ACCESS);
        script.extend(USERS.map(|user| format!("user {user}\n")));
        let acls = rights::acls();
        let of = |acl: &AclBinding| (acl.principal.clone(), acl.resource_type);
        script.extend(
            acls.chunk_by(|one, other| of(one) == of(other))
                .filter_map(allow),
        );
    }
    let defaults: Vec<String> = defaults.iter().filter_map(for_all_brokers).collect();
    if !defaults.is_empty() {
        let word = shell_word(&defaults.join(","));
        let _ = write!(script, "\n# {STORED}\nfor_all_brokers {word}\n"); // a String takes everything
    }
    if !topics.is_empty() {
        script.push_str("\n# The manifest's topics\n");
    }
    script.extend(topics.iter().filter_map(topic));
    script
}

/// The line for ACLs that differ only in their operation.
fn allow(acls: &[AclBinding]) -> Option<String> {
    let first = acls.first()?;
    let user = first.principal.strip_prefix("User:")?;
    let mut line = format!("allow {user}");
    for acl in acls {
        let _ = write!(line, " --operation {}", pascal(&acl.operation.to_string())); // a String takes everything
    }
    let resource = match first.resource_type {
        ResourceType::Cluster => "--cluster".to_owned(),
        kind => {
            let kind = kind.to_string().to_ascii_lowercase().replace('_', "-");
            format!("--{kind} {}", shell_word(&first.resource_name))
        }
    };
    Some(line + &format!(" {resource}\n"))
}

/// `DESCRIBE_CONFIGS` as `kafka-acls` takes it: `DescribeConfigs`.
fn pascal(name: &str) -> String {
    let words = name.split('_');
    let word = |word: &str| {
        let (first, rest) = word.split_at(word.len().min(1));
        first.to_owned() + &rest.to_ascii_lowercase()
    };
    words.map(word).collect()
}

fn for_all_brokers((key, setting): (&String, &Setting)) -> Option<String> {
    let Setting::Value(value) = setting else {
        return None;
    };
    if !is_dynamic(key) {
        return None;
    }
    // kafka-configs ends a value at a comma, unless the value is in brackets.
    let value = if value.contains(',') {
        format!("[{value}]")
    } else {
        value.clone()
    };
    Some(format!("{key}={value}"))
}

/// Whether every version in the catalogue accepts the key at runtime for all brokers.
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

/// A text quoted as one word of the shell.
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
        let script = script(Tools::Apaches, &defaults, &topics);
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
