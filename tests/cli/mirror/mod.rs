//! `mirror` between two clusters in memory: output, refusals and the resulting state.

mod continuing;
mod copies;
mod groups;
mod ids;
mod losses;
mod refusals;
mod unanswered;

use std::collections::BTreeMap;
use std::time::Duration;

use tonkafka::cluster::fake::{
    FakeCluster, FakeGroup, FakeLog, FakeRecord, FakeTopic, Fate, Faults, State,
};
use tonkafka::cluster::writer::Compression;
use tonkafka::mirror::{MirrorSettings, Route};
use tonkafka::model::group::Committed;
use tonkafka::model::measure::TopicPartition;

use crate::fake::{holding, put, topic};
use crate::program::{Program, Ran};

/// The program and clusters in files beside it, each with a context.
struct Clusters(Program);

impl Clusters {
    fn new(states: &[(&str, State)]) -> Self {
        let program = Program::new();
        let clusters = Self(program);
        for (name, state) in states {
            let id = format!("cluster-{name}");
            let state = State {
                cluster_id: id,
                ..state.clone()
            };
            let address = clusters.put(name, &state);
            let add = ["context", "add", name, "-b", &address];
            clusters.0.run(&add).exits(0);
        }
        clusters
    }

    fn file(&self, name: &str) -> String {
        let path = self.0.path().join(format!("{name}.json"));
        path.display().to_string()
    }

    /// Replaces the state of a cluster, and returns its address.
    fn put(&self, name: &str, state: &State) -> String {
        put(&self.0, &format!("{name}.json"), state)
    }

    fn state(&self, name: &str) -> State {
        serde_json::from_str(&self.0.read(&format!("{name}.json"))).unwrap()
    }

    #[track_caller]
    fn run(&self, arguments: &[&str]) -> Ran {
        self.0.run(&[&["mirror"], arguments].concat())
    }

    #[track_caller]
    fn once(&self, from: &str, to: &str, more: &[&str]) -> Ran {
        let fixed = ["orders", "--from", from, "--to", to, "--once"];
        self.run(&[&fixed, more].concat())
    }
}

/// A log with these records, by offset.
fn log(end: i64, records: &[(i64, FakeRecord)]) -> FakeLog {
    FakeLog {
        end,
        timestamps: records.iter().map(|(at, _)| (*at, 1_000 + at)).collect(),
        records: records.iter().cloned().collect(),
        ..FakeLog::default()
    }
}

fn record(key: Option<&str>, value: Option<&str>, headers: &[(&str, Option<&str>)]) -> FakeRecord {
    let text = |text: &str| text.to_owned();
    FakeRecord {
        key: key.map(text),
        value: value.map(text),
        headers: headers
            .iter()
            .map(|(name, value)| (text(name), value.map(text)))
            .collect(),
    }
}

fn with_logs(orders: FakeTopic, logs: Vec<(i32, FakeLog)>) -> State {
    State {
        logs: BTreeMap::from([("orders".to_owned(), logs.into_iter().collect())]),
        ..holding(&[("orders", orders)])
    }
}

/// `orders` with null, empty and repeated headers; offsets 1 and 4 have no record.
fn orders() -> State {
    let first = log(
        6,
        &[
            (0, record(None, Some("a"), &[])),
            (2, record(Some("k"), None, &[("h", None), ("h", Some(""))])),
            (3, record(Some(""), Some(""), &[])),
            (5, record(Some("k"), Some("d"), &[("h", Some("x"))])),
        ],
    );
    let second = log(1, &[(0, record(Some("z"), Some("z"), &[]))]);
    let orders = topic(2, &[("retention.ms", "-1")]);
    with_logs(orders, vec![(0, first), (1, second)])
}

/// Records of a partition of `orders`, without the mirror's header.
fn content(state: &State, partition: i32) -> Vec<(i64, FakeRecord)> {
    let log = &state.logs["orders"][&partition];
    let records = log.records.iter();
    records
        .map(|(offset, record)| {
            let mut record = record.clone();
            record.headers.retain(|(name, _)| name != "tonkafka-mirror");
            (log.timestamps[offset], record)
        })
        .collect()
}

fn committed(offset: i64) -> FakeGroup {
    let commit = Committed {
        offset,
        leader_epoch: Some(7),
        metadata: "kept".to_owned(),
    };
    FakeGroup {
        commits: BTreeMap::from([("orders".to_owned(), BTreeMap::from([(0, commit)]))]),
        ..FakeGroup::default()
    }
}

fn commits(clusters: &Clusters, name: &str, group: &str, offset: i64) {
    let mut state = clusters.state(name);
    state.groups.insert(group.to_owned(), committed(offset));
    clusters.put(name, &state);
}

/// A target without topics, with these faults.
fn faulty(batches: Vec<Fate>, lost: &[&str]) -> State {
    State {
        faults: Faults {
            batches,
            lose_answers: lost.iter().map(|one| (*one).to_owned()).collect(),
            ..Faults::default()
        },
        ..State::default()
    }
}

const DENIED: &str = "TOPIC_AUTHORIZATION_FAILED";

/// A cluster with records, and one with the same topic empty.
fn two() -> (FakeCluster, FakeCluster) {
    let target = State {
        cluster_id: "cluster-b".to_owned(),
        ..holding(&[("orders", topic(2, &[]))])
    };
    (FakeCluster::new(orders()), FakeCluster::new(target))
}

fn route() -> Route {
    Route {
        source: "cluster-a".to_owned(),
        target: "cluster-b".to_owned(),
        topics: BTreeMap::new(),
    }
}

/// A mirror of both partitions of `orders` that runs continuously.
fn settings() -> MirrorSettings {
    MirrorSettings {
        keys: [0, 1]
            .map(|index| TopicPartition::new("orders", index))
            .to_vec(),
        route: route(),
        once: false,
        exactly_once: None,
        compression: Compression::default(),
        patience: Duration::from_secs(5),
        open_patience: Duration::ZERO,
        accept_gaps: false,
        every: Duration::from_secs(10),
        appends: false,
    }
}
