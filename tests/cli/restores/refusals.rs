//! Restores that are refused before anything is written.

use std::collections::BTreeMap;

use tonkafka::cluster::fake::{FakeGroup, State};

use super::{bench, committed, orders, path, records, with};
use crate::billing::member;
use crate::fake::{holding, topic};
use crate::made::Content;
use crate::program::words;

#[test]
fn a_name_that_is_another_ones_in_metrics_is_refused() {
    let state = holding(&[("orders_old", topic(1, &[]))]);
    let bench = bench(&state, &[orders()], &[]);
    let renamed = ["--rename", "orders=orders.old", "--yes"];
    let ran = bench.run(&with(&renamed)).exits(4);
    let said = "topic orders.old: the cluster has orders_old, which is the same name in Kafka's metrics: brokers refuse the second one [name-collision]";
    ran.stdout_has(said);
    assert!(!bench.state().topics.contains_key("orders.old"));
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
    ran.stdout_has("[group-active]");
    assert_eq!(bench.state(), state);
    bench.run(&with(&["--yes"])).exits(0);
}

#[test]
fn a_damaged_snapshot_is_refused_before_a_cluster_is_asked() {
    let bench = bench(&State::default(), &[orders()], &[]);
    let mut bytes = std::fs::read(path(&bench)).unwrap();
    let middle = bytes.len() / 2;
    bytes.truncate(middle);
    std::fs::write(path(&bench), bytes).unwrap();
    let arguments = words("snapshot restore orders.snap --yes -b nobody:1");
    let ran = bench.program.run(&arguments).exits(2);
    ran.stderr_starts("error: cannot use orders.snap: ");
}

#[test]
fn names_that_are_none_reach_neither_terminal_nor_cluster() {
    let evil = "orders\u{1b}[2J";
    let partitions = || vec![records(&[0])];
    let bench = bench(&State::default(), &[Content::new(evil, partitions())], &[]);
    let ran = bench.run(&with(&["--yes"])).exits(2);
    let said = "error: `orders\\u{1b}[2J` is no name of a topic: ";
    ran.stderr_starts(said);
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
    ran.stderr_has("`a/b` is no name of a topic: ");
}
