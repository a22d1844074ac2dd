//! Applies that were cut off: what their journals say, and what the cluster says about it now.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::Serialize;

use super::batch::phases;
use super::journal::{JournalHeader, JournalLine, has_ended, journals, now, text};
use super::report::Outcome;
use super::verify::{self, StepState};
use crate::cluster::Cluster;
use crate::plan::Step;
use crate::store::{HeldFile, Shelf, StoreError};

/// An apply that did not come to its end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Interrupted {
    /// Its journal.
    pub journal: PathBuf,
    /// The `cluster.id` that it wrote to.
    pub cluster_id: String,
    /// When it began, RFC 3339.
    #[schemars(extend("format" = "date-time"))]
    pub started_at: String,
    /// The process that it was.
    pub process: u32,
    /// How many steps have a known outcome.
    pub settled: usize,
    /// Steps that were sent, or were about to be, and whose outcome is not known.
    pub in_doubt: Vec<Step>,
    /// How many steps were never sent.
    pub not_sent: usize,
}

/// A step whose outcome was not known, and what is there now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReadBack {
    /// The step.
    pub step: Step,
    /// What is there now.
    #[serde(flatten)]
    pub found: StepState,
}

/// The applies to a cluster that were cut off on this machine after their first request was on its
/// way, the oldest first. One that still runs is none of them.
///
/// # Errors
/// The journals cannot be read, or one is of another version.
pub fn interrupted(shelves: &Path, cluster_id: &str) -> Result<Vec<Interrupted>, StoreError> {
    in_one(&journals(shelves).of_cluster(cluster_id))
}

/// The same of all clusters.
///
/// # Errors
/// The journals cannot be read, or one is of another version.
pub fn interrupted_anywhere(shelves: &Path) -> Result<Vec<Interrupted>, StoreError> {
    let mut found = Vec::new();
    for shelf in journals(shelves).of_clusters()? {
        found.extend(in_one(&shelf)?);
    }
    Ok(found)
}

fn in_one(shelf: &Shelf) -> Result<Vec<Interrupted>, StoreError> {
    let mut found = Vec::new();
    for held in left_open(shelf)? {
        let path = held?.path;
        found.extend(read(shelf, &path)?);
    }
    found.retain(|one| one.settled > 0 || !one.in_doubt.is_empty());
    Ok(found)
}

/// Ends the journals of a cluster that were cut off: a later apply came to its end.
///
/// # Errors
/// A journal cannot be written.
pub fn resolve(shelves: &Path, cluster_id: &str) -> Result<(), StoreError> {
    for held in left_open(&journals(shelves).of_cluster(cluster_id))? {
        held?.append(&text(&JournalLine::End { at: now() }), false)?;
    }
    Ok(())
}

/// What became of the steps whose outcome was not known, read now.
pub async fn read_back(cluster: &dyn Cluster, interrupted: &Interrupted) -> Vec<ReadBack> {
    let steps = &interrupted.in_doubt;
    let mut found = Vec::with_capacity(steps.len());
    for phase in phases(steps) {
        let steps = &steps[phase];
        let now = verify::look(cluster, steps).await;
        let pairs = steps.iter().cloned().zip(now);
        found.extend(pairs.map(|(step, found)| ReadBack { step, found }));
    }
    found
}

/// Journals without an end that nobody writes any more.
fn left_open(
    shelf: &Shelf,
) -> Result<impl Iterator<Item = Result<HeldFile, StoreError>>, StoreError> {
    let paths = shelf.files()?.into_iter();
    let open = paths.filter(|path| !has_ended(path));
    Ok(open.filter_map(|path| shelf.take_over(&path).transpose()))
}

/// What a journal says; nothing where it ended meanwhile. A line that is no line was cut off.
fn read(shelf: &Shelf, path: &Path) -> Result<Option<Interrupted>, StoreError> {
    let bytes = fs::read(path).map_err(shelf.failed("read", path))?;
    let content = String::from_utf8_lossy(&bytes);
    let mut lines = content.lines();
    let header = match lines.next().map(serde_json::from_str) {
        Some(Ok(JournalLine::Header(header)))
            if header.format_version == JournalHeader::FORMAT_VERSION =>
        {
            header
        }
        _ => {
            let reason = "it was written by another version of tonkafka";
            return Err(shelf.failed("read", path)(reason));
        }
    };
    let lines: Vec<JournalLine> = lines
        .filter_map(|line| serde_json::from_str(line).ok())
        .collect();
    // One plan after another can be carried out with one journal.
    if matches!(lines.last(), Some(JournalLine::End { .. })) {
        return Ok(None);
    }
    Ok(Some(summed_up(path, header, lines)))
}

fn summed_up(path: &Path, header: JournalHeader, lines: Vec<JournalLine>) -> Interrupted {
    let mut steps = BTreeMap::new();
    let mut sent = BTreeSet::new();
    let mut settled = BTreeSet::new();
    for line in lines {
        match line {
            JournalLine::Step { step } => drop(steps.insert(step.id, step)),
            JournalLine::Sending { steps, .. } => sent.extend(steps),
            JournalLine::Settled { step, outcome, .. } => match outcome {
                Outcome::Done { .. } | Outcome::Refused { .. } => drop(settled.insert(step)),
                Outcome::NotAttempted { .. } => drop(sent.remove(&step)),
                Outcome::Unknown { .. } => {}
            },
            JournalLine::Header(_) | JournalLine::End { .. } => {}
        }
    }
    let in_doubt: Vec<Step> = steps
        .values()
        .filter(|step| sent.contains(&step.id) && !settled.contains(&step.id))
        .cloned()
        .collect();
    Interrupted {
        journal: path.to_owned(),
        cluster_id: header.cluster_id,
        started_at: header.started_at,
        process: header.process,
        settled: settled.len(),
        not_sent: steps.len().saturating_sub(settled.len() + in_doubt.len()),
        in_doubt,
    }
}
