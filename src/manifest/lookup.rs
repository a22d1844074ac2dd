//! Values of references: environment variables and files. Beside `sources`, the only part of this room
//! that reads anything.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::Path;

use super::variables::{MAX_VALUE_BYTES, NoValue, Reference};

/// The value of a reference: the variable's value, or the file's content. A pipe is refused rather than
/// waited for.
///
/// # Errors
/// The variable or file does not exist, or the file cannot be read.
pub fn look_up(reference: &Reference) -> Result<Vec<u8>, NoValue> {
    match reference {
        Reference::Env(name) => variable(name),
        Reference::File { path, manifest } => file(&directory_of(manifest).join(path)),
    }
}

/// The directory that relative paths in a manifest start from.
pub(super) fn directory_of(manifest: &str) -> &Path {
    Path::new(manifest).parent().unwrap_or(Path::new(""))
}

fn variable(name: &str) -> Result<Vec<u8>, NoValue> {
    let value = std::env::var_os(name).ok_or(NoValue::Missing)?;
    Ok(value.into_encoded_bytes())
}

fn file(path: &Path) -> Result<Vec<u8>, NoValue> {
    let metadata = fs::metadata(path).map_err(|error| no_value(&error))?;
    if !metadata.is_file() {
        return Err(NoValue::Unreadable("it is no plain file".to_owned()));
    }
    let file = File::open(path).map_err(|error| no_value(&error))?;
    let mut bytes = Vec::new();
    file.take(MAX_VALUE_BYTES + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| no_value(&error))?;
    Ok(bytes)
}

fn no_value(error: &io::Error) -> NoValue {
    match error.kind() {
        io::ErrorKind::NotFound => NoValue::Missing,
        _ => NoValue::Unreadable(error.to_string()),
    }
}
