//! Sends and verifies deletions of records.

use super::super::judge::{Judgement, Reading, View};
use super::{Applied, Change};
use crate::cluster::{Answer, Cluster, Mode};
use crate::model::seen::Seen;
use crate::plan::kinds::DeleteRecords;
use crate::plan::target::PartitionTarget;

impl Applied for DeleteRecords {
    async fn send(cluster: &dyn Cluster, all: &[Change<'_, Self>], _: Mode) -> Vec<Answer> {
        let before: Vec<_> = all
            .iter()
            .map(|(on, delete)| (on.key(), delete.before))
            .collect();
        cluster.delete_records(&before).await
    }

    fn reading(_: &PartitionTarget) -> Reading {
        Reading::LogStarts
    }

    fn judge(&self, on: &PartitionTarget, view: &View) -> Judgement {
        let seen = match view {
            View::LogStarts { starts, .. } => starts.get(&on.key()),
            _ => None,
        };
        match seen {
            Some(Seen::Value(Some(start))) if *start >= self.before => Judgement::InEffect,
            Some(Seen::Value(Some(start))) => {
                Judgement::NotYet(format!("the log still starts at {start}"))
            }
            _ => Judgement::Unseen("its log cannot be seen".to_owned()),
        }
    }
}
