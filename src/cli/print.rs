//! Printing. A reader who closed the pipe is no error of ours.

use std::io::{Write, stderr, stdout};
use std::path::Path;

use anyhow::Context as _;
use serde_json::{Value, json};

use super::args::Output;
use super::exit;
use super::terminal::Terminal;
use crate::apply::{EventDocument, What};
use crate::{store, view};

/// Data, to stdout.
pub(super) fn out(text: &str) {
    let _ = try_out(text);
}

/// Data, to stdout, if anybody reads it.
pub(super) fn try_out(text: &str) -> std::io::Result<()> {
    let mut stdout = stdout().lock();
    stdout.write_all(text.as_bytes())?;
    stdout.flush()
}

/// A document of JSON, to stdout, in the form that is wanted.
pub(super) fn document(terminal: &Terminal, json: &str) {
    match terminal.output {
        Output::Yaml => out(&view::json::to_yaml(json)),
        _ if terminal.streams() => out(&view::json::to_line(json)),
        _ => out(json),
    }
}

/// An event, to stdout, where events are wanted there.
pub(super) fn event(terminal: &Terminal, what: impl Into<What>) {
    if terminal.streams() {
        out(&view::json::line(&EventDocument::now(what.into())));
    }
}

/// Messages, to stderr.
pub(super) fn err(text: &str) {
    let _ = stderr().lock().write_all(text.as_bytes());
}

/// A line on stderr, unless only errors are wanted there.
pub(super) fn note(terminal: &Terminal, line: &str) {
    if !terminal.quiet {
        err(&format!("{line}\n"));
    }
}

/// A `JUnit` file, where one is wanted: seen whole or not at all.
///
/// # Errors
/// It cannot be written.
pub(super) fn junit(path: Option<&Path>, text: impl FnOnce() -> String) -> anyhow::Result<()> {
    let Some(path) = path else { return Ok(()) };
    store::replace(path, text().as_bytes())
        .with_context(|| format!("cannot write {}", path.display()))
}

/// An error, to stderr; as a document on stdout too where JSON is wanted.
pub(super) fn fail(terminal: &Terminal, failure: &anyhow::Error) {
    if terminal.output.is_data() {
        let fields = json!({ "error": error_fields(failure) });
        document(terminal, &view::json::of_kind("Error", fields));
    }
    error(terminal, failure);
}

/// An error, to stderr.
pub(super) fn error(terminal: &Terminal, error: &anyhow::Error) {
    let message = format!("{error:#}");
    // Manifests' errors bring their own form, several at once.
    if error.is::<crate::manifest::ManifestErrors>() {
        err(&format!("{message}\n"));
    } else {
        let hint = exit::hint(error);
        err(&view::error::error(terminal.err, &message, hint.as_deref()));
    }
}

/// What an error is in a document.
pub(super) fn error_fields(error: &anyhow::Error) -> Value {
    json!({
        "code": exit::of(error) as u8,
        "message": format!("{error:#}"),
        "hint": exit::hint(error),
    })
}
