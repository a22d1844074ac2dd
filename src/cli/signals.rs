//! Signals, and Ctrl-C and SIGTERM while a command writes.

use std::future::poll_fn;
use std::io;
use std::task::Poll;

use tokio::signal::unix::{Signal, SignalKind, signal};

use super::exit::Exit;
use super::print;
use crate::apply::{Stop, StopHandle};

/// Signals that are caught.
pub(super) struct Signals(Vec<Signal>);

impl Signals {
    /// Catches signals from now on.
    ///
    /// # Errors
    /// The system refuses signal handlers.
    pub(super) fn listen(kinds: &[SignalKind]) -> io::Result<Self> {
        let signals = kinds.iter().map(|kind| signal(*kind));
        Ok(Self(signals.collect::<Result<_, _>>()?))
    }

    /// Waits for the next one.
    pub(super) async fn next(&mut self) {
        poll_fn(|context| {
            let mut signals = self.0.iter_mut();
            if signals.any(|signal| signal.poll_recv(context).is_ready()) {
                Poll::Ready(())
            } else {
                Poll::Pending
            }
        })
        .await;
    }
}

/// Handles signals: the first requests the stop, the second exits at once.
///
/// # Errors
/// The system refuses signal handlers.
pub(super) fn listen() -> io::Result<Stop> {
    let (handle, stop) = Stop::new();
    let mut signals = Signals::listen(&[SignalKind::interrupt(), SignalKind::terminate()])?;
    tokio::spawn(async move {
        let mut asked = false;
        loop {
            signals.next().await;
            if asked {
                leave();
            }
            asked = true;
            ask(&handle);
        }
    });
    Ok(stop)
}

fn ask(handle: &StopHandle) {
    print::err(
        "\nstopping: what was sent is finished and nothing more is sent; once more to leave at once\n",
    );
    handle.stop();
}

#[expect(clippy::exit, reason = "the user asked twice")]
fn leave() -> ! {
    let exit = if print::anything_sent() {
        Exit::Unknown
    } else {
        Exit::Interrupted
    };
    std::process::exit(exit as i32)
}
