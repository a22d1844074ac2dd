//! Deletes groups, deletes commits, and copies commits to another group.
//!
//! Traps: a group with members cannot be deleted, and its commits for a topic only while no member reads
//! the topic. The start offsets of a deleted share group (KIP-932) cannot be restored.

use std::collections::BTreeSet;

use super::Plan;
use super::finding::{Code, Finding, Severity};
use super::kinds::{DeleteGroup, DeleteOffset, PartitionCommit};
use super::offsets::{Aim, WantedCommit, is_pending, objection, reset, unreadable};
use super::resource::Resource;
use super::step::{Reason, Risk, Step};
use super::target::{CommitTarget, GroupTarget};
use crate::model::escape::escape;
use crate::model::group::{Commits, Committed, DescribedGroup, GroupType};
use crate::model::lag::records_from;
use crate::model::measure::{TopicPartition, of_topic};
use crate::model::offsets::OffsetFacts;
use crate::model::scope::Parts;
use crate::model::seen::{Cause, Seen};
use crate::model::suggest::closest;
use crate::model::words::{counted, ranges, shorten};

/// The plan that deletes all groups of `positions` and their commits.
#[must_use]
pub fn delete(positions: &OffsetFacts) -> Plan {
    let mut steps = Vec::new();
    let mut findings = Vec::new();
    for (id, seen) in &positions.groups {
        match deletion(id, seen, positions) {
            Ok(step) => steps.push(step),
            Err(found) => findings.extend(found),
        }
    }
    Plan::requested(&positions.cluster_id, steps, findings)
}

fn deletion(
    id: &str,
    seen: &Seen<DescribedGroup>,
    positions: &OffsetFacts,
) -> Result<Step, Vec<Finding>> {
    let group = writable(id, seen, positions).map_err(|finding| vec![undeletable(*finding)])?;
    let commits = commits_of(id, positions).map_err(|finding| vec![*finding])?;
    let mut told = Vec::new();
    let mut findings = Vec::new();
    for (key, seen) in commits {
        match committed(id, key, seen) {
            Ok(Some(committed)) => told.push(PartitionCommit {
                topic: key.topic.clone(),
                partition: key.partition,
                lag: lag(committed, &positions.measured.log(key)),
                committed: committed.clone(),
            }),
            Ok(None) => {}
            Err(finding) => findings.push(*finding),
        }
    }
    if !findings.is_empty() {
        return Err(findings);
    }
    let deletion = DeleteGroup {
        group_type: group.group_type.clone(),
        commits: told,
    };
    let risk = match group.group_type {
        GroupType::Share => Risk::Irreversible,
        _ => Risk::None,
    };
    let group = GroupTarget { id: id.to_owned() };
    Ok(Step::new((group, deletion), Reason::Requested, risk))
}

fn undeletable(finding: Finding) -> Finding {
    if finding.code == Code::ForeignGroup {
        let hint = "stop its members: brokers remove such a group by themselves once it is empty";
        return finding.hint(hint);
    }
    finding
}

/// How many records a group has not read; none when the log's offsets are unknown.
pub(super) fn lag(committed: &Committed, log: &Seen<(i64, i64)>) -> Option<i64> {
    Some(records_from(committed.offset, *log.value()?))
}

/// The group, if it exists, is a consumer or share group, and has no members.
fn writable<'a>(
    id: &str,
    seen: &'a Seen<DescribedGroup>,
    positions: &OffsetFacts,
) -> Result<&'a DescribedGroup, Box<Finding>> {
    let Seen::Value(group) = seen else {
        return Err(Box::new(unseen(id, seen, positions)));
    };
    match objection(id, seen, &[], &BTreeSet::new()) {
        None => Ok(group),
        Some(finding) => Err(Box::new(match finding.code {
            Code::GroupActive => finding.hint("stop them first"),
            _ => finding,
        })),
    }
}

/// The finding for a group that does not exist or cannot be read.
fn unseen(id: &str, seen: &Seen<DescribedGroup>, positions: &OffsetFacts) -> Finding {
    let resource = Resource::group(id);
    match seen {
        Seen::Unseen(_, words) => unreadable(resource, words),
        Seen::Absent | Seen::Value(_) => {
            let known = positions.known_groups.iter().map(String::as_str);
            let hint = match closest(id, known) {
                Some(meant) => format!("did you mean `{}`?", escape(meant)),
                None => "`tonkafka list groups` names them all".to_owned(),
            };
            let message = "it is not there".to_owned();
            Finding::refused(Code::NoSuchGroup, resource, message).hint(hint)
        }
    }
}

/// All commits of a group.
fn commits_of<'a>(id: &str, positions: &'a OffsetFacts) -> Result<&'a Commits, Box<Finding>> {
    static NONE: Commits = Commits::new();
    match positions.commits.get(id) {
        Some(Seen::Value(commits)) => Ok(commits),
        None | Some(Seen::Absent) => Ok(&NONE),
        Some(Seen::Unseen(_, words)) => {
            let message = format!("its commits cannot be read: {words}");
            Err(Box::new(Finding::unreadable(Resource::group(id), message)))
        }
    }
}

/// One commit of a group, or the finding that prevents reading it.
fn committed<'a>(
    group: &str,
    key: &TopicPartition,
    seen: &'a Seen<Committed>,
) -> Result<Option<&'a Committed>, Box<Finding>> {
    let resource = Resource::commit(group, key);
    match seen {
        Seen::Value(committed) => Ok(Some(committed)),
        Seen::Absent => Ok(None),
        Seen::Unseen(Cause::Unavailable, words) if is_pending(words) => {
            let message = "a transaction that has not ended may still commit for it";
            let finding = Finding::refused(Code::PendingCommit, resource, message);
            Err(Box::new(finding.hint("wait until it ends or times out")))
        }
        Seen::Unseen(_, words) => Err(Box::new(unreadable(resource, words))),
    }
}

/// The plan that deletes a group's commits for `parts`. The group may have members that do not read these
/// topics.
#[must_use]
pub fn delete_offsets(id: &str, parts: &Parts, positions: &OffsetFacts) -> Plan {
    let (steps, findings) = match deletable(id, positions) {
        Ok((group, commits)) => forgotten(group, commits, parts, positions),
        Err(finding) => (Vec::new(), vec![*finding]),
    };
    Plan::requested(&positions.cluster_id, steps, findings)
}

fn deletable<'a>(
    id: &str,
    positions: &'a OffsetFacts,
) -> Result<(&'a DescribedGroup, &'a Commits), Box<Finding>> {
    let seen = positions.groups.get(id).unwrap_or(&Seen::Absent);
    let group = match writable(id, seen, positions) {
        Ok(group) => group,
        // Members count only for the topics that they read.
        Err(finding) if finding.code == Code::GroupActive => match seen {
            Seen::Value(group) => group,
            _ => return Err(finding),
        },
        Err(finding) => return Err(finding),
    };
    if group.group_type == GroupType::Share {
        let message = "it is a share group: it has the start of its shares, and no commits";
        let finding = Finding::refused(Code::ForeignGroup, Resource::group(id), message);
        return Err(Box::new(finding.hint(
            "`reset-offsets --to earliest` or `--to latest` moves where its shares start",
        )));
    }
    Ok((group, commits_of(id, positions)?))
}

fn forgotten(
    group: &DescribedGroup,
    commits: &Commits,
    parts: &Parts,
    positions: &OffsetFacts,
) -> (Vec<Step>, Vec<Finding>) {
    let mut steps = Vec::new();
    let mut findings = Vec::new();
    for (topic, partitions) in parts {
        let is_meant = |key: &&TopicPartition| {
            partitions
                .as_ref()
                .is_none_or(|only| only.contains(&key.partition))
        };
        let of_topic = of_topic(commits, topic).map(|(key, _)| key);
        let keys: Vec<&TopicPartition> = of_topic.filter(is_meant).collect();
        findings.extend(uncommitted(
            group,
            topic,
            partitions.as_ref(),
            &keys,
            commits,
        ));
        if keys.is_empty() {
            continue;
        }
        if let Some(finding) = kept_commits(group, topic, positions) {
            findings.push(finding);
            continue;
        }
        for key in keys {
            match committed(&group.id, key, &commits[key]) {
                Ok(Some(before)) => {
                    let on = CommitTarget::new(&group.id, key, positions.topic_id(topic));
                    let before = before.clone();
                    let delete = DeleteOffset { before };
                    steps.push(Step::new((on, delete), Reason::Requested, Risk::None));
                }
                Ok(None) => {}
                Err(finding) => findings.push(*finding),
            }
        }
    }
    (steps, findings)
}

/// Refuses named topics and partitions without a commit.
fn uncommitted(
    group: &DescribedGroup,
    topic: &str,
    partitions: Option<&BTreeSet<i32>>,
    keys: &[&TopicPartition],
    commits: &Commits,
) -> Option<Finding> {
    let resource = Resource::group(&group.id);
    let shown = escape(topic);
    if of_topic(commits, topic).next().is_none() {
        let mut topics: Vec<&str> = commits.keys().map(|key| key.topic.as_str()).collect();
        topics.dedup();
        let message = format!("it committed nothing for {shown}");
        let hint = match closest(topic, topics.iter().copied()) {
            Some(meant) => format!("did you mean `{}`?", escape(meant)),
            None if topics.is_empty() => "it committed nothing at all".to_owned(),
            None => {
                let topics: Vec<String> = topics.into_iter().map(escape).collect();
                format!("it committed for {}", shorten(&topics, 5))
            }
        };
        return Some(Finding::refused(Code::NoCommit, resource, message).hint(hint));
    }
    let there: BTreeSet<i32> = keys.iter().map(|key| key.partition).collect();
    let missing: Vec<i32> = partitions?.difference(&there).copied().collect();
    if missing.is_empty() {
        return None;
    }
    let word = if missing.len() == 1 {
        "partition"
    } else {
        "partitions"
    };
    let message = format!(
        "it committed nothing for {shown} ({word} {})",
        ranges(&missing)
    );
    let hint = "name only partitions that it committed for, or the topic alone";
    Some(Finding::refused(Code::NoCommit, resource, message).hint(hint))
}

/// Why commits for a topic cannot be deleted now.
fn kept_commits(group: &DescribedGroup, topic: &str, positions: &OffsetFacts) -> Option<Finding> {
    let resource = Resource::group(&group.id);
    let shown = escape(topic);
    match positions.topics.get(topic) {
        Some(Seen::Value(_)) => {}
        None | Some(Seen::Absent) => {
            let message = format!("topic {shown} is gone");
            let finding = Finding::refused(Code::NoSuchPartition, resource, message);
            return Some(
                finding.hint("brokers forget the commits of deleted topics by themselves"),
            );
        }
        Some(Seen::Unseen(_, words)) => {
            return Some(unreadable(resource, &format!("topic {shown}: {words}")));
        }
    }
    if group.lets_commits_go(topic) {
        return None;
    }
    let count = counted(group.members.len(), "member", "members");
    let message = if group.reads(topic) {
        format!("its members read {shown} ({})", readers(group, topic))
    } else {
        format!(
            "it is {}, and which topics its {count} will read is not known",
            group.state
        )
    };
    let hint = "stop them first, or wait until they read other topics";
    Some(Finding::refused(Code::GroupActive, resource, message).hint(hint))
}

/// The names of the members that read a topic.
pub(super) fn readers(group: &DescribedGroup, topic: &str) -> String {
    let mut readers = group.clone();
    readers
        .members
        .retain(|member| member.assignment.contains_key(topic));
    readers.member_names()
}

/// The plan that commits the offsets of group `from` for group `to`, with leader epochs and metadata. The
/// guards of [`reset`] apply, and `allow` lets them through.
#[must_use]
pub fn clone(
    from: &str,
    to: &str,
    positions: &OffsetFacts,
    now_ms: i64,
    allow: &BTreeSet<Code>,
) -> Plan {
    let mut findings = Vec::new();
    let source = match source(from, positions, &mut findings) {
        Ok(source) => source,
        Err(finding) => return Plan::requested(&positions.cluster_id, vec![], vec![*finding]),
    };
    let mut wanted_commits = Vec::new();
    for (key, seen) in source {
        match committed(from, key, seen) {
            Ok(Some(committed)) => wanted_commits.push(WantedCommit {
                group: to.to_owned(),
                partition: key.clone(),
                aim: Aim::Commit(committed.clone()),
                named: false,
            }),
            Ok(None) => {}
            Err(finding) => findings.push(*finding),
        }
    }
    findings.extend(taken(to, positions).map(|finding| finding.judged(allow)));
    // A clone creates the group and its commits, so these guards need no flag.
    let implied = [Code::NoSuchGroup, Code::NoCommit];
    let with_implied = allow.iter().copied().chain(implied).collect();
    let mut plan = reset(&wanted_commits, positions, now_ms, &with_implied);
    let is_implied = |finding: &Finding| {
        finding.severity == Severity::Allowed && implied.contains(&finding.code)
    };
    plan.findings.retain(|finding| !is_implied(finding));
    plan.with_findings(findings)
}

/// Why the commits of a group cannot be copied: it does not exist, or cannot be read.
#[must_use]
pub fn source_objection(from: &str, positions: &OffsetFacts) -> Option<Finding> {
    match positions.groups.get(from).unwrap_or(&Seen::Absent) {
        Seen::Value(_) => commits_of(from, positions).err().map(|finding| *finding),
        seen => Some(unseen(from, seen, positions)),
    }
}

/// The commits of the group that is cloned, which may have members.
fn source<'a>(
    from: &str,
    positions: &'a OffsetFacts,
    findings: &mut Vec<Finding>,
) -> Result<&'a Commits, Box<Finding>> {
    let (group, commits) = match positions.groups.get(from) {
        Some(Seen::Value(_)) => deletable(from, positions)?,
        seen => {
            let seen = seen.unwrap_or(&Seen::Absent);
            return Err(Box::new(unseen(from, seen, positions)));
        }
    };
    if !group.is_empty() {
        let count = counted(group.members.len(), "member", "members");
        let message = format!("it has {count}, and what it committed moves on while it is cloned");
        let resource = Resource::group(from);
        findings.push(Finding::note(Code::GroupActive, resource, message));
    }
    Ok(commits)
}

/// Refuses a target group that has commits or is a share group.
fn taken(to: &str, positions: &OffsetFacts) -> Option<Finding> {
    let resource = Resource::group(to);
    if let Some(Seen::Value(group)) = positions.groups.get(to)
        && group.group_type == GroupType::Share
    {
        let message = "it is a share group, which has no commits";
        let finding = Finding::refused(Code::ForeignGroup, resource, message);
        return Some(finding.hint("choose another id for the clone"));
    }
    let commits = positions.commits.get(to).and_then(Seen::value)?;
    if commits.is_empty() {
        return None;
    }
    let count = counted(commits.len(), "partition", "partitions");
    let message = format!("it committed for {count} already");
    let finding = Finding::refused(Code::GroupHasCommits, resource, message);
    Some(finding.hint("choose another id for the clone"))
}
