//! One error or remark while it is collected, with numeric positions.

use super::remark::{RemarkKind, Subject};
use super::spot::Spot;
use crate::model::escape::escape;
pub(super) use crate::model::suggest::closest as nearest;

/// One error or remark.
#[derive(Debug)]
pub(super) struct Problem {
    pub(super) at: Option<Spot>,
    pub(super) message: String,
    pub(super) hint: Option<String>,
    pub(super) related: Option<(&'static str, Spot)>,
    /// What it is about, if a flag lets it through or it is no error.
    pub(super) about: Option<Box<(RemarkKind, Subject)>>,
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
            about: None,
        }
    }

    pub(super) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Makes it a remark, or an error that a flag lets through.
    pub(super) fn about(mut self, about: RemarkKind, subject: Subject) -> Self {
        self.about = Some(Box::new((about, subject)));
        self
    }

    /// Adds a second place; `what` is shown before "at".
    pub(super) fn related(mut self, what: &'static str, at: Spot) -> Self {
        self.related = Some((what, at));
        self
    }
}

/// Text from a manifest in backticks: escaped, and cut if it is long.
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
