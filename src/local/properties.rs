//! Java's properties files.

use std::collections::BTreeMap;
use std::fmt::Write;

/// Keys and values as a properties file that `java.util.Properties` reads back unchanged. Pure.
#[must_use]
pub fn render(properties: &BTreeMap<String, String>) -> String {
    let mut text = String::new();
    for (key, value) in properties {
        escape(key, true, &mut text);
        text.push('=');
        escape(value, false, &mut text);
        text.push('\n');
    }
    text
}

/// The value of a key in a file that Kafka wrote, such as `meta.properties`. Pure.
#[must_use]
pub fn value<'a>(text: &'a str, key: &str) -> Option<&'a str> {
    text.lines()
        .filter_map(|line| line.split_once('='))
        .find(|(name, _)| name.trim() == key)
        .map(|(_, value)| value.trim())
}

/// Java reads the file as Latin-1, so other characters are written as UTF-16 units.
fn escape(part: &str, is_key: bool, text: &mut String) {
    for (index, character) in part.chars().enumerate() {
        match character {
            '\\' => text.push_str("\\\\"),
            '\n' => text.push_str("\\n"),
            '\r' => text.push_str("\\r"),
            '\t' => text.push_str("\\t"),
            ' ' if is_key || index == 0 => text.push_str("\\ "),
            ':' | '=' | '#' | '!' if is_key => text.extend(['\\', character]),
            ' '..='~' => text.push(character),
            _ => escape_units(character, text),
        }
    }
}

fn escape_units(character: char, text: &mut String) {
    for unit in character.encode_utf16(&mut [0; 2]) {
        let _ = write!(text, "\\u{unit:04x}"); // a String takes everything
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn java_reads_back_what_was_meant() {
        let properties = [
            ("log.dirs", " /a b\\c"),
            ("a b:c", "x=y#z"),
            ("thai", "ไ\n"),
            ("face", "😀"),
        ];
        let properties = properties.map(|(key, value)| (key.into(), value.into()));
        let text = render(&properties.into());
        let expected = [
            r"a\ b\:c=x=y#z",
            r"face=\ud83d\ude00",
            r"log.dirs=\ /a b\\c",
            r"thai=\u0e44\n",
        ];
        assert_eq!(text.lines().collect::<Vec<_>>(), expected);
    }
}
