//! The backups that this machine keeps: one file each in `<shelves>/backups/<cluster id>/`, named by id and
//! reason. A backup is locked while its change runs.

use std::fs;
use std::path::{Path, PathBuf};

use jiff::{Timestamp, Unit};
use schemars::JsonSchema;
use serde::Serialize;

use super::file::{self, LARGEST};
use crate::cluster::{Cluster, ClusterError};
use crate::model::backup::{Backup, Concerns, Omission, Why};
use crate::observe::everything::{Also, Taken, Title, read};
use crate::store::{self, HeldFile, Shelf, StoreError};

/// How many backups that were taken before changes are kept for a cluster.
pub const KEPT: usize = 50;

const WHAT: &str = "the backup ";
const ENDING: &str = "json";

/// Why a backup cannot be taken or read.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The cluster cannot be read.
    #[error(transparent)]
    Cluster(#[from] ClusterError),
    /// A file cannot be written or read.
    #[error(transparent)]
    File(#[from] StoreError),
}

/// A backup's file, from its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShelfEntry {
    /// The backup's id.
    pub id: String,
    /// Why it was taken.
    pub reason: Why,
    /// Its path.
    pub path: PathBuf,
}

/// The backups of all clusters.
fn shelf(shelves: &Path) -> Shelf {
    Shelf::new(shelves.join("backups"), WHAT, ENDING)
}

/// The backups of a cluster, newest first.
///
/// # Errors
/// The directory cannot be read.
pub fn of_cluster(shelves: &Path, cluster_id: &str) -> Result<Vec<ShelfEntry>, StoreError> {
    entries(&shelf(shelves).of_cluster(cluster_id))
}

/// The backups of all clusters, newest first.
///
/// # Errors
/// A directory cannot be read.
pub fn all(shelves: &Path) -> Result<Vec<ShelfEntry>, StoreError> {
    let mut all = Vec::new();
    for cluster in shelf(shelves).of_clusters()? {
        all.extend(entries(&cluster)?);
    }
    all.sort_by(newest_first);
    Ok(all)
}

/// Writes a backup with a unique id for its cluster, and removes all but the newest `kept` of those taken
/// before changes. Errors of removing are ignored.
///
/// # Errors
/// The file cannot be written.
pub fn keep(shelves: &Path, backup: &mut Backup, kept: usize) -> Result<HeldFile, StoreError> {
    let shelf = shelf(shelves).of_cluster(&backup.cluster_id);
    let (name, reason) = (backup.id.clone(), backup.reason);
    let made = shelf.create(&name, last_of(&name, &entries(&shelf)?), |id| {
        id.clone_into(&mut backup.id);
        let path = shelf.path(&format!("{id}.{reason}"));
        (path, file::to_text(backup))
    })?;
    let mut old = entries(&shelf)?;
    old.retain(|entry| entry.reason != Why::Asked && entry.path != made.path);
    let old = old.iter().map(|entry| &entry.path);
    shelf.prune(old.skip(kept.saturating_sub(1)));
    Ok(made)
}

/// Reads a cluster into a backup.
///
/// # Errors
/// The cluster cannot be read at all.
pub async fn take(
    cluster: &dyn Cluster,
    reason: Why,
    concerns: Option<Concerns>,
    also: &Also,
) -> Result<Taken, ClusterError> {
    let now = Timestamp::now();
    let title = Title {
        // The reason is part of the id, so that backups with different reasons never share one.
        id: format!("{}-{reason}", now.strftime("%Y%m%d-%H%M%S")),
        taken_at: now.round(Unit::Millisecond).unwrap_or(now).to_string(),
        reason,
        concerns,
    };
    read(cluster, title, also).await
}

/// Reads a backup from a file.
///
/// # Errors
/// The file cannot be read, is not a backup, or was changed.
pub fn open(path: &Path) -> Result<Backup, StoreError> {
    let text = store::read_text(path, LARGEST);
    let text = text.map_err(|error| StoreError::new("read", WHAT, path, &error))?;
    file::from_text(&text).map_err(|error| StoreError::new("use", WHAT, path, &error))
}

/// The backups of a cluster, newest first.
fn entries(shelf: &Shelf) -> Result<Vec<ShelfEntry>, StoreError> {
    let mut found: Vec<ShelfEntry> = shelf.files()?.into_iter().filter_map(entry).collect();
    found.sort_by(newest_first);
    Ok(found)
}

/// Ids begin with the time. Within one second, the number at the end decides.
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

/// The number at the end of an id, after its time.
fn number(rest: &str) -> u32 {
    let last = rest.rsplit('-').next().unwrap_or(rest);
    last.parse().unwrap_or(1)
}

/// The largest number of backups with this name; 0 if there are none. A smaller free number would make a
/// backup look older than it is.
fn last_of(name: &str, all: &[ShelfEntry]) -> u32 {
    let numbers = all.iter().filter_map(|entry| {
        let rest = entry.id.strip_prefix(name)?;
        (rest.is_empty() || rest.starts_with('-')).then(|| number(rest))
    });
    numbers.max().unwrap_or(0)
}

fn entry(path: PathBuf) -> Option<ShelfEntry> {
    let (id, reason) = path.file_stem()?.to_str()?.rsplit_once('.')?;
    let reason = serde_json::from_value(reason.into()).ok()?;
    Some(ShelfEntry {
        id: id.to_owned(),
        reason,
        path,
    })
}

/// A backup in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
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
    /// When it was taken, RFC 3339; none if the file cannot be used.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("format" = "date-time"))]
    pub taken_at: Option<String>,
    /// `cluster.id`; none if the file cannot be used.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cluster_id: Option<String>,
    /// What could not be read.
    pub partial: Vec<Omission>,
    /// Why the file cannot be used, if it cannot.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub damaged: Option<String>,
}

impl Listed {
    /// The entry of a backup in this file.
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
    /// The entry, read from the file.
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
