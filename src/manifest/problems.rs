//! Collects the errors and remarks of a manifest.

use std::collections::HashSet;

use super::diagnostic::{Diagnostic, ManifestErrors, Related};
use super::level::Level;
use super::problem::Problem;
use super::question::Question;
use super::remark::{Passing, Remark, RemarkKind};
use super::snippet::{Lines, Snippet};
use super::source::SourceFile;
use super::spot::Spot;
use super::uncatalogued::UncataloguedSetting;

/// Further errors are dropped, so that a hostile file cannot fill the memory.
const MOST_KEPT: usize = 10_000;

/// With more keys outside of the catalogue than this, they are mistakes rather than keys of a newer
/// Kafka.
const MOST_UNLISTED: usize = 1_000;

/// Everything found so far.
#[derive(Debug, Default)]
pub(super) struct Problems {
    found: Vec<Problem>,
    /// Remarks, and errors that were let through.
    remarks: Vec<(Problem, Level)>,
    passing: Passing,
    /// Keys that are not in the catalogue.
    questions: Vec<Question>,
    /// The names of these keys.
    unlisted: HashSet<String>,
    /// The environment that is being read.
    pub environment: Option<String>,
    /// Lines that contain a secret: source and line.
    secret: HashSet<(u32, u32)>,
}

impl Problems {
    /// An empty collection; `passing` says which guards are let through.
    pub(super) fn passing(passing: Passing) -> Self {
        Self {
            passing,
            ..Self::default()
        }
    }

    pub(super) fn push(&mut self, problem: Problem) {
        let about = problem.about.as_ref().map(|about| about.0);
        if let (Some(RemarkKind::SensitiveInClear), Some(at)) = (about, problem.at) {
            self.conceal(at);
        }
        match about.map_or(Level::Error, |about| self.passing.level(about)) {
            Level::Error if self.found.len() < MOST_KEPT => self.found.push(problem),
            Level::Error => {}
            level if self.remarks.len() < MOST_KEPT => self.remarks.push((problem, level)),
            _ => {}
        }
    }

    /// Marks a line that contains a secret in clear text, so that no message shows it.
    pub(super) fn conceal(&mut self, at: Spot) {
        self.secret.insert((at.file, at.line));
    }

    /// Defers the decision on a key that is not in the catalogue.
    pub(super) fn ask(&mut self, mut question: Question) {
        if !self.unlisted.contains(&question.key) {
            if self.unlisted.len() >= MOST_UNLISTED {
                return self.push(question.unknown);
            }
            self.unlisted.insert(question.key.clone());
        }
        if self.questions.len() < MOST_KEPT {
            let here = self.environment.clone();
            question.environment = question.environment.or(here);
            self.questions.push(question);
        }
    }

    pub(super) fn take_questions(&mut self) -> Vec<Question> {
        std::mem::take(&mut self.questions)
    }

    /// Whether brokers are asked about keys that are not in the catalogue.
    pub(super) fn asks_brokers(&self) -> bool {
        self.passing.asks_brokers
    }

    /// The number of errors so far.
    pub(super) fn count(&self) -> usize {
        self.found.len()
    }

    /// The first error's message.
    pub(super) fn first(self) -> Option<String> {
        self.found.into_iter().next().map(|problem| problem.message)
    }

    /// Whether further errors would be dropped, so that reading on is useless.
    pub(super) fn is_full(&self) -> bool {
        self.found.len() >= MOST_KEPT
    }

    pub(super) fn extend(&mut self, problems: impl IntoIterator<Item = Problem>) {
        for problem in problems {
            self.push(problem);
        }
    }

    /// The remarks and the open questions, or all errors; ordered by source and place.
    pub(super) fn into_result(
        mut self,
        sources: &[SourceFile],
    ) -> Result<(Vec<Remark>, Vec<UncataloguedSetting>), ManifestErrors> {
        if self.found.is_empty() && self.remarks.is_empty() && self.questions.is_empty() {
            return Ok((Vec::new(), Vec::new()));
        }
        self.found.sort_by_key(|problem| problem.at);
        self.remarks.sort_by_key(|(problem, ..)| problem.at);
        let lines: Vec<Lines<'_>> = sources.iter().map(|s| Lines::new(&s.text)).collect();
        let snippet = |at: Spot| {
            let shown = !self.secret.contains(&(at.file, at.line));
            shown.then(|| lines[at.file as usize].snippet(at))?
        };
        if self.found.is_empty() {
            let remarks = self.remarks.into_iter();
            let remark = |(mut problem, level): (Problem, Level)| {
                let (about, subject) = *problem.about.take()?;
                let diagnostic = diagnostic(problem, level, sources, &snippet);
                Some(Remark {
                    about,
                    subject,
                    diagnostic,
                })
            };
            let say = |problem| diagnostic(problem, Level::Error, sources, &snippet);
            let questions = self.questions.into_iter();
            let in_clear = self.passing.sensitive_in_clear;
            let asked = questions.filter_map(|question| question.asked(in_clear, &say));
            return Ok((remarks.filter_map(remark).collect(), asked.collect()));
        }
        let found = self.found.into_iter();
        Err(ManifestErrors(
            found
                .map(|problem| diagnostic(problem, Level::Error, sources, &snippet))
                .collect(),
        ))
    }
}

fn diagnostic(
    problem: Problem,
    level: Level,
    sources: &[SourceFile],
    snippet: &dyn Fn(Spot) -> Option<Snippet>,
) -> Diagnostic {
    Diagnostic {
        level,
        place: problem.at.map(|at| at.place(sources)),
        path: None,
        message: problem.message,
        snippet: problem.at.and_then(snippet),
        hint: problem.hint.filter(|_| level != Level::Allowed),
        related: problem.related.map(|(what, at)| Related {
            what,
            place: at.place(sources),
        }),
    }
}
