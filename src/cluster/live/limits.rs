//! Limits of requests: how long a connection and a pause may take, and how many are sent at once.

use std::time::Duration;

/// Requests in flight.
pub(super) const PARALLEL: usize = 4;

/// The pause between two tries of a read.
pub(super) const RETRY_PAUSE: Duration = Duration::from_millis(100);

/// The longest time for opening one TCP connection, within the time-out.
pub(super) const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
