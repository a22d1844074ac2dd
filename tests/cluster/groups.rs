//! Groups and records as only real Kafka has them.

use std::collections::{BTreeMap, BTreeSet};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rdkafka::TopicPartitionList;
use rdkafka::config::ClientConfig;
use rdkafka::producer::{BaseProducer, BaseRecord, FutureProducer, FutureRecord, Producer};
use rdkafka::topic_partition_list::Offset;
use tonkafka::cluster::groups::{Groups, Pending};
use tonkafka::cluster::live::LiveCluster;
use tonkafka::cluster::{Answer, Cluster, NewTopic};
use tonkafka::local::artefacts::DEFAULT_VERSION;
use tonkafka::model::group::{
    Commits, Committed, DescribedGroup, GroupState, GroupType, RecordTime,
};
use tonkafka::model::measure::TopicPartition;
use tonkafka::model::seen::{Cause, Seen, Unseen};

use crate::contract_groups;
use crate::support::apache::JVM;
use crate::support::kafka;
use crate::support::live::{codes, connect, connect_for, create, new_topic, runtime};
use crate::support::proxy::{Action, api};
use crate::support::reader::Reader;

const WAIT: Duration = Duration::from_secs(30);

fn key(topic: &str, partition: i32) -> TopicPartition {
    (topic.to_owned(), partition)
}

async fn described(cluster: &dyn Cluster, id: &str) -> Seen<DescribedGroup> {
    let ids = [id.to_owned()];
    cluster
        .describe_groups(&ids)
        .await
        .unwrap()
        .remove(id)
        .unwrap()
}

/// The group as soon as it is as wanted.
async fn group(
    cluster: &dyn Cluster,
    id: &str,
    wanted: impl Fn(&DescribedGroup) -> bool,
) -> DescribedGroup {
    let deadline = Instant::now() + WAIT;
    loop {
        let seen = described(cluster, id).await;
        match seen {
            Seen::Value(group) if wanted(&group) => return group,
            other => assert!(Instant::now() < deadline, "{other:?}"),
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

async fn next(cluster: &dyn Cluster, topic: &str, offset: i64) -> Seen<Option<RecordTime>> {
    let item = key(topic, 0);
    let found = cluster.next_records(&[(item.clone(), offset)]).await;
    found.unwrap().remove(&item).unwrap()
}

fn producer(bootstrap: &str, settings: &[(&str, &str)]) -> ClientConfig {
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", bootstrap);
    for (key, value) in settings {
        config.set(*key, *value);
    }
    config
}

/// Sends records with timestamps 1000, 1001, … to a partition, as many as can be in one batch.
async fn produce(bootstrap: &str, topic: &str, partition: i32, payloads: &[String]) {
    let settings = [("linger.ms", "100"), ("message.max.bytes", "2000000")];
    let producer: FutureProducer = producer(bootstrap, &settings).create().unwrap();
    let sent: Vec<_> = payloads
        .iter()
        .zip(1_000..)
        .map(|(payload, timestamp)| {
            let record = FutureRecord::<(), _>::to(topic)
                .partition(partition)
                .timestamp(timestamp)
                .payload(payload);
            producer.send_result(record).unwrap()
        })
        .collect();
    for delivery in sent {
        delivery.await.unwrap().unwrap();
    }
}

#[test]
fn a_group_of_the_newer_protocol() {
    if !kafka::has_newer_groups() {
        return;
    }
    let kafka = kafka::single();
    let name = kafka::topic_name("newer");
    runtime().block_on(async {
        let cluster = connect(&kafka.bootstrap()).await;
        create(&cluster, &[new_topic(&name, 2, &[])]).await;
        let settings = [("group.protocol", "consumer")];
        let reader = Reader::start(&kafka.bootstrap(), &name, &name, &settings);
        let is_stable = |group: &DescribedGroup| {
            let has_all = |one: &tonkafka::model::group::Member| one.assignment.contains_key(&name);
            group.state == GroupState::Stable && group.members.iter().all(has_all)
        };
        let found = group(&cluster, &name, is_stable).await;
        assert_eq!(found.group_type, GroupType::Consumer);
        assert_eq!(found.protocol_type, "consumer");
        assert_eq!(found.assignor.as_deref(), Some("uniform"));
        assert!(found.epoch.unwrap() > 0);
        let [member] = found.members.as_slice() else {
            panic!("{found:?}")
        };
        assert_eq!(member.client_id, "reader");
        assert_eq!(member.host, "127.0.0.1");
        let assignment = BTreeMap::from([(name.clone(), vec![0, 1])]);
        assert_eq!(member.assignment, assignment);
        let listed = cluster.list_groups().await.unwrap();
        assert_eq!(listed.groups[&name].group_type, GroupType::Consumer);
        assert_eq!(listed.groups[&name].state, Some(GroupState::Stable));

        reader.commit(&name, 0, 0);
        let items = [(key(&name, 1), Committed::at(1))];
        let answers = cluster.commit_offsets(&name, &items).await;
        assert_eq!(codes(&answers), ["UNKNOWN_MEMBER_ID"]);
        let ids = [name.clone()];
        let answers = cluster.delete_groups(&ids).await;
        assert_eq!(codes(&answers), ["NON_EMPTY_GROUP"]);
        let partitions = [key(&name, 0)];
        let answers = cluster.delete_offsets(&name, &partitions).await;
        assert_eq!(codes(&answers), ["GROUP_SUBSCRIBED_TO_TOPIC"]);

        drop(reader);
        group(&cluster, &name, DescribedGroup::is_empty).await;
        let answers = cluster.commit_offsets(&name, &items).await;
        assert_eq!(codes(&answers), ["done"]);
        let found = cluster.fetch_offsets(&ids, Pending::Told).await.unwrap();
        let both = [0, 1].map(|index| {
            let committed = Committed::at(i64::from(index));
            (key(&name, index), Seen::Value(committed))
        });
        assert_eq!(found[&name], Seen::Value(Commits::from(both)));
        assert_eq!(codes(&cluster.delete_groups(&ids).await), ["done"]);
        assert_eq!(described(&cluster, &name).await, Seen::Absent);
    });
}

/// Apache's share consumer; killed when dropped.
struct ShareReader(Child);

impl ShareReader {
    fn start(bootstrap: &str, group: &str, topic: &str) -> Self {
        let main_class = "org.apache.kafka.tools.consumer.ConsoleShareConsumer";
        let mut java: Command = kafka::artefacts(DEFAULT_VERSION).command(JVM, main_class);
        java.args(["--bootstrap-server", bootstrap])
            .args(["--group", group, "--topic", topic])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        Self(java.spawn().unwrap())
    }

    /// Ends it in order, so that it leaves its group.
    fn leave(mut self) {
        let id = rustix::process::Pid::from_child(&self.0);
        rustix::process::kill_process(id, rustix::process::Signal::TERM).unwrap();
        self.0.wait().unwrap();
    }
}

impl Drop for ShareReader {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn a_share_group() {
    let properties = [
        ("share.coordinator.state.topic.replication.factor", "1"),
        ("share.coordinator.state.topic.min.isr", "1"),
        ("share.coordinator.state.topic.num.partitions", "2"),
    ];
    if !kafka::has_newer_groups() {
        return;
    }
    let kafka = kafka::fresh(1, &properties);
    let name = kafka::topic_name("share");
    runtime().block_on(async {
        let cluster = connect(&kafka.bootstrap()).await;
        create(&cluster, &[new_topic(&name, 2, &[])]).await;
        let payloads: Vec<String> = (0..5).map(|number| number.to_string()).collect();
        produce(&kafka.bootstrap(), &name, 1, &payloads).await;
        let reader = ShareReader::start(&kafka.bootstrap(), &name, &name);
        let is_stable = |group: &DescribedGroup| {
            let all = BTreeMap::from([(name.clone(), vec![0, 1])]);
            group.members.iter().any(|one| one.assignment == all)
        };
        let found = group(&cluster, &name, is_stable).await;
        assert_eq!(found.group_type, GroupType::Share);
        assert_eq!(found.protocol_type, "share");
        assert_eq!(found.state, GroupState::Stable);
        assert!(found.epoch.unwrap() > 0);
        assert_eq!(found.members[0].host, "127.0.0.1");
        let listed = cluster.list_groups().await.unwrap();
        assert_eq!(listed.groups[&name].group_type, GroupType::Share);
        assert_eq!(listed.groups[&name].protocol_type, "share");

        // Until its members have been given records a share starts nowhere.
        let deadline = Instant::now() + WAIT;
        let start = loop {
            produce(&kafka.bootstrap(), &name, 1, &payloads).await;
            tokio::time::sleep(Duration::from_millis(500)).await;
            if let Some(start) = share_start(&cluster, &name).await {
                break start;
            }
            assert!(Instant::now() < deadline);
        };
        assert!(start >= 5, "{start}");
        contract_groups::share_group_with_members(&cluster, &name, &name).await;

        reader.leave();
        group(&cluster, &name, DescribedGroup::is_empty).await;
        contract_groups::share_group_without_members(&cluster, &name, &name).await;
    });
}

/// Where a share group's second partition starts.
async fn share_start(cluster: &dyn Cluster, id: &str) -> Option<i64> {
    let ids = [id.to_owned()];
    let mut found = cluster.fetch_share_offsets(&ids).await.unwrap();
    let Some(Seen::Value(starts)) = found.remove(id) else {
        panic!()
    };
    let start = starts.get(&key(id, 1)).and_then(Seen::value);
    start.map(|start| start.offset)
}

#[test]
fn records_of_every_codec() {
    let kafka = kafka::single();
    runtime().block_on(async {
        let cluster = connect(&kafka.bootstrap()).await;
        for codec in ["uncompressed", "gzip", "snappy", "lz4", "zstd"] {
            let name = kafka::topic_name(codec);
            // The broker compresses what it is sent.
            let configs = [("compression.type", codec), ("retention.ms", "-1")];
            create(&cluster, &[new_topic(&name, 1, &configs)]).await;
            let payloads: Vec<String> = (0..10)
                .map(|number| format!("{number}").repeat(99))
                .collect();
            produce(&kafka.bootstrap(), &name, 0, &payloads).await;
            for offset in [0, 5, 9] {
                let timestamp = Some(1_000 + offset);
                let record = RecordTime { offset, timestamp };
                let found = next(&cluster, &name, offset).await;
                assert_eq!(found, Seen::Value(Some(record)), "{codec}");
            }
            assert_eq!(next(&cluster, &name, 10).await, Seen::Value(None));
        }
    });
}

/// Brokers give only one partition of a request a batch that is larger than its limit.
#[test]
fn records_of_large_batches() {
    let kafka = kafka::single();
    let name = kafka::topic_name("large");
    runtime().block_on(async {
        let cluster = connect(&kafka.bootstrap()).await;
        let configs = [("retention.ms", "-1"), ("max.message.bytes", "2000000")];
        create(&cluster, &[new_topic(&name, 6, &configs)]).await;
        for partition in 0..6 {
            let payloads = ["x".repeat(900_000)];
            produce(&kafka.bootstrap(), &name, partition, &payloads).await;
        }
        let items: Vec<_> = (0..6).map(|index| (key(&name, index), 0)).collect();
        let found = cluster.next_records(&items).await.unwrap();
        let record = RecordTime {
            offset: 0,
            timestamp: Some(1_000),
        };
        assert_eq!(found.len(), 6);
        for seen in found.values() {
            assert_eq!(seen, &Seen::Value(Some(record)));
        }
    });
}

#[test]
fn records_around_the_ends_of_transactions() {
    let kafka = kafka::single();
    let name = kafka::topic_name("transactions");
    runtime().block_on(async {
        let cluster = connect(&kafka.bootstrap()).await;
        create(&cluster, &[new_topic(&name, 1, &[("retention.ms", "-1")])]).await;
        let settings = [("transactional.id", name.as_str())];
        let producer: BaseProducer = producer(&kafka.bootstrap(), &settings).create().unwrap();
        producer.init_transactions(WAIT).unwrap();
        let send = |timestamp| {
            let record = BaseRecord::<(), str>::to(&name)
                .payload("x")
                .timestamp(timestamp);
            producer.send(record).map_err(|(error, _)| error).unwrap();
        };
        producer.begin_transaction().unwrap();
        send(1_000);
        send(2_000);
        producer.commit_transaction(WAIT).unwrap();
        producer.begin_transaction().unwrap();
        send(3_000);
        producer.flush(WAIT).unwrap();
        producer.abort_transaction(WAIT).unwrap();

        let record = |offset, timestamp| {
            Seen::Value(Some(RecordTime {
                offset,
                timestamp: Some(timestamp),
            }))
        };
        assert_eq!(next(&cluster, &name, 1).await, record(1, 2_000));
        assert_eq!(next(&cluster, &name, 2).await, record(3, 3_000));
        assert_eq!(next(&cluster, &name, 4).await, Seen::Value(None));
        assert_eq!(next(&cluster, &name, 5).await, Seen::Value(None));
    });
}

#[test]
fn records_that_the_broker_gave_their_time() {
    let kafka = kafka::single();
    let name = kafka::topic_name("append-time");
    runtime().block_on(async {
        let cluster = connect(&kafka.bootstrap()).await;
        let configs = [("message.timestamp.type", "LogAppendTime")];
        create(&cluster, &[new_topic(&name, 1, &configs)]).await;
        produce(&kafka.bootstrap(), &name, 0, &["x".to_owned()]).await;
        let Seen::Value(Some(record)) = next(&cluster, &name, 0).await else {
            panic!()
        };
        assert_eq!(record.offset, 0);
        assert!(record.timestamp.unwrap() > 1_600_000_000_000);
    });
}

#[test]
fn commits_of_an_open_transaction() {
    let kafka = kafka::single();
    let name = kafka::topic_name("open");
    runtime().block_on(async {
        let cluster = connect(&kafka.bootstrap()).await;
        create(&cluster, &[new_topic(&name, 2, &[])]).await;
        let reader = Reader::start(&kafka.bootstrap(), &name, &name, &[]);
        reader.commit(&name, 0, 1);
        reader.commit(&name, 1, 1);
        let settings = [("transactional.id", name.as_str())];
        let producer: BaseProducer = producer(&kafka.bootstrap(), &settings).create().unwrap();
        producer.init_transactions(WAIT).unwrap();
        producer.begin_transaction().unwrap();
        let mut offsets = TopicPartitionList::new();
        offsets
            .add_partition_offset(&name, 1, Offset::Offset(7))
            .unwrap();
        producer
            .send_offsets_to_transaction(&offsets, &reader.metadata(), WAIT)
            .unwrap();

        let ids = [name.clone()];
        let fetch = async |pending| {
            let mut found = cluster.fetch_offsets(&ids, pending).await.unwrap();
            match found.remove(&name) {
                Some(Seen::Value(commits)) => commits,
                other => panic!("{other:?}"),
            }
        };
        let last = fetch(Pending::Ignored).await;
        assert_eq!(last[&key(&name, 1)], Seen::Value(Committed::at(1)));
        let told = fetch(Pending::Told).await;
        let words = "UNSTABLE_OFFSET_COMMIT".to_owned();
        assert_eq!(told[&key(&name, 1)], Seen::unavailable(words));
        assert_eq!(told[&key(&name, 0)], Seen::Value(Committed::at(1)));
        producer.commit_transaction(WAIT).unwrap();
        let deadline = Instant::now() + WAIT;
        while fetch(Pending::Told).await[&key(&name, 1)] != Seen::Value(Committed::at(7)) {
            assert!(Instant::now() < deadline);
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    });
}

#[test]
fn many_groups_are_few_requests() {
    let kafka = kafka::three();
    let name = kafka::topic_name("few");
    let proxy = kafka.proxy();
    runtime().block_on(async {
        let cluster = connect(&proxy.bootstrap()).await;
        create(&cluster, &[new_topic(&name, 1, &[])]).await;
        let ids: Vec<String> = (0..50).map(|number| format!("{name}-{number}")).collect();
        let items = [(key(&name, 0), Committed::at(0))];
        for id in &ids {
            assert_eq!(codes(&cluster.commit_offsets(id, &items).await), ["done"]);
        }
        proxy.reset();
        let found = cluster.describe_groups(&ids).await.unwrap();
        let coordinators: BTreeSet<i32> = found
            .values()
            .map(|seen| seen.value().unwrap().coordinator)
            .collect();
        assert!(coordinators.len() > 1);
        assert_eq!(proxy.count(api::FIND_COORDINATOR), 1);
        assert_eq!(proxy.count(api::DESCRIBE_GROUPS), coordinators.len());
        proxy.reset();
        let found = cluster.fetch_offsets(&ids, Pending::Told).await.unwrap();
        let one = Commits::from([(key(&name, 0), Seen::Value(Committed::at(0)))]);
        assert!(found.values().all(|seen| *seen == Seen::Value(one.clone())));
        assert_eq!(proxy.count(api::FIND_COORDINATOR), 1);
        assert_eq!(proxy.count(api::OFFSET_FETCH), coordinators.len());
        assert_eq!(proxy.requests().len(), 1 + coordinators.len());
    });
}

#[test]
fn a_commit_whose_answer_is_lost_is_sent_once() {
    let kafka = kafka::single();
    let name = kafka::topic_name("lost");
    let proxy = kafka.proxy();
    runtime().block_on(async {
        let cluster = connect(&proxy.bootstrap()).await;
        create(&cluster, &[new_topic(&name, 1, &[])]).await;
        // The lost answer must not be one of a coordinator that is not ready yet.
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
        let Seen::Unseen(Unseen {
            cause: Cause::Unavailable,
            words: why,
        }) = &found[id]
        else {
            panic!("{:?}", found[id])
        };
        assert!(why.contains(words), "{why}");
    }
}
