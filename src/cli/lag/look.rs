//! What one look at groups found.

use crate::model::lag::Lags;

/// Groups at one moment.
pub(super) struct Look {
    pub(super) lags: Lags,
    /// When it was, in milliseconds since 1970.
    pub(super) now_ms: i64,
    /// What kept something out of it.
    pub(super) error: Option<anyhow::Error>,
}
