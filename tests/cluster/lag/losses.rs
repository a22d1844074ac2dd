//! Deleted records, dead brokers and deleted topics.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use tonkafka::cluster::{Answer, Cluster, NewTopic};
use tonkafka::model::measure::TopicPartition;

use super::{KEPT, commit, document, lag, many, produce};
use crate::program::Program;
use crate::support::kafka;
use crate::support::live::{connect, create, new_topic, runtime};

#[test]
fn records_that_are_gone_are_counted_as_lost() {
    let kafka = kafka::single();
    let at = kafka.bootstrap();
    let name = kafka::topic_name("lag-lost");
    runtime().block_on(async {
        let cluster = connect(&at).await;
        create(&cluster, &[new_topic(&name, 1, &[KEPT])]).await;
        produce(&at, &name, 0, &[1_000; 10]).await;
        commit(&cluster, &name, &[(&name, 0, 3)]).await;
        let answers = cluster
            .delete_records(&[(TopicPartition::new(name.clone(), 0), 8)])
            .await;
        assert_eq!(answers, [Answer::Done]);
    });
    let found = document(&at, &[&name, "--time"]);
    let partition = &found["groups"][0]["topics"][0]["partitions"][0];
    assert_eq!(partition["standing"], "belowLogStart");
    assert_eq!(
        (&partition["lost"], &partition["lag"]),
        (&json!(5), &json!(2))
    );
    assert_eq!(partition["next"]["offset"], 8);
    let said = lag(&at, &[&name, "--fail-over", "100"]).exits(3);
    assert_eq!(
        said.stderr,
        format!("over the limit: `{name}` (5 records already lost)\n")
    );
}

#[test]
fn what_a_dead_broker_and_a_deleted_topic_leave_is_shown() {
    let properties = [
        ("offsets.topic.replication.factor", "1"),
        ("offsets.topic.num.partitions", "6"),
    ];
    let kafka = kafka::fresh(3, &properties);
    let at = kafka.bootstrap();
    let topics = ["a", "b", "c"].map(str::to_owned);
    let ids = runtime().block_on(async {
        let cluster = connect(&at).await;
        let topic = |name: &String| NewTopic {
            replicas: Some(3),
            ..new_topic(name, 1, &[])
        };
        create(&cluster, &topics.clone().map(|name| topic(&name))).await;
        many(&cluster, "group", 20, &topics).await
    });
    let groups: Vec<&str> = ids.iter().map(String::as_str).collect();
    let before = document(&at, &groups);
    let coordinator = |group: &Value| group["coordinator"].as_i64().unwrap();
    let dead = coordinator(&before["groups"][0]);
    let kept: BTreeSet<&str> = before["groups"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|group| coordinator(group) != dead)
        .map(|group| group["id"].as_str().unwrap())
        .collect();
    assert!(!kept.is_empty() && kept.len() < 20);
    kafka.kill_broker(i32::try_from(dead).unwrap());
    runtime().block_on(async {
        let alive = kafka.ids().find(|id| i64::from(*id) != dead).unwrap();
        let port = at
            .split(',')
            .nth(usize::try_from(alive - 1).unwrap())
            .unwrap();
        let cluster = connect(port).await;
        let answers = cluster.delete_topics(&[("c".to_owned(), None)]).await;
        assert_eq!(answers, [Answer::Done]);
    });
    let arguments = [&groups[..], &["-o", "json", "--timeout", "10s"]].concat();
    for command in [&["lag"][..], &["describe", "group"]] {
        let ran = Program::new().run(&[command, &arguments, &["-b", &at]].concat());
        let document = ran.exits(7).json();
        assert_eq!(document["error"]["code"], 7);
        let seen: Vec<&Value> = document["groups"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|group| group["notSeen"].is_null())
            .collect();
        let names: BTreeSet<&str> = seen.iter().map(|one| one["id"].as_str().unwrap()).collect();
        assert_eq!(names, kept);
        for group in seen {
            let number: i64 = group["id"].as_str().unwrap()[6..].parse().unwrap();
            for topic in group["topics"].as_array().unwrap() {
                let partition = &topic["partitions"][0];
                let place = ["a", "b", "c"]
                    .iter()
                    .position(|name| topic["topic"] == *name);
                let offset = number * 3 + i64::try_from(place.unwrap()).unwrap();
                assert_eq!(partition["committed"]["offset"], offset);
                let standing = if topic["topic"] == "c" {
                    "gone"
                } else if offset == 0 {
                    "caughtUp"
                } else {
                    "beyondLogEnd"
                };
                assert_eq!(partition["standing"], standing, "{group}");
            }
        }
    }
}
