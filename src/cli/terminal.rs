//! What the program runs in: terminals, widths, colours.

use std::io::{IsTerminal, stderr, stdin, stdout};

use super::args::{Colour, Global, Output};
use crate::view::progress::Progress;
use crate::view::style::Look;

/// Where output goes and how it may look.
#[expect(clippy::struct_excessive_bools, reason = "each is a fact by itself")]
#[derive(Debug, Clone, Copy)]
pub(super) struct Terminal {
    /// The form of stdout.
    pub(super) output: Output,
    /// How stdout may look.
    pub(super) out: Look,
    /// How stderr may look.
    pub(super) err: Look,
    /// Whether a person can be asked.
    pub(super) interactive: bool,
    /// Whether progress may be drawn.
    draws: bool,
    /// Whether stderr is for errors only.
    pub(super) quiet: bool,
    /// Whether to say more.
    pub(super) verbose: bool,
    /// Whether the command tells things as they happen.
    tells: bool,
}

impl Terminal {
    /// Looks at the terminals and the options. Whether the command `tells` things as they happen.
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

    /// The height of the terminal that stdout is, in lines; none where it is no terminal.
    pub(super) fn height(&self) -> Option<usize> {
        self.out.width?;
        let (_, height) = terminal_size::terminal_size()?;
        Some(usize::from(height.0))
    }

    /// Whether stdout has a document a line, as things happen.
    pub(super) fn streams(&self) -> bool {
        self.tells && self.output == Output::Json
    }

    /// A bar where one may be drawn.
    pub(super) fn bar(&self, length: usize) -> Progress {
        if self.draws {
            Progress::bar(length)
        } else {
            Progress::none()
        }
    }

    /// A bar over many things, with their rate, where one may be drawn.
    pub(super) fn flow(&self, length: i64, things: &str) -> Progress {
        if self.draws {
            Progress::flow(u64::try_from(length).unwrap_or(0), things)
        } else {
            Progress::none()
        }
    }

    /// A bar over many things where one may be drawn.
    pub(super) fn percents(&self, length: u64) -> Progress {
        if self.draws {
            Progress::percents(length)
        } else {
            Progress::none()
        }
    }

    /// A spinner where one may be drawn.
    pub(super) fn spinner(&self) -> Progress {
        if self.draws {
            Progress::spinner()
        } else {
            Progress::none()
        }
    }
}

/// Whether the user wants no colours anywhere (<https://no-color.org>).
fn no_colour() -> bool {
    let set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    set("NO_COLOR") || std::env::var_os("TERM").is_some_and(|term| term == "dumb")
}
