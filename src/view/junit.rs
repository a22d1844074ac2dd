//! A plan or a report as `JUnit` XML for build servers, with a test case for each step and finding.
//!
//! Trap: XML cannot contain control characters, even escaped; text passes
//! [`text::escape`](super::text::escape) first.

use std::fmt::Display;

use quick_xml::escape::escape as xml;

use super::kinds::words as step_words;
use super::text::escape;
use crate::apply::{Outcome, Report};
use crate::plan::{Finding, Plan, Severity};

/// The result of a test case.
enum Verdict {
    Passed,
    Failure(String),
    Error(String),
    Skipped(String),
}

/// A plan: its steps are skipped cases, and findings that stop an apply are failures.
#[must_use]
pub fn plan(plan: &Plan) -> String {
    let pending = || Verdict::Skipped("planned".to_owned());
    let steps = plan.steps.iter().map(|step| (step_words(step), pending()));
    let cases: Vec<_> = steps.chain(plan.findings.iter().map(finding)).collect();
    suite("tonkafka plan", &cases)
}

/// A report: steps that were refused, or done otherwise than planned, are failures. Unknown ones
/// are errors, and those not sent are skipped.
#[must_use]
pub fn report(report: &Report) -> String {
    let cases: Vec<_> = report
        .steps
        .iter()
        .map(|settled| (step_words(&settled.step), verdict(&settled.outcome)))
        .collect();
    suite("tonkafka apply", &cases)
}

fn verdict(outcome: &Outcome) -> Verdict {
    match outcome {
        Outcome::Done { found, .. } if found.is_empty() => Verdict::Passed,
        Outcome::Done { found, .. } => {
            let found: Vec<String> = found.iter().map(ToString::to_string).collect();
            Verdict::Failure(format!("done otherwise than planned: {}", found.join("; ")))
        }
        Outcome::Refused { error } => Verdict::Failure(error.to_string()),
        Outcome::Unknown { reason } => Verdict::Error(reason.clone()),
        Outcome::NotAttempted { reason: None } => Verdict::Skipped("not sent".to_owned()),
        Outcome::NotAttempted {
            reason: Some(reason),
        } => Verdict::Skipped(format!("not sent: {reason}")),
    }
}

fn finding(finding: &Finding) -> (String, Verdict) {
    let name = format!("{}: {}", finding.code, finding.resource);
    let message = finding.message.clone();
    let verdict = match finding.severity {
        Severity::Refused => Verdict::Failure(message),
        Severity::Unreadable => Verdict::Error(message),
        Severity::CannotApply | Severity::Allowed | Severity::Note => Verdict::Skipped(message),
    };
    (name, verdict)
}

fn suite(name: &str, cases: &[(String, Verdict)]) -> String {
    let count = |wanted: fn(&Verdict) -> bool| cases.iter().filter(|(_, one)| wanted(one)).count();
    let counts = format!(
        "tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\"",
        cases.len(),
        count(|one| matches!(one, Verdict::Failure(_))),
        count(|one| matches!(one, Verdict::Error(_))),
        count(|one| matches!(one, Verdict::Skipped(_))),
    );
    let body: String = cases
        .iter()
        .map(|(case, verdict)| self::case(name, case, verdict))
        .collect();
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"{name}\" {counts}>\n  <testsuite name=\"{name}\" {counts}>\n{body}  </testsuite>\n</testsuites>\n"
    )
}

fn case(suite: &str, name: &str, verdict: &Verdict) -> String {
    let start = format!(
        "    <testcase classname=\"{suite}\" name=\"{}\"",
        attribute(name)
    );
    let (element, message) = match verdict {
        Verdict::Passed => return format!("{start}/>\n"),
        Verdict::Failure(message) => ("failure", message),
        Verdict::Error(message) => ("error", message),
        Verdict::Skipped(message) => ("skipped", message),
    };
    let message = attribute(message);
    format!("{start}>\n      <{element} message=\"{message}\"/>\n    </testcase>\n")
}

fn attribute(text: impl Display) -> String {
    // XML cannot contain these two code points either, and they are not control characters.
    let text = escape(&text.to_string()).replace(['\u{fffe}', '\u{ffff}'], "\u{fffd}");
    xml(text.as_str()).into_owned()
}
