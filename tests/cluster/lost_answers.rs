//! Writes with incomplete or wrong answers, topics that are created again in between, and quotas,
//! checked with Apache's tools.

use std::sync::Arc;
use std::time::Duration;

use tonkafka::model::group::Committed;

use crate::contract_lost::{answers, quota, remake};
use crate::program::{Program, Ran};
use crate::support::offsets::{commit, committed, filled};
use crate::support::proxy::{Action, Proxy, api};
use crate::support::{apache, kafka};

fn topics(items: &str) -> String {
    format!("version: 1\ntopics:\n  items:\n{items}")
}

fn run(program: &Program, proxy: &Proxy<'_>, arguments: &[&str]) -> Ran {
    program.run(&[arguments, &["-b", &proxy.bootstrap()]].concat())
}

#[test]
fn a_deleted_group_that_the_answer_leaves_out_is_read_back() {
    let kafka = kafka::single();
    let topic = filled(kafka, "left-out", &[5]);
    let group = kafka::topic_name("left-out");
    commit(kafka, &group, &topic, &[Committed::at(3)]);
    let proxy = kafka.proxy();
    let alter = Action::Alter(answers::of_nothing("DeleteGroups"));
    proxy.on(api::DELETE_GROUPS, 1, alter);
    let program = Program::new();
    let ran = run(&program, &proxy, &["groups", "delete", &group, "--yes"]).exits(0);
    let line = format!(
        "done     delete group {group}: the answer was lost (the broker's answer left this item out); read back\n"
    );
    ran.stderr_starts(&line);
    assert_eq!(proxy.count(api::DELETE_GROUPS), 1);
    assert!(!apache::groups(&kafka.admin()).contains(&group));
    run(&program, &proxy, &["reset-offsets", "undo", "--yes"]).exits(0);
    assert_eq!(committed(kafka, &group, &topic)[&0].offset, 3);
}

#[test]
fn a_commit_of_a_coordinator_that_unloads_is_read_back_and_can_be_undone() {
    let kafka = kafka::single();
    let topic = filled(kafka, "unloads", &[9]);
    let group = kafka::topic_name("unloads");
    commit(kafka, &group, &topic, &[Committed::at(8)]);
    let proxy = kafka.proxy();
    let alter = answers::not_coordinator("OffsetCommit", &group, &topic);
    proxy.on(api::OFFSET_COMMIT, 1, Action::Alter(alter));
    let program = Program::new();
    let to = [
        "reset-offsets",
        &group,
        "--topic",
        &topic,
        "--to",
        "2",
        "--yes",
    ];
    let ran = run(&program, &proxy, &to).exits(0);
    ran.stdout_ends("apply: 1 done and verified\n");
    assert_eq!(proxy.count(api::OFFSET_COMMIT), 1, "it was sent again");
    assert_eq!(committed(kafka, &group, &topic)[&0].offset, 2);
    run(&program, &proxy, &["reset-offsets", "undo", "--yes"]).exits(0);
    assert_eq!(committed(kafka, &group, &topic)[&0].offset, 8);
}

/// A sent commit may still be carried out as long as it is not answered.
#[test]
fn a_lost_commit_is_unknown_while_somebody_elses_is_there_and_its_record_stays() {
    let kafka = kafka::single();
    let topic = filled(kafka, "overtaken", &[9]);
    let group = kafka::topic_name("overtaken");
    commit(kafka, &group, &topic, &[Committed::at(8)]);
    let proxy = kafka.proxy();
    proxy.on(api::OFFSET_COMMIT, 1, Action::SwallowAndCut);
    let (in_group, of_topic) = (group.clone(), topic.clone());
    let overtake = move || {
        if committed(kafka, &in_group, &of_topic)[&0].offset == 2 {
            commit(kafka, &in_group, &of_topic, &[Committed::at(7)]);
        }
    };
    proxy.from(api::OFFSET_FETCH, 1, Action::After(Arc::new(overtake)));
    let program = Program::new();
    let to = [
        "reset-offsets",
        &group,
        "--topic",
        &topic,
        "--to",
        "2",
        "--yes",
    ];
    let ran = run(&program, &proxy, &[&to[..], &["--timeout", "5s"]].concat()).exits(6);
    let words = "connection closed, and 7 is committed now, not 2 as planned: it may still come into effect";
    ran.stdout_has(words);
    assert_eq!(proxy.count(api::OFFSET_COMMIT), 1, "it was sent again");
    proxy.reset();
    let history = run(&program, &proxy, &["reset-offsets", "history"]).exits(0);
    history.stdout_has(&group);
    let undo = run(&program, &proxy, &["reset-offsets", "undo", "--yes"]).exits(4);
    undo.stdout_has("[commits-moved]");
}

/// A resigning KRaft controller fails with this code what it has appended.
#[test]
fn a_topic_of_a_controller_that_resigns_is_read_back() {
    if kafka::skips(
        kafka::with_zookeeper(),
        "this is how a controller of KRaft fails",
    ) {
        return;
    }
    let kafka = kafka::single();
    let name = kafka::topic_name("resigned");
    let manifest = topics(&format!("    - {{name: {name}, partitions: 1}}\n"));
    let program = Program::with_manifest(&manifest);
    let proxy = kafka.proxy();
    proxy.on(
        api::CREATE_TOPICS,
        1,
        Action::Alter(answers::not_controller(&name)),
    );
    let ran = run(&program, &proxy, &["apply", "--yes"]).exits(0);
    let line =
        format!("done     create topic {name}: the answer was lost (NOT_CONTROLLER); read back\n");
    assert_eq!(ran.stderr, line);
    assert_eq!(proxy.count(api::CREATE_TOPICS), 1, "it was sent again");
}

#[test]
fn a_topic_that_was_made_anew_before_its_delete_stays() {
    let kafka = kafka::single();
    let name = kafka::topic_name("anew");
    apache::topics(&kafka.admin(), &["--create", "--topic", &name]).ok();
    let before = apache::describe_topic(&kafka.admin(), &name).unwrap();
    let manifest = topics(&format!("    - {{name: {name}, state: absent}}\n"));
    let program = Program::with_manifest(&manifest);
    let proxy = kafka.proxy();
    let (admin, topic) = (kafka.admin(), name.clone());
    let deed = move || remake(&admin, &topic);
    proxy.on(api::DELETE_TOPICS, 1, Action::After(Arc::new(deed)));
    let apply = ["apply", "--yes", "--allow-delete", "1"];
    let ran = run(&program, &proxy, &apply).exits(4);
    assert_eq!(
        ran.stderr,
        format!(
            "refused  delete topic {name}: UNKNOWN_TOPIC_ID: the topic was deleted, or made anew, meanwhile: nothing was deleted\n"
        )
    );
    let after = apache::describe_topic(&kafka.admin(), &name).unwrap();
    assert_ne!(after.id, before.id);
    assert_eq!(after.partitions, 2);
    run(&program, &proxy, &apply).exits(0);
    assert_eq!(apache::describe_topic(&kafka.admin(), &name), None);
}

/// Requests without ids go to the topic that has the name, which is reported with both ids.
#[test]
fn what_is_written_to_a_topic_that_was_made_anew_is_told() {
    let kafka = kafka::single();
    let program = Program::new();
    let proxy = kafka.proxy();
    let item = |name: &str, rest: &str| topics(&format!("    - {{name: {name}, {rest}}}\n"));
    let apply = ["apply", "--yes", "--no-backup"];
    for (api_key, words, rest) in [
        (
            api::CREATE_PARTITIONS,
            "add partitions to topic",
            "partitions: 5",
        ),
        (
            api::INCREMENTAL_ALTER_CONFIGS,
            "configure topic",
            "partitions: 2, configs: {flush.ms: 5}",
        ),
    ] {
        let name = kafka::topic_name("written-anew");
        program.write("topics.yaml", &item(&name, "partitions: 2"));
        run(&program, &proxy, &apply).exits(0);
        let before = apache::describe_topic(&kafka.admin(), &name).unwrap();
        program.write("topics.yaml", &item(&name, rest));
        let (admin, topic) = (kafka.admin(), name.clone());
        proxy.on(
            api_key,
            1,
            Action::After(Arc::new(move || remake(&admin, &topic))),
        );
        let ran = run(&program, &proxy, &apply).exits(5);
        let after = apache::describe_topic(&kafka.admin(), &name).unwrap();
        let line = format!(
            "done     {words} {name}: the topic was deleted and made anew: its id is {} now, not {} as planned\n",
            after.id, before.id
        );
        assert_eq!(ran.stderr, line);
        ran.stdout_ends("apply: 0 done and verified, 1 done otherwise than planned\n");
        run(&program, &proxy, &["plan", "--exit-code"]).exits(0);
    }

    let topic = filled(kafka, "committed-anew", &[9, 9]);
    let group = kafka::topic_name("committed-anew");
    commit(kafka, &group, &topic, &[Committed::at(8)]);
    let (admin, anew) = (kafka.admin(), topic.clone());
    let deed = move || remake(&admin, &anew);
    proxy.on(api::OFFSET_COMMIT, 1, Action::After(Arc::new(deed)));
    let to = [
        "reset-offsets",
        &group,
        "--topic",
        &format!("{topic}:0"),
        "--to",
        "2",
        "--yes",
    ];
    let ran = run(&program, &proxy, &to).exits(5);
    let words = "the topic was deleted and made anew: its id is ";
    ran.stdout_has(words);
}

#[test]
fn a_quota_of_the_controller_is_waited_for_or_named() {
    let kafka = kafka::Kafka::options().proxies(1).start();
    quota(&kafka.admin(), "1");
    let proxy = kafka.proxy();
    let program = Program::new();
    let apply = |items: &str, timeout: &str| {
        program.write("topics.yaml", &topics(items));
        run(&program, &proxy, &["apply", "--yes", "--timeout", timeout])
    };
    // Eleven seconds' worth of changes is available at once, and the first request may exceed that.
    apply("    - {name: first, partitions: 13}\n", "30s").exits(0);
    let waited = apply("    - {name: second, partitions: 60}\n", "30s").exits(0);
    waited.stderr_starts("throttled, waiting ");
    let held = apply("    - {name: third, partitions: 1}\n", "3s").exits(4);
    let words = "refused  create topic third: THROTTLING_QUOTA_EXCEEDED: the quota `controller_mutation_rate` of this user or client is used up for another ";
    held.stderr_starts(words);
    assert!(held.took < Duration::from_secs(5), "{:?}", held.took);

    // New partitions and deletions are throttled too, and nothing else.
    let others = "    - {name: first, partitions: 14, configs: {flush.ms: 5}}\n    - {name: second, state: absent}\n";
    proxy.reset();
    program.write("topics.yaml", &topics(others));
    let arguments = ["apply", "--yes", "--timeout", "3s", "--allow-delete", "1"];
    let ran = run(&program, &proxy, &arguments).exits(5);
    let lines: Vec<&str> = ran.stderr.lines().collect();
    for (line, start) in lines.iter().zip([
        "refused  add partitions to topic first: THROTTLING_QUOTA_EXCEEDED: ",
        "done     configure topic first",
        "refused  delete topic second: THROTTLING_QUOTA_EXCEEDED: ",
    ]) {
        assert!(line.starts_with(start), "{}", ran.stderr);
    }
    assert_eq!(lines.len(), 3, "{}", ran.stderr);
    assert!(ran.took < Duration::from_secs(5), "{:?}", ran.took);
    assert_eq!(proxy.count(api::CREATE_PARTITIONS), 1);
    let seen = apache::describe_topics(&kafka.admin());
    assert_eq!(seen["first"].partitions, 13);
    assert!(seen.contains_key("second") && !seen.contains_key("third"));
}
