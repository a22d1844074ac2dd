//! How to connect to a local cluster.

use super::error::LocalError;
use super::secure::{AdminLogin, Secrets};
use super::state::StartedCluster;

/// Address and login of a local cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reach {
    /// `host:port`.
    pub bootstrap: String,
    /// The admin's login; none without authentication.
    pub login: Option<AdminLogin>,
}

impl Reach {
    /// Address and login of a cluster that was started.
    ///
    /// # Errors
    /// Its secrets are missing or cannot be read.
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
