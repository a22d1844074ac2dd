//! A backup as the text of a file.
//!
//! It is JSON whose last two lines are the SHA-256 of everything before, and the closing brace. A file that
//! was cut off or changed is refused, as are unknown fields and duplicate keys.

use std::path::Path;

use serde::Deserialize;
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::model::backup::{Backup, FORMAT_VERSION, KIND, KeptSetting};
use crate::model::escape::{is_hidden, json};
use crate::model::hex::hex;
use crate::model::topic::check_name;
use crate::plan::strict;
use crate::store;

/// The largest accepted file, in MiB.
pub const LARGEST: u64 = 256;

/// The text before the checksum, and after it.
const BEFORE: &str = "  \"sha256\": \"";
const AFTER: &str = "\"\n}\n";

/// The length of the checksum, in characters.
const SUM: usize = 64;

/// Why a text is not a backup.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BackupFileError {
    /// It is not JSON, or was cut off.
    #[error("it is not valid JSON, or was cut off: {0}")]
    Json(String),
    /// It is JSON, but not a backup.
    #[error("it is no backup: {0}")]
    Form(String),
    /// It has a newer version.
    #[error("written by a newer tonkafka (v{found}), this reads v{FORMAT_VERSION}")]
    Newer {
        /// The version in the file.
        found: u64,
    },
    /// Its checksum does not match: it was changed.
    #[error("its checksum is wrong: it was cut off, or changed after it was written")]
    Checksum,
}

/// The text of a backup.
#[must_use]
pub fn to_text(backup: &Backup) -> String {
    // Keys are strings and numbers are finite, so this cannot fail.
    let whole = json(serde_json::to_string_pretty(backup).unwrap_or_default());
    let mut text = whole.strip_suffix("\n}").unwrap_or(&whole).to_owned();
    text += ",\n";
    let sum = sum(text.as_bytes());
    text + BEFORE + &sum + AFTER
}

/// Parses the text of a file.
///
/// # Errors
/// The text is not a backup, has a newer version, or was changed.
pub fn from_text(text: &str) -> Result<Backup, BackupFileError> {
    check_head(text)?;
    check_sum(text)?;
    let mut document =
        strict::from_str(text).map_err(|error| BackupFileError::Json(error.to_string()))?;
    if let Some(fields) = document.as_object_mut() {
        fields.shift_remove("sha256");
    }
    let backup =
        Backup::deserialize(document).map_err(|error| BackupFileError::Form(error.to_string()))?;
    check_names(&backup)?;
    Ok(backup)
}

/// Whether a file claims to be a backup, of any version.
#[must_use]
pub fn is_backup(path: &Path) -> bool {
    let text = store::read_text(path, LARGEST);
    let head = text.ok().map(|text| check_head(&text));
    matches!(head, Some(Ok(()) | Err(BackupFileError::Newer { .. })))
}

/// The fields that every version has.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Head {
    format_version: Option<Value>,
    kind: Option<Value>,
}

/// Checks that it is a backup of this version. Other versions may have another kind of checksum.
fn check_head(text: &str) -> Result<(), BackupFileError> {
    let form = |reason: &str| Err(BackupFileError::Form(reason.to_owned()));
    let head: Head =
        serde_json::from_str(text).map_err(|error| BackupFileError::Json(error.to_string()))?;
    if head.kind.as_ref().and_then(Value::as_str) != Some(KIND) {
        return form("its `kind` is not `Backup`");
    }
    match head.format_version.as_ref().and_then(Value::as_u64) {
        Some(found) if found == u64::from(FORMAT_VERSION) => Ok(()),
        Some(found) if found > u64::from(FORMAT_VERSION) => Err(BackupFileError::Newer { found }),
        _ => form("its `formatVersion` is no version that there is"),
    }
}

fn check_sum(text: &str) -> Result<(), BackupFileError> {
    let bytes = text.as_bytes();
    let tail = BEFORE.len() + SUM + AFTER.len();
    let start = bytes.len().checked_sub(tail);
    let (head, tail) = bytes.split_at(start.ok_or(BackupFileError::Checksum)?);
    let written = tail
        .strip_prefix(BEFORE.as_bytes())
        .and_then(|tail| tail.strip_suffix(AFTER.as_bytes()));
    if written == Some(sum(head).as_bytes()) {
        Ok(())
    } else {
        Err(BackupFileError::Checksum)
    }
}

fn sum(bytes: &[u8]) -> String {
    hex(Sha256::digest(bytes))
}

/// Checks the names, because they are displayed and a file may come from anywhere.
fn check_names(backup: &Backup) -> Result<(), BackupFileError> {
    let form = |reason: String| Err(BackupFileError::Form(reason));
    for (name, topic) in &backup.topics {
        if let Err(illegal) = check_name(name) {
            return form(illegal.to_string());
        }
        if topic.partitions.is_empty() {
            return form(format!("topic {name} has no partitions"));
        }
    }
    let topics = backup.topics.values().map(|topic| &topic.configs);
    let brokers = backup.broker_configs.values();
    for settings in topics.chain(brokers).chain([&backup.broker_defaults]) {
        let settings: &[KeptSetting] = settings.value().map_or(&[], Vec::as_slice);
        if let Some(one) = settings.iter().find(|one| one.key.contains(is_hidden)) {
            return form(format!("`{}` is no key", one.key.escape_default()));
        }
    }
    let plain = |text: &String| !text.contains(is_hidden);
    let ids = [
        &backup.id,
        &backup.cluster_id,
        &backup.tonkafka,
        &backup.taken_at,
    ];
    if !ids.into_iter().all(plain) {
        return form("an id holds characters that no id has".to_owned());
    }
    Ok(())
}
