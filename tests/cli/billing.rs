//! The group `billing`, which reads `orders`, and helpers for groups and logs.

use std::collections::BTreeMap;

use tonkafka::cluster::fake::{FakeGroup, FakeLog, FakeTopic, State};
use tonkafka::model::group::{Committed, Member};

use crate::fake::{Bench, topic};

pub fn log(start: i64, end: i64, timestamps: &[(i64, i64)]) -> FakeLog {
    FakeLog {
        start,
        end,
        timestamps: timestamps.iter().copied().collect(),
        ..FakeLog::default()
    }
}

pub fn logs(logs: impl IntoIterator<Item = FakeLog>) -> BTreeMap<i32, FakeLog> {
    (0..).zip(logs).collect()
}

pub fn commits(offsets: &[(&str, i32, i64)]) -> BTreeMap<String, BTreeMap<i32, Committed>> {
    let mut commits: BTreeMap<String, BTreeMap<i32, Committed>> = BTreeMap::new();
    for (topic, partition, offset) in offsets {
        let partitions = commits.entry((*topic).to_owned()).or_default();
        partitions.insert(*partition, Committed::at(*offset));
    }
    commits
}

pub fn group(offsets: &[(&str, i32, i64)]) -> FakeGroup {
    FakeGroup {
        commits: commits(offsets),
        ..FakeGroup::default()
    }
}

pub fn member() -> Member {
    Member {
        client_id: "app-1".into(),
        id: "app-1-4711".into(),
        instance_id: None,
        host: "10.0.0.7".into(),
        assignment: BTreeMap::from([("orders".into(), vec![0])]),
    }
}

/// `billing` has read a part of `orders`, whose records are of the seconds 10 to 14; one partition
/// is empty.
pub fn state() -> State {
    let orders = FakeTopic {
        id: 1,
        ..topic(3, &[])
    };
    let seconds = [
        (0, 10_000),
        (30, 11_000),
        (60, 12_000),
        (90, 13_000),
        (149, 14_000),
    ];
    let mut billing = group(&[("orders", 0, 100), ("orders", 1, 5)]);
    let rich = Committed {
        offset: 100,
        leader_epoch: Some(3),
        metadata: "kept".into(),
    };
    billing.commits.get_mut("orders").unwrap().insert(0, rich);
    State {
        topics: BTreeMap::from([("orders".into(), orders), ("pay".into(), topic(1, &[]))]),
        logs: BTreeMap::from([
            (
                "orders".into(),
                logs([
                    log(0, 150, &seconds),
                    log(20, 100, &[(20, 10_000), (99, 11_000)]),
                    log(0, 0, &[]),
                ]),
            ),
            ("pay".into(), logs([log(0, 10, &[])])),
        ]),
        groups: BTreeMap::from([("billing".into(), billing)]),
        ..State::default()
    }
}

pub fn committed(bench: &Bench, id: &str, topic: &str, partition: i32) -> Option<Committed> {
    let state = bench.state();
    let commits = state.groups.get(id)?.commits.get(topic)?;
    commits.get(&partition).cloned()
}
