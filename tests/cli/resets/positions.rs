//! The positions that a group can be moved to.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use tonkafka::cluster::fake::FakeGroup;
use tonkafka::model::group::{Committed, GroupType};

use super::{planned, reset};
use crate::billing::{committed, group, log, logs, state};
use crate::fake::{Bench, topic};
use crate::program::{Program, words};

#[test]
fn every_position_is_a_number_for_every_partition() {
    let bench = Bench::new("version: 1\n", &state());
    let mut other = bench.state();
    other.groups.insert(
        "other".into(),
        group(&[("orders", 0, 7), ("orders", 1, 40)]),
    );
    bench.set(&other);
    bench
        .program
        .write("of-one.csv", "orders,0,33\norders,1,44\n");
    bench.program.write(
        "of-many.csv",
        "\"billing\",orders,0,33\nbilling,orders,1,44\n",
    );
    let json = json!([{ "topic": "orders", "partition": 0, "offset": 33 }]);
    bench.program.write("offsets.json", &json.to_string());
    let all = words("--allow-skip --allow-uncommitted --allow-future --clamp --dry-run -o json");
    for (to, expected) in [
        ("earliest", &[(0, 0), (1, 20)][..]),
        ("latest", &[(0, 150), (1, 100)]),
        ("current", &[(0, 100), (1, 20)]),
        ("50", &[(0, 50), (1, 50)]),
        ("0", &[(0, 0), (1, 20)]),
        ("1000", &[(0, 150), (1, 100)]),
        ("+20", &[(0, 120), (1, 25)]),
        ("-20", &[(0, 80), (1, 20)]),
        ("1970-01-01T00:00:11Z", &[(0, 30), (1, 99)]),
        ("1970-01-01T02:00:11.001+02:00", &[(0, 60), (1, 100)]),
        ("-1h", &[(0, 150), (1, 100)]),
        ("group:other", &[(0, 7), (1, 40)]),
        ("file:of-one.csv", &[(0, 33), (1, 44)]),
        ("file:of-many.csv", &[(0, 33), (1, 44)]),
        ("file:offsets.json", &[(0, 33)]),
    ] {
        let arguments = [&["billing", "--topic", "orders:0,1", "--to", to], &all[..]].concat();
        let ran = reset(&bench, &arguments).exits(0);
        let expected: BTreeMap<i64, i64> = expected.iter().copied().collect();
        assert_eq!(planned(&ran), expected, "{to}: {}", ran.stdout);
    }
}

#[test]
fn a_source_group_that_does_not_exist_is_refused() {
    let bench = Bench::new("version: 1\n", &state());
    let cloned = bench.run(&words("groups clone nope b2 --yes")).exits(4);
    let said = "group nope: it is not there [no-such-group]\n";
    cloned.stdout_has(said);
    for which in ["--topic orders", "--all-topics", ""] {
        // The flag is for the groups that are moved.
        let arguments = format!("billing {which} --to group:nope --create-group --yes");
        let arguments: Vec<&str> = arguments.split_whitespace().collect();
        let ran = reset(&bench, &arguments).exits(4);
        ran.stdout_has(said);
        let json = [&arguments[..], &["-o", "json"]].concat();
        let error = reset(&bench, &json).exits(4).json()["error"].clone();
        let message = "nothing was applied: group nope: it is not there";
        assert_eq!(error["message"], message);
    }
    assert_eq!(bench.state().groups, state().groups);
}

#[test]
fn bad_input_is_refused_before_anybody_is_called() {
    let program = Program::new();
    program.write("bad.csv", "orders,0\n");
    let topic = ["billing", "--topic", "orders"];
    let hints: [(&[&str], &str); 12] = [
        (
            &["billing", "--to", "earliest"],
            "it is not said which topics",
        ),
        (&topic, "`--to` is missing: where shall the group go?"),
        (
            &["billing", "--topic", "orders", "--to", "end"],
            "`end` is no position",
        ),
        (
            &[
                "billing",
                "--topic",
                "orders",
                "--to",
                "2026-11-24T10:00:00",
            ],
            "`2026-11-24T10:00:00` has no time zone",
        ),
        (
            &["billing", "--topic", "orders", "--to", "@1795514400"],
            "`@1795514400` is 1970-01-21T18:45:14.4Z: after `@` come milliseconds since 1970",
        ),
        (
            &["billing", "--topic", "orders:x", "--to", "0"],
            "`x` is no partition: write `orders:0,2`",
        ),
        (
            &["billing", "--topic", "ord*", "--to", "0"],
            "`ord*` is a pattern",
        ),
        (
            &["billing", "--to", "file:none.csv"],
            "none.csv: it cannot be read: No such file or directory (os error 2)",
        ),
        (
            &["billing", "--to", "file:bad.csv"],
            "bad.csv:1: it has 2 fields, and not 3 or 4",
        ),
        (&["", "--topic", "orders", "--to", "0"], "`` names no group"),
        (
            &["b*", "--match", "--to", "file:bad.csv"],
            "`--match` and `--to file:` do not go together",
        ),
        (
            &["billing", "--topic", "orders", "--to", "+2h"],
            "`+2h` is no number to shift by",
        ),
    ];
    for (arguments, words) in hints {
        let all = [&["reset-offsets"], arguments, &["-b", "127.0.0.1:1"]].concat();
        let ran = program.run(&all).exits(2);
        assert!(
            ran.stderr.starts_with(&format!("error: {words}\n")),
            "{arguments:?}: {}",
            ran.stderr
        );
        assert_eq!(ran.stdout, "");
    }
    for alone in [
        &["reset-offsets", "--to", "0", "undo"][..],
        &["reset-offsets", "--all-topics", "history"],
    ] {
        let ran = program.run(alone).exits(2);
        let words = "error: a reset was written, and another command after it\n";
        ran.stderr_starts(words);
    }
    let ran = program.run(&["reset-offsets"]).exits(2);
    assert_eq!(
        ran.stderr
            .matches("    tonkafka reset-offsets billing")
            .count(),
        3
    );
}

#[test]
fn several_groups_keep_their_own_offsets() {
    let mut state = state();
    let topics = ["a", "b", "c"];
    for name in topics {
        state.topics.insert(name.into(), topic(1, &[]));
        state.logs.insert(name.into(), logs([log(0, 1_000, &[])]));
    }
    let offset = |g: i64, t: i64| g * 10 + t;
    for g in 0..20 {
        let own: Vec<(&str, i32, i64)> = (0..)
            .zip(topics)
            .map(|(t, name)| (name, 0, offset(g, t)))
            .collect();
        let mut own = group(&own);
        own.commits
            .insert("deleted".into(), BTreeMap::from([(0, Committed::at(1))]));
        state.groups.insert(format!("g-{g}"), own);
    }
    let bench = Bench::new("version: 1\n", &state);
    let reset_all = ["g-*", "--match", "--all-topics", "--to", "-5", "--clamp"];
    let ran = reset(&bench, &[&reset_all[..], &["--yes", "-o", "json"]].concat()).exits(0);
    let document = ran.json();
    let notes = document["plan"]["findings"].as_array().unwrap();
    let gone: Vec<&Value> = notes
        .iter()
        .filter(|one| one["severity"] == "note")
        .collect();
    assert_eq!(gone.len(), 20);
    assert_eq!(
        gone[0]["message"],
        "topic deleted is gone; its commits are left alone"
    );
    for g in 0..20 {
        for (t, name) in (0..).zip(topics) {
            let moved = committed(&bench, &format!("g-{g}"), name, 0).unwrap();
            assert_eq!(moved.offset, (offset(g, t) - 5).max(0));
        }
    }
    assert_eq!(bench.state().groups["billing"], state.groups["billing"]);
}

#[test]
fn a_share_group_has_a_request_of_its_own() {
    let mut state = state();
    let share = FakeGroup {
        group_type: GroupType::Share,
        protocol_type: "share".into(),
        ..group(&[("orders", 0, 100)])
    };
    state.groups.insert("sharers".into(), share);
    let bench = Bench::new("version: 1\n", &state);
    reset(
        &bench,
        &["sharers", "--topic", "orders:0", "--to", "10", "--yes"],
    )
    .exits(0);
    assert_eq!(
        bench.state().requests,
        ["AlterShareGroupOffsets sharers/orders/0"]
    );
    assert_eq!(
        committed(&bench, "sharers", "orders", 0).unwrap().offset,
        10
    );
    reset(&bench, &["undo", "--yes"]).exits(0);
    assert_eq!(
        committed(&bench, "sharers", "orders", 0).unwrap().offset,
        100
    );
}

#[test]
fn times_of_the_new_offsets_are_told_when_asked_for() {
    let bench = Bench::new("version: 1\n", &state());
    let to = words("billing --topic orders:0 --to 30 --dry-run --times");
    let ran = reset(&bench, &to).exits(0);
    ran.stdout_has("1970-01-01T00:00:11Z");
    let ran = reset(&bench, &[&to[..], &["-o", "json"]].concat()).exits(0);
    assert_eq!(ran.json()["steps"][0]["action"]["targetTime"], 11_000);
}
