//! Severities of remarks and errors.

/// The severity of a remark or an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Level {
    /// The manifest is refused.
    #[default]
    Error,
    /// A guard would refuse it, but the user let it through.
    Allowed,
    /// It breaks a policy that only warns.
    Warning,
    /// Information.
    Note,
}

impl Level {
    /// The word before the message.
    #[must_use]
    pub fn heading(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Allowed => "let through",
            Self::Warning => "warning",
            Self::Note => "note",
        }
    }
}
