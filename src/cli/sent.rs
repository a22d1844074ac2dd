//! Whether anything was sent that changes a cluster.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Whether this process has sent anything to a cluster that changes it.
static SENT: AtomicBool = AtomicBool::new(false);

/// Whether anything was sent to a cluster that changes it.
pub(super) fn anything_sent() -> bool {
    SENT.load(Ordering::SeqCst)
}

/// Says whether anything was sent yet.
#[derive(Debug, Clone, Default)]
pub(super) struct Sent(Arc<AtomicBool>);

impl Sent {
    /// Something was sent.
    pub(super) fn set(&self) {
        self.0.store(true, Ordering::SeqCst);
        SENT.store(true, Ordering::SeqCst);
    }

    pub(super) fn get(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }
}
