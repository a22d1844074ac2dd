//! Sends and verifies deletions of groups.

use super::super::judge::{Judgement, Reading, View};
use super::commit::joined;
use super::{Applied, Change};
use crate::cluster::{Answer, Cluster, Mode};
use crate::model::seen::Seen;
use crate::plan::kinds::DeleteGroup;
use crate::plan::target::GroupTarget;

impl Applied for DeleteGroup {
    const ECHOES: &'static [&'static str] = &["GROUP_ID_NOT_FOUND"];

    async fn send(cluster: &dyn Cluster, all: &[Change<'_, Self>], _: Mode) -> Vec<Answer> {
        let ids: Vec<String> = all.iter().map(|(on, _)| on.id.clone()).collect();
        let answers = cluster.delete_groups(&ids).await;
        answers.into_iter().map(joined).collect()
    }

    fn reading(_: &GroupTarget) -> Reading {
        Reading::Groups
    }

    fn judge(&self, on: &GroupTarget, view: &View) -> Judgement {
        let seen = match view {
            View::Groups { groups, .. } => groups.get(&on.id),
            _ => None,
        };
        match seen {
            Some(Seen::Absent) => Judgement::InEffect,
            Some(Seen::Value(_)) => Judgement::NotYet("the group is still there".to_owned()),
            _ => Judgement::Unseen("the group cannot be seen".to_owned()),
        }
    }
}
