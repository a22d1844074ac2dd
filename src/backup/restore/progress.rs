//! What a restore keeps on the disk before it writes its first record: under which producer id, and
//! where each partition begins. With that a later run finds out from the cluster how far it is.

use std::fs::File;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::RestoreError;
use crate::cluster::writer::ProducerIdentity;
use crate::model::topic::TopicId;
use crate::store::{self, Shelf, StoreError};

/// The version of the form.
const FORMAT_VERSION: u32 = 1;

/// The most that a file of progress may have, in MiB.
const LARGEST: u64 = 64;

/// A restore that was begun.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RestoreProgress {
    format_version: u32,
    kind: String,
    /// The snapshot's id.
    pub snapshot: String,
    /// The `cluster.id`.
    pub cluster_id: String,
    /// Under which records are written.
    pub producer: ProducerIdentity,
    /// The partitions that were begun.
    pub partitions: Vec<Begun>,
}

/// A partition that was begun.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Begun {
    /// The topic in the snapshot.
    pub source: String,
    /// The topic in the cluster.
    pub target: String,
    /// Its id there; a topic of another id is another one.
    pub topic_id: TopicId,
    /// The partition's number.
    pub partition: i32,
    /// The offset of its first record.
    pub base: i64,
}

impl RestoreProgress {
    /// A restore that begins.
    #[must_use]
    pub fn new(snapshot: &str, cluster_id: &str, producer: ProducerIdentity) -> Self {
        Self {
            format_version: FORMAT_VERSION,
            kind: "RestoreProgress".to_owned(),
            snapshot: snapshot.to_owned(),
            cluster_id: cluster_id.to_owned(),
            producer,
            partitions: Vec::new(),
        }
    }
}

/// Where the progress of one restore is kept, held for as long as this lives.
#[derive(Debug)]
pub struct HeldProgress {
    shelf: Shelf,
    path: PathBuf,
    _lock: File,
}

/// The place of a snapshot's progress in a cluster: a file of `<shelves>/restores`, and one for the lock.
///
/// # Errors
/// Another process has it, or the directory cannot be made.
pub fn hold(
    shelves: &Path,
    snapshot: &str,
    cluster_id: &str,
) -> Result<HeldProgress, RestoreError> {
    let shelf = Shelf::new(shelves.join("restores"), "", "json");
    let path = shelf.path(&store::digest(&format!("{snapshot}\n{cluster_id}"), 16));
    let lock = path.with_extension("lock");
    let locked = store::lock(&lock).map_err(shelf.failed("hold", &lock))?;
    Ok(HeldProgress {
        shelf,
        path,
        _lock: locked.ok_or(RestoreError::Held)?,
    })
}

impl HeldProgress {
    /// What an earlier run kept; none where there was none.
    ///
    /// # Errors
    /// It cannot be read, or is not of this version.
    pub fn load(&self) -> Result<Option<RestoreProgress>, RestoreError> {
        if !self.path.exists() {
            return Ok(None);
        }
        let text = store::read_text(&self.path, LARGEST).map_err(self.unread())?;
        let progress: RestoreProgress = serde_json::from_str(&text).map_err(self.unread())?;
        if progress.format_version != FORMAT_VERSION {
            let words = format!("it has the format version {}", progress.format_version);
            return Err(self.unread()(words).into());
        }
        Ok(Some(progress))
    }

    fn unread<R: ToString>(&self) -> impl Fn(R) -> StoreError {
        self.shelf.failed("read", &self.path)
    }

    /// Keeps it, whole or not at all.
    ///
    /// # Errors
    /// The file system's.
    pub fn save(&self, progress: &RestoreProgress) -> Result<(), RestoreError> {
        let text = serde_json::to_string_pretty(progress).unwrap_or_default();
        Ok(self.shelf.replace(&self.path, &(text + "\n"))?)
    }

    /// Forgets it.
    ///
    /// # Errors
    /// The file system's.
    pub fn forget(&self) -> Result<(), RestoreError> {
        let failed = self.shelf.failed("remove", &self.path);
        Ok(store::remove(&self.path).map_err(failed)?)
    }
}
