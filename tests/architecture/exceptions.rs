//! Today's exceptions from the rules.

/// Names that several types have, with their files.
pub const HOMONYMS: &[&str] = &[];
