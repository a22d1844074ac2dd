//! Files that are seen whole or not at all.

use std::fs;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use super::error::LocalError;

/// Writes a file that only its owner may read, through a temporary sibling and a rename. Creates the
/// directories above it.
pub(super) fn replace(path: &Path, bytes: &[u8]) -> Result<(), LocalError> {
    let failed = |error| LocalError::file("write", path, error);
    if let Some(directory) = path.parent() {
        fs::create_dir_all(directory).map_err(failed)?;
    }
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}", std::process::id()));
    let sibling = path.with_file_name(name);
    write_private(&sibling, bytes)
        .and_then(|()| fs::rename(&sibling, path))
        .map_err(failed)
}

fn write_private(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut file = fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}
