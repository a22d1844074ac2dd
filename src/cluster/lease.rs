//! The lock of a cluster: only one process that asks for it applies at a time.
//!
//! It is a lease: the cluster takes it back if the holder dies or is silent for too long. A process
//! that was paused may have lost it, so call [`Lease::check`] right before each write.

use std::fmt;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::ClusterError;

/// The holder of the lock, as it describes itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Holder {
    /// The user's name.
    pub user: String,
    /// The machine's name.
    pub host: String,
    /// The process id there.
    pub process: u32,
    /// When it acquired the lock, RFC 3339.
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

/// Why the lock was not acquired.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LeaseError {
    /// Somebody else holds the lock.
    #[error("another apply holds the lock of this cluster: {0}")]
    Held(String),
    /// The cluster could not be asked.
    #[error(transparent)]
    Cluster(#[from] ClusterError),
}

/// The lock was lost, or the cluster cannot confirm that it is still held.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the lock is lost: {0}")]
pub struct LeaseLost(pub String);

/// A held lock.
#[async_trait]
pub trait Lease: Send + Sync {
    /// Asks the cluster whether the lock is still held.
    async fn check(&self) -> Result<(), LeaseLost>;

    /// Releases the lock. If the cluster cannot be reached, it takes the lock back after a while.
    async fn release(self: Box<Self>);
}
