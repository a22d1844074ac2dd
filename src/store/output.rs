//! Files that a user names for output.
//!
//! A device, a pipe and a descriptor of this process (`/dev/stdout`, `/dev/fd/3`) are written to, and
//! never replaced. A symbolic link is followed. A plain file is written whole or not at all, and one
//! that is there keeps its owner and its mode.
//!
//! Trap: as root `/dev/null` can be replaced like any other file.

use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, Seek as _, Write};
use std::os::fd::AsFd as _;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, fchown};
use std::path::{Component, Path, PathBuf};

use tempfile::NamedTempFile;

use super::files::{beside, parent, sync_directory};

/// The largest number of links that are followed, as in the system.
const LINKS: usize = 40;

/// A file that a user named for output, while it is written. Before the first byte nothing is created
/// or changed. A regular file is unchanged until [`Output::finish`].
#[derive(Debug)]
pub struct Output {
    /// Its path, with links resolved.
    path: PathBuf,
    to: To,
    /// Whether it is made private (0600), whatever its mode was.
    is_private: bool,
    /// Whether it must not exist.
    is_new: bool,
}

#[derive(Debug)]
enum To {
    /// A device, a pipe or a descriptor, which is written to directly.
    Stream(File),
    /// An existing regular file, opened for writing.
    Plain(File),
    /// No file yet.
    Nothing,
    /// A regular file under a temporary name.
    Begun {
        sibling: NamedTempFile,
        old: Option<File>,
    },
}

impl Output {
    /// Opens a new file, or one to be replaced.
    ///
    /// # Errors
    /// It is a directory, or may not be written; the file system's.
    pub fn open(path: &Path) -> io::Result<Self> {
        let path = followed(path)?;
        let to = match opened(&path) {
            Ok(file) if is_descriptor(&path) => To::Stream(file),
            Ok(file) if file.metadata()?.is_file() => To::Plain(file),
            Ok(file) => To::Stream(file),
            Err(error) if error.kind() == io::ErrorKind::NotFound && !is_descriptor(&path) => {
                To::Nothing
            }
            Err(error) if error.kind() == io::ErrorKind::IsADirectory => {
                return Err(io::Error::new(error.kind(), "it is a directory"));
            }
            Err(error) => return Err(error),
        };
        Ok(Self {
            path,
            to,
            is_private: false,
            is_new: false,
        })
    }

    /// Opens a regular file that does not exist yet. Devices, pipes and descriptors are accepted.
    ///
    /// # Errors
    /// As [`Output::open`]; `AlreadyExists` for an existing regular file.
    pub fn open_new(path: &Path) -> io::Result<Self> {
        let output = Self::open(path)?;
        if matches!(output.to, To::Plain(_)) {
            let words = "it is there already";
            return Err(io::Error::new(io::ErrorKind::AlreadyExists, words));
        }
        Ok(Self {
            is_new: true,
            ..output
        })
    }

    /// Makes a regular file private (0600), whatever its mode was. New files always are.
    #[must_use]
    pub fn private(self) -> Self {
        Self {
            is_private: true,
            ..self
        }
    }

    /// Writes all bytes and finishes.
    ///
    /// # Errors
    /// As [`Output::finish`].
    pub fn write(mut self, bytes: &[u8]) -> io::Result<()> {
        self.write_all(bytes)?;
        self.finish()
    }

    /// Finishes the file. A regular file is on the disk when this returns.
    ///
    /// # Errors
    /// The file system's. An existing regular file is then unchanged, unless it could only be
    /// overwritten in place.
    pub fn finish(mut self) -> io::Result<()> {
        self.begin()?;
        let Self {
            path,
            to,
            is_private,
            is_new,
        } = self;
        match to {
            To::Begun { sibling, old } => {
                sibling.as_file().sync_all()?;
                match old {
                    Some(old) => put(&sibling, &path, &old, is_private)?,
                    None if is_new => drop(sibling.persist_noclobber(&path)?),
                    None => drop(sibling.persist(&path)?),
                }
                sync_directory(&path)
            }
            To::Stream(_) | To::Plain(_) | To::Nothing => Ok(()),
        }
    }

    /// Creates the temporary file.
    fn begin(&mut self) -> io::Result<()> {
        let old = match std::mem::replace(&mut self.to, To::Nothing) {
            To::Nothing => None,
            To::Plain(old) => Some(old),
            begun @ (To::Stream(_) | To::Begun { .. }) => {
                self.to = begun;
                return Ok(());
            }
        };
        if old.is_none() {
            fs::create_dir_all(parent(&self.path))?;
        }
        self.to = match (beside(&self.path), old) {
            (Ok(sibling), old) => To::Begun { sibling, old },
            // If no file may be created in the directory, the existing one can still be overwritten.
            (Err(error), Some(old)) if is_no_room_beside(&error) => {
                old.set_len(0)?;
                narrow(&old, self.is_private)?;
                To::Stream(old)
            }
            (Err(error), _) => return Err(error),
        };
        Ok(())
    }
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.begin()?;
        match &mut self.to {
            To::Stream(file) | To::Plain(file) => file.write(bytes),
            To::Begun { sibling, .. } => sibling.as_file().write(bytes),
            To::Nothing => Ok(0),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The file that a path leads to, with links resolved: two paths with the same identity are the same
/// file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FileIdentity {
    /// An existing regular file: device and inode.
    There(u64, u64),
    /// A file that does not exist; holds its resolved path.
    Nothing(PathBuf),
}

impl FileIdentity {
    /// The identity of a regular file, existing or not. None for a device, a pipe, a descriptor or a
    /// directory, which are never replaced.
    #[must_use]
    pub fn of(path: &Path) -> Option<Self> {
        let path = followed(path).ok()?;
        if is_descriptor(&path) {
            return None;
        }
        match fs::metadata(&path) {
            Ok(found) if found.is_file() => Some(Self::There(found.dev(), found.ino())),
            Ok(_) => None,
            Err(_) => Some(Self::Nothing(settled(&path))),
        }
    }
}

/// The path without links and `..`, as far as it exists.
fn settled(path: &Path) -> PathBuf {
    let there = path.ancestors().find_map(|ancestor| {
        let real = ancestor.canonicalize().ok()?;
        Some((real, path.strip_prefix(ancestor).ok()?))
    });
    let Some((mut real, rest)) = there else {
        return path.to_owned();
    };
    for part in rest.components() {
        match part {
            Component::ParentDir => {
                real.pop();
            }
            part => real.push(part),
        }
    }
    real
}

/// Resolves links, whether or not the file exists. A descriptor is not resolved: its file may have no
/// name.
///
/// # Errors
/// The file system's; links in a circle.
pub fn followed(path: &Path) -> io::Result<PathBuf> {
    let mut path = std::path::absolute(path)?;
    for _ in 0..LINKS {
        if is_descriptor(&path) {
            return Ok(path);
        }
        match fs::symlink_metadata(&path) {
            Ok(metadata) if metadata.is_symlink() => {
                path = parent(&path).join(fs::read_link(&path)?);
            }
            // The error is reported when it is opened.
            _ => return Ok(path),
        }
    }
    Err(rustix::io::Errno::LOOP.into())
}

/// Whether this is the path of a descriptor of a process.
fn is_descriptor(path: &Path) -> bool {
    let parts: Vec<&str> = path
        .components()
        .filter(|part| *part != Component::RootDir)
        .map(|part| part.as_os_str().to_str().unwrap_or_default())
        .collect();
    let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    match parts.as_slice() {
        ["dev", "fd", number] | ["proc", _, "fd", number] => is_number(number),
        _ => false,
    }
}

/// Opens an existing file for writing, without truncating it.
fn opened(path: &Path) -> io::Result<File> {
    // Descriptors of this process have a position, which a second opening would not share.
    let is_ours = |name: &str| {
        [Path::new("/dev/fd"), Path::new("/proc/self/fd")]
            .iter()
            .any(|directory| path == directory.join(name))
    };
    if is_ours("1") {
        return Ok(io::stdout().as_fd().try_clone_to_owned()?.into());
    }
    if is_ours("2") {
        return Ok(io::stderr().as_fd().try_clone_to_owned()?.into());
    }
    OpenOptions::new()
        .write(true)
        .append(is_descriptor(path))
        .open(path)
}

/// Replaces the existing file by a finished sibling with the same owner and mode. If that is not
/// possible, overwrites the existing file in place.
fn put(sibling: &NamedTempFile, path: &Path, old: &File, is_private: bool) -> io::Result<()> {
    let metadata = old.metadata()?;
    let replaced = if metadata.nlink() > 1 {
        Err(io::ErrorKind::PermissionDenied.into())
    } else {
        owned_as(sibling.as_file(), &metadata, is_private).and_then(|()| fs::rename(sibling, path))
    };
    match replaced {
        Err(error) if is_no_room_beside(&error) => copy(sibling, old, is_private),
        replaced => replaced,
    }
}

fn owned_as(file: &File, old: &Metadata, is_private: bool) -> io::Result<()> {
    let new = file.metadata()?;
    if (new.uid(), new.gid()) != (old.uid(), old.gid()) {
        fchown(file, Some(old.uid()), Some(old.gid()))?;
    }
    let mode = if is_private {
        0o600
    } else {
        old.mode() & 0o7777
    };
    file.set_permissions(fs::Permissions::from_mode(mode))
}

fn copy(sibling: &NamedTempFile, mut old: &File, is_private: bool) -> io::Result<()> {
    narrow(old, is_private)?;
    old.set_len(0)?;
    let mut new = sibling.as_file();
    new.rewind()?;
    io::copy(&mut new, &mut old)?;
    old.sync_all()
}

fn narrow(file: &File, is_private: bool) -> io::Result<()> {
    if is_private {
        file.set_permissions(fs::Permissions::from_mode(0o600))?;
    }
    Ok(())
}

/// Whether the error means that a file cannot be created, chowned or renamed there: a read-only
/// directory, another owner, or a mounted file.
fn is_no_room_beside(error: &io::Error) -> bool {
    use io::ErrorKind as Kind;
    matches!(
        error.kind(),
        Kind::PermissionDenied
            | Kind::ReadOnlyFilesystem
            | Kind::ResourceBusy
            | Kind::CrossesDevices
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::{FileTypeExt as _, symlink};

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().mode() & 0o777
    }

    fn write(path: &Path, text: &str) -> io::Result<()> {
        Output::open(path)?.write(text.as_bytes())
    }

    fn names(directory: &Path) -> Vec<String> {
        let paths = crate::store::list(directory).unwrap().into_iter();
        paths
            .map(|path| path.file_name().unwrap().to_string_lossy().into_owned())
            .collect()
    }

    #[test]
    fn a_new_file_is_private_and_one_that_is_there_keeps_its_mode() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("below/one");
        write(&path, "first").unwrap();
        assert_eq!(mode(&path), 0o600);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        write(&path, "2").unwrap();
        assert_eq!(
            (fs::read_to_string(&path).unwrap().as_str(), mode(&path)),
            ("2", 0o640)
        );
        Output::open(&path).unwrap().private().write(b"3").unwrap();
        assert_eq!(mode(&path), 0o600);
        assert_eq!(names(path.parent().unwrap()), ["one"]);
    }

    #[test]
    fn nothing_is_changed_before_it_is_whole() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("one");
        let mut output = Output::open(&path).unwrap();
        assert!(names(directory.path()).is_empty());
        output.write_all(b"a part").unwrap();
        drop(output);
        assert!(names(directory.path()).is_empty());
        fs::write(&path, "old").unwrap();
        let mut output = Output::open(&path).unwrap();
        output.write_all(b"a part").unwrap();
        drop(output);
        assert_eq!(fs::read_to_string(&path).unwrap(), "old");
        write(&path, "").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "");
    }

    #[test]
    fn a_link_is_followed_also_to_what_is_not_there_yet() {
        let directory = tempfile::tempdir().unwrap();
        let at = |name: &str| directory.path().join(name);
        symlink("other", at("link")).unwrap();
        symlink("link", at("again")).unwrap();
        for text in ["first", "second"] {
            write(&at("again"), text).unwrap();
            assert_eq!(fs::read_to_string(at("other")).unwrap(), text);
        }
        assert!(at("link").is_symlink() && at("again").is_symlink());
        symlink("round", at("round")).unwrap();
        let error = write(&at("round"), "").unwrap_err();
        assert_eq!(
            error.raw_os_error(),
            Some(rustix::io::Errno::LOOP.raw_os_error())
        );
    }

    #[test]
    fn a_file_of_several_names_keeps_them() {
        let directory = tempfile::tempdir().unwrap();
        let (path, other) = (directory.path().join("one"), directory.path().join("two"));
        fs::write(&path, "longer than the new one").unwrap();
        fs::hard_link(&path, &other).unwrap();
        write(&path, "new").unwrap();
        assert_eq!(fs::read_to_string(&other).unwrap(), "new");
        assert_eq!(names(directory.path()), ["one", "two"]);
    }

    #[test]
    fn a_directory_and_what_is_there_already_are_refused() {
        let directory = tempfile::tempdir().unwrap();
        let error = write(directory.path(), "").unwrap_err();
        assert_eq!(error.to_string(), "it is a directory");
        let path = directory.path().join("one");
        let (one, other) = (
            Output::open_new(&path).unwrap(),
            Output::open_new(&path).unwrap(),
        );
        one.write(b"one").unwrap();
        assert_eq!(
            other.write(b"other").unwrap_err().kind(),
            io::ErrorKind::AlreadyExists
        );
        assert_eq!(
            Output::open_new(&path).unwrap_err().kind(),
            io::ErrorKind::AlreadyExists
        );
        assert_eq!(fs::read_to_string(&path).unwrap(), "one");
        assert_eq!(names(directory.path()), ["one"]);
    }

    #[test]
    fn a_pipe_and_a_descriptor_are_written_to() {
        use std::io::Read as _;
        use std::os::fd::AsRawFd as _;
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("pipe");
        rustix::fs::mknodat(
            rustix::fs::CWD,
            &path,
            rustix::fs::FileType::Fifo,
            rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR,
            0,
        )
        .unwrap();
        let read = std::thread::scope(|scope| {
            let reader = scope.spawn(|| fs::read_to_string(&path).unwrap());
            write(&path, "through").unwrap();
            reader.join().unwrap()
        });
        assert_eq!(read, "through");
        assert!(fs::metadata(&path).unwrap().file_type().is_fifo());

        let mut file = tempfile::tempfile().unwrap();
        file.write_all(b"before ").unwrap();
        let name = format!("/dev/fd/{}", file.as_raw_fd());
        write(Path::new(&name), "after").unwrap();
        let mut text = String::new();
        file.rewind().unwrap();
        file.read_to_string(&mut text).unwrap();
        assert_eq!(text, "before after");
        assert!(write(Path::new("/dev/fd/98765"), "").is_err());
    }
}
