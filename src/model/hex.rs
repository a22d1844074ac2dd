//! Bytes as hexadecimal digits.

use std::fmt::Write as _;

use sha2::{Digest as _, Sha256};

/// Two digits for each byte, in lower case.
#[must_use]
pub fn hex(bytes: impl AsRef<[u8]>) -> String {
    let bytes = bytes.as_ref().iter();
    bytes.fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}"); // a String takes everything
        text
    })
}

/// A file name for a text: the first bytes of its SHA-256.
#[must_use]
pub fn digest(text: &str, bytes: usize) -> String {
    hex(&Sha256::digest(text)[..bytes])
}
