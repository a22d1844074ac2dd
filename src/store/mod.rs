//! Files: those of tonkafka's own, private and seen whole or not at all, and those that a user names.
//!
//! - [`Output`]: a file that a user named for output
//!
//! Traps: a file that is renamed into place is only there for good once its directory was synced too; a
//! name that was free a moment ago may be taken by now, so names are taken by [`create`] and never
//! looked for first.

mod output;
mod sibling;

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, Read as _, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;

pub use self::output::{FileIdentity, Output, followed};
use self::sibling::{OURS, Sibling, parent};
pub use self::sibling::{place, sync_directory};

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

/// Makes a directory for state, and those above it, for their owner only (0700). Those of ours that are
/// there and open to others, as earlier versions made them, are closed to them.
///
/// # Errors
/// The file system's.
pub fn directory(path: &Path) -> io::Result<()> {
    private_directories(path)?;
    let is_ours = |directory: &Path| directory.file_name() == Some(OsStr::new(OURS));
    let topmost = path.ancestors().position(is_ours).unwrap_or(0);
    for directory in path.ancestors().take(topmost + 1) {
        // What is in there is private by itself, so a file system without modes is no obstacle.
        let _ = close_to_others(directory);
    }
    Ok(())
}

fn private_directories(path: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true).mode(0o700).create(path)
}

fn close_to_others(directory: &Path) -> io::Result<()> {
    // What a link leads to is somebody's choice.
    let metadata = fs::symlink_metadata(directory)?;
    let mode = metadata.permissions().mode();
    let is_mine = metadata.uid() == rustix::process::geteuid().as_raw();
    if metadata.is_dir() && is_mine && mode & 0o077 != 0 {
        fs::set_permissions(directory, fs::Permissions::from_mode(mode & 0o7700))?;
    }
    Ok(())
}

/// What is in a directory, by name; nothing where there is no such directory.
///
/// # Errors
/// The file system's.
pub fn list(directory: &Path) -> io::Result<Vec<PathBuf>> {
    let entries = match fs::read_dir(directory) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut paths: Vec<PathBuf> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .collect();
    paths.sort_unstable();
    Ok(paths)
}

/// Writes a file of our own that only its owner may read: whoever opens `path` finds the old file or
/// the new one, never a part. Creates the directories above it.
///
/// # Errors
/// The file system's. The old file is then untouched.
pub fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    private_directories(parent(path))?;
    let mut sibling = Sibling::of(path)?;
    sibling.file.write_all(bytes)?;
    sibling.file.sync_all()?;
    sibling.replace(path)?;
    sync_directory(path)
}

/// As [`replace`], for what may be lost when the machine goes down: nobody waits for the disk.
///
/// # Errors
/// The file system's. The old file is then untouched.
pub fn cache(path: &Path, bytes: &[u8]) -> io::Result<()> {
    private_directories(parent(path))?;
    let mut sibling = Sibling::of(path)?;
    sibling.file.write_all(bytes)?;
    sibling.replace(path)
}

/// Makes a private file of state at `path`, whole and on the disk, where there is none of that name.
/// It is held, as [`hold`] does, for as long as the result lives. Creates the directories above it.
///
/// # Errors
/// The file system's; of the kind `AlreadyExists` where the name is taken.
pub fn create(path: &Path, bytes: &[u8]) -> io::Result<File> {
    directory(parent(path))?;
    let mut sibling = Sibling::of(path)?;
    sibling.file.lock()?;
    sibling.file.write_all(bytes)?;
    sibling.file.sync_all()?;
    let file = sibling.file.try_clone()?;
    sibling.place(path)?;
    sync_directory(path)?;
    Ok(file)
}

/// Makes something under `name`, or where that is taken under `name-2`, `name-3` and so on; after the
/// number `after`, of which 0 is before the name itself.
///
/// # Errors
/// Those of `make`, but for names that are taken.
pub fn first_free<T>(
    name: &str,
    after: u32,
    mut make: impl FnMut(&str) -> io::Result<T>,
) -> io::Result<T> {
    let mut number = after + 1;
    loop {
        let tried = match number {
            1 => make(name),
            more => make(&format!("{name}-{more}")),
        };
        match tried {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => number += 1,
            tried => return tried,
        }
    }
}

/// Waits until nobody else holds a file, and holds it for as long as the result lives. None where there
/// is no such file.
///
/// # Errors
/// The file system's.
pub fn hold(path: &Path) -> io::Result<Option<File>> {
    loop {
        let file = match open_at_once(path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        file.lock()?;
        if is_at(&file, path)? {
            return Ok(Some(file));
        }
    }
}

/// Whether an open file still is the one of this name: another may have taken its place.
///
/// # Errors
/// The file system's.
pub fn is_at(file: &File, path: &Path) -> io::Result<bool> {
    let opened = file.metadata()?;
    match fs::metadata(path) {
        Ok(named) => Ok((opened.dev(), opened.ino()) == (named.dev(), named.ino())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

/// Removes files that nobody holds. What cannot be removed does no harm.
pub fn forget<'p>(paths: impl IntoIterator<Item = &'p PathBuf>) {
    for path in paths {
        if let Ok(file) = File::open(path)
            && file.try_lock().is_ok()
        {
            let _ = fs::remove_file(path);
        }
    }
}

/// A plain file, opened for reading; none where it is anything else. Nobody is waited for: a pipe is as
/// good as its other end.
///
/// # Errors
/// The file system's.
pub fn open_plain(path: &Path) -> io::Result<Option<File>> {
    let file = open_at_once(path)?;
    Ok(file.metadata()?.is_file().then_some(file))
}

fn open_at_once(path: &Path) -> io::Result<File> {
    let at_once = OFlags::NONBLOCK.bits().cast_signed();
    let mut options = fs::OpenOptions::new();
    options.read(true).custom_flags(at_once).open(path)
}

/// The text of a plain file of at most `most` MiB. A pipe is refused rather than waited for, and a file
/// that is too large before it is read.
///
/// # Errors
/// The file system's, or why it is refused.
pub fn read_text(path: &Path, most: u64) -> io::Result<String> {
    let bytes = read_bytes(path, most)?;
    String::from_utf8(bytes).map_err(|_| io::Error::other("it is not UTF-8"))
}

/// The bytes of a plain file of at most `most` MiB, as [`read_text`] reads it.
///
/// # Errors
/// The file system's, or why it is refused.
pub fn read_bytes(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    let file = open_plain(path)?.ok_or_else(|| io::Error::other("it is no plain file"))?;
    let large = || io::Error::other(format!("it is larger than {most} MiB"));
    let most_bytes = most << 20;
    if file.metadata()?.len() > most_bytes {
        return Err(large());
    }
    let mut bytes = Vec::new();
    file.take(most_bytes + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > most_bytes {
        return Err(large());
    }
    Ok(bytes)
}

/// A file that only grows, and that its writer holds locked for as long as it lives. The system lets
/// go of the lock when the process ends, however it ends: so a log that nobody holds is finished or
/// was cut off.
#[derive(Debug)]
pub struct AppendLog {
    file: File,
    torn: bool,
}

impl AppendLog {
    /// Makes a private log that begins with `first`. It appears whole, synced and held, or not at
    /// all. Creates the directories above it.
    ///
    /// # Errors
    /// The file system's; of the kind `AlreadyExists` where the name is taken.
    pub fn create(path: &Path, first: &[u8]) -> io::Result<Self> {
        let file = create(path, first)?;
        Ok(Self { file, torn: false })
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

    /// Adds `text`, whole lines, at the end. It is not on the disk before [`AppendLog::sync`] returns.
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

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    fn names(directory: &Path) -> Vec<String> {
        let paths = list(directory).unwrap().into_iter();
        paths
            .map(|path| path.file_name().unwrap().to_string_lossy().into_owned())
            .collect()
    }

    #[test]
    fn of_many_at_once_each_finds_a_name_of_its_own() {
        let directory = tempfile::tempdir().unwrap();
        let at = |name: &str| directory.path().join(name);
        std::thread::scope(|scope| {
            for number in 0..40 {
                let at = &at;
                scope.spawn(move || {
                    let bytes = format!("{number}");
                    first_free("one", 0, |name| create(&at(name), bytes.as_bytes())).unwrap();
                });
            }
        });
        let names = names(directory.path());
        assert_eq!(names.len(), 40, "{names:?}");
        let texts = names
            .iter()
            .map(|name| fs::read_to_string(at(name)).unwrap());
        let texts: std::collections::BTreeSet<String> = texts.collect();
        assert_eq!(texts.len(), 40);
    }

    #[test]
    fn a_name_that_is_taken_is_not_taken_again() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("one");
        let held = create(&path, b"first").unwrap();
        for taken in [
            create(&path, b"second"),
            AppendLog::create(&path, b"").map(|log| log.file),
        ] {
            assert_eq!(taken.unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        }
        assert_eq!(fs::read_to_string(&path).unwrap(), "first");
        assert_eq!(names(directory.path()), ["one"]);
        assert_eq!(mode(&path), 0o600);

        forget([&path]);
        assert!(path.exists(), "it is held");
        drop(held);
        forget([&path]);
        assert!(!path.exists());
    }

    #[test]
    fn a_held_file_that_another_replaced_is_held_anew() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("one");
        assert!(hold(&path).unwrap().is_none());
        fs::write(&path, "old").unwrap();
        let old = hold(&path).unwrap().unwrap();
        let waiting = std::thread::scope(|scope| {
            let waiting = scope.spawn(|| hold(&path).unwrap().unwrap());
            replace(&path, b"new").unwrap();
            assert!(!is_at(&old, &path).unwrap());
            drop(old);
            waiting.join().unwrap()
        });
        assert!(is_at(&waiting, &path).unwrap());
    }

    #[test]
    fn directories_of_ours_are_closed_to_others_and_no_others_are() {
        let directory = tempfile::tempdir().unwrap();
        let home = directory.path().join("tonkafka/home");
        let ours = home.join("state/tonkafka");
        fs::create_dir_all(ours.join("backups")).unwrap();
        for path in [&home, &ours, &ours.join("backups")] {
            fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
        }
        create(&ours.join("backups/cluster/one"), b"").unwrap();
        for path in [&ours, &ours.join("backups"), &ours.join("backups/cluster")] {
            assert_eq!(mode(path), 0o700, "{}", path.display());
        }
        assert_eq!(mode(&home), 0o755);

        replace(&directory.path().join("config/tonkafka/config.toml"), b"").unwrap();
        assert_eq!(mode(&directory.path().join("config/tonkafka")), 0o700);
    }

    #[test]
    fn what_fails_leaves_nothing_and_changes_nothing() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("one");
        fs::create_dir(&path).unwrap();
        assert!(replace(&path, b"new").is_err());
        assert_eq!(names(directory.path()), ["one"]);
    }
}
