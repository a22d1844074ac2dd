//! A new file beside the one whose place or name it takes when it is whole.

use std::fs::{self, File};
use std::hash::{BuildHasher, RandomState};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, RenameFlags, renameat_with};
use rustix::io::Errno;

/// What the directories of our own are called below those of the XDG base directory rules.
pub(super) const OURS: &str = "tonkafka";

/// The directory that a file is in.
pub(super) fn parent(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

/// Gives a file its name, if that is free.
///
/// # Errors
/// The file system's; of the kind `AlreadyExists` where the name is taken.
pub fn place(from: &Path, to: &Path) -> io::Result<()> {
    match renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE) {
        // A file system that cannot; most of those have hard links, which do as well.
        Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => {
            fs::hard_link(from, to)?;
            fs::remove_file(from)
        }
        renamed => Ok(renamed?),
    }
}

/// Waits until the disk knows what is in the directory of `path`.
///
/// # Errors
/// The file system's.
pub fn sync_directory(path: &Path) -> io::Result<()> {
    let synced = File::open(parent(path)).and_then(|directory| directory.sync_all());
    match synced {
        // One that may be written and not read, or a file system that has no such thing.
        Err(error)
            if matches!(
                error.kind(),
                io::ErrorKind::PermissionDenied | io::ErrorKind::InvalidInput
            ) =>
        {
            Ok(())
        }
        synced => synced,
    }
}

/// A new private file beside the one that it is to be. Without a name in the end it is removed.
#[derive(Debug)]
pub(super) struct Sibling {
    pub(super) path: PathBuf,
    pub(super) file: File,
}

impl Sibling {
    /// One for `path`, whose directory is there.
    pub(super) fn of(path: &Path) -> io::Result<Self> {
        loop {
            // Process ids are no names: containers that share a directory have the same ones.
            let chance = RandomState::new().hash_one(std::process::id());
            let path = parent(path).join(format!(".{OURS}-{chance:016x}"));
            let mut options = fs::OpenOptions::new();
            // A log is only ever added to.
            let options = options.append(true).read(true).create_new(true);
            match options.mode(0o600).open(&path) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                opened => {
                    let file = opened?;
                    return Ok(Self { path, file });
                }
            }
        }
    }

    /// Takes the place of whatever is at `path`.
    pub(super) fn replace(self, path: &Path) -> io::Result<()> {
        fs::rename(&self.path, path)
    }

    /// Takes the name `path`, if that is free.
    pub(super) fn place(self, path: &Path) -> io::Result<()> {
        place(&self.path, path)
    }
}

impl Drop for Sibling {
    fn drop(&mut self) {
        // There is none any more where it was given its name.
        let _ = fs::remove_file(&self.path);
    }
}
