//! `mirror` between two clusters in memory: what is shown, what is refused, what is there afterwards.

use std::collections::BTreeMap;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use tonkafka::backup::mirror::{Ended, Mirror, MirrorError, MirrorSettings, Route, Tell};
use tonkafka::cluster::fake::{
    FakeCluster, FakeGroup, FakeLog, FakeLogDir, FakeRecord, FakeTopic, Fate, Faults, State,
};
use tonkafka::cluster::writer::{Compression, WriterSettings};
use tonkafka::cluster::{Answer, Cluster, Mode};
use tonkafka::model::group::{Committed, GroupType};
use tonkafka::model::record::Record;
use tonkafka::model::topic::TopicId;

use crate::fake::{error, holding, topic};
use crate::program::{Program, Ran, finish};
use crate::resets::member;

/// The program and clusters in files beside it, of which each is a context.
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
            clusters.put(name, &state);
            let address = format!("fake:{}", clusters.file(name));
            let add = ["context", "add", name, "-b", &address];
            clusters.0.run(&add).exits(0);
        }
        clusters
    }

    fn file(&self, name: &str) -> String {
        let path = self.0.path().join(format!("{name}.json"));
        path.display().to_string()
    }

    fn put(&self, name: &str, state: &State) {
        let text = serde_json::to_string(state).unwrap();
        self.0.write(&format!("{name}.json"), &text);
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

/// `orders` with nulls, empties and headers twice; there is nothing at offsets 1 and 4.
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

/// Records of a partition of `orders`, without the header of mirrors.
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

#[test]
fn everything_is_copied_once_and_nothing_twice() {
    let clusters = Clusters::new(&[("a", orders()), ("b", State::default())]);
    let shown = "\
+ topic orders
    partitions          2
    replication factor  1
    retention.ms        -1

plan: 1 to create, 0 to change, 0 to delete
";
    let dry = clusters.once("a", "b", &["--dry-run"]).exits(0);
    assert_eq!(dry.stdout, shown);
    let announced = "copies 2 partitions of 1 topic of cluster cluster-a to cluster cluster-b, up to where they end now\n";
    let ran = clusters.once("a", "b", &[]).exits(4);
    assert_eq!(ran.stdout, format!("{shown}{announced}"));
    assert!(ran.stderr.contains("pass `--yes`"), "{}", ran.stderr);
    assert_eq!(clusters.state("b").topics, BTreeMap::new());

    let ran = clusters.once("a", "b", &["--yes"]).exits(0);
    let done = "copied 5 records from cluster cluster-a to cluster cluster-b, nothing behind\n";
    assert_eq!(ran.stdout, format!("{shown}{announced}{done}"));
    let (a, b) = (clusters.state("a"), clusters.state("b"));
    for partition in [0, 1] {
        assert_eq!(content(&b, partition), content(&a, partition));
    }
    let header = (
        "tonkafka-mirror".to_owned(),
        Some("cluster-a/orders:AAAAAAAAAAAAAAAAAAAAAQ/0:0/5".to_owned()),
    );
    assert_eq!(
        b.logs["orders"][&0].records[&3].headers.last(),
        Some(&header)
    );

    for more in [&["--yes"][..], &["--yes", "--exactly-once"]] {
        let ran = clusters.once("a", "b", more).exits(0);
        let none = "copied 0 records from cluster cluster-a to cluster cluster-b, nothing behind\n";
        assert_eq!(ran.stdout, format!("{announced}{none}"));
        assert_eq!(clusters.state("b").logs["orders"][&0].end, 4);
    }
}

#[test]
fn exactly_once_goes_on_where_it_ended() {
    let clusters = Clusters::new(&[("a", orders()), ("b", State::default())]);
    let more = ["--yes", "--exactly-once"];
    clusters.once("a", "b", &more).exits(0);
    let mut a = clusters.state("a");
    let added = log(7, &[(6, record(Some("n"), Some("n"), &[]))]);
    let first = a.logs.get_mut("orders").unwrap().get_mut(&0).unwrap();
    first.end = 7;
    first.timestamps.extend(added.timestamps);
    first.records.extend(added.records);
    clusters.put("a", &a);
    let ran = clusters.once("a", "b", &more).exits(0);
    assert!(
        ran.stdout.contains("copied 1 record from"),
        "{}",
        ran.stdout
    );
    let b = clusters.state("b");
    assert_eq!(content(&b, 0), content(&a, 0));
}

#[test]
fn names_that_are_one_in_metrics_are_refused() {
    let of = |names: &[&'static str]| {
        let topics: Vec<_> = names.iter().map(|name| (*name, topic(1, &[]))).collect();
        holding(&topics)
    };
    let clusters = Clusters::new(&[("a", of(&["x.1", "x_1"])), ("b", of(&["y_1"]))]);
    let ran = clusters
        .run(&["x.1", "x_1", "--from", "a", "--to", "b", "--once", "--yes"])
        .exits(4);
    let said = "topic x_1: the plan creates x.1 too, which is the same name in Kafka's metrics [name-collision]";
    assert!(ran.stdout.contains(said), "{}", ran.stdout);
    assert!(!clusters.state("b").topics.contains_key("x.1"));
    clusters.put(
        "a",
        &State {
            cluster_id: "cluster-a".to_owned(),
            ..of(&["y.1"])
        },
    );
    let ran = clusters
        .run(&["y.1", "--from", "a", "--to", "b", "--once", "--yes"])
        .exits(4);
    let said = "topic y.1: the cluster has y_1, which is the same name in Kafka's metrics: brokers refuse the second one [name-collision]";
    assert!(ran.stdout.contains(said), "{}", ran.stdout);
}

#[test]
fn what_came_from_there_does_not_go_back() {
    let clusters = Clusters::new(&[("a", orders()), ("b", State::default())]);
    clusters.once("a", "b", &["--yes"]).exits(0);
    let before = clusters.state("a");
    let refused = clusters.once("b", "a", &["--yes"]).exits(4);
    assert!(
        refused.stdout.contains("[target-not-empty]"),
        "{}",
        refused.stdout
    );
    let ran = clusters.once("b", "a", &["--yes", "--append"]).exits(0);
    let said = "left out 5 records that had been in cluster cluster-a before\n";
    assert!(ran.stdout.ends_with(said), "{}", ran.stdout);
    assert_eq!(clusters.state("a").logs, before.logs);
    // What is new on either side goes to the other.
    let mut b = clusters.state("b");
    let second = b.logs.get_mut("orders").unwrap().get_mut(&1).unwrap();
    second.timestamps.insert(1, 9);
    second.records.insert(1, record(Some("of"), Some("b"), &[]));
    second.end = 2;
    clusters.put("b", &b);
    clusters.once("b", "a", &["--yes", "--append"]).exits(0);
    assert_eq!(content(&clusters.state("a"), 1), content(&b, 1));
    let ran = clusters.once("a", "b", &["--yes", "--append"]).exits(0);
    assert!(ran.stdout.contains("copied 0 records"), "{}", ran.stdout);
}

#[test]
fn a_target_that_is_not_the_mirrors_is_refused() {
    let foreign = log(3, &[(2, record(None, Some("x"), &[]))]);
    let emptied = FakeLog {
        start: 3,
        end: 3,
        ..FakeLog::default()
    };
    for log in [foreign, emptied] {
        let there = with_logs(topic(2, &[("retention.ms", "-1")]), vec![(1, log)]);
        let clusters = Clusters::new(&[("a", orders()), ("b", there)]);
        let before = clusters.state("b");
        let ran = clusters.once("a", "b", &["--yes"]).exits(4);
        let said = "it was written to by others than this mirror: orders-1 [target-not-empty]";
        assert!(ran.stdout.contains(said), "{}", ran.stdout);
        assert!(ran.stdout.contains("pass `--append`"), "{}", ran.stdout);
        assert_eq!(clusters.state("b"), before);
        clusters.once("a", "b", &["--yes", "--append"]).exits(0);
    }
    let clusters = Clusters::new(&[
        ("a", orders()),
        ("b", holding(&[("orders", topic(3, &[]))])),
    ]);
    let ran = clusters.once("a", "b", &["--yes", "--append"]).exits(4);
    let said = "it has 3 partitions and 2 at the source";
    assert!(ran.stdout.contains(said), "{}", ran.stdout);
    assert!(ran.stdout.contains("[partitions-differ]"), "{}", ran.stdout);
}

#[test]
fn a_topic_that_is_there_is_grown_and_set_by_a_plan() {
    let there = holding(&[("orders", topic(1, &[("segment.ms", "5")]))]);
    let clusters = Clusters::new(&[("a", orders()), ("b", there)]);
    let ran = clusters.once("a", "b", &["--yes", "-o", "json"]).exits(0);
    let b = clusters.state("b");
    assert_eq!(b.topics["orders"].partitions, 2);
    let configs = [("retention.ms", "-1"), ("segment.ms", "5")]
        .map(|(key, value)| (key.to_owned(), value.to_owned()));
    assert_eq!(b.topics["orders"].configs, BTreeMap::from(configs));
    let last = ran.documents().pop().unwrap();
    assert_eq!(
        (&last["kind"], &last["type"]),
        (&"Mirror".into(), &"ended".into())
    );
    assert_eq!((&last["copied"], &last["lag"]), (&5.into(), &0.into()));
    assert_eq!(content(&b, 0), content(&clusters.state("a"), 0));
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

#[test]
fn groups_are_at_the_record_that_they_were_at() {
    let mut a = orders();
    // 1 and 4 have no record, 6 is the end.
    for offset in 0..=6 {
        a.groups.insert(format!("at-{offset}"), committed(offset));
    }
    let share = FakeGroup {
        group_type: GroupType::Share,
        ..committed(2)
    };
    a.groups.insert("share".to_owned(), share);
    let b = State {
        groups: BTreeMap::from([
            (
                "at-2".to_owned(),
                FakeGroup {
                    members: vec![member()],
                    ..committed(0)
                },
            ),
            ("at-3".to_owned(), committed(4)),
        ]),
        ..State::default()
    };
    let clusters = Clusters::new(&[("a", a), ("b", b)]);
    let ran = clusters
        .once("a", "b", &["--yes", "--groups=at-0,at-1"])
        .exits(0);
    let said = "gave 2 partitions of 2 groups their offsets\n";
    assert!(ran.stderr.ends_with(said), "{}", ran.stderr);
    let ran = clusters.once("a", "b", &["--yes", "--groups"]).exits(0);
    let said = "\
gave 3 partitions of 3 groups their offsets
group at-2 is left alone: it has members at the target
group at-3 is left alone: it is further at the target
";
    assert_eq!(ran.stderr, said);
    let groups = clusters.state("b").groups;
    let at = |id: &str| groups[id].commits["orders"][&0].clone();
    for (id, offset) in [
        ("at-0", 0),
        ("at-1", 1),
        ("at-4", 3),
        ("at-5", 3),
        ("at-6", 4),
    ] {
        assert_eq!(
            (at(id).offset, at(id).metadata.as_str()),
            (offset, "kept"),
            "{id}"
        );
        assert_eq!(at(id).leader_epoch, None);
    }
    assert_eq!((at("at-2").offset, at("at-3").offset), (0, 4));
    assert!(!groups.contains_key("share"));
    let again = clusters
        .once("a", "b", &["--yes", "--groups", "-o", "json"])
        .exits(0);
    let documents = again.documents();
    let round = documents
        .iter()
        .find(|one| one["type"] == "groups")
        .unwrap();
    assert_eq!(round["moved"], serde_json::json!([]));
    assert_eq!(round["left"][0]["group"], "at-2");
}

/// `orders` with one partition and records of these numbers.
fn numbered(numbers: std::ops::Range<i64>) -> State {
    let records = numbers.clone().enumerate().map(|(at, number)| {
        let value = number.to_string();
        let at = i64::try_from(at).unwrap();
        (at, record(None, Some(&value), &[]))
    });
    let records: Vec<(i64, FakeRecord)> = records.collect();
    let end = numbers.end - numbers.start;
    let orders = topic(1, &[("retention.ms", "-1")]);
    with_logs(orders, vec![(0, log(end, &records))])
}

/// Producers write records of these numbers.
fn written(clusters: &Clusters, name: &str, numbers: std::ops::Range<i64>) {
    let mut state = clusters.state(name);
    let log = state.logs.get_mut("orders").unwrap().get_mut(&0).unwrap();
    for number in numbers {
        let value = number.to_string();
        log.timestamps.insert(log.end, 2_000);
        log.records.insert(log.end, record(None, Some(&value), &[]));
        log.end += 1;
    }
    clusters.put(name, &state);
}

fn commits(clusters: &Clusters, name: &str, group: &str, offset: i64) {
    let mut state = clusters.state(name);
    state.groups.insert(group.to_owned(), committed(offset));
    clusters.put(name, &state);
}

/// Where a group is.
fn is_at(clusters: &Clusters, name: &str, group: &str) -> i64 {
    clusters.state(name).groups[group].commits["orders"][&0].offset
}

/// The numbers of the records before an offset, or from there on.
fn numbers(clusters: &Clusters, name: &str, offsets: std::ops::Range<i64>) -> Vec<i64> {
    let state = clusters.state(name);
    let log = &state.logs["orders"][&0];
    let values = log.records.range(offsets);
    let values = values.map(|(_, record)| record.value.as_ref().unwrap().parse().unwrap());
    values.collect()
}

const BACK: [&str; 3] = ["--yes", "--append", "--groups"];

#[test]
fn groups_come_back_to_where_they_are() {
    let clusters = Clusters::new(&[("a", numbered(0..50)), ("b", State::default())]);
    commits(&clusters, "a", "app", 5);
    clusters.once("a", "b", &["--yes", "--groups"]).exits(0);
    assert_eq!(is_at(&clusters, "b", "app"), 5);
    commits(&clusters, "b", "app", 20);
    written(&clusters, "b", 50..60);
    clusters.once("b", "a", &BACK).exits(0);
    assert_eq!(is_at(&clusters, "a", "app"), 20);
    // In what was copied, and at its end.
    for (at, then) in [(50, 50), (55, 55), (60, 60)] {
        commits(&clusters, "b", "app", at);
        clusters.once("b", "a", &BACK).exits(0);
        assert_eq!(is_at(&clusters, "a", "app"), then);
    }
}

#[test]
fn a_group_that_read_all_comes_back_to_the_end() {
    let clusters = Clusters::new(&[("a", numbered(0..50)), ("b", State::default())]);
    commits(&clusters, "a", "app", 5);
    clusters.once("a", "b", &["--yes", "--groups"]).exits(0);
    commits(&clusters, "b", "app", 50);
    clusters.once("b", "a", &BACK).exits(0);
    assert_eq!(is_at(&clusters, "a", "app"), 50);
    // What only one has, as it failed before it was copied, is not gone over.
    written(&clusters, "a", 50..55);
    written(&clusters, "b", 60..70);
    commits(&clusters, "b", "app", 60);
    clusters.once("b", "a", &BACK).exits(0);
    assert_eq!(is_at(&clusters, "a", "app"), 50);
}

#[test]
fn groups_of_both_sides_skip_nothing_at_the_other() {
    let clusters = Clusters::new(&[("a", numbered(0..50)), ("b", numbered(100..130))]);
    commits(&clusters, "a", "gb", 20);
    commits(&clusters, "b", "gc", 10);
    let nothing_is_skipped = |read: &[(&str, Vec<i64>)]| {
        for (group, read) in read {
            for name in ["a", "b"] {
                if clusters.state(name).groups.contains_key(*group) {
                    let at = is_at(&clusters, name, group);
                    let skipped = numbers(&clusters, name, 0..at);
                    assert!(
                        skipped.iter().all(|number| read.contains(number)),
                        "{group} at {at} of {name}"
                    );
                }
            }
        }
    };
    let mut read = [
        ("gb", (0..20).collect::<Vec<i64>>()),
        ("gc", (100..110).collect()),
    ];
    for _ in 0..2 {
        for (from, to) in [("a", "b"), ("b", "a")] {
            clusters.once(from, to, &BACK).exits(0);
            nothing_is_skipped(&read);
            assert_eq!(is_at(&clusters, "a", "gb"), 20);
            assert_eq!(is_at(&clusters, "b", "gc"), 10);
        }
    }
    // Records of both sides lie between each other, and groups go on.
    for round in 0..4 {
        let first = 200 + round * 20;
        written(&clusters, "a", first..first + 7);
        written(&clusters, "b", first + 10..first + 13);
        clusters.once("b", "a", &BACK).exits(0);
        let at = 40 + round * 15;
        read[0].1 = numbers(&clusters, "a", 0..at);
        commits(&clusters, "a", "gb", at);
        clusters.once("a", "b", &BACK).exits(0);
        nothing_is_skipped(&read);
    }
    let end = clusters.state("a").logs["orders"][&0].end;
    read[0].1 = numbers(&clusters, "a", 0..end);
    commits(&clusters, "a", "gb", end);
    clusters.once("a", "b", &BACK).exits(0);
    nothing_is_skipped(&read);
    assert_eq!(is_at(&clusters, "b", "gb"), end);
}

#[test]
fn groups_that_cannot_be_seen_are_not_left_out_silently() {
    let mut a = orders();
    a.brokers.push(2);
    a.faults.silent_brokers.insert(2);
    let clusters = Clusters::new(&[("a", a), ("b", State::default())]);
    let more = ["--yes", "--groups", "--patience", "1s"];
    let ran = clusters.once("a", "b", &more).exits(5);
    let said = "cannot reach broker 2, which looks after groups";
    assert!(ran.stderr.contains(said), "{}", ran.stderr);
    assert!(
        ran.stderr.contains("5 records are copied"),
        "{}",
        ran.stderr
    );
}

#[test]
fn a_source_that_lost_what_was_copied_is_not_taken_for_the_same() {
    let clusters = Clusters::new(&[("a", orders()), ("b", State::default())]);
    clusters.once("a", "b", &["--yes"]).exits(0);
    let cut = State {
        cluster_id: "cluster-a".to_owned(),
        ..with_logs(
            topic(2, &[("retention.ms", "-1")]),
            vec![(0, log(1, &[(0, record(None, Some("new"), &[]))]))],
        )
    };
    clusters.put("a", &cut);
    let before = clusters.state("b");
    let ran = clusters.once("a", "b", &["--yes"]).exits(7);
    assert_eq!(
        ran.stderr,
        "error: cannot read partition 0 of `orders` at offset 6: the log was cut by an unclean leader \
         election: leader epoch 0 was read up to here, and the leader has epoch 0 up to offset 1 only\n\
         hint: the target may have records that the source lost; delete the topic there, so that it is \
         made anew\n"
    );
    assert_eq!(clusters.state("b").logs, before.logs);
}

#[test]
fn records_that_went_away_before_they_were_copied_are_told() {
    let clusters = Clusters::new(&[("a", orders()), ("b", State::default())]);
    clusters.once("a", "b", &["--yes"]).exits(0);
    let mut a = clusters.state("a");
    let first = a.logs.get_mut("orders").unwrap().get_mut(&0).unwrap();
    (first.start, first.end) = (8, 9);
    first.timestamps.insert(8, 9);
    clusters.put("a", &a);
    let before = clusters.state("b");
    let said = "\
partition 0 of `orders`: the source deleted offsets 6 to 7 before they were copied
error: 2 offsets of the source were deleted before they were copied
";
    for more in [&["--yes"][..], &["--yes", "-q"]] {
        clusters.put("b", &before);
        let ran = clusters.once("a", "b", more).exits(5);
        assert_eq!(ran.stderr, said);
        assert!(
            ran.stdout.contains("copied 1 record from"),
            "{}",
            ran.stdout
        );
    }
    clusters.put("b", &before);
    let ran = clusters.once("a", "b", &["--yes", "-o", "json"]).exits(5);
    let documents = ran.documents();
    let ended = documents.iter().find(|one| one["type"] == "ended").unwrap();
    assert_eq!((&ended["copied"], &ended["lost"]), (&1.into(), &2.into()));
    // It is told once: what comes next is there.
    let ran = clusters.once("a", "b", &["--yes"]).exits(0);
    assert_eq!(ran.stderr, "");
}

/// `orders` at the target, with what transactions left in its first partition.
fn left_by_transactions(start: i64) -> State {
    let aborted = record(Some("x"), Some("of nobody"), &[]);
    let log = FakeLog {
        start,
        marks: [0, 2, 3].into(),
        aborted: [1].into(),
        ..log(4, &[(1, aborted)])
    };
    with_logs(topic(2, &[("retention.ms", "-1")]), vec![(0, log)])
}

#[test]
fn ends_of_transactions_and_aborted_records_leave_a_partition_empty() {
    let clusters = Clusters::new(&[("a", orders()), ("b", left_by_transactions(0))]);
    let more = ["--yes", "--exactly-once"];
    let ran = clusters.once("a", "b", &more).exits(0);
    assert!(ran.stdout.contains("copied 5 records"), "{}", ran.stdout);
    let b = clusters.state("b");
    assert_eq!(content(&b, 0)[1..], content(&clusters.state("a"), 0));
    // Where retention took something, records were there once.
    let clusters = Clusters::new(&[("a", orders()), ("b", left_by_transactions(1))]);
    let ran = clusters.once("a", "b", &more).exits(4);
    let said = "it was written to by others than this mirror: orders-0 [target-not-empty]";
    assert!(ran.stdout.contains(said), "{}", ran.stdout);
}

/// Milliseconds since 1970, an hour ago.
fn an_hour_ago() -> i64 {
    jiff::Timestamp::now().as_millisecond() - 3_600_000
}

/// A source whose brokers keep and take more than others do, with a record of an hour ago.
fn generous() -> State {
    let mut log = log(1, &[(0, record(Some("k"), Some("v"), &[]))]);
    log.timestamps.insert(0, an_hour_ago());
    log.size = 2_000;
    let defaults = [
        ("log.retention.ms", "-1"),
        ("message.max.bytes", "5000000"),
        ("log.message.timestamp.type", "CreateTime"),
    ];
    let mut state = with_logs(topic(1, &[]), vec![(0, log)]);
    state.broker_defaults = defaults
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .into();
    state
}

/// A target that is to have `orders`, whose brokers are set like this.
fn set(key: &str, value: &str) -> State {
    let mut state = State::default();
    let large = ("message.max.bytes".to_owned(), "5000000".to_owned());
    state
        .broker_defaults
        .extend([large, (key.to_owned(), value.to_owned())]);
    state
}

#[test]
fn what_the_target_would_drop_or_not_take_is_refused_before_anything_is_written() {
    for (key, value, said, flag) in [
        (
            "log.retention.ms",
            "60000",
            "topic orders: it keeps records for 1 min (`retention.ms`), and the oldest ones of what is to be copied are from 1 h ago: they would be dropped soon after [restore-expires]",
            Some("--allow-expired"),
        ),
        (
            "log.retention.bytes",
            "1000",
            "topic orders: it keeps 1000 bytes a partition (`retention.bytes`), and what is to be copied has more: orders-0 (up to 2 KiB) [restore-expires]",
            Some("--allow-expired"),
        ),
        (
            "message.max.bytes",
            "1000",
            "topic orders: it takes batches of up to 1000 bytes (`max.message.bytes`), and the source's of up to 5000000: a larger record may be refused even compressed [record-too-large]",
            Some("--allow-large"),
        ),
        (
            "log.message.timestamp.before.max.ms",
            "60000",
            "topic orders: brokers refuse records that are older than 1 min (`message.timestamp.before.max.ms`), and what is to be copied has such [timestamp-rejected]",
            None,
        ),
    ] {
        let clusters = Clusters::new(&[("a", generous()), ("b", set(key, value))]);
        let before = clusters.state("b");
        let ran = clusters.once("a", "b", &["--yes"]).exits(4);
        assert!(ran.stdout.contains(said), "{}", ran.stdout);
        assert!(
            ran.stdout.contains("hint: create the topic with "),
            "{}",
            ran.stdout
        );
        assert_eq!(clusters.state("b"), before);
        clusters.once("a", "b", &["--dry-run"]).exits(4);
        if let Some(flag) = flag {
            assert!(
                ran.stdout.contains(&format!("pass `{flag}`")),
                "{}",
                ran.stdout
            );
            clusters.once("a", "b", &["--yes", flag]).exits(0);
            // All is there by now, so that nothing old is copied.
            let again = clusters.once("a", "b", &["--yes"]);
            let expected = if flag == "--allow-large" { 4 } else { 0 };
            again.exits(expected);
        }
    }
}

#[test]
fn timestamps_that_the_target_sets_are_told_of() {
    let target = set("log.message.timestamp.type", "LogAppendTime");
    let clusters = Clusters::new(&[("a", generous()), ("b", target)]);
    let ran = clusters.once("a", "b", &["--yes"]).exits(0);
    let said = "topic orders: its brokers set the timestamps (`message.timestamp.type` is LogAppendTime): those of the source are lost, and are those of the copy from then on [timestamps-change]";
    assert!(ran.stdout.contains(said), "{}", ran.stdout);
}

#[test]
fn sizes_that_cannot_be_read_are_not_taken_for_small_ones() {
    let mut source = generous();
    let broken = FakeLogDir {
        error: Some("KAFKA_STORAGE_ERROR".to_owned()),
        ..FakeLogDir::default()
    };
    source.log_dirs.insert(1, vec![broken]);
    let clusters = Clusters::new(&[("a", source), ("b", set("log.retention.bytes", "1000"))]);
    let ran = clusters.once("a", "b", &["--yes"]).exits(4);
    let said = "and how much what is to be copied has cannot be read: its size is not told [restore-expires]";
    assert!(ran.stdout.contains(said), "{}", ran.stdout);
}

/// `orders` as it is after it was deleted and made again, with so many records.
fn made_anew(records: i64) -> State {
    let new = |at| (at, record(None, Some(&format!("new {at}")), &[]));
    let records: Vec<(i64, FakeRecord)> = (0..records).map(new).collect();
    let end = i64::try_from(records.len()).unwrap();
    let anew = FakeTopic {
        id: 2,
        ..topic(2, &[("retention.ms", "-1")])
    };
    State {
        cluster_id: "cluster-a".to_owned(),
        ..with_logs(anew, vec![(0, log(end, &records))])
    }
}

#[test]
fn a_topic_of_another_id_is_refused_however_long_it_is() {
    for records in [1, 9] {
        let clusters = Clusters::new(&[("a", orders()), ("b", State::default())]);
        clusters.once("a", "b", &["--yes"]).exits(0);
        clusters.put("a", &made_anew(records));
        let before = clusters.state("b");
        let ran = clusters.once("a", "b", &["--yes"]).exits(4);
        let said = "topic orders: the source's topic was made anew, and what is here was copied from the one before: orders-0, orders-1 [target-not-empty]";
        assert!(ran.stdout.contains(said), "{}", ran.stdout);
        assert_eq!(ran.stderr.matches("error: ").count(), 1, "{}", ran.stderr);
        assert!(!ran.stderr.contains("trying again"), "{}", ran.stderr);
        assert_eq!(clusters.state("b"), before);
        // Behind what is there, from the beginning, and then on from there.
        let ran = clusters.once("a", "b", &["--yes", "--append"]).exits(0);
        let copied = if records == 1 {
            "copied 1 record "
        } else {
            "copied 9 records "
        };
        assert!(ran.stdout.contains(copied), "{}", ran.stdout);
        let ran = clusters.once("a", "b", &["--yes"]).exits(0);
        assert!(ran.stdout.contains("copied 0 records"), "{}", ran.stdout);
        assert_eq!(
            content(&clusters.state("b"), 0)[4..],
            content(&clusters.state("a"), 0)
        );
    }
}

#[test]
fn a_header_without_an_id_is_read_as_before() {
    let stamped = |at: i64| {
        let place = format!("cluster-a/orders/0/{at}");
        (
            at,
            record(None, Some("old"), &[("tonkafka-mirror", Some(&place))]),
        )
    };
    let there = log(3, &[stamped(0), stamped(1), stamped(2)]);
    let there = with_logs(topic(2, &[("retention.ms", "-1")]), vec![(0, there)]);
    let clusters = Clusters::new(&[("a", made_anew(9)), ("b", there.clone())]);
    let ran = clusters.once("a", "b", &["--yes"]).exits(0);
    assert!(ran.stdout.contains("copied 6 records"), "{}", ran.stdout);
    // One that is shorter cannot be the same: it is said once, at once.
    let clusters = Clusters::new(&[("a", made_anew(1)), ("b", there)]);
    let began = Instant::now();
    let ran = clusters.once("a", "b", &["--yes"]).exits(4);
    let said = "\
error: the target has partition 0 of `orders` up to offset 3 of the source, and the source ends at 1: its topic was made anew, or lost records
hint: delete the topic at the target, so that it is made anew
";
    assert_eq!(ran.stderr, said);
    assert!(began.elapsed() < Duration::from_secs(20));
}

#[test]
fn a_topic_that_is_made_anew_meanwhile_ends_the_mirror() {
    let target = State {
        cluster_id: "cluster-b".to_owned(),
        ..holding(&[("orders", topic(2, &[]))])
    };
    let (a, b) = (FakeCluster::new(orders()), FakeCluster::new(target));
    let mut id = TopicId::default();
    id.0[15] = 7;
    let settings = MirrorSettings {
        route: Route {
            topics: BTreeMap::from([("orders".to_owned(), id)]),
            ..route()
        },
        once: true,
        ..settings()
    };
    let mut mirror = Mirror::new(&a, &b, settings, &|| false);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let ended = runtime.block_on(mirror.run(|tell| panic!("{tell:?}")));
    assert_eq!(ended, Err(MirrorError::Anew("orders".to_owned())));
}

#[test]
fn a_record_that_the_target_does_not_take_ends_the_mirror_with_its_place_and_the_way_out() {
    let mut b = State::default();
    b.faults.largest_records.insert("orders".to_owned(), 100);
    let mut a = orders();
    let large = "x".repeat(80);
    let first = a.logs.get_mut("orders").unwrap().get_mut(&0).unwrap();
    first
        .records
        .insert(5, record(Some("k"), Some(&large), &[]));
    let clusters = Clusters::new(&[("a", a), ("b", b)]);
    let said = "\
done     create topic orders
error: cannot write to partition 0 of `orders`: MESSAGE_TOO_LARGE; it is the record at offset 5 of the source, with 141 bytes as it was sent; 1 topic was created or changed, 3 records are copied
hint: raise `max.message.bytes` of topic `orders` at the target to 141 or more; where it is not set there, `message.max.bytes` of the brokers counts
";
    let ran = clusters.once("a", "b", &["--yes"]).exits(5);
    assert_eq!(ran.stderr, said);
    // Without a topic that was made first, nothing of a transaction is written.
    let more = ["--yes", "--exactly-once"];
    let ran = clusters.once("a", "b", &more);
    assert!(!ran.stderr.contains("goes on"), "{}", ran.stderr);
    let mut b = clusters.state("b");
    b.faults.largest_records.clear();
    clusters.put("b", &b);
    clusters.once("a", "b", &["--yes"]).exits(0);
    let (a, b) = (clusters.state("a"), clusters.state("b"));
    assert_eq!(content(&b, 0), content(&a, 0));
}

#[test]
fn a_properties_file_names_a_side_by_itself() {
    let clusters = Clusters::new(&[("a", orders()), ("b", State::default())]);
    for name in ["a", "b"] {
        let text = format!("bootstrap.servers=fake:{}\n", clusters.file(name));
        clusters.0.write(&format!("{name}.properties"), &text);
    }
    let mut both = vec!["orders", "--from-command-config", "a.properties"];
    both.extend(["--to-command-config", "b.properties", "--once", "--yes"]);
    clusters.run(&both).exits(0);
    assert!(clusters.state("b").topics.contains_key("orders"));
    // The current context is of neither side.
    clusters.0.run(&["context", "use", "a"]).exits(0);
    clusters.0.write("a.properties", "client.id=a\n");
    let ran = clusters.run(&both).exits(2);
    assert_eq!(
        ran.stderr,
        "error: the file of `--from-command-config` names no brokers\nhint: set `bootstrap.servers` in it, or pass `--from-bootstrap-server`\n"
    );
}

#[test]
fn what_makes_no_sense_is_refused() {
    let clusters = Clusters::new(&[("a", orders()), ("b", State::default())]);
    let ran = clusters.once("a", "a", &["--yes"]).exits(4);
    assert!(
        ran.stderr.contains("both are the same cluster"),
        "{}",
        ran.stderr
    );
    let ran = clusters.once("a", "b", &["-b", "x:1"]).exits(2);
    assert!(ran.stderr.contains("names one cluster"), "{}", ran.stderr);
    let ran = clusters
        .run(&["order", "--from", "a", "--to", "b", "--once"])
        .exits(4);
    assert!(
        ran.stderr.contains("did you mean `orders`?"),
        "{}",
        ran.stderr
    );
    clusters
        .run(&["orders:0", "--from", "a", "--to", "b"])
        .exits(2);
    clusters.run(&["orders", "--from", "a"]).exits(2);
    let ran = clusters
        .run(&["--match", "x*", "--from", "a", "--to", "b", "-o", "json"])
        .exits(4);
    assert_eq!(error(&ran)["code"], 4);
    let (from, to) = (clusters.file("a"), clusters.file("b"));
    let (from, to) = (format!("fake:{from}"), format!("fake:{to}"));
    let by_address = [
        "--from-bootstrap-server",
        &from,
        "--to-bootstrap-server",
        &to,
    ];
    let rest = ["--match", "ord*", "--once", "--yes"];
    clusters.run(&[&by_address[..], &rest].concat()).exits(0);
}

/// A target without topics, and what goes wrong in it.
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

#[test]
fn what_was_sent_and_not_answered_stays_unknown_whatever_fails_after_it() {
    // The batches of partition 0 have 1, 2 and 1 records, that of partition 1 has one.
    let refused = || Fate::Refused(DENIED.to_owned());
    let again = "trying again: a batch for partition 0 of `orders` may be written or not: connection closed\n";
    let begins = |partition: i32| {
        format!(
            "done     create topic orders\n{again}error: cannot write to partition {partition} of `orders`: {DENIED}; "
        )
    };
    let check = |ran: &Ran, partition: i32, copied: &str| {
        let ends = format!("; 1 topic was created or changed, {copied}\n");
        assert!(ran.stderr.starts_with(&begins(partition)), "{}", ran.stderr);
        assert!(ran.stderr.ends_with(&ends), "{}", ran.stderr);
    };
    let target = faulty(vec![Fate::Written, Fate::Dropped, refused()], &[]);
    let clusters = Clusters::new(&[("a", orders()), ("b", target)]);
    let ran = clusters.once("a", "b", &["--yes"]).exits(6);
    check(&ran, 0, "between 1 and 3 records are copied");
    clusters.once("a", "b", &["--yes"]).exits(0);
    let copied = |clusters: &Clusters| content(&clusters.state("b"), 0);
    assert_eq!(copied(&clusters), content(&orders(), 0));

    // What is found there is there.
    let fates = [Fate::Unanswered, Fate::Written, Fate::Written, refused()];
    let clusters = Clusters::new(&[("a", orders()), ("b", faulty(fates.to_vec(), &[]))]);
    let ran = clusters.once("a", "b", &["--yes"]).exits(5);
    check(&ran, 1, "4 records are copied");
    let target = faulty(vec![Fate::Unanswered], &[]);
    let clusters = Clusters::new(&[("a", orders()), ("b", target)]);
    let ran = clusters.once("a", "b", &["--yes"]).exits(0);
    let said = "copied 5 records from";
    assert!(ran.stdout.contains(said), "{}", ran.stdout);
    assert_eq!(copied(&clusters), content(&orders(), 0));
}

#[test]
fn what_was_written_before_an_error_counts() {
    let refused = || Fate::Refused(DENIED.to_owned());
    let target = faulty(vec![Fate::Written, Fate::Written, refused()], &[]);
    let clusters = Clusters::new(&[("a", orders()), ("b", target)]);
    let ran = clusters.once("a", "b", &["--yes"]).exits(5);
    let said = "; 1 topic was created or changed, 3 records are copied\n";
    assert!(ran.stderr.ends_with(said), "{}", ran.stderr);
    let again = clusters.once("a", "b", &["--yes"]).exits(0);
    assert!(
        again.stdout.contains("copied 2 records from"),
        "{}",
        again.stdout
    );
}

#[test]
fn a_commit_that_is_not_answered_is_looked_for() {
    let more = ["--yes", "--exactly-once"];
    let target = faulty(Vec::new(), &["EndTxn"]);
    let clusters = Clusters::new(&[("a", orders()), ("b", target)]);
    let ran = clusters.once("a", "b", &more).exits(0);
    let said = "trying again: the transaction may be committed or not: connection closed\n";
    assert!(ran.stderr.ends_with(said), "{}", ran.stderr);
    let said = "copied 5 records from";
    assert!(ran.stdout.contains(said), "{}", ran.stdout);
    assert_eq!(content(&clusters.state("b"), 0).len(), 4);
    // A transaction that was not committed brings nothing.
    let fates = [Fate::Written, Fate::Refused(DENIED.to_owned())];
    let clusters = Clusters::new(&[("a", orders()), ("b", faulty(fates.to_vec(), &[]))]);
    let ran = clusters.once("a", "b", &more).exits(5);
    let said = "; 1 topic was created or changed, 0 records are copied\n";
    assert!(ran.stderr.contains(said), "{}", ran.stderr);
}

#[test]
fn an_offset_of_a_group_that_is_not_answered_is_not_left_alone() {
    let mut source = orders();
    source.groups.insert("billing".to_owned(), committed(2));
    let target = State {
        cluster_id: "cluster-b".to_owned(),
        faults: Faults {
            lose_answers: vec!["OffsetCommit".to_owned()],
            ..Faults::default()
        },
        ..State::default()
    };
    let clusters = Clusters::new(&[("a", source), ("b", target)]);
    let ran = clusters.once("a", "b", &["--yes", "--groups"]).exits(0);
    let said = "trying again: what group `billing` committed was sent to the target, and not answered: connection closed\n";
    assert!(ran.stderr.contains(said), "{}", ran.stderr);
    assert!(clusters.state("b").groups.contains_key("billing"));
}

#[test]
fn a_mirror_that_runs_on_takes_what_comes_and_ends_cleanly() {
    let clusters = Clusters::new(&[("a", orders()), ("b", State::default())]);
    let arguments = ["mirror", "orders", "--from", "a", "--to", "b", "--yes"];
    let mut child = clusters.0.command(&arguments).spawn().unwrap();
    let deadline = Instant::now() + Duration::from_mins(1);
    let is_there = || {
        let text = std::fs::read_to_string(clusters.file("b")).unwrap_or_default();
        let state: Option<State> = serde_json::from_str(&text).ok();
        let logs = state.and_then(|mut state| state.logs.remove("orders"));
        logs.is_some_and(|logs| logs.values().map(|log| log.end).sum::<i64>() == 5)
    };
    while !is_there() {
        if Instant::now() >= deadline {
            child.kill().unwrap();
            panic!("nothing was copied");
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    let pid = child.id().to_string();
    let sent = Command::new("kill").args(["-INT", &pid]).status().unwrap();
    assert!(sent.success());
    let ran = finish(child).exits(0);
    let said = "copied 5 records from cluster cluster-a to cluster cluster-b, nothing behind\n";
    assert!(ran.stdout.ends_with(said), "{}", ran.stdout);
}

fn route() -> Route {
    Route {
        source: "cluster-a".to_owned(),
        target: "cluster-b".to_owned(),
        topics: BTreeMap::new(),
    }
}

/// A mirror of both partitions of `orders` that goes on and on.
fn settings() -> MirrorSettings {
    MirrorSettings {
        keys: [0, 1].map(|index| ("orders".to_owned(), index)).to_vec(),
        route: route(),
        once: false,
        exactly_once: None,
        compression: Compression::default(),
        patience: Duration::from_secs(5),
        open_patience: Duration::ZERO,
        accept_gaps: false,
        groups: None,
        every: Duration::from_secs(10),
        appends: false,
    }
}

#[test]
fn a_source_that_grows_meanwhile_is_told_once() {
    let target = State {
        cluster_id: "cluster-b".to_owned(),
        ..holding(&[("orders", topic(2, &[]))])
    };
    let (a, b) = (FakeCluster::new(orders()), FakeCluster::new(target));
    let settings = MirrorSettings {
        every: Duration::from_millis(1),
        ..settings()
    };
    let rounds = AtomicUsize::new(0);
    let is_over = || rounds.load(Ordering::SeqCst) > 20;
    let mut mirror = Mirror::new(&a, &b, settings, &is_over);
    let mut grown = Vec::new();
    let run = mirror.run(|tell| match tell {
        Tell::Grown { topic, partitions } => grown.push((topic.to_owned(), partitions)),
        Tell::Progress(_) => drop(rounds.fetch_add(1, Ordering::SeqCst)),
        other => panic!("{other:?}"),
    });
    let grow = async {
        tokio::time::sleep(Duration::from_millis(150)).await;
        let totals = [("orders".to_owned(), 3)];
        a.create_partitions(&totals, Mode::Write).await
    };
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let (ended, answers) = runtime.block_on(async { tokio::join!(run, grow) });
    assert_eq!((ended, answers), (Ok(Ended::Stopped), vec![Answer::Done]));
    assert_eq!(grown, [("orders".to_owned(), 3)]);
    assert_eq!((mirror.copied(), mirror.returned()), (5, 0));
}

#[test]
fn two_mirrors_of_one_topic_are_noticed() {
    let target = State {
        cluster_id: "cluster-b".to_owned(),
        ..holding(&[("orders", topic(2, &[]))])
    };
    let (a, b) = (FakeCluster::new(orders()), FakeCluster::new(target));
    let settings = MirrorSettings {
        every: Duration::from_millis(1),
        ..settings()
    };
    let is_written = AtomicUsize::new(0);
    let is_over = || is_written.load(Ordering::SeqCst) > 0;
    let mut first = Mirror::new(&a, &b, settings.clone(), &is_over);
    let mut second = Mirror::new(&a, &b, settings, &is_over);
    let write = async {
        let key = ("orders".to_owned(), 0);
        let mut writer = a.writer(WriterSettings::default()).await.unwrap();
        for number in 0..10 {
            tokio::time::sleep(Duration::from_millis(300)).await;
            let record = Record {
                offset: number,
                timestamp: 1,
                key: None,
                value: None,
                headers: Vec::new(),
            };
            writer.write(&key, vec![record]).await.unwrap();
            writer.flush().await.unwrap();
        }
        is_written.store(1, Ordering::SeqCst);
    };
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let both = async { tokio::join!(first.run(|_| ()), second.run(|_| ()), write) };
    let (one, other, ()) = runtime.block_on(both);
    let ended = [one, other];
    let is_noticed =
        |ended: &Result<Ended, MirrorError>| matches!(ended, Err(MirrorError::Another { .. }));
    assert!(ended.iter().any(is_noticed), "{ended:?}");
}

#[test]
fn a_topic_of_the_target_that_is_deleted_ends_a_mirror() {
    let target = State {
        cluster_id: "cluster-b".to_owned(),
        ..holding(&[("orders", topic(2, &[]))])
    };
    let (a, b) = (FakeCluster::new(orders()), FakeCluster::new(target));
    let settings = MirrorSettings {
        every: Duration::from_millis(1),
        patience: Duration::from_mins(5),
        ..settings()
    };
    let mut mirror = Mirror::new(&a, &b, settings, &|| false);
    let delete = async {
        tokio::time::sleep(Duration::from_millis(500)).await;
        b.delete_topics(&[("orders".to_owned(), None)]).await
    };
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let (ended, _) = runtime.block_on(async { tokio::join!(mirror.run(|_| ()), delete) });
    assert_eq!(ended, Err(MirrorError::Deleted("orders".to_owned())));
}

#[test]
fn offsets_that_stay_without_an_answer_end_a_mirror() {
    let mut a = orders();
    a.faults.silent_from.insert("orders".to_owned(), 0);
    let clusters = Clusters::new(&[("a", a.clone()), ("b", State::default())]);
    let missing = "error: cannot read partition 0 of `orders` at offset 0: offsets 0 to 5 do not come: answers stay empty without an error, and that is no gap, as `cleanup.policy` is `delete`";
    let hint = "hint: the same command goes on where it ended; where the topic was compacted once, pass `--accept-gaps`";
    let ran = clusters.once("a", "b", &["--yes"]).exits(5);
    let done = "1 topic was created or changed, 0 records are copied";
    let said = format!("done     create topic orders\n{missing}; {done}\n{hint}\n");
    assert_eq!(ran.stderr, said);
    // The topic is there by now, so that nothing is written.
    let ran = clusters.once("a", "b", &["--yes"]).exits(7);
    assert_eq!(ran.stderr, format!("{missing}\n{hint}\n"));
    a.faults.silent_from.insert("orders".to_owned(), 3);
    a.cluster_id = "cluster-a".to_owned();
    clusters.put("a", &a);
    let ran = clusters
        .once("a", "b", &["--yes", "--accept-gaps"])
        .exits(0);
    assert_eq!(
        ran.stderr,
        "partition 0 of `orders`: nothing came of offsets 3 to 5, which is taken for a gap\n"
    );
    let copied = "copied 3 records from cluster cluster-a to cluster cluster-b, nothing behind\n";
    assert!(ran.stdout.ends_with(copied), "{}", ran.stdout);
    let json = ["--yes", "--accept-gaps", "-o", "json"];
    let ran = clusters.once("a", "b", &json).exits(0);
    let accepted = ran
        .documents()
        .into_iter()
        .find(|one| one["type"] == "accepted");
    let accepted = accepted.unwrap();
    assert_eq!(
        (&accepted["from"], &accepted["until"]),
        (&3.into(), &6.into())
    );
}

#[test]
fn what_an_open_transaction_keeps_back_is_told() {
    let mut a = orders();
    let log = a.logs.get_mut("orders").unwrap().get_mut(&0).unwrap();
    log.open = Some(3);
    let clusters = Clusters::new(&[("a", a), ("b", State::default())]);
    let more = ["--yes", "--timeout", "1s"];
    let ran = clusters.once("a", "b", &more).exits(5);
    let told = "partition 0 of `orders`: offsets 3 to 5 are not copied: a transaction was open\n";
    let copied =
        "copied 3 records from cluster cluster-a to cluster cluster-b, up to an open transaction\n";
    let said = format!("{copied}{told}");
    assert!(ran.stdout.ends_with(&said), "{}", ran.stdout);
    assert_eq!(
        ran.stderr,
        "done     create topic orders\n\
         waiting for open transactions: orders-0 at offset 3\n\
         error: the copy is without 3 offsets of 1 partition: transactions were open\n\
         hint: the same command goes on once they have ended; pass `--allow-open-transactions` to be \
         content with that\n"
    );
    // Nothing is left to be written.
    clusters.once("a", "b", &more).exits(7);
    let ran = clusters.once(
        "a",
        "b",
        &["--yes", "--allow-open-transactions", "-o", "json"],
    );
    let last = ran.exits(0).documents().pop().unwrap();
    let open = serde_json::json!([{ "topic": "orders", "partition": 0, "from": 3, "to": 6 }]);
    assert_eq!(last["openTransactions"], open);
    let mut a = clusters.state("a");
    let log = a.logs.get_mut("orders").unwrap().get_mut(&0).unwrap();
    log.open = None;
    clusters.put("a", &a);
    let ran = clusters.once("a", "b", &["--yes"]).exits(0);
    assert!(ran.stdout.contains("copied 2 records"), "{}", ran.stdout);
}
