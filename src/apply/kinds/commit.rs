//! Sends and verifies changes of committed offsets.

use super::super::judge::{Judgement, Reading, View, otherwise};
use super::super::report::Deviation;
use super::{Applied, Change};
use crate::cluster::{Answer, BrokerError, Cluster, Mode};
use crate::model::group::Committed;
use crate::model::seen::Seen;
use crate::plan::kinds::{CommitOffset, DeleteOffset};
use crate::plan::target::CommitTarget;

impl Applied for CommitOffset {
    async fn send(cluster: &dyn Cluster, all: &[Change<'_, Self>], _: Mode) -> Vec<Answer> {
        let Some((first, CommitOffset { share, .. })) = all.first() else {
            return Vec::new();
        };
        let group = &first.group;
        let answers = if *share {
            let starts = all
                .iter()
                .map(|(on, commit)| (on.partition.key(), commit.after.offset));
            let starts: Vec<_> = starts.collect();
            cluster.alter_share_offsets(group, &starts).await
        } else {
            let commits = all
                .iter()
                .map(|(on, commit)| (on.partition.key(), commit.after.clone()));
            let commits: Vec<_> = commits.collect();
            cluster.commit_offsets(group, &commits).await
        };
        answers.into_iter().map(joined).collect()
    }

    fn share_a_request((on, one): Change<'_, Self>, (other_on, other): Change<'_, Self>) -> bool {
        on.group == other_on.group && one.share == other.share
    }

    fn reading(_: &CommitTarget) -> Reading {
        Reading::Groups
    }

    fn judge(&self, on: &CommitTarget, view: &View) -> Judgement {
        of_commit(
            on,
            self.before.as_ref(),
            Some(&self.after),
            self.share,
            view,
        )
    }
}

impl Applied for DeleteOffset {
    async fn send(cluster: &dyn Cluster, all: &[Change<'_, Self>], _: Mode) -> Vec<Answer> {
        let Some((first, _)) = all.first() else {
            return Vec::new();
        };
        let partitions: Vec<_> = all.iter().map(|(on, _)| on.partition.key()).collect();
        let answers = cluster.delete_offsets(&first.group, &partitions).await;
        answers.into_iter().map(joined).collect()
    }

    fn share_a_request((on, _): Change<'_, Self>, (other, _): Change<'_, Self>) -> bool {
        on.group == other.group
    }

    fn reading(_: &CommitTarget) -> Reading {
        Reading::Groups
    }

    fn judge(&self, on: &CommitTarget, view: &View) -> Judgement {
        of_commit(on, Some(&self.before), None, false, view)
    }

    /// Commits are deleted with their topic, so another topic needs no remark.
    fn judge_another_topic(judgement: Judgement, _: Deviation) -> Judgement {
        judgement
    }
}

/// Explains the codes for a group with members. It had none right before, so a consumer joined.
pub(super) fn joined(answer: Answer) -> Answer {
    let Answer::Refused(error) = answer else {
        return answer;
    };
    let message = match error.code.as_str() {
        "UNKNOWN_MEMBER_ID" | "NON_EMPTY_GROUP" => {
            "the group has members now: a consumer joined meanwhile".to_owned()
        }
        "GROUP_SUBSCRIBED_TO_TOPIC" => {
            "the group has members now that read the topic: a consumer joined meanwhile".to_owned()
        }
        _ => error.message,
    };
    let code = error.code;
    Answer::Refused(BrokerError { code, message })
}

fn of_commit(
    on: &CommitTarget,
    before: Option<&Committed>,
    after: Option<&Committed>,
    share: bool,
    view: &View,
) -> Judgement {
    let unseen = || Judgement::Unseen("the commit cannot be seen".to_owned());
    let View::Groups { commits, .. } = view else {
        return unseen();
    };
    let found = match commits.get(&on.group) {
        Some(Seen::Value(commits)) => match commits.get(&on.partition.key()) {
            None | Some(Seen::Absent) => None,
            Some(Seen::Value(found)) => Some(found),
            Some(Seen::Unseen(..)) => return unseen(),
        },
        Some(Seen::Absent) => None,
        _ => return unseen(),
    };
    let is = |then: Option<&Committed>| match (found, then) {
        (Some(found), Some(then)) if share => found.offset == then.offset,
        (found, then) => found == then,
    };
    if is(after) {
        return Judgement::InEffect;
    }
    let same_offset =
        matches!((found, after), (Some(found), Some(after)) if found.offset == after.offset);
    let shown = |one: &Committed| {
        if same_offset {
            let epoch = one
                .leader_epoch
                .map_or("none".to_owned(), |epoch| epoch.to_string());
            format!(
                "{} (leader epoch {epoch}, metadata `{}`)",
                one.offset, one.metadata
            )
        } else {
            one.offset.to_string()
        }
    };
    let deviation = Deviation::new(Deviation::OFFSET, after.map(shown), found.map(shown));
    otherwise(is(before), deviation)
}
