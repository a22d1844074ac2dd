//! Ctrl-C and SIGTERM while a command writes.

use tokio::signal::unix::{SignalKind, signal};

use super::exit::Exit;
use super::print;
use crate::apply::{Stop, StopHandle};

/// Handles signals: the first requests the stop, the second exits at once.
///
/// # Errors
/// The system refuses signal handlers.
pub(super) fn listen() -> std::io::Result<Stop> {
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
