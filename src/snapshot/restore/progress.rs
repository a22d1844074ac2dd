//! The progress file of a restore, written before the first record: the producer's identity and the first
//! offset of each partition. From it and the cluster, a later run finds how far the restore is.

use std::fs::File;
use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::RestoreError;
use crate::cluster::writer::ProducerIdentity;
use crate::model::hex::digest;
use crate::model::topic::TopicId;
use crate::store::{self, Shelf, StoreError};

/// The version of the JSON.
const FORMAT_VERSION: u32 = 1;

/// The largest accepted file, in MiB.
const LARGEST: u64 = 64;

/// A started restore.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RestoreProgress {
    #[schemars(extend("const" = FORMAT_VERSION))]
    format_version: u32,
    #[schemars(extend("const" = "RestoreProgress"))]
    kind: String,
    /// The snapshot's id.
    pub snapshot: String,
    /// The `cluster.id`.
    pub cluster_id: String,
    /// The producer's identity.
    pub producer: ProducerIdentity,
    /// The partitions that were started.
    pub partitions: Vec<Begun>,
}

/// A started partition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Begun {
    /// The topic in the snapshot.
    pub source: String,
    /// The topic in the cluster.
    pub target: String,
    /// The id of the topic in the cluster, to recognise a topic that was created anew.
    pub topic_id: TopicId,
    /// The partition's number.
    pub partition: i32,
    /// The new offset of its first record.
    pub base: i64,
}

impl RestoreProgress {
    /// A new restore, without partitions.
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

/// The locked progress file of one restore.
#[derive(Debug)]
pub struct HeldProgress {
    shelf: Shelf,
    path: PathBuf,
    _lock: File,
}

/// Locks the progress file of a snapshot and a cluster, in `<shelves>/restores`, by a lock file next to it.
///
/// # Errors
/// Another process has the lock, or the directory cannot be created.
pub fn hold(
    shelves: &Path,
    snapshot: &str,
    cluster_id: &str,
) -> Result<HeldProgress, RestoreError> {
    let shelf = Shelf::new(shelves.join("restores"), "", "json");
    let path = shelf.path(&digest(&format!("{snapshot}\n{cluster_id}"), 16));
    let lock = path.with_extension("lock");
    let locked = store::lock(&lock).map_err(shelf.failed("hold", &lock))?;
    Ok(HeldProgress {
        shelf,
        path,
        _lock: locked.ok_or(RestoreError::Held)?,
    })
}

impl HeldProgress {
    /// The progress of an earlier run, if there was one.
    ///
    /// # Errors
    /// The file cannot be read, or has another version.
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

    /// Writes the file atomically.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn save(&self, progress: &RestoreProgress) -> Result<(), RestoreError> {
        let text = serde_json::to_string_pretty(progress).unwrap_or_default();
        Ok(self.shelf.replace(&self.path, &(text + "\n"))?)
    }

    /// Removes the file.
    ///
    /// # Errors
    /// The file cannot be removed.
    pub fn forget(&self) -> Result<(), RestoreError> {
        let failed = self.shelf.failed("remove", &self.path);
        Ok(store::remove(&self.path).map_err(failed)?)
    }
}
