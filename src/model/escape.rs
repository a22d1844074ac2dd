//! The one layer that text from outside passes before it reaches a terminal; and text as YAML takes it.

use std::fmt::Write;

/// Whether a terminal would act on `c`, or hide it or the text around it: control characters,
/// bidirectional marks, zero-width characters, tags.
#[must_use]
pub fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// `text` with nothing in it that a terminal would act on.
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

/// `text` in YAML's double quotes. JSON's strings are YAML's, but for characters that JSON leaves as
/// they are and YAML does not take.
#[must_use]
pub fn yaml_quoted(text: &str) -> String {
    let mut quoted = String::from('"');
    for character in text.chars() {
        match character {
            '"' | '\\' => quoted.extend(['\\', character]),
            '\n' => quoted.push_str("\\n"),
            '\t' => quoted.push_str("\\t"),
            '\u{feff}' | '\u{fffe}' | '\u{ffff}' | '\u{2028}' | '\u{2029}' => {
                numbered(character, &mut quoted);
            }
            _ if character.is_control() => numbered(character, &mut quoted),
            _ => quoted.push(character),
        }
    }
    quoted.push('"');
    quoted
}

fn numbered(character: char, text: &mut String) {
    let _ = write!(text, "\\u{:04x}", u32::from(character)); // a String takes everything
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
}
