//! The outcome of a plan of offsets: applied, refused, unknown.

use tonkafka::cluster::fake::FakeGroup;
use tonkafka::model::group::Member;

use super::reset;
use crate::billing::{committed, group, member, state};
use crate::fake::Bench;
use crate::program::words;

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
    let both = words("billing lost --topic pay --to 0 --allow-uncommitted --yes");
    let ran = reset(&bench, &both).exits(7);
    ran.stdout_has("cannot be read:\n  group lost: it cannot be read: cannot reach broker 2: connection refused [not-visible]\n");
    let matched = ["bill*", "--match", "--topic", "pay", "--to", "0", "--yes"];
    let ran = reset(&bench, &[&matched[..], &["--allow-uncommitted"]].concat()).exits(7);
    ran.stdout_has("  broker 2: its groups cannot be read: ");
    let mut hidden = bench.state();
    hidden.faults.silent_brokers.clear();
    hidden.faults.not_permitted_groups.insert("lost".into());
    bench.set(&hidden);
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
    ran.stdout_ends(expected);
    let after = bench.state().groups["billing"].commits.clone();
    assert_eq!(after, state.groups["billing"].commits);
    // Nothing was moved, so there is nothing to undo.
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
    ran.stdout_ends("apply: 1 done and verified\n");
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
    ran.stdout_ends(expected);
    // The commits that were done can be undone.
    reset(&bench, &["undo", "--yes"]).exits(0);
    assert_eq!(bench.state().groups, state.groups);
}

#[test]
fn a_kept_plan_is_applied_word_for_word_or_refused() {
    let bench = Bench::new("version: 1\n", &state());
    let to = words("billing --topic orders:0 --to 10 --out plan.json");
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
        bench.set(&changed);
        let ran = bench.run(&["apply", "plan.json", "--yes"]).exits(4);
        let words = match name {
            "commit" => {
                "group billing: orders-0: the commit was 100, and is 101 now; group billing: a reader that is no member was not seen, and is likely now"
            }
            _ => "group billing: membership was none, and is app-1 at 10.0.0.7 now",
        };
        ran.stderr_has(words);
        assert_eq!(bench.state().groups, changed.groups);
    }
    bench.set(&planned);
    bench.run(&["apply", "plan.json", "--yes"]).exits(0);
    assert_eq!(
        committed(&bench, "billing", "orders", 0).unwrap().offset,
        10
    );
    reset(&bench, &["undo", "--yes"]).exits(0);
    assert_eq!(bench.state().groups, planned.groups);
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
    ran.stderr_starts("waiting: billing has app-1 at 10.0.0.7\nerror: nothing was applied: ");
    ran.stdout_has("it has 1 member (app-1 at 10.0.0.7) [group-active]");
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
    ran.stdout_has(
        "group a\\n\\u{1b}[31m\\u{202e}b: it has 1 member (a\\n\\u{1b}[31m\\u{202e}b at 10.0.0.7)",
    );
    assert!(!ran.stdout.contains('\u{1b}') && !ran.stdout.contains('\u{202e}'));
    let ran = reset(&bench, &[&to[..], &["-o", "json"]].concat()).exits(4);
    assert_eq!(ran.json()["steps"][0]["resource"]["group"], id);
}
