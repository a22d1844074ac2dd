//! Limits of requests: how long a connection and a pause may take, and how many are sent at once.

use std::time::Duration;

/// Requests on their way at once.
pub(super) const PARALLEL: usize = 4;

/// The pause between two tries of a read.
pub(super) const RETRY_PAUSE: Duration = Duration::from_millis(100);

/// How long one TCP connection may take to come up, where the time-out allows it.
pub(super) const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
