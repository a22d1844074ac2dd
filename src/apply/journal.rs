//! A journal of what an apply is about to do, written before it does it.
//!
//! One apply is one file of JSON lines in `<shelves>/journal/<cluster id>/`: a header, the plan's steps,
//! the step numbers of each request before it is sent, their outcomes, and an end. No apply depends on a
//! journal: the next one reads the cluster and converges anyway. It holds no secret, as plans only have
//! digests.

use std::fs;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use jiff::{Timestamp, Unit};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::report::Outcome;
use crate::model::escape::json;
use crate::plan::{Plan, Step, file};
use crate::store::{HeldFile, Shelf, StoreError};

/// How many ended journals are kept per cluster.
const KEPT: usize = 10;

/// The journals of all clusters.
pub(super) fn journals(shelves: &Path) -> Shelf {
    Shelf::new(shelves.join("journal"), "the journal ", "jsonl")
}

/// One line of a journal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(
    tag = "line",
    rename_all = "kebab-case",
    rename_all_fields = "camelCase"
)]
pub enum JournalLine {
    /// The first line.
    Header(JournalHeader),
    /// A step of the plan, before anything is sent.
    Step {
        /// The step, as in a saved plan.
        step: Step,
    },
    /// The steps of the request that is sent next.
    Sending {
        /// The time, RFC 3339.
        #[schemars(extend("format" = "date-time"))]
        at: String,
        /// Their numbers.
        #[schemars(inner(range(min = 1)))]
        steps: Vec<usize>,
    },
    /// The outcome of a step.
    Settled {
        /// The time, RFC 3339.
        #[schemars(extend("format" = "date-time"))]
        at: String,
        /// Its number.
        #[schemars(range(min = 1))]
        step: usize,
        /// Its outcome.
        #[serde(flatten)]
        outcome: Outcome,
    },
    /// The apply ended, or a later one reported its open steps.
    End {
        /// The time, RFC 3339.
        #[schemars(extend("format" = "date-time"))]
        at: String,
    },
}

/// The apply that a journal is of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct JournalHeader {
    /// The version of this document.
    #[schemars(extend("const" = Self::FORMAT_VERSION))]
    pub format_version: u32,
    /// `Journal`.
    #[schemars(extend("const" = "Journal"))]
    pub kind: String,
    /// The `cluster.id` of the cluster.
    pub cluster_id: String,
    /// SHA-256 of the manifest, in hexadecimal.
    #[schemars(regex(pattern = "^([0-9a-f]{64})?$"))]
    pub manifest_hash: String,
    /// SHA-256 of the plan, in hexadecimal, as in a saved plan.
    #[schemars(regex(pattern = "^[0-9a-f]{64}$"))]
    pub plan_hash: String,
    /// When it began, RFC 3339.
    #[schemars(extend("format" = "date-time"))]
    pub started_at: String,
    /// The id of the process that writes it.
    pub process: u32,
}

impl JournalHeader {
    /// The version of a journal's JSON.
    pub const FORMAT_VERSION: u32 = 1;
}

/// An open journal. A step is in it before it is sent.
#[derive(Debug)]
pub(super) struct Journal(Mutex<HeldFile>);

impl Journal {
    /// Writes the header and the plan's steps, and removes old journals of this cluster.
    pub(super) fn begin(shelves: &Path, plan: &Plan) -> Result<Self, StoreError> {
        let started_at = now();
        let process = std::process::id();
        let shelf = journals(shelves).of_cluster(&plan.cluster_id);
        let name = format!("{}-{process}", started_at.replace([':', '-'], ""));
        let header = JournalHeader {
            format_version: JournalHeader::FORMAT_VERSION,
            kind: "Journal".to_owned(),
            cluster_id: plan.cluster_id.clone(),
            manifest_hash: plan.manifest_hash.clone(),
            plan_hash: file::hash(plan),
            started_at,
            process,
        };
        let text = text(&JournalLine::Header(header)) + &planned(&plan.steps);
        let held = shelf.create(&name, 0, |name| (shelf.path(name), &text))?;
        let mut ended = shelf.files().unwrap_or_default();
        ended.retain(|path| has_ended(path));
        shelf.prune(ended.iter().rev().skip(KEPT));
        Ok(Self(Mutex::new(held)))
    }

    /// Writes the steps of a further plan.
    pub(super) fn add(&self, steps: &[Step]) -> Result<(), StoreError> {
        self.append(&planned(steps), true)
    }

    /// Writes that these steps are sent next, and returns when that is on the disk.
    pub(super) fn sending(&self, steps: &[Step]) -> Result<(), StoreError> {
        let line = JournalLine::Sending {
            at: now(),
            steps: steps.iter().map(|step| step.id).collect(),
        };
        self.write(&line, true)
    }

    /// Writes the outcome of a step, without sync: only a crash of the machine loses it.
    pub(super) fn settled(&self, step: &Step, outcome: &Outcome) -> Result<(), StoreError> {
        let line = JournalLine::Settled {
            at: now(),
            step: step.id,
            outcome: outcome.clone(),
        };
        self.write(&line, false)
    }

    /// Removes the file.
    pub(super) fn remove(self) {
        let held = self.0.into_inner();
        held.unwrap_or_else(PoisonError::into_inner).remove();
    }

    /// Writes that the apply ended.
    pub(super) fn end(&self) -> Result<(), StoreError> {
        self.write(&JournalLine::End { at: now() }, true)
    }

    #[cfg(all(test, feature = "fake"))]
    pub(super) fn on(path: &Path) -> Self {
        let held = journals(path).take_over(path).expect("a file");
        Self(Mutex::new(held.expect("nobody has it")))
    }

    fn write(&self, line: &JournalLine, is_synced: bool) -> Result<(), StoreError> {
        self.append(&text(line), is_synced)
    }

    fn append(&self, lines: &str, is_synced: bool) -> Result<(), StoreError> {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        held.append(lines, is_synced)
    }
}

/// The lines of a plan's steps.
fn planned(steps: &[Step]) -> String {
    let steps = steps.iter().cloned();
    let lines = steps.map(|step| text(&JournalLine::Step { step }));
    lines.collect()
}

pub(super) fn now() -> String {
    let now = Timestamp::now();
    now.round(Unit::Millisecond).unwrap_or(now).to_string()
}

pub(super) fn text(line: &JournalLine) -> String {
    // Lines have string keys and finite numbers only, so this cannot fail.
    json(serde_json::to_string(line).unwrap_or_default()) + "\n"
}

/// Whether a journal's last line is an end.
pub(super) fn has_ended(path: &Path) -> bool {
    use std::io::{Read, Seek, SeekFrom};
    /// More bytes than an end line has.
    const TAIL: u64 = 256;
    let mut tail = Vec::new();
    let read = fs::File::open(path).and_then(|mut file| {
        let length = file.metadata()?.len();
        file.seek(SeekFrom::Start(length.saturating_sub(TAIL)))?;
        file.read_to_end(&mut tail)
    });
    let tail = String::from_utf8_lossy(&tail);
    let last = tail.lines().last().unwrap_or_default();
    read.is_ok() && matches!(serde_json::from_str(last), Ok(JournalLine::End { .. }))
}
