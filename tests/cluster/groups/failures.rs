//! Lost answers and coordinators.

use std::time::{Duration, Instant};

use tonkafka::cluster::groups::{Groups, Pending};
use tonkafka::cluster::live::LiveCluster;
use tonkafka::cluster::{Answer, NewTopic};
use tonkafka::model::group::{Commits, Committed};
use tonkafka::model::seen::{Cause, Seen};

use super::{WAIT, key};
use crate::support::kafka;
use crate::support::live::{codes, connect, connect_for, create, new_topic, runtime};
use crate::support::proxy::{Action, api};

#[test]
fn a_commit_whose_answer_is_lost_is_sent_once() {
    let kafka = kafka::single();
    let name = kafka::topic_name("lost");
    let proxy = kafka.proxy();
    runtime().block_on(async {
        let cluster = connect(&proxy.bootstrap()).await;
        create(&cluster, &[new_topic(&name, 1, &[])]).await;
        // A first commit, so that the coordinator is ready before an answer is lost.
        let first = [(key(&name, 0), Committed::at(1))];
        assert_eq!(
            codes(&cluster.commit_offsets(&name, &first).await),
            ["done"]
        );
        proxy.reset();
        proxy.on(api::OFFSET_COMMIT, 1, Action::SwallowAndCut);
        let items = [(key(&name, 0), Committed::at(3))];
        let answers = cluster.commit_offsets(&name, &items).await;
        assert!(
            matches!(answers.as_slice(), [Answer::Unknown { .. }]),
            "{answers:?}"
        );
        assert_eq!(proxy.count(api::OFFSET_COMMIT), 1);
        let ids = [name.clone()];
        let found = cluster.fetch_offsets(&ids, Pending::Told).await.unwrap();
        let one = Commits::from([(key(&name, 0), Seen::Value(Committed::at(3)))]);
        assert_eq!(found[&name], Seen::Value(one));
    });
}

#[test]
fn groups_that_lost_their_coordinator() {
    let properties = [
        ("offsets.topic.replication.factor", "1"),
        ("offsets.topic.num.partitions", "6"),
    ];
    let kafka = kafka::fresh(3, &properties);
    runtime().block_on(async {
        let timeout = Duration::from_secs(5);
        let cluster = connect_for(&kafka.bootstrap(), timeout).await;
        let topic = NewTopic {
            replicas: Some(3),
            ..new_topic("kept", 1, &[])
        };
        create(&cluster, &[topic]).await;
        let ids: Vec<String> = (0..12).map(|number| format!("group-{number}")).collect();
        let items = [(key("kept", 0), Committed::at(0))];
        for id in &ids {
            assert_eq!(codes(&cluster.commit_offsets(id, &items).await), ["done"]);
        }
        let groups = cluster.describe_groups(&ids).await.unwrap();
        let coordinator = |id: &String| groups[id].value().unwrap().coordinator;
        let dead = coordinator(&ids[0]);
        let (lost, kept): (Vec<String>, Vec<String>) =
            ids.iter().cloned().partition(|id| coordinator(id) == dead);
        assert!(!kept.is_empty());
        for end in [kafka::Kafka::pause, kafka::Kafka::kill_broker] {
            end(&kafka, dead);
            let started = Instant::now();
            check_lost(&cluster, &lost, &kept, &format!("broker {dead}")).await;
            assert!(started.elapsed() < timeout + Duration::from_secs(2));
        }

        let deadline = Instant::now() + WAIT;
        let missing = loop {
            let listed = cluster.list_groups().await.unwrap();
            assert!(kept.iter().all(|id| listed.groups.contains_key(id)));
            assert!(lost.iter().all(|id| !listed.groups.contains_key(id)));
            assert_eq!(listed.missing.keys().collect::<Vec<_>>(), [&dead]);
            let words = listed.missing[&dead].clone();
            if words.ends_with("of `__consumer_offsets` have no leader") {
                break words;
            }
            assert!(Instant::now() < deadline, "{words}");
        };
        assert!(missing.starts_with("partitions "), "{missing}");
        let words = format!("has no leader (replicas on broker {dead})");
        check_lost(&cluster, &lost, &kept, &words).await;
        let answers = cluster.commit_offsets(&lost[0], &items).await;
        assert_eq!(codes(&answers), ["not sent"]);
        let pair = [lost[0].clone(), kept[0].clone()];
        let answers = cluster.delete_groups(&pair).await;
        assert_eq!(codes(&answers), ["not sent", "done"]);
    });
}

async fn check_lost(cluster: &LiveCluster, lost: &[String], kept: &[String], words: &str) {
    let all = [lost, kept].concat();
    let found = cluster.fetch_offsets(&all, Pending::Told).await.unwrap();
    for id in kept {
        assert!(matches!(&found[id], Seen::Value(commits) if commits.len() == 1));
    }
    for id in lost {
        let Seen::Unseen(Cause::Unavailable, why) = &found[id] else {
            panic!("{:?}", found[id])
        };
        assert!(why.contains(words), "{why}");
    }
}
