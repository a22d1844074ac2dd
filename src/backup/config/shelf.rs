//! The backups that are kept on this machine, a file each below `<backups>/<cluster id>/`, named by id
//! and reason. A backup is held for as long as the change runs that it was taken for.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use jiff::{Timestamp, Unit};
use serde::Serialize;

use super::file::{self, LARGEST};
use crate::cluster::{Cluster, ClusterError};
use crate::model::backup::{Backup, Concerns, Omission, Why};
use crate::observe::everything::{Also, Taken, Title, read};
use crate::store;

/// How many a cluster keeps of those that were taken before a change.
pub const KEPT: usize = 50;

/// The ending of a file's name.
const ENDING: &str = "json";

/// Why a backup cannot be taken or read.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The cluster cannot be read.
    #[error(transparent)]
    Cluster(#[from] ClusterError),
    /// A file cannot be written or read.
    #[error("cannot {action} the backup {path}: {reason}")]
    File {
        /// What was tried.
        action: &'static str,
        /// Which file.
        path: String,
        /// What happened.
        reason: String,
    },
}

impl BackupError {
    fn new(action: &'static str, path: &Path, reason: &impl ToString) -> Self {
        Self::File {
            action,
            path: path.display().to_string(),
            reason: reason.to_string(),
        }
    }
}

/// A file that holds a backup, as far as its name tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShelfEntry {
    /// The backup's id.
    pub id: String,
    /// Why it was taken.
    pub reason: Why,
    /// Where it is.
    pub path: PathBuf,
}

/// A backup that was kept. Nobody forgets it for as long as this lives.
#[derive(Debug)]
pub struct KeptBackup {
    /// Where it is.
    pub path: PathBuf,
    _held: File,
}

/// The backups of all clusters.
#[derive(Debug, Clone)]
pub struct Shelf {
    root: PathBuf,
}

impl Shelf {
    /// The shelf in this directory.
    #[must_use]
    pub fn at(root: PathBuf) -> Self {
        Self { root }
    }

    /// The backups of a cluster, the newest first.
    ///
    /// # Errors
    /// The file system's.
    pub fn of_cluster(&self, cluster_id: &str) -> Result<Vec<ShelfEntry>, BackupError> {
        entries(&store::of_cluster(&self.root, cluster_id))
    }

    /// The backups of all clusters, the newest first.
    ///
    /// # Errors
    /// The file system's.
    pub fn all(&self) -> Result<Vec<ShelfEntry>, BackupError> {
        let mut all = Vec::new();
        for directory in paths(&self.root)? {
            if directory.is_dir() {
                all.extend(entries(&directory)?);
            }
        }
        all.sort_by(newest_first);
        Ok(all)
    }

    /// Writes a backup, under an id that no other one of its cluster has, and forgets all but the newest
    /// `kept` of those that were taken before a change. What cannot be forgotten does no harm.
    ///
    /// # Errors
    /// The file system's.
    pub fn keep(&self, backup: &mut Backup, kept: usize) -> Result<KeptBackup, BackupError> {
        let directory = store::of_cluster(&self.root, &backup.cluster_id);
        let (name, reason) = (backup.id.clone(), backup.reason);
        let made = store::first_free(&name, last_of(&name, &entries(&directory)?), |id| {
            id.clone_into(&mut backup.id);
            let path = directory.join(format!("{id}.{reason}.{ENDING}"));
            let held = store::create(&path, file::to_text(backup).as_bytes())?;
            Ok(KeptBackup { path, _held: held })
        });
        let made = made.map_err(|error| BackupError::new("write", &directory, &error))?;
        let mut old = entries(&directory)?;
        old.retain(|entry| entry.reason != Why::Asked && entry.path != made.path);
        let old: Vec<PathBuf> = old.into_iter().map(|entry| entry.path).collect();
        store::forget(old.iter().skip(kept.saturating_sub(1)));
        Ok(made)
    }
}

/// Reads a cluster now.
///
/// # Errors
/// It cannot be read at all.
pub async fn take(
    cluster: &dyn Cluster,
    reason: Why,
    concerns: Option<Concerns>,
    also: &Also,
) -> Result<Taken, ClusterError> {
    let now = Timestamp::now();
    let title = Title {
        // With the reason, so that files of two reasons never have one id.
        id: format!("{}-{reason}", now.strftime("%Y%m%d-%H%M%S")),
        taken_at: now.round(Unit::Millisecond).unwrap_or(now).to_string(),
        reason,
        concerns,
    };
    read(cluster, title, also).await
}

/// The backup in a file.
///
/// # Errors
/// It cannot be read, or is no backup as it was written.
pub fn open(path: &Path) -> Result<Backup, BackupError> {
    let text = store::read_text(path, LARGEST);
    let text = text.map_err(|error| BackupError::new("read", path, &error))?;
    file::from_text(&text).map_err(|error| BackupError::new("use", path, &error))
}

/// The backups in a directory, the newest first.
fn entries(directory: &Path) -> Result<Vec<ShelfEntry>, BackupError> {
    let mut found: Vec<ShelfEntry> = paths(directory)?.into_iter().filter_map(entry).collect();
    found.sort_by(newest_first);
    Ok(found)
}

/// Ids begin with their time; of one second the number at the end tells which is newer.
fn newest_first(one: &ShelfEntry, other: &ShelfEntry) -> std::cmp::Ordering {
    let key = |entry: &ShelfEntry| {
        let mut parts = entry.id.splitn(3, '-');
        let time: Vec<String> = parts.by_ref().take(2).map(str::to_owned).collect();
        let number = parts.next().map_or(1, number);
        (time, number)
    };
    key(other)
        .cmp(&key(one))
        .then_with(|| other.path.cmp(&one.path))
}

/// The number at the end of what comes behind an id's time.
fn number(rest: &str) -> u32 {
    let last = rest.rsplit('-').next().unwrap_or(rest);
    last.parse().unwrap_or(1)
}

/// The largest number that a backup of this name has; 0 where there is none. A smaller one that is free
/// again would look older than it is.
fn last_of(name: &str, all: &[ShelfEntry]) -> u32 {
    let numbers = all.iter().filter_map(|entry| {
        let rest = entry.id.strip_prefix(name)?;
        (rest.is_empty() || rest.starts_with('-')).then(|| number(rest))
    });
    numbers.max().unwrap_or(0)
}

fn entry(path: PathBuf) -> Option<ShelfEntry> {
    let name = path.file_name()?.to_str()?;
    let (id, reason) = name
        .strip_suffix(ENDING)?
        .strip_suffix('.')?
        .rsplit_once('.')?;
    let reason = serde_json::from_value(reason.into()).ok()?;
    Some(ShelfEntry {
        id: id.to_owned(),
        reason,
        path,
    })
}

/// What is in a directory; nothing where there is no such directory.
fn paths(directory: &Path) -> Result<Vec<PathBuf>, BackupError> {
    store::list(directory).map_err(|error| BackupError::new("read", directory, &error))
}

/// A backup in a file, as lists tell of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Listed {
    /// Its id.
    pub id: String,
    /// Why it was taken.
    pub reason: Why,
    /// The file.
    pub path: String,
    /// Bytes of the file.
    pub bytes: u64,
    /// When it was taken, RFC 3339; none of one that cannot be used.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub taken_at: Option<String>,
    /// `cluster.id`; none of one that cannot be used.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cluster_id: Option<String>,
    /// What was not seen.
    pub partial: Vec<Omission>,
    /// Why it cannot be used, if it cannot.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub damaged: Option<String>,
}

impl Listed {
    /// A backup that is in this file.
    #[must_use]
    pub fn of(path: &Path, backup: &Backup) -> Self {
        Self {
            id: backup.id.clone(),
            reason: backup.reason,
            path: path.display().to_string(),
            bytes: fs::metadata(path).map_or(0, |metadata| metadata.len()),
            taken_at: Some(backup.taken_at.clone()),
            cluster_id: Some(backup.cluster_id.clone()),
            partial: backup.partial.clone(),
            damaged: None,
        }
    }
}

impl ShelfEntry {
    /// The backup, read from the file.
    #[must_use]
    pub fn listed(&self) -> Listed {
        match open(&self.path) {
            Ok(backup) => Listed::of(&self.path, &backup),
            Err(error) => Listed {
                id: self.id.clone(),
                reason: self.reason,
                path: self.path.display().to_string(),
                bytes: fs::metadata(&self.path).map_or(0, |metadata| metadata.len()),
                taken_at: None,
                cluster_id: None,
                partial: Vec::new(),
                damaged: Some(error.to_string()),
            },
        }
    }
}
