//! Files of tonkafka's own: private, and seen whole or not at all.
//!
//! Trap: a file that is renamed into place is only there for good once its directory was synced too.

use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// Writes a file that only its owner may read, through a temporary sibling and a rename: whoever
/// opens `path` finds the old file or the new one, never a part. Creates the directories above it.
///
/// # Errors
/// The file system's. The old file is then untouched.
pub fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let directory = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    fs::create_dir_all(directory)?;
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}", std::process::id()));
    let sibling = path.with_file_name(name);
    let written = write_private(&sibling, bytes).and_then(|()| fs::rename(&sibling, path));
    if written.is_err() {
        // What is left of a failed try; the failure itself is what is told.
        let _ = fs::remove_file(&sibling);
    }
    written?;
    fs::File::open(directory)?.sync_all()
}

fn write_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}
