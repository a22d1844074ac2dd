//! What a restore keeps on the disk before it writes its first record: under which producer id, and
//! where each partition begins. With that a later run finds out from the cluster how far it is.

use std::fmt::Write as _;
use std::fs::{self, File, TryLockError};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::RestoreError;
use crate::cluster::writer::ProducerIdentity;
use crate::model::topic::TopicId;
use crate::store;

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
    path: PathBuf,
    _lock: File,
}

/// The place of a snapshot's progress in a cluster, below `restores`.
///
/// # Errors
/// Another process has it, or the directory cannot be made.
pub fn hold(
    restores: &Path,
    snapshot: &str,
    cluster_id: &str,
) -> Result<HeldProgress, RestoreError> {
    let hash = Sha256::digest(format!("{snapshot}\n{cluster_id}"));
    let name = hash[..16].iter().fold(String::new(), |mut name, byte| {
        let _ = write!(name, "{byte:02x}"); // a String takes everything
        name
    });
    let path = restores.join(format!("{name}.json"));
    let lock = restores.join(format!("{name}.lock"));
    let failed = |error| file_error("hold", &lock, error);
    store::directory(restores).map_err(failed)?;
    let mut options = fs::OpenOptions::new();
    let options = options.write(true).create(true).truncate(false).mode(0o600);
    let file = options.open(&lock).map_err(failed)?;
    match file.try_lock() {
        Ok(()) => Ok(HeldProgress { path, _lock: file }),
        Err(TryLockError::WouldBlock) => Err(RestoreError::Held),
        Err(TryLockError::Error(error)) => Err(failed(error)),
    }
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
        let failed = |error| file_error("read", &self.path, error);
        let text = store::read_text(&self.path, LARGEST).map_err(failed)?;
        let progress: RestoreProgress =
            serde_json::from_str(&text).map_err(|error| failed(error.into()))?;
        if progress.format_version != FORMAT_VERSION {
            let words = format!("it has the format version {}", progress.format_version);
            return Err(failed(std::io::Error::other(words)));
        }
        Ok(Some(progress))
    }

    /// Keeps it, whole or not at all.
    ///
    /// # Errors
    /// The file system's.
    pub fn save(&self, progress: &RestoreProgress) -> Result<(), RestoreError> {
        let text = serde_json::to_string_pretty(progress).unwrap_or_default();
        let saved = store::replace(&self.path, (text + "\n").as_bytes());
        saved.map_err(|error| file_error("write", &self.path, error))
    }

    /// Forgets it.
    ///
    /// # Errors
    /// The file system's.
    pub fn forget(&self) -> Result<(), RestoreError> {
        match fs::remove_file(&self.path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(file_error("remove", &self.path, error))
            }
            _ => Ok(()),
        }
    }
}

fn file_error(action: &'static str, path: &Path, error: std::io::Error) -> RestoreError {
    RestoreError::File {
        action,
        path: path.display().to_string(),
        error,
    }
}
