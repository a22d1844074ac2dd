//! `reset-offsets` and what it refuses, on the cluster in memory.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use serde_json::{Value, json};
use tonkafka::cluster::fake::{FakeGroup, FakeLog, FakeTopic, State};
use tonkafka::model::group::{Committed, GroupState, GroupType, Member};
use tonkafka::plan::{Code, Pass};

use crate::fake::{Bench, topic};
use crate::fresh;
use crate::program::{Program, Ran};

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

fn commits(offsets: &[(&str, i32, i64)]) -> BTreeMap<String, BTreeMap<i32, Committed>> {
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

/// `billing` has read a part of `orders`, which has records of the seconds 10 to 14 and a partition
/// without records.
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

fn reset(bench: &Bench, arguments: &[&str]) -> Ran {
    bench.run(&[&["reset-offsets"], arguments].concat())
}

pub fn committed(bench: &Bench, id: &str, topic: &str, partition: i32) -> Option<Committed> {
    let state = bench.state();
    let commits = state.groups.get(id)?.commits.get(topic)?;
    commits.get(&partition).cloned()
}

/// The offset that is planned for each partition of a group's topic.
fn planned(ran: &Ran) -> BTreeMap<i64, i64> {
    let plan = ran.json();
    let steps = plan["steps"].as_array().unwrap().iter();
    let moved = steps.map(|step| {
        let partition = step["resource"]["partition"].as_i64().unwrap();
        (
            partition,
            step["action"]["after"]["offset"].as_i64().unwrap(),
        )
    });
    let stays = plan["unmoved"].as_array().cloned().unwrap_or_default();
    let stays: Vec<(i64, i64)> = stays
        .iter()
        .filter_map(|one| Some((one["partition"].as_i64()?, one["committed"].as_i64()?)))
        .collect();
    moved.chain(stays).collect()
}

#[test]
fn a_reset_shows_asks_writes_reads_back_and_can_be_taken_back() {
    let bench = Bench::new("version: 1\n", &state());
    let to = ["billing", "--topic", "orders:0,1", "--to", "earliest"];
    let shown = "\
~ group billing, topic orders: replay 100, skip 0
    PARTITION  COMMITTED  NEW  CHANGE                                         LOG START  LOG END  LAG AFTER
            0        100    0  replay 100                                             0      150        150
            1          5   20  nothing to read lies between, 15 lost already         20      100         80
counts are differences of offsets: upper bounds on topics that are compacted or that transactions write to

plan: 2 offsets to commit in 1 group (replay 100, skip 0)
";
    let dry = reset(&bench, &[&to[..], &["--dry-run"]].concat()).exits(0);
    assert_eq!((dry.stdout.as_str(), dry.stderr.as_str()), (shown, ""));
    let nobody = reset(&bench, &to).exits(4);
    assert_eq!(
        nobody.stderr,
        "error: nothing was applied: there is nobody to ask\nhint: pass `--yes` to apply without asking\n"
    );
    assert_eq!(bench.state().requests, Vec::<String>::new());

    let ran = reset(&bench, &[&to[..], &["--yes"]].concat()).exits(0);
    let report = format!("{shown}apply: 2 done and verified\n");
    assert_eq!(ran.stdout, report);
    let id = ran.stderr.trim().rsplit(' ').next().unwrap().to_owned();
    assert_eq!(
        ran.stderr,
        format!("to take it back: tonkafka reset-offsets undo {id}\n")
    );
    assert_eq!(
        bench.state().requests,
        ["OffsetCommit billing/orders/0 billing/orders/1"]
    );
    let kept = Committed {
        offset: 0,
        leader_epoch: None,
        metadata: "kept".into(),
    };
    assert_eq!(committed(&bench, "billing", "orders", 0), Some(kept));

    let history = reset(&bench, &["history"]).exits(0).stdout;
    let mut lines = history.lines();
    let heading: Vec<&str> = lines.next().unwrap().split_whitespace().collect();
    assert_eq!(heading, ["ID", "AT", "GROUPS", "DONE", "UNDONE", "AT"]);
    let row = lines.next().unwrap();
    assert!(
        row.starts_with(&format!("{id}  ")) && row.contains("  billing  2 of 2  -"),
        "{row}"
    );

    let undone = reset(&bench, &["undo", "--yes"]).exits(0);
    assert!(
        undone.stdout.ends_with(
            "plan: 2 offsets to commit in 1 group (replay 0, skip 100)\napply: 2 done and verified\n"
        ),
        "{}",
        undone.stdout
    );
    let before = state();
    assert_eq!(bench.state().groups, before.groups);
    let again = reset(&bench, &["undo", "--yes"]).exits(4);
    assert!(
        again
            .stderr
            .starts_with(&format!("error: reset {id} was taken back at ")),
        "{}",
        again.stderr
    );
    assert_eq!(bench.state().groups, before.groups);
}

/// The forms that programs and later versions read.
#[test]
fn kept_forms_are_those_of_version_1() {
    let bench = Bench::new("version: 1\n", &state());
    let to = ["billing", "--topic", "orders:0,1", "--to", "earliest"];
    let plan = reset(&bench, &[&to[..], &["--dry-run", "-o", "json"]].concat()).exits(0);
    fresh::check("tests/formats/plan-offsets-v1.json", &plan.stdout);
    reset(&bench, &[&to[..], &["--yes"]].concat()).exits(0);
    let resets = bench
        .program
        .path()
        .join("home/state/tonkafka/resets/fake-cluster");
    let file = fs::read_dir(&resets)
        .unwrap()
        .next()
        .unwrap()
        .unwrap()
        .path();
    let mode = fs::metadata(&file).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let text = fs::read_to_string(&file).unwrap();
    let mut record: Value = serde_json::from_str(&text).unwrap();
    record["id"] = json!("20261124-030000");
    record["at"] = json!("2026-11-24T03:00:00.123Z");
    let steady = serde_json::to_string_pretty(&record).unwrap() + "\n";
    fresh::check("tests/formats/reset-v1.json", &steady);

    // A record of that version is taken back, here one that was cut off.
    let kept = fs::read_to_string(fresh::repository("tests/formats/reset-v1.json")).unwrap();
    let mut kept: Value = serde_json::from_str(&kept).unwrap();
    kept["outcomes"] = json!({});
    fs::remove_file(&file).unwrap();
    fs::write(resets.join("20261124-030000.json"), kept.to_string()).unwrap();
    let history = reset(&bench, &["history"]).exits(0).stdout;
    assert!(history.contains("  billing  cut off  -\n"), "{history}");
    reset(&bench, &["undo", "20261124-030000", "--yes"]).exits(0);
    assert_eq!(bench.state().groups, state().groups);
    let ran = reset(&bench, &["undo", "20261124-030001"]).exits(2);
    assert!(
        ran.stderr.contains("hint: did you mean `20261124-030000`?"),
        "{}",
        ran.stderr
    );
}

#[test]
fn what_was_moved_on_meanwhile_is_not_taken_back() {
    let bench = Bench::new("version: 1\n", &state());
    reset(
        &bench,
        &["billing", "--topic", "orders:0", "--to", "10", "--yes"],
    )
    .exits(0);
    let mut moved = bench.state();
    moved
        .groups
        .insert("billing".into(), group(&[("orders", 0, 11)]));
    bench
        .program
        .write("cluster.json", &serde_json::to_string(&moved).unwrap());
    let ran = reset(&bench, &["undo", "--yes"]).exits(4);
    let expected = "\
refused:
  group billing: orders-0: 10 was committed then, and 11 is now: somebody has committed since [commits-moved]

plan: nothing to do, 1 refused
";
    assert_eq!(ran.stdout, expected);
    assert_eq!(bench.state().groups, moved.groups);
    let other = Program::new();
    let mut command = other.command(&["reset-offsets", "undo", "-b"]);
    command.arg(format!(
        "fake:{}",
        bench.program.path().join("cluster.json").display()
    ));
    let ran = crate::program::finish(command.spawn().unwrap()).exits(4);
    assert_eq!(
        ran.stderr,
        "\
error: this machine has moved no offsets of cluster fake-cluster
hint: what others moved is not known here; `reset-offsets --to` moves it again
"
    );
}

#[test]
fn every_position_is_a_number_for_every_partition() {
    let bench = Bench::new("version: 1\n", &state());
    let mut other = bench.state();
    other.groups.insert(
        "other".into(),
        group(&[("orders", 0, 7), ("orders", 1, 40)]),
    );
    bench
        .program
        .write("cluster.json", &serde_json::to_string(&other).unwrap());
    bench
        .program
        .write("of-one.csv", "orders,0,33\norders,1,44\n");
    bench.program.write(
        "of-many.csv",
        "\"billing\",orders,0,33\nbilling,orders,1,44\n",
    );
    let json = json!([{ "topic": "orders", "partition": 0, "offset": 33 }]);
    bench.program.write("offsets.json", &json.to_string());
    let all = [
        "--allow-skip",
        "--allow-uncommitted",
        "--allow-future",
        "--clamp",
        "--dry-run",
        "-o",
        "json",
    ];
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
        assert!(ran.stderr.starts_with(words), "{}", ran.stderr);
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
fn a_view_that_is_partial_writes_nothing_and_exits_with_7() {
    let mut state = state();
    state.brokers = vec![1, 2];
    let lost = FakeGroup {
        coordinator: 2,
        ..group(&[("orders", 0, 1)])
    };
    state.groups.insert("lost".into(), lost);
    state.faults.silent_brokers.insert(2);
    let bench = Bench::new("version: 1\n", &state);
    let both = [
        "billing",
        "lost",
        "--topic",
        "pay",
        "--to",
        "0",
        "--allow-uncommitted",
        "--yes",
    ];
    let ran = reset(&bench, &both).exits(7);
    assert!(
        ran.stdout.contains(
            "cannot be read:\n  group lost: it cannot be read: cannot reach broker 2: connection refused [not-visible]\n"
        ),
        "{}",
        ran.stdout
    );
    let matched = ["bill*", "--match", "--topic", "pay", "--to", "0", "--yes"];
    let ran = reset(&bench, &[&matched[..], &["--allow-uncommitted"]].concat()).exits(7);
    assert!(
        ran.stdout
            .contains("  broker 2: its groups cannot be read: "),
        "{}",
        ran.stdout
    );
    let mut hidden = bench.state();
    hidden.faults.silent_brokers.clear();
    hidden.faults.not_permitted_groups.insert("lost".into());
    bench
        .program
        .write("cluster.json", &serde_json::to_string(&hidden).unwrap());
    reset(&bench, &both).exits(7);
    assert_eq!(bench.state().requests, Vec::<String>::new());
}

#[test]
fn a_consumer_that_joins_before_the_write_keeps_everything_as_it_is() {
    let mut state = state();
    state
        .faults
        .joins_before_write
        .insert("billing".into(), member());
    let bench = Bench::new("version: 1\n", &state);
    let ran = reset(
        &bench,
        &[
            "billing",
            "--topic",
            "orders:0,1",
            "--to",
            "earliest",
            "--yes",
        ],
    )
    .exits(4);
    let expected = "\
GROUP    TOPIC   PARTITION  NEW  OUTCOME  WHY
billing  orders          0    0  refused  UNKNOWN_MEMBER_ID: the group has members now: a consumer joined meanwhile
billing  orders          1   20  refused  UNKNOWN_MEMBER_ID: the group has members now: a consumer joined meanwhile
apply: 0 done and verified, 2 refused
";
    assert!(ran.stdout.ends_with(expected), "{}", ran.stdout);
    let after = bench.state().groups["billing"].commits.clone();
    assert_eq!(after, state.groups["billing"].commits);
    // Nothing was moved, so there is nothing to take back.
    reset(&bench, &["undo", "--yes"]).exits(4);
}

#[test]
fn a_lost_answer_is_read_back() {
    let mut state = state();
    state.faults.lose_answers.push("OffsetCommit".into());
    let bench = Bench::new("version: 1\n", &state);
    let ran = reset(
        &bench,
        &["billing", "--topic", "orders:0", "--to", "10", "--yes"],
    )
    .exits(0);
    assert!(
        ran.stdout.ends_with("apply: 1 done and verified\n"),
        "{}",
        ran.stdout
    );
    assert_eq!(
        committed(&bench, "billing", "orders", 0).unwrap().offset,
        10
    );
    assert_eq!(bench.state().requests.len(), 1);
}

#[test]
fn some_partitions_refused_are_a_table_and_exit_5() {
    let mut state = state();
    let words = "no";
    state
        .faults
        .refuse
        .insert("billing/orders/1".into(), words.into());
    let bench = Bench::new("version: 1\n", &state);
    let ran = reset(
        &bench,
        &[
            "billing",
            "--topic",
            "orders:0,1",
            "--to",
            "earliest",
            "--yes",
        ],
    )
    .exits(5);
    let expected = "\
GROUP    TOPIC   PARTITION  NEW  OUTCOME  WHY
billing  orders          0    0  done
billing  orders          1   20  refused  POLICY_VIOLATION: no
apply: 1 done and verified, 1 refused
";
    assert!(ran.stdout.ends_with(expected), "{}", ran.stdout);
    // What was done can be taken back; what was refused needs none of it.
    reset(&bench, &["undo", "--yes"]).exits(0);
    assert_eq!(bench.state().groups, state.groups);
}

#[test]
fn a_kept_plan_is_applied_word_for_word_or_refused() {
    let bench = Bench::new("version: 1\n", &state());
    let to = [
        "billing",
        "--topic",
        "orders:0",
        "--to",
        "10",
        "--out",
        "plan.json",
    ];
    let kept = reset(&bench, &to).exits(0);
    assert_eq!(kept.stderr, "the plan is in plan.json\n");
    assert_eq!(bench.state().requests, Vec::<String>::new());
    let planned = bench.state();
    for (name, change) in [
        ("commit", group(&[("orders", 0, 101), ("orders", 1, 5)])),
        (
            "member",
            FakeGroup {
                members: vec![member()],
                ..planned.groups["billing"].clone()
            },
        ),
    ] {
        let mut changed = planned.clone();
        changed.groups.insert("billing".into(), change);
        let text = serde_json::to_string(&changed).unwrap();
        bench.program.write("cluster.json", &text);
        let ran = bench.run(&["apply", "plan.json", "--yes"]).exits(4);
        let words = match name {
            "commit" => {
                "group billing: orders-0: the commit was 100, and is 101 now; group billing: a reader that is no member was not seen, and is likely now"
            }
            _ => "group billing: membership was none, and is app-1 at 10.0.0.7 now",
        };
        assert!(ran.stderr.contains(words), "{}", ran.stderr);
        assert_eq!(bench.state().groups, changed.groups);
    }
    let text = serde_json::to_string(&planned).unwrap();
    bench.program.write("cluster.json", &text);
    bench.run(&["apply", "plan.json", "--yes"]).exits(0);
    assert_eq!(
        committed(&bench, "billing", "orders", 0).unwrap().offset,
        10
    );
    reset(&bench, &["undo", "--yes"]).exits(0);
    assert_eq!(bench.state().groups, planned.groups);
}

#[test]
fn what_was_before_is_on_the_disk_before_anything_is_sent() {
    let bench = Bench::new("version: 1\n", &state());
    let resets = bench.program.path().join("home/state/tonkafka/resets");
    fs::create_dir_all(resets.parent().unwrap()).unwrap();
    fs::write(&resets, "in the way").unwrap();
    let to = ["billing", "--topic", "orders:0", "--to", "10", "--yes"];
    let ran = reset(&bench, &to).exits(1);
    assert!(
        ran.stderr
            .contains("error: cannot write the record of offsets "),
        "{}",
        ran.stderr
    );
    assert_eq!(bench.state().requests, Vec::<String>::new());
}

#[test]
fn a_group_is_waited_for_and_told_of() {
    let mut state = state();
    state
        .groups
        .get_mut("billing")
        .unwrap()
        .members
        .push(member());
    let bench = Bench::new("version: 1\n", &state);
    let to = ["billing", "--topic", "orders:0", "--to", "10", "--yes"];
    let ran = reset(&bench, &[&to[..], &["--wait-empty", "600ms"]].concat()).exits(4);
    assert!(
        ran.stderr
            .starts_with("waiting: billing has app-1 at 10.0.0.7\nerror: nothing was applied: "),
        "{}",
        ran.stderr
    );
    assert!(
        ran.stdout
            .contains("it has 1 member (app-1 at 10.0.0.7) [group-active]")
    );
    assert_eq!(bench.state().groups, state.groups);
}

#[test]
fn text_from_outside_is_shown_safely_and_kept_in_json() {
    let id = "a\n\u{1b}[31m\u{202e}b";
    let mut state = state();
    let mut own = group(&[("orders", 0, 100)]);
    own.members.push(Member {
        client_id: id.into(),
        ..member()
    });
    state.groups.insert(id.into(), own);
    let bench = Bench::new("version: 1\n", &state);
    let to = [id, "--topic", "orders:0", "--to", "10", "--dry-run"];
    let ran = reset(&bench, &to).exits(4);
    assert!(
        ran.stdout
            .contains("group a\\n\\u{1b}[31m\\u{202e}b: it has 1 member (a\\n\\u{1b}[31m\\u{202e}b at 10.0.0.7)"),
        "{}",
        ran.stdout
    );
    assert!(!ran.stdout.contains('\u{1b}') && !ran.stdout.contains('\u{202e}'));
    let ran = reset(&bench, &[&to[..], &["-o", "json"]].concat()).exits(4);
    assert_eq!(ran.json()["steps"][0]["resource"]["group"], id);
}

/// What trips a guard of `reset-offsets`, and what gets past it.
struct Row {
    state: State,
    arguments: &'static [&'static str],
    /// Further arguments that it takes besides the flag.
    past: &'static [&'static str],
    /// The state of the other way out.
    other: Option<State>,
}

/// Whether a guard is one of `reset-offsets`.
pub fn guards(code: Code) -> bool {
    code == Code::CommitsMoved || row(code).is_some()
}

fn row(code: Code) -> Option<Row> {
    with_a_flag(code).or_else(|| without_a_flag(code))
}

fn tripping(state: State, arguments: &'static [&'static str], other: Option<State>) -> Row {
    Row {
        state,
        arguments,
        past: &[],
        other,
    }
}

fn with_a_flag(code: Code) -> Option<Row> {
    Some(match code {
        Code::SkipsUnread => tripping(
            state(),
            &["billing", "--topic", "orders:0", "--to", "latest"],
            None,
        ),
        Code::OutsideLog => tripping(
            state(),
            &["billing", "--topic", "orders:1", "--to", "3"],
            None,
        ),
        Code::FutureTime => Row {
            past: &["--allow-skip"],
            ..tripping(
                state(),
                &[
                    "billing",
                    "--topic",
                    "orders:0",
                    "--to",
                    "2100-01-01T00:00:00Z",
                ],
                None,
            )
        },
        Code::NoCommit => tripping(
            state(),
            &["billing", "--topic", "pay", "--to", "earliest"],
            None,
        ),
        Code::NoSuchGroup => tripping(
            state(),
            &["biling", "--topic", "pay", "--to", "earliest"],
            None,
        ),
        _ => return None,
    })
}

fn without_a_flag(code: Code) -> Option<Row> {
    let with = |id: &str, group: FakeGroup| {
        let mut state = state();
        state.groups.insert(id.into(), group);
        state
    };
    Some(match code {
        Code::GroupActive => {
            let mut active = state();
            active
                .groups
                .get_mut("billing")
                .unwrap()
                .members
                .push(member());
            tripping(
                active,
                &["billing", "--topic", "orders:0", "--to", "1"],
                Some(state()),
            )
        }
        Code::GroupUnknown => {
            let mut odd = state();
            odd.groups.get_mut("billing").unwrap().state = Some(GroupState::from("Pondering"));
            tripping(
                odd,
                &["billing", "--topic", "orders:0", "--to", "1"],
                Some(state()),
            )
        }
        Code::ForeignGroup => tripping(
            with(
                "connect",
                FakeGroup {
                    protocol_type: "connect".into(),
                    ..group(&[("orders", 0, 5)])
                },
            ),
            &["connect", "--topic", "orders:0", "--to", "1"],
            Some(with("connect", group(&[("orders", 0, 5)]))),
        ),
        Code::NoSuchPartition => {
            let mut grown = state();
            grown.topics.get_mut("orders").unwrap().partitions = 10;
            grown.groups.get_mut("billing").unwrap().commits = commits(&[("orders", 9, 3)]);
            let logs = grown.logs.get_mut("orders").unwrap();
            logs.insert(9, log(0, 10, &[]));
            tripping(
                state(),
                &["billing", "--topic", "orders:9", "--to", "0"],
                Some(grown),
            )
        }
        Code::PendingCommit => {
            let mut pending = state();
            let billing = pending.groups.get_mut("billing").unwrap();
            billing.pending.push(("orders".into(), 0));
            tripping(
                pending,
                &["billing", "--topic", "orders:0", "--to", "1"],
                Some(state()),
            )
        }
        _ => return None,
    })
}

/// Runs the row of a guard: it trips, and its flag or the other way out gets past it.
pub fn trips_and_passes(code: Code) {
    let Some(row) = row(code) else {
        // This one is about taking something back.
        what_was_moved_on_meanwhile_is_not_taken_back();
        return;
    };
    let bench = Bench::new("version: 1\n", &row.state);
    let ran = reset(&bench, &[row.arguments, &["--yes"]].concat()).exits(4);
    assert!(
        ran.stdout.contains(&format!("[{code}]")),
        "{code}: {}",
        ran.stdout
    );
    assert!(ran.stdout.contains("\nrefused:\n") || ran.stdout.starts_with("refused:\n"));
    assert!(ran.stderr.contains("\nhint: "), "{code}: {}", ran.stderr);
    assert_eq!(bench.state().groups, row.state.groups, "{code}");
    let mut past = [row.arguments, &["--yes"], row.past].concat();
    match (code.pass(), row.other) {
        (Some(Pass::Flag(flag)), None) => {
            assert!(
                ran.stdout.contains(&format!("`{flag}`")),
                "{code}: {}",
                ran.stdout
            );
            past.push(flag);
        }
        (Some(Pass::Never), Some(other)) => {
            let text = serde_json::to_string(&other).unwrap();
            bench.program.write("cluster.json", &text);
        }
        (other, _) => panic!("{code} has {other:?}"),
    }
    reset(&bench, &past).exits(0);
    assert_ne!(bench.state().requests, Vec::<String>::new(), "{code}");
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
    let to = [
        "billing",
        "--topic",
        "orders:0",
        "--to",
        "30",
        "--dry-run",
        "--times",
    ];
    let ran = reset(&bench, &to).exits(0);
    assert!(
        ran.stdout.contains("1970-01-01T00:00:11Z"),
        "{}",
        ran.stdout
    );
    let ran = reset(&bench, &[&to[..], &["-o", "json"]].concat()).exits(0);
    assert_eq!(ran.json()["steps"][0]["action"]["targetTime"], 11_000);
}

#[test]
fn resets_at_once_keep_a_record_each_and_each_is_taken_back_by_its_id() {
    let mut state = state();
    let groups: Vec<String> = (0..10).map(|number| format!("billing-{number}")).collect();
    for id in &groups {
        state
            .groups
            .insert(id.clone(), group(&[("orders", 0, 100)]));
    }
    let program = Program::new();
    let text = serde_json::to_string(&state).unwrap();
    // Each has a cluster of its own, of one id, and all have one home.
    let runs: Vec<(String, String)> = (0..20)
        .map(|number| {
            let file = program.write(&format!("cluster-{number}.json"), &text);
            (
                groups[number % 10].clone(),
                format!("fake:{}", file.display()),
            )
        })
        .collect();
    let children: Vec<_> = runs
        .iter()
        .map(|(id, at)| {
            let words = [
                "reset-offsets",
                id,
                "--topic",
                "orders:0",
                "--to",
                "10",
                "--yes",
                "-b",
                at,
            ];
            program.command(&words).spawn().unwrap()
        })
        .collect();
    let ids: Vec<String> = children
        .into_iter()
        .map(|child| {
            let ran = crate::program::finish(child).exits(0);
            ran.stderr.trim().rsplit(' ').next().unwrap().to_owned()
        })
        .collect();
    let distinct: std::collections::BTreeSet<&String> = ids.iter().collect();
    assert_eq!(distinct.len(), 20, "{ids:?}");
    let history = ["reset-offsets", "history", "-o", "json", "-b", &runs[0].1];
    let history = program.run(&history).exits(0).json();
    assert_eq!(history["resets"].as_array().unwrap().len(), 20);
    for ((group, at), id) in runs.iter().zip(&ids) {
        assert!(id.contains(group), "{id} is of {group}");
        let ran = program
            .run(&["reset-offsets", "undo", id, "--yes", "-b", at])
            .exits(0);
        let heading = format!("~ group {group}, topic orders: replay 0, skip 90\n");
        assert!(ran.stdout.starts_with(&heading), "{id}: {}", ran.stdout);
    }
}

#[test]
fn an_id_is_of_letters_that_mean_nothing_else_and_names_the_groups() {
    let mut state = state();
    for id in ["a b/../$(x)", "z"] {
        state
            .groups
            .insert(id.to_owned(), group(&[("orders", 0, 100)]));
    }
    let bench = Bench::new("version: 1\n", &state);
    let to = ["--topic", "orders:0", "--to", "10", "--yes"];
    let ran = reset(&bench, &[&["a b/../$(x)", "z"], &to[..]].concat()).exits(0);
    let id = ran.stderr.trim().rsplit(' ').next().unwrap();
    assert!(id.ends_with("-a_b_..___x_+1"), "{id}");
    let undone = reset(&bench, &["undo", id, "--yes"]).exits(0);
    assert!(undone.stdout.ends_with("apply: 2 done and verified\n"));
}

#[test]
fn a_record_under_another_name_is_not_taken_for_what_it_says() {
    let bench = Bench::new("version: 1\n", &state());
    reset(
        &bench,
        &["billing", "--topic", "orders:0", "--to", "10", "--yes"],
    )
    .exits(0);
    let resets = bench
        .program
        .path()
        .join("home/state/tonkafka/resets/fake-cluster");
    let file = fs::read_dir(&resets)
        .unwrap()
        .next()
        .unwrap()
        .unwrap()
        .path();
    fs::rename(&file, resets.join("20261124-030000-other.json")).unwrap();
    let ran = reset(&bench, &["undo", "20261124-030000-other", "--yes"]).exits(1);
    assert!(
        ran.stderr
            .contains("it is of another reset than its name says"),
        "{}",
        ran.stderr
    );
}
