//! Ctrl-C and SIGTERM while a command writes.

use tokio::signal::unix::{SignalKind, signal};

use super::exit::Exit;
use super::print;
use super::sent::Sent;
use crate::apply::{Stop, StopHandle};

/// The stop that signals request, and whether anything was sent.
pub(super) struct Signals {
    pub(super) stop: Stop,
    pub(super) sent: Sent,
}

/// Handles signals: the first requests a stop, the second exits at once.
///
/// # Errors
/// The system refuses signal handlers.
pub(super) fn listen() -> std::io::Result<Signals> {
    let sent = Sent::default();
    let heard = sent.clone();
    let (handle, stop) = Stop::new();
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::spawn(async move {
        let mut asked = false;
        loop {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
            if asked {
                leave(&heard);
            }
            asked = true;
            ask(&handle);
        }
    });
    Ok(Signals { stop, sent })
}

fn ask(handle: &StopHandle) {
    print::err(
        "\nstopping: what was sent is finished and nothing more is sent; once more to leave at once\n",
    );
    handle.stop();
}

#[expect(clippy::exit, reason = "the user asked twice")]
fn leave(sent: &Sent) -> ! {
    let exit = if sent.get() {
        Exit::Unknown
    } else {
        Exit::Interrupted
    };
    std::process::exit(exit as i32)
}
