//! The wish to stop, from a signal to the executor.

use std::time::Duration;

use tokio::sync::watch;
use tokio::time::sleep;

/// How long what was already sent may take once a stop was asked for.
const GRACE: Duration = Duration::from_secs(3);

/// Asks for a stop.
#[derive(Debug)]
pub struct StopHandle(watch::Sender<bool>);

/// Knows whether a stop was asked for.
#[derive(Debug, Clone)]
pub struct Stop(watch::Receiver<bool>);

impl Stop {
    /// A stop that was not asked for yet, and the handle that asks for it.
    #[must_use]
    pub fn new() -> (StopHandle, Self) {
        let (sender, receiver) = watch::channel(false);
        (StopHandle(sender), Self(receiver))
    }

    /// Whether a stop was asked for.
    #[must_use]
    pub fn requested(&self) -> bool {
        *self.0.borrow()
    }

    /// Returns when a stop has been asked for; never if the handle is gone.
    pub(super) async fn wait(&self) {
        let mut receiver = self.0.clone();
        if receiver.wait_for(|stop| *stop).await.is_err() {
            std::future::pending::<()>().await;
        }
    }

    /// Returns when a stop was asked for and its grace has passed.
    pub(super) async fn overdue(&self) {
        self.passed(GRACE).await;
    }

    /// Returns when a stop was asked for and so long has passed since.
    pub(super) async fn passed(&self, since: Duration) {
        self.wait().await;
        sleep(since).await;
    }
}

impl StopHandle {
    /// Asks for a stop.
    pub fn stop(&self) {
        self.0.send_replace(true);
    }
}
