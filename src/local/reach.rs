//! How clients get to a local cluster.

use super::error::LocalError;
use super::secure::{AdminLogin, Secrets};
use super::state::StartedCluster;

/// Where a local cluster is, and how to get in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reach {
    /// `host:port`.
    pub bootstrap: String,
    /// The admin's login; none where everybody gets in.
    pub login: Option<AdminLogin>,
}

impl Reach {
    /// How to reach a cluster that was started.
    ///
    /// # Errors
    /// Its secrets are gone or cannot be read.
    pub fn of(record: &StartedCluster) -> Result<Self, LocalError> {
        let login = match &record.security {
            None => None,
            Some(secured) => {
                let secrets = Secrets::load(&secured.directory)?;
                let gone = || LocalError::Secrets(secured.directory.clone());
                Some(secrets.ok_or_else(gone)?.login()?)
            }
        };
        Ok(Self {
            bootstrap: record.bootstrap.clone(),
            login,
        })
    }
}
