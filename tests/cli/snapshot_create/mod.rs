//! The exact output of `snapshot create` on a cluster in memory.

mod gaps;
mod parts;
mod taken;

use std::collections::BTreeMap;
use std::path::Path;

use tonkafka::cluster::fake::{FakeGroup, FakeLog, FakeRecord, State};
use tonkafka::model::group::Committed;
use tonkafka::snapshot::Reader;

use crate::fake::{Bench, holding, topic};

/// `orders` with records at 2, 3 and 5 of 2 to 6 and an empty partition; `audit` with one record; a
/// group that has read some.
fn state() -> State {
    let mut state = holding(&[
        ("orders", topic(2, &[("retention.ms", "-1")])),
        ("audit", topic(1, &[])),
        ("__consumer_offsets", topic(1, &[])),
    ]);
    let record = FakeRecord {
        key: Some("ann".to_owned()),
        value: None,
        headers: vec![
            ("trace".to_owned(), Some("1".to_owned())),
            ("trace".to_owned(), None),
        ],
    };
    let orders = FakeLog {
        start: 2,
        end: 6,
        timestamps: BTreeMap::from([(2, 1_000), (3, 2_000), (5, 3_000)]),
        records: BTreeMap::from([(3, record)]),
        ..FakeLog::default()
    };
    let audit = FakeLog {
        end: 1,
        timestamps: BTreeMap::from([(0, 1_000)]),
        ..FakeLog::default()
    };
    state.logs = BTreeMap::from([
        ("orders".to_owned(), BTreeMap::from([(0, orders)])),
        ("audit".to_owned(), BTreeMap::from([(0, audit)])),
    ]);
    let commits = BTreeMap::from([("orders".to_owned(), BTreeMap::from([(0, Committed::at(3))]))]);
    let group = FakeGroup {
        commits,
        ..FakeGroup::default()
    };
    state.groups.insert("billing".to_owned(), group);
    state
}

fn bench() -> Bench {
    bench_of(&state())
}

fn bench_of(state: &State) -> Bench {
    Bench::new("version: 1\ntopics: {items: []}\n", state)
}

fn ranges(path: &Path) -> Vec<(String, i32, i64, i64)> {
    let reader = Reader::open(path).unwrap();
    let partitions = reader.header().partitions();
    let ranges = partitions
        .map(|(topic, range)| (topic.name.clone(), range.partition, range.from, range.to));
    ranges.collect()
}
