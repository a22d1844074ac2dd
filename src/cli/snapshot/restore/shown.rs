//! Shows the progress of a restore.

use std::time::{Duration, Instant};

use crate::cli::print;
use crate::cli::shown_steps::ShownSteps;
use crate::cli::terminal::Terminal;
use crate::ops::apply::Event;
use crate::ops::restore::RestoreEvent;
use crate::view;
use crate::view::progress::Progress;

/// How often progress is printed without a terminal.
const LINE: Duration = Duration::from_secs(10);

/// Shows the events of a restore.
pub(super) struct ShownRestore<'a> {
    terminal: &'a Terminal,
    steps: ShownSteps<'a>,
    bar: Progress,
    /// When the first record was about to be written.
    began: Option<Instant>,
    told: Instant,
    /// How many records were written when writing began, or began anew.
    begun: i64,
    total: i64,
}

impl<'a> ShownRestore<'a> {
    pub(super) fn new(terminal: &'a Terminal, steps: usize) -> Self {
        Self {
            terminal,
            steps: ShownSteps::new(terminal, steps),
            bar: Progress::none(),
            began: None,
            told: Instant::now(),
            begun: 0,
            total: 0,
        }
    }

    pub(super) fn event(&mut self, event: RestoreEvent<'_>) {
        match event {
            RestoreEvent::Apply(event) => self.steps.event(Event::Apply(event)),
            RestoreEvent::Writing { done, total } => {
                print::mark_sent();
                if self.began.is_none() {
                    self.began = Some(Instant::now());
                    self.next(self.terminal.flow(total, "records"));
                }
                self.bar.begin_at(u64::try_from(done).unwrap_or(0));
                (self.told, self.begun, self.total) = (Instant::now(), done, total);
            }
            RestoreEvent::Written(now) => self.written(now),
            RestoreEvent::ReadingBack(total) => self.next(self.terminal.flow(total, "records")),
            RestoreEvent::ReadBack(records) => self.bar.add(records as u64),
            RestoreEvent::Commits(plan) => {
                self.next(Progress::none());
                if !self.terminal.output.is_data() {
                    print::out(&view::plan::plan(self.terminal.out, plan));
                }
                self.steps = ShownSteps::new(self.terminal, plan.steps.len());
            }
        }
    }

    fn written(&mut self, now: i64) {
        self.bar.reach(u64::try_from(now).unwrap_or(0));
        if !self.bar.is_drawn() && self.told.elapsed() >= LINE {
            self.told = Instant::now();
            let took = self.began.map(|began| began.elapsed()).unwrap_or_default();
            let words = view::restore::progress((now, self.total), now - self.begun, took);
            print::note(self.terminal, &words);
        }
    }

    /// Shows another bar.
    fn next(&mut self, bar: Progress) {
        self.clear();
        self.bar = bar;
    }

    /// Removes the bar from the screen.
    pub(super) fn clear(&self) {
        self.steps.clear();
        self.bar.clear();
    }
}
