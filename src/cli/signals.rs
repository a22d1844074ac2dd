//! Ctrl-C and SIGTERM while something is written.

use tokio::signal::unix::{SignalKind, signal};

use super::exit::Exit;
use super::print;
use super::sent::Sent;
use crate::apply::{Stop, StopHandle};

/// Who listens for signals, and whether anything was sent by then.
pub(super) struct Signals {
    /// Whether a stop was asked for.
    pub(super) stop: Stop,
    /// Whether anything was sent.
    pub(super) sent: Sent,
}

/// The first signal asks for a stop, the second leaves at once.
///
/// # Errors
/// The system does not let signals be handled.
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
