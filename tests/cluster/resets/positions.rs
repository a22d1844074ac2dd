//! The new offsets, compared with Apache's tool.

use std::collections::BTreeMap;

use tonkafka::cluster::{Answer, Cluster};
use tonkafka::model::group::Committed;
use tonkafka::model::measure::TopicPartition;

use super::{offsets, reset};
use crate::program::{Program, Ran};
use crate::support::apache;
use crate::support::kafka::{self, Kafka};
use crate::support::live::{connect, runtime};
use crate::support::offsets::{commit, filled};

/// The offset that `--dry-run -o json` plans for each partition.
fn planned(ran: &Ran) -> BTreeMap<i64, i64> {
    let plan = ran.json();
    let steps = plan["steps"].as_array().unwrap().iter();
    let moved = steps.map(|step| {
        let partition = step["resource"]["partition"].as_i64().unwrap();
        let after = step["action"]["after"]["offset"].as_i64().unwrap();
        (partition, after)
    });
    let stays = plan["unmoved"].as_array().cloned().unwrap_or_default();
    let stays: Vec<(i64, i64)> = stays
        .iter()
        .map(|one| {
            let offset = one["committed"].as_i64().unwrap();
            (one["partition"].as_i64().unwrap(), offset)
        })
        .collect();
    moved.chain(stays).collect()
}

/// The rows `GROUP TOPIC PARTITION NEW-OFFSET` of Apache's tool.
fn theirs(kafka: &Kafka, group: &str, topic: &str, arguments: &[&str]) -> BTreeMap<i64, i64> {
    let common = ["--reset-offsets", "--dry-run", "--group", group];
    let said = apache::consumer_groups(&kafka.admin(), &[&common[..], arguments].concat()).ok();
    said.lines()
        .map(|line| line.split_whitespace().collect::<Vec<_>>())
        .filter(|cells| cells.len() == 4 && cells[1] == topic)
        .map(|cells| (cells[2].parse().unwrap(), cells[3].parse().unwrap()))
        .collect()
}

#[test]
fn every_position_is_where_apaches_tool_goes() {
    let kafka = kafka::single();
    let topic = filled(kafka, "positions", &[40, 20, 0]);
    let (group, other) = (kafka::topic_name("mover"), kafka::topic_name("other"));
    commit(kafka, &group, &topic, &[10, 15, 0].map(Committed::at));
    commit(kafka, &other, &topic, &[7, 8, 0].map(Committed::at));
    let program = Program::new();
    let file = program.write("offsets.csv", &format!("{topic},0,3\n{topic},1,4\n"));
    let file = file.to_str().unwrap();
    let at = kafka.bootstrap();
    let named = ["--topic", topic.as_str()];
    for (to, apache) in [
        ("earliest", &["--to-earliest"][..]),
        ("latest", &["--to-latest"]),
        ("current", &["--to-current"]),
        ("0", &["--to-offset", "0"]),
        ("+5", &["--shift-by", "5"]),
        ("-5", &["--shift-by", "-5"]),
        (
            "2023-11-14T22:00:05Z",
            &["--to-datetime", "2023-11-14T22:00:05.000Z"],
        ),
        (
            "2023-11-14T23:00:05.001+01:00",
            &["--to-datetime", "2023-11-14T22:00:05.001Z"],
        ),
        ("file:offsets.csv", &["--from-file", file]),
    ] {
        let is_file = to.starts_with("file:");
        // Apache's tool clamps to the nearest offset by default.
        let flags = ["--dry-run", "--allow-skip", "--clamp", "-o", "json"];
        let arguments = [&[group.as_str()], &named[..], &["--to", to], &flags].concat();
        let ours = planned(&reset(&program, &at, &arguments).exits(0));
        let scope = if is_file { &[][..] } else { &named };
        let theirs = theirs(kafka, &group, &topic, &[scope, apache].concat());
        assert_eq!(ours, theirs, "{to}");
        assert_eq!(ours.len(), if is_file { 2 } else { 3 });
    }
    let like = format!("group:{other}");
    let arguments = [&group, "--to", &like, "--dry-run", "-o", "json"];
    let ours = planned(&reset(&program, &at, &arguments).exits(0));
    assert_eq!(ours, BTreeMap::from([(0, 7), (1, 8), (2, 0)]));
    assert_eq!(offsets(kafka, &group, &topic), [10, 15, 0]);
}

#[test]
fn where_apaches_tool_misleads_there_is_a_word_and_a_code() {
    let kafka = kafka::single();
    let topic = filled(kafka, "misled", &[10]);
    let group = kafka::topic_name("misled");
    commit(kafka, &group, &topic, &[Committed::at(4)]);
    let program = Program::new();
    let at = kafka.bootstrap();
    let refused = |to: &str, code: &str| {
        let arguments = [&group, "--topic", &topic, "--to", to, "--yes"];
        let ran = reset(&program, &at, &arguments).exits(4);
        ran.stdout_has(&format!("[{code}]"));
        ran
    };
    let named = ["--topic", topic.as_str()];
    let theirs =
        |arguments: &[&str]| theirs(kafka, &group, &topic, &[&named[..], arguments].concat());
    // For a time after the last record, Apache's tool goes to the end and skips everything.
    let later = ["--to-datetime", "2024-01-01T00:00:00.000Z"];
    assert_eq!(theirs(&later), BTreeMap::from([(0, 10)]));
    refused("2024-01-01T00:00:00Z", "future-time");
    // For an offset outside the log, it uses another.
    assert_eq!(theirs(&["--to-offset", "500"]), BTreeMap::from([(0, 10)]));
    let ran = refused("500", "outside-log");
    let words = format!("outside of the log: {topic}-0 (500; the log has 0 to 10)");
    ran.stdout_has(&words);
    // It creates a missing group.
    let typo = format!("{group}x");
    let create = [
        "--reset-offsets",
        "--group",
        &typo,
        "--topic",
        &topic,
        "--to-earliest",
        "--execute",
    ];
    apache::consumer_groups(&kafka.admin(), &create).ok();
    assert_eq!(offsets(kafka, &typo, &topic), [0]);
    let missing = format!("{group}y");
    let arguments = [missing.as_str(), "--topic", &topic, "--to", "0", "--yes"];
    let ran = reset(&program, &at, &arguments).exits(4);
    let hint = format!("hint: did you mean `{group}");
    ran.stdout_has(&hint);
    assert!(!apache::groups(&kafka.admin()).contains(&missing));
    // With a partition without a commit, it fails to shift the others too.
    let wide = filled(kafka, "half", &[5, 5]);
    commit(kafka, &group, &wide, &[Committed::at(2)]);
    let shift = [
        "--reset-offsets",
        "--group",
        &group,
        "--topic",
        &wide,
        "--shift-by",
        "1",
        "--dry-run",
    ];
    assert!(!apache::consumer_groups(&kafka.admin(), &shift).success);
    let arguments = [&group, "--topic", &wide, "--to", "-1", "--dry-run"];
    let ran = reset(&program, &at, &arguments).exits(4);
    let words =
        format!("it committed nothing for {wide} (partition 1), so there is nothing to shift");
    ran.stdout_has(&words);
    assert_eq!(offsets(kafka, &group, &topic), [4]);
}

#[test]
fn records_that_are_gone_are_told_in_the_plan() {
    let kafka = kafka::single();
    let topic = filled(kafka, "gone", &[10]);
    let group = kafka::topic_name("gone");
    commit(kafka, &group, &topic, &[Committed::at(3)]);
    runtime().block_on(async {
        let cluster = connect(&kafka.bootstrap()).await;
        let before = [(TopicPartition::new(topic.clone(), 0), 8)];
        assert_eq!(cluster.delete_records(&before).await, [Answer::Done]);
    });
    let program = Program::new();
    let arguments = [&group, "--topic", &topic, "--to", "earliest", "--dry-run"];
    let ran = reset(&program, &kafka.bootstrap(), &arguments).exits(0);
    ran.stdout_has(", 5 lost already");
    ran.stdout_has("(replay 0, skip 0)");
}
