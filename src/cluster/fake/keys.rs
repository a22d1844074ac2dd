//! The keys that a broker of one version in the catalogue has, and how it stores values.

use crate::model::catalogue::{self, Key, Line, Objection, Scope};
use crate::model::config::{ConfigType, distinct_items};

/// The keys that brokers have.
#[derive(Debug, Clone, Copy)]
pub(super) struct Keys<'k> {
    /// A version of the catalogue.
    pub kafka: &'k str,
    /// Keys that the catalogue lacks.
    pub newer: &'k [Key],
}

impl<'k> Keys<'k> {
    /// All keys of a scope, sorted by name.
    pub fn all(self, scope: Scope) -> Vec<&'k Key> {
        let listed = catalogue::keys(scope).iter();
        let listed = listed.filter(|key| key.kafka.iter().any(|has| has == self.kafka));
        let newer = self.newer.iter().filter(|key| key.scope() == scope);
        let mut keys: Vec<&Key> = listed.chain(newer).collect();
        keys.sort_by(|one, other| one.name.cmp(&other.name));
        keys
    }

    /// The key of that name.
    pub fn one(self, scope: Scope, name: &str) -> Option<&'k Key> {
        let mut newer = self.newer.iter().filter(|key| key.scope() == scope);
        let listed = catalogue::key(scope, name);
        listed
            .filter(|key| key.kafka.iter().any(|has| has == self.kafka))
            .or_else(|| newer.find(|key| key.name == name))
    }
}

/// The value as a broker stores it.
///
/// # Errors
/// The broker's message for a value that it cannot parse.
pub(super) fn normalise(key: &Key, value: &str, kafka: &str) -> Result<String, String> {
    let text = value.trim();
    let line = Line::of(kafka).unwrap_or(Line::Kafka4);
    let invalid = |what: &str| {
        let name = &key.name;
        Err(format!(
            "Invalid value {value} for configuration {name}: {what}"
        ))
    };
    match key.config_type {
        ConfigType::Int | ConfigType::Short | ConfigType::Long => match text.parse::<i64>() {
            Ok(number) => match key.objection(text, line).filter(|_| !key.kafka.is_empty()) {
                Some(Objection::Value(must)) => invalid(&format!("Value must be {must}")),
                _ => Ok(number.to_string()),
            },
            Err(_) => invalid(&format!("Not a number of type {}", type_name(key))),
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
        ConfigType::List => Ok(distinct_items(text).join(",")),
        _ => Ok(text.to_owned()),
    }
}

fn type_name(key: &Key) -> &'static str {
    match key.config_type {
        ConfigType::Short => "SHORT",
        ConfigType::Long => "LONG",
        _ => "INT",
    }
}
