//! Time limits of connections and retries, and the number of parallel requests.

use std::time::Duration;

/// Requests in flight.
pub(super) const PARALLEL: usize = 4;

/// The pause between two tries of a read.
pub(super) const RETRY_PAUSE: Duration = Duration::from_millis(100);

/// The longest time for opening one TCP connection, within the time-out.
pub(super) const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
