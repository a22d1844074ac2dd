//! What this machine remembers: private files of one kind in a directory, with a directory for each
//! cluster.
//!
//! Trap: a name that was free a moment ago may be taken, so a name is reserved by [`Shelf::create`] and
//! never checked first.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use super::files::{beside, directory, list, parent, replace, sync_directory, try_lock};

/// The files of one kind in a directory.
#[derive(Debug, Clone)]
pub struct Shelf {
    directory: PathBuf,
    what: &'static str,
    ending: &'static str,
}

/// Why a file cannot be used: `cannot write the journal /…: No space left on device`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("cannot {action} {what}{path}: {reason}")]
pub struct StoreError {
    action: &'static str,
    what: &'static str,
    path: String,
    reason: String,
}

impl StoreError {
    /// `action` is a verb; `what` names the file and ends with a blank, or is empty.
    pub fn new(
        action: &'static str,
        what: &'static str,
        path: &Path,
        reason: &impl ToString,
    ) -> Self {
        Self {
            action,
            what,
            path: path.display().to_string(),
            reason: reason.to_string(),
        }
    }
}

impl Shelf {
    /// The files `*.<ending>` of a directory. Errors call one `what`, such as `the journal `.
    #[must_use]
    pub fn new(directory: PathBuf, what: &'static str, ending: &'static str) -> Self {
        Self {
            directory,
            what,
            ending,
        }
    }

    /// The shelf of one cluster, in a directory below. The directory's name is safe for any id.
    #[must_use]
    pub fn of_cluster(&self, cluster_id: &str) -> Self {
        let safe = |letter: char| letter.is_ascii_alphanumeric() || letter == '_' || letter == '-';
        let name: String = cluster_id
            .chars()
            .map(|letter| match letter {
                letter if safe(letter) => letter.to_string(),
                other => format!("%{:x}", u32::from(other)),
            })
            .collect();
        self.below(self.directory.join(name))
    }

    /// The shelves of all clusters that have files.
    ///
    /// # Errors
    /// The file system's.
    pub fn of_clusters(&self) -> Result<Vec<Self>, StoreError> {
        let paths = list(&self.directory).map_err(self.failed("read", &self.directory))?;
        let directories = paths.into_iter().filter(|path| path.is_dir());
        Ok(directories.map(|path| self.below(path)).collect())
    }

    fn below(&self, directory: PathBuf) -> Self {
        Self {
            directory,
            ..self.clone()
        }
    }

    /// The files, sorted by name; empty if the directory does not exist.
    ///
    /// # Errors
    /// The file system's.
    pub fn files(&self) -> Result<Vec<PathBuf>, StoreError> {
        let mut paths = list(&self.directory).map_err(self.failed("read", &self.directory))?;
        paths.retain(|path| path.extension() == Some(OsStr::new(self.ending)));
        Ok(paths)
    }

    /// The path of the file of this name.
    #[must_use]
    pub fn path(&self, name: &str) -> PathBuf {
        self.directory.join(format!("{name}.{}", self.ending))
    }

    /// The error for `action` on a file.
    pub fn failed<R: ToString>(
        &self,
        action: &'static str,
        path: &Path,
    ) -> impl Fn(R) -> StoreError {
        move |reason| StoreError::new(action, self.what, path, &reason)
    }

    /// Creates a file for the id `id`; if that is taken, for `id-2`, `id-3` and so on. Starts after the
    /// number `after`; 0 starts with the id itself. `make` returns the name and the content for an id.
    /// The file appears whole and is on the disk.
    ///
    /// # Errors
    /// The file system's.
    pub fn create<T: AsRef<[u8]>>(
        &self,
        id: &str,
        after: u32,
        mut make: impl FnMut(&str) -> (PathBuf, T),
    ) -> Result<HeldFile, StoreError> {
        let mut number = after + 1;
        loop {
            let (path, content) = match number {
                1 => make(id),
                more => make(&format!("{id}-{more}")),
            };
            match placed(&path, content.as_ref()) {
                Err(error) if error.kind() == ErrorKind::AlreadyExists => number += 1,
                Err(error) => return Err(self.failed("write", &self.directory)(error)),
                Ok(file) => return Ok(self.held(path, file, false)),
            }
        }
    }

    fn held(&self, path: PathBuf, file: File, is_torn: bool) -> HeldFile {
        HeldFile {
            path,
            file,
            what: self.what,
            is_torn,
        }
    }

    /// Locks a file that no process holds; none if one does, or if the file does not exist.
    ///
    /// # Errors
    /// The file system's.
    pub fn take_over(&self, path: &Path) -> Result<Option<HeldFile>, StoreError> {
        let opened = fs::OpenOptions::new().append(true).read(true).open(path);
        match opened.and_then(|file| Ok(try_lock(&file)?.then_some(file))) {
            // Its last line may be incomplete.
            Ok(file) => Ok(file.map(|file| self.held(path.to_owned(), file, true))),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(self.failed("read", path)(error)),
        }
    }

    /// Replaces the content of a file atomically.
    ///
    /// # Errors
    /// The file system's. The file is then unchanged.
    pub fn replace(&self, path: &Path, text: &str) -> Result<(), StoreError> {
        replace(path, text.as_bytes()).map_err(self.failed("write", path))
    }

    /// Removes files that no process holds. Errors are ignored.
    pub fn prune<'p>(&self, paths: impl IntoIterator<Item = &'p PathBuf>) {
        for path in paths {
            if let Ok(Some(held)) = self.take_over(path) {
                held.remove();
            }
        }
    }
}

/// Creates a file of a free name; it is locked before others can see it.
fn placed(path: &Path, content: &[u8]) -> io::Result<File> {
    directory(parent(path))?;
    let new = beside(path)?;
    let mut file = new.as_file();
    file.lock()?;
    file.write_all(content)?;
    file.sync_all()?;
    let file = new.persist_noclobber(path)?;
    sync_directory(path)?;
    Ok(file)
}

/// A locked file of a shelf. The system releases the lock when the process ends in any way, so a file
/// that no process holds is finished or was cut off, and may be removed.
#[derive(Debug)]
pub struct HeldFile {
    /// Its path.
    pub path: PathBuf,
    file: File,
    what: &'static str,
    /// Whether its last line may be incomplete.
    is_torn: bool,
}

impl HeldFile {
    /// Appends whole lines; with `is_synced`, they are on the disk when this returns.
    ///
    /// # Errors
    /// The file system's. A part may have been written.
    pub fn append(&mut self, lines: &str, is_synced: bool) -> Result<(), StoreError> {
        let written = self.try_append(lines, is_synced);
        written.map_err(|error| StoreError::new("write", self.what, &self.path, &error))
    }

    fn try_append(&mut self, lines: &str, is_synced: bool) -> io::Result<()> {
        if std::mem::replace(&mut self.is_torn, true) {
            self.file.write_all(b"\n")?;
        }
        self.file.write_all(lines.as_bytes())?;
        self.is_torn = false;
        if is_synced {
            self.file.sync_data()?;
        }
        Ok(())
    }

    /// Removes the file. Errors are ignored.
    pub fn remove(self) {
        let _ = fs::remove_file(self.path);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn names(directory: &Path) -> Vec<String> {
        let paths = list(directory).unwrap().into_iter();
        paths
            .map(|path| path.file_name().unwrap().to_string_lossy().into_owned())
            .collect()
    }

    #[test]
    fn of_many_at_once_each_finds_a_name_of_its_own() {
        let directory = tempfile::tempdir().unwrap();
        let shelf = Shelf::new(directory.path().to_owned(), "", "txt");
        std::thread::scope(|scope| {
            for number in 0..40 {
                let shelf = &shelf;
                scope.spawn(move || {
                    let make = |id: &str| (shelf.path(id), number.to_string());
                    shelf.create("one", 0, make).unwrap();
                });
            }
        });
        let names = names(directory.path());
        assert_eq!(names.len(), 40, "{names:?}");
        let texts = shelf.files().unwrap().into_iter();
        let texts: BTreeSet<String> = texts
            .map(|path| fs::read_to_string(path).unwrap())
            .collect();
        assert_eq!(texts.len(), 40);
    }

    #[test]
    fn a_name_that_is_taken_is_not_taken_again() {
        let directory = tempfile::tempdir().unwrap();
        let shelf = Shelf::new(directory.path().to_owned(), "", "txt");
        let held = shelf.create("one", 0, |id| (shelf.path(id), "1")).unwrap();
        let path = held.path.clone();
        let taken = placed(&path, b"2").unwrap_err();
        assert_eq!(taken.kind(), ErrorKind::AlreadyExists);
        assert_eq!(fs::read_to_string(&path).unwrap(), "1");
        assert_eq!(names(directory.path()), ["one.txt"]);
        let mode = fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);

        shelf.prune([&path]);
        assert!(path.exists(), "it is held");
        drop(held);
        shelf.prune([&path]);
        assert!(!path.exists());
    }

    #[test]
    fn a_file_that_was_cut_off_is_gone_on_with_in_a_line_of_its_own() {
        let directory = tempfile::tempdir().unwrap();
        let shelf = Shelf::new(directory.path().to_owned(), "the log ", "txt");
        let mut held = shelf
            .create("one", 0, |id| (shelf.path(id), "1\n"))
            .unwrap();
        held.append("2\n3", true).unwrap();
        let path = held.path.clone();
        assert!(shelf.take_over(&path).unwrap().is_none(), "it is held");
        drop(held);
        let mut held = shelf.take_over(&path).unwrap().unwrap();
        held.append("4\n", false).unwrap();
        held.append("5\n", false).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "1\n2\n3\n4\n5\n");
        held.remove();
        assert!(shelf.take_over(&path).unwrap().is_none());
        let error = shelf.failed("read", Path::new("x"))("it is cut off");
        assert_eq!(error.to_string(), "cannot read the log x: it is cut off");
    }
}
