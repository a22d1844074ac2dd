//! What is wrong, as it is collected: positions are numbers until somebody wants to read them.

use super::diagnostic::{Diagnostic, ManifestErrors, Related};
use super::snippet::Lines;
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
    /// The line at `at` holds a secret, which must not get into logs.
    secret: bool,
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
            secret: false,
        }
    }

    pub(super) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Keeps the line itself out of the message.
    pub(super) fn secret(mut self) -> Self {
        self.secret = true;
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
pub(super) struct Problems(Vec<Problem>);

impl Problems {
    pub(super) fn push(&mut self, problem: Problem) {
        if self.0.len() < MOST_KEPT {
            self.0.push(problem);
        }
    }

    /// Nothing, or everything in the order in which a reader meets it.
    pub(super) fn into_result(mut self, sources: &[Source]) -> Result<(), ManifestErrors> {
        if self.0.is_empty() {
            return Ok(());
        }
        self.0.sort_by_key(|problem| problem.at);
        let lines: Vec<Lines<'_>> = sources.iter().map(|s| Lines::new(&s.text)).collect();
        let readable = |problem| diagnostic(problem, sources, &lines);
        Err(ManifestErrors(self.0.into_iter().map(readable).collect()))
    }
}

fn diagnostic(problem: Problem, sources: &[Source], lines: &[Lines<'_>]) -> Diagnostic {
    let snippet = |at: Spot| lines[at.file as usize].snippet(at);
    Diagnostic {
        place: problem.at.map(|at| at.place(sources)),
        path: None,
        message: problem.message,
        snippet: problem.at.filter(|_| !problem.secret).and_then(snippet),
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
