//! What an apply is about to do, kept on the disk before it does it.
//!
//! One apply is one file of JSON lines below `<shelves>/journal/<cluster id>/`: a header, the plan's steps,
//! then the numbers of the steps of each request before it is sent, what became of them, and an end.
//! A journal is only memory: with or without it the next apply reads the cluster and converges. It
//! holds no secret, as plans hold digests only.

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

/// How many finished journals of a cluster are kept.
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
    /// The first one.
    Header(JournalHeader),
    /// A step of the plan, before anything is sent.
    Step {
        /// The step, as in a saved plan.
        step: Step,
    },
    /// These steps are sent next, in one request.
    Sending {
        /// When, RFC 3339.
        #[schemars(extend("format" = "date-time"))]
        at: String,
        /// Their numbers.
        #[schemars(inner(range(min = 1)))]
        steps: Vec<usize>,
    },
    /// What became of a step.
    Settled {
        /// When, RFC 3339.
        #[schemars(extend("format" = "date-time"))]
        at: String,
        /// Its number.
        #[schemars(range(min = 1))]
        step: usize,
        /// What became of it.
        #[serde(flatten)]
        outcome: Outcome,
    },
    /// The apply came to its end, or a later one told what it left open.
    End {
        /// When, RFC 3339.
        #[schemars(extend("format" = "date-time"))]
        at: String,
    },
}

/// What an apply is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct JournalHeader {
    /// The version of this form.
    #[schemars(extend("const" = Self::FORMAT_VERSION))]
    pub format_version: u32,
    /// `Journal`.
    #[schemars(extend("const" = "Journal"))]
    pub kind: String,
    /// The `cluster.id` that is written to.
    pub cluster_id: String,
    /// SHA-256 of the manifest, in hexadecimal.
    #[schemars(regex(pattern = "^([0-9a-f]{64})?$"))]
    pub manifest_hash: String,
    /// SHA-256 of the plan, in hexadecimal: the checksum of a saved plan.
    #[schemars(regex(pattern = "^[0-9a-f]{64}$"))]
    pub plan_hash: String,
    /// When it began, RFC 3339.
    #[schemars(extend("format" = "date-time"))]
    pub started_at: String,
    /// The process that writes it.
    pub process: u32,
}

impl JournalHeader {
    /// The version of a journal's JSON.
    pub const FORMAT_VERSION: u32 = 1;
}

/// A journal that is being written. Nothing is sent that it does not hold.
#[derive(Debug)]
pub(super) struct Journal(Mutex<HeldFile>);

impl Journal {
    /// Writes down what is planned, and forgets old journals of this cluster.
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

    /// Writes down more steps, of a plan that is carried out after the first.
    pub(super) fn add(&self, steps: &[Step]) -> Result<(), StoreError> {
        self.append(&planned(steps), true)
    }

    /// Returns when the disk holds that these steps are sent next.
    pub(super) fn sending(&self, steps: &[Step]) -> Result<(), StoreError> {
        let line = JournalLine::Sending {
            at: now(),
            steps: steps.iter().map(|step| step.id).collect(),
        };
        self.write(&line, true)
    }

    /// Notes what became of a step. Only a crash of the machine itself could lose it.
    pub(super) fn settled(&self, step: &Step, outcome: &Outcome) -> Result<(), StoreError> {
        let line = JournalLine::Settled {
            at: now(),
            step: step.id,
            outcome: outcome.clone(),
        };
        self.write(&line, false)
    }

    /// Removes it.
    pub(super) fn remove(self) {
        let held = self.0.into_inner();
        held.unwrap_or_else(PoisonError::into_inner).remove();
    }

    /// Notes that the apply came to its end.
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

/// The lines of steps.
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

/// Whether a journal's last line is its end.
pub(super) fn has_ended(path: &Path) -> bool {
    use std::io::{Read, Seek, SeekFrom};
    /// More than the last line of a journal that ended.
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
