//! One thing that is wrong, as it is found: positions are numbers until somebody wants to read them.

use super::remark::{RemarkKind, Subject};
use super::spot::Spot;
use crate::model::escape::escape;
pub(super) use crate::model::suggest::closest as nearest;

/// One thing that is wrong.
#[derive(Debug)]
pub(super) struct Problem {
    pub(super) at: Option<Spot>,
    pub(super) message: String,
    pub(super) hint: Option<String>,
    pub(super) related: Option<(&'static str, Spot)>,
    /// What may let it pass, or what it is but an error.
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

    /// Makes it one that may pass, or is no error at all.
    pub(super) fn about(mut self, about: RemarkKind, subject: Subject) -> Self {
        self.about = Some(Box::new((about, subject)));
        self
    }

    /// Points at a second place; `what` is said before "at".
    pub(super) fn related(mut self, what: &'static str, at: Spot) -> Self {
        self.related = Some((what, at));
        self
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
