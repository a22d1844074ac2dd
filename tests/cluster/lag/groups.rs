//! The lag of groups, compared with Apache's tool.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use rdkafka::TopicPartitionList;
use rdkafka::config::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::error::KafkaError;
use serde_json::{Value, json};
use tonkafka::cluster::{Answer, Cluster};
use tonkafka::model::measure::TopicPartition;

use super::{KEPT, WAIT, commit, document, lag, many, produce};
use crate::program::Program;
use crate::support::live::{connect, create, new_topic, runtime};
use crate::support::proxy::api;
use crate::support::reader::Reader;
use crate::support::{apache, kafka};

/// A partition as a tool prints it: committed, log end, lag, client; `-` if unknown.
type Rows = BTreeMap<(String, String, String), [String; 4]>;

/// Parses `ConsumerGroupCommand --describe`: GROUP TOPIC PARTITION CURRENT-OFFSET LOG-END-OFFSET
/// LAG CONSUMER-ID HOST CLIENT-ID, one table per group.
fn theirs(bootstrap: &str, groups: &[&str]) -> Rows {
    let groups = groups.iter().flat_map(|group| ["--group", group]);
    let arguments: Vec<&str> = ["--describe"].into_iter().chain(groups).collect();
    let said = apache::consumer_groups(bootstrap, &arguments).ok();
    let rows = said
        .lines()
        .map(|line| line.split_whitespace().collect::<Vec<_>>());
    let rows = rows.filter(|words| words.len() == 9 && words[0] != "GROUP");
    rows.map(|words| {
        let word = |place: usize| words[place].to_owned();
        let key = (word(0), word(1), word(2));
        (key, [word(3), word(4), word(5), word(8)])
    })
    .collect()
}

fn ours(document: &Value) -> Rows {
    let mut rows = Rows::new();
    let word = |value: &Value| match value {
        Value::Null => "-".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    for group in document["groups"].as_array().unwrap() {
        let clients: BTreeMap<String, String> = group["members"]
            .as_array()
            .unwrap()
            .iter()
            .map(|member| (word(&member["id"]), word(&member["clientId"])))
            .collect();
        for topic in group["topics"].as_array().unwrap() {
            for partition in topic["partitions"].as_array().unwrap() {
                let key = (
                    word(&group["id"]),
                    word(&topic["topic"]),
                    word(&partition["partition"]),
                );
                let client = clients.get(&word(&partition["member"]));
                // Apache's tool shows no lag without a commit.
                let lag = match partition["standing"].as_str() {
                    Some("noCommit") => &Value::Null,
                    _ => &partition["lag"],
                };
                let cells = [
                    word(&partition["committed"]["offset"]),
                    word(&partition["logEnd"]),
                    word(lag),
                    client.cloned().unwrap_or_else(|| "-".to_owned()),
                ];
                rows.insert(key, cells);
            }
        }
    }
    rows
}

#[test]
fn lag_is_what_apaches_tool_says() {
    let has_newer = kafka::has_newer_groups();
    let kafka = kafka::single();
    let at = kafka.bootstrap();
    let [one, two] = ["lag-one", "lag-two"].map(kafka::topic_name);
    let [empty, classic, newer] = ["lag-empty", "lag-classic", "lag-newer"].map(kafka::topic_name);
    let rows = runtime().block_on(async {
        let cluster = connect(&at).await;
        create(
            &cluster,
            &[new_topic(&one, 3, &[KEPT]), new_topic(&two, 2, &[KEPT])],
        )
        .await;
        for (topic, partition, count) in [(&one, 0, 10), (&one, 1, 7), (&two, 1, 5)] {
            produce(&at, topic, partition, &vec![1_000; count]).await;
        }
        commit(
            &cluster,
            &empty,
            &[(&one, 0, 4), (&one, 1, 7), (&two, 1, 0)],
        )
        .await;
        let reader = Reader::start(&at, &classic, &one, &[]);
        reader.commit(&one, 0, 9);
        let newer_reader = has_newer.then(|| {
            let reader = Reader::start(&at, &newer, &two, &[("group.protocol", "consumer")]);
            reader.commit(&two, 1, 2);
            reader
        });
        let mut groups = vec![empty.as_str(), classic.as_str()];
        groups.extend(newer_reader.is_some().then_some(newer.as_str()));
        let mut rows = ours(&document(&at, &groups));
        // It does not list partitions without a commit and a reader either.
        for (topic, partition) in [(&one, "2"), (&two, "0")] {
            let row = rows.remove(&(empty.clone(), topic.clone(), partition.to_owned()));
            assert_eq!(row.unwrap(), ["-", "0", "-", "-"]);
        }
        assert_eq!(rows, theirs(&at, &groups));
        rows
    });
    let key = |partition: &str| (classic.clone(), one.clone(), partition.to_owned());
    assert_eq!(rows[&key("0")], ["9", "10", "1", "reader"]);
    // Assigned, but without a commit.
    assert_eq!(rows[&key("2")], ["-", "0", "-", "reader"]);
    assert_eq!(rows.len(), if has_newer { 8 } else { 6 });
}

/// A group without members that committed for one of three partitions, at its end. Its next
/// consumer reads the other two from their start.
#[test]
fn what_a_consumer_left_without_a_commit_is_lag() {
    let kafka = kafka::single();
    let at = kafka.bootstrap();
    let name = kafka::topic_name("lag-left");
    runtime().block_on(async {
        let cluster = connect(&at).await;
        create(&cluster, &[new_topic(&name, 3, &[KEPT])]).await;
        for (partition, count) in [(0, 50), (1, 40), (2, 30)] {
            produce(&at, &name, partition, &vec![1_000; count]).await;
        }
        let answers = cluster
            .delete_records(&[(TopicPartition::new(name.clone(), 2), 10)])
            .await;
        assert_eq!(answers, [Answer::Done]);
        commit(&cluster, &name, &[(&name, 0, 50)]).await;
    });
    let key = |partition: &str| (name.clone(), name.clone(), partition.to_owned());
    let row = ["50", "50", "0", "-"].map(str::to_owned);
    assert_eq!(theirs(&at, &[&name]), BTreeMap::from([(key("0"), row)]));

    lag(&at, &[&name, "--fail-over", "60"]).exits(0);
    let over = [
        &name,
        "--fail-over",
        "59",
        "--fail-over-time",
        "365d",
        "-o",
        "json",
    ];
    let ran = lag(&at, &over).exits(3);
    let says = format!("over the limit: `{name}` (lag 60, counted from the log start: no commit, ");
    ran.stderr_starts(&says);
    ran.stderr_ends(&format!(" in {name}/1, no commit)\n"));
    let document = ran.json();
    let group = &document["groups"][0];
    assert_eq!(
        (&group["total"]["lag"], &group["total"]["fromLogStart"]),
        (&json!(60), &json!(60))
    );
    let partitions = group["topics"][0]["partitions"].as_array().unwrap();
    let seen: Vec<(&str, i64)> = partitions
        .iter()
        .map(|one| {
            (
                one["standing"].as_str().unwrap(),
                one["lag"].as_i64().unwrap(),
            )
        })
        .collect();
    assert_eq!(seen, [("caughtUp", 0), ("noCommit", 40), ("noCommit", 20)]);
    assert_eq!(partitions[2]["next"]["offset"], 10);
    // The guard of deletion counts the same.
    let delete = ["topics", "delete", &name, "--dry-run", "-b", &at];
    let ran = Program::new()
        .run(&[&delete[..], &["--allow-delete", "1"]].concat())
        .exits(4);
    let says = format!(
        "topic {name}: it is in use: group {name} has 60 records of it to read [topic-in-use]"
    );
    ran.stdout_has(&says);

    let mut config = ClientConfig::new();
    config
        .set("bootstrap.servers", &at)
        .set("group.id", &name)
        .set("auto.offset.reset", "earliest")
        .set("enable.partition.eof", "true");
    let consumer: BaseConsumer = config.create().unwrap();
    consumer.subscribe(&[&name]).unwrap();
    let deadline = Instant::now() + WAIT;
    let (mut read, mut ends) = (0, 0);
    while ends < 3 {
        assert!(Instant::now() < deadline, "read {read} up to {ends} ends");
        match consumer.poll(Duration::from_secs(1)) {
            Some(Ok(_)) => read += 1,
            Some(Err(KafkaError::PartitionEOF(_))) => ends += 1,
            Some(Err(error)) => panic!("{error}"),
            None => {}
        }
    }
    assert_eq!(read, 60);
}

#[test]
fn looking_at_a_group_leaves_it_alone() {
    let kafka = kafka::single();
    let at = kafka.bootstrap();
    let name = kafka::topic_name("lag-alone");
    runtime().block_on(async {
        let cluster = connect(&at).await;
        create(&cluster, &[new_topic(&name, 2, &[])]).await;
        for protocol in kafka::protocols() {
            let group = format!("{name}-{protocol}");
            let reader = Reader::start(&at, &group, &name, &[("group.protocol", protocol)]);
            reader.commit(&name, 0, 0);
            let described = || {
                let arguments = ["describe", "group", &group, "-o", "json", "-b", &at];
                let document = Program::new().run(&arguments).exits(0).json();
                let group = &document["groups"][0];
                (group["members"].clone(), group["epoch"].clone())
            };
            let deadline = Instant::now() + WAIT;
            let before = loop {
                let seen = described();
                if seen.0[0]["assignment"][&name] == json!([0, 1]) {
                    break seen;
                }
                assert!(Instant::now() < deadline, "{seen:?}");
            };
            lag(&at, &[&group, "--time"]).exits(0);
            assert_eq!(described(), before);
        }
    });
}

#[test]
fn rounds_do_not_depend_on_the_number_of_groups() {
    let kafka = kafka::three();
    let name = kafka::topic_name("lag-rounds");
    let proxy = kafka.proxy();
    let at = proxy.bootstrap();
    let topics = [name.clone()];
    runtime().block_on(async {
        let cluster = connect(&kafka.bootstrap()).await;
        create(&cluster, &[new_topic(&name, 1, &[KEPT])]).await;
        many(&cluster, &name, 500, &topics).await;
    });
    proxy.reset();
    let document = document(&at, &["--all-groups"]);
    let groups = document["groups"].as_array().unwrap();
    let own = groups
        .iter()
        .filter(|group| group["id"].as_str().unwrap().starts_with(&name));
    assert_eq!(own.count(), 500);
    let brokers = 3;
    // Describing and commits: each finds the coordinators, then asks each once.
    assert!(proxy.count(api::FIND_COORDINATOR) <= 2);
    assert!(proxy.count(api::DESCRIBE_GROUPS) <= brokers);
    assert!(proxy.count(api::OFFSET_FETCH) <= brokers);
    // Log start and log end offsets, from each leader.
    assert!(proxy.count(api::LIST_OFFSETS) <= 2 * brokers);
    let all = proxy.requests();
    assert!(all.len() < 50, "{all:?}");
}

/// A consumer that assigns itself partitions is no member: only its commits change.
#[test]
fn a_simple_consumer_is_found_out_by_watching() {
    let kafka = kafka::single();
    let at = kafka.bootstrap();
    let name = kafka::topic_name("lag-simple");
    runtime().block_on(async {
        let cluster = connect(&at).await;
        create(&cluster, &[new_topic(&name, 1, &[KEPT])]).await;
        produce(&at, &name, 0, &[1_000; 50]).await;
        commit(&cluster, &name, &[(&name, 0, 0)]).await;
    });
    let program = Program::new();
    let arguments = [
        "lag",
        &name,
        "--watch",
        "--interval",
        "200ms",
        "-o",
        "json",
        "-b",
        &at,
    ];
    let child = program.command(&arguments).spawn().unwrap();
    let mut config = ClientConfig::new();
    config
        .set("bootstrap.servers", &at)
        .set("group.id", &name)
        .set("enable.auto.commit", "false");
    let consumer: BaseConsumer = config.create().unwrap();
    for offset in 1..=20 {
        std::thread::sleep(Duration::from_millis(100));
        let mut list = TopicPartitionList::new();
        let offset = rdkafka::Offset::Offset(offset);
        list.add_partition_offset(&name, 0, offset).unwrap();
        consumer
            .commit(&list, rdkafka::consumer::CommitMode::Sync)
            .unwrap();
    }
    let id = rustix::process::Pid::from_child(&child);
    rustix::process::kill_process(id, rustix::process::Signal::INT).unwrap();
    let looks = crate::program::finish(child).exits(0).documents();
    let last = &looks.last().unwrap()["groups"][0];
    assert_eq!(last["state"], "Empty");
    assert_eq!(last["simpleConsumer"], true);
    assert_eq!(last["total"]["pace"]["trend"], "shrinking");
    assert_eq!(looks[0]["groups"][0]["simpleConsumer"], false);
}
