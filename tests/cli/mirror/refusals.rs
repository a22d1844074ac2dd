//! Mirrors that are refused before anything is written.

use tonkafka::cluster::fake::{FakeLog, FakeLogDir, State};

use super::{Clusters, content, log, orders, record, with_logs};
use crate::fake::{error, holding, topic};

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
    ran.stdout_has(said);
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
    ran.stdout_has(said);
}

#[test]
fn what_came_from_there_does_not_go_back() {
    let clusters = Clusters::new(&[("a", orders()), ("b", State::default())]);
    clusters.once("a", "b", &["--yes"]).exits(0);
    let before = clusters.state("a");
    let refused = clusters.once("b", "a", &["--yes"]).exits(4);
    refused.stdout_has("[target-not-empty]");
    let ran = clusters.once("b", "a", &["--yes", "--append"]).exits(0);
    let said = "left out 5 records that had been in cluster cluster-a before\n";
    ran.stdout_ends(said);
    assert_eq!(clusters.state("a").logs, before.logs);
    // New records of each side go to the other.
    let mut b = clusters.state("b");
    let second = b.logs.get_mut("orders").unwrap().get_mut(&1).unwrap();
    second.timestamps.insert(1, 9);
    second.records.insert(1, record(Some("of"), Some("b"), &[]));
    second.end = 2;
    clusters.put("b", &b);
    clusters.once("b", "a", &["--yes", "--append"]).exits(0);
    assert_eq!(content(&clusters.state("a"), 1), content(&b, 1));
    let ran = clusters.once("a", "b", &["--yes", "--append"]).exits(0);
    ran.stdout_has("copied 0 records");
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
        ran.stdout_has(said);
        ran.stdout_has("pass `--append`");
        assert_eq!(clusters.state("b"), before);
        clusters.once("a", "b", &["--yes", "--append"]).exits(0);
    }
    let clusters = Clusters::new(&[
        ("a", orders()),
        ("b", holding(&[("orders", topic(3, &[]))])),
    ]);
    let ran = clusters.once("a", "b", &["--yes", "--append"]).exits(4);
    let said = "it has 3 partitions and 2 at the source";
    ran.stdout_has(said);
    ran.stdout_has("[partitions-differ]");
}

/// An hour ago, in milliseconds since the epoch.
fn an_hour_ago() -> i64 {
    jiff::Timestamp::now().as_millisecond() - 3_600_000
}

/// A source with larger limits than Kafka's defaults, and a record of an hour ago.
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

/// A target without `orders`, whose brokers have this setting.
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
        ran.stdout_has(said);
        ran.stdout_has("hint: create the topic with ");
        assert_eq!(clusters.state("b"), before);
        clusters.once("a", "b", &["--dry-run"]).exits(4);
        if let Some(flag) = flag {
            ran.stdout_has(&format!("pass `{flag}`"));
            clusters.once("a", "b", &["--yes", flag]).exits(0);
            // Everything is copied by now, so the guard about old records passes.
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
    ran.stdout_has(said);
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
    ran.stdout_has(said);
}

#[test]
fn what_makes_no_sense_is_refused() {
    let clusters = Clusters::new(&[("a", orders()), ("b", State::default())]);
    let ran = clusters.once("a", "a", &["--yes"]).exits(4);
    ran.stderr_has("both are the same cluster");
    let ran = clusters.once("a", "b", &["-b", "x:1"]).exits(2);
    ran.stderr_has("names one cluster");
    let ran = clusters
        .run(&["order", "--from", "a", "--to", "b", "--once"])
        .exits(4);
    ran.stderr_has("did you mean `orders`?");
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
