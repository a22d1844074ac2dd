//! Errors: what failed, apart from what to try.

use super::style::Look;
use super::text::escape;

/// `error: …` and, where there is one, `hint: …`, with a final newline.
#[must_use]
pub fn error(look: Look, message: &str, hint: Option<&str>) -> String {
    let message = format!("{} {}\n", look.removed("error:"), escape_lines(message));
    match hint {
        Some(hint) => format!("{message}{} {}\n", look.added("hint:"), escape_lines(hint)),
        None => message,
    }
}

/// Escapes a message of several lines and keeps the lines.
fn escape_lines(message: &str) -> String {
    message.lines().map(escape).collect::<Vec<_>>().join("\n")
}
