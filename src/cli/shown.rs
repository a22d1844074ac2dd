//! What a command that reads has to show.

use super::exit::{self, Exit};
use crate::manifest::Remark;

/// What is printed on stdout, and how it ends; with what kept the rest out of it.
pub(super) struct Shown {
    pub(super) text: String,
    pub(super) exit: Exit,
    pub(super) error: Option<anyhow::Error>,
    /// What has to be known of it, and is no error.
    pub(super) notes: Vec<String>,
    /// Whether things may be left out, with no error.
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

    /// Everything, or a part of it only.
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

    /// The text that was made before an error, with the error.
    pub(super) fn with_error(text: String, error: Option<anyhow::Error>) -> Self {
        Self {
            exit: error.as_ref().map_or(Exit::Done, exit::of),
            error,
            ..Self::whole(text)
        }
    }

    /// With what brokers say of settings that the catalogue lacks.
    pub(super) fn noting(mut self, remarks: &[Remark]) -> Self {
        let words = remarks.iter().map(|remark| remark.diagnostic.to_string());
        self.notes.extend(words);
        self
    }

    /// The same, of which it is said whether things may be left out.
    pub(super) fn only_visible(mut self, is_so: bool) -> Self {
        self.only_visible |= is_so;
        self
    }
}
