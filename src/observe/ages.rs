//! Reads the next records of groups, for their timestamps.

use std::collections::{BTreeMap, BTreeSet};

use futures::StreamExt as _;
use futures::stream;

use super::stage::LagStage;
use crate::cluster::Cluster;
use crate::model::group::RecordTime;
use crate::model::lag::{GroupLag, LagState, Next, Position};
use crate::model::measure::TopicPartition;
use crate::model::seen::Seen;

/// The number of parallel reads.
const PARALLEL: usize = 8;

type At = (TopicPartition, i64);

/// Fills in the next record of every position that has records left to read.
pub(super) async fn fill(
    cluster: &dyn Cluster,
    groups: &mut [GroupLag],
    tell: &(dyn Fn(LagStage) + Sync),
) {
    let mut asked: BTreeMap<TopicPartition, BTreeSet<i64>> = BTreeMap::new();
    for (key, position) in groups
        .iter()
        .filter_map(|one| one.positions.value())
        .flatten()
    {
        if let Some(offset) = position.next_offset() {
            asked.entry(key.clone()).or_default().insert(offset);
        }
    }
    let rounds = rounds(asked);
    tell(LagStage::Ages(rounds.iter().map(Vec::len).sum()));
    let found: Vec<Vec<(At, Next)>> = stream::iter(&rounds)
        .map(|round| ask(cluster, round))
        .buffered(PARALLEL)
        .collect()
        .await;
    let found: BTreeMap<At, Next> = found.into_iter().flatten().collect();
    for group in groups {
        let Seen::Value(positions) = &mut group.positions else {
            continue;
        };
        for (key, position) in positions {
            position.next = next(key, position, &found);
        }
    }
}

/// A request can ask for one offset per partition only, so groups at different offsets need several.
fn rounds(asked: BTreeMap<TopicPartition, BTreeSet<i64>>) -> Vec<Vec<At>> {
    let mut rounds: Vec<Vec<At>> = Vec::new();
    for (key, offsets) in asked {
        for (turn, offset) in offsets.into_iter().enumerate() {
            if rounds.len() == turn {
                rounds.push(Vec::new());
            }
            rounds[turn].push((key.clone(), offset));
        }
    }
    rounds
}

async fn ask(cluster: &dyn Cluster, round: &[At]) -> Vec<(At, Next)> {
    let mut found = match cluster.next_records(round).await {
        Ok(found) => Ok(found),
        Err(error) => Err(error.to_string()),
    };
    let each = round.iter().map(|at| {
        let untold = || Seen::unavailable("the leader left this partition out");
        let seen = match &mut found {
            Ok(found) => found.remove(&at.0).unwrap_or_else(untold),
            Err(words) => Seen::unavailable(words.clone()),
        };
        (at.clone(), of(seen))
    });
    each.collect()
}

fn of(seen: Seen<Option<RecordTime>>) -> Next {
    match seen {
        Seen::Value(Some(record)) => Next::Record(record),
        Seen::Value(None) => Next::NoneLeft,
        Seen::Absent => Next::Unknown("the topic is gone".to_owned()),
        Seen::Unseen(_, words) => Next::Unknown(words),
    }
}

/// The next record of a position; none when unknown.
fn next(key: &TopicPartition, position: &Position, found: &BTreeMap<At, Next>) -> Option<Next> {
    match position.lag_state() {
        LagState::InLog { .. }
        | LagState::BelowStart { .. }
        | LagState::NoCommit { unread: Some(_) } => match position.next_offset() {
            None => Some(Next::NoneLeft),
            Some(offset) => found.get(&(key.clone(), offset)).cloned(),
        },
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_in_one_partition_take_turns() {
        let key = |number| TopicPartition::new("t", number);
        let asked = [(key(0), [5, 9].into()), (key(1), [7].into())].into();
        let expected = vec![vec![(key(0), 5), (key(1), 7)], vec![(key(0), 9)]];
        assert_eq!(rounds(asked), expected);
    }
}
