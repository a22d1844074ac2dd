//! Lost answers, and undo.

use std::collections::BTreeMap;

use tonkafka::cluster::groups::Groups;
use tonkafka::model::group::Committed;

use super::{offsets, reset};
use crate::program::Program;
use crate::support::live::{connect, runtime};
use crate::support::offsets::{commit, committed, filled};
use crate::support::proxy::{Action, api};
use crate::support::{apache, kafka};

#[test]
fn the_answer_to_a_commit_is_lost_and_read_back() {
    let kafka = kafka::single();
    let topic = filled(kafka, "lost", &[10, 10]);
    let group = kafka::topic_name("lost");
    commit(kafka, &group, &topic, &[4, 5].map(Committed::at));
    let proxy = kafka.proxy();
    proxy.on(api::OFFSET_COMMIT, 1, Action::SwallowAndCut);
    let program = Program::new();
    let arguments = [&group, "--topic", &topic, "--to", "1", "--yes"];
    let ran = reset(&program, &proxy.bootstrap(), &arguments).exits(0);
    ran.stdout_ends("apply: 2 done and verified\n");
    assert_eq!(proxy.count(api::OFFSET_COMMIT), 1);
    assert_eq!(offsets(kafka, &group, &topic), [1, 1]);
}

#[test]
fn what_was_before_comes_back_with_its_metadata_once() {
    let kafka = kafka::single();
    let topic = filled(kafka, "undone", &[10, 10]);
    let group = kafka::topic_name("undone");
    let rich = Committed {
        offset: 4,
        leader_epoch: Some(0),
        metadata: "partition time 17".into(),
    };
    commit(kafka, &group, &topic, &[rich, Committed::at(5)]);
    let before = committed(kafka, &group, &topic);
    let program = Program::new();
    let at = kafka.bootstrap();
    let back = [group.as_str(), "--topic", &topic, "--to", "1", "--yes"];
    reset(&program, &at, &back).exits(0);
    let moved = committed(kafka, &group, &topic);
    assert_eq!(
        (moved[&0].offset, moved[&0].metadata.as_str()),
        (1, "partition time 17")
    );
    reset(&program, &at, &["undo", "--yes"]).exits(0);
    assert_eq!(committed(kafka, &group, &topic), before);
    reset(&program, &at, &["undo", "--yes"]).exits(4);
    assert_eq!(committed(kafka, &group, &topic), before);

    reset(&program, &at, &back).exits(0);
    commit(kafka, &group, &topic, &[Committed::at(2)]);
    let ran = reset(&program, &at, &["undo", "--yes"]).exits(4);
    ran.stdout_has("[commits-moved]");
    assert_eq!(offsets(kafka, &group, &topic), [2, 1]);
}

#[test]
fn a_coordinator_that_is_gone_keeps_everything_from_being_written() {
    let kafka = kafka::fresh(
        3,
        &[
            ("offsets.topic.num.partitions", "3"),
            ("offsets.topic.replication.factor", "1"),
        ],
    );
    let topic = kafka::topic_name("coordinated");
    let create = [
        "--create",
        "--topic",
        &topic,
        "--partitions",
        "1",
        "--replication-factor",
        "3",
    ];
    apache::topics(&kafka.admin(), &create).ok();
    let groups: Vec<String> = (0..9).map(|n| format!("coordinated-{n}")).collect();
    for group in &groups {
        commit(&kafka, group, &topic, &[Committed::at(0)]);
    }
    let coordinators: BTreeMap<String, i32> = runtime().block_on(async {
        let cluster = connect(&kafka.bootstrap()).await;
        let listed = cluster.list_groups().await.unwrap();
        let groups = listed.groups.into_values();
        groups.map(|group| (group.id, group.coordinator)).collect()
    });
    let of = |wanted: &dyn Fn(i32) -> bool| {
        let found = coordinators.iter().find(|(_, broker)| wanted(**broker));
        found.map(|(id, broker)| (id.clone(), *broker)).unwrap()
    };
    let (lost, broker) = of(&|_| true);
    let (kept, _) = of(&|other| other != broker);
    kafka.kill_broker(broker);
    let program = Program::new();
    let others: Vec<String> = kafka
        .bootstrap()
        .split(',')
        .zip(1..)
        .filter(|(_, id)| *id != broker)
        .map(|(address, _)| address.to_owned())
        .collect();
    let both = [
        &kept,
        &lost,
        "--topic",
        &topic,
        "--to",
        "0",
        "--yes",
        "--timeout",
        "20s",
    ];
    let ran = reset(&program, &others.join(","), &both).exits(7);
    let words = format!("  group {lost}: it cannot be read: ");
    ran.stdout_has(&words);
    let history = reset(&program, &others.join(","), &["history"]).exits(0);
    assert_eq!(history.stdout, "nothing was moved from this machine\n");
}
