//! Progress on a terminal.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// A progress bar or spinner on stderr; draws nothing without a terminal.
#[derive(Debug)]
pub struct Progress(Option<ProgressBar>);

fn drawn(length: Option<u64>, template: &str) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(length, ProgressDrawTarget::stderr());
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    bar
}

impl Progress {
    /// Progress that is never drawn.
    #[must_use]
    pub fn none() -> Self {
        Self(None)
    }

    /// A bar over `length` steps.
    #[must_use]
    pub fn bar(length: usize) -> Self {
        let template = "{bar:30} {pos}/{len} {wide_msg}";
        Self(Some(drawn(u64::try_from(length).ok(), template)))
    }

    /// A bar over many `things`, with their rate and the remaining time.
    #[must_use]
    pub fn flow(length: u64, things: &str) -> Self {
        let template = format!(
            "{{bar:30}} {{human_pos}} of {{human_len}} {things}, {{per_sec}}, {{eta}} left {{wide_msg}}"
        );
        Self(Some(drawn(Some(length), &template)))
    }

    /// A bar in percent.
    #[must_use]
    pub fn percents(length: u64) -> Self {
        Self(Some(drawn(Some(length), "{bar:30} {percent}% {wide_msg}")))
    }

    /// A spinner for a wait of unknown length.
    #[must_use]
    pub fn spinner() -> Self {
        let bar = drawn(None, "{spinner} {wide_msg} {elapsed}");
        bar.enable_steady_tick(Duration::from_millis(120));
        Self(Some(bar))
    }

    /// Whether anything is drawn.
    #[must_use]
    pub fn is_drawn(&self) -> bool {
        self.0.is_some()
    }

    /// Shows what is going on.
    pub fn say(&self, message: String) {
        if let Some(bar) = &self.0 {
            bar.set_message(message);
        }
    }

    /// Prints a line above the bar.
    pub fn above(&self, line: &str) {
        if let Some(bar) = &self.0 {
            bar.println(line);
        }
    }

    /// Advances by one step.
    pub fn step(&self) {
        if let Some(bar) = &self.0 {
            bar.inc(1);
        }
    }

    /// Advances by several steps.
    pub fn add(&self, steps: u64) {
        if let Some(bar) = &self.0 {
            bar.inc(steps);
        }
    }

    /// Starts at this step, which does not count for the rate.
    pub fn begin_at(&self, step: u64) {
        if let Some(bar) = &self.0 {
            bar.set_position(step);
            bar.reset_eta();
        }
    }

    /// Sets the position.
    pub fn reach(&self, position: u64) {
        if let Some(bar) = &self.0 {
            bar.set_position(position);
        }
    }

    /// Removes the bar from the screen.
    pub fn clear(&self) {
        if let Some(bar) = &self.0 {
            bar.finish_and_clear();
        }
    }
}
