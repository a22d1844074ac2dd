//! Profiles of a local cluster.

use std::fmt;

/// The profile of a local cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LocalProfile {
    /// One broker without authentication.
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
