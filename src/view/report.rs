//! A report as text.

use std::fmt::Write as _;
use std::time::Duration;

use super::json::document;
use super::kinds::words as step_words;
use super::offsets;
use super::style::Look;
use super::text::{count, escape};
use crate::apply::{Outcome, Report, Stopped};
use crate::plan::{Plan, Step};
use schemars::JsonSchema;
use serde::Serialize;

/// The outcome of a step in one line: `done     create topic a.b`.
#[must_use]
pub fn line(look: Look, step: &Step, outcome: &Outcome) -> String {
    let words = step_words(step);
    match outcome {
        Outcome::Done { note, found } => {
            let done = if found.is_empty() {
                look.added("done")
            } else {
                look.changed("done")
            };
            let found = found.iter().map(ToString::to_string);
            let why: Vec<String> = found.chain(note.clone()).collect();
            match why.as_slice() {
                [] => format!("{done}     {words}"),
                why => format!("{done}     {words}: {}", escape(&why.join("; "))),
            }
        }
        Outcome::Refused { error } => format!(
            "{}  {words}: {}",
            look.removed("refused"),
            escape(&error.to_string())
        ),
        Outcome::Unknown { reason } => {
            format!("{}  {words}: {}", look.removed("unknown"), escape(reason))
        }
        Outcome::NotAttempted { reason: None } => {
            format!("{}  {words}", look.changed("not sent"))
        }
        Outcome::NotAttempted {
            reason: Some(reason),
        } => format!("{}  {words}: {}", look.changed("not sent"), escape(reason)),
    }
}

/// One line about steps that a quota delays: `throttled, waiting 3 s: …`.
#[must_use]
pub fn throttled(steps: &[Step], wait: Duration) -> String {
    let steps = count(steps.len(), "step");
    let seconds = wait.as_secs_f64().ceil();
    format!(
        "throttled, waiting {seconds} s: the quota `controller_mutation_rate` holds {steps} back"
    )
}

/// Every step that was not done as planned, then the summary.
#[must_use]
pub fn report(look: Look, report: &Report) -> String {
    let mut text = String::new();
    for settled in &report.steps {
        if !settled.outcome.is_as_planned() && !offsets::is_shown(&settled.step) {
            let _ = writeln!(text, "{}", line(look, &settled.step, &settled.outcome));
        }
    }
    text += &offsets::outcomes(look, report);
    text + &look.strong(&summary(report)) + "\n"
}

/// For example `apply: 12 done and verified, 1 refused`.
#[must_use]
pub fn summary(report: &Report) -> String {
    let done = report.count(Outcome::is_as_planned);
    let mut line = format!("apply: {done} done and verified");
    let otherwise = report.count(Outcome::is_otherwise);
    let refused = report.count(|outcome| matches!(outcome, Outcome::Refused { .. }));
    let unknown = report.count(|outcome| matches!(outcome, Outcome::Unknown { .. }));
    let unsent = report.count(|outcome| matches!(outcome, Outcome::NotAttempted { .. }));
    for (number, words) in [
        (otherwise, "done otherwise than planned"),
        (refused, "refused"),
        (unknown, "unknown"),
        (unsent, "not sent"),
    ] {
        if number > 0 {
            let _ = write!(line, ", {number} {words}");
        }
    }
    if report.interrupted {
        line += " (interrupted)";
    }
    if let Some(Stopped::Journal { message } | Stopped::Lock { message }) = &report.stopped {
        let what = if unsent == 0 {
            "nothing was left to send when it happened"
        } else {
            "stopped"
        };
        let _ = write!(line, " ({what}: {})", escape(message));
    }
    line
}

/// A report, with its plan.
#[derive(Serialize, JsonSchema)]
pub(super) struct ReportDocument<'a> {
    #[serde(flatten)]
    report: &'a Report,
    plan: &'a Plan,
}

/// The report and its plan as a document.
#[must_use]
pub fn report_json(plan: &Plan, report: &Report) -> String {
    document(&ReportDocument { report, plan })
}
