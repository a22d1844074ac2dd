//! Whether this process sent a change to a cluster.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

static SENT: AtomicBool = AtomicBool::new(false);

/// Whether this process sent a change to any cluster.
pub(super) fn anything_sent() -> bool {
    SENT.load(Ordering::SeqCst)
}

/// Whether one command sent a change.
#[derive(Debug, Clone, Default)]
pub(super) struct Sent(Arc<AtomicBool>);

impl Sent {
    pub(super) fn set(&self) {
        self.0.store(true, Ordering::SeqCst);
        SENT.store(true, Ordering::SeqCst);
    }

    pub(super) fn get(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }
}
