//! `snapshot restore` into real Kafka: every byte, each record once, groups at the right record.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tonkafka::cluster::groups::{Groups, Pending};
use tonkafka::cluster::live::LiveCluster;
use tonkafka::cluster::{Answer, At, Cluster, OffsetSpec};
use tonkafka::model::group::Committed as Commit;
use tonkafka::model::measure::TopicPartition;
use tonkafka::model::record::Record;
use tonkafka::model::seen::Seen;

use crate::made::{Content, write};
use crate::program::{Program, finish};
use crate::support::content::{digest, messy, records_a_codec, taken, varied};
use crate::support::kafka;
use crate::support::live::{commit, connect, create, end, new_topic, runtime};
use crate::support::proxy::{Action, api};

fn arguments<'a>(bootstrap: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    let fixed = [
        "snapshot",
        "restore",
        "topic.snap",
        "--yes",
        "-b",
        bootstrap,
    ];
    [&fixed[..], more].concat()
}

#[test]
fn a_topic_is_the_same_in_another_cluster() {
    let (from, into) = (kafka::single(), kafka::fresh(1, &[]));
    runtime().block_on(async {
        let source = connect(&from.bootstrap()).await;
        let target = connect(&into.bootstrap()).await;
        let topic = kafka::topic_name("messy");
        messy(&source, &from.bootstrap(), &topic).await;
        let groups = [(0, 1_234), (1, 2_520), (1, 2_560)].map(|(partition, offset)| {
            let group = format!("{topic}-{partition}-{offset}");
            (group, TopicPartition::new(topic.clone(), partition), offset)
        });
        for (group, partition, offset) in &groups {
            commit(&source, group, &[(partition.clone(), Commit::at(*offset))]).await;
        }
        let program = Program::new();
        let bootstrap = from.bootstrap();
        let create = [
            "snapshot",
            "create",
            &topic,
            "--out",
            "topic.snap",
            "-b",
            &bootstrap,
        ];
        program.run(&create).exits(0);
        let mut before = Vec::new();
        for index in [0, 1] {
            before.push(taken(&source, &TopicPartition::new(topic.clone(), index)).await);
        }
        let plain = usize::try_from(5 * records_a_codec()).unwrap();
        assert_eq!((before[0].len(), before[1].len()), (plain, plain + 101));

        let bootstrap = into.bootstrap();
        let refused = program.run(&arguments(&bootstrap, &[])).exits(4);
        refused.stdout_has("[other-cluster]");
        assert_eq!(target.list_topics().await.unwrap(), Vec::<String>::new());
        let more = ["--allow-cluster-change", "--groups", "--verify"];
        let ran = program.run(&arguments(&bootstrap, &more)).exits(0);
        let said = format!(
            "restored {} records in 2 partitions; read back, they are those of the snapshot",
            2 * plain + 101
        );
        ran.stdout_has(&said);
        for (index, before) in (0..).zip(&before) {
            let after = taken(&target, &TopicPartition::new(topic.clone(), index)).await;
            assert_eq!(digest(&after), digest(before));
        }
        // Each group points to the same record as before.
        for (group, partition, offset) in &groups {
            let records = &before[usize::try_from(partition.partition).unwrap()];
            let expected = records
                .iter()
                .find(|record| record.offset >= *offset)
                .unwrap();
            let found = committed(&target, group, partition).await;
            let after = taken(&target, partition).await;
            let at = after
                .iter()
                .find(|record| record.offset == found.offset)
                .unwrap();
            assert_eq!((&at.key, &at.value), (&expected.key, &expected.value));
        }
    });
}

pub async fn committed(cluster: &LiveCluster, group: &str, partition: &TopicPartition) -> Commit {
    let ids = [group.to_owned()];
    let pending = Pending::Ignored;
    let mut found = cluster.fetch_offsets(&ids, pending).await.unwrap();
    let Some(Seen::Value(commits)) = found.remove(group) else {
        panic!("{group} has no commits")
    };
    match commits.get(partition) {
        Some(Seen::Value(commit)) => commit.clone(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_compacted_topic_comes_back_with_what_was_left_of_it() {
    let kafka = kafka::single();
    runtime().block_on(async {
        let cluster = connect(&kafka.bootstrap()).await;
        let topic = kafka::topic_name("compacted");
        let program = Program::new();
        // A compacted log: the last record of each key, including a tombstone.
        let mut records = varied(2_000, 0);
        records.retain(|record| record.offset % 7 == 0 || record.offset == 1_999);
        records[10].value = None;
        let overrides = [("cleanup.policy", "compact")];
        let content = Content {
            overrides: &overrides,
            ..Content::new(&topic, vec![records.clone()])
        };
        let id = cluster.describe_cluster().await.unwrap().id;
        write(&program.path().join("topic.snap"), &id, &[content], &[]);
        let bootstrap = kafka.bootstrap();
        program.run(&arguments(&bootstrap, &["--verify"])).exits(0);
        let after = taken(&cluster, &TopicPartition::new(topic.clone(), 0)).await;
        assert_eq!(digest(&after), digest(&records));
        let map = program.path().join(format!("topic.snap.{id}.offsets.csv"));
        let map = std::fs::read_to_string(map).unwrap();
        assert_eq!(
            map.lines().nth(2),
            Some(format!("{topic},0,7,1,{topic},1").as_str())
        );
    });
}

#[test]
fn timestamps_of_the_brokers_are_new_and_the_rest_is_the_same() {
    let kafka = kafka::single();
    runtime().block_on(async {
        let cluster = connect(&kafka.bootstrap()).await;
        let topic = kafka::topic_name("appended");
        let program = Program::new();
        let records = varied(300, 0);
        let overrides = [("message.timestamp.type", "LogAppendTime")];
        let content = Content {
            overrides: &overrides,
            ..Content::new(&topic, vec![records.clone()])
        };
        let id = cluster.describe_cluster().await.unwrap().id;
        write(&program.path().join("topic.snap"), &id, &[content], &[]);
        let bootstrap = kafka.bootstrap();
        let ran = program.run(&arguments(&bootstrap, &["--verify"])).exits(0);
        ran.stdout_has("[timestamps-change]");
        // Again, which reads the last record back.
        program.run(&arguments(&bootstrap, &[])).exits(0);
        let after = taken(&cluster, &TopicPartition::new(topic.clone(), 0)).await;
        let content = |records: &[Record]| -> Vec<_> {
            let records = records.iter();
            records
                .map(|one| (one.key.clone(), one.value.clone(), one.headers.clone()))
                .collect()
        };
        assert!(content(&after) == content(&records));
        assert!(
            after
                .iter()
                .all(|record| record.timestamp > records[0].timestamp)
        );
    });
}

#[test]
fn a_restore_that_is_killed_ten_times_writes_each_record_once() {
    let kafka = kafka::single();
    let proxy = kafka.proxy();
    runtime().block_on(async {
        let cluster = connect(&kafka.bootstrap()).await;
        let topic = kafka::topic_name("killed");
        let program = Program::new();
        let partitions: Vec<Vec<Record>> = (0..3).map(|_| varied(6_000, 0)).collect();
        let overrides = [("max.message.bytes", "30000")];
        let content = Content {
            overrides: &overrides,
            ..Content::new(&topic, partitions.clone())
        };
        let id = cluster.describe_cluster().await.unwrap().id;
        write(&program.path().join("topic.snap"), &id, &[content], &[]);
        let bootstrap = proxy.bootstrap();
        for point in 0..10 {
            proxy.reset();
            // Either the request or only its answer is lost.
            let nth = point % 3 + 2;
            let action = match point % 2 {
                0 => Action::BlackHole,
                _ => Action::Swallow,
            };
            proxy.on(api::PRODUCE, nth, action);
            let mut child = program
                .command(&arguments(&bootstrap, &[]))
                .spawn()
                .unwrap();
            let deadline = Instant::now() + Duration::from_mins(1);
            while proxy.count(api::PRODUCE) < nth {
                assert!(
                    Instant::now() < deadline,
                    "no request {nth} at point {point}"
                );
                assert_eq!(child.try_wait().unwrap(), None, "point {point}");
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
            child.kill().unwrap();
            child.wait().unwrap();
        }
        proxy.reset();
        let ran = finish(
            program
                .command(&arguments(&bootstrap, &["--verify"]))
                .spawn()
                .unwrap(),
        );
        let ran = ran.exits(0);
        ran.stdout_has(" are there already\n");
        let awaited: Vec<_> = (0..3)
            .map(|index| (TopicPartition::new(topic.clone(), index), 6_000))
            .collect();
        for (partition, _) in &awaited {
            assert_eq!(end(&cluster, partition).await, 6_000);
            let after = taken(&cluster, partition).await;
            let index = usize::try_from(partition.partition).unwrap();
            assert_eq!(digest(&after), digest(&partitions[index]));
        }
    });
}

#[test]
fn records_that_the_topic_would_drop_are_refused() {
    let kafka = kafka::single();
    runtime().block_on(async {
        let cluster = connect(&kafka.bootstrap()).await;
        let id = cluster.describe_cluster().await.unwrap().id;
        let program = Program::new();
        let topic = kafka::topic_name("old");
        let mut old = varied(3, 0);
        old[1].timestamp = 1_000_000_000_000;
        let content = Content::new(&topic, vec![old.clone()]);
        write(&program.path().join("topic.snap"), &id, &[content], &[]);
        let bootstrap = kafka.bootstrap();
        let ran = program.run(&arguments(&bootstrap, &[])).exits(4);
        ran.stdout_has("[restore-expires]");
        assert!(!cluster.list_topics().await.unwrap().contains(&topic));
        let limit = ("message.timestamp.before.max.ms", "3600000");
        create(
            &cluster,
            &[new_topic(&topic, 1, &[limit, ("retention.ms", "-1")])],
        )
        .await;
        let ran = program.run(&arguments(&bootstrap, &[])).exits(4);
        ran.stdout_has("[timestamp-rejected]");
        let deleted = cluster.delete_topics(&[(topic.clone(), None)]).await;
        assert_eq!(deleted, [Answer::Done]);
    });
}

/// Waits until a partition has more than `before` records, and returns its end offset.
async fn grown(cluster: &LiveCluster, partition: &TopicPartition, before: i64) -> i64 {
    let deadline = Instant::now() + Duration::from_mins(1);
    loop {
        let asked = std::slice::from_ref(partition);
        let found = cluster.list_offsets(asked, OffsetSpec::Latest).await;
        let end = found.unwrap().remove(partition);
        if let Some(Seen::Value(Some(end))) = end
            && end > before
        {
            return end;
        }
        assert!(Instant::now() < deadline, "{partition:?} stays at {before}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[test]
fn a_lost_answer_is_not_forgotten_when_the_leader_dies_after_it() {
    // With short sessions a dead leader is noticed soon, and later requests are refused.
    let session = [
        ("broker.session.timeout.ms", "1500"),
        ("broker.heartbeat.interval.ms", "300"),
    ];
    let kafka = kafka::fresh(3, &session);
    let proxy = kafka.proxy();
    runtime().block_on(async {
        let cluster = connect(&kafka.bootstrap()).await;
        let program = Program::new();
        let records = varied(6_000, 0);
        let content = Content {
            overrides: &[("max.message.bytes", "30000")],
            ..Content::new("lost", vec![records.clone()])
        };
        let id = cluster.describe_cluster().await.unwrap().id;
        write(&program.path().join("topic.snap"), &id, &[content], &[]);
        let partition = TopicPartition::new("lost", 0);
        let bootstrap = proxy.bootstrap();
        let mut there = 0;
        // The answer to the first batch, and to a later one.
        for nth in [1, 3] {
            proxy.reset();
            proxy.on(api::PRODUCE, nth, Action::Swallow);
            let child = program
                .command(&arguments(&bootstrap, &["--timeout", "5s"]))
                .spawn()
                .unwrap();
            let deadline = Instant::now() + Duration::from_mins(1);
            while proxy.count(api::PRODUCE) < nth {
                assert!(Instant::now() < deadline, "no request {nth}");
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            let end = grown(&cluster, &partition, there).await;
            let topic = ["lost".to_owned()];
            let found = cluster.describe_topics(At::AnyBroker, &topic).await;
            let leader = found.unwrap()["lost"].value().unwrap().partitions[0].leader;
            kafka.kill_broker(leader.unwrap());
            let ran = finish(child).exits(6);
            let (least, most) = bounds(&ran.stderr);
            assert!(nth > 1 || least == 0, "{}", ran.stderr);
            assert!(least < most, "{}", ran.stderr);
            kafka.start_broker(leader.unwrap());
            there = grown(&cluster, &partition, there).await;
            assert!(
                end <= there && least <= there && there <= most,
                "{there}: {}",
                ran.stderr
            );
        }
        proxy.reset();
        program.run(&arguments(&bootstrap, &["--verify"])).exits(0);
        let after = taken(&cluster, &partition).await;
        assert_eq!(after.len(), records.len());
        assert_eq!(digest(&after), digest(&records));
    });
}

/// The numbers of `between 1 and 2 records are restored`.
fn bounds(said: &str) -> (i64, i64) {
    let words = said
        .split("between ")
        .nth(1)
        .unwrap_or_else(|| panic!("{said}"));
    let words = words.split(" records are restored").next().unwrap();
    let (least, most) = words.split_once(" and ").unwrap();
    (least.parse().unwrap(), most.parse().unwrap())
}

#[test]
fn a_restore_that_made_its_topic_and_can_write_nothing_says_so() {
    let kafka = kafka::single();
    runtime().block_on(async {
        let cluster = connect(&kafka.bootstrap()).await;
        let program = Program::new();
        let topic = kafka::topic_name("too-large");
        let mut large = varied(1, 3);
        let noise = |seed: u32| seed.wrapping_mul(2_654_435_761).to_le_bytes();
        large[0].value = Some((0..1_000).flat_map(noise).collect::<Vec<u8>>().into());
        let content = Content {
            overrides: &[("max.message.bytes", "1000")],
            ..Content::new(&topic, vec![large])
        };
        let id = cluster.describe_cluster().await.unwrap().id;
        write(&program.path().join("topic.snap"), &id, &[content], &[]);
        let bootstrap = kafka.bootstrap();
        let ran = program
            .run(&arguments(&bootstrap, &["--allow-large"]))
            .exits(5);
        let said = format!(
            "error: cannot write to partition 0 of `{topic}`: MESSAGE_TOO_LARGE; 1 topic is created, 0 records are restored\n"
        );
        ran.stderr_has(&said);
        // Again: nothing is written.
        program
            .run(&arguments(&bootstrap, &["--allow-large"]))
            .exits(4);
    });
}

#[test]
fn the_first_batch_that_lands_behind_another_restores_ends_a_restore() {
    let kafka = kafka::single();
    let proxy = kafka.proxy();
    runtime().block_on(async {
        let cluster = connect(&kafka.bootstrap()).await;
        let id = cluster.describe_cluster().await.unwrap().id;
        // Another machine restores everything before the first batch, and before the second.
        for (nth, more) in [(1, None), (2, Some("--append"))] {
            let topic = kafka::topic_name("two-restores");
            create(&cluster, &[new_topic(&topic, 1, &[("max.message.bytes", "30000")])]).await;
            let partition = TopicPartition::new(topic.clone(), 0);
            let records = varied(3_000, 0);
            let content = || Content::new(&topic, vec![records.clone()]);
            let (here, elsewhere) = (Program::new(), Program::new());
            for program in [&here, &elsewhere] {
                write(&program.path().join("topic.snap"), &id, &[content()], &[]);
            }
            let bootstrap = kafka.bootstrap();
            let meanwhile: Action = Action::After(Arc::new(move || {
                let more: Vec<&str> = more.into_iter().collect();
                let ran = elsewhere.run(&arguments(&bootstrap, &more));
                assert_eq!(ran.code, Some(0), "{}{}", ran.stdout, ran.stderr);
            }));
            proxy.reset();
            proxy.on(api::PRODUCE, nth, meanwhile);
            let bootstrap = proxy.bootstrap();
            let ran = here.run(&arguments(&bootstrap, &[])).exits(5);
            let after = taken(&cluster, &partition).await;
            let is_other = |(at, record): &(i64, &Record)| {
                let own = records.get(usize::try_from(*at).unwrap());
                own.is_none_or(|own| own.key != record.key)
            };
            let first = (0..).zip(&after).find(is_other);
            let first = first.map_or(3_000, |(at, _)| at);
            let from = if nth == 1 { 0 } else { first };
            let said = format!(
                "error: partition 0 of `{topic}` has records of another writer at offsets {from} to {}: a batch that was to be at {from} is at {}; {from} records are restored, ",
                from + 2_999,
                from + 3_000,
            );
            ran.stderr_has(&said);
            let behind = i64::try_from(after.len()).unwrap() - 3_000 - from;
            let said = format!("{behind} more at other offsets\n");
            ran.stderr_has(&said);
            assert!((1..3_000).contains(&behind), "{behind}");
            let hint = "hint: the same command does not go on: see that nothing else writes to it, delete the topic";
            ran.stderr_has(hint);
            here.run(&arguments(&bootstrap, &[])).exits(4);
        }
    });
}
