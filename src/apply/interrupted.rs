//! Applies that were cut off: what their journals say, and the cluster's state now.

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

/// An apply that was cut off.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Interrupted {
    /// Its journal.
    pub journal: PathBuf,
    /// The `cluster.id` of its cluster.
    pub cluster_id: String,
    /// When it began, RFC 3339.
    #[schemars(extend("format" = "date-time"))]
    pub started_at: String,
    /// Its process id.
    pub process: u32,
    /// How many steps have a known outcome.
    pub settled: usize,
    /// Steps that may have been sent, and whose outcome is unknown.
    pub in_doubt: Vec<Step>,
    /// How many steps were never sent.
    pub not_sent: usize,
}

/// A step with an unknown outcome, and its state now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReadBack {
    /// The step.
    pub step: Step,
    /// Its state now.
    #[serde(flatten)]
    pub found: StepState,
}

/// The applies to a cluster that were cut off on this machine after sending began, oldest first. Running
/// applies are not among them.
///
/// # Errors
/// A journal cannot be read, or has another version.
pub fn interrupted(shelves: &Path, cluster_id: &str) -> Result<Vec<Interrupted>, StoreError> {
    in_one(&journals(shelves).of_cluster(cluster_id))
}

/// Like [`interrupted`], for all clusters.
///
/// # Errors
/// A journal cannot be read, or has another version.
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

/// Ends the cut-off journals of a cluster, after a later apply completed.
///
/// # Errors
/// A journal cannot be written.
pub fn resolve(shelves: &Path, cluster_id: &str) -> Result<(), StoreError> {
    for held in left_open(&journals(shelves).of_cluster(cluster_id))? {
        held?.append(&text(&JournalLine::End { at: now() }), false)?;
    }
    Ok(())
}

/// Reads the current state of the steps with an unknown outcome.
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

/// Journals without an end that no process is writing.
fn left_open(
    shelf: &Shelf,
) -> Result<impl Iterator<Item = Result<HeldFile, StoreError>>, StoreError> {
    let paths = shelf.files()?.into_iter();
    let open = paths.filter(|path| !has_ended(path));
    Ok(open.filter_map(|path| shelf.take_over(&path).transpose()))
}

/// Reads a journal; none when it has ended. Incomplete lines are skipped.
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
    // A journal of several plans has several ends, so only the last line counts.
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
