//! The lag of groups at one moment.

use crate::model::lag::Lags;

/// Lag, as read once.
pub(super) struct Look {
    pub(super) lags: Lags,
    /// When it was read, in milliseconds since the epoch.
    pub(super) now_ms: i64,
    /// What could not be read.
    pub(super) error: Option<anyhow::Error>,
}
