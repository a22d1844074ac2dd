//! Explains the YAML parser's errors, with hints.

use serde_saphyr::granit_parser::{ErrorKind, ScanError};

use super::problem::Problem;
use super::spot::Spot;
use super::spot::number;

const TAB: &str = "a tab cannot indent in YAML";
const SPACES: &str = "indent with spaces";

/// The parser's error as a [`Problem`].
pub(super) fn problem(file: u32, text: &str, error: &ScanError) -> Problem {
    let at = spot(file, text, error);
    match error.kind() {
        ErrorKind::RecursionLimitExceeded => too_deep(at),
        ErrorKind::TabInBlockIndentation
        | ErrorKind::TabNotAllowed
        | ErrorKind::TabInIndentation
        | ErrorKind::TabAtBlockScalarStart
        | ErrorKind::TabInPlainScalar => tab(text, at),
        kind => match about_brackets(kind).or_else(|| about_text(kind)) {
            Some((message, hint)) => Problem::at(at, message).hint(hint),
            None => Problem::at(at, format!("not valid YAML: {}", error.info()))
                .hint("a quote or a bracket before this may be missing or left over"),
        },
    }
}

/// The nesting is deeper than in any manifest.
pub(super) fn too_deep(at: Spot) -> Problem {
    Problem::at(at, "nested more than 64 levels deep")
        .hint("a manifest needs fewer than ten levels")
}

/// The parser accepts a tab before the first key, YAML does not.
pub(super) fn check_first_line(text: &str, root: Spot) -> Result<(), Problem> {
    if line(text, root).starts_with('\t') {
        return Err(tab(text, root));
    }
    Ok(())
}

fn line(text: &str, at: Spot) -> &str {
    let index = (at.line as usize).saturating_sub(1);
    text.lines().nth(index).unwrap_or_default()
}

/// The parser reports the place after the tab.
fn tab(text: &str, at: Spot) -> Problem {
    let column = line(text, at).chars().position(|c| c == '\t');
    let at = Spot {
        column: column.map_or(at.column, |column| number(column + 1)),
        width: 1,
        ..at
    };
    Problem::at(at, TAB).hint(SPACES)
}

fn about_brackets(kind: &ErrorKind) -> Option<(&'static str, &'static str)> {
    Some(match kind {
        ErrorKind::UnclosedFlowCollection { .. } => {
            ("this bracket is never closed", "close it with `]` or `}`")
        }
        ErrorKind::MisplacedFlowCollectionEnd => (
            "this bracket was never opened",
            "remove it, or quote it if it is text",
        ),
        ErrorKind::MismatchedFlowCollectionEnd { .. } => (
            "this closes a bracket of the other kind",
            "close `[` with `]`, and `{` with `}`",
        ),
        ErrorKind::InvalidColonPlacement => (
            "a `:` where no key can be",
            "check that every bracket before this is closed",
        ),
        ErrorKind::ExpectedFlowSequenceSeparator | ErrorKind::ExpectedFlowMappingSeparator => (
            "a comma is missing before this",
            "write a comma between items, and check that every bracket is closed",
        ),
        _ => return None,
    })
}

fn about_text(kind: &ErrorKind) -> Option<(&'static str, &'static str)> {
    Some(match kind {
        ErrorKind::UnexpectedCharacter {
            character: '@' | '`' | '%',
        } => ("text cannot begin with this character", "quote the text"),
        ErrorKind::UnexpectedCharacter { .. } => {
            ("this character cannot stand in a YAML file", "remove it")
        }
        ErrorKind::UnclosedQuotedScalar => ("this quoted text never ends", "close the quote"),
        ErrorKind::InvalidTrailingSingleQuotedScalar
        | ErrorKind::InvalidTrailingDoubleQuotedScalar => (
            "text behind a closing quote",
            "put the whole of it in quotes, or a comma before it",
        ),
        ErrorKind::UnknownQuotedScalarEscape => (
            "an unknown escape in a quoted text",
            "write `\\\\` for a backslash, or use single quotes",
        ),
        ErrorKind::UnknownAnchor => (
            "this alias refers to no anchor before it",
            "define it first with `&name`, or quote text that begins with `*`",
        ),
        ErrorKind::MappingValueNotAllowed => (
            "a `: ` where no value can stand",
            "quote text that has `: ` in it, or check the indentation",
        ),
        ErrorKind::SimpleKeyExpected => (
            "a line with neither a key nor a list item",
            "write `key: value`, or `- item`",
        ),
        ErrorKind::ExpectedBlockMappingKey | ErrorKind::ExpectedBlockSequenceEntry => (
            "this line fits neither the list nor the mapping around it",
            "align it with the lines it belongs to",
        ),
        ErrorKind::ExpectedDocumentStart => (
            "something stands behind the end of the manifest",
            "keep one mapping in each file",
        ),
        _ => return None,
    })
}

/// Errors at the end of the text are shown at the last line that is not empty.
fn spot(file: u32, text: &str, error: &ScanError) -> Spot {
    let marker = error.marker();
    let at = Spot {
        file,
        line: number(marker.line()),
        column: number(marker.col() + 1),
        width: 1,
    };
    let written = text.trim_end();
    if marker
        .byte_offset()
        .is_none_or(|offset| offset < written.len())
    {
        return at;
    }
    let last = written.lines().next_back().unwrap_or_default();
    Spot {
        line: number(written.lines().count().max(1)),
        column: number(last.chars().count() + 1),
        ..at
    }
}
