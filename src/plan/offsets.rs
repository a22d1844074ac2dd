//! Plans a reset of committed offsets.
//!
//! Counts are differences of offsets: upper bounds for compacted and transactional topics. Traps: brokers
//! accept any offset, even outside of the log, and create the group of a commit that does not exist; both
//! are refused here.

use std::collections::{BTreeMap, BTreeSet};

use super::document::Plan;
use super::finding::{Code, Finding, Severity};
use super::kinds::{Action, CommitOffset, Unmoved};
use super::resource::Resource;
use super::step::{Reason, Risk, Step};
use super::target::CommitTarget;
use crate::model::escape::escape;
use crate::model::group::{CONSUMER, Committed, DescribedGroup, GroupState, GroupType};
use crate::model::measure::TopicPartition;
use crate::model::offset_file::FileOffsets;
use crate::model::offsets::{Meant, OffsetFacts};
use crate::model::seen::{Cause, Seen};
use crate::model::suggest::closest;
use crate::model::target::Target;
use crate::model::words::{counted, ranges, records, shorten};

/// The target position of a partition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Aim {
    /// The log start offset.
    Earliest,
    /// The log end offset.
    Latest,
    /// The current commit.
    Current,
    /// This offset.
    Offset(i64),
    /// The current commit plus this number of offsets, which may be negative.
    Shift(i64),
    /// The first record at or after a time.
    Since {
        /// Milliseconds since 1970.
        ms: i64,
        /// As the user wrote it.
        written: String,
    },
    /// This commit, with leader epoch and metadata.
    Commit(Committed),
}

/// One partition of a group and its target position.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WantedCommit {
    /// The group.
    pub group: String,
    /// The partition.
    pub partition: TopicPartition,
    /// The target position.
    pub aim: Aim,
    /// Whether the command line named the topic, which the group has no commit for.
    pub named: bool,
}

/// Whether a commit cannot be read because an open transaction may replace it.
pub(super) fn is_pending(words: &str) -> bool {
    words.starts_with("UNSTABLE_OFFSET_COMMIT")
}

/// The target position of each partition in `meant`. `offsets` is the content of the file that `target`
/// names.
#[must_use]
pub fn wanted_commits(
    meant: &Meant,
    target: &Target,
    offsets: Option<&FileOffsets>,
    facts: &OffsetFacts,
) -> Vec<WantedCommit> {
    let aim = |group: &String, partition: &TopicPartition| match target {
        Target::Earliest => Some(Aim::Earliest),
        Target::Latest => Some(Aim::Latest),
        Target::Current => Some(Aim::Current),
        Target::Offset(offset) => Some(Aim::Offset(*offset)),
        Target::Shift(by) => Some(Aim::Shift(*by)),
        Target::Time { ms, written } => Some(Aim::Since {
            ms: *ms,
            written: written.clone(),
        }),
        Target::File(_) => {
            let commit = offsets?.get(group)?.get(partition)?;
            Some(Aim::Commit(commit.clone()))
        }
        Target::Group(other) => {
            let seen = facts.committed(other, partition);
            seen.value()?.clone().map(Aim::Commit)
        }
    };
    let each = meant
        .iter()
        .flat_map(|(group, keys)| keys.iter().map(move |key| (group, key)));
    let wanted_commits = each.filter_map(|(group, (partition, named))| {
        Some(WantedCommit {
            group: group.clone(),
            partition: partition.clone(),
            aim: aim(group, partition)?,
            named: *named,
        })
    });
    wanted_commits.collect()
}

/// The records at the plan's new offsets, whose timestamps can be shown.
#[must_use]
pub fn goes_to(plan: &Plan) -> BTreeSet<(TopicPartition, i64)> {
    let steps = plan.steps.iter();
    let records = steps.filter_map(|step| match &step.action {
        Action::CommitOffset(on, change)
            if (change.log_start..change.log_end).contains(&change.after.offset) =>
        {
            Some((on.partition.key(), change.after.offset))
        }
        _ => None,
    });
    records.collect()
}

/// Fills in the timestamps of the records at the plan's new offsets.
pub fn show_times(plan: &mut Plan, times: &BTreeMap<(TopicPartition, i64), i64>) {
    for step in &mut plan.steps {
        if let Action::CommitOffset(on, change) = &mut step.action {
            let key = (on.partition.key(), change.after.offset);
            change.target_time = times.get(&key).copied();
        }
    }
}

/// The plan that commits `wanted_commits`, at most one per partition and group. Guards that `allow` lacks,
/// and unreadable facts, stop it. `now_ms` is in milliseconds since 1970.
#[must_use]
pub fn reset(
    wanted_commits: &[WantedCommit],
    positions: &OffsetFacts,
    now_ms: i64,
    allow: &BTreeSet<Code>,
) -> Plan {
    let mut groups: BTreeMap<&str, Vec<&WantedCommit>> = BTreeMap::new();
    for wanted_commit in wanted_commits {
        groups
            .entry(&wanted_commit.group)
            .or_default()
            .push(wanted_commit);
    }
    let mut draft = Draft {
        positions,
        now_ms,
        allow,
        steps: Vec::new(),
        findings: Vec::new(),
        unmoved: Vec::new(),
    };
    for (group, wanted_commits) in groups {
        draft.group(group, &wanted_commits);
    }
    let mut plan = Plan::requested(&positions.cluster_id, draft.steps, draft.findings);
    plan.unmoved = draft.unmoved;
    plan
}

/// Why a group cannot be written to; none when it can. `allow` may permit to create it.
#[must_use]
pub fn objection(
    id: &str,
    seen: &Seen<DescribedGroup>,
    known: &[String],
    allow: &BTreeSet<Code>,
) -> Option<Finding> {
    let resource = Resource::group(id);
    let group = match seen {
        Seen::Value(group) => group,
        Seen::Absent => return Some(missing(id, known).judged(allow)),
        Seen::Unseen(_, words) => {
            return Some(unreadable(resource, words));
        }
    };
    if let Some(foreign) = foreign(group) {
        return Some(foreign);
    }
    let is_unknown = matches!(group.state, GroupState::Unknown(_))
        || matches!(group.group_type, GroupType::Unknown(_));
    if is_unknown {
        let message = format!(
            "its type is {} and its state {}, which this version of tonkafka does not know",
            escape(&group.group_type.to_string()),
            escape(&group.state.to_string())
        );
        let hint = "treat it as active: ask whoever runs it";
        return Some(Finding::refused(Code::GroupUnknown, resource, message).hint(hint));
    }
    if group.is_empty() {
        return None;
    }
    let message = match group.members.len() {
        0 => format!("it is {}", group.state),
        count => format!(
            "it has {} ({})",
            counted(count, "member", "members"),
            group.member_names()
        ),
    };
    let hint = "stop them first, or wait until they are gone with `--wait-empty 5m`";
    Some(Finding::refused(Code::GroupActive, resource, message).hint(hint))
}

fn missing(id: &str, known: &[String]) -> Finding {
    let message = "it is not there, and a commit would create it".to_owned();
    let finding = Finding::refused(Code::NoSuchGroup, Resource::group(id), message);
    match closest(id, known.iter().map(String::as_str)) {
        Some(meant) => finding.hint(format!("did you mean `{}`?", escape(meant))),
        None => finding,
    }
}

/// Refuses groups of other protocols, such as Connect's, whose commits belong to their owners.
fn foreign(group: &DescribedGroup) -> Option<Finding> {
    let known = ["", CONSUMER, "share", "streams"];
    if known.contains(&group.protocol_type.as_str()) {
        return None;
    }
    let (what, hint) = if group.protocol_type == "connect" {
        (
            "it is a group of Connect's workers, whose connectors keep their offsets elsewhere",
            "stop the connector and use Connect's REST interface: `PATCH /connectors/NAME/offsets`; \
             a sink connector's own group is `connect-NAME`",
        )
    } else {
        (
            "its members are no consumers",
            "ask whoever runs it; only groups of consumers commit offsets of topics",
        )
    };
    let message = format!("{what} (protocol type {})", escape(&group.protocol_type));
    let resource = Resource::group(&group.id);
    Some(Finding::refused(Code::ForeignGroup, resource, message).hint(hint))
}

pub(super) fn unreadable(resource: Resource, words: &str) -> Finding {
    let message = format!("it cannot be read: {words}");
    Finding::unreadable(resource, message)
}

/// A plan of offsets in the making.
struct Draft<'a> {
    positions: &'a OffsetFacts,
    now_ms: i64,
    allow: &'a BTreeSet<Code>,
    steps: Vec<Step>,
    findings: Vec<Finding>,
    unmoved: Vec<Unmoved>,
}

/// The partitions that trip each guard, reported once per group and topic.
#[derive(Default)]
struct Tripped {
    skips: Listed,
    outside: Listed,
    late: Listed,
    future: Listed,
    uncommitted: Listed,
    no_base: Listed,
    absent: Listed,
    pending: Listed,
}

/// Partitions with a remark on each, and the sum of the records concerned.
#[derive(Default)]
pub(super) struct Listed {
    pub(super) partitions: Vec<i32>,
    words: Vec<String>,
    records: i64,
}

impl Listed {
    pub(super) fn add(&mut self, partition: i32, words: String, records: i64) {
        self.partitions.push(partition);
        self.words.push(words);
        self.records += records;
    }

    /// `orders-0 (500; …), orders-1 (…) and 3 more`.
    pub(super) fn each(&self, topic: &str) -> String {
        let each = self.partitions.iter().zip(&self.words);
        let texts: Vec<String> = each
            .map(|(partition, words)| format!("{topic}-{partition} ({words})"))
            .collect();
        shorten(&texts, 5)
    }
}

impl Draft<'_> {
    fn find(&mut self, finding: Finding) {
        self.findings.push(finding.judged(self.allow));
    }

    fn group(&mut self, id: &str, wanted_commits: &[&WantedCommit]) {
        let absent = Seen::Absent;
        let seen = self.positions.groups.get(id).unwrap_or(&absent);
        let objection = objection(id, seen, &self.positions.known_groups, self.allow);
        let is_new = seen.is_absent();
        let share = matches!(seen, Seen::Value(group) if group.group_type == GroupType::Share);
        if let Some(finding) = objection {
            let goes_on = matches!(finding.code, Code::GroupActive | Code::NoSuchGroup);
            self.findings.push(finding);
            if !goes_on {
                return;
            }
        }
        if let Some(Seen::Unseen(_, words)) = self.positions.commits.get(id) {
            let message = format!("its commits cannot be read: {words}");
            let resource = Resource::group(id);
            self.find(Finding::unreadable(resource, message));
            return;
        }
        let mut topics: BTreeMap<&str, Vec<&WantedCommit>> = BTreeMap::new();
        for wanted_commit in wanted_commits {
            topics
                .entry(&wanted_commit.partition.topic)
                .or_default()
                .push(wanted_commit);
        }
        for (topic, wanted_commits) in topics {
            let mut tripped = Tripped::default();
            if self.has_topic(
                id,
                topic,
                wanted_commits
                    .iter()
                    .any(|wanted_commit| wanted_commit.named),
            ) {
                for wanted_commit in wanted_commits {
                    self.partition(wanted_commit, is_new, share, &mut tripped);
                }
            }
            self.tell(id, topic, &tripped);
        }
    }

    /// Whether the topic exists and is readable; otherwise adds a finding.
    fn has_topic(&mut self, group: &str, topic: &str, named: bool) -> bool {
        let resource = Resource::group(group);
        match self.positions.topics.get(topic) {
            Some(Seen::Value(_)) => true,
            None | Some(Seen::Absent) if named => {
                let message = format!("there is no topic {}", escape(topic));
                let finding = Finding::refused(Code::NoSuchPartition, resource, message);
                let known = self.positions.known_topics.iter().map(String::as_str);
                self.find(match closest(topic, known) {
                    Some(meant) => finding.hint(format!("did you mean `{meant}`?")),
                    None => finding.hint("`tonkafka list topics` names them all"),
                });
                false
            }
            None | Some(Seen::Absent) => {
                let topic = escape(topic);
                let message = format!("topic {topic} is gone; its commits are left alone");
                let code = Code::NoSuchPartition;
                self.find(Finding::note(code, resource, message));
                false
            }
            Some(Seen::Unseen(_, words)) => {
                let words = format!("topic {topic}: {words}");
                self.find(unreadable(resource, &words));
                false
            }
        }
    }

    fn partition(
        &mut self,
        wanted_commit: &WantedCommit,
        is_new: bool,
        share: bool,
        tripped: &mut Tripped,
    ) {
        let positions = self.positions;
        let key = &wanted_commit.partition;
        let resource = Resource::commit(&wanted_commit.group, key);
        let (start, end) = match positions.measured.log(key) {
            Seen::Value(log) => log,
            Seen::Absent => return tripped.absent.add(key.partition, String::new(), 0),
            Seen::Unseen(_, words) => {
                return self.find(unreadable(resource, &words));
            }
        };
        let before = match positions.committed(&wanted_commit.group, key) {
            Seen::Value(before) => before,
            Seen::Absent => None,
            Seen::Unseen(Cause::Unavailable, words) if is_pending(&words) => {
                return tripped.pending.add(key.partition, String::new(), 0);
            }
            Seen::Unseen(_, words) => {
                return self.find(unreadable(resource, &words));
            }
        };
        let Some(aimed) = self.target(wanted_commit, before.as_ref(), (start, end), tripped) else {
            return;
        };
        let offset = aimed.offset.clamp(start, end.max(start));
        if offset != aimed.offset {
            let words = format!("{}; the log has {start} to {end}", aimed.offset);
            tripped.outside.add(key.partition, words, 0);
        }
        let after = Committed { offset, ..aimed };
        if before.as_ref() == Some(&after) || (share && same_offset(before.as_ref(), offset)) {
            return self.stays(wanted_commit, before.as_ref(), (start, end));
        }
        if before.is_none() && !is_new {
            tripped
                .uncommitted
                .add(key.partition, String::new(), offset - start);
        }
        let change = CommitOffset::new(before, after, (start, end), share);
        if change.skip > 0 {
            tripped
                .skips
                .add(key.partition, change.skip.to_string(), change.skip);
        }
        let on = CommitTarget::new(&wanted_commit.group, key, positions.topic_id(&key.topic));
        let step = Step::new((on, change), Reason::Requested, Risk::None);
        self.steps.push(step);
    }

    fn stays(
        &mut self,
        wanted_commit: &WantedCommit,
        before: Option<&Committed>,
        (start, end): (i64, i64),
    ) {
        self.unmoved.push(Unmoved {
            group: wanted_commit.group.clone(),
            topic: wanted_commit.partition.topic.clone(),
            partition: wanted_commit.partition.partition,
            committed: before.map(|committed| committed.offset),
            log_start: start,
            log_end: end,
        });
    }

    /// The wanted commit; none when there is none, which is then reported. A new offset has no leader
    /// epoch: the next commit brings one. Metadata is kept.
    fn target(
        &mut self,
        wanted_commit: &WantedCommit,
        before: Option<&Committed>,
        (start, end): (i64, i64),
        tripped: &mut Tripped,
    ) -> Option<Committed> {
        let partition = wanted_commit.partition.partition;
        let offset = match &wanted_commit.aim {
            Aim::Earliest => start,
            Aim::Latest => end,
            Aim::Offset(offset) => *offset,
            Aim::Commit(committed) => return Some(committed.clone()),
            Aim::Current => {
                let Some(before) = before else {
                    self.stays(wanted_commit, None, (start, end));
                    return None;
                };
                before.offset
            }
            Aim::Shift(by) => {
                let Some(before) = before else {
                    tripped.no_base.add(partition, String::new(), 0);
                    return None;
                };
                before.offset.saturating_add(*by)
            }
            Aim::Since { ms, written } => {
                self.since(wanted_commit, *ms, written, (start, end), tripped)?
            }
        };
        Some(match before {
            Some(before) if before.offset == offset => before.clone(),
            Some(before) => Committed {
                offset,
                leader_epoch: None,
                metadata: before.metadata.clone(),
            },
            None => Committed::at(offset),
        })
    }

    /// The first offset at or after a time. When all records are older it is the log end offset, which
    /// would skip everything, so a guard trips unless the log is empty.
    fn since(
        &mut self,
        wanted_commit: &WantedCommit,
        ms: i64,
        written: &str,
        (start, end): (i64, i64),
        tripped: &mut Tripped,
    ) -> Option<i64> {
        let found = self.positions.measured.since.get(&ms);
        let found = found.and_then(|found| found.get(&wanted_commit.partition).cloned());
        let found = match found.unwrap_or(Seen::Absent) {
            Seen::Value(found) => found,
            Seen::Absent => None,
            Seen::Unseen(_, words) => {
                let resource = Resource::commit(&wanted_commit.group, &wanted_commit.partition);
                self.find(unreadable(resource, &words));
                return None;
            }
        };
        let partition = wanted_commit.partition.partition;
        if ms > self.now_ms {
            tripped.future.add(partition, written.to_owned(), 0);
        } else if found.is_none() && start < end {
            tripped.late.add(partition, written.to_owned(), 0);
        }
        Some(found.unwrap_or(end))
    }

    fn tell(&mut self, group: &str, topic: &str, tripped: &Tripped) {
        self.tell_impossible(group, topic, tripped);
        self.tell_beyond(group, topic, tripped);
        self.tell_unread(group, topic, tripped);
    }

    /// Reports partitions that cannot get an offset.
    fn tell_impossible(&mut self, group: &str, topic: &str, tripped: &Tripped) {
        if !tripped.absent.partitions.is_empty() {
            let message = format!(
                "there is no partition {} of {topic}",
                ranges(&tripped.absent.partitions)
            );
            let hint = format!("`tonkafka describe topic {topic}` shows those that there are");
            self.find(refused(group, Code::NoSuchPartition, message).hint(hint));
        }
        if !tripped.pending.partitions.is_empty() {
            let of = parts(topic, &tripped.pending);
            let message = format!("a transaction that has not ended may still commit for {of}");
            let hint = "wait until it ends or times out";
            self.find(refused(group, Code::PendingCommit, message).hint(hint));
        }
        if !tripped.no_base.partitions.is_empty() {
            let of = parts(topic, &tripped.no_base);
            let message = format!("it committed nothing for {of}, so there is nothing to shift");
            let hint =
                "give them a position first, such as `--to earliest`, or name other partitions";
            self.findings
                .push(refused(group, Code::NoCommit, message).hint(hint));
        }
    }

    /// Reports offsets outside of the log, and times without a record.
    fn tell_beyond(&mut self, group: &str, topic: &str, tripped: &Tripped) {
        if !tripped.outside.partitions.is_empty() {
            let message = format!("outside of the log: {}", tripped.outside.each(topic));
            let hint = "to take the nearest offset that there is, pass `--clamp`";
            self.find_with_own_hint(refused(group, Code::OutsideLog, message), hint);
        }
        if let Some(written) = tripped.future.words.first() {
            let of = parts(topic, &tripped.future);
            let message = format!("{written} is in the future: {of} would go to what comes then");
            self.find(refused(group, Code::FutureTime, message));
        }
        if let Some(written) = tripped.late.words.first() {
            let of = parts(topic, &tripped.late);
            let message =
                format!("no record of {of} is from {written} or later: it would go to the end");
            self.find(refused(group, Code::FutureTime, message));
        }
    }

    /// Reports records that would not be read.
    fn tell_unread(&mut self, group: &str, topic: &str, tripped: &Tripped) {
        if !tripped.uncommitted.partitions.is_empty() {
            let of = parts(topic, &tripped.uncommitted);
            let before = match tripped.uncommitted.records {
                0 => String::new(),
                some => format!(
                    "; {} before the new offsets would not be read",
                    records(some)
                ),
            };
            let message = format!("it committed nothing for {of}{before}");
            self.find(refused(group, Code::NoCommit, message));
        }
        if !tripped.skips.partitions.is_empty() {
            let of = parts(topic, &tripped.skips);
            let count = records(tripped.skips.records);
            let message = format!("it would skip up to {count} of {of} that it has not read");
            self.find(refused(group, Code::SkipsUnread, message));
        }
    }

    /// A finding whose hint already names the flag.
    fn find_with_own_hint(&mut self, finding: Finding, hint: &str) {
        let mut judged = finding.judged(self.allow);
        if judged.severity == Severity::Refused {
            judged.hint = Some(hint.to_owned());
        }
        self.findings.push(judged);
    }
}

/// A refusal about a group.
fn refused(group: &str, code: Code, message: String) -> Finding {
    Finding::refused(code, Resource::group(group), message)
}

/// `orders (partitions 0-2)`.
fn parts(topic: &str, listed: &Listed) -> String {
    let one = listed.partitions.len() == 1;
    let word = if one { "partition" } else { "partitions" };
    format!("{topic} ({word} {})", ranges(&listed.partitions))
}

fn same_offset(before: Option<&Committed>, offset: i64) -> bool {
    before.is_some_and(|before| before.offset == offset)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(before: Option<i64>, after: i64, log: (i64, i64)) -> (i64, i64, i64) {
        let before = before.map(Committed::at);
        let change = CommitOffset::new(before, Committed::at(after), log, false);
        (change.replay, change.skip, change.lag_after)
    }

    #[test]
    fn only_records_that_are_there_count() {
        assert_eq!(change(Some(40), 10, (0, 100)), (30, 0, 90));
        assert_eq!(change(Some(40), 70, (0, 100)), (0, 30, 30));
        assert_eq!(change(None, 70, (0, 100)), (0, 0, 30));
        // Deleted records are neither replayed nor skipped.
        assert_eq!(change(Some(5), 20, (20, 100)), (0, 0, 80));
        assert_eq!(change(Some(40), 5, (20, 100)), (20, 0, 80));
        assert_eq!(change(Some(500), 100, (0, 100)), (0, 0, 0));
    }
}
