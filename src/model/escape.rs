//! Escaping: all text from outside passes through here before it reaches a terminal. Also writes JSON and
//! YAML strings.

use std::fmt::Write;
use std::path::Path;

/// Whether a terminal would act on `c`, or hide it or text around it: control characters, bidirectional
/// marks, zero-width characters, tags.
#[must_use]
pub fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// `text` with every character escaped that a terminal would act on.
#[must_use]
pub fn escape(text: &str) -> String {
    text.chars().fold(String::new(), |mut shown, c| {
        match c {
            '\n' => shown.push_str("\\n"),
            '\r' => shown.push_str("\\r"),
            '\t' => shown.push_str("\\t"),
            c if is_hidden(c) => shown.extend(c.escape_unicode()),
            c => shown.push(c),
        }
        shown
    })
}

/// A path, escaped for terminals.
#[must_use]
pub fn path(path: &Path) -> String {
    escape(&path.to_string_lossy())
}

/// A JSON document, escaped for terminals. It still means the same: such characters occur only in
/// strings, where JSON accepts `\u` escapes. Line ends are kept.
#[must_use]
pub fn json(document: String) -> String {
    if !document.contains(is_hidden_beyond_ascii) {
        return document;
    }
    document.chars().fold(String::new(), |mut shown, c| {
        if is_hidden_beyond_ascii(c) {
            for unit in c.encode_utf16(&mut [0; 2]) {
                let _ = write!(shown, "\\u{unit:04x}"); // a String takes everything
            }
        } else {
            shown.push(c);
        }
        shown
    })
}

/// [`is_hidden`] without the ASCII characters, which every writer of JSON and YAML escapes.
#[must_use]
pub fn is_hidden_beyond_ascii(c: char) -> bool {
    c >= '\u{7f}' && is_hidden(c)
}

/// `text` as a double-quoted YAML string, escaped for terminals. A JSON string is also a YAML string,
/// except for characters that JSON does not escape and YAML does not accept.
#[must_use]
pub fn yaml_quoted(text: &str) -> String {
    let mut quoted = String::from('"');
    for character in text.chars() {
        match character {
            '"' | '\\' => quoted.extend(['\\', character]),
            '\n' => quoted.push_str("\\n"),
            '\t' => quoted.push_str("\\t"),
            '\u{fffe}' | '\u{ffff}' => numbered(character, &mut quoted),
            _ if is_hidden(character) => numbered(character, &mut quoted),
            _ => quoted.push(character),
        }
    }
    quoted.push('"');
    quoted
}

fn numbered(character: char, text: &mut String) {
    // A String takes everything.
    let _ = match u32::from(character) {
        number @ ..=0xffff => write!(text, "\\u{number:04x}"),
        number => write!(text, "\\U{number:08x}"),
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_would_act_on_is_escaped() {
        assert_eq!(escape("a\u{1b}[31mb\nc"), "a\\u{1b}[31mb\\nc");
        assert_eq!(escape("\u{202e}gnp"), "\\u{202e}gnp");
        assert_eq!(escape("ภาพรวม"), "ภาพรวม");
    }

    #[test]
    fn json_and_yaml_mean_the_same_with_numbers_in_place_of_what_is_hidden() {
        let text = "a\u{9b}31m\u{202e}\u{7f}\u{feff}\u{e0041}\n\t\u{1b}\"ภ😀";
        let raw = serde_json::to_string(text).unwrap();
        let shown = json(raw);
        assert!(!shown.contains(is_hidden), "{shown}");
        assert!(
            shown.contains("a\\u009b31m\\u202e\\u007f\\ufeff\\udb40\\udc41"),
            "{shown}"
        );
        assert_eq!(serde_json::from_str::<String>(&shown).unwrap(), text);
        let shown = yaml_quoted(text);
        assert!(!shown.contains(is_hidden), "{shown}");
        assert_eq!(serde_saphyr::from_str::<String>(&shown).unwrap(), text);
        assert_eq!(json("{\n  \"a\": 1\n}".into()), "{\n  \"a\": 1\n}");
    }
}
