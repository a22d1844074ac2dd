//! Errors and their hints.

use super::style::Look;
use super::text::escape;

/// `error: …` and, if there is a hint, `hint: …`. Each is one line, whatever it contains.
#[must_use]
pub fn error(look: Look, message: &str, hint: Option<&str>) -> String {
    headed(look, &escape(message), hint)
}

/// Like [`error()`], for a message of several lines, such as the end of a log.
#[must_use]
pub fn lines(look: Look, message: &str, hint: Option<&str>) -> String {
    let lines: Vec<String> = message.lines().map(escape).collect();
    headed(look, &lines.join("\n"), hint)
}

fn headed(look: Look, message: &str, hint: Option<&str>) -> String {
    let message = format!("{} {message}\n", look.removed("error:"));
    match hint {
        Some(hint) => format!("{message}{} {}\n", look.added("hint:"), escape(hint)),
        None => message,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_one_line_and_its_hint_another() {
        let shown = error(Look::PLAIN, "no `a\nerror: b`", Some("c\r\nd"));
        assert_eq!(shown, "error: no `a\\nerror: b`\nhint: c\\r\\nd\n");
        let shown = lines(Look::PLAIN, "ended:\na\u{1b}[2J", None);
        assert_eq!(shown, "error: ended:\na\\u{1b}[2J\n");
    }
}
