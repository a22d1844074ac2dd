//! Errors and remarks about a manifest, as users see them.

use std::fmt;
use std::path::PathBuf;

use super::level::Level;
use super::snippet::Snippet;
use crate::model::desired::Place;
use crate::model::escape::escape;

/// At most this many errors of a file are shown; the rest is counted.
pub const MOST_SHOWN: usize = 50;

/// All errors of a manifest; never empty. `Display` shows at most 50 of them, separated by empty lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ManifestErrors(pub Vec<Diagnostic>);

impl std::error::Error for ManifestErrors {}

impl fmt::Display for ManifestErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, diagnostic) in self.0.iter().take(MOST_SHOWN).enumerate() {
            let separator = if index == 0 { "" } else { "\n\n" };
            write!(f, "{separator}{diagnostic}")?;
        }
        match self.0.len().checked_sub(MOST_SHOWN) {
            None | Some(0) => Ok(()),
            Some(more) => write!(f, "\n\nand {more} more"),
        }
    }
}

/// One error or remark. `Display` shows several lines without a final line end and without control
/// characters.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Diagnostic {
    /// Its severity.
    pub level: Level,
    /// The place in a file, if it is about one.
    pub place: Option<Place>,
    /// The file or directory, if it is about a whole one.
    pub path: Option<PathBuf>,
    /// What is wrong, in one line: lower case, no final stop.
    pub message: String,
    /// The line at `place`.
    pub snippet: Option<Snippet>,
    /// What the user can do.
    pub hint: Option<String>,
    /// A second place, such as the first one of a duplicate.
    pub related: Option<Related>,
}

/// A second place, and what is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Related {
    /// What is there, such as `first`; reads well before "at".
    pub what: &'static str,
    /// The place.
    pub place: Place,
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.level.heading(), escape(&self.message))?;
        let gutter = self.gutter();
        if let Some(origin) = self.origin() {
            write!(f, "\n{:gutter$}--> {}", "", escape(&origin))?;
        }
        if let (Some(place), Some(snippet)) = (&self.place, &self.snippet) {
            write!(f, "\n{:gutter$} |", "")?;
            write!(f, "\n{:>gutter$} | {}", place.line, snippet.line)?;
            let (indent, carets) = (snippet.column, "^".repeat(snippet.width));
            write!(f, "\n{:gutter$} | {:indent$}{carets}", "", "")?;
        }
        if let Some(related) = &self.related {
            let place = escape(&related.place.to_string());
            write!(f, "\nnote: {} at {place}", related.what)?;
        }
        self.hint
            .as_ref()
            .map_or(Ok(()), |hint| write!(f, "\nhint: {}", escape(hint)))
    }
}

impl Diagnostic {
    /// The width of the line number.
    fn gutter(&self) -> usize {
        let line = self.place.as_ref().map_or(1, |place| place.line);
        line.to_string().len()
    }

    fn origin(&self) -> Option<String> {
        let place = self.place.as_ref().map(Place::to_string);
        place.or_else(|| self.path.as_ref().map(|path| path.display().to_string()))
    }
}
