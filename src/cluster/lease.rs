//! The lock of a cluster: one apply at a time, among those that ask for it.
//!
//! It is a lease that the cluster takes back when its holder dies or is silent for too long. So a
//! holder that was paused may have lost it: ask [`Lease::check`] right before each write.

use std::fmt;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::ClusterError;

/// Who holds the lock, as the holder itself says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Holder {
    /// The user's name.
    pub user: String,
    /// The machine's name.
    pub host: String,
    /// The process id there.
    pub process: u32,
    /// Since when, RFC 3339.
    pub since: String,
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            user,
            host,
            process,
            since,
        } = self;
        write!(f, "{user} on {host}, process {process}, since {since}")
    }
}

/// Why there is no lease.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LeaseError {
    /// Somebody else holds the lock.
    #[error("another apply holds the lock of this cluster: {0}")]
    Held(String),
    /// The cluster could not be asked.
    #[error(transparent)]
    Cluster(#[from] ClusterError),
}

/// The lock is not held any more, or that it is cannot be confirmed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the lock is lost: {0}")]
pub struct LeaseLost(pub String);

/// A held lock.
#[async_trait]
pub trait Lease: Send + Sync {
    /// Asks the cluster whether the lock is still held.
    async fn check(&self) -> Result<(), LeaseLost>;

    /// Gives it back. Where the cluster cannot be told, it takes the lock back by itself.
    async fn release(self: Box<Self>);
}
