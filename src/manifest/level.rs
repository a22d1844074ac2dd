//! How much a remark or an error weighs.

/// How much a remark, or an error, weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Level {
    /// The manifest is refused.
    #[default]
    Error,
    /// A guard that was let through.
    Allowed,
    /// A rule of the manifest's own, broken, that only warns.
    Warning,
    /// Good to know.
    Note,
}

impl Level {
    /// What stands before the message.
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
