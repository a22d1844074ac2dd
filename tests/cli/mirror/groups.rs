//! Groups continue at the target where they were at the source.

use std::collections::BTreeMap;

use tonkafka::cluster::fake::{FakeGroup, FakeRecord, State};
use tonkafka::model::group::GroupType;

use super::{Clusters, commits, committed, log, orders, record, with_logs};
use crate::billing::member;
use crate::fake::topic;

const TAKES_BACK: &str = "to take back what was done to a group: tonkafka reset-offsets undo ID, of those of `tonkafka reset-offsets history`\n";

#[test]
fn groups_are_at_the_record_that_they_were_at() {
    let mut a = orders();
    // Offsets 1 and 4 have no record, and 6 is the end.
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
    let said = format!("gave 2 partitions of 2 groups their offsets\n{TAKES_BACK}");
    ran.stderr_ends(&said);
    let ran = clusters.once("a", "b", &["--yes", "--groups"]).exits(0);
    let said = "\
gave 3 partitions of 3 groups their offsets
group at-2 is left alone: it has members at the target
group at-3 is left alone: it is further at the target
";
    assert_eq!(ran.stderr, format!("{said}{TAKES_BACK}"));
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

/// `orders` with one partition and these numbers as records.
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

/// Appends records with these numbers.
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

/// The committed offset of a group.
fn is_at(clusters: &Clusters, name: &str, group: &str) -> i64 {
    clusters.state(name).groups[group].commits["orders"][&0].offset
}

/// The numbers of the records in a range of offsets.
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
    // Within the copied records, and at their end.
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
    // Records that only the failed cluster has are not skipped.
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
    // Records of both sides interleave, and groups continue.
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
    ran.stderr_has(said);
    ran.stderr_has("5 records are copied");
}

/// All moves of a group by one mirror are one undo record: it does not push out others, and
/// restores the commits from before the mirror.
#[test]
fn a_mirrors_moves_of_a_group_are_one_change_to_take_back() {
    let mut b = numbered(0..0);
    b.groups.insert("app".to_owned(), FakeGroup::default());
    let clusters = Clusters::new(&[("a", numbered(0..50)), ("b", b)]);
    let here = ["--context", "b", "reset-offsets"];
    let history = || {
        let ran = clusters.0.run(&[&here[..], &["history"]].concat()).exits(0);
        let lines = ran.stdout.lines().skip(1).map(str::to_owned);
        lines.collect::<Vec<String>>()
    };
    let mut ids = Vec::new();
    for at in [5, 20, 30] {
        commits(&clusters, "a", "app", at);
        let ran = clusters.once("a", "b", &["--yes", "--groups"]).exits(0);
        assert_eq!(is_at(&clusters, "b", "app"), at);
        let told = ran.stderr.lines().last().unwrap().to_owned();
        let (_, id) = told.rsplit_once(' ').unwrap();
        ids.push(id.to_owned());
    }
    let journals = clusters
        .0
        .path()
        .join("home/state/tonkafka/journal/cluster-b");
    assert_eq!(
        std::fs::read_dir(journals).unwrap().count(),
        3,
        "one for each run"
    );
    ids.dedup();
    let [id] = &ids[..] else { panic!("{ids:?}") };
    assert!(id.starts_with("mirror-app-"), "{id}");
    let kept = history();
    assert_eq!(kept.len(), 1, "{kept:?}");
    assert!(kept[0].contains("  app     1 of 1  -"), "{kept:?}");

    let undo = [&here[..], &["undo", id, "--yes"]].concat();
    clusters.0.run(&undo).exits(0);
    let group = clusters.state("b").groups.remove("app").unwrap();
    assert!(
        group
            .commits
            .get("orders")
            .is_none_or(std::collections::BTreeMap::is_empty),
        "{group:?}"
    );
    // The next commit by others starts another change.
    commits(&clusters, "a", "app", 40);
    clusters.once("a", "b", &["--yes", "--groups"]).exits(0);
    let kept = history();
    assert!(kept[0].contains("  app     1 of 1  -"), "{kept:?}");
}
