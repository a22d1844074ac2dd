//! Keys, as they are pressed.
//!
//! The terminal is asked not to wait for whole lines and not to show what is typed. It is put back as
//! it was when [`Keys`] are dropped; Ctrl-C stays a signal.

use std::future::pending;
use std::io::{self, IsTerminal as _, Read as _, stdin};

use rustix::process::getpgrp;
use rustix::termios::{
    LocalModes, OptionalActions, SpecialCodeIndex, Termios, tcgetattr, tcgetpgrp, tcsetattr,
};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use crate::cli::terminal::Terminal;

/// A key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::cli) enum Key {
    /// One that writes something.
    Char(char),
    /// Enter.
    Enter,
    /// Escape.
    Escape,
    /// Backspace.
    Backspace,
}

/// What is typed at the terminal.
pub(super) struct Keys {
    pressed: UnboundedReceiver<Key>,
    before: Termios,
}

impl Keys {
    /// None where nobody can type, or where another program has the terminal.
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
        // It is left behind in its last read: that cannot be stopped, and ends with the program.
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

    /// The next key; never, once nobody can type any more.
    pub(super) async fn next(&mut self) -> Key {
        match self.pressed.recv().await {
            Some(key) => key,
            None => pending().await,
        }
    }
}

impl Drop for Keys {
    fn drop(&mut self) {
        // A terminal that is gone needs nothing any more.
        let _ = tcsetattr(stdin(), OptionalActions::Now, &self.before);
    }
}

/// A program in the background is stopped when it changes its terminal.
fn is_in_background() -> bool {
    tcgetpgrp(stdin()).is_ok_and(|foreground| foreground != getpgrp())
}

/// What one read brought. A key that writes nothing, such as an arrow, comes as a sequence after an
/// escape.
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
