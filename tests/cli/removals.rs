//! `groups` and `topics` on the cluster in memory: deletions, refusals and undo.

use std::collections::BTreeMap;

use tonkafka::cluster::fake::{FakeGroup, State};
use tonkafka::model::group::{Committed, GroupType};
use tonkafka::plan::{Code, Pass};

use crate::billing::{committed, group, log, logs, member, state};
use crate::fake::{Bench, topic};
use crate::program::words;

#[test]
fn a_group_is_deleted_and_comes_back_with_all_that_it_committed() {
    let bench = Bench::new("version: 1\n", &state());
    let dry = bench
        .run(&["groups", "delete", "billing", "--dry-run"])
        .exits(0);
    let shown = "\
- group billing
    type     classic
    commits  of 2 partitions: orders
    lag      130

plan: 1 group to delete
";
    assert_eq!((dry.stdout.as_str(), dry.stderr.as_str()), (shown, ""));
    bench.run(&["groups", "delete", "billing"]).exits(4);
    assert_eq!(bench.state().groups, state().groups);
    let ran = bench
        .run(&["groups", "delete", "billing", "--yes"])
        .exits(0);
    ran.stdout_ends("apply: 1 done and verified\n");
    ran.stderr_has("to take it back: tonkafka reset-offsets undo ");
    assert_eq!(bench.state().groups, BTreeMap::new());
    bench.run(&["reset-offsets", "undo", "--yes"]).exits(0);
    let back = bench.state().groups["billing"].commits.clone();
    assert_eq!(back, state().groups["billing"].commits);
}

#[test]
fn a_group_with_members_or_without_a_trace_is_refused() {
    let mut state = state();
    state
        .groups
        .get_mut("billing")
        .unwrap()
        .members
        .push(member());
    let bench = Bench::new("version: 1\n", &state);
    let ran = bench
        .run(&["groups", "delete", "billing", "--yes"])
        .exits(4);
    ran.stdout_has("group billing: it has 1 member (app-1 at 10.0.0.7) [group-active]");
    let ran = bench.run(&["groups", "delete", "biling", "--yes"]).exits(4);
    ran.stdout_has("hint: did you mean `billing`?");
    let ran = bench
        .run(&["groups", "delete", "x*", "--match", "--yes"])
        .exits(4);
    assert_eq!(
        ran.stderr,
        "error: no group matches\nhint: `tonkafka list groups` names them all\n"
    );
    let ran = bench
        .run(&words("groups delete-offsets billing --topic orders --yes"))
        .exits(4);
    ran.stdout_has("group billing: its members read orders (app-1 at 10.0.0.7) [group-active]");
    bench.run(&["groups", "delete", "", "--yes"]).exits(2);
    assert_eq!(bench.state().requests, Vec::<String>::new());
}

#[test]
fn commits_are_forgotten_and_come_back() {
    let bench = Bench::new("version: 1\n", &state());
    let forget = words("groups delete-offsets billing --topic orders:0 --yes");
    let ran = bench.run(&forget).exits(0);
    let table = "\
~ group billing, topic orders: forgets 1 commit
    PARTITION  COMMITTED  NEW  CHANGE  LOG START  LOG END  LAG AFTER
            0        100    -  forget          -        -          -

plan: 1 offset to forget in 1 group
apply: 1 done and verified
";
    assert_eq!(ran.stdout, table);
    assert_eq!(bench.state().requests, ["OffsetDelete billing/orders/0"]);
    assert_eq!(committed(&bench, "billing", "orders", 0), None);
    bench.run(&["reset-offsets", "undo", "--yes"]).exits(0);
    assert_eq!(bench.state().groups, state().groups);
    let missing = words("groups delete-offsets billing --topic pay --yes");
    let ran = bench.run(&missing).exits(4);
    ran.stdout_has("group billing: it committed nothing for pay [no-commit]\n    hint: it committed for orders\n");
}

#[test]
fn a_clone_has_offsets_epochs_and_metadata() {
    let mut state = state();
    let billing = state.groups.get_mut("billing").unwrap();
    billing.members.push(member());
    billing
        .commits
        .get_mut("orders")
        .unwrap()
        .insert(1, Committed::at(30));
    let bench = Bench::new("version: 1\n", &state);
    bench
        .run(&["groups", "clone", "billing", "copy", "--yes"])
        .exits(0);
    let after = bench.state();
    assert_eq!(
        after.groups["copy"].commits,
        state.groups["billing"].commits
    );
    assert_eq!(after.groups["billing"], state.groups["billing"]);
    bench
        .run(&["groups", "clone", "billing", "billing", "--yes"])
        .exits(2);
    bench.run(&["reset-offsets", "undo", "--yes"]).exits(0);
    assert!(
        bench
            .state()
            .groups
            .get("copy")
            .is_none_or(|copy| copy.commits.is_empty())
    );
}

#[test]
fn topics_go_with_their_flags_only_and_never_kafkas_own() {
    let mut state = state();
    state.groups.clear();
    state
        .topics
        .insert("__consumer_offsets".into(), topic(1, &[]));
    let bench = Bench::new("version: 1\n", &state);
    let ran = bench.run(&["topics", "delete", "orders", "--yes"]).exits(4);
    ran.stdout_has("[delete-not-allowed]");
    let own = words("topics delete __consumer_offsets --allow-delete 1 --yes");
    let ran = bench.run(&own).exits(4);
    ran.stdout_has("[internal-topic-structure]");
    bench
        .run(&["topics", "delete", "orders:0", "--yes"])
        .exits(2);
    bench.run(&["topics", "delete", "ord*", "--yes"]).exits(2);
    let ran = bench.run(&["topics", "delete", "ordrs", "--yes"]).exits(4);
    ran.stdout_has("did you mean `orders`?");
    assert_eq!(bench.state().topics, state.topics);
    let ran = bench
        .run(&["topics", "delete", "orders", "--allow-delete", "1", "--yes"])
        .exits(0);
    ran.stdout_starts("- topic orders  (deletes records, cannot be undone)\n    deletes   3 partitions with up to 230 records (");
    assert_eq!(bench.state().requests, ["DeleteTopics orders"]);
}

#[test]
fn records_before_a_point_go_and_the_rest_stays() {
    let mut state = state();
    state.groups.clear();
    let bench = Bench::new("version: 1\n", &state);
    let truncate = |arguments: &[&str]| bench.run(&[&["topics", "truncate"], arguments].concat());
    let dry = truncate(&["orders", "--to", "1970-01-01T00:00:11Z", "--dry-run"]).exits(0);
    assert_eq!(dry.stderr, "before 1970-01-01T00:00:11Z\n");
    dry.stdout_starts("- topic orders: deletes up to 109 records (");
    truncate(&["orders:0", "--to", "40", "--yes"]).exits(0);
    let start = |state: &State, partition| state.logs["orders"][&partition].start;
    let after = bench.state();
    assert_eq!((start(&after, 0), start(&after, 1)), (40, 20));
    truncate(&["orders", "--to", "latest", "--yes"]).exits(0);
    let after = bench.state();
    assert_eq!((start(&after, 0), start(&after, 1)), (150, 100));
    let again = truncate(&["orders", "--to", "latest", "--yes"]).exits(0);
    assert_eq!(again.stdout, "plan: nothing to do\n");
    for wrong in ["2100-01-01T00:00:00Z", "+5", "group:billing", "earliest"] {
        truncate(&["orders", "--to", wrong, "--yes"]).exits(2);
    }
    assert_eq!(bench.state().requests.len(), 2);
}

/// A state that triggers a guard, arguments with its flag last, and a state that passes.
fn row(code: Code) -> Option<(State, &'static [&'static str], Option<State>)> {
    let compacted = |policy| State {
        topics: BTreeMap::from([("kept".into(), topic(1, &[("cleanup.policy", policy)]))]),
        logs: BTreeMap::from([("kept".into(), logs([log(0, 10, &[])]))]),
        ..State::default()
    };
    Some(match code {
        Code::GroupHasCommits => {
            let mut both = state();
            both.groups
                .insert("other".into(), group(&[("orders", 0, 90)]));
            (both, &["groups", "clone", "other", "billing"], None)
        }
        Code::TopicInUse => (
            state(),
            &["topics", "delete", "orders", "--allow-delete", "1"],
            None,
        ),
        Code::TruncatesUnread => (
            state(),
            &["topics", "truncate", "orders", "--to", "latest"],
            None,
        ),
        Code::CompactedTruncate => (
            compacted("compact"),
            &["topics", "truncate", "kept", "--to", "latest"],
            Some(compacted("compact,delete")),
        ),
        _ => return None,
    })
}

/// Whether a guard is one of `groups` or `topics`.
pub fn has(code: Code) -> bool {
    row(code).is_some()
}

/// Runs the case of a guard: it triggers, and its flag or the other state passes it.
pub fn trips_and_passes(code: Code) {
    let (state, arguments, other) = row(code).unwrap();
    let bench = Bench::new("version: 1\n", &state);
    let ran = bench.run(&[arguments, &["--yes"]].concat()).exits(4);
    assert!(
        ran.stdout.contains(&format!("[{code}]")),
        "{code}: {}",
        ran.stdout
    );
    assert!(ran.stderr.contains("\nhint: "), "{code}: {}", ran.stderr);
    assert_eq!(bench.state(), state, "{code}");
    let name = code.to_string();
    let mut past = [arguments, &["--yes"]].concat();
    match (code.pass(), other) {
        (Some(Pass::Flag(flag)), None) => past.push(flag),
        (Some(Pass::Allow), None) => past.extend(["--allow", &name]),
        (Some(Pass::Never), Some(other)) => {
            bench.set(&other);
        }
        (way, _) => panic!("{code} has {way:?}"),
    }
    bench.run(&past).exits(0);
    assert_ne!(bench.state().requests, Vec::<String>::new(), "{code}");
}

#[test]
fn a_share_group_has_nothing_to_forget() {
    let mut state = state();
    let share = FakeGroup {
        group_type: GroupType::Share,
        protocol_type: "share".into(),
        ..group(&[("orders", 0, 100)])
    };
    state.groups.insert("sharers".into(), share);
    let bench = Bench::new("version: 1\n", &state);
    let forget = words("groups delete-offsets sharers --topic orders --yes");
    let ran = bench.run(&forget).exits(4);
    ran.stdout_has("group sharers: it is a share group: it has the start of its shares, and no commits [foreign-group]");
}

/// A group that committed for one of three partitions may still have to read the others.
#[test]
fn what_has_no_commit_is_left_to_read() {
    let mut state = state();
    state
        .groups
        .insert("billing".to_owned(), group(&[("orders", 0, 150)]));
    state
        .groups
        .insert("other".to_owned(), group(&[("pay", 0, 0)]));
    let log_of = |start, end| log(start, end, &[]);
    let orders = logs([log_of(0, 150), log_of(5, 45), log_of(0, 0)]);
    state.logs.insert("orders".to_owned(), orders);
    let bench = Bench::new("version: 1\n", &state);
    let delete = words("topics delete orders --allow-delete 1 --dry-run");
    let ran = bench.run(&delete).exits(4);
    let says =
        "topic orders: it is in use: group billing has 40 records of it to read [topic-in-use]\n";
    ran.stdout_has(says);
    let truncate =
        |topic: &str, to: &str| bench.run(&["topics", "truncate", topic, "--to", to, "--dry-run"]);
    let ran = truncate("orders:1", "15").exits(4);
    let says = "topic orders: records would go that groups have not read: group billing 10 records [truncates-unread]\n";
    ran.stdout_has(says);
    truncate("orders:0", "latest").exits(0);
}
