//! What groups committed before it was changed, kept on the disk before the change is sent, so that
//! it can be taken back.
//!
//! One change is one file of JSON below `<resets>/<cluster id>/`, named by its id. It holds the steps
//! with what was before, and, once they are settled, what became of them. A file without outcomes is of
//! a run that was cut off. A record is held for as long as its change runs.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::journal::{directory, now};
use super::report::{Outcome, Settled};
use crate::model::escape::json;
use crate::plan::{FORMAT_VERSION, Plan, Reason, Risk, Step};
use crate::store;

/// How many of a cluster are kept.
const KEPT: usize = 100;

/// The ending of a record's name.
const ENDING: &str = "json";

/// Why a record cannot be kept or read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("cannot {action} the record of offsets {path}: {reason}")]
pub struct RecordError {
    action: &'static str,
    path: String,
    reason: String,
}

impl RecordError {
    fn new(action: &'static str, path: &Path, reason: &impl ToString) -> Self {
        Self {
            action,
            path: path.display().to_string(),
            reason: reason.to_string(),
        }
    }
}

/// One change of what groups committed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Reset {
    /// The version of this form.
    pub format_version: u32,
    /// `OffsetReset`.
    pub kind: String,
    /// What it is called, from the time of its beginning and the groups.
    pub id: String,
    /// The `cluster.id`.
    pub cluster_id: String,
    /// When it began, RFC 3339.
    pub at: String,
    /// The steps, with what was before and what was to be.
    pub steps: Vec<Step>,
    /// What became of each step, by its number; empty where that was never written down.
    #[serde(default)]
    pub outcomes: BTreeMap<usize, Outcome>,
    /// When it was taken back, RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undone_at: Option<String>,
}

impl Reset {
    /// The steps that may have been carried out.
    #[must_use]
    pub fn perhaps_done(&self) -> Vec<Step> {
        let may_be_done = |step: &&Step| {
            let outcome = self.outcomes.get(&step.id);
            outcome.is_none_or(Outcome::may_be_done)
        };
        let steps = self.steps.iter().filter(may_be_done);
        steps.cloned().collect()
    }

    /// How many steps are known to be done.
    #[must_use]
    pub fn done(&self) -> usize {
        let outcomes = self.outcomes.values();
        outcomes
            .filter(|outcome| matches!(outcome, Outcome::Done { .. }))
            .count()
    }
}

/// A record that is being written.
pub(super) struct Record {
    path: PathBuf,
    reset: Reset,
    _held: File,
}

impl Record {
    /// Writes down what groups committed before a plan changes it; none where it does not, or where it
    /// cannot be taken back. Taking something back is no change to take back.
    pub(super) fn begin(resets: &Path, plan: &Plan) -> Result<Option<Self>, RecordError> {
        let steps = plan.steps.iter();
        let steps: Vec<Step> = steps
            .filter(|step| step.action.group_id().is_some())
            .filter(|step| step.reason != Reason::Undo && step.risk == Risk::None)
            .cloned()
            .collect();
        if steps.is_empty() {
            return Ok(None);
        }
        let directory = directory(resets, &plan.cluster_id);
        let mut reset = Reset {
            format_version: FORMAT_VERSION,
            kind: "OffsetReset".to_owned(),
            id: String::new(),
            cluster_id: plan.cluster_id.clone(),
            at: now(),
            steps,
            outcomes: BTreeMap::new(),
            undone_at: None,
        };
        let made = store::first_free(&name(&reset.steps), 0, |id| {
            id.clone_into(&mut reset.id);
            let path = path_of(&directory, id);
            let held = store::create(&path, text(&reset).as_bytes())?;
            Ok((path, held))
        });
        let (path, held) = made.map_err(|error| RecordError::new("write", &directory, &error))?;
        prune(&directory, &path);
        Ok(Some(Self {
            path,
            reset,
            _held: held,
        }))
    }

    /// Writes down what became of the steps, and gives the record's id; forgets it where nothing can
    /// have been done. A record without outcomes can be taken back too, so a disk that is full by now
    /// is no failure.
    pub(super) fn finish(mut self, settled: &[Settled]) -> Option<String> {
        for one in settled {
            let outcome = one.outcome.clone();
            self.reset.outcomes.insert(one.step.id, outcome);
        }
        if self.reset.perhaps_done().is_empty() {
            let _ = fs::remove_file(&self.path);
            return None;
        }
        let _ = write(&self.path, &self.reset);
        Some(self.reset.id)
    }
}

/// The changes of what groups of a cluster committed, the newest first.
///
/// # Errors
/// A record cannot be read, or was written by another version.
pub fn resets(resets: &Path, cluster_id: &str) -> Result<Vec<Reset>, RecordError> {
    let mut found = Vec::new();
    for path in records_in(&directory(resets, cluster_id))? {
        let reset = read(&path)?;
        if path.file_stem() != Some(OsStr::new(&reset.id)) || reset.cluster_id != cluster_id {
            let words = "it is of another reset than its name says";
            return Err(RecordError::new("use", &path, &words));
        }
        found.push(reset);
    }
    // Names tell the second only.
    found.sort_by_cached_key(|reset| {
        Reverse((reset.at.parse::<Timestamp>().ok(), reset.id.clone()))
    });
    Ok(found)
}

/// Writes down that a change was taken back.
///
/// # Errors
/// The file system's.
pub fn mark_undone(resets: &Path, reset: &Reset) -> Result<(), RecordError> {
    let directory = directory(resets, &reset.cluster_id);
    let undone = Reset {
        undone_at: Some(now()),
        ..reset.clone()
    };
    write(&path_of(&directory, &reset.id), &undone)
}

fn path_of(directory: &Path, id: &str) -> PathBuf {
    directory.join(format!("{id}.{ENDING}"))
}

/// What a change that begins now is called: the second, the first group, and how many more there are.
/// It has no letter that a shell or a file system takes for anything else.
fn name(steps: &[Step]) -> String {
    /// The letters of a group's id that are enough to know it by.
    const KNOWN_BY: usize = 40;
    let second = Timestamp::now().strftime("%Y%m%d-%H%M%S");
    let groups: BTreeSet<&str> = steps
        .iter()
        .filter_map(|step| step.action.group_id())
        .collect();
    let first = groups.first().copied().unwrap_or_default();
    let plain = |letter: char| match letter {
        '.' | '-' => letter,
        letter if letter.is_ascii_alphanumeric() => letter,
        _ => '_',
    };
    let group: String = first.chars().take(KNOWN_BY).map(plain).collect();
    match groups.len().saturating_sub(1) {
        0 => format!("{second}-{group}"),
        more => format!("{second}-{group}+{more}"),
    }
}

fn text(reset: &Reset) -> String {
    // Records have string keys and finite numbers only, so this cannot fail.
    json(serde_json::to_string_pretty(reset).unwrap_or_default()) + "\n"
}

fn write(path: &Path, reset: &Reset) -> Result<(), RecordError> {
    store::replace(path, text(reset).as_bytes())
        .map_err(|error| RecordError::new("write", path, &error))
}

fn read(path: &Path) -> Result<Reset, RecordError> {
    let text = fs::read_to_string(path).map_err(|error| RecordError::new("read", path, &error))?;
    let reset: Reset =
        serde_json::from_str(&text).map_err(|error| RecordError::new("read", path, &error))?;
    if reset.format_version == FORMAT_VERSION {
        Ok(reset)
    } else {
        let words = "it was written by another version of tonkafka";
        Err(RecordError::new("read", path, &words))
    }
}

/// The records in a directory, by name; none where there is no such directory.
fn records_in(directory: &Path) -> Result<Vec<PathBuf>, RecordError> {
    let mut paths =
        store::list(directory).map_err(|error| RecordError::new("read", directory, &error))?;
    paths.retain(|path| path.extension().is_some_and(|ending| ending == ENDING));
    Ok(paths)
}

/// Forgets all but the last ones besides this one, and those whose change still runs. What cannot be
/// removed does no harm.
fn prune(directory: &Path, this: &Path) {
    let mut others = records_in(directory).unwrap_or_default();
    others.retain(|path| path != this);
    others.truncate((others.len() + 1).saturating_sub(KEPT));
    store::forget(&others);
}
