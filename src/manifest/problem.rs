//! What is wrong, as it is collected: positions are numbers until somebody wants to read them.

use std::collections::HashSet;

use super::diagnostic::{Diagnostic, ManifestErrors, Related};
use super::snippet::{Lines, Snippet};
use super::sources::Source;
use crate::model::desired::Place;
use crate::model::escape::escape;
pub(super) use crate::model::suggest::closest as nearest;

/// More than this is not kept: nobody reads it, and a hostile file must not fill the memory.
const MOST_KEPT: usize = 10_000;

/// A stretch of one line of one source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(super) struct Spot {
    /// The source, by its index.
    pub file: u32,
    /// Line, counted from 1.
    pub line: u32,
    /// Column, counted from 1, in characters.
    pub column: u32,
    /// Characters; `u32::MAX` reaches to the end of the line.
    pub width: u32,
}

impl Spot {
    pub(super) fn source(self, sources: &[Source]) -> &Source {
        &sources[self.file as usize]
    }

    pub(super) fn place(self, sources: &[Source]) -> Place {
        Place {
            file: self.source(sources).name.clone(),
            line: self.line as usize,
            column: self.column as usize,
        }
    }
}

/// A value and where it is written.
#[derive(Debug, Clone)]
pub(super) struct Placed<T> {
    pub value: T,
    pub at: Spot,
}

impl<T> Placed<T> {
    pub(super) fn new(value: T, at: Spot) -> Self {
        Self { value, at }
    }
}

/// One thing that is wrong.
#[derive(Debug)]
pub(super) struct Problem {
    at: Option<Spot>,
    message: String,
    hint: Option<String>,
    related: Option<(&'static str, Spot)>,
    /// What lets it pass. The line at `at` then holds a secret, which must not get into logs.
    guard: Option<Guard>,
}

/// Something wrong that can be let through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Guard {
    /// A secret is written in the manifest itself.
    SensitiveInClear,
}

impl Problem {
    pub(super) fn at(at: Spot, message: impl Into<String>) -> Self {
        Self {
            at: Some(at),
            ..Self::nowhere(message)
        }
    }

    pub(super) fn nowhere(message: impl Into<String>) -> Self {
        Self {
            at: None,
            message: message.into(),
            hint: None,
            related: None,
            guard: None,
        }
    }

    pub(super) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Lets whoever wants to pass, and keeps the line itself out of all messages.
    pub(super) fn guard(mut self, guard: Guard) -> Self {
        self.guard = Some(guard);
        self
    }

    /// Points at a second place; `what` is said before "at".
    pub(super) fn related(mut self, what: &'static str, at: Spot) -> Self {
        self.related = Some((what, at));
        self
    }
}

/// Everything found so far.
#[derive(Debug, Default)]
pub(super) struct Problems {
    found: Vec<Problem>,
    passed: Option<Guard>,
    /// Lines with a secret in them, by source.
    secret: HashSet<(u32, u32)>,
}

impl Problems {
    /// None yet; what this guard stops is let through.
    pub(super) fn passing(passed: Option<Guard>) -> Self {
        Self {
            passed,
            ..Self::default()
        }
    }

    pub(super) fn push(&mut self, problem: Problem) {
        if let (Some(guard), Some(at)) = (problem.guard, problem.at) {
            self.secret.insert((at.file, at.line));
            if self.passed == Some(guard) {
                return;
            }
        }
        if self.found.len() < MOST_KEPT {
            self.found.push(problem);
        }
    }

    pub(super) fn extend(&mut self, problems: impl IntoIterator<Item = Problem>) {
        for problem in problems {
            self.push(problem);
        }
    }

    /// Nothing, or everything in the order in which a reader meets it.
    pub(super) fn into_result(mut self, sources: &[Source]) -> Result<(), ManifestErrors> {
        if self.found.is_empty() {
            return Ok(());
        }
        self.found.sort_by_key(|problem| problem.at);
        let lines: Vec<Lines<'_>> = sources.iter().map(|s| Lines::new(&s.text)).collect();
        let snippet = |at: Spot| {
            let shown = !self.secret.contains(&(at.file, at.line));
            shown.then(|| lines[at.file as usize].snippet(at))?
        };
        let found = self.found.into_iter();
        Err(ManifestErrors(
            found
                .map(|problem| diagnostic(problem, sources, &snippet))
                .collect(),
        ))
    }
}

fn diagnostic(
    problem: Problem,
    sources: &[Source],
    snippet: &dyn Fn(Spot) -> Option<Snippet>,
) -> Diagnostic {
    Diagnostic {
        place: problem.at.map(|at| at.place(sources)),
        path: None,
        message: problem.message,
        snippet: problem.at.and_then(snippet),
        hint: problem.hint,
        related: problem.related.map(|(what, at)| Related {
            what,
            place: at.place(sources),
        }),
    }
}

/// Text from a manifest, in backticks, escaped, and cut where it is long.
pub(super) fn quote(text: &str) -> String {
    const LONGEST: usize = 60;
    let cut = match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", escape(&text[..end])),
        None => escape(text),
    };
    format!("`{cut}`")
}

/// Names in backticks, separated by commas.
pub(super) fn list<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let quoted: Vec<String> = names.into_iter().map(quote).collect();
    quoted.join(", ")
}
