//! What the terminals are capable of, and what the options ask for.

use std::io::{IsTerminal, stderr, stdin, stdout};

use super::args::{Colour, Global, Output};
use crate::view::progress::Progress;
use crate::view::style::Look;

/// How to print to stdout and stderr.
#[expect(clippy::struct_excessive_bools, reason = "each is a fact by itself")]
#[derive(Debug, Clone, Copy)]
pub(super) struct Terminal {
    /// The format of stdout.
    pub(super) output: Output,
    pub(super) out: Look,
    pub(super) err: Look,
    /// Whether stdin and stderr can be used to ask a person.
    pub(super) interactive: bool,
    /// Whether progress may be drawn.
    draws: bool,
    /// Whether only errors are printed on stderr.
    pub(super) quiet: bool,
    /// Whether more is printed on stderr.
    pub(super) verbose: bool,
    /// Whether the command emits events while it runs.
    tells: bool,
}

impl Terminal {
    /// Reads the terminals and the options. `tells` is whether the command emits events while it
    /// runs.
    pub(super) fn new(global: &Global, tells: bool) -> Self {
        let wanted = |is_terminal: bool| match global.color {
            Colour::Always => true,
            Colour::Never => false,
            Colour::Auto => is_terminal && !no_colour(),
        };
        let width = stdout()
            .is_terminal()
            .then(terminal_size::terminal_size)
            .flatten()
            .map(|(width, _)| width.0);
        Self {
            output: global.output,
            out: Look {
                colour: wanted(stdout().is_terminal()),
                width,
            },
            err: Look {
                colour: wanted(stderr().is_terminal()),
                width: None,
            },
            interactive: stdin().is_terminal() && stderr().is_terminal(),
            draws: stderr().is_terminal() && !global.no_progress && !global.quiet,
            quiet: global.quiet,
            verbose: global.verbose,
            tells,
        }
    }

    /// The height of the terminal in lines; none if stdout is not a terminal.
    pub(super) fn height(&self) -> Option<usize> {
        self.out.width?;
        let (_, height) = terminal_size::terminal_size()?;
        Some(usize::from(height.0))
    }

    /// Whether stdout has one document per line while the command runs.
    pub(super) fn streams(&self) -> bool {
        self.tells && self.output == Output::Json
    }

    /// A progress bar, if progress may be drawn.
    pub(super) fn bar(&self, length: usize) -> Progress {
        if self.draws {
            Progress::bar(length)
        } else {
            Progress::none()
        }
    }

    /// A progress bar with a rate of `things`, if progress may be drawn.
    pub(super) fn flow(&self, length: i64, things: &str) -> Progress {
        if self.draws {
            Progress::flow(u64::try_from(length).unwrap_or(0), things)
        } else {
            Progress::none()
        }
    }

    /// A progress bar in percent, if progress may be drawn.
    pub(super) fn percents(&self, length: u64) -> Progress {
        if self.draws {
            Progress::percents(length)
        } else {
            Progress::none()
        }
    }

    /// A spinner, if progress may be drawn.
    pub(super) fn spinner(&self) -> Progress {
        if self.draws {
            Progress::spinner()
        } else {
            Progress::none()
        }
    }
}

/// Whether colours are off everywhere (<https://no-color.org>).
fn no_colour() -> bool {
    let set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    set("NO_COLOR") || std::env::var_os("TERM").is_some_and(|term| term == "dumb")
}
