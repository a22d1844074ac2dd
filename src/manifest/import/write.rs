//! A manifest as text.

use std::fmt::Write;

use super::super::scalar::{Reading, read};
use super::super::settings::MIN_ISR;
use super::imported::{Imported, Line, Lines, Present, State, Topic};
use crate::model::catalogue::{self, Scope};
use crate::model::config::{ConfigType, same_value};
use crate::model::desired::ClusterIdentity;
use crate::model::escape::{escape, yaml_quoted};
use crate::model::units::{human, unit_of};

const ELR: &str = "Kafka sets this by itself while eligible leader replicas (KIP-966) are on";

impl Imported {
    /// The text of the manifest, with a final newline.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = "version: 1\n".to_owned();
        cluster(&self.cluster, &mut text);
        self.broker(&mut text);
        text.push_str("\ntopics:\n");
        self.topic_defaults(&mut text);
        self.items(&mut text);
        self.access(&mut text);
        text
    }

    fn broker(&self, text: &mut String) {
        let mut section = String::new();
        let comment = |key: &str, value: &str| match key {
            MIN_ISR if self.has_elr => Some(ELR.to_owned()),
            _ => meaning(Scope::Broker, key, value),
        };
        let mut outside = String::new();
        settings(
            &Heading::new("  ", "defaults", "all brokers"),
            &self.broker_defaults,
            &comment,
            (&mut section, &mut outside),
        );
        let mut each = String::new();
        for (id, lines) in &self.brokers {
            settings(
                &Heading::new("    ", &id.to_string(), &format!("broker {id}")),
                lines,
                &comment,
                (&mut each, &mut outside),
            );
        }
        if !each.is_empty() {
            let _ = write!(section, "  brokers:\n{each}"); // a String takes everything
        }
        if section.is_empty() && outside.is_empty() {
            return;
        }
        text.push('\n');
        text.push_str(&outside);
        if !section.is_empty() {
            let _ = write!(text, "broker:\n{section}");
        }
    }

    fn topic_defaults(&self, text: &mut String) {
        if self.replicas.is_none() && self.configs.is_empty() {
            return;
        }
        text.push_str("  defaults:\n");
        if let Some(replicas) = self.replicas {
            let _ = writeln!(text, "    replicas: {replicas}");
        }
        configs("    ", &self.configs, text);
    }

    fn items(&self, text: &mut String) {
        let is_left = |topic: &Topic| matches!(topic.state, State::Left(_));
        let all_left = self.topics.iter().all(is_left);
        let heading = if all_left {
            "  items: []\n"
        } else {
            "  items:\n"
        };
        text.push_str(heading);
        for topic in &self.topics {
            item(topic, text);
        }
    }
}

fn cluster(cluster: &ClusterIdentity, text: &mut String) {
    let mut section = String::new();
    if let Some(called) = &cluster.name {
        let _ = writeln!(section, "  name: {}", name(called));
    }
    if !cluster.bootstrap.is_empty() {
        let addresses: Vec<String> = cluster.bootstrap.iter().map(|one| address(one)).collect();
        let _ = writeln!(section, "  bootstrap: [{}]", addresses.join(", "));
    }
    if let Some(id) = &cluster.id {
        let _ = writeln!(section, "  id: {}", name(id));
    }
    if !section.is_empty() {
        let _ = write!(text, "\ncluster:\n{section}");
    }
}

/// An address in a list. A host name or IP address needs no quotes: it is no number in YAML.
fn address(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':');
    let is_host = text.starts_with(|c: char| c.is_ascii_alphanumeric()) && text.contains('.');
    if is_host && text.chars().all(plain) {
        return text.to_owned();
    }
    name(text)
}

fn item(topic: &Topic, text: &mut String) {
    let called = name(&topic.name);
    match &topic.state {
        State::Present(present) => {
            let _ = writeln!(text, "    - name: {called}");
            self::present(present, text);
        }
        State::Absent => {
            let _ = writeln!(text, "    - name: {called}\n      state: absent");
        }
        State::Left(why) => {
            let _ = writeln!(
                text,
                "    # {}: left out, {}",
                escape(&topic.name),
                escape(why)
            );
        }
    }
}

fn present(topic: &Present, text: &mut String) {
    let _ = writeln!(text, "      partitions: {}", topic.partitions);
    if let Some(replicas) = topic.replicas {
        let _ = writeln!(text, "      replicas: {replicas}");
    }
    if let Some(description) = &topic.description {
        let _ = writeln!(text, "      description: {}", name(description));
    }
    configs("      ", &topic.configs, text);
}

fn configs(indent: &str, lines: &Lines, text: &mut String) {
    let mut outside = String::new();
    let mut inside = String::new();
    settings(
        &Heading::new(indent, "configs", ""),
        lines,
        &|key, value| meaning(Scope::Topic, key, value),
        (&mut inside, &mut outside),
    );
    text.push_str(&outside);
    text.push_str(&inside);
}

/// A mapping of settings.
struct Heading<'h> {
    indent: &'h str,
    key: &'h str,
    /// The resource, for comments outside of the mapping.
    of: &'h str,
}

impl<'h> Heading<'h> {
    fn new(indent: &'h str, key: &'h str, of: &'h str) -> Self {
        Self { indent, key, of }
    }
}

/// Writes the mapping with its comments to the first text. If it has only comments, which are no
/// mapping, it writes them to the second text.
fn settings(
    heading: &Heading<'_>,
    lines: &Lines,
    comment: &dyn Fn(&str, &str) -> Option<String>,
    (inside, outside): (&mut String, &mut String),
) {
    let is_said = |line: &Line| matches!(line, Line::Set(_) | Line::Unset);
    if !lines.values().any(is_said) {
        let indent = if heading.of.is_empty() {
            heading.indent
        } else {
            ""
        };
        for (key, line) in lines {
            let of = if heading.of.is_empty() {
                String::new()
            } else {
                format!("{}: ", heading.of)
            };
            let _ = writeln!(outside, "{indent}# {of}{}", left(key, line));
        }
        return;
    }
    let _ = writeln!(inside, "{}{}:", heading.indent, heading.key);
    for (key, line) in lines {
        let indent = heading.indent;
        let _ = match line {
            Line::Set(value) => match comment(key, value) {
                Some(said) => writeln!(
                    inside,
                    "{indent}  {}: {} # {said}",
                    name(key),
                    scalar(value)
                ),
                None => writeln!(inside, "{indent}  {}: {}", name(key), scalar(value)),
            },
            Line::Unset => writeln!(inside, "{indent}  {}: unset", name(key)),
            Line::Hidden | Line::Left(_) => writeln!(inside, "{indent}  # {}", left(key, line)),
        };
    }
}

/// The comment for a setting that is left out.
fn left(key: &str, line: &Line) -> String {
    if let Line::Left(why) = line {
        return format!("{}: left out, {}", escape(key), escape(why));
    }
    let variable = key.replace(['.', '-'], "_").to_uppercase();
    let key = name(key);
    format!("{key}: \"${{env:{variable}}}\" # set, and hidden: not in here until you uncomment it")
}

/// The value in other units, and Kafka's default.
fn meaning(scope: Scope, key: &str, value: &str) -> Option<String> {
    let known = catalogue::key(scope, key);
    let said = |text: &str| unit_of(key).and_then(|unit| human(text, unit));
    let default = known.and_then(|known| known.default.as_deref());
    let config_type = known.map_or(ConfigType::Unknown, |known| known.config_type);
    if known.is_none() && catalogue::vendor(key).is_none() && !catalogue::is_of_listener(key) {
        return Some("not in tonkafka's catalogue; these brokers know it".to_owned());
    }
    match (said(value), default) {
        (own, None) => own,
        (own, Some(default)) if same_value(config_type, value, default) => {
            let own = own.map(|own| format!("{own}, "));
            Some(format!("{}Kafka's default", own.unwrap_or_default()))
        }
        (own, Some(default)) => {
            let own = own.map(|own| format!("{own}; "));
            let default = match said(default) {
                Some(said) => said,
                None if default.is_empty() => "empty".to_owned(),
                None => escape(default),
            };
            Some(format!(
                "{}Kafka's default is {default}",
                own.unwrap_or_default()
            ))
        }
    }
}

/// A setting's value. Numbers and booleans have no quotes; text has quotes if any YAML reader could
/// take it for something else.
pub(super) fn scalar(value: &str) -> String {
    match read(value) {
        Reading::Integer(_) | Reading::Decimal | Reading::Boolean(_) => value.to_owned(),
        _ if value == "unset" => yaml_quoted(value),
        _ => name(value),
    }
}

/// Text that every YAML reader takes for text.
pub(super) fn name(text: &str) -> String {
    let text = text.replace("${", "$${");
    let first = |c: char| c.is_ascii_alphabetic() || matches!(c, '_' | '/');
    let plain = text.starts_with(first)
        && text.chars().all(is_plain)
        && !text.ends_with([' ', ':'])
        && !text.contains(": ")
        && read(&text) == Reading::Text;
    if plain { text } else { yaml_quoted(&text) }
}

/// One text, or a list of several.
pub(super) fn listed(texts: &[&str]) -> String {
    let quoted = texts.iter().map(|text| match name(text) {
        // A comma ends an item of a list.
        text if text.contains(',') && !text.starts_with('"') => yaml_quoted(&text),
        text => text,
    });
    match quoted.collect::<Vec<_>>().as_slice() {
        [one] => one.clone(),
        all => format!("[{}]", all.join(", ")),
    }
}

fn is_plain(c: char) -> bool {
    c.is_ascii_alphanumeric()
        || matches!(
            c,
            ' ' | '.' | '_' | '/' | ':' | ';' | ',' | '@' | '+' | '=' | '(' | ')' | '-'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_sure_stands_without_quotes() {
        for text in [
            "a",
            "user.activity",
            "_a-b",
            "compact,delete",
            "User actions, all",
        ] {
            assert_eq!(name(text), text);
        }
        for text in [
            "yes",
            "1.10",
            "-a",
            "*",
            "#",
            "a: b",
            "a:",
            "null",
            "",
            " a",
            "a ",
            "2001-01-01",
        ] {
            assert_eq!(name(text), format!("\"{text}\""));
        }
        assert_eq!(scalar("1.10"), "1.10");
        assert_eq!(scalar("010"), "\"010\"");
        assert_eq!(scalar("unset"), "\"unset\"");
        assert_eq!(scalar("a\tb"), "\"a\\tb\"");
        assert_eq!(scalar("${env:A}"), "\"$${env:A}\"");
    }

    #[test]
    fn a_value_is_said_beside_its_default() {
        let said = |key, value| meaning(Scope::Topic, key, value).unwrap_or_default();
        assert_eq!(said("retention.ms", "604800000"), "7 days, Kafka's default");
        assert_eq!(
            said("retention.ms", "86400000"),
            "1 day; Kafka's default is 7 days"
        );
        assert_eq!(
            said("cleanup.policy", "compact"),
            "Kafka's default is delete"
        );
        assert_eq!(said("confluent.tier.enable", "true"), "");
    }
}
