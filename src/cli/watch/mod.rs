//! Repeats a read until Ctrl-C, or until the reader of stdout is gone.
//!
//! - [`keys`]: keys that are pressed meanwhile

mod keys;

use std::fmt::Write as _;
use std::future::pending;
use std::io;
use std::pin::pin;
use std::time::Duration;

use jiff::{Timestamp, Unit};
use tokio::signal::unix::SignalKind;
use tokio::time::sleep;

pub(super) use keys::Key;
use keys::Keys;

use super::args::Output;
use super::exit::Exit;
use super::print;
use super::shown::Shown;
use super::signals::Signals;
use super::terminal::Terminal;
use crate::view::documents::ErrorDocument;
use crate::view::json::{of_kind, to_line};

/// Shows the results of successive reads.
pub(super) trait Display<Seen> {
    /// Takes the next result. Returns the error that made it incomplete.
    fn take(&mut self, seen: Seen) -> Option<anyhow::Error>;

    /// Prints notes about the last result on stderr.
    fn note(&self, _terminal: &Terminal) {}

    /// The text to show. `can_press` says whether keys are read.
    fn text(&self, can_press: bool) -> String;

    fn press(&mut self, key: Key) -> Pressed {
        match key {
            Key::Char('q') => Pressed::Quit,
            _ => Pressed::Ignored,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pressed {
    /// The key means nothing here.
    Ignored,
    /// The text has changed.
    Changed,
    /// The watch is to end.
    Quit,
}

/// Shows the last result.
#[derive(Default)]
pub(super) struct Last(Option<Shown>);

impl Display<Shown> for Last {
    fn take(&mut self, seen: Shown) -> Option<anyhow::Error> {
        self.0 = Some(seen);
        self.0.as_mut().and_then(|seen| seen.error.take())
    }

    fn text(&self, _can_press: bool) -> String {
        let last = self.0.as_ref();
        last.map_or_else(String::new, |seen| seen.text.clone())
    }

    fn note(&self, terminal: &Terminal) {
        if let Some(seen) = &self.0 {
            print::notes(terminal, seen);
        }
    }
}

/// The signals that end the watch. They are caught so that the terminal is restored.
const ENDING: [SignalKind; 3] = [
    SignalKind::interrupt(),
    SignalKind::terminate(),
    SignalKind::hangup(),
];

/// Reads every `interval`. An error does not end the watch: the cluster may come back.
pub(super) async fn watch<Seen, Look: Future<Output = anyhow::Result<Seen>>>(
    terminal: &Terminal,
    interval: Duration,
    look: impl Fn() -> Look,
    display: &mut impl Display<Seen>,
) -> anyhow::Result<Exit> {
    let mut watching = Watching {
        terminal,
        keys: Keys::of(terminal)?,
        stops: Signals::listen(&ENDING)?,
        last: None,
    };
    loop {
        let Some(seen) = watching.while_waiting(look(), display).await else {
            break;
        };
        watching.last = Some(match seen {
            Ok(seen) => (true, display.take(seen)),
            Err(error) => (false, Some(error)),
        });
        let is_read = watching.draw(display).is_ok();
        if !is_read
            || watching
                .while_waiting(sleep(interval), display)
                .await
                .is_none()
        {
            break;
        }
    }
    Ok(Exit::Done)
}

struct Watching<'a> {
    terminal: &'a Terminal,
    keys: Option<Keys>,
    stops: Signals,
    /// Whether the last read had a result, and the error that made it incomplete.
    last: Option<(bool, Option<anyhow::Error>)>,
}

impl Watching<'_> {
    /// Handles keys until `waiting` is done; none if the watch is to end.
    async fn while_waiting<Done, Seen>(
        &mut self,
        waiting: impl Future<Output = Done>,
        display: &mut impl Display<Seen>,
    ) -> Option<Done> {
        let mut waiting = pin!(waiting);
        loop {
            let key = tokio::select! {
                done = &mut waiting => return Some(done),
                () = self.stops.next() => return None,
                key = next(self.keys.as_mut()) => key,
            };
            match display.press(key) {
                Pressed::Ignored => {}
                Pressed::Changed => self.draw(display).ok()?,
                Pressed::Quit => return None,
            }
        }
    }

    /// Prints the last result, if stdout is still read.
    fn draw<Seen>(&self, display: &impl Display<Seen>) -> io::Result<()> {
        let Some((is_seen, error)) = &self.last else {
            return Ok(());
        };
        let text = match error {
            _ if *is_seen => display.text(self.keys.is_some()),
            Some(error) if self.terminal.output.is_data() => {
                self.terminal.form(String::new, || {
                    let error = print::error_fields(error);
                    of_kind("Error", &ErrorDocument { error })
                })
            }
            _ => String::new(),
        };
        print::try_out(&framed(self.terminal, &text))?;
        if *is_seen {
            display.note(self.terminal);
        }
        if let Some(error) = error {
            print::error(self.terminal, error);
        }
        Ok(())
    }
}

async fn next(keys: Option<&mut Keys>) -> Key {
    match keys {
        Some(keys) => keys.next().await,
        None => pending().await,
    }
}

/// The text of one read: a line of JSON, a YAML document, a redrawn terminal, or text under a
/// timestamp.
fn framed(terminal: &Terminal, text: &str) -> String {
    let stamp = || {
        let now = Timestamp::now();
        now.round(Unit::Second).unwrap_or(now).to_string()
    };
    match terminal.output {
        Output::Json => to_line(text),
        Output::Yaml => format!("---\n{text}"),
        _ => match terminal.height() {
            Some(height) => redrawn(&format!("{}\n\n{text}", stamp()), height),
            None => format!("--- {}\n{text}\n", stamp()),
        },
    }
}

/// Redraws from the upper left corner, clears the rest, and cuts the text to the terminal's height.
fn redrawn(text: &str, height: usize) -> String {
    let lines: Vec<&str> = text.lines().collect();
    let fits = lines.len() < height;
    let shown = if fits {
        lines.len()
    } else {
        height.saturating_sub(2)
    };
    let mut drawn = "\x1b[H".to_owned();
    for line in &lines[..shown] {
        drawn += line;
        drawn += "\x1b[K\n";
    }
    if !fits {
        let _ = writeln!(drawn, "… {} more lines\x1b[K", lines.len() - shown);
    }
    drawn + "\x1b[J"
}
