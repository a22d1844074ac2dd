//! The keys that a broker of one version in the catalogue has, and how it stores values.

use crate::model::catalogue::{self, Key, Line, Objection, Scope};
use crate::model::config::{ConfigType, distinct_items};

/// The keys of a scope on `kafka`, a version of the catalogue.
pub(super) fn keys(scope: Scope, kafka: &str) -> impl Iterator<Item = &'static Key> {
    let keys = catalogue::keys(scope).iter();
    keys.filter(move |key| key.kafka.iter().any(|has| has == kafka))
}

/// The key of that name on `kafka`.
pub(super) fn key(scope: Scope, name: &str, kafka: &str) -> Option<&'static Key> {
    let key = catalogue::key(scope, name);
    key.filter(|key| key.kafka.iter().any(|has| has == kafka))
}

/// The value as a broker stores it.
///
/// # Errors
/// The broker's words for a value that it cannot parse.
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
            Ok(number) => match key.objection(text, line) {
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
