//! The data directory of a native broker: its owner, its state, and its deletion.
//!
//! A file `.tonkafka` marks a directory as ours, and says whether formatting was completed. A
//! directory that was not formatted has no data and may be cleaned up; formatted data is deleted
//! only on request. Data keeps its profile: formatting creates the users of a secure cluster, and a
//! start without `--profile secure` must not open it to everybody.

use std::fs;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use crate::model::topic::TopicId;

use super::error::LocalError;
use super::{LocalProfile, files, properties};
use crate::store;

const MARKER: &str = ".tonkafka";
const BEGUN: &str = "formatting";
const FORMATTED: &str = "formatted";
/// The subdirectory of Kafka's own files in a secure cluster, apart from its secrets: Kafka takes
/// every directory beside its files for a partition.
const APART: &str = "kafka";
/// The smallest free space for a start, in bytes.
const LEAST_FREE: u64 = 1 << 30;

/// The state of a data directory before a start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Found {
    /// It does not exist, or is empty.
    New,
    /// It is this program's; formatting was not completed.
    HalfFormatted,
    /// It is this program's, and contains data.
    Formatted,
}

/// A data directory, by its resolved path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct DataDir {
    path: PathBuf,
    profile: LocalProfile,
}

impl DataDir {
    /// Opens a directory for a start; creates it as a private one if it does not exist.
    pub(super) fn open(path: &Path, profile: LocalProfile) -> Result<(Self, Found), LocalError> {
        let failed = |error| LocalError::file("use", path, error);
        let mut builder = fs::DirBuilder::new();
        let made = builder.recursive(true).mode(0o700).create(path);
        made.map_err(failed)?;
        let path = fs::canonicalize(path).map_err(failed)?;
        let directory = Self { path, profile };
        let found = directory.look()?;
        check_space(&directory.path)?;
        Ok((directory, found))
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn profile(&self) -> LocalProfile {
        self.profile
    }

    /// The directory of Kafka's own files.
    pub(super) fn logs(&self) -> PathBuf {
        match self.profile {
            LocalProfile::Single => self.path.clone(),
            LocalProfile::Secure => self.path.join(APART),
        }
    }

    fn look(&self) -> Result<Found, LocalError> {
        let Ok(marker) = fs::read_to_string(self.marker()) else {
            if self.is_empty() {
                return Ok(Found::New);
            }
            return Err(LocalError::ForeignData(self.path.clone()));
        };
        let mut profiles = [LocalProfile::Single, LocalProfile::Secure].into_iter();
        match profiles.find(|profile| marker == mark(FORMATTED, *profile)) {
            None => Ok(Found::HalfFormatted),
            Some(profile) if profile == self.profile => Ok(Found::Formatted),
            Some(made_with) => Err(LocalError::OtherProfile {
                path: self.path.clone(),
                made_with,
            }),
        }
    }

    fn is_empty(&self) -> bool {
        let mut entries = fs::read_dir(&self.path).into_iter().flatten().flatten();
        entries.all(|entry| {
            let name = entry.file_name();
            // A killed start may leave a temporary file of the marker.
            name == "lost+found" || name.to_string_lossy().starts_with(MARKER)
        })
    }

    fn marker(&self) -> PathBuf {
        self.path.join(MARKER)
    }

    /// Marks the start of formatting, and removes the rest of an incomplete one. The directory must
    /// have no data.
    pub(super) fn begin_format(&self) -> Result<(), LocalError> {
        files::replace(&self.marker(), mark(BEGUN, self.profile).as_bytes())?;
        for name in ["meta.properties", "bootstrap.checkpoint"] {
            let _ = fs::remove_file(self.path.join(name));
        }
        for name in ["__cluster_metadata-0", APART] {
            let _ = fs::remove_dir_all(self.path.join(name));
        }
        let logs = self.logs();
        store::directory(&logs).map_err(|error| LocalError::file("use", &logs, error))
    }

    /// Marks that formatting is complete.
    pub(super) fn end_format(&self) -> Result<(), LocalError> {
        files::replace(&self.marker(), mark(FORMATTED, self.profile).as_bytes())
    }

    /// The `cluster.id` of the formatted data.
    pub(super) fn cluster_id(&self) -> Option<String> {
        let text = fs::read_to_string(self.logs().join("meta.properties")).ok()?;
        properties::value(&text, "cluster.id").map(str::to_owned)
    }
}

/// The content of the marker.
fn mark(state: &str, profile: LocalProfile) -> String {
    match profile {
        LocalProfile::Single => format!("{state}\n"),
        LocalProfile::Secure => format!("{state} {profile}\n"),
    }
}

/// Deletes a data directory with this program's marker. Symbolic links in it are removed, not followed;
/// a directory that is a link is refused. Returns whether it existed.
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

/// 128 random bits.
pub(super) fn random() -> Result<[u8; 16], LocalError> {
    store::random().map_err(|error| LocalError::file("read", Path::new(store::RANDOM), error))
}

/// A random id as Kafka prints it. One that starts with `-` would be taken for an option.
pub(super) fn random_cluster_id() -> Result<String, LocalError> {
    loop {
        let id = TopicId(random()?).to_string();
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
        let (data, found) = DataDir::open(&path, LocalProfile::Single).unwrap();
        assert_eq!(found, Found::New);

        fs::write(path.join("thesis.txt"), "years of work").unwrap();
        assert!(matches!(
            DataDir::open(&path, LocalProfile::Single),
            Err(LocalError::ForeignData(_))
        ));
        assert!(matches!(delete(&path), Err(LocalError::ForeignData(_))));
        assert!(path.join("thesis.txt").exists());

        data.begin_format().unwrap();
        assert_eq!(
            DataDir::open(&path, LocalProfile::Single).unwrap().1,
            Found::HalfFormatted
        );
        data.end_format().unwrap();
        assert_eq!(
            DataDir::open(&path, LocalProfile::Single).unwrap().1,
            Found::Formatted
        );
        assert!(delete(&path).unwrap());
        assert!(!delete(&path).unwrap());
    }

    #[test]
    fn data_keeps_its_profile() {
        let above = tempfile::tempdir().unwrap();
        let path = above.path().join("data");
        let (data, _) = DataDir::open(&path, LocalProfile::Secure).unwrap();
        data.begin_format().unwrap();
        let logs = data.logs();
        assert_eq!(logs.file_name().unwrap(), APART);
        fs::write(logs.join("meta.properties"), "cluster.id=x\n").unwrap();
        assert_eq!(data.cluster_id(), Some("x".into()));
        // A half formatted directory may change its profile; nothing is left in it.
        let (single, found) = DataDir::open(&path, LocalProfile::Single).unwrap();
        assert_eq!(found, Found::HalfFormatted);
        single.begin_format().unwrap();
        assert!(!logs.exists());
        data.begin_format().unwrap();
        data.end_format().unwrap();
        let (_, found) = DataDir::open(&path, LocalProfile::Secure).unwrap();
        assert_eq!(found, Found::Formatted);
        let other = DataDir::open(&path, LocalProfile::Single).unwrap_err();
        assert!(other.hint().starts_with("pass `--profile secure`, "));
        single.end_format().unwrap();
        let other = DataDir::open(&path, LocalProfile::Secure).unwrap_err();
        assert!(other.hint().starts_with("pass `--profile single`, "));
    }

    #[test]
    fn links_are_not_followed() {
        let above = tempfile::tempdir().unwrap();
        let (data, outside) = (above.path().join("data"), above.path().join("outside"));
        fs::create_dir(&outside).unwrap();
        fs::write(outside.join("kept"), "").unwrap();
        let (opened, _) = DataDir::open(&data, LocalProfile::Single).unwrap();
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
