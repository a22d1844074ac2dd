//! How a local cluster is laid out.

use std::fmt;

/// How a local cluster is laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LocalProfile {
    /// One broker that everybody may use.
    #[default]
    Single,
    /// One broker with TLS, users and ACLs.
    Secure,
}

impl fmt::Display for LocalProfile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Single => "single",
            Self::Secure => "secure",
        })
    }
}
