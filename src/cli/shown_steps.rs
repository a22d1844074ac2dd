//! Shows the steps of a plan while it is applied: a progress bar on a terminal, else a line for each step.

use std::time::{Duration, Instant};

use super::backup::kept::told;
use super::print;
use super::terminal::Terminal;
use crate::apply::ApplyEvent;
use crate::model::backup::Backup;
use crate::ops::apply::Event;
use crate::view;
use crate::view::progress::Progress;

/// The least time between two notes that the executor waits for a controller quota.
const BETWEEN_WAITS: Duration = Duration::from_secs(10);

/// Shows the events of an apply.
pub(super) struct ShownSteps<'a> {
    terminal: &'a Terminal,
    bar: Progress,
    last_wait: Option<Instant>,
}

impl<'a> ShownSteps<'a> {
    pub(super) fn new(terminal: &'a Terminal, steps: usize) -> Self {
        Self {
            terminal,
            bar: terminal.bar(steps),
            last_wait: None,
        }
    }

    /// Removes the bar from the screen.
    pub(super) fn clear(&self) {
        self.bar.clear();
    }

    pub(super) fn event(&mut self, event: Event<'_>) {
        let event = match event {
            Event::Apply(event) => event,
            Event::BackedUp(backup) => return backed_up(backup, self.terminal),
        };
        print::event(self.terminal, event);
        match event {
            ApplyEvent::Sending(steps) => {
                print::mark_sent();
                self.bar.say(format!("sending {}", steps.len()));
            }
            ApplyEvent::Throttled(steps, wait) => {
                let words = view::report::throttled(steps, wait);
                self.bar.say(words.clone());
                let last = self.last_wait;
                let is_new = last.is_none_or(|last| last.elapsed() >= BETWEEN_WAITS);
                if !self.bar.is_drawn() && is_new {
                    self.last_wait = Some(Instant::now());
                    print::note(self.terminal, &words);
                }
            }
            ApplyEvent::Verifying(steps) => self.bar.say(format!("reading back {}", steps.len())),
            ApplyEvent::Settled(written, outcome) => {
                self.bar.step();
                // A plan can hold thousands of commits; those that fail are in the report.
                let is_told = view::offsets::is_shown(written) && outcome.is_as_planned();
                if !self.bar.is_drawn() && !is_told {
                    let line = view::report::line(self.terminal.err, written, outcome);
                    print::note(self.terminal, &line);
                }
            }
        }
    }
}

fn backed_up(backup: &Backup, terminal: &Terminal) {
    let id = &backup.id;
    if !terminal.verbose {
        return;
    }
    let words = match backup.partial.as_slice() {
        [] => format!("backup {id} is taken"),
        partial => format!("backup {id} is partial: {}", told(partial)),
    };
    print::note(terminal, &words);
}
