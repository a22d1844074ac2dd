//! Printing. A reader who closed the pipe is no error of ours.

use std::io::{Write, stderr, stdout};

use super::args::Output;
use super::exit;
use super::terminal::Terminal;
use crate::view;

/// Data, to stdout.
pub(super) fn out(text: &str) {
    let mut stdout = stdout().lock();
    let _ = stdout
        .write_all(text.as_bytes())
        .and_then(|()| stdout.flush());
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

/// An error, to stderr; as a document on stdout too where JSON is wanted.
pub(super) fn fail(terminal: &Terminal, error: &anyhow::Error) {
    let hint = exit::hint(error);
    let message = format!("{error:#}");
    if terminal.output == Output::Json {
        let code = exit::of(error) as u8;
        out(&view::json::error_document(code, &message, hint.as_deref()));
    }
    // Manifests' errors bring their own form, several at once.
    if error.is::<crate::manifest::ManifestErrors>() {
        err(&format!("{message}\n"));
    } else {
        err(&view::error::error(terminal.err, &message, hint.as_deref()));
    }
}
