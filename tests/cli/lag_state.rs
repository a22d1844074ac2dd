//! A cluster in an incident, for tests of groups and lag.

use std::collections::BTreeMap;

use tonkafka::cluster::fake::{FakeGroup, FakeLog, State};
use tonkafka::model::group::{Committed, GroupType, Member};

use crate::fake::{holding, topic};

/// The time of the records of [`log`]: 2023-11-14T22:13:20Z.
pub const MADE: i64 = 1_700_000_000_000;

/// A log between two offsets, with a record each second.
pub fn log(start: i64, end: i64) -> FakeLog {
    FakeLog {
        start,
        end,
        timestamps: (start..end)
            .map(|offset| (offset, MADE + offset * 1_000))
            .collect(),
        ..FakeLog::default()
    }
}

pub fn member(client: &str, topics: &[(&str, &[i32])]) -> Member {
    let assignment = topics
        .iter()
        .map(|(topic, partitions)| ((*topic).to_owned(), partitions.to_vec()));
    Member {
        client_id: client.to_owned(),
        id: format!("{client}-7f3a"),
        instance_id: None,
        host: "/10.0.0.7".to_owned(),
        assignment: assignment.collect(),
    }
}

/// A group that committed these offsets, by topic and partition.
pub fn group(commits: &[(&str, &[(i32, i64)])]) -> FakeGroup {
    let offsets = |partitions: &[(i32, i64)]| -> BTreeMap<i32, Committed> {
        let each = partitions.iter();
        each.map(|(partition, offset)| (*partition, Committed::at(*offset)))
            .collect()
    };
    let commits = commits
        .iter()
        .map(|(topic, partitions)| ((*topic).to_owned(), offsets(partitions)));
    FakeGroup {
        commits: commits.collect(),
        ..FakeGroup::default()
    }
}

/// Groups of every type, with every kind of trouble.
pub fn incident() -> State {
    let mut state = State {
        brokers: vec![1, 2],
        ..holding(&[("orders", topic(3, &[])), ("audit", topic(1, &[]))])
    };
    let logs = [(0, log(0, 100)), (1, log(40, 100)), (2, log(0, 0))];
    state.logs.insert("orders".to_owned(), logs.into());
    state
        .logs
        .insert("audit".to_owned(), [(0, log(0, 30_000))].into());

    let mut billing = FakeGroup {
        assignor: Some("range".to_owned()),
        members: vec![
            member("billing-1", &[("orders", &[0, 1])]),
            member("billing-2", &[("orders", &[2])]),
        ],
        ..group(&[("orders", &[(0, 97), (1, 30)])])
    };
    let first = billing.commits.get_mut("orders").unwrap();
    let committed = first.get_mut(&0).unwrap();
    committed.leader_epoch = Some(4);
    "shard 7".clone_into(&mut committed.metadata);
    state.groups.insert("billing".to_owned(), billing);
    let consumer = FakeGroup {
        group_type: GroupType::Consumer,
        coordinator: 2,
        assignor: Some("uniform".to_owned()),
        members: vec![member("audit-1", &[("audit", &[0])])],
        ..group(&[("audit", &[(0, 12)]), ("gone", &[(0, 5)])])
    };
    state.groups.insert("audit-reader".to_owned(), consumer);
    let level = group(&[("orders", &[(0, 100), (1, 100), (2, 0)])]);
    state.groups.insert("level".to_owned(), level);
    let ahead = group(&[("orders", &[(2, 5)])]);
    state.groups.insert("ahead".to_owned(), ahead);
    let share = FakeGroup {
        group_type: GroupType::Share,
        protocol_type: "share".to_owned(),
        ..group(&[("orders", &[(0, 90)])])
    };
    state.groups.insert("shared".to_owned(), share);
    let connect = FakeGroup {
        protocol_type: "connect".to_owned(),
        members: vec![member("connect-1", &[])],
        ..group(&[])
    };
    state.groups.insert("workers".to_owned(), connect);
    state
}
