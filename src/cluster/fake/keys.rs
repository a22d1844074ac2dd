//! The keys that a real Kafka 4.3.1 reports, with types and defaults.

use std::sync::OnceLock;

use serde::Deserialize;

use crate::model::config::ConfigType;

/// A key of a topic or of a broker.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Key {
    pub(super) name: String,
    #[serde(rename = "type")]
    pub(super) config_type: ConfigType,
    #[serde(rename = "value")]
    pub(super) default: Option<String>,
    #[serde(default)]
    pub(super) read_only: bool,
}

/// All keys.
#[derive(Debug, Deserialize)]
pub(super) struct Keys {
    pub(super) topic: Vec<Key>,
    pub(super) broker: Vec<Key>,
}

/// The keys, read once.
pub(super) fn keys() -> &'static Keys {
    static KEYS: OnceLock<Keys> = OnceLock::new();
    KEYS.get_or_init(|| {
        serde_json::from_str(include_str!("keys.json")).expect("keys.json is valid, as tests show")
    })
}

impl Key {
    /// The value as a broker stores it.
    ///
    /// # Errors
    /// The broker's words for a value that it cannot parse.
    pub(super) fn normalise(&self, value: &str) -> Result<String, String> {
        let text = value.trim();
        let invalid = |what: &str| {
            Err(format!(
                "Invalid value {value} for configuration {}: {what}",
                self.name
            ))
        };
        match self.config_type {
            ConfigType::Int | ConfigType::Short | ConfigType::Long => match text.parse::<i64>() {
                Ok(number) => Ok(number.to_string()),
                Err(_) => invalid(&format!("Not a number of type {}", self.type_name())),
            },
            ConfigType::Double => match text.parse::<f64>() {
                Ok(number) => Ok(number.to_string()),
                Err(_) => invalid("Not a number of type DOUBLE"),
            },
            ConfigType::Boolean => match text.to_ascii_lowercase().as_str() {
                "true" => Ok("true".to_owned()),
                "false" => Ok("false".to_owned()),
                _ => invalid("Expected value to be either true or false"),
            },
            ConfigType::List => Ok(text.split(',').map(str::trim).collect::<Vec<_>>().join(",")),
            _ => Ok(text.to_owned()),
        }
    }

    fn type_name(&self) -> &'static str {
        match self.config_type {
            ConfigType::Short => "SHORT",
            ConfigType::Long => "LONG",
            _ => "INT",
        }
    }
}
