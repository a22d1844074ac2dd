//! Shows the progress of a mirror.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use crate::cli::print;
use crate::cli::terminal::Terminal;
use crate::mirror::{Mirror, Tell};
use crate::view;
use crate::view::progress::Progress;

/// How often progress is drawn on a terminal.
const TICK: Duration = Duration::from_millis(200);

/// How often progress is printed without a terminal.
const LINE: Duration = Duration::from_secs(10);

/// What the user was shown so far.
pub(super) struct ShownMirror<'a> {
    terminal: &'a Terminal,
    bar: Progress,
    began: Instant,
    told: Instant,
    /// Repeatable lines, with the time at which each was last printed.
    lines: BTreeMap<String, Instant>,
}

impl<'a> ShownMirror<'a> {
    pub(super) fn new(terminal: &'a Terminal) -> Self {
        Self {
            terminal,
            bar: terminal.spinner(),
            began: Instant::now(),
            told: Instant::now(),
            lines: BTreeMap::new(),
        }
    }

    /// Removes the spinner from the screen.
    pub(super) fn clear(&self) {
        self.bar.clear();
    }

    pub(super) fn tell(&mut self, tell: &Tell<'_>) {
        match tell {
            Tell::Progress(mirror) => self.progress(mirror),
            Tell::Again(error) => {
                let reason = error.to_string();
                let document = || view::mirror::again_document(&reason);
                self.rarely(format!("trying again: {reason}"), document);
            }
            Tell::Lost { key, from, until } => {
                let line = view::mirror::lost(key, *from, *until);
                if self.terminal.quiet {
                    print::err(&format!("{line}\n"));
                }
                self.say(&line, || view::mirror::lost_document(key, *from, *until));
            }
            Tell::Accepted { key, from, until } => {
                self.say(&view::mirror::accepted(key, *from, *until), || {
                    view::mirror::accepted_document(key, *from, *until)
                });
            }
            Tell::Waiting(open) => {
                let line = view::open::waiting(open);
                self.rarely(line, || view::mirror::waiting_document(open));
            }
            Tell::Open(open) => {
                let lines = view::open::lines(*open, "wait for the end of an open transaction");
                self.say(lines.trim_end(), || view::mirror::open_document(open));
            }
            Tell::Grown { topic, partitions } => {
                self.say(&view::mirror::grown(topic, *partitions), || {
                    view::mirror::grown_document(topic, *partitions)
                });
            }
            Tell::Groups(round) => {
                let lines = view::mirror::groups(round);
                self.say(&lines.join("\n"), || view::mirror::groups_document(round));
            }
        }
    }

    fn progress(&mut self, mirror: &Mirror<'_>) {
        let pause = if self.bar.is_drawn() { TICK } else { LINE };
        if self.told.elapsed() < pause {
            return;
        }
        self.told = Instant::now();
        let words = view::mirror::progress(mirror, self.began.elapsed());
        if self.bar.is_drawn() {
            self.bar.say(words);
        } else {
            self.say(&words, || view::mirror::progress_document(mirror));
        }
    }

    /// Prints the same line no more often than [`LINE`].
    fn rarely(&mut self, line: String, document: impl FnOnce() -> String) {
        let last = self.lines.get(&line);
        if last.is_none_or(|last| last.elapsed() >= LINE) {
            self.say(&line, document);
            self.lines.insert(line, Instant::now());
        }
    }

    /// Prints a line on stderr, and a document on stdout if events are wanted there.
    fn say(&self, line: &str, document: impl FnOnce() -> String) {
        if self.bar.is_drawn() {
            self.bar.above(line);
        } else {
            print::note(self.terminal, line);
        }
        if self.terminal.streams() {
            print::document(self.terminal, &document());
        }
    }
}
