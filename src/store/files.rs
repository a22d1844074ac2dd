//! Files of our own, and reading those of others.

use std::ffi::OsStr;
use std::fs::{self, File, TryLockError};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;
use sha2::{Digest as _, Sha256};
use tempfile::{Builder, NamedTempFile, TempPath};

/// What the directories of our own are called below those of the XDG base directory rules.
const OURS: &str = "tonkafka";

/// The directory that a file is in.
pub(super) fn parent(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

/// A new private file beside the one that it is to be. It is removed unless it gets a name.
pub(super) fn beside(path: &Path) -> io::Result<NamedTempFile> {
    let mut options = fs::OpenOptions::new();
    // Some are logs, which are only ever added to.
    options.append(true).read(true).create_new(true).mode(0o600);
    // Process ids are no names: containers that share a directory have the same ones.
    Builder::new()
        .prefix(&format!(".{OURS}-"))
        .rand_bytes(16)
        .make_in(parent(path), |path| options.open(path))
}

/// Gives a file its name, if that is free.
///
/// # Errors
/// The file system's; of the kind `AlreadyExists` where the name is taken. The file is where it was then.
pub fn place(from: &Path, to: &Path) -> io::Result<()> {
    let mut from = TempPath::try_from_path(from)?;
    from.disable_cleanup(true);
    Ok(from.persist_noclobber(to)?)
}

/// Waits until the disk knows what is in the directory of `path`.
///
/// # Errors
/// The file system's.
pub fn sync_directory(path: &Path) -> io::Result<()> {
    use io::ErrorKind::{InvalidInput, PermissionDenied};
    match File::open(parent(path)).and_then(|directory| directory.sync_all()) {
        // One that may be written and not read, or a file system that has no such thing.
        Err(error) if matches!(error.kind(), PermissionDenied | InvalidInput) => Ok(()),
        synced => synced,
    }
}

/// A file name for a text: the first bytes of its SHA-256, in hexadecimal.
#[must_use]
pub fn digest(text: &str, bytes: usize) -> String {
    let digest = Sha256::digest(text);
    let bytes = digest.iter().take(bytes);
    let digits: Vec<String> = bytes.map(|byte| format!("{byte:02x}")).collect();
    digits.concat()
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
    let file = beside(path)?;
    file.as_file().write_all(bytes)?;
    file.as_file().sync_all()?;
    file.persist(path)?;
    sync_directory(path)
}

/// As [`replace`], for what may be lost when the machine goes down: nobody waits for the disk.
///
/// # Errors
/// The file system's. The old file is then untouched.
pub fn cache(path: &Path, bytes: &[u8]) -> io::Result<()> {
    private_directories(parent(path))?;
    let file = beside(path)?;
    file.as_file().write_all(bytes)?;
    file.persist(path)?;
    Ok(())
}

/// Removes a file, if it is there.
///
/// # Errors
/// The file system's.
pub fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
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

/// Holds a private lock file for as long as the result lives; none while another process does. Creates it
/// and the directories above it.
///
/// # Errors
/// The file system's.
pub fn lock(path: &Path) -> io::Result<Option<File>> {
    directory(parent(path))?;
    let mut options = fs::OpenOptions::new();
    let options = options.write(true).create(true).truncate(false);
    let file = options.mode(0o600).open(path)?;
    Ok(try_lock(&file)?.then_some(file))
}

/// Locks a file for as long as it is open; false while another process has it.
///
/// # Errors
/// The file system's.
pub fn try_lock(file: &File) -> io::Result<bool> {
    match file.try_lock() {
        Ok(()) => Ok(true),
        Err(TryLockError::WouldBlock) => Ok(false),
        Err(TryLockError::Error(error)) => Err(error),
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
        lock(&ours.join("backups/cluster/one")).unwrap();
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
