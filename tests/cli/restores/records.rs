//! Records are restored.

use std::collections::BTreeMap;

use tonkafka::cluster::fake::State;
use tonkafka::model::record::TimestampType;

use super::{RESTORE, bench, committed, orders, with};
use crate::made::Content;
use crate::program::words;

/// Values of a partition's records, with their offsets.
fn values(state: &State, topic: &str, partition: i32) -> Vec<(i64, String)> {
    let log = &state.logs[topic][&partition];
    let records = log.records.iter();
    records
        .map(|(offset, record)| (*offset, record.value.clone().unwrap()))
        .collect()
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
    ran.stderr_has("pass `--yes`");

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

    // Again: every record exists already.
    let again = bench.run(&with(&["--yes", "-o", "json"])).exits(0);
    assert_eq!(again.json()["kind"], "Restore");
    assert_eq!(again.json()["partitions"][0]["to"], 3);
    let again = bench.run(&with(&["--yes"])).exits(0);
    let words = "\nnothing was left to restore: 5 records in 2 partitions were there already\n";
    again.stdout_has(words);
    assert_eq!(bench.state().logs, state.logs);
}

#[test]
fn some_partitions_go_to_another_name() {
    let bench = bench(&State::default(), &[orders()], &[]);
    let old = words("orders:1 --rename orders=orders.old --yes --map map.csv");
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
fn a_restore_that_was_cut_off_goes_on() {
    let bench = bench(&State::default(), &[orders()], &[]);
    bench.run(&with(&["--yes"])).exits(0);
    // As if the restore had been killed after the first record.
    let mut state = bench.state();
    let whole = state.clone();
    let log = state.logs.get_mut("orders").unwrap().get_mut(&0).unwrap();
    log.end = 1;
    log.timestamps.retain(|offset, _| *offset < 1);
    log.records.retain(|offset, _| *offset < 1);
    log.producers
        .values_mut()
        .for_each(|(_, records)| *records = 1);
    bench.set(&state);
    let ran = bench.run(&with(&["--yes"])).exits(0);
    let said = "into 2 partitions; 3 records are there already\n";
    ran.stdout_has(said);
    assert_eq!(bench.state().logs, whole.logs);

    // A record of another writer in that place is detected.
    let log = state.logs.get_mut("orders").unwrap().get_mut(&0).unwrap();
    log.records.get_mut(&0).unwrap().value = Some("other".to_owned());
    bench.set(&state);
    let ran = bench.run(&with(&["--yes"])).exits(4);
    let said = "nothing was restored: partition 0 of `orders` is not as the restore left it: the record at offset 0 is not the snapshot's\n";
    ran.stderr_has(said);
    let restart = bench.run(&with(&["--yes", "--restart"])).exits(4);
    restart.stdout_has("[target-not-empty]");
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
    // Offset 7 had no record; the next is at 9, which is the third.
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
    // The agreed plan announces the commits, and one journal has both parts.
    let journals = bench
        .program
        .path()
        .join("home/state/tonkafka/journal/fake-cluster");
    let files: Vec<_> = std::fs::read_dir(journals).unwrap().collect();
    let [Ok(journal)] = &files[..] else {
        panic!("{files:?}")
    };
    let text = std::fs::read_to_string(journal.path()).unwrap();
    let steps = text
        .lines()
        .filter(|line| line.contains("\"line\":\"step\""));
    let steps: Vec<serde_json::Value> = steps
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap()["step"].clone())
        .collect();
    let told: Vec<String> = steps
        .iter()
        .map(|step| format!("{} {}", step["id"], step["action"]["type"]))
        .collect();
    let expected = [
        "1 \"create\"",
        "2 \"commit\"",
        "3 \"commit\"",
        "4 \"commit\"",
    ];
    assert_eq!(told, expected);
}

#[test]
fn what_becomes_of_groups_is_announced() {
    let groups = [committed("billing", &[(0, 7), (1, 2)])];
    let bench = bench(&State::default(), &[orders()], &groups);
    let ran = bench
        .run(&with(&["--dry-run", "--groups", "-o", "json"]))
        .exits(0);
    let plan: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    let announced = serde_json::json!({ "groups": ["billing"], "topics": ["orders"] });
    assert_eq!(plan["announced"], announced);
    let ran = bench.run(&with(&["--dry-run", "-o", "json"])).exits(0);
    assert!(!ran.stdout.contains("announced"), "{}", ran.stdout);
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
    ran.stdout_has("[timestamps-change]");
    let other = Content {
        timestamps: TimestampType::LogAppendTime,
        ..orders()
    };
    let bench = self::bench(&State::default(), &[other], &[]);
    let ran = bench.run(&with(&["--dry-run"])).exits(0);
    ran.stdout_has("[timestamps-change]");
}
