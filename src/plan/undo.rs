//! Plans the undo of earlier steps on commits.
//!
//! Only commits that are still as those steps left them are restored: if a consumer or anybody else
//! committed since, the plan is refused. Commits come back with their leader epochs and metadata, so no
//! guard against skipping applies.

use std::collections::BTreeSet;

use super::Plan;
use super::finding::{Code, Finding, Severity};
use super::kinds::{Action, CommitChange, CommitOffset, DeleteOffset, Unmoved};
use super::offsets::objection;
use super::step::{Reason, Risk, Step};
use super::target::StepTarget;
use crate::model::group::Committed;
use crate::model::measure::{Offsets, TopicPartition};
use crate::model::offsets::OffsetFacts;
use crate::model::seen::Seen;

/// The groups that `steps` wrote to.
#[must_use]
pub fn groups(steps: &[Step]) -> BTreeSet<String> {
    let ids = steps.iter().filter_map(|step| step.action.group_id());
    ids.map(str::to_owned).collect()
}

/// The partitions whose commits `steps` wrote.
#[must_use]
pub fn partitions(steps: &[Step]) -> BTreeSet<TopicPartition> {
    let changed = steps.iter().flat_map(|step| step.action.commits());
    changed.map(|changed| changed.on.partition.key()).collect()
}

/// The plan that undoes `steps`.
#[must_use]
pub fn undo(steps: &[Step], positions: &OffsetFacts) -> Plan {
    let mut undone = Vec::new();
    let mut findings = Vec::new();
    let mut unmoved = Vec::new();
    let create = BTreeSet::from([Code::NoSuchGroup]);
    for id in groups(steps) {
        let seen = positions.groups.get(&id).unwrap_or(&Seen::Absent);
        let objection = objection(&id, seen, &[], &create);
        // The group existed before, so undo may create it again.
        findings.extend(objection.filter(|finding| finding.severity != Severity::Allowed));
    }
    for changed in steps.iter().flat_map(|step| step.action.commits()) {
        match take_back(&changed, positions) {
            Ok(Some(step)) => undone.push(step),
            Ok(None) => unmoved.push(changed.stays(positions)),
            Err(finding) => findings.push(*finding),
        }
    }
    let mut plan = Plan::requested(&positions.cluster_id, undone, findings);
    plan.unmoved = unmoved;
    plan
}

impl CommitChange<'_> {
    fn finding(&self, code: Code, severity: Severity, message: String) -> Box<Finding> {
        Box::new(Finding::new(code, severity, self.on.resource(), message))
    }

    fn log(&self, positions: &OffsetFacts) -> (i64, i64) {
        let offset = |offsets: &Offsets| {
            let seen = offsets.get(&self.on.partition.key()).and_then(Seen::value);
            seen.copied().flatten().unwrap_or_default()
        };
        (
            offset(&positions.measured.starts),
            offset(&positions.measured.ends),
        )
    }

    fn stays(&self, positions: &OffsetFacts) -> Unmoved {
        let (log_start, log_end) = self.log(positions);
        Unmoved {
            group: self.on.group.clone(),
            topic: self.on.partition.topic.name.clone(),
            partition: self.on.partition.number,
            committed: self.before.map(|before| before.offset),
            log_start,
            log_end,
        }
    }

    fn is(&self, now: Option<&Committed>, then: Option<&Committed>) -> bool {
        match (now, then) {
            (Some(now), Some(then)) if self.share => now.offset == then.offset,
            (now, then) => now == then,
        }
    }
}

/// The current commit where a change was made.
///
/// # Errors
/// The topic is gone or was created anew, or a fact cannot be read.
fn committed_now(
    changed: &CommitChange<'_>,
    positions: &OffsetFacts,
) -> Result<Option<Committed>, Box<Finding>> {
    let planned = &changed.on.partition.topic;
    let topic = &planned.name;
    let gone = |message: String| {
        Err(changed.finding(Code::NoSuchPartition, Severity::CannotApply, message))
    };
    let unseen =
        |words: String| Err(changed.finding(Code::NotVisible, Severity::Unreadable, words));
    match positions.topics.get(topic) {
        Some(Seen::Value(there)) => {
            if planned.id.is_some_and(|id| id != there.id) {
                return gone(format!("topic {topic} was deleted and made anew since"));
            }
        }
        None | Some(Seen::Absent) => {
            return gone(format!("topic {topic} is gone, and its commits with it"));
        }
        Some(Seen::Unseen(_, words)) => return unseen(words.clone()),
    }
    match positions.committed(&changed.on.group, &changed.on.partition.key()) {
        Seen::Value(now) => Ok(now),
        Seen::Absent => Ok(None),
        Seen::Unseen(_, words) => unseen(words),
    }
}

/// The step that undoes a change; none when the commit is already as before.
fn take_back(
    changed: &CommitChange<'_>,
    positions: &OffsetFacts,
) -> Result<Option<Step>, Box<Finding>> {
    let now = committed_now(changed, positions)?;
    if changed.is(now.as_ref(), changed.before) {
        return Ok(None);
    }
    if !changed.is(now.as_ref(), changed.after) {
        let shown = |commit: Option<&Committed>| {
            commit.map_or("nothing".to_owned(), |commit| commit.offset.to_string())
        };
        let message = format!(
            "{} was committed then, and {} is now: somebody has committed since",
            shown(changed.after),
            shown(now.as_ref())
        );
        return Err(changed.finding(Code::CommitsMoved, Severity::Refused, message));
    }
    let on = changed.on.clone();
    let action = match (changed.before, now) {
        (Some(before), now) => {
            let log = changed.log(positions);
            let commit = CommitOffset::new(now, before.clone(), log, changed.share);
            Action::from((on, commit))
        }
        (None, Some(before)) => Action::from((on, DeleteOffset { before })),
        (None, None) => return Ok(None),
    };
    Ok(Some(Step::new(action, Reason::Undo, Risk::None)))
}
