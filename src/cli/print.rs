//! Prints, and writes files that the user names. A closed pipe is not an error. Any other failure
//! is reported at once, and [`settled`] turns it into an exit code at the end.

use std::io::{self, ErrorKind, Write, stderr, stdout};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::Context as _;

use super::args::Output;
use super::exit::{self, Exit, Failure};
use super::shown::Shown;
use super::terminal::Terminal;
use crate::apply::{EventDocument, What};
use crate::cluster::profile::ProfileError;
use crate::manifest::{MOST_SHOWN, ManifestErrors};
use crate::view::documents::ErrorFields;
use crate::view::style::Look;
use crate::view::text::path as shown;
use crate::{store, view};

/// Whether something could not be printed or written.
static FAILED: AtomicBool = AtomicBool::new(false);

/// Whether this process sent a change to a cluster.
static SENT: AtomicBool = AtomicBool::new(false);

/// Remembers that this process sent a change to a cluster.
pub(super) fn mark_sent() {
    SENT.store(true, Ordering::SeqCst);
}

/// Whether this process sent a change to a cluster.
pub(super) fn anything_sent() -> bool {
    SENT.load(Ordering::SeqCst)
}

/// Prints data to stdout.
pub(super) fn out(text: &str) {
    let _ = try_out(text);
}

/// Prints data to stdout.
///
/// # Errors
/// stdout cannot be written to, which was reported already.
pub(super) fn try_out(text: &str) -> io::Result<()> {
    let printed = raw(text.as_bytes());
    if let Err(error) = &printed {
        lost(error);
    }
    printed
}

fn raw(bytes: &[u8]) -> io::Result<()> {
    let mut stdout = stdout().lock();
    stdout.write_all(bytes)?;
    stdout.flush()
}

/// Prints completion candidates for a shell, without ever reporting an error.
pub(super) fn candidates(text: &str) {
    let _ = raw(text.as_bytes());
}

/// Prints the message of the command line parser: help and version to stdout, errors to stderr, and
/// as a document of one line to stdout if documents are wanted.
pub(super) fn usage(error: &clap::Error, output: Output) -> Exit {
    if error.use_stderr() && output.is_data() {
        let message = error.render().to_string();
        let message = message.strip_prefix("error: ").unwrap_or(&message);
        let fields = ErrorFields {
            code: Exit::BadInput as u8,
            message: message.trim_end().to_owned(),
            hint: None,
        };
        let json = view::json::of_one("Error", "error", &fields);
        out(&match output {
            Output::Yaml => view::json::to_yaml(&json),
            _ => view::json::to_line(&json),
        });
    }
    let printed = error.print().and_then(|()| stdout().flush());
    if let Err(failed) = printed
        && !error.use_stderr()
    {
        lost(&failed);
    }
    settled(if error.use_stderr() {
        Exit::BadInput
    } else {
        Exit::Done
    })
}

/// Reports once why stdout cannot be written to.
fn lost(error: &io::Error) {
    if error.kind() == ErrorKind::BrokenPipe || FAILED.swap(true, Ordering::SeqCst) {
        return;
    }
    let message = format!("cannot write to stdout: {error}");
    err(&view::error::error(Look::PLAIN, &message, None));
}

/// Refuses to ask for confirmation of something that was not shown.
///
/// # Errors
/// Something could not be printed.
pub(super) fn expect_shown() -> Result<(), Failure> {
    if FAILED.load(Ordering::SeqCst) {
        let message = "nothing was applied: what would be done could not be shown";
        return Err(Failure::new(Exit::Failed, message));
    }
    Ok(())
}

/// The exit code after all: a failure if something could not be printed or written.
pub(super) fn settled(exit: Exit) -> Exit {
    match exit {
        exit if !FAILED.load(Ordering::SeqCst) => exit,
        _ if !anything_sent() => Exit::Failed,
        Exit::Done => Exit::Partly,
        exit => exit,
    }
}

/// Prints a JSON document to stdout in the chosen format.
pub(super) fn document(terminal: &Terminal, json: &str) {
    match terminal.output {
        Output::Yaml => out(&view::json::to_yaml(json)),
        _ if terminal.streams() => out(&view::json::to_line(json)),
        _ => out(json),
    }
}

/// Prints an event to stdout if events are wanted there.
pub(super) fn event(terminal: &Terminal, what: impl Into<What>) {
    if terminal.streams() {
        out(&view::json::line(&EventDocument::now(what.into())));
    }
}

/// Prints messages to stderr.
pub(super) fn err(text: &str) {
    let _ = stderr().lock().write_all(text.as_bytes());
}

/// Prints a line to stderr, unless only errors are wanted there.
pub(super) fn note(terminal: &Terminal, line: &str) {
    if !terminal.quiet {
        err(&format!("{line}\n"));
    }
}

/// Prints the notes of a command that reads.
pub(super) fn notes(terminal: &Terminal, shown: &Shown) {
    for line in &shown.notes {
        note(terminal, line);
    }
    if shown.only_visible {
        only_visible(terminal);
    }
}

/// Says that a listing may be incomplete. With `--quiet` too, unless a document says it.
pub(super) fn only_visible(terminal: &Terminal) {
    if !(terminal.quiet && terminal.output.is_data()) {
        err("only what this user may describe is shown: it may not describe the cluster\n");
    }
}

/// Says, with `--quiet` too, that a copy may be incomplete, if `only_visible` is set.
pub(super) fn left_out(only_visible: bool) {
    if only_visible {
        err(
            "topics and groups that this user may not describe are left out, if there are any: it may not describe the cluster\n",
        );
    }
}

/// A file that the user named for output. It is opened early, so that one that cannot be written is
/// refused before any work is done.
pub(super) struct File<'a> {
    path: &'a Path,
    output: store::Output,
}

impl<'a> File<'a> {
    /// Opens a file, and replaces what is in it.
    ///
    /// # Errors
    /// The file cannot be written.
    pub(super) fn open(path: &'a Path) -> anyhow::Result<Self> {
        let output = store::Output::open(path).with_context(|| unwritten(path))?;
        Ok(Self { path, output })
    }

    /// Creates a file.
    ///
    /// # Errors
    /// The file cannot be written, or exists.
    pub(super) fn open_new(path: &'a Path) -> anyhow::Result<Self> {
        let output = store::Output::open_new(path).with_context(|| unwritten(path))?;
        Ok(Self { path, output })
    }

    /// Writes the whole text. With secrets, the file is readable only for its owner.
    ///
    /// # Errors
    /// The file cannot be written.
    pub(super) fn write(self, text: &str, has_secrets: bool) -> anyhow::Result<()> {
        let output = if has_secrets {
            self.output.private()
        } else {
            self.output
        };
        match output.write(text.as_bytes()) {
            Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
            written => written.with_context(|| unwritten(self.path)),
        }
    }
}

fn unwritten(path: &Path) -> String {
    format!("cannot write {}", shown(path))
}

/// Reports that output of a command is missing. Changes to the cluster stay; [`settled`] adjusts
/// the exit code.
pub(super) fn missed(terminal: &Terminal, failure: &anyhow::Error) {
    FAILED.store(true, Ordering::SeqCst);
    error(terminal, failure);
}

/// Prints an error to stderr, and as a document to stdout if documents are wanted.
pub(super) fn fail(terminal: &Terminal, failure: &anyhow::Error) {
    if terminal.output.is_data() {
        let error = error_fields(failure);
        document(terminal, &view::json::of_one("Error", "error", &error));
    }
    error(terminal, failure);
}

/// Prints an error to stderr.
pub(super) fn error(terminal: &Terminal, error: &anyhow::Error) {
    let message = format!("{error:#}");
    // Several errors in a form of their own.
    if error.is::<ManifestErrors>() {
        err(&format!("{message}\n"));
        return;
    }
    if let Some(ProfileError::Content(faults)) = error.downcast_ref() {
        for fault in faults.iter().take(MOST_SHOWN) {
            let message = format!("{}: {}", fault.place, fault.message);
            err(&view::error::error(
                terminal.err,
                &message,
                Some(&fault.hint),
            ));
        }
        if let Some(more @ 1..) = faults.len().checked_sub(MOST_SHOWN) {
            err(&format!("and {more} more\n"));
        }
        return;
    }
    let hint = exit::hint(error);
    let form = if exit::has_lines(error) {
        view::error::lines
    } else {
        view::error::error
    };
    err(&form(terminal.err, &message, hint.as_deref()));
}

/// The fields of an error in a document.
pub(super) fn error_fields(error: &anyhow::Error) -> ErrorFields {
    ErrorFields {
        code: exit::of(error) as u8,
        message: format!("{error:#}"),
        hint: exit::hint(error),
    }
}
