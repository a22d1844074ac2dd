//! Writes with incomplete answers, and quotas that throttle writes.

use std::io::Read;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use tonkafka::cluster::fake::{FakeGroup, FakeQuota, State};
use tonkafka::model::group::Committed;

use crate::fake::{Bench, holding, topic};
use crate::program::finish;

const DELETE: &str = "version: 1\ntopics:\n  items:\n    - {name: a, state: absent}\n";

fn many(number: usize) -> String {
    let items: Vec<String> = (0..number)
        .map(|number| format!("    - {{name: t{number}, partitions: 1}}\n"))
        .collect();
    format!("version: 1\ntopics:\n  items:\n{}", items.concat())
}

/// A topic `orders` with 100 records, and a group that committed 20 of its partition 0.
fn with_a_group() -> State {
    let mut state = holding(&[("orders", topic(1, &[]))]);
    let log = tonkafka::cluster::fake::FakeLog {
        end: 100,
        ..Default::default()
    };
    state.logs.insert("orders".into(), [(0, log)].into());
    let commits = [("orders".to_owned(), [(0, Committed::at(20))].into())];
    let group = FakeGroup {
        commits: commits.into(),
        ..FakeGroup::default()
    };
    state.groups.insert("billing".into(), group);
    state
}

fn committed(bench: &Bench) -> i64 {
    bench.state().groups["billing"].commits["orders"][&0].offset
}

#[test]
fn a_deleted_group_that_the_answer_leaves_out_is_read_back() {
    let mut state = with_a_group();
    state.faults.leave_out.insert("DeleteGroups".into());
    let bench = Bench::new("version: 1\n", &state);
    let ran = bench
        .run(&["groups", "delete", "billing", "--yes"])
        .exits(0);
    let line = "done     delete group billing: the answer was lost (the broker's answer left this item out); read back\n";
    ran.stderr_starts(line);
    let after = bench.state();
    assert!(after.groups.is_empty());
    assert_eq!(after.requests, ["DeleteGroups billing"]);
    bench.run(&["reset-offsets", "undo", "--yes"]).exits(0);
    assert_eq!(committed(&bench), 20);
}

#[test]
fn a_commit_of_a_coordinator_that_unloads_is_read_back_and_can_be_undone() {
    let mut state = with_a_group();
    state.faults.unload_after.insert("OffsetCommit".into());
    let bench = Bench::new("version: 1\n", &state);
    let to = ["--topic", "orders", "--to", "10", "--yes"];
    let ran = bench.run(&[&["reset-offsets", "billing"], &to[..]].concat());
    assert!(
        ran.exits(0)
            .stdout
            .ends_with("apply: 1 done and verified\n")
    );
    assert_eq!(committed(&bench), 10);
    assert_eq!(
        bench.state().requests,
        ["OffsetCommit billing/orders/0"],
        "it is not sent again"
    );
    bench.run(&["reset-offsets", "undo", "--yes"]).exits(0);
    assert_eq!(committed(&bench), 20);
}

#[test]
fn a_topic_that_was_made_anew_before_its_delete_stays() {
    let mut state = holding(&[("a", topic(2, &[("retention.ms", "1")]))]);
    state.created = 1;
    state.faults.remake_before_write.insert("a".into());
    let bench = Bench::new(DELETE, &state);
    let ran = bench
        .run(&["apply", "--yes", "--allow-delete", "1"])
        .exits(4);
    assert_eq!(
        ran.stderr,
        "refused  delete topic a: UNKNOWN_TOPIC_ID: the topic was deleted, or made anew, meanwhile: nothing was deleted\n"
    );
    let after = bench.state();
    assert_eq!(after.topics["a"].id, 2);
    assert_eq!(after.requests, ["DeleteTopics a"]);
}

#[test]
fn what_is_written_to_a_topic_that_was_made_anew_is_told() {
    const IDS: &str = "the topic was deleted and made anew: its id is AAAAAAAAAAAAAAAAAAAAAg now, not AAAAAAAAAAAAAAAAAAAAAQ as planned";
    let mut state = with_a_group();
    state.created = 1;
    state.faults.remake_before_write.insert("orders".into());
    let manifest =
        |rest: &str| format!("version: 1\ntopics:\n  items:\n    - {{name: orders, {rest}}}\n");
    for (rest, step) in [
        ("partitions: 3", "add partitions to topic orders"),
        (
            "partitions: 1, configs: {flush.ms: 5}",
            "configure topic orders",
        ),
    ] {
        let bench = Bench::new(&manifest(rest), &state);
        let ran = bench.run(&["apply", "--yes"]).exits(5);
        let line = format!("done     {step}: {IDS}\n");
        assert_eq!(ran.stderr, line);
        let end = format!("{line}apply: 0 done and verified, 1 done otherwise than planned\n");
        ran.stdout_ends(&end);
        assert_eq!(bench.state().topics["orders"].id, 2);
    }

    let bench = Bench::new("version: 1\n", &state);
    let to = ["--topic", "orders", "--to", "10", "--yes"];
    let ran = bench.run(&[&["reset-offsets", "billing"], &to[..]].concat());
    let ran = ran.exits(5);
    ran.stdout_has(IDS);
    assert_eq!(committed(&bench), 10);

    // The new topic no longer has the records to delete.
    let bench = Bench::new("version: 1\n", &state);
    let truncate = ["topics", "truncate", "orders", "--to", "50", "--yes"];
    let ran = bench.run(&[&truncate[..], &["--allow", "truncates-unread"]].concat());
    let ran = ran.exits(4);
    ran.stderr_has("OFFSET_OUT_OF_RANGE");
}

fn throttled(request: &str, quota: FakeQuota) -> State {
    let mut state = State::default();
    state.faults.throttle.insert(request.into(), quota);
    state
}

#[test]
fn what_a_quota_holds_back_is_sent_again_after_the_wait() {
    let quota = FakeQuota {
        requests: 2,
        takes: 1,
        wait_ms: 150,
    };
    let bench = Bench::new(&many(4), &throttled("CreateTopics", quota.clone()));
    let ran = bench.run(&["apply", "--yes"]).exits(0);
    assert_eq!(
        ran.stderr,
        "\
throttled, waiting 1 s: the quota `controller_mutation_rate` holds 3 steps back
done     create topic t0
done     create topic t1
done     create topic t2
done     create topic t3
"
    );
    assert_eq!(
        bench.state().requests,
        [
            "CreateTopics t0 t1 t2 t3",
            "CreateTopics t1 t2 t3",
            "CreateTopics t2 t3"
        ]
    );
    assert!(ran.took > Duration::from_millis(300), "{:?}", ran.took);

    let bench = Bench::new(&many(4), &throttled("CreateTopics", quota));
    let ran = bench.run(&["apply", "--yes", "-o", "json"]).exits(0);
    let mut waits = Vec::new();
    for event in ran.documents() {
        if event["type"] == "throttled" {
            waits.push((event["steps"].to_string(), event["waitMs"].as_u64()));
        }
    }
    let of = |steps: &str| (steps.to_owned(), Some(150));
    assert_eq!(waits, [of("[2,3,4]"), of("[3,4]")]);
}

#[test]
fn a_quota_that_outlasts_the_time_out_is_a_refusal() {
    let quota = FakeQuota {
        requests: 9,
        takes: 0,
        wait_ms: 97_000,
    };
    let bench = Bench::new(&many(2), &throttled("CreateTopics", quota));
    let ran = bench.run(&["apply", "--yes"]).exits(4);
    let words = "THROTTLING_QUOTA_EXCEEDED: the quota `controller_mutation_rate` of this user or client is used up for another 97 s";
    assert_eq!(
        ran.stderr,
        format!("refused  create topic t0: {words}\nrefused  create topic t1: {words}\n")
    );
    assert!(ran.took < Duration::from_secs(5), "{:?}", ran.took);
    assert_eq!(bench.state().requests.len(), 1);
}

#[test]
fn a_quota_holds_back_questions_too() {
    let quota = |requests, wait_ms| FakeQuota {
        requests,
        takes: 0,
        wait_ms,
    };
    let request = "CreateTopics(validateOnly)";
    let plan = ["plan", "--validate-on-broker"];
    let bench = Bench::new(&many(1), &throttled(request, quota(1, 10)));
    bench.run(&plan).exits(0);
    assert_eq!(bench.state().requests.len(), 2);

    let bench = Bench::new(&many(1), &throttled(request, quota(1, 97_000)));
    let ran = bench.run(&plan).exits(7);
    let words =
        "topic t0: the brokers were asked about it and gave no answer: THROTTLING_QUOTA_EXCEEDED: ";
    ran.stdout_has(words);
}

#[test]
fn an_interrupt_ends_the_wait_for_a_quota_and_nothing_is_unknown() {
    let quota = FakeQuota {
        requests: 9,
        takes: 1,
        wait_ms: 97_000,
    };
    let bench = Bench::new(&many(2), &throttled("CreateTopics", quota));
    let arguments = bench.arguments(&["apply", "--yes", "--timeout", "300s"]);
    let mut child = bench.program.command(&arguments).spawn().unwrap();
    let words = "throttled, waiting 97 s: the quota `controller_mutation_rate` holds 1 step back\n";
    let mut first = vec![0; words.len()];
    let stderr = child.stderr.as_mut().unwrap();
    stderr.read_exact(&mut first).unwrap();
    assert_eq!(String::from_utf8_lossy(&first), words);
    kill_process(Pid::from_child(&child), Signal::INT).unwrap();
    let ran = finish(child).exits(5);
    let summary = "apply: 1 done and verified, 1 refused (interrupted)\n";
    ran.stdout_ends(summary);
    assert!(ran.took < Duration::from_secs(5), "{:?}", ran.took);
}
