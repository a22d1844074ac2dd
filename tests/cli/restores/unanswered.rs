//! Writes that are refused or not answered.

use std::collections::BTreeMap;

use tonkafka::cluster::fake::{FakeGroup, FakeLog, Fate, Faults, State};

use super::{bench, committed, orders, records, with};
use crate::billing::member;
use crate::fake::{Bench, holding, topic};
use crate::made::Content;

/// A cluster without topics and with these fates of batches. A batch is a block of the snapshot:
/// the first has three records of partition 0, the second two of partition 1.
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

/// Expects this exit code and message of a restore that fails after it created its topic.
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
    // The topic was created by this run.
    let said = format!(
        "{}; 1 topic is created, 0 records are restored\n{}",
        refused(0),
        out(36)
    );
    let bench = ends(&[refusal(), refusal()], 5, &said);
    // The second run writes nothing.
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
    ran.stderr_has(said);

    let said = format!(
        "error: partition 1 of `orders` has a record of another writer at offset 0: a batch that was to be at 0 is at 1; 1 topic is created, 3 records are restored, 2 more at other offsets\n{out}"
    );
    ends(&[Fate::Written, Fate::Behind(1)], 5, &said);

    // With earlier records in the topic, the hint does not suggest to delete it.
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
    ran.stdout_has("UNKNOWN_MEMBER_ID");
    assert_eq!(bench.state().logs["orders"][&0].end, 3);
    // All records exist, so this run writes none.
    let mut state = bench.state();
    for group in state.groups.values_mut() {
        group.members.clear();
    }
    bench.set(&state);
    bench.run(&with(&["--yes", "--groups"])).exits(4);
}

#[test]
fn a_topic_that_somebody_else_creates_meanwhile_is_not_written_to() {
    let mut state = State::default();
    state.faults.make_before_create.insert("orders".to_owned());
    let bench = bench(&state, &[orders()], &[]);
    let ran = bench.run(&with(&["--yes"])).exits(4);
    ran.stderr_ends(
        "error: somebody else has created `orders` meanwhile: no record was written\n\
             hint: see who writes to it; the same command looks at what is there then\n",
    );
    let logs = bench
        .state()
        .logs
        .get("orders")
        .cloned()
        .unwrap_or_default();
    assert!(logs.values().all(|log| log.end == 0), "{logs:?}");
    // No other writer wrote to the topic.
    bench.run(&with(&["--yes"])).exits(0);

    let other = Content::new("pay", vec![records(&[0])]);
    let bench = self::bench(&state, &[orders(), other], &[]);
    let ran = bench.run(&with(&["--yes"])).exits(5);
    ran.stderr_has("; 1 topic is created, 0 records are restored");
}
