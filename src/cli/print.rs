//! Printing, and files that a user names for it. A reader who closed the pipe is no error of ours; any
//! other failure is told at once, and [`settled`] gives it its exit code in the end.

use std::io::{self, ErrorKind, Write, stderr, stdout};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::Context as _;

use super::args::Output;
use super::exit::{self, Exit, Failure};
use super::sent;
use super::shown::Shown;
use super::terminal::Terminal;
use crate::apply::{EventDocument, What};
use crate::cluster::profile::ProfileError;
use crate::manifest::ManifestErrors;
use crate::view::documents::{ErrorDocument, ErrorFields};
use crate::view::style::Look;
use crate::view::text::path as shown;
use crate::{store, view};

/// More mistakes of a properties file than this are counted, not shown.
const MOST_FAULTS: usize = 50;

/// Whether something could not be printed.
static FAILED: AtomicBool = AtomicBool::new(false);

/// Data, to stdout.
pub(super) fn out(text: &str) {
    let _ = try_out(text);
}

/// Data, to stdout, where somebody takes it.
///
/// # Errors
/// Nobody does any more; why is told already.
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

/// Candidates, to a shell. Nothing else is ever printed for it.
pub(super) fn candidates(text: &str) {
    let _ = raw(text.as_bytes());
}

/// What the parser of the command line says: help and the version to stdout, errors to stderr. An
/// argument's characters are in it escaped.
pub(super) fn usage(error: &clap::Error) -> Exit {
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

/// Tells why stdout did not take something, once.
fn lost(error: &io::Error) {
    if error.kind() == ErrorKind::BrokenPipe || FAILED.swap(true, Ordering::SeqCst) {
        return;
    }
    let message = format!("cannot write to stdout: {error}");
    err(&view::error::error(Look::PLAIN, &message, None));
}

/// Whoever is asked has to have seen what it is about.
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

/// How a command ends after all: not well where something of it could not be printed.
pub(super) fn settled(exit: Exit) -> Exit {
    match exit {
        exit if !FAILED.load(Ordering::SeqCst) => exit,
        _ if !sent::anything_sent() => Exit::Failed,
        Exit::Done => Exit::Partly,
        exit => exit,
    }
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

/// What has to be known of what is shown, and is no error.
pub(super) fn notes(terminal: &Terminal, shown: &Shown) {
    for line in &shown.notes {
        note(terminal, line);
    }
    if shown.only_visible {
        only_visible(terminal);
    }
}

/// That a listing may leave things out. Who wants only errors is told too, unless a document tells it:
/// a part must not look like the whole.
pub(super) fn only_visible(terminal: &Terminal) {
    if !(terminal.quiet && terminal.output.is_data()) {
        err("only what this user may describe is shown: it may not describe the cluster\n");
    }
}

/// That what is copied may not be all that was meant, if that is so. Who wants only errors is told too.
pub(super) fn left_out(only_visible: bool) {
    if only_visible {
        err(
            "topics and groups that this user may not describe are left out, if there are any: it may not describe the cluster\n",
        );
    }
}

/// A file that a user named for output. It is opened before it is needed, so that one that cannot be
/// written is told before anything is done for it.
pub(super) struct File<'a> {
    path: &'a Path,
    output: store::Output,
}

impl<'a> File<'a> {
    /// This one, whatever is in it.
    ///
    /// # Errors
    /// It cannot be written.
    pub(super) fn open(path: &'a Path) -> anyhow::Result<Self> {
        let output = store::Output::open(path).with_context(|| unwritten(path))?;
        Ok(Self { path, output })
    }

    /// One that is not there yet.
    ///
    /// # Errors
    /// It cannot be written, or is there.
    pub(super) fn open_new(path: &'a Path) -> anyhow::Result<Self> {
        let output = store::Output::open_new(path).with_context(|| unwritten(path))?;
        Ok(Self { path, output })
    }

    /// Writes all of it, readable for its owner only where it has secrets.
    ///
    /// # Errors
    /// It cannot be written.
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

/// Tells that something could not be written that a command was to leave behind: what was written to the
/// cluster stays, and [`settled`] says the rest.
pub(super) fn missed(terminal: &Terminal, failure: &anyhow::Error) {
    FAILED.store(true, Ordering::SeqCst);
    error(terminal, failure);
}

/// An error, to stderr; as a document on stdout too where JSON is wanted.
pub(super) fn fail(terminal: &Terminal, failure: &anyhow::Error) {
    if terminal.output.is_data() {
        let error = error_fields(failure);
        document(
            terminal,
            &view::json::of_kind("Error", &ErrorDocument { error }),
        );
    }
    error(terminal, failure);
}

/// An error, to stderr.
pub(super) fn error(terminal: &Terminal, error: &anyhow::Error) {
    let message = format!("{error:#}");
    // Manifests' errors bring their own form, several at once.
    if error.is::<ManifestErrors>() {
        err(&format!("{message}\n"));
        return;
    }
    if let Some(ProfileError::Content(faults)) = error.downcast_ref() {
        for fault in faults.iter().take(MOST_FAULTS) {
            let message = format!("{}: {}", fault.place, fault.message);
            err(&view::error::error(
                terminal.err,
                &message,
                Some(&fault.hint),
            ));
        }
        if let Some(more @ 1..) = faults.len().checked_sub(MOST_FAULTS) {
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

/// What an error is in a document.
pub(super) fn error_fields(error: &anyhow::Error) -> ErrorFields {
    ErrorFields {
        code: exit::of(error) as u8,
        message: format!("{error:#}"),
        hint: exit::hint(error),
    }
}
