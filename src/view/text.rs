//! Words: escaping, plurals, values with their human form.

use std::fmt::Write as _;

use crate::model::config::ConfigValue;
use crate::model::units::{human, unit_of};

/// Text from outside with everything escaped that a terminal would act on: control characters,
/// escape sequences, bidirectional and zero-width characters.
#[must_use]
pub fn escape(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for letter in text.chars() {
        if acts_on_terminals(letter) {
            let _ = write!(safe, "{}", letter.escape_unicode());
        } else {
            safe.push(letter);
        }
    }
    safe
}

fn acts_on_terminals(letter: char) -> bool {
    letter.is_control()
        || matches!(letter,
            '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

/// `1 topic`, `2 topics`.
#[must_use]
pub fn count(number: usize, noun: &str) -> String {
    if number == 1 {
        format!("1 {noun}")
    } else {
        format!("{number} {noun}s")
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_would_act_on_is_escaped() {
        assert_eq!(escape("a\u{1b}[31mb\nc"), "a\\u{1b}[31mb\\u{a}c");
        assert_eq!(escape("\u{202e}gnp"), "\\u{202e}gnp");
        assert_eq!(escape("ภาพรวม"), "ภาพรวม");
    }
}
