//! Explains keys of Kafka and fields of manifests.

use schemars::JsonSchema;
use serde::Serialize;

use super::json::of_kind;
use super::style::Look;
use super::text::value;
use crate::model::allowed::Allowed;
use crate::model::catalogue::{
    Before, Key, Scope, Update, topic_key_from, versions, wants_listener,
};
use crate::model::config::ConfigType;
use crate::model::units::{Unit, unit_of};

/// A field of a manifest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ExplainedField {
    /// The path of the field, such as `topics.items.partitions`.
    pub path: &'static str,
    /// The values that the field takes.
    pub takes: &'static str,
    /// What the field does.
    #[serde(rename = "documentation")]
    pub about: &'static str,
}

/// All keys and fields with this name.
#[must_use]
pub fn text(look: Look, name: &str, keys: &[&Key], fields: &[ExplainedField]) -> String {
    let fields = fields.iter().map(|field| of_field(look, field));
    let keys = keys.iter().map(|key| of_key(look, name, key));
    fields.chain(keys).collect::<Vec<_>>().join("\n")
}

/// Keys of Kafka and fields of manifests with one name.
#[derive(Serialize, JsonSchema)]
pub(super) struct ExplanationDocument<'a> {
    name: &'a str,
    keys: Vec<KeyFields<'a>>,
    fields: &'a [ExplainedField],
}

/// A key of topics or brokers.
#[derive(Serialize, JsonSchema)]
struct KeyFields<'a> {
    name: &'a str,
    /// Whether topics or brokers have the key.
    #[schemars(extend("enum" = ["topic", "broker"]))]
    scope: &'static str,
    r#type: ConfigType,
    /// The unit of its numbers.
    #[schemars(extend("enum" = ["bytes", "milliseconds", "seconds", "minutes", "hours", null]))]
    unit: Option<&'static str>,
    /// Kafka's default.
    default: Option<&'a str>,
    /// The values that Kafka accepts.
    allowed: &'a Allowed,
    /// How the key is changed.
    update: Update,
    /// Whether brokers hide its value.
    sensitive: bool,
    /// The matching keys of brokers, or of topics.
    synonyms: Vec<&'a str>,
    /// The Kafka versions that have the key.
    kafka: &'a [String],
    /// The differences in the older Kafka version.
    before: Option<&'a Before>,
    documentation: &'a str,
}

/// All keys and fields with this name, as JSON.
#[must_use]
pub fn document(name: &str, keys: &[&Key], fields: &[ExplainedField]) -> String {
    let keys = keys.iter().map(|key| KeyFields::of(key)).collect();
    of_kind("Explanation", &ExplanationDocument { name, keys, fields })
}

impl<'a> KeyFields<'a> {
    fn of(key: &'a Key) -> Self {
        Self {
            name: &key.name,
            scope: match key.scope() {
                Scope::Topic => "topic",
                Scope::Broker => "broker",
            },
            r#type: key.config_type,
            unit: unit_of(&key.name).map(unit_word),
            default: key.default.as_deref(),
            allowed: &key.allowed,
            update: key.update,
            sensitive: key.is_sensitive(),
            synonyms: synonyms(key),
            kafka: &key.kafka,
            before: key.before.as_ref(),
            documentation: &key.documentation,
        }
    }
}

fn of_field(look: Look, field: &ExplainedField) -> String {
    let heading = look.strong(field.path);
    let rows = [("takes", field.takes.to_owned())];
    let about = paragraphs(field.about, look.width);
    format!(
        "{heading}  a field of manifests\n\n{}\n{about}",
        table(&rows)
    )
}

fn of_key(look: Look, name: &str, key: &Key) -> String {
    let kind = match key.scope() {
        Scope::Topic => "a key of topics",
        Scope::Broker => "a key of brokers",
    };
    let mut rows = vec![("type", type_words(key))];
    rows.push(("default", default_words(key, key.default.as_deref())));
    rows.extend(allowed_words(&key.allowed).map(|words| ("allowed", words)));
    rows.push(("changed", update_words(name, key.update)));
    rows.extend(other_side(key));
    rows.push(("kafka", version_words(key)));
    rows.extend(before_words(key).map(|words| ("before", words)));
    let about = paragraphs(&key.documentation, look.width);
    format!("{}  {kind}\n\n{}\n{about}", look.strong(name), table(&rows))
}

pub(super) fn type_words(key: &Key) -> String {
    let name = match key.config_type {
        ConfigType::Boolean => "true or false",
        ConfigType::String => "text",
        ConfigType::Short => "whole number, 16 bits",
        ConfigType::Int => "whole number, 32 bits",
        ConfigType::Long => "whole number, 64 bits",
        ConfigType::Double => "number",
        ConfigType::List => "list, separated by commas",
        ConfigType::Class => "Java class",
        ConfigType::Password => "secret: write `${env:NAME}` or `${file:PATH}`",
        ConfigType::Unknown => "unknown",
    };
    match unit_of(&key.name) {
        Some(unit) => format!("{name}, in {}", unit_word(unit)),
        None => name.to_owned(),
    }
}

fn unit_word(unit: Unit) -> &'static str {
    match unit {
        Unit::Bytes => "bytes",
        Unit::Milliseconds => "milliseconds",
        Unit::Seconds => "seconds",
        Unit::Minutes => "minutes",
        Unit::Hours => "hours",
    }
}

pub(super) fn default_words(key: &Key, default: Option<&str>) -> String {
    default.map_or_else(|| "none".to_owned(), |default| value(&key.name, default))
}

pub(super) fn allowed_words(allowed: &Allowed) -> Option<String> {
    allowed.words().map(|words| words.replace('`', ""))
}

/// When and where the key written as `name` can be changed.
pub(super) fn update_words(name: &str, update: Update) -> String {
    if wants_listener(name) {
        return format!("while a broker runs, for one listener: listener.name.NAME.{name}");
    }
    let words = match update {
        Update::PerTopic => "at any time, for each topic",
        Update::ClusterWide => "while brokers run, for all of them or for one",
        Update::PerBroker => "while a broker runs, for each broker by itself",
        Update::Static => "in the broker's properties file, with a restart",
    };
    words.to_owned()
}

/// The matching keys of brokers or topics, with the label for them.
fn other_side(key: &Key) -> Option<(&'static str, String)> {
    let label = match key.scope() {
        Scope::Topic => "brokers",
        Scope::Broker => "topics",
    };
    let names = synonyms(key);
    (!names.is_empty()).then(|| (label, names.join(", ")))
}

fn synonyms(key: &Key) -> Vec<&str> {
    match key.scope() {
        Scope::Topic => key.synonyms.iter().map(String::as_str).collect(),
        Scope::Broker => topic_key_from(&key.name)
            .map(|key| key.name.as_str())
            .into_iter()
            .collect(),
    }
}

pub(super) fn version_words(key: &Key) -> String {
    if key.kafka.is_empty() {
        return "as these brokers tell; not in tonkafka's catalogue".to_owned();
    }
    let has = key.kafka.join(", ");
    let others: Vec<&str> = versions()
        .filter(|version| !key.kafka.iter().any(|has| has == version))
        .collect();
    if others.is_empty() {
        has
    } else {
        format!("{has}; not in {}", others.join(", "))
    }
}

pub(super) fn before_words(key: &Key) -> Option<String> {
    let before = key.before.as_ref()?;
    let default = (before.default != key.default).then(|| {
        let default = default_words(key, before.default.as_deref());
        format!("default {default}")
    });
    let allowed = (before.allowed != key.allowed).then(|| {
        let words = allowed_words(&before.allowed);
        words.unwrap_or_else(|| "allowed whatever the type allows".to_owned())
    });
    let said: Vec<String> = default.into_iter().chain(allowed).collect();
    (!said.is_empty()).then(|| format!("on Kafka {}: {}", before.kafka, said.join(", ")))
}

fn table(rows: &[(&str, String)]) -> String {
    let row = |(label, words): &(&str, String)| format!("  {label:8} {words}\n");
    rows.iter().map(row).collect()
}

/// Indented paragraphs; wrapped list items hang.
fn paragraphs(text: &str, width: Option<u16>) -> String {
    let width = width.map_or(usize::MAX, usize::from).saturating_sub(2);
    let wrapped = text.lines().flat_map(|line| {
        let hang = if line.starts_with("- ") { "  " } else { "" };
        wrap(line, width, hang)
    });
    wrapped.fold(String::new(), |text, line| text + "  " + &line + "\n")
}

fn wrap(line: &str, width: usize, hang: &str) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in line.split(' ') {
        let last = lines.len() - 1;
        let current = &mut lines[last];
        let begins = current.trim_start().is_empty();
        let wide = current.chars().count() + 1 + word.chars().count() > width;
        if !begins && wide {
            lines.push(format!("{hang}{word}"));
        } else {
            if !begins {
                current.push(' ');
            }
            current.push_str(word);
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_wrapped_to_a_width_only_where_there_is_one() {
        let text = "one two three four\n- five six seven";
        assert_eq!(
            paragraphs(text, Some(12)),
            "  one two\n  three four\n  - five six\n    seven\n"
        );
        assert_eq!(
            paragraphs(text, None),
            "  one two three four\n  - five six seven\n"
        );
    }
}
