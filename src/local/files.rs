//! Files and logs of a local cluster.

use std::fs;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

use super::error::LocalError;
use crate::store;

const LOG_END: u64 = 64 << 10;

/// [`store::replace`] with this room's error.
pub(super) fn replace(path: &Path, bytes: &[u8]) -> Result<(), LocalError> {
    store::replace(path, bytes).map_err(|error| LocalError::file("write", path, error))
}

/// Locks a file for as long as the result lives. Fails at once if another process holds it.
pub(super) fn lock(path: &Path) -> Result<fs::File, LocalError> {
    let locked = store::lock(path).map_err(|error| LocalError::file("lock", path, error))?;
    locked.ok_or(LocalError::Busy)
}

/// The last 15 lines of a log, within its last 64 KiB; empty if it does not exist.
pub(super) fn last_lines(path: &Path) -> String {
    let Ok(mut file) = fs::File::open(path) else {
        return String::new();
    };
    let length = file.metadata().map_or(0, |metadata| metadata.len());
    let start = SeekFrom::Start(length.saturating_sub(LOG_END));
    let mut bytes = Vec::new();
    let _ = file.seek(start).and_then(|_| file.read_to_end(&mut bytes));
    last_15(&String::from_utf8_lossy(&bytes))
}

/// The last 15 lines of a text.
pub(super) fn last_15(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(15)..].join("\n")
}
