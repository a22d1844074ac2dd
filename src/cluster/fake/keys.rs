//! The keys that a broker of the newest version in the catalogue has, and how it stores values.

use crate::model::catalogue::{self, Key, Scope};
use crate::model::config::{ConfigType, distinct_items};

/// The keys of a scope.
pub(super) fn keys(scope: Scope) -> impl Iterator<Item = &'static Key> {
    catalogue::keys(scope).iter().filter(|key| key.is_current())
}

/// The key of that name.
pub(super) fn key(scope: Scope, name: &str) -> Option<&'static Key> {
    catalogue::key(scope, name).filter(|key| key.is_current())
}

/// The value as a broker stores it.
///
/// # Errors
/// The broker's words for a value that it cannot parse.
pub(super) fn normalise(key: &Key, value: &str) -> Result<String, String> {
    let text = value.trim();
    let invalid = |what: &str| {
        let name = &key.name;
        Err(format!(
            "Invalid value {value} for configuration {name}: {what}"
        ))
    };
    match key.config_type {
        ConfigType::Int | ConfigType::Short | ConfigType::Long => match text.parse::<i64>() {
            Ok(number) => Ok(number.to_string()),
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
