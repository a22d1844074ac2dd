//! Applies that were cut off: what their journals say, and what the cluster says about it now.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::batch::phases;
use super::journal::{
    JournalError, JournalHeader, JournalLine, directory, entries, has_ended, journals_in, now, text,
};
use super::report::Outcome;
use super::verify::{self, StepState};
use crate::cluster::Cluster;
use crate::plan::{FORMAT_VERSION, Step};
use crate::store::Log;

/// An apply that did not come to its end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Interrupted {
    /// Its journal.
    pub journal: PathBuf,
    /// The `cluster.id` that it wrote to.
    pub cluster_id: String,
    /// When it began, RFC 3339.
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
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
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
pub fn interrupted(journals: &Path, cluster_id: &str) -> Result<Vec<Interrupted>, JournalError> {
    in_one(&directory(journals, cluster_id))
}

/// The same of all clusters.
///
/// # Errors
/// The journals cannot be read, or one is of another version.
pub fn interrupted_anywhere(journals: &Path) -> Result<Vec<Interrupted>, JournalError> {
    let mut found = Vec::new();
    for directory in entries(journals)? {
        found.extend(in_one(&directory)?);
    }
    Ok(found)
}

fn in_one(directory: &Path) -> Result<Vec<Interrupted>, JournalError> {
    let mut found = Vec::new();
    for path in open_journals(directory)? {
        found.extend(read(&path)?);
    }
    found.retain(|one| one.settled > 0 || !one.in_doubt.is_empty());
    Ok(found)
}

/// Ends the journals of a cluster that were cut off: a later apply came to its end.
///
/// # Errors
/// A journal cannot be written.
pub fn resolve(journals: &Path, cluster_id: &str) -> Result<(), JournalError> {
    for path in open_journals(&directory(journals, cluster_id))? {
        let failed = |error| JournalError::new("write", &path, &error);
        if let Some(mut log) = Log::take_over(&path).map_err(failed)? {
            let end = text(&JournalLine::End { at: now() });
            log.append(end.as_bytes()).map_err(failed)?;
        }
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
fn open_journals(directory: &Path) -> Result<Vec<PathBuf>, JournalError> {
    let mut open = Vec::new();
    for path in journals_in(directory)? {
        if has_ended(&path) {
            continue;
        }
        match Log::take_over(&path) {
            Ok(Some(_)) => open.push(path),
            Ok(None) => {}
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => return Err(JournalError::new("read", &path, &error)),
        }
    }
    Ok(open)
}

/// What a journal says; nothing where it ended meanwhile. A line that is no line was cut off.
fn read(path: &Path) -> Result<Option<Interrupted>, JournalError> {
    let bytes = fs::read(path).map_err(|error| JournalError::new("read", path, &error))?;
    let content = String::from_utf8_lossy(&bytes);
    let mut lines = content.lines();
    let header = match lines.next().map(serde_json::from_str) {
        Some(Ok(JournalLine::Header(header))) if header.format_version == FORMAT_VERSION => header,
        _ => {
            let reason = std::io::Error::other("it was written by another version of tonkafka");
            return Err(JournalError::new("read", path, &reason));
        }
    };
    let lines: Vec<JournalLine> = lines
        .filter_map(|line| serde_json::from_str(line).ok())
        .collect();
    if lines
        .iter()
        .any(|line| matches!(line, JournalLine::End { .. }))
    {
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
