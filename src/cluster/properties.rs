//! Java's properties files, read strictly. Pure.
//!
//! The form is that of `java.util.Properties`: `key=value` or `key: value` a line, `#` and `!` for
//! comments, a backslash at the end of a line to go on in the next one, `\uXXXX` and the usual escapes.
//! Java takes `key value` too: here only where the key is one that is known, because it is a mistake more
//! often than meant. Java takes the last of duplicate keys, which are an error here. Java reads Latin-1;
//! here a file is UTF-8 if it can be, and else Latin-1.

use std::collections::HashMap;
use std::iter::Peekable;
use std::str::Chars;

/// A key with its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Property {
    /// The key, unescaped.
    pub key: String,
    /// The value, unescaped, without the spaces before it.
    pub value: String,
    /// The line that it starts in, from 1.
    pub line: usize,
}

/// An error in a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong, without a final stop.
    pub message: String,
    /// What the user can do.
    pub hint: String,
    /// The key whose value cannot be read, if it is known.
    pub key: Option<String>,
}

impl Problem {
    /// A problem in a line.
    pub fn new(line: usize, message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self {
            line,
            message: message.into(),
            hint: hint.into(),
            key: None,
        }
    }

    /// A problem with the value of a key.
    fn of(self, key: &str) -> Self {
        Self {
            key: Some(key.to_owned()),
            ..self
        }
    }
}

/// Decodes a file: UTF-8, or ISO-8859-1 as Java does if it is not UTF-8.
///
/// # Errors
/// It is UTF-16.
pub fn text(bytes: Vec<u8>) -> Result<String, &'static str> {
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        return Err("it is UTF-16: save it as UTF-8");
    }
    let latin = |error: std::string::FromUtf8Error| {
        let bytes = error.into_bytes();
        bytes.into_iter().map(char::from).collect()
    };
    Ok(String::from_utf8(bytes).unwrap_or_else(latin))
}

/// Parses properties, in order, with all errors: lines that cannot be read, and keys that are set
/// twice. A blank may separate key and value only if `is_known` knows the key.
pub fn parse(text: &str, is_known: impl Fn(&str) -> bool) -> (Vec<Property>, Vec<Problem>) {
    let mut lines: HashMap<String, usize> = HashMap::new();
    let mut properties = Vec::new();
    let mut problems = Vec::new();
    for (line, logical) in logical_lines(text) {
        match property(line, &logical, &is_known) {
            Ok(property) => match lines.insert(property.key.clone(), line) {
                None => properties.push(property),
                Some(first) => problems.push(Problem::new(
                    line,
                    format!("`{}` is there twice, first in line {first}", property.key),
                    "remove one of the two",
                )),
            },
            Err(problem) => problems.push(problem),
        }
    }
    (properties, problems)
}

/// Logical lines with their line numbers: continued lines are joined, comments and empty lines are left
/// out.
fn logical_lines(text: &str) -> Vec<(usize, String)> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut found: Vec<(usize, String)> = Vec::new();
    let mut goes_on = false;
    for (index, line) in text.lines().enumerate() {
        let line = line.trim_start_matches([' ', '\t', '\u{c}']);
        if !goes_on && (line.is_empty() || line.starts_with(['#', '!'])) {
            continue;
        }
        let backslashes = line.len() - line.trim_end_matches('\\').len();
        let joined = line.strip_suffix('\\').filter(|_| backslashes % 2 == 1);
        let part = joined.unwrap_or(line);
        match found.last_mut().filter(|_| goes_on) {
            Some((_, whole)) => whole.push_str(part),
            None => found.push((index + 1, part.to_owned())),
        }
        goes_on = joined.is_some();
    }
    found
}

fn property(line: usize, text: &str, is_known: impl Fn(&str) -> bool) -> Result<Property, Problem> {
    let mut left = text.chars().peekable();
    let is_space = |c: &char| matches!(c, ' ' | '\t' | '\u{c}');
    let key = unescape(line, &mut left, |c| is_space(&c) || matches!(c, '=' | ':'))?;
    while left.next_if(is_space).is_some() {}
    let has_mark = left.next_if(|c| matches!(c, '=' | ':')).is_some();
    let is_blank = !has_mark && left.peek().is_some() && is_known(&key);
    if !has_mark && !is_blank {
        // The line is not shown: it may be the rest of a secret that was broken into two lines.
        let problem = Problem::new(line, "the line has no `=`", "write `key=value`");
        return Err(problem.of(&key));
    }
    if key.is_empty() {
        let hint = "write `key=value`";
        return Err(Problem::new(line, "the key is missing", hint));
    }
    while left.next_if(is_space).is_some() {}
    let value = unescape(line, &mut left, |_| false).map_err(|problem| problem.of(&key))?;
    Ok(Property { key, value, line })
}

/// Everything before the first unescaped character that `ends` accepts.
fn unescape(
    line: usize,
    left: &mut Peekable<Chars<'_>>,
    ends: impl Fn(char) -> bool,
) -> Result<String, Problem> {
    let mut text = String::new();
    while let Some(c) = left.next_if(|c| !ends(*c)) {
        text.push(match c {
            '\\' => match left.next() {
                Some('t') => '\t',
                Some('n') => '\n',
                Some('r') => '\r',
                Some('f') => '\u{c}',
                Some('u') => code_unit(left).ok_or_else(|| {
                    let hint =
                        "write four hexadecimal digits after `\\u`, or `\\\\u` for the text itself";
                    Problem::new(line, "`\\u` is not followed by a character's code", hint)
                })?,
                Some(other) => other,
                None => break,
            },
            other => other,
        });
    }
    Ok(text)
}

/// The four digits after `\u`. Halves of surrogate pairs are no characters and are refused.
fn code_unit(left: &mut Peekable<Chars<'_>>) -> Option<char> {
    let mut code = 0;
    for _ in 0..4 {
        code = code * 16 + left.next()?.to_digit(16)?;
    }
    char::from_u32(code)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<(String, String)> {
        let (properties, problems) = parse(text, |key| key == "known");
        assert_eq!(problems, []);
        properties.into_iter().map(|p| (p.key, p.value)).collect()
    }

    fn wrong(text: &str) -> Vec<String> {
        let problems = parse(text, |key| key == "known").1;
        problems
            .iter()
            .map(|p| format!("{}: {}", p.line, p.message))
            .collect()
    }

    #[test]
    fn the_forms_of_java_are_read() {
        let text =
            "\u{feff}# c\n! c\n\na=1\r\n b : 2\nc\\ d=\\u00e9\\t\\\\\ne=x\\\n  y\nf=\ng=#=:!\n";
        let pairs = [
            ("a", "1"),
            ("b", "2"),
            ("c d", "é\t\\"),
            ("e", "xy"),
            ("f", ""),
            ("g", "#=:!"),
        ];
        let pairs = pairs.map(|(key, value)| (key.to_owned(), value.to_owned()));
        assert_eq!(read(text), pairs);
        assert_eq!(read("a=1 \\\\\nb=2").len(), 2);
        let blank = [("known".to_owned(), "a b".to_owned())];
        assert_eq!(read(" known \ta b"), blank);
    }

    #[test]
    fn what_is_no_utf_8_is_latin_1() {
        assert_eq!(text(b"a=m\xfcde".to_vec()).unwrap(), "a=m\u{fc}de");
        assert_eq!(text("a=m\u{fc}de".into()).unwrap(), "a=m\u{fc}de");
        assert!(text(b"\xff\xfea\0".to_vec()).is_err());
    }

    #[test]
    fn the_key_of_a_wrong_value_is_told() {
        let problems = parse("a=\\u12g4\n", |_| false).1;
        assert_eq!(problems[0].key.as_deref(), Some("a"));
    }

    #[test]
    fn every_wrong_line_is_told() {
        assert_eq!(wrong("known"), ["1: the line has no `=`"]);
        let text = "key value\n=1\na=\\u12g4\nb=1\n# c\nb=2\nc=\\ud83d";
        assert_eq!(
            wrong(text),
            [
                "1: the line has no `=`",
                "2: the key is missing",
                "3: `\\u` is not followed by a character's code",
                "6: `b` is there twice, first in line 4",
                "7: `\\u` is not followed by a character's code",
            ]
        );
    }
}
