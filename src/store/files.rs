//! Private files of this program, and reading of files from elsewhere.

use std::ffi::OsStr;
use std::fs::{self, File, TryLockError};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;
use tempfile::{Builder, NamedTempFile, TempPath};

/// The name of this program's directories in those of the XDG base directory rules.
const OURS: &str = "tonkafka";

/// The source of random bytes.
pub const RANDOM: &str = "/dev/urandom";

/// The directory that a file is in.
pub(super) fn parent(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

/// A new private temporary file in the directory of `path`. It is removed unless it is given a name.
pub(super) fn beside(path: &Path) -> io::Result<NamedTempFile> {
    let mut options = fs::OpenOptions::new();
    // Logs are opened for appending only.
    options.append(true).read(true).create_new(true).mode(0o600);
    // Process ids are not unique: containers may share a directory.
    Builder::new()
        .prefix(&format!(".{OURS}-"))
        .rand_bytes(16)
        .make_in(parent(path), |path| options.open(path))
}

/// Renames a file, unless the new name is taken.
///
/// # Errors
/// The file system's; `AlreadyExists` if the name is taken. The file then keeps its old name.
pub fn place(from: &Path, to: &Path) -> io::Result<()> {
    let mut from = TempPath::try_from_path(from)?;
    from.disable_cleanup(true);
    Ok(from.persist_noclobber(to)?)
}

/// Syncs the directory of `path` to the disk.
///
/// # Errors
/// The file system's.
pub fn sync_directory(path: &Path) -> io::Result<()> {
    use io::ErrorKind::{InvalidInput, PermissionDenied};
    match File::open(parent(path)).and_then(|directory| directory.sync_all()) {
        // The directory may be writable only, or its file system cannot sync directories.
        Err(error) if matches!(error.kind(), PermissionDenied | InvalidInput) => Ok(()),
        synced => synced,
    }
}

/// Random bytes of the system, fit for passwords.
///
/// # Errors
/// `/dev/urandom` cannot be read.
pub fn random<const BYTES: usize>() -> io::Result<[u8; BYTES]> {
    let mut bytes = [0; BYTES];
    File::open(RANDOM)?.read_exact(&mut bytes)?;
    Ok(bytes)
}

/// Creates a private directory (0700) for state, with its parents. Existing directories of this program
/// that others may read, as earlier versions created them, are made private.
///
/// # Errors
/// The file system's.
pub fn directory(path: &Path) -> io::Result<()> {
    private_directories(path)?;
    let is_ours = |directory: &Path| directory.file_name() == Some(OsStr::new(OURS));
    let topmost = path.ancestors().position(is_ours).unwrap_or(0);
    for directory in path.ancestors().take(topmost + 1) {
        // The files in it are private anyway, so a file system without modes is no error.
        let _ = close_to_others(directory);
    }
    Ok(())
}

fn private_directories(path: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true).mode(0o700).create(path)
}

fn close_to_others(directory: &Path) -> io::Result<()> {
    // The target of a link was chosen by the user.
    let metadata = fs::symlink_metadata(directory)?;
    let mode = metadata.permissions().mode();
    let is_mine = metadata.uid() == rustix::process::geteuid().as_raw();
    if metadata.is_dir() && is_mine && mode & 0o077 != 0 {
        fs::set_permissions(directory, fs::Permissions::from_mode(mode & 0o7700))?;
    }
    Ok(())
}

/// The entries of a directory, sorted by name; empty if it does not exist.
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

/// Replaces a private file atomically: a reader of `path` sees the old file or the new one, never a
/// part. Creates parent directories.
///
/// # Errors
/// The file system's. The old file is then unchanged.
pub fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    private_directories(parent(path))?;
    let file = beside(path)?;
    file.as_file().write_all(bytes)?;
    file.as_file().sync_all()?;
    file.persist(path)?;
    sync_directory(path)
}

/// As [`replace`], but without waiting for the disk, for data that may be lost in a crash of the
/// machine.
///
/// # Errors
/// The file system's. The old file is then unchanged.
pub fn cache(path: &Path, bytes: &[u8]) -> io::Result<()> {
    private_directories(parent(path))?;
    let file = beside(path)?;
    file.as_file().write_all(bytes)?;
    file.persist(path)?;
    Ok(())
}

/// Removes a file, if it exists.
///
/// # Errors
/// The file system's.
pub fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Locks a file, waiting for other holders, for as long as the result lives. None if it does not exist.
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

/// Locks a private lock file for as long as the result lives; none if another process holds it. Creates
/// it and its parent directories.
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

/// Locks a file for as long as it is open; false if another process holds it.
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

/// Whether an open file still has this name, and was not replaced.
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

/// Opens a regular file for reading; none for anything else. Never blocks: a pipe would wait for its
/// writer.
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

/// Reads the text of a regular file of at most `most` MiB. A pipe is refused rather than waited for; a
/// file that is too large is refused before it is read.
///
/// # Errors
/// The file system's, or why the file is refused.
pub fn read_text(path: &Path, most: u64) -> io::Result<String> {
    let bytes = read_bytes(path, most)?;
    String::from_utf8(bytes).map_err(|_| io::Error::other("it is not UTF-8"))
}

/// Reads the bytes of a regular file of at most `most` MiB, as [`read_text`] does.
///
/// # Errors
/// The file system's, or why the file is refused.
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
