//! Files of tonkafka's own: private, and seen whole or not at all.
//!
//! Trap: a file that is renamed into place is only there for good once its directory was synced too.

use std::fs;
use std::io::{self, Read as _, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// The directory of what is kept of a cluster below `root`. Its name is safe whatever the id is.
#[must_use]
pub fn of_cluster(root: &Path, cluster_id: &str) -> PathBuf {
    let safe = |letter: char| letter.is_ascii_alphanumeric() || letter == '_' || letter == '-';
    let name: String = cluster_id
        .chars()
        .map(|letter| match letter {
            letter if safe(letter) => letter.to_string(),
            other => format!("%{:x}", u32::from(other)),
        })
        .collect();
    root.join(name)
}

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

/// The text of a plain file of at most `most` MiB. A pipe is refused rather than waited for, and a file
/// that is too large before it is read.
///
/// # Errors
/// The file system's, or why it is refused.
pub fn read_text(path: &Path, most: u64) -> io::Result<String> {
    let metadata = fs::metadata(path)?;
    if !metadata.is_file() {
        return Err(io::Error::other("it is no plain file"));
    }
    let large = || io::Error::other(format!("it is larger than {most} MiB"));
    let most_bytes = most << 20;
    if metadata.len() > most_bytes {
        return Err(large());
    }
    let mut bytes = Vec::new();
    let file = fs::File::open(path)?;
    file.take(most_bytes + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > most_bytes {
        return Err(large());
    }
    String::from_utf8(bytes).map_err(|_| io::Error::other("it is not UTF-8"))
}

/// A file that only grows, and that its writer holds locked for as long as it lives. The system lets
/// go of the lock when the process ends, however it ends: so a log that nobody holds is finished or
/// was cut off.
#[derive(Debug)]
pub struct Log {
    file: fs::File,
    torn: bool,
}

impl Log {
    /// Makes a private log that begins with `first`. It appears whole, synced and held, or not at
    /// all. Creates the directories above it.
    ///
    /// # Errors
    /// The file system's.
    pub fn create(path: &Path, first: &[u8]) -> io::Result<Self> {
        let directory = path.parent().unwrap_or(Path::new("."));
        fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(directory)?;
        let sibling = path.with_extension("new");
        let made = Self::begin(&sibling, first).and_then(|log| {
            fs::rename(&sibling, path)?;
            fs::File::open(directory)?.sync_all()?;
            Ok(log)
        });
        if made.is_err() {
            // What is left of a failed try; the failure itself is what is told.
            let _ = fs::remove_file(&sibling);
        }
        made
    }

    fn begin(path: &Path, first: &[u8]) -> io::Result<Self> {
        let file = fs::OpenOptions::new()
            .append(true)
            .create_new(true)
            .mode(0o600)
            .open(path)?;
        file.lock()?;
        let mut log = Self { file, torn: false };
        log.append(first)?;
        log.sync()?;
        Ok(log)
    }

    /// A log that its writer left; none while a writer holds it.
    ///
    /// # Errors
    /// The file system's.
    pub fn take_over(path: &Path) -> io::Result<Option<Self>> {
        let file = fs::OpenOptions::new().append(true).read(true).open(path)?;
        match file.try_lock() {
            // Its last line may be a part of one.
            Ok(()) => Ok(Some(Self { file, torn: true })),
            Err(fs::TryLockError::WouldBlock) => Ok(None),
            Err(fs::TryLockError::Error(error)) => Err(error),
        }
    }

    /// Adds `text`, whole lines, at the end. It is not on the disk before [`Log::sync`] returns.
    ///
    /// # Errors
    /// The file system's. A part may have been written.
    pub fn append(&mut self, text: &[u8]) -> io::Result<()> {
        if std::mem::replace(&mut self.torn, true) {
            self.file.write_all(b"\n")?;
        }
        self.file.write_all(text)?;
        self.torn = false;
        Ok(())
    }

    /// Returns when all that was added is on the disk.
    ///
    /// # Errors
    /// The file system's.
    pub fn sync(&self) -> io::Result<()> {
        self.file.sync_data()
    }
}
