//! What was typed so far.

use std::ffi::OsString;

/// The words typed so far, starting with the program. At least one, which may be empty, follows it.
pub(super) fn words() -> Vec<OsString> {
    let mut words: Vec<OsString> = std::env::args_os()
        .skip_while(|word| word != "--")
        .skip(1)
        .collect();
    while words.len() < 2 {
        words.push(OsString::new());
    }
    words
}
