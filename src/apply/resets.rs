//! Records of the offsets that groups had before a change, written before it is sent, for undo.
//!
//! One change is one JSON file in `<shelves>/resets/<cluster id>/`, named by its id. It holds the steps
//! with the commits before, and later their outcomes. A file without outcomes is of a run that was cut off.
//! The file is locked while its change runs.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::fs;
use std::path::Path;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::journal::now;
use super::report::{Outcome, Settled};
use crate::model::escape::json;
use crate::plan::kinds::CommitOffset;
use crate::plan::{Action, Plan, Reason, Resource, Risk, Step};
use crate::store::{HeldFile, Shelf, StoreError};

/// How many records are kept per cluster.
const KEPT: usize = 100;

/// The records of a cluster.
fn shelf(shelves: &Path, cluster_id: &str) -> Shelf {
    let all = Shelf::new(shelves.join("resets"), "the record of offsets ", "json");
    all.of_cluster(cluster_id)
}

/// One change of committed offsets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Reset {
    /// The version of this document.
    #[schemars(extend("const" = Self::FORMAT_VERSION))]
    pub format_version: u32,
    /// `OffsetReset`.
    #[schemars(extend("const" = "OffsetReset"))]
    pub kind: String,
    /// Its id, made from its time and groups.
    pub id: String,
    /// The `cluster.id`.
    pub cluster_id: String,
    /// When it began, RFC 3339.
    #[schemars(extend("format" = "date-time"))]
    pub at: String,
    /// The steps, with the commits before and after.
    pub steps: Vec<Step>,
    /// The outcome of each step, by its number; empty when the run was cut off.
    #[serde(default)]
    pub outcomes: BTreeMap<usize, Outcome>,
    /// When it was undone, RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("format" = "date-time"))]
    pub undone_at: Option<String>,
}

impl Reset {
    /// The version of the JSON.
    pub const FORMAT_VERSION: u32 = 1;

    /// The steps that are or may be done.
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
    shelf: Shelf,
    held: HeldFile,
    reset: Reset,
    /// Its content before this plan, if it continues an earlier record.
    former: Option<Reset>,
    /// The numbers of the record's steps, by those of the plan's.
    numbers: BTreeMap<usize, usize>,
}

impl Record {
    /// Writes the commits that a plan is about to change; none when it changes none that can be restored.
    /// An undo gets no record. All commits of a mirror for a group share one record, until it is undone.
    pub(super) fn begin(
        shelves: &Path,
        plan: &Plan,
        mirror: Option<&str>,
    ) -> Result<Option<Self>, StoreError> {
        let steps = plan.steps.iter();
        let steps: Vec<Step> = steps
            .filter(|step| step.action.group_id().is_some())
            .filter(|step| step.reason != Reason::Undo && step.risk == Risk::None)
            .cloned()
            .collect();
        if steps.is_empty() {
            return Ok(None);
        }
        let shelf = shelf(shelves, &plan.cluster_id);
        let mut reset = Reset {
            format_version: Reset::FORMAT_VERSION,
            kind: "OffsetReset".to_owned(),
            id: mirror.map_or_else(|| name(&steps), |mirror| name_of_mirror(mirror, &steps)),
            cluster_id: plan.cluster_id.clone(),
            at: now(),
            steps: Vec::new(),
            outcomes: BTreeMap::new(),
            undone_at: None,
        };
        let path = shelf.path(&reset.id);
        let held = match mirror {
            Some(_) => shelf.take_over(&path)?,
            None => None,
        };
        let former = match &held {
            Some(_) => Some(read(&shelf, &path)?).filter(|former| former.undone_at.is_none()),
            None => None,
        };
        let numbers = if let Some(former) = &former {
            reset.steps.clone_from(&former.steps);
            reset.outcomes.clone_from(&former.outcomes);
            reset.take(&steps)
        } else {
            let numbers = steps.iter().map(|step| (step.id, step.id)).collect();
            reset.steps = steps;
            numbers
        };
        let held = if let Some(held) = held {
            shelf.replace(&path, &text(&reset))?;
            // The replaced file is a new one, which has to be locked.
            shelf.take_over(&path)?.unwrap_or(held)
        } else {
            let wanted = reset.id.clone();
            shelf.create(&wanted, 0, |id| {
                id.clone_into(&mut reset.id);
                (shelf.path(id), text(&reset))
            })?
        };
        let mut others = shelf.files().unwrap_or_default();
        others.retain(|path| *path != held.path);
        shelf.prune(others.iter().rev().skip(KEPT - 1));
        Ok(Some(Self {
            shelf,
            held,
            reset,
            former,
            numbers,
        }))
    }

    /// Writes the outcomes and returns the record's id. Removes the record when no step can be done. A
    /// write error is ignored, because a record without outcomes can be undone too.
    pub(super) fn finish(mut self, settled: &[Settled]) -> Option<String> {
        for one in settled {
            let Some(number) = self.numbers.get(&one.step.id) else {
                continue;
            };
            let is_kept = one.outcome.may_be_done();
            let former = self.former.as_ref().filter(|_| !is_kept);
            let step = former.and_then(|former| Some((former, former.place(*number)?)));
            if let Some((former, place)) = step {
                self.reset.steps[place] = former.steps[place].clone();
                let outcome = former.outcomes.get(number).cloned();
                self.reset
                    .outcomes
                    .extend(outcome.map(|outcome| (*number, outcome)));
            } else {
                self.reset.outcomes.insert(*number, one.outcome.clone());
            }
        }
        if self.reset.perhaps_done().is_empty() {
            self.held.remove();
            return None;
        }
        let _ = self.shelf.replace(&self.held.path, &text(&self.reset));
        Some(self.reset.id)
    }
}

impl Reset {
    /// The index of the step with this number.
    fn place(&self, number: usize) -> Option<usize> {
        self.steps.iter().position(|step| step.id == number)
    }

    /// Adds steps. A step on a known commit is merged, and keeps the first commit before. Returns the
    /// record's step numbers by the plan's.
    fn take(&mut self, steps: &[Step]) -> BTreeMap<usize, usize> {
        let known = self.steps.iter().enumerate();
        let known: BTreeMap<Resource, usize> = known
            .map(|(place, step)| (step.resource(), place))
            .collect();
        let mut last_id = self.steps.iter().map(|step| step.id).max().unwrap_or(0);
        let mut numbers = BTreeMap::new();
        for step in steps {
            let Some(place) = known.get(&step.resource()) else {
                last_id += 1;
                numbers.insert(step.id, last_id);
                self.steps.push(Step {
                    id: last_id,
                    ..step.clone()
                });
                continue;
            };
            let same = &mut self.steps[*place];
            if let (Action::CommitOffset(_, first), Action::CommitOffset(on, last)) =
                (&same.action, &step.action)
            {
                let (before, after) = (first.before.clone(), last.after.clone());
                let log = (last.log_start, last.log_end);
                let both = CommitOffset::new(before, after, log, last.share);
                same.action = Action::from((on.clone(), both));
            }
            self.outcomes.remove(&same.id);
            numbers.insert(step.id, same.id);
        }
        numbers
    }
}

/// The records of a cluster, newest first.
///
/// # Errors
/// A record cannot be read, has another version, or does not fit its file name.
pub fn resets(shelves: &Path, cluster_id: &str) -> Result<Vec<Reset>, StoreError> {
    let shelf = shelf(shelves, cluster_id);
    let mut found = Vec::new();
    for path in shelf.files()? {
        let reset = read(&shelf, &path)?;
        if path.file_stem() != Some(OsStr::new(&reset.id)) || reset.cluster_id != cluster_id {
            let words = "it is of another reset than its name says";
            return Err(shelf.failed("use", &path)(words));
        }
        found.push(reset);
    }
    // Ids only have the time in seconds.
    found.sort_by_cached_key(|reset| {
        Reverse((reset.at.parse::<Timestamp>().ok(), reset.id.clone()))
    });
    Ok(found)
}

/// Marks a record as undone.
///
/// # Errors
/// The record cannot be written.
pub fn mark_undone(shelves: &Path, reset: &Reset) -> Result<(), StoreError> {
    let shelf = shelf(shelves, &reset.cluster_id);
    let undone = Reset {
        undone_at: Some(now()),
        ..reset.clone()
    };
    shelf.replace(&shelf.path(&reset.id), &text(&undone))
}

/// The id of a new record: the time in seconds, the first group, and the number of the others.
fn name(steps: &[Step]) -> String {
    let second = Timestamp::now().strftime("%Y%m%d-%H%M%S");
    let groups: BTreeSet<&str> = steps
        .iter()
        .filter_map(|step| step.action.group_id())
        .collect();
    let first = groups.first().copied().unwrap_or_default();
    let group = plain(first);
    match groups.len().saturating_sub(1) {
        0 => format!("{second}-{group}"),
        more => format!("{second}-{group}+{more}"),
    }
}

/// The beginning of a group's id, with `_` for characters that are special in a shell or file system.
fn plain(group: &str) -> String {
    /// The most characters of a group's id in a name.
    const KNOWN_BY: usize = 40;
    let plain = |letter: char| match letter {
        '.' | '-' => letter,
        letter if letter.is_ascii_alphanumeric() => letter,
        _ => '_',
    };
    group.chars().take(KNOWN_BY).map(plain).collect()
}

/// The id of a mirror's record for a group. The checksum keeps ids with the same plain form apart.
fn name_of_mirror(mirror: &str, steps: &[Step]) -> String {
    let group = steps.iter().find_map(|step| step.action.group_id());
    let group = group.unwrap_or_default();
    let digest = Sha256::digest(format!("{mirror} {group}"));
    let sum = u32::from_be_bytes([digest[0], digest[1], digest[2], digest[3]]);
    format!("mirror-{}-{sum:08x}", plain(group))
}

fn text(reset: &Reset) -> String {
    // Records have string keys and finite numbers only, so this cannot fail.
    json(serde_json::to_string_pretty(reset).unwrap_or_default()) + "\n"
}

fn read(shelf: &Shelf, path: &Path) -> Result<Reset, StoreError> {
    let text = fs::read_to_string(path).map_err(shelf.failed("read", path))?;
    let reset: Reset = serde_json::from_str(&text).map_err(shelf.failed("read", path))?;
    if reset.format_version == Reset::FORMAT_VERSION {
        Ok(reset)
    } else {
        let words = "it was written by another version of tonkafka";
        Err(shelf.failed("read", path)(words))
    }
}
