//! The output of a command that reads.

use super::exit::{self, Exit};
use crate::manifest::Remark;

/// The text for stdout, the exit code, and the error that made the text incomplete.
pub(super) struct Shown {
    pub(super) text: String,
    pub(super) exit: Exit,
    pub(super) error: Option<anyhow::Error>,
    /// Notes for stderr that are not errors.
    pub(super) notes: Vec<String>,
    /// Whether things may be missing because the user may not see them.
    pub(super) only_visible: bool,
}

impl Shown {
    pub(super) fn whole(text: String) -> Self {
        Self {
            text,
            exit: Exit::Done,
            error: None,
            notes: Vec::new(),
            only_visible: false,
        }
    }

    /// A text that may be incomplete.
    pub(super) fn perhaps_whole(text: String, is_whole: bool) -> Self {
        let exit = if is_whole {
            Exit::Done
        } else {
            Exit::Unreachable
        };
        Self {
            exit,
            ..Self::whole(text)
        }
    }

    /// A text, and the error that made it incomplete.
    pub(super) fn with_error(text: String, error: Option<anyhow::Error>) -> Self {
        Self {
            exit: error.as_ref().map_or(Exit::Done, exit::of),
            error,
            ..Self::whole(text)
        }
    }

    /// Adds what brokers say of keys that the catalogue lacks.
    pub(super) fn noting(mut self, remarks: &[Remark]) -> Self {
        let words = remarks.iter().map(|remark| remark.diagnostic.to_string());
        self.notes.extend(words);
        self
    }

    /// Sets whether things may be missing because the user may not see them.
    pub(super) fn only_visible(mut self, is_so: bool) -> Self {
        self.only_visible |= is_so;
        self
    }
}
