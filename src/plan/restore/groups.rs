//! Restores commits of groups, with leader epochs and metadata.
//!
//! An offset is only valid in the log that it was committed for. Commits are not restored for a topic that
//! was created anew, nor beyond the log end offset, because the group would skip later records.

use std::collections::{BTreeMap, BTreeSet};

use super::super::finding::{Code, Severity};
use super::super::kinds::CommitOffset;
use super::super::offsets::{Listed, objection};
use super::super::resource::Resource;
use super::super::step::{Reason, Risk};
use super::super::target::CommitTarget;
use super::draft::RestoreDraft;
use super::topics::is_other;
use crate::model::backup::{Backup, KeptGroup, Part};
use crate::model::group::{Committed, GroupType};
use crate::model::measure::TopicPartition;
use crate::model::seen::Seen;
use crate::model::words::{counted, ranges};

/// The commits of the backup that differ from the current ones.
pub(super) fn differing<'a>(
    id: &str,
    kept: &'a KeptGroup,
    now: &Backup,
) -> Vec<(TopicPartition, &'a Committed)> {
    let live = now.groups.get(id);
    let share = kept.group_type == GroupType::Share;
    let is_same = |partition: &TopicPartition, then: &Committed| {
        let now = live.and_then(|live| commit_of(live, partition));
        now.is_some_and(|now| then == now || (share && then.offset == now.offset))
    };
    let commits = kept.commits();
    commits
        .filter(|(partition, then)| !is_same(partition, then))
        .collect()
}

fn commit_of<'a>(
    group: &'a KeptGroup,
    TopicPartition { topic, partition }: &TopicPartition,
) -> Option<&'a Committed> {
    group.commits.value()?.get(topic)?.get(partition)
}

/// The commits of one topic that cannot be restored, by reason.
#[derive(Default)]
struct Kept {
    gone: Vec<i32>,
    beyond: Listed,
}

impl RestoreDraft<'_, '_> {
    pub(super) fn groups(&mut self) {
        let (then, now, selection) = (self.then, self.now.backup, self.selection);
        let (unseen_then, unseen_now) = (then.lacking(), now.lacking());
        for (id, kept) in then.groups.iter().filter(|(id, _)| selection.group(id)) {
            if !unseen_now.contains(&(Part::Groups, id.as_str())) {
                self.group(id, kept);
            }
        }
        let new = now.groups.iter().filter(|(id, _)| selection.group(id));
        let new = new.filter(|(id, _)| !then.groups.contains_key(*id));
        let was_seen = |id: &str| !unseen_then.contains(&(Part::Groups, id));
        for (id, live) in new.filter(|(id, _)| was_seen(id)) {
            if live.commits().next().is_none() {
                continue;
            }
            let message = "it is new since then, and is left alone".to_owned();
            self.note(Code::CreatedSince, Resource::group(id), message);
        }
    }

    fn group(&mut self, id: &str, kept: &KeptGroup) {
        self.committed_since(id, kept);
        let differing = differing(id, kept, self.now.backup);
        if differing.is_empty() {
            return;
        }
        let resource = Resource::group(id);
        if !self.is_same_cluster() {
            let message = "its offsets are those of another cluster's logs";
            return self.cannot(Code::RecordsGone, resource, message.to_owned());
        }
        let live_type = self.now.backup.groups.get(id).map(|live| &live.group_type);
        let share = kept.group_type == GroupType::Share;
        if live_type.is_some_and(|live| (*live == GroupType::Share) != share) {
            let message = format!(
                "it was a group of type {}, and is another now",
                kept.group_type
            );
            return self.cannot(Code::GroupUnknown, resource, message);
        }
        if self.is_active(id) {
            return;
        }
        let mut in_the_way: BTreeMap<String, Kept> = BTreeMap::new();
        for (partition, then) in differing {
            self.commit(id, kept, &partition, then, &mut in_the_way);
        }
        for (topic, kept) in in_the_way {
            self.tell(id, &topic, &kept);
        }
    }

    /// Whether a group has members, or may have; then a finding says so.
    fn is_active(&mut self, id: &str) -> bool {
        let Some(groups) = self.now.groups else {
            return false;
        };
        let seen = groups.get(id).unwrap_or(&Seen::Absent);
        let create = BTreeSet::from([Code::NoSuchGroup]);
        let Some(mut finding) = objection(id, seen, &[], &create) else {
            return false;
        };
        if finding.severity == Severity::Allowed {
            // The group existed before, so restore may create it again.
            return false;
        }
        if finding.severity == Severity::Refused {
            finding.severity = Severity::CannotApply;
            finding.message += ": what it committed is left as it is";
            if finding.code == Code::GroupActive {
                let hint = "stop its members, and restore it alone with `--kind groups --only`";
                finding.hint = Some(hint.to_owned());
            }
        }
        self.draft.find(finding);
        true
    }

    fn commit(
        &mut self,
        id: &str,
        kept: &KeptGroup,
        partition: &TopicPartition,
        then: &Committed,
        in_the_way: &mut BTreeMap<String, Kept>,
    ) {
        let now = self.now.backup;
        let (topic, number) = (&partition.topic, &partition.partition);
        let kept_topic = self.then.topics.get(topic);
        let live = now.topics.get(topic).filter(|live| {
            let is_other = kept_topic.is_none_or(|kept| is_other(kept.id, live.id));
            !is_other && (0..live.count()).contains(number)
        });
        let Some(live) = live else {
            let kept = in_the_way.entry(topic.clone()).or_default();
            kept.gone.push(*number);
            return;
        };
        let before = now
            .groups
            .get(id)
            .and_then(|live| commit_of(live, partition));
        let log = self.now.logs.get(partition).copied();
        if let Some((start, end)) = log.filter(|(_, end)| then.offset > *end) {
            let words = format!("{}; the log has {start} to {end}", then.offset);
            let kept = in_the_way.entry(topic.clone()).or_default();
            kept.beyond.add(*number, words, 0);
            return;
        }
        // A comparison of two backups knows no logs: the range between both commits is used.
        let now_at = before.map_or(then.offset, |before| before.offset);
        let between = (then.offset.min(now_at), then.offset.max(now_at));
        let share = kept.group_type == GroupType::Share;
        let before = before.cloned();
        let change = CommitOffset::new(before, then.clone(), log.unwrap_or(between), share);
        let on = CommitTarget::new(id, partition, Some(live.id));
        self.draft.step((on, change), Reason::Undo, Risk::None);
    }

    fn tell(&mut self, id: &str, topic: &str, kept: &Kept) {
        if !kept.gone.is_empty() {
            let one = kept.gone.len() == 1;
            let word = if one { "partition" } else { "partitions" };
            let message = format!(
                "what it committed for {topic} ({word} {}) was for records that are gone",
                ranges(&kept.gone)
            );
            self.cannot(Code::RecordsGone, Resource::group(id), message);
        }
        if !kept.beyond.partitions.is_empty() {
            let message = format!(
                "beyond the end of the log, so records to come would be skipped: {}",
                kept.beyond.each(topic)
            );
            self.cannot(Code::OutsideLog, Resource::group(id), message);
        }
    }

    fn committed_since(&mut self, id: &str, kept: &KeptGroup) {
        let Some(live) = self.now.backup.groups.get(id) else {
            return;
        };
        let is_new =
            |(partition, _): &(TopicPartition, &Committed)| commit_of(kept, partition).is_none();
        let new = live.commits().filter(is_new).count();
        if new > 0 && kept.commits.value().is_some() {
            let of = counted(new, "partition", "partitions");
            let message = format!("it has since committed for {of} more, which are left alone");
            self.note(Code::CreatedSince, Resource::group(id), message);
        }
    }
}
