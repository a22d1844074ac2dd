//! The request to stop early, from a signal to the executor.

use std::sync::LazyLock;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::sleep;

/// How long requests on their way may take after a request to stop.
const GRACE: Duration = Duration::from_secs(3);

/// What [`Stop::never`] returns.
static NEVER: LazyLock<Stop> = LazyLock::new(|| Stop::new().1);

/// Requests a stop.
#[derive(Debug)]
pub struct StopHandle(watch::Sender<bool>);

/// Tells whether a stop was requested.
#[derive(Debug, Clone)]
pub struct Stop(watch::Receiver<bool>);

impl Stop {
    /// A stop that is not requested, and its handle.
    #[must_use]
    pub fn new() -> (StopHandle, Self) {
        let (sender, receiver) = watch::channel(false);
        (StopHandle(sender), Self(receiver))
    }

    /// A stop that is never requested.
    #[must_use]
    pub fn never() -> &'static Self {
        &NEVER
    }

    /// Whether a stop was requested.
    #[must_use]
    pub fn requested(&self) -> bool {
        *self.0.borrow()
    }

    /// Returns when a stop is requested; never if the handle is dropped.
    pub(super) async fn wait(&self) {
        let mut receiver = self.0.clone();
        if receiver.wait_for(|stop| *stop).await.is_err() {
            std::future::pending::<()>().await;
        }
    }

    /// Returns when the grace period after a request to stop has passed.
    pub(super) async fn overdue(&self) {
        self.passed(GRACE).await;
    }

    /// Returns when this time after a request to stop has passed.
    pub(super) async fn passed(&self, since: Duration) {
        self.wait().await;
        sleep(since).await;
    }
}

impl StopHandle {
    /// Requests the stop.
    pub fn stop(&self) {
        self.0.send_replace(true);
    }
}
