//! `groups` and `topics` under faults: a silent broker, a member that joins, a lost answer, a stale
//! plan, names with control characters.

use std::collections::{BTreeMap, BTreeSet};

use tonkafka::cluster::fake::{FakeGroup, FakeLog, State};
use tonkafka::model::group::{Committed, GroupType, Member};
use tonkafka::model::measure::TopicPartition;

use crate::fake::{Bench, holding, topic};
use crate::program::Ran;

const MANIFEST: &str = "version: 1\n";

/// Commits by topic and partition.
fn group(commits: &[(&str, i32, i64)]) -> FakeGroup {
    let mut group = FakeGroup::default();
    for (topic, partition, offset) in commits {
        let partitions = group.commits.entry((*topic).to_owned()).or_default();
        partitions.insert(*partition, Committed::at(*offset));
    }
    group
}

fn reader(client_id: &str, topic: &str) -> Member {
    Member {
        client_id: client_id.to_owned(),
        id: format!("{client_id}-1"),
        instance_id: None,
        host: "10.0.0.7".to_owned(),
        assignment: BTreeMap::from([(topic.to_owned(), vec![0])]),
    }
}

/// Two topics of one partition: `orders` has offsets 20 to 100, `idle` 3 to 9.
fn state(groups: &[(&str, FakeGroup)]) -> State {
    let log = |start, end, size| {
        let log = FakeLog {
            start,
            end,
            size,
            ..FakeLog::default()
        };
        BTreeMap::from([(0, log)])
    };
    let owned = |(id, group): &(&str, FakeGroup)| ((*id).to_owned(), group.clone());
    State {
        logs: BTreeMap::from([
            ("orders".to_owned(), log(20, 100, 8192)),
            ("idle".to_owned(), log(3, 9, 60)),
        ]),
        groups: groups.iter().map(owned).collect(),
        ..holding(&[("orders", topic(1, &[])), ("idle", topic(1, &[]))])
    }
}

fn billing() -> FakeGroup {
    group(&[("orders", 0, 40), ("idle", 0, 9)])
}

fn bench(state: &State) -> Bench {
    Bench::new(MANIFEST, state)
}

/// Runs a command given as one line.
fn run(bench: &Bench, command: &str) -> Ran {
    bench.run(&command.split(' ').collect::<Vec<_>>())
}

#[test]
fn a_silent_broker_may_hold_groups_so_nothing_is_deleted() {
    let far = FakeGroup {
        coordinator: 2,
        ..billing()
    };
    let mut state = state(&[("billing", far), ("audit", billing())]);
    state.brokers = vec![1, 2];
    state.faults.silent_brokers = BTreeSet::from([2]);
    let bench = bench(&state);
    let words = "it cannot be read: cannot reach broker 2: connection refused";
    for command in [
        "groups delete billing audit --yes",
        "groups clone billing copy --yes",
        "groups delete-offsets billing --topic orders --yes",
    ] {
        let ran = run(&bench, command).exits(7);
        assert_eq!(
            ran.stderr,
            format!("error: nothing was applied: group billing: {words}\n"),
            "{command}"
        );
    }
    let words = "its groups cannot be read: cannot reach broker 2: connection refused";
    for command in [
        "groups delete a* --match --yes",
        "topics delete idle --allow-delete 1 --yes",
        "topics truncate idle --to latest --yes",
    ] {
        let ran = run(&bench, command).exits(7);
        assert_eq!(
            ran.stderr,
            format!("error: nothing was applied: broker 2: {words}\n"),
            "{command}"
        );
    }
    assert_eq!(bench.state(), state);
}

#[test]
fn a_member_that_joins_at_the_last_moment_keeps_its_group() {
    let mut state = state(&[("billing", billing())]);
    let late = reader("late", "orders");
    state.faults.joins_before_write = BTreeMap::from([("billing".to_owned(), late)]);
    for (command, step, code, words) in [
        (
            "groups delete billing --yes",
            "delete group billing",
            "NON_EMPTY_GROUP",
            "the group has members now: a consumer joined meanwhile",
        ),
        (
            "groups delete-offsets billing --topic orders --yes",
            "forget the commit of group billing: orders-0",
            "GROUP_SUBSCRIBED_TO_TOPIC",
            "the group has members now that read the topic: a consumer joined meanwhile",
        ),
    ] {
        let bench = bench(&state);
        let ran = run(&bench, command).exits(4);
        assert_eq!(ran.stderr, format!("refused  {step}: {code}: {words}\n"));
        ran.stdout_has(words);
        assert_eq!(
            bench.state().groups["billing"].commits,
            state.groups["billing"].commits
        );
    }
}

#[test]
fn an_answer_that_is_lost_is_read_back() {
    let mut state = state(&[("billing", billing())]);
    let requests = ["DeleteGroups", "DeleteRecords", "DeleteTopics"];
    state.faults.lose_answers = requests.map(str::to_owned).into();
    let bench = bench(&state);
    for (command, step) in [
        ("groups delete billing --yes", "delete group billing"),
        (
            "topics truncate orders --to 50 --yes",
            "delete records before 50 of partition orders-0",
        ),
        (
            "topics delete idle --allow-delete 1 --yes",
            "delete topic idle",
        ),
    ] {
        let ran = run(&bench, command).exits(0);
        let line = format!("done     {step}: the answer was lost (connection closed); read back\n");
        assert!(ran.stderr.starts_with(&line), "{command}: {}", ran.stderr);
    }
    let after = bench.state();
    assert!(after.groups.is_empty() && !after.topics.contains_key("idle"));
    assert_eq!(after.logs["orders"][&0].start, 50);
    assert_eq!(after.requests.len(), 3);
}

#[test]
fn a_kept_plan_is_refused_once_the_group_has_gone_on() {
    let bench = bench(&state(&[("billing", billing())]));
    run(&bench, "groups delete billing --out plan.json").exits(0);
    let mut moved = bench.state();
    let commits = &mut moved.groups.get_mut("billing").unwrap().commits;
    commits
        .get_mut("orders")
        .unwrap()
        .insert(0, Committed::at(77));
    bench.set(&moved);
    let ran = run(&bench, "apply plan.json --yes").exits(4);
    let words = "error: the cluster is not as it was when the plan was made: group billing: the commit of orders-0 was 40, and is 77 now";
    ran.stderr_starts(words);
    assert_eq!(bench.state(), moved);
    run(&bench, "groups delete billing --out plan.json").exits(0);
    run(&bench, "apply plan.json --yes").exits(0);
    assert!(bench.state().groups.is_empty());
}

#[test]
fn a_commit_of_an_open_transaction_is_waited_for() {
    let open = FakeGroup {
        pending: vec![TopicPartition::new("orders", 0)],
        ..billing()
    };
    let state = state(&[("billing", open)]);
    let bench = bench(&state);
    for command in [
        "groups delete billing --yes",
        "groups clone billing copy --yes",
        "groups delete-offsets billing --topic orders --yes",
    ] {
        let ran = run(&bench, command).exits(4);
        assert_eq!(
            ran.stderr,
            "error: nothing was applied: group billing: orders-0: a transaction that has not ended may still commit for it\nhint: wait until it ends or times out\n",
            "{command}"
        );
    }
    assert_eq!(bench.state(), state);
}

#[test]
fn the_start_of_a_share_group_is_gone_for_good() {
    let share = FakeGroup {
        group_type: GroupType::Share,
        protocol_type: "share".to_owned(),
        ..group(&[("orders", 0, 90)])
    };
    let bench = bench(&state(&[("billing", billing()), ("sharers", share)]));
    let ran = run(&bench, "groups delete sharers --yes").exits(0);
    ran.stdout_starts("- group sharers  (cannot be undone)\n    type     share\n");
    assert_eq!(ran.stderr, "done     delete group sharers\n");
    let ran = run(&bench, "reset-offsets undo --yes").exits(4);
    ran.stderr_has("this machine has moved no offsets");
}

#[test]
fn members_keep_only_the_topics_that_they_read() {
    let active = FakeGroup {
        members: vec![reader("app-1", "orders")],
        ..billing()
    };
    let bench = bench(&state(&[("billing", active)]));
    let ran = run(
        &bench,
        "groups delete-offsets billing --topic idle --topic orders --yes",
    )
    .exits(4);
    assert_eq!(
        ran.stdout,
        "\
~ group billing, topic idle: forgets 1 commit
    PARTITION  COMMITTED  NEW  CHANGE  LOG START  LOG END  LAG AFTER
            0          9    -  forget          -        -          -

refused:
  group billing: its members read orders (app-1 at 10.0.0.7) [group-active]
    hint: stop them first, or wait until they read other topics

plan: 1 offset to forget in 1 group, 1 refused
"
    );
    assert!(bench.state().requests.is_empty());
    run(&bench, "groups delete-offsets billing --topic idle --yes").exits(0);
    assert_eq!(bench.state().requests, ["OffsetDelete billing/idle/0"]);
}

#[test]
fn a_group_that_only_read_deleted_topics_leaves_nothing_to_clone() {
    let bench = bench(&state(&[("old", group(&[("gone", 0, 5)]))]));
    let ran = run(&bench, "groups clone old copy --yes").exits(4);
    assert_eq!(
        ran.stderr,
        "error: there is nothing to clone: the topics that it committed for are gone\n"
    );
    let bench = self::bench(&state(&[("old", group(&[]))]));
    let ran = run(&bench, "groups clone old copy --yes").exits(4);
    assert_eq!(
        ran.stderr,
        "error: there is nothing to clone: it committed nothing\n"
    );
}

#[test]
fn topics_are_counted_together_and_their_readers_named() {
    let reading = FakeGroup {
        members: vec![reader("app-1", "idle")],
        ..group(&[("idle", 0, 9)])
    };
    let bench = bench(&state(&[("audit", reading), ("billing", billing())]));
    let ran = run(
        &bench,
        "topics delete orders idle --allow-delete 2 --dry-run",
    )
    .exits(4);
    assert_eq!(
        ran.stdout,
        "\
- topic idle  (deletes records, cannot be undone)
    deletes   1 partition with up to 6 records (about 60 bytes)
    topic id  AAAAAAAAAAAAAAAAAAAAAQ
- topic orders  (deletes records, cannot be undone)
    deletes   1 partition with up to 80 records (about 8 KiB)
    topic id  AAAAAAAAAAAAAAAAAAAAAQ

refused:
  topic idle: it is in use: group audit reads it (app-1 at 10.0.0.7) [topic-in-use]
    hint: stop its readers, and let them read to the end first; to do it all the same, pass `--allow topic-in-use`
  topic orders: it is in use: group billing has 60 records of it to read [topic-in-use]
    hint: stop its readers, and let them read to the end first; to do it all the same, pass `--allow topic-in-use`

plan: 0 to create, 0 to change, 2 to delete with up to 86 records (about 8.1 KiB), 2 refused
"
    );
}

#[test]
fn a_manifest_deletes_no_topic_that_is_read() {
    let bench = bench(&state(&[("billing", billing())]));
    let manifest = "\
version: 1
topics:
  items:
    - { name: orders, state: absent }
    - { name: idle, state: absent }
";
    bench.program.write("topics.yaml", manifest);
    let refused = "\
  topic orders: it is in use: group billing has 60 records of it to read [topic-in-use]
";
    let ran = run(&bench, "apply --allow-delete 2 --yes").exits(4);
    ran.stdout_has(refused);
    assert!(
        !ran.stdout.contains("topic idle: it is in use"),
        "{}",
        ran.stdout
    );
    let ran = run(&bench, "apply --allow-delete 2 --yes --allow topic-in-use").exits(0);
    ran.stdout_has("topic-in-use");
    assert_eq!(run(&bench, "list topics").exits(0).stdout, "");
}

#[test]
fn a_truncation_tells_each_partition_and_what_is_outside() {
    let bench = bench(&state(&[("billing", billing())]));
    let ran = run(&bench, "topics truncate orders idle --to 60 --dry-run").exits(4);
    assert_eq!(
        ran.stdout,
        "\
- topic idle: deletes up to 6 records (about 60 bytes)  (cannot be undone)
    PARTITION  LOG START  NEW START  LOG END  RECORDS  SIZE
            0          3          9        9        6  60 bytes
- topic orders: deletes up to 40 records (about 4 KiB)  (cannot be undone)
    PARTITION  LOG START  NEW START  LOG END  RECORDS  SIZE
            0         20         60      100       40  4 KiB
counts are differences of offsets: upper bounds on topics that are compacted or that transactions write to

refused:
  topic idle: outside of the log: idle-0 (60; the log has 3 to 9) [outside-log]
    hint: `--to latest` deletes all records; to do it all the same, pass `--clamp`
  topic orders: records would go that groups have not read: group billing 20 records [truncates-unread]
    hint: let them read first; to do it all the same, pass `--allow truncates-unread`

plan: up to 46 records (about 4.1 KiB) of 2 partitions to delete, 2 refused
"
    );
    let past = "topics truncate orders idle --to 60 --clamp --allow truncates-unread --yes";
    run(&bench, past).exits(0);
    let after = bench.state();
    let start = |topic: &str| after.logs[topic][&0].start;
    assert_eq!((start("orders"), start("idle")), (60, 9));
}

#[test]
fn names_that_a_terminal_would_act_on_are_escaped_and_kept() {
    let id = "a\nb\u{1b}[31m\u{202e}";
    let active = FakeGroup {
        members: vec![reader("app\u{1b}[2J", "orders")],
        ..billing()
    };
    let bench = bench(&state(&[(id, billing()), ("busy", active)]));
    let delete = ["groups", "delete", id, "busy"];
    let ran = bench.run(&[&delete[..], &["--dry-run"]].concat()).exits(4);
    ran.stdout_starts("- group a\\nb\\u{1b}[31m\\u{202e}\n");
    ran.stdout_has("group busy: it has 1 member (app\\u{1b}[2J at 10.0.0.7)");
    let json = bench.run(&[&delete[..], &["--dry-run", "-o", "json"]].concat());
    assert_eq!(json.exits(4).json()["steps"][0]["resource"]["id"], id);
    let ran = bench.run(&["groups", "delete", id, "--yes"]).exits(0);
    let line = "done     delete group a\\nb\\u{1b}[31m\\u{202e}\n";
    ran.stderr_starts(line);
    assert_eq!(bench.state().requests, [format!("DeleteGroups {id}")]);
}

#[test]
fn documents_hold_what_was_counted() {
    let bench = bench(&state(&[("billing", billing())]));
    let group = run(&bench, "groups delete billing --dry-run -o json");
    let commits = &group.exits(0).json()["steps"][0]["action"]["commits"];
    let lags: Vec<_> = (0..2).map(|place| commits[place]["lag"].as_i64()).collect();
    assert_eq!(lags, [Some(0), Some(60)]);
    run(&bench, "groups delete billing --yes").exits(0);
    let topic = run(
        &bench,
        "topics delete orders --allow-delete 1 --dry-run -o json",
    );
    let action = &topic.exits(0).json()["steps"][0]["action"];
    assert_eq!(
        (action["records"].as_i64(), action["bytes"].as_i64()),
        (Some(80), Some(8192))
    );
}
