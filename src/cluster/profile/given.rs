//! A setting as given by the user.

use std::fmt;

use super::setting::FileLine;

/// A setting as given by the user.
#[derive(Clone)]
pub(super) struct Given {
    pub(super) key: String,
    pub(super) value: String,
    pub(super) place: FileLine,
    /// Whether it is in the file of contexts.
    pub(super) is_inline: bool,
    /// Whether its value is a reference.
    pub(super) is_reference: bool,
}

impl fmt::Debug for Given {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at {}", self.key, self.place)
    }
}
