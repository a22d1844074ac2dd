//! The data directory of a native broker: whose it is, whether it is formatted, and its end.
//!
//! A file `.tonkafka` marks a directory as ours, and says whether formatting was completed. What has
//! not been formatted holds no data and may be cleaned up; what has been is removed only when asked.

use std::fs;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use crate::model::topic::TopicId;

use super::error::LocalError;
use super::files;
use super::properties;

const MARKER: &str = ".tonkafka";
const BEGUN: &str = "formatting\n";
const FORMATTED: &str = "formatted\n";
/// The least free space that a start needs, in bytes.
const LEAST_FREE: u64 = 1 << 30;

/// What a data directory is like before a start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Found {
    /// Not there, or empty.
    New,
    /// Ours, with a format that was cut off.
    HalfFormatted,
    /// Ours, with data.
    Formatted,
}

/// A data directory by its real path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct DataDir(PathBuf);

impl DataDir {
    /// Opens a directory for a start; makes it, for its owner only, if it is not there.
    pub(super) fn open(path: &Path) -> Result<(Self, Found), LocalError> {
        let failed = |error| LocalError::file("use", path, error);
        let mut builder = fs::DirBuilder::new();
        let made = builder.recursive(true).mode(0o700).create(path);
        made.map_err(failed)?;
        let directory = Self(fs::canonicalize(path).map_err(failed)?);
        let found = directory.look()?;
        check_space(&directory.0)?;
        Ok((directory, found))
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }

    fn look(&self) -> Result<Found, LocalError> {
        match fs::read_to_string(self.marker()).ok().as_deref() {
            Some(FORMATTED) => Ok(Found::Formatted),
            Some(_) => Ok(Found::HalfFormatted),
            None if self.is_empty() => Ok(Found::New),
            None => Err(LocalError::ForeignData(self.0.clone())),
        }
    }

    fn is_empty(&self) -> bool {
        let mut entries = fs::read_dir(&self.0).into_iter().flatten().flatten();
        entries.all(|entry| {
            let name = entry.file_name();
            // The second is what a killed start may leave of the marker.
            name == "lost+found" || name.to_string_lossy().starts_with(MARKER)
        })
    }

    fn marker(&self) -> PathBuf {
        self.0.join(MARKER)
    }

    /// Says that formatting begins, on a directory without data: what a cut-off one left is removed.
    pub(super) fn begin_format(&self) -> Result<(), LocalError> {
        files::replace(&self.marker(), BEGUN.as_bytes())?;
        for name in ["meta.properties", "bootstrap.checkpoint"] {
            let _ = fs::remove_file(self.0.join(name));
        }
        let _ = fs::remove_dir_all(self.0.join("__cluster_metadata-0"));
        Ok(())
    }

    /// Says that formatting is complete.
    pub(super) fn end_format(&self) -> Result<(), LocalError> {
        files::replace(&self.marker(), FORMATTED.as_bytes())
    }

    /// The `cluster.id` that it was formatted with.
    pub(super) fn cluster_id(&self) -> Option<String> {
        let text = fs::read_to_string(self.0.join("meta.properties")).ok()?;
        properties::value(&text, "cluster.id").map(str::to_owned)
    }
}

/// Removes a data directory that a start has marked. Symbolic links in it are removed, not followed;
/// one in its own place is refused. Says whether there was one.
pub(super) fn delete(path: &Path) -> Result<bool, LocalError> {
    let Ok(metadata) = fs::symlink_metadata(path) else {
        return Ok(false);
    };
    let marker = fs::symlink_metadata(path.join(MARKER));
    if !metadata.is_dir() || !marker.is_ok_and(|marker| marker.is_file()) {
        return Err(LocalError::ForeignData(path.to_owned()));
    }
    fs::remove_dir_all(path).map_err(|error| LocalError::file("delete", path, error))?;
    Ok(true)
}

fn check_space(path: &Path) -> Result<(), LocalError> {
    let stat = rustix::fs::statvfs(path)
        .map_err(|error| LocalError::file("measure", path, error.into()))?;
    let free = stat.f_bavail.saturating_mul(stat.f_frsize);
    if free >= LEAST_FREE {
        return Ok(());
    }
    Err(LocalError::DiskFull {
        path: path.to_owned(),
        free_mib: free >> 20,
    })
}

/// A random id as Kafka prints it. One that starts with `-` would be taken for an option.
pub(super) fn random_cluster_id() -> Result<String, LocalError> {
    use std::io::Read;
    let source = Path::new("/dev/urandom");
    let failed = |error| LocalError::file("read", source, error);
    let mut random = fs::File::open(source).map_err(failed)?;
    loop {
        let mut bytes = [0; 16];
        random.read_exact(&mut bytes).map_err(failed)?;
        let id = TopicId(bytes).to_string();
        if !id.starts_with('-') {
            return Ok(id);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_marked_directories_are_used_and_deleted() {
        let above = tempfile::tempdir().unwrap();
        let path = above.path().join("data");
        let (data, found) = DataDir::open(&path).unwrap();
        assert_eq!(found, Found::New);

        fs::write(path.join("thesis.txt"), "years of work").unwrap();
        assert!(matches!(
            DataDir::open(&path),
            Err(LocalError::ForeignData(_))
        ));
        assert!(matches!(delete(&path), Err(LocalError::ForeignData(_))));
        assert!(path.join("thesis.txt").exists());

        data.begin_format().unwrap();
        assert_eq!(DataDir::open(&path).unwrap().1, Found::HalfFormatted);
        data.end_format().unwrap();
        assert_eq!(DataDir::open(&path).unwrap().1, Found::Formatted);
        assert!(delete(&path).unwrap());
        assert!(!delete(&path).unwrap());
    }

    #[test]
    fn links_are_not_followed() {
        let above = tempfile::tempdir().unwrap();
        let (data, outside) = (above.path().join("data"), above.path().join("outside"));
        fs::create_dir(&outside).unwrap();
        fs::write(outside.join("kept"), "").unwrap();
        let (opened, _) = DataDir::open(&data).unwrap();
        opened.begin_format().unwrap();
        std::os::unix::fs::symlink(&outside, data.join("link")).unwrap();
        let link_to_data = above.path().join("link");
        std::os::unix::fs::symlink(&data, &link_to_data).unwrap();
        assert!(matches!(
            delete(&link_to_data),
            Err(LocalError::ForeignData(_))
        ));
        assert!(delete(&data).unwrap());
        assert!(outside.join("kept").exists());
    }

    #[test]
    fn ids_are_kafkas() {
        let id = random_cluster_id().unwrap();
        assert_eq!(id.len(), 22);
        assert_ne!(id, random_cluster_id().unwrap());
    }
}
