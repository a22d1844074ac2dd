//! Takes back what earlier steps did to commits, as a [`Plan`] of its own.
//!
//! Only what is still as those steps left it is taken back: where a consumer has gone on, or somebody
//! else has committed since, the whole plan is refused. Nothing here is a skip: what was before comes
//! back, with its epochs and metadata.

use std::collections::{BTreeMap, BTreeSet};

use super::Plan;
use super::commit::{OffsetChange, Unmoved};
use super::finding::{Code, Finding, Severity};
use super::offsets::objection;
use super::step::{Action, Reason, Resource, Risk, Step};
use crate::model::group::Committed;
use crate::model::measure::TopicPartition;
use crate::model::offsets::OffsetFacts;
use crate::model::seen::{Seen, Unseen};
use crate::model::topic::TopicId;

/// One commit that was changed.
struct Changed<'a> {
    group: &'a str,
    partition: TopicPartition,
    topic_id: Option<TopicId>,
    before: Option<&'a Committed>,
    after: Option<&'a Committed>,
    share: bool,
}

/// The groups that steps wrote to.
#[must_use]
pub fn groups(steps: &[Step]) -> BTreeSet<String> {
    let ids = steps.iter().filter_map(|step| step.resource.group_id());
    ids.map(str::to_owned).collect()
}

/// The partitions whose commits steps wrote.
#[must_use]
pub fn partitions(steps: &[Step]) -> BTreeSet<TopicPartition> {
    let changed = steps.iter().flat_map(changed);
    changed.map(|changed| changed.partition).collect()
}

/// The plan that takes back what `steps` did.
#[must_use]
pub fn undo(steps: &[Step], positions: &OffsetFacts) -> Plan {
    let mut undone = Vec::new();
    let mut findings = Vec::new();
    let mut unmoved = Vec::new();
    let create = BTreeSet::from([Code::NoSuchGroup]);
    for id in groups(steps) {
        let seen = positions.groups.get(&id).unwrap_or(&Seen::Absent);
        let objection = objection(&id, seen, &[], &create);
        // It was there before, so it may come back.
        findings.extend(objection.filter(|finding| finding.severity != Severity::Allowed));
    }
    for changed in steps.iter().flat_map(changed) {
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

fn changed(step: &Step) -> Vec<Changed<'_>> {
    let Some(group) = step.resource.group_id() else {
        return Vec::new();
    };
    let of = |partition, before, after, share| Changed {
        group,
        partition,
        topic_id: step.topic_id,
        before,
        after,
        share,
    };
    match (&step.action, step.resource.partition()) {
        (Action::Commit(change), Some(partition)) => {
            let before = change.before.as_ref();
            vec![of(partition, before, Some(&change.after), change.share)]
        }
        (Action::Forget { before }, Some(partition)) => {
            vec![of(partition, Some(before), None, false)]
        }
        (Action::DeleteGroup(deletion), _) => deletion
            .commits
            .iter()
            .map(|one| {
                let partition = (one.topic.clone(), one.partition);
                of(partition, Some(&one.committed), None, false)
            })
            .collect(),
        _ => Vec::new(),
    }
}

impl Changed<'_> {
    fn resource(&self) -> Resource {
        Resource::commit(self.group, &self.partition)
    }

    fn finding(&self, code: Code, severity: Severity, message: String) -> Box<Finding> {
        Box::new(Finding::new(code, severity, self.resource(), message))
    }

    fn log(&self, positions: &OffsetFacts) -> (i64, i64) {
        let offset = |offsets: &BTreeMap<TopicPartition, Seen<Option<i64>>>| {
            let seen = offsets.get(&self.partition).and_then(Seen::value);
            seen.copied().flatten().unwrap_or_default()
        };
        (offset(&positions.starts), offset(&positions.ends))
    }

    fn stays(&self, positions: &OffsetFacts) -> Unmoved {
        let (log_start, log_end) = self.log(positions);
        Unmoved {
            group: self.group.to_owned(),
            topic: self.partition.0.clone(),
            partition: self.partition.1,
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

/// What is committed now where a change was made.
///
/// # Errors
/// The topic is gone or another one, or it cannot be seen.
fn committed_now(
    changed: &Changed<'_>,
    positions: &OffsetFacts,
) -> Result<Option<Committed>, Box<Finding>> {
    let topic = &changed.partition.0;
    let gone = |message: String| {
        Err(changed.finding(Code::NoSuchPartition, Severity::CannotApply, message))
    };
    let unseen =
        |words: String| Err(changed.finding(Code::NotVisible, Severity::Unreadable, words));
    match positions.topics.get(topic) {
        Some(Seen::Value(there)) => {
            if changed.topic_id.is_some_and(|id| id != there.id) {
                return gone(format!("topic {topic} was deleted and made anew since"));
            }
        }
        None | Some(Seen::Absent) => {
            return gone(format!("topic {topic} is gone, and its commits with it"));
        }
        Some(Seen::Unseen(Unseen { words, .. })) => return unseen(words.clone()),
    }
    match positions.committed(changed.group, &changed.partition) {
        Seen::Value(now) => Ok(now),
        Seen::Absent => Ok(None),
        Seen::Unseen(Unseen { words, .. }) => unseen(words),
    }
}

/// The step that takes a change back; none where it is back already.
fn take_back(changed: &Changed<'_>, positions: &OffsetFacts) -> Result<Option<Step>, Box<Finding>> {
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
    let action = match (changed.before, now) {
        (Some(before), now) => {
            let log = changed.log(positions);
            Action::Commit(OffsetChange::new(now, before.clone(), log, changed.share))
        }
        (None, Some(now)) => Action::Forget { before: now },
        (None, None) => return Ok(None),
    };
    Ok(Some(Step {
        id: 0,
        resource: changed.resource(),
        topic_id: changed.topic_id,
        action,
        reason: Reason::Undo,
        risk: Risk::None,
    }))
}
