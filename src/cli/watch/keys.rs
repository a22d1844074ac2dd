//! Reads keys as they are pressed.
//!
//! The terminal stops waiting for whole lines and echoing. Dropping [`Keys`] restores it. Ctrl-C
//! stays a signal.

use std::future::pending;
use std::io::{self, IsTerminal as _, Read as _, stdin};

use rustix::process::getpgrp;
use rustix::termios::{
    LocalModes, OptionalActions, SpecialCodeIndex, Termios, tcgetattr, tcgetpgrp, tcsetattr,
};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use crate::cli::terminal::Terminal;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::cli) enum Key {
    /// A printable character.
    Char(char),
    Enter,
    Escape,
    Backspace,
}

/// The keys pressed at the terminal.
pub(super) struct Keys {
    pressed: UnboundedReceiver<Key>,
    before: Termios,
}

impl Keys {
    /// Starts reading; none without a terminal on both sides, or if another program has the
    /// terminal.
    pub(super) fn of(terminal: &Terminal) -> io::Result<Option<Self>> {
        let is_drawn = terminal.height().is_some() && !terminal.output.is_data();
        if !is_drawn || !stdin().is_terminal() || is_in_background() {
            return Ok(None);
        }
        let before = tcgetattr(stdin())?;
        let mut modes = before.clone();
        modes.local_modes -= LocalModes::ICANON | LocalModes::ECHO;
        modes.special_codes[SpecialCodeIndex::VMIN] = 1;
        modes.special_codes[SpecialCodeIndex::VTIME] = 0;
        tcsetattr(stdin(), OptionalActions::Now, &modes)?;
        let (sender, pressed) = unbounded_channel();
        // The thread stays in its last read, which cannot be stopped, until the program ends.
        std::thread::spawn(move || {
            let mut bytes = [0; 64];
            while let Ok(count @ 1..) = stdin().read(&mut bytes) {
                let keys = keys(&bytes[..count]);
                if keys.into_iter().any(|key| sender.send(key).is_err()) {
                    return;
                }
            }
        });
        Ok(Some(Self { pressed, before }))
    }

    /// The next key; waits forever once stdin has ended.
    pub(super) async fn next(&mut self) -> Key {
        match self.pressed.recv().await {
            Some(key) => key,
            None => pending().await,
        }
    }
}

impl Drop for Keys {
    fn drop(&mut self) {
        // The terminal may be gone.
        let _ = tcsetattr(stdin(), OptionalActions::Now, &self.before);
    }
}

/// Whether this program runs in the background: changing the terminal would stop it.
fn is_in_background() -> bool {
    tcgetpgrp(stdin()).is_ok_and(|foreground| foreground != getpgrp())
}

/// The keys of one read. A sequence after an escape, such as that of an arrow key, is ignored.
fn keys(bytes: &[u8]) -> Vec<Key> {
    if bytes.len() > 1 && bytes[0] == 0x1b {
        return Vec::new();
    }
    let key = |c| match c {
        '\r' | '\n' => Some(Key::Enter),
        '\u{1b}' => Some(Key::Escape),
        '\u{8}' | '\u{7f}' => Some(Key::Backspace),
        c if c.is_control() => None,
        c => Some(Key::Char(c)),
    };
    String::from_utf8_lossy(bytes)
        .chars()
        .filter_map(key)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sequences_are_no_keys() {
        assert_eq!(keys(b"\x1b[A"), []);
        assert_eq!(keys(b"\x1b"), [Key::Escape]);
        assert_eq!(keys("é\r".as_bytes()), [Key::Char('é'), Key::Enter]);
        assert_eq!(keys(b"\x7f\x01"), [Key::Backspace]);
    }
}
