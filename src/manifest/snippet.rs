//! Source lines, made safe for terminals.

use std::cell::Cell;

use unicode_width::UnicodeWidthChar;

use crate::model::catalogue::{self, Key, Scope};
use crate::model::escape::is_hidden;

use super::spot::Spot;

/// The longest shown part of a line, in characters.
const LONGEST: usize = 100;
/// The part of it that comes before the column.
const BEFORE: usize = 40;

/// A line of a source, escaped, and what to underline in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snippet {
    /// The line: control characters escaped, tabs as one space, cut to about 100 characters around
    /// the column.
    pub line: String,
    /// Terminal columns before what is underlined.
    pub column: usize,
    /// Terminal columns to underline, at least one.
    pub width: usize,
}

/// Where the lines of a text begin.
pub(super) struct Lines<'a> {
    text: &'a str,
    starts: Vec<usize>,
    /// The position of the last snippet in a long line.
    last: Cell<Offset>,
    /// The line that was checked last, and whether it shows a secret.
    judged: Cell<(Option<usize>, bool)>,
}

/// Whether a name is that of a secret, or a misspelling of one.
fn names_a_secret(name: &str) -> bool {
    const PARTS: [&str; 5] = ["pass", "sword", "secret", "jaas", "credential"];
    PARTS.iter().any(|part| name.contains(part))
        || catalogue::key(Scope::Broker, name).is_some_and(Key::is_sensitive)
}

/// A character of a line.
#[derive(Debug, Clone, Copy, Default)]
struct Offset {
    line: usize,
    chars: usize,
    bytes: usize,
}

impl<'a> Lines<'a> {
    /// Lines end as YAML ends them: LF, CRLF or CR.
    pub(super) fn new(text: &'a str) -> Self {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let bytes = text.as_bytes();
        let ends_line = |index: usize| match bytes[index] {
            b'\n' => true,
            b'\r' => bytes.get(index + 1) != Some(&b'\n'),
            _ => false,
        };
        let ends = (0..bytes.len()).filter(|index| ends_line(*index));
        let starts = std::iter::once(0).chain(ends.map(|end| end + 1)).collect();
        Self {
            text,
            starts,
            last: Cell::default(),
            judged: Cell::default(),
        }
    }

    /// The line; none if it is empty or after the end.
    fn line(&self, index: usize) -> Option<&'a str> {
        let start = *self.starts.get(index)?;
        let end = self.starts.get(index + 1).copied();
        let line = &self.text[start..end.unwrap_or(self.text.len())];
        Some(line.trim_end()).filter(|line| !line.is_empty())
    }

    /// The line at `at`; none if it is empty, after the end, or may contain a secret.
    pub(super) fn snippet(&self, at: Spot) -> Option<Snippet> {
        let index = (at.line as usize).checked_sub(1)?;
        let line = self.line(index)?;
        if self.shows_a_secret(index, line) {
            return None;
        }
        let column = (at.column as usize).saturating_sub(1);
        let from = if line.chars().nth(LONGEST).is_some() {
            column.saturating_sub(BEFORE)
        } else {
            0
        };
        let offset = self.seek(index, line, from);
        Some(cut(&line[offset..], from, at))
    }

    /// Whether a line seems to set a secret in clear text. It is used for lines that could not be
    /// parsed, so it looks at words, and misspelt names of secrets count too.
    fn shows_a_secret(&self, index: usize, line: &str) -> bool {
        let (last, known) = self.judged.get();
        if last == Some(index) {
            return known;
        }
        let shows = line.match_indices(':').any(|(at, _)| {
            let value = line[at + 1..].trim_start_matches([' ', '\t', '"', '\'']);
            let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
            let before = line[..at].trim_end_matches([' ', '"', '\'']);
            let start = before.rfind(|c| !is_name(c));
            let start = start.map_or(0, |at| {
                at + before[at..].chars().next().map_or(0, char::len_utf8)
            });
            !value.is_empty() && !value.starts_with("${") && names_a_secret(&before[start..])
        });
        self.judged.set((Some(index), shows));
        shows
    }

    /// The number of bytes before character `chars` of a line. It continues from the last result: a
    /// file may be one line with thousands of errors, in order.
    fn seek(&self, index: usize, line: &str, chars: usize) -> usize {
        let last = self.last.get();
        let start = if last.line == index && last.chars <= chars {
            last
        } else {
            Offset::default()
        };
        let rest = &line[start.bytes..];
        let skipped = rest.char_indices().nth(chars - start.chars);
        let bytes = start.bytes + skipped.map_or(rest.len(), |(bytes, _)| bytes);
        if bytes < line.len() {
            self.last.set(Offset {
                line: index,
                chars,
                bytes,
            });
        }
        bytes
    }
}

/// The snippet of a `line` whose first `from` characters were cut off.
fn cut(line: &str, from: usize, at: Spot) -> Snippet {
    let column = (at.column as usize).saturating_sub(1);
    let width = (at.width as usize).min(LONGEST);
    let mut shown = String::from(if from > 0 { "…" } else { "" });
    let mut indent = shown.chars().count();
    let mut underlined = 0;
    let mut rest = line.chars();
    for (position, c) in (from..).zip(rest.by_ref().take(LONGEST)) {
        let columns = push(&mut shown, c);
        if position < column {
            indent += columns;
        } else if position - column < width {
            underlined += columns;
        }
    }
    if rest.next().is_some() {
        shown.push('…');
    }
    Snippet {
        line: shown,
        column: indent,
        width: underlined.max(1),
    }
}

/// Appends `c`, escaped if necessary, and returns the columns that it takes.
fn push(shown: &mut String, c: char) -> usize {
    let before = shown.len();
    match c {
        '\t' => shown.push(' '),
        c if is_hidden(c) => shown.extend(c.escape_unicode()),
        c => shown.push(c),
    }
    shown[before..]
        .chars()
        .map(|c| c.width().unwrap_or(0))
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(line: u32, column: u32, width: u32) -> Spot {
        Spot {
            file: 0,
            line,
            column,
            width,
        }
    }

    #[test]
    fn lines_end_as_yaml_ends_them() {
        let lines = Lines::new("\u{feff}one\r\ntwo\rthree\n\nfive");
        let line = |number| lines.snippet(at(number, 1, 1)).map(|found| found.line);
        assert_eq!(line(1).as_deref(), Some("one"));
        assert_eq!(line(2).as_deref(), Some("two"));
        assert_eq!(line(3).as_deref(), Some("three"));
        assert_eq!(line(4), None);
        assert_eq!(line(5).as_deref(), Some("five"));
        assert_eq!(line(6), None);
    }

    #[test]
    fn nothing_in_a_line_reaches_the_terminal_raw() {
        let snippet = Lines::new("\ta: \u{1b}[31m\u{202e}x")
            .snippet(at(1, 5, 6))
            .unwrap();
        assert_eq!(snippet.line, " a: \\u{1b}[31m\\u{202e}x");
        assert_eq!((snippet.column, snippet.width), (4, 18));
    }

    #[test]
    fn carets_stand_under_wide_characters_and_marks() {
        let snippet = Lines::new("日本: ที่x").snippet(at(1, 5, 3)).unwrap();
        assert_eq!((snippet.column, snippet.width), (6, 1));
        let snippet = Lines::new("日本: ที่x").snippet(at(1, 1, 2)).unwrap();
        assert_eq!((snippet.column, snippet.width), (0, 4));
    }

    #[test]
    fn snippets_of_one_line_come_in_any_order() {
        let text = "é".repeat(1_000);
        let lines = Lines::new(&text);
        for column in [900, 300, 301, 2_000, 950, 1] {
            let alone = Lines::new(&text).snippet(at(1, column, 2));
            assert_eq!(lines.snippet(at(1, column, 2)), alone);
        }
    }

    #[test]
    fn a_long_line_is_cut_around_the_column() {
        let text = format!("{}here{}", "a".repeat(500), "b".repeat(500));
        let snippet = Lines::new(&text).snippet(at(1, 501, 4)).unwrap();
        assert_eq!(snippet.line.chars().count(), 102);
        assert_eq!(&snippet.line[snippet.column + 2..][..4], "here");
        assert_eq!((snippet.column, snippet.width), (41, 4));
    }
}
