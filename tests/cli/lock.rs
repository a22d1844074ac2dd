//! `apply --lock`.

use tonkafka::cluster::fake::State;
use tonkafka::cluster::lease::Holder;

use crate::fake::{Bench, error, holding, topic};

const MANIFEST: &str = "version: 1\ntopics:\n  items:\n    - {name: grown, partitions: 3}\n    - {name: new, partitions: 1}\n";
const APPLY: [&str; 3] = ["apply", "--yes", "--lock"];

fn held() -> State {
    State {
        lock: Some(Holder {
            user: "ann".into(),
            host: "de\u{1b}sk".into(),
            process: 7,
            since: "2026-01-02T03:04:05Z".into(),
        }),
        ..holding(&[("grown", topic(2, &[]))])
    }
}

#[test]
fn while_another_holds_the_lock_nothing_is_written() {
    let bench = Bench::new(MANIFEST, &held());
    let ran = bench.run(&APPLY).exits(8);
    assert_eq!(ran.stdout, "");
    assert_eq!(
        ran.stderr,
        "error: another apply holds the lock of this cluster: ann on de\\u{1b}sk, process 7, since 2026-01-02T03:04:05Z\nhint: nothing was written; wait for it with `--lock-timeout`, such as `--lock-timeout 5m`\n"
    );
    bench
        .run(&["apply", "--yes", "--lock", "--lock-timeout", "50ms"])
        .exits(8);
    assert_eq!(
        error(&bench.run(&[&APPLY[..], &["-o", "json"]].concat()).exits(8))["code"],
        8
    );
    assert_eq!(bench.state(), held());
    // An apply without `--lock` ignores the lock.
    bench.run(&["apply", "--yes"]).exits(0);
}

#[test]
fn the_lock_is_given_back_however_it_ends() {
    let mut state = held();
    state.lock = None;
    let bench = Bench::new(MANIFEST, &state);
    bench.run(&["apply", "--lock"]).exits(4);
    assert_eq!(bench.state().lock, None);
    bench.run(&APPLY).exits(0);
    assert_eq!(bench.state().lock, None);
    assert_eq!(bench.state().topics.len(), 2);
}

#[test]
fn who_loses_the_lock_sends_nothing_more() {
    let mut state = held();
    state.lock = None;
    state.faults.lose_lock_after = Some("CreateTopics".into());
    let bench = Bench::new(MANIFEST, &state);
    let ran = bench.run(&APPLY).exits(5);
    let last = "apply: 1 done and verified, 1 not sent (stopped: the lock is lost: the cluster took it back)\n";
    ran.stdout_ends(last);
    assert_eq!(bench.state().requests, ["CreateTopics new"]);
}
