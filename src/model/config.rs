//! Configuration entries as `DescribeConfigs` reports them, and their comparison by type.
//!
//! Trap: brokers store what they parsed, not what was sent (`compact, delete` becomes `compact,delete`,
//! ` 1000 ` becomes `1000`, and Kafka 4 removes duplicates from lists), so values are compared with
//! [`same_value`] only.

use std::collections::BTreeSet;
use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The level that a value comes from (`DescribeConfigsResponse.ConfigSource`, KIP-226).
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ConfigSource {
    /// The topic's own override.
    DynamicTopicConfig,
    /// Set dynamically for one broker.
    DynamicBrokerConfig,
    /// Set dynamically for all brokers.
    DynamicDefaultBrokerConfig,
    /// The broker's own properties file.
    StaticBrokerConfig,
    /// Kafka's built-in default.
    DefaultConfig,
    /// A logger's level.
    DynamicBrokerLoggerConfig,
    /// A source that this program does not know.
    Unknown,
}

/// Kafka's name for it, such as `DYNAMIC_TOPIC_CONFIG`.
impl fmt::Display for ConfigSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.serialize(f)
    }
}

/// A key's type (`DescribeConfigsResponse.ConfigType`, KIP-569).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ConfigType {
    /// `true` or `false`.
    Boolean,
    /// Text.
    String,
    /// 32 bits.
    Int,
    /// 16 bits.
    Short,
    /// 64 bits.
    Long,
    /// A floating point number.
    Double,
    /// Items separated by commas, in order.
    List,
    /// A Java class.
    Class,
    /// Text that brokers hide.
    Password,
    /// The broker did not report it, and the catalogue does not have the key.
    #[default]
    Unknown,
}

impl fmt::Display for ConfigType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.serialize(f)
    }
}

impl ConfigType {
    /// Kafka's name for it, such as `BOOLEAN`; none when unknown.
    #[must_use]
    pub fn kafka_name(self) -> Option<String> {
        (self != Self::Unknown).then(|| self.to_string())
    }
}

/// A value as a broker shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum ConfigValue {
    /// The text, as the broker prints it.
    Value(String),
    /// It is set, but the broker hides it. Two hidden values are never known to be equal.
    Sensitive,
    /// The key has no value.
    Null,
}

impl ConfigValue {
    /// The text, if it is visible.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Value(text) => Some(text),
            Self::Sensitive | Self::Null => None,
        }
    }
}

/// One level at which a key is set, with the value there. Levels are ordered by precedence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ConfigSynonym {
    /// The key's name at that level: `retention.ms` of a topic is `log.retention.ms` of its broker.
    pub name: String,
    /// The value at that level.
    pub value: ConfigValue,
    /// The level.
    pub source: ConfigSource,
}

/// One key of a resource.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ConfigEntry {
    /// The key.
    pub name: String,
    /// The effective value.
    pub value: ConfigValue,
    /// Where the effective value comes from.
    pub source: ConfigSource,
    /// Whether it cannot be changed while the broker runs.
    #[serde(default)]
    pub read_only: bool,
    /// The key's type.
    #[serde(default, rename = "type")]
    pub config_type: ConfigType,
    /// Every level that sets it, the effective one first; empty if the broker does not report them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub synonyms: Vec<ConfigSynonym>,
}

impl ConfigEntry {
    /// The value that is set at `source`, even if a stronger level overrides it.
    #[must_use]
    pub fn set_at(&self, source: ConfigSource) -> Option<&ConfigValue> {
        if self.source == source {
            return Some(&self.value);
        }
        self.synonyms
            .iter()
            .find(|synonym| synonym.source == source && synonym.name == self.name)
            .map(|synonym| &synonym.value)
    }
}

/// The resource that a setting belongs to (`ConfigResource`).
#[derive(
    Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "camelCase")]
pub enum ConfigResource {
    /// All brokers (`--entity-default`).
    BrokerDefaults,
    /// One broker.
    Broker(i32),
    /// One topic.
    Topic(String),
}

/// One change to a resource's keys (`IncrementalAlterConfigs`, KIP-339).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ConfigAlteration {
    /// The key.
    pub key: String,
    /// The value to set; none removes the key at this resource.
    pub value: Option<String>,
}

/// Whether a broker would store `a` and `b` as the same value of `config_type`.
#[must_use]
pub fn same_value(config_type: ConfigType, a: &str, b: &str) -> bool {
    if a == b {
        return true;
    }
    let (a, b) = (a.trim(), b.trim());
    match config_type {
        ConfigType::Boolean => a.eq_ignore_ascii_case(b),
        ConfigType::Int | ConfigType::Short | ConfigType::Long => {
            match (a.parse::<i64>(), b.parse::<i64>()) {
                (Ok(a), Ok(b)) => a == b,
                _ => a == b,
            }
        }
        ConfigType::Double => match (a.parse::<f64>(), b.parse::<f64>()) {
            (Ok(a), Ok(b)) => a.to_bits() == b.to_bits() || (a == 0.0 && b == 0.0),
            _ => a == b,
        },
        ConfigType::List => distinct_items(a) == distinct_items(b),
        ConfigType::String | ConfigType::Class | ConfigType::Password | ConfigType::Unknown => {
            a == b
        }
    }
}

/// The items of a list as Kafka's `ConfigDef` splits it.
pub(super) fn list_items(text: &str) -> impl Iterator<Item = &str> {
    text.split(',')
        .map(str::trim)
        .filter(|item| !item.is_empty())
}

/// The items of a list, each once.
#[must_use]
pub fn distinct_items(text: &str) -> Vec<&str> {
    let mut items = Vec::new();
    for item in list_items(text) {
        if !items.contains(&item) {
            items.push(item);
        }
    }
    items
}

/// The first item that appears for the second time.
pub(super) fn repeated_item(text: &str) -> Option<&str> {
    let mut items = BTreeSet::new();
    list_items(text).find(|item| !items.insert(*item))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_compare_as_the_broker_stores_them() {
        assert!(same_value(
            ConfigType::List,
            "compact, delete",
            "compact,delete"
        ));
        assert!(!same_value(
            ConfigType::List,
            "delete,compact",
            "compact,delete"
        ));
        assert!(same_value(
            ConfigType::List,
            "compact,delete,delete",
            "compact,delete"
        ));
        assert!(same_value(ConfigType::Long, " 1000 ", "1000"));
        assert!(same_value(ConfigType::Long, "+5", "5"));
        assert!(same_value(ConfigType::Double, "0.50", "0.5"));
        assert!(!same_value(ConfigType::Double, "0.5", "0.51"));
        assert!(same_value(ConfigType::Boolean, "True", "true"));
        assert!(!same_value(ConfigType::String, "Producer", "producer"));
    }

    #[test]
    fn an_entry_knows_what_a_stronger_source_shadows() {
        let entry = ConfigEntry {
            name: "message.max.bytes".into(),
            value: ConfigValue::Value("2".into()),
            source: ConfigSource::DynamicBrokerConfig,
            read_only: false,
            config_type: ConfigType::Int,
            synonyms: vec![ConfigSynonym {
                name: "message.max.bytes".into(),
                value: ConfigValue::Value("1".into()),
                source: ConfigSource::DynamicDefaultBrokerConfig,
            }],
        };
        let default = ConfigSource::DynamicDefaultBrokerConfig;
        assert_eq!(entry.set_at(default), Some(&ConfigValue::Value("1".into())));
        assert_eq!(entry.set_at(ConfigSource::StaticBrokerConfig), None);
    }
}
