//! `groups` and `topics` on real Kafka, checked with Apache's tools.

use tonkafka::model::group::Committed;

use crate::on::run;
use crate::program::Program;
use crate::support::apache;
use crate::support::kafka;
use crate::support::offsets::{commit, committed, filled};

#[test]
fn a_group_goes_and_comes_back() {
    let kafka = kafka::single();
    let topic = filled(kafka, "removed", &[5, 5]);
    let group = kafka::topic_name("removed");
    let rich = Committed {
        offset: 2,
        leader_epoch: Some(0),
        metadata: "kept".into(),
    };
    commit(kafka, &group, &topic, &[rich, Committed::at(3)]);
    let before = committed(kafka, &group, &topic);
    let program = Program::new();
    let copy = format!("{group}-copy");
    run(
        &program,
        kafka,
        &["groups", "clone", &group, &copy, "--yes"],
    )
    .exits(0);
    assert_eq!(committed(kafka, &copy, &topic), before);
    let forget = ["groups", "delete-offsets", &copy, "--yes", "--topic"];
    let part = format!("{topic}:1");
    run(&program, kafka, &[&forget[..], &[&part]].concat()).exits(0);
    assert_eq!(committed(kafka, &copy, &topic).len(), 1);

    run(
        &program,
        kafka,
        &["groups", "delete", &group, &copy, "--yes"],
    )
    .exits(0);
    let listed = apache::groups(&kafka.admin());
    assert!(
        !listed.contains(&group) && !listed.contains(&copy),
        "{listed:?}"
    );
    run(&program, kafka, &["reset-offsets", "undo", "--yes"]).exits(0);
    assert_eq!(committed(kafka, &group, &topic), before);
    assert!(apache::groups(&kafka.admin()).contains(&group));
}

#[test]
fn records_go_up_to_a_point_and_topics_whole() {
    let kafka = kafka::single();
    let topic = filled(kafka, "truncated", &[10, 4]);
    let program = Program::new();
    let truncate = ["topics", "truncate", &topic, "--yes", "--to"];
    // The sixth record is five seconds after the first.
    let time = "2023-11-14T22:00:05Z";
    run(&program, kafka, &[&truncate[..], &[time]].concat()).exits(0);
    let starts = || {
        let arguments = ["--topic", &topic, "--time", "earliest"];
        let main_class = "org.apache.kafka.tools.GetOffsetShell";
        let said = apache::run(main_class, &kafka.admin(), &arguments).ok();
        let lines = said
            .lines()
            .map(|line| line.rsplit(':').next().unwrap().to_owned());
        lines.collect::<Vec<_>>()
    };
    assert_eq!(starts(), ["5", "4"]);
    run(&program, kafka, &[&truncate[..], &["latest"]].concat()).exits(0);
    assert_eq!(starts(), ["10", "4"]);
    let delete = ["topics", "delete", &topic, "--yes"];
    run(&program, kafka, &delete).exits(4);
    assert!(apache::describe_topic(&kafka.admin(), &topic).is_some());
    run(
        &program,
        kafka,
        &[&delete[..], &["--allow-delete", "1"]].concat(),
    )
    .exits(0);
    assert_eq!(apache::describe_topic(&kafka.admin(), &topic), None);
}
