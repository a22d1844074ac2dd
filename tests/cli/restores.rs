//! `snapshot restore` on the cluster in memory: what is shown, what is refused, what is there afterwards.

use std::collections::BTreeMap;
use std::path::PathBuf;

use bytes::Bytes;
use tonkafka::backup::snapshot::{GroupOffset, GroupOffsets};
use tonkafka::cluster::fake::{FakeGroup, FakeLog, Fate, Faults, State};
use tonkafka::model::record::{Record, TimestampType};
use tonkafka::plan::{Code, Pass};

use crate::fake::{Bench, error, holding, topic};
use crate::made::{Content, write};
use crate::resets::member;

/// Milliseconds since 1970, now.
fn now() -> i64 {
    jiff::Timestamp::now().as_millisecond()
}

/// Records at these offsets, of a moment ago.
fn records(offsets: &[i64]) -> Vec<Record> {
    let record = |offset: &i64| Record {
        offset: *offset,
        timestamp: now() - 1_000,
        key: Some(Bytes::from(format!("key {offset}"))),
        value: Some(Bytes::from(format!("value {offset}"))),
        headers: Vec::new(),
    };
    offsets.iter().map(record).collect()
}

/// A snapshot of `orders`, whose first partition has a gap.
fn orders() -> Content<'static> {
    let partitions = vec![records(&[5, 6, 9]), records(&[0, 1])];
    Content {
        overrides: &[("max.message.bytes", "2000000")],
        ..Content::new("orders", partitions)
    }
}

fn bench(state: &State, contents: &[Content<'_>], groups: &[GroupOffsets]) -> Bench {
    let bench = Bench::new("version: 1\n", state);
    write(&path(&bench), "fake-cluster", contents, groups);
    bench
}

fn path(bench: &Bench) -> PathBuf {
    bench.program.path().join("orders.snap")
}

const RESTORE: [&str; 3] = ["snapshot", "restore", "orders.snap"];

fn with<'a>(more: &[&'a str]) -> Vec<&'a str> {
    [&RESTORE[..], more].concat()
}

/// The values of a partition's records by their offsets.
fn values(state: &State, topic: &str, partition: i32) -> Vec<(i64, String)> {
    let log = &state.logs[topic][&partition];
    let records = log.records.iter();
    records
        .map(|(offset, record)| (*offset, record.value.clone().unwrap()))
        .collect()
}

fn committed(group: &str, offsets: &[(i32, i64)]) -> GroupOffsets {
    GroupOffsets {
        group: group.to_owned(),
        offsets: offsets
            .iter()
            .map(|(partition, offset)| GroupOffset {
                topic: "orders".to_owned(),
                partition: *partition,
                offset: *offset,
                leader_epoch: Some(3),
                metadata: "kept".to_owned(),
            })
            .collect(),
    }
}

#[test]
fn a_topic_that_is_gone_comes_back_with_its_records() {
    let bench = bench(&State::default(), &[orders()], &[]);
    let dry = bench.run(&with(&["--dry-run"])).exits(0);
    let shown = "\
+ topic orders
    partitions          2
    replication factor  1
    max.message.bytes   2000000 (2 MB)

plan: 1 to create, 0 to change, 0 to delete
restores 5 records of snapshot 0123456789abcdef0123456789abcdef of cluster fake-cluster into 2 partitions
topic orders
    PARTITION  RECORDS      SIZE  FROM  TO  THERE
            0        3  36 bytes     0   3      0
            1        2  24 bytes     0   2      0
";
    assert_eq!((dry.stdout.as_str(), dry.stderr.as_str()), (shown, ""));
    assert_eq!(bench.state().topics, BTreeMap::new());
    let ran = bench.run(&RESTORE).exits(4);
    assert!(ran.stderr.contains("pass `--yes`"), "{}", ran.stderr);

    let ran = bench.run(&with(&["--yes", "--verify"])).exits(0);
    let done = "\
restored 5 records in 2 partitions; read back, they are those of the snapshot
the map of offsets is in orders.snap.fake-cluster.offsets.csv
";
    assert_eq!(ran.stdout, format!("{shown}{done}"));
    assert_eq!(ran.stderr, "done     create topic orders\n");
    let state = bench.state();
    let of = |offset: i64, old: i64| (offset, format!("value {old}"));
    assert_eq!(values(&state, "orders", 0), [of(0, 5), of(1, 6), of(2, 9)]);
    assert_eq!(values(&state, "orders", 1), [of(0, 0), of(1, 1)]);
    let map = "\
topic,partition,old_offset,records,new_topic,new_offset
orders,0,5,2,orders,0
orders,0,9,1,orders,2
orders,1,0,2,orders,0
";
    assert_eq!(
        bench.program.read("orders.snap.fake-cluster.offsets.csv"),
        map
    );

    // Once more: everything is there.
    let again = bench.run(&with(&["--yes", "-o", "json"])).exits(0);
    assert_eq!(again.json()["kind"], "Restore");
    assert_eq!(again.json()["partitions"][0]["to"], 3);
    let again = bench.run(&with(&["--yes"])).exits(0);
    let words = "\nnothing was left to restore: 5 records in 2 partitions were there already\n";
    assert!(again.stdout.contains(words), "{}", again.stdout);
    assert_eq!(bench.state().logs, state.logs);
}

#[test]
fn some_partitions_go_to_another_name() {
    let bench = bench(&State::default(), &[orders()], &[]);
    let old = [
        "orders:1",
        "--rename",
        "orders=orders.old",
        "--yes",
        "--map",
        "map.csv",
    ];
    bench.run(&with(&old)).exits(0);
    let state = bench.state();
    assert_eq!(state.topics["orders.old"].partitions, 2);
    assert_eq!(values(&state, "orders.old", 1).len(), 2);
    assert!(
        bench
            .program
            .read("map.csv")
            .ends_with("\norders,1,0,2,orders.old,0\n")
    );
    let wrong = bench.run(&with(&["order", "--yes"])).exits(2);
    let said = "error: the snapshot has no topic `order`\nhint: `tonkafka snapshot show PATH` lists what it has\n";
    assert_eq!(wrong.stderr, said);
}

#[test]
fn a_name_that_is_another_ones_in_metrics_is_refused() {
    let state = holding(&[("orders_old", topic(1, &[]))]);
    let bench = bench(&state, &[orders()], &[]);
    let renamed = ["--rename", "orders=orders.old", "--yes"];
    let ran = bench.run(&with(&renamed)).exits(4);
    let said = "topic orders.old: the cluster has orders_old, which is the same name in Kafka's metrics: brokers refuse the second one [name-collision]";
    assert!(ran.stdout.contains(said), "{}", ran.stdout);
    assert!(!bench.state().topics.contains_key("orders.old"));
}

#[test]
fn a_restore_that_was_cut_off_goes_on() {
    let bench = bench(&State::default(), &[orders()], &[]);
    bench.run(&with(&["--yes"])).exits(0);
    // As if it had been killed after the first record.
    let mut state = bench.state();
    let whole = state.clone();
    let log = state.logs.get_mut("orders").unwrap().get_mut(&0).unwrap();
    log.end = 1;
    log.timestamps.retain(|offset, _| *offset < 1);
    log.records.retain(|offset, _| *offset < 1);
    log.producers
        .values_mut()
        .for_each(|(_, records)| *records = 1);
    bench
        .program
        .write("cluster.json", &serde_json::to_string(&state).unwrap());
    let ran = bench.run(&with(&["--yes"])).exits(0);
    let said = "into 2 partitions; 3 records are there already\n";
    assert!(ran.stdout.contains(said), "{}", ran.stdout);
    assert_eq!(bench.state().logs, whole.logs);

    // Somebody else's record in its place is found.
    let log = state.logs.get_mut("orders").unwrap().get_mut(&0).unwrap();
    log.records.get_mut(&0).unwrap().value = Some("other".to_owned());
    bench
        .program
        .write("cluster.json", &serde_json::to_string(&state).unwrap());
    let ran = bench.run(&with(&["--yes"])).exits(4);
    let said = "nothing was restored: partition 0 of `orders` is not as the restore left it: the record at offset 0 is not the snapshot's\n";
    assert!(ran.stderr.contains(said), "{}", ran.stderr);
    let restart = bench.run(&with(&["--yes", "--restart"])).exits(4);
    assert!(
        restart.stdout.contains("[target-not-empty]"),
        "{}",
        restart.stdout
    );
}

#[test]
fn groups_go_to_the_records_that_they_were_at() {
    let groups = [
        committed("billing", &[(0, 7), (1, 2)]),
        committed("reports", &[(0, 0)]),
    ];
    let bench = bench(&State::default(), &[orders()], &groups);
    bench.run(&with(&["--yes", "--groups"])).exits(0);
    let state = bench.state();
    let at = |group: &str, partition| {
        let commits = &state.groups[group].commits;
        let commit = &commits["orders"][&partition];
        (commit.offset, commit.leader_epoch, commit.metadata.clone())
    };
    // Offset 7 had no record: the next one is at 9, which is the third.
    assert_eq!(at("billing", 0), (2, None, "kept".to_owned()));
    assert_eq!(at("billing", 1), (2, None, "kept".to_owned()));
    assert_eq!(at("reports", 0), (0, None, "kept".to_owned()));
    let ran = bench.run(&["reset-offsets", "history"]).exits(0);
    assert_eq!(
        ran.stdout.matches("  billing, reports  ").count(),
        1,
        "{}",
        ran.stdout
    );
    assert_eq!(ran.stdout.lines().count(), 2, "{}", ran.stdout);
}

#[test]
fn a_group_with_members_is_refused_before_anything_is_written() {
    let group = FakeGroup {
        members: vec![member()],
        ..FakeGroup::default()
    };
    let state = State {
        groups: BTreeMap::from([("billing".to_owned(), group)]),
        ..State::default()
    };
    let bench = bench(&state, &[orders()], &[committed("billing", &[(0, 7)])]);
    let ran = bench.run(&with(&["--yes", "--groups"])).exits(4);
    assert!(ran.stdout.contains("[group-active]"), "{}", ran.stdout);
    assert_eq!(bench.state(), state);
    bench.run(&with(&["--yes"])).exits(0);
}

#[test]
fn brokers_that_set_timestamps_are_told_of() {
    let appends = [("message.timestamp.type", "LogAppendTime")];
    let content = Content {
        overrides: &appends,
        timestamps: TimestampType::LogAppendTime,
        ..orders()
    };
    let bench = bench(&State::default(), &[content], &[]);
    let ran = bench.run(&with(&["--dry-run"])).exits(0);
    assert!(ran.stdout.contains("[timestamps-change]"), "{}", ran.stdout);
    let other = Content {
        timestamps: TimestampType::LogAppendTime,
        ..orders()
    };
    let bench = self::bench(&State::default(), &[other], &[]);
    let ran = bench.run(&with(&["--dry-run"])).exits(0);
    assert!(ran.stdout.contains("[timestamps-change]"), "{}", ran.stdout);
}

#[test]
fn a_damaged_snapshot_is_refused_before_a_cluster_is_asked() {
    let bench = bench(&State::default(), &[orders()], &[]);
    let mut bytes = std::fs::read(path(&bench)).unwrap();
    let middle = bytes.len() / 2;
    bytes.truncate(middle);
    std::fs::write(path(&bench), bytes).unwrap();
    let arguments = [
        "snapshot",
        "restore",
        "orders.snap",
        "--yes",
        "-b",
        "nobody:1",
    ];
    let ran = bench.program.run(&arguments).exits(2);
    assert!(
        ran.stderr.starts_with("error: cannot use orders.snap: "),
        "{}",
        ran.stderr
    );
}

#[test]
fn names_that_are_none_reach_neither_terminal_nor_cluster() {
    let evil = "orders\u{1b}[2J";
    let partitions = || vec![records(&[0])];
    let bench = bench(&State::default(), &[Content::new(evil, partitions())], &[]);
    let ran = bench.run(&with(&["--yes"])).exits(2);
    let said = "error: `orders\\u{1b}[2J` is no name of a topic: ";
    assert!(ran.stderr.starts_with(said), "{}", ran.stderr);
    assert_eq!(ran.stdout, "");
    let key = [("retention\u{1b}.ms", "1")];
    let content = Content {
        overrides: &key,
        ..Content::new("orders", partitions())
    };
    let bench = self::bench(&State::default(), &[content], &[]);
    let ran = bench.run(&with(&["--yes"])).exits(2);
    let said = "error: `retention\\u{1b}.ms` is no key of a topic\n";
    assert_eq!(ran.stderr, said);
    let to = ["--yes", "--rename", "orders=a/b"];
    let bench = self::bench(&State::default(), &[orders()], &[]);
    let ran = bench.run(&with(&to)).exits(2);
    assert!(
        ran.stderr.contains("`a/b` is no name of a topic: "),
        "{}",
        ran.stderr
    );
}

/// A cluster without topics that lets this become of batches: one is a block of a snapshot, the first one
/// three records of partition 0, the second one two of partition 1.
fn fated(batches: &[Fate]) -> State {
    let faults = Faults {
        batches: batches.to_vec(),
        ..Faults::default()
    };
    State {
        faults,
        ..State::default()
    }
}

/// What a restore says that cannot go on after its topic was made, and how it exits.
#[track_caller]
fn ends(batches: &[Fate], code: i32, said: &str) -> Bench {
    let bench = bench(&fated(batches), &[orders()], &[]);
    let ran = bench.run(&with(&["--yes"])).exits(code);
    assert_eq!(ran.stderr, format!("done     create topic orders\n{said}"));
    bench
}

#[test]
fn what_was_sent_and_not_answered_is_told_with_its_bounds() {
    let unanswered = |partition: i32| {
        format!(
            "error: a batch for partition {partition} of `orders` may be written or not: connection closed; 1 topic is created, "
        )
    };
    let goes_on = "hint: the same command goes on where it ended\n";
    for (fate, there) in [(Fate::Unanswered, 3), (Fate::Dropped, 0)] {
        let said = format!(
            "{}between 0 and 3 records are restored\n{goes_on}",
            unanswered(0)
        );
        let bench = ends(std::slice::from_ref(&fate), 6, &said);
        let end = |bench: &Bench| bench.state().logs["orders"][&0].end;
        let before = bench
            .state()
            .logs
            .get("orders")
            .map_or(0, |logs| logs[&0].end);
        assert_eq!(before, there);
        bench.run(&with(&["--yes", "--verify"])).exits(0);
        assert_eq!(end(&bench), 3);

        let said = format!(
            "{}between 3 and 5 records are restored\n{goes_on}",
            unanswered(1)
        );
        let bench = ends(&[Fate::Written, fate], 6, &said);
        bench.run(&with(&["--yes", "--verify"])).exits(0);
    }
}

#[test]
fn a_refusal_after_something_was_written_is_not_nothing() {
    let refused = |partition: i32| {
        format!("error: cannot write to partition {partition} of `orders`: MESSAGE_TOO_LARGE")
    };
    let out = |bytes: usize| {
        format!(
            "hint: raise `max.message.bytes` of topic `orders` to {bytes} or more; where it is not set there, `message.max.bytes` of the brokers counts\n"
        )
    };
    let refusal = || Fate::Refused("MESSAGE_TOO_LARGE".to_owned());
    // The topic is there, which was not before.
    let said = format!(
        "{}; 1 topic is created, 0 records are restored\n{}",
        refused(0),
        out(36)
    );
    let bench = ends(&[refusal(), refusal()], 5, &said);
    // The second time nothing is written at all.
    let ran = bench.run(&with(&["--yes"])).exits(4);
    assert_eq!(ran.stderr, format!("{}\n{}", refused(0), out(36)));
    let said = format!(
        "{}; 1 topic is created, 3 records are restored\n{}",
        refused(1),
        out(24)
    );
    let bench = ends(&[Fate::Written, refusal()], 5, &said);
    let json = bench.run(&with(&["--yes", "-o", "json"])).exits(0);
    assert_eq!(json.json()["kind"], "Restore");
}

#[test]
fn the_first_batch_behind_another_writers_ends_a_restore() {
    let out = "hint: the same command does not go on: see that nothing else writes to it, delete the topic and restore it again, or restore it under another name with `--rename`\n";
    let said = format!(
        "error: partition 0 of `orders` has records of another writer at offsets 0 to 6: a batch that was to be at 0 is at 7; 1 topic is created, 0 records are restored, 3 more at other offsets\n{out}"
    );
    let bench = ends(&[Fate::Behind(7)], 5, &said);
    assert!(!bench.state().logs["orders"].contains_key(&1));
    let ran = bench.run(&with(&["--yes"])).exits(4);
    let said = "nothing was restored: partition 0 of `orders` is not as the restore left it: it ends at 10, and would end between 0 and 3\n";
    assert!(ran.stderr.contains(said), "{}", ran.stderr);

    let said = format!(
        "error: partition 1 of `orders` has a record of another writer at offset 0: a batch that was to be at 0 is at 1; 1 topic is created, 3 records are restored, 2 more at other offsets\n{out}"
    );
    ends(&[Fate::Written, Fate::Behind(1)], 5, &said);

    // Where there were records before, the way out does not cost them.
    let log = FakeLog {
        end: 7,
        ..FakeLog::default()
    };
    let logs = BTreeMap::from([("orders".to_owned(), BTreeMap::from([(0, log)]))]);
    let state = State {
        logs,
        topics: holding(&[("orders", topic(2, &[]))]).topics,
        ..fated(&[Fate::Behind(1)])
    };
    let bench = self::bench(&state, &[orders()], &[]);
    let ran = bench.run(&with(&["--yes", "--append"])).exits(5);
    let said = "\
error: partition 0 of `orders` has a record of another writer at offset 7: a batch that was to be at 7 is at 8; 0 records are restored, 3 more at other offsets
hint: the same command does not go on: see that nothing else writes to it, restore it under another name with `--rename`
";
    assert_eq!(ran.stderr, said);
}

#[test]
fn a_group_that_cannot_be_moved_is_a_part_only_where_something_was_written() {
    let faults = Faults {
        joins_before_write: BTreeMap::from([("billing".to_owned(), member())]),
        ..Faults::default()
    };
    let state = State {
        faults,
        groups: BTreeMap::from([("billing".to_owned(), FakeGroup::default())]),
        ..State::default()
    };
    let groups = [committed("billing", &[(0, 7)])];
    let bench = bench(&state, &[orders()], &groups);
    let ran = bench.run(&with(&["--yes", "--groups"])).exits(5);
    assert!(ran.stdout.contains("UNKNOWN_MEMBER_ID"), "{}", ran.stdout);
    assert_eq!(bench.state().logs["orders"][&0].end, 3);
    // Everything is there: nothing is written this time.
    let mut state = bench.state();
    for group in state.groups.values_mut() {
        group.members.clear();
    }
    bench
        .program
        .write("cluster.json", &serde_json::to_string(&state).unwrap());
    bench.run(&with(&["--yes", "--groups"])).exits(4);
}

/// Whether a guard is of restores.
pub fn guards(code: Code) -> bool {
    matches!(
        code,
        Code::OtherCluster
            | Code::TargetNotEmpty
            | Code::PartitionsDiffer
            | Code::RestoreExpires
            | Code::TimestampRejected
            | Code::RecordTooLarge
    )
}

/// A guard trips, and is let through by its flag where it has one.
#[track_caller]
pub fn trips_and_passes(code: Code) {
    let bench = tripping(code);
    let before = bench.state();
    let ran = bench.run(&with(&["--yes"])).exits(4);
    assert!(ran.stdout.contains(&format!("[{code}]")), "{}", ran.stdout);
    assert!(ran.stdout.contains("hint: "), "{}", ran.stdout);
    assert_eq!(bench.state(), before, "{code}");
    let json = bench.run(&with(&["--yes", "-o", "json"])).exits(4);
    assert_eq!(error(&json)["code"], 4);
    let dry = bench.run(&with(&["--dry-run", "-o", "json"])).exits(4);
    assert!(dry.stdout.contains(&code.to_string()), "{}", dry.stdout);
    match code.pass() {
        Some(Pass::Flag(flag)) => {
            assert!(
                ran.stdout.contains(&format!("pass `{flag}`")),
                "{}",
                ran.stdout
            );
            bench.run(&with(&["--yes", flag])).exits(0);
        }
        other => {
            assert_eq!(other, Some(Pass::Never));
            bench
                .run(&with(&["--yes", "--rename", "orders=elsewhere"]))
                .exits(0);
        }
    }
}

fn tripping(code: Code) -> Bench {
    let live = |configs: &[(&str, &str)]| holding(&[("orders", topic(2, configs))]);
    match code {
        Code::OtherCluster => {
            let bench = Bench::new("version: 1\n", &State::default());
            write(&path(&bench), "another", &[orders()], &[]);
            bench
        }
        Code::TargetNotEmpty => {
            // All records are gone; the offsets tell that there were some.
            let log = FakeLog {
                start: 7,
                end: 7,
                ..FakeLog::default()
            };
            let logs = BTreeMap::from([("orders".to_owned(), BTreeMap::from([(1, log)]))]);
            bench(&State { logs, ..live(&[]) }, &[orders()], &[])
        }
        Code::PartitionsDiffer => {
            let state = holding(&[("orders", topic(3, &[]))]);
            bench(&state, &[orders()], &[])
        }
        Code::RestoreExpires => {
            let mut content = orders();
            content.partitions[1][0].timestamp = now() - 8 * 86_400_000;
            bench(&State::default(), &[content], &[])
        }
        Code::TimestampRejected => {
            let state = live(&[("message.timestamp.before.max.ms", "100")]);
            bench(&state, &[orders()], &[])
        }
        Code::RecordTooLarge => {
            let mut content = orders();
            content.partitions[0][0].value = Some(Bytes::from(vec![0; 2_000_000]));
            bench(&State::default(), &[content], &[])
        }
        other => panic!("{other} is no guard of restores"),
    }
}

#[test]
fn a_topic_that_somebody_else_creates_meanwhile_is_not_written_to() {
    let mut state = State::default();
    state.faults.make_before_create.insert("orders".to_owned());
    let bench = bench(&state, &[orders()], &[]);
    let ran = bench.run(&with(&["--yes"])).exits(4);
    assert!(
        ran.stderr.ends_with(
            "error: somebody else has created `orders` meanwhile: no record was written\n\
             hint: see who writes to it; the same command looks at what is there then\n"
        ),
        "{}",
        ran.stderr
    );
    let logs = bench
        .state()
        .logs
        .get("orders")
        .cloned()
        .unwrap_or_default();
    assert!(logs.values().all(|log| log.end == 0), "{logs:?}");
    // Nobody wrote to it.
    bench.run(&with(&["--yes"])).exits(0);

    let other = Content::new("pay", vec![records(&[0])]);
    let bench = self::bench(&state, &[orders(), other], &[]);
    let ran = bench.run(&with(&["--yes"])).exits(5);
    assert!(
        ran.stderr
            .contains("; 1 topic is created, 0 records are restored"),
        "{}",
        ran.stderr
    );
}
