//! Sends and verifies added partitions.

use std::cmp::Ordering;

use super::super::judge::{Judgement, Reading, View, differs};
use super::super::report::Deviation;
use super::{Applied, Change};
use crate::cluster::{Answer, Cluster, Mode};
use crate::plan::kinds::CreatePartitions;
use crate::plan::target::TopicTarget;

impl Applied for CreatePartitions {
    const ECHOES: &'static [&'static str] = &["INVALID_PARTITIONS"];
    const CAN_BE_VALIDATED: bool = true;

    async fn send(cluster: &dyn Cluster, all: &[Change<'_, Self>], mode: Mode) -> Vec<Answer> {
        let totals = all.iter().map(|(on, grow)| (on.name.clone(), grow.after));
        let totals: Vec<_> = totals.collect();
        cluster.create_partitions(&totals, mode).await
    }

    fn reading(_: &TopicTarget) -> Reading {
        Reading::Topics
    }

    fn judge(&self, on: &TopicTarget, view: &View) -> Judgement {
        let count = match view.topic(on) {
            Ok(topic) => i32::try_from(topic.partitions.len()).unwrap_or(i32::MAX),
            Err(judgement) => return judgement,
        };
        match count.cmp(&self.after) {
            Ordering::Equal => Judgement::InEffect,
            Ordering::Less => Judgement::NotYet(format!("it has {count} partitions")),
            Ordering::Greater => differs(vec![deviation(self.after, count)]),
        }
    }
}

pub(super) fn deviation(planned: i32, found: i32) -> Deviation {
    let (planned, found) = (planned.to_string(), found.to_string());
    Deviation::new(Deviation::PARTITIONS, Some(planned), Some(found))
}
