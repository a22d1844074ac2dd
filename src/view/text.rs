//! Counts, and values with their human form.

use crate::model::config::ConfigValue;
pub use crate::model::escape::{escape, path};
use crate::model::units::{human, unit_of};
use crate::model::words;
pub use crate::model::words::{count, records};

/// `5 records`, or `between 2 and 5 records` if the number is uncertain.
#[must_use]
pub fn records_between(least: i64, most: i64) -> String {
    if least < most {
        format!("between {least} and {most} records")
    } else {
        records(least)
    }
}

/// A value of `key` as Kafka prints it, with its human form beside it: `604800000 (7 days)`.
#[must_use]
pub fn value(key: &str, text: &str) -> String {
    match unit_of(key).and_then(|unit| human(text, unit)) {
        Some(human) => format!("{} ({human})", escape(text)),
        None if text.is_empty() => "\"\"".to_owned(),
        None => escape(text),
    }
}

/// An observed value of `key`.
#[must_use]
pub fn config_value(key: &str, observed: &ConfigValue) -> String {
    match observed {
        ConfigValue::Value(text) => value(key, text),
        ConfigValue::Sensitive => "(sensitive)".to_owned(),
        ConfigValue::Null => "(none)".to_owned(),
    }
}

/// The first ten names of a list, and how many more there are.
#[must_use]
pub fn shorten(names: &[String]) -> String {
    words::shorten(names, 10)
}

/// Text as inline code in Markdown.
#[must_use]
pub fn code(text: &str) -> String {
    let safe = escape(text).replace('|', "\\|");
    let longest = safe.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    if longest == 0 {
        format!("{fence}{safe}{fence}")
    } else {
        format!("{fence} {safe} {fence}")
    }
}
