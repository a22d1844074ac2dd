//! `lag --all-groups` of 500 groups, compared with Kafka's `kafka-consumer-groups --describe
//! --all-groups`, alternating on the same broker: whole processes.
#![allow(clippy::too_many_lines, reason = "a benchmark tells a whole story")]
#![allow(clippy::unwrap_used, reason = "a benchmark fails by panicking")]
#![allow(clippy::print_stdout, reason = "a benchmark prints what it measured")]

use std::time::{Duration, Instant};

use tonkafka::cluster::groups::Groups as _;
use tonkafka::cluster::live::LiveCluster;
use tonkafka::cluster::security::{PlaintextLogin, Security};
use tonkafka::cluster::settings::{CLIENT_ID, ConnectionSettings};
use tonkafka::cluster::{Answer, Cluster as _, Mode, NewTopic};
use tonkafka::model::group::Committed;
use tonkafka::model::measure::TopicPartition;

#[path = "../tests/support/program.rs"]
#[allow(dead_code, reason = "the tests need the rest")]
mod program;
#[path = "../tests/cluster/support/mod.rs"]
#[allow(dead_code, reason = "the tests need the rest")]
mod support;

use program::Program;
use support::{apache, kafka};

const ROUNDS: usize = 5;
const GROUPS: usize = 500;
const TOPICS: usize = 10;
const PARTITIONS: i32 = 6;

fn main() {
    let kafka = kafka::fresh(1, &[]);
    let at = kafka.bootstrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(fill(&at));
    let program = Program::new();
    let rows = GROUPS * usize::try_from(PARTITIONS).unwrap();

    let mut ours = Vec::new();
    let mut theirs = Vec::new();
    for _ in 0..ROUNDS {
        ours.push(time(|| {
            let arguments = ["lag", "--all-groups", "--by", "partition", "-b", &at];
            let said = program.command(&arguments).output().unwrap().stdout;
            let said = String::from_utf8(said).unwrap();
            let is_row = |line: &&str| line.starts_with("group-");
            assert_eq!(said.lines().filter(is_row).count(), rows);
        }));
        theirs.push(time(|| {
            let arguments = ["--describe", "--all-groups", "--timeout", "60000"];
            let said = apache::consumer_groups(&at, &arguments).ok();
            let is_row = |line: &&str| line.starts_with("group-");
            assert_eq!(said.lines().filter(is_row).count(), rows);
        }));
    }
    let (ours, theirs) = (median(ours), median(theirs));
    println!("tonkafka lag --all-groups                      median {ours:?}");
    println!("kafka-consumer-groups --describe --all-groups  median {theirs:?}");
    println!(
        "ratio                                          {:.1}",
        theirs.as_secs_f64() / ours.as_secs_f64()
    );
}

/// Creates groups that committed for all partitions of one topic each.
async fn fill(bootstrap: &str) {
    let settings = ConnectionSettings {
        client_id: CLIENT_ID.to_owned(),
        bootstrap: vec![bootstrap.to_owned()],
        security: Security::default(),
        plaintext_login: PlaintextLogin::default(),
        timeout: Duration::from_mins(1),
    };
    let cluster = LiveCluster::connect(&settings).await.unwrap();
    let topics: Vec<NewTopic> = (0..TOPICS)
        .map(|number| NewTopic {
            name: format!("topic-{number}"),
            partitions: PARTITIONS,
            replicas: Some(1),
            configs: std::collections::BTreeMap::new(),
        })
        .collect();
    cluster.create_topics(&topics, Mode::Write).await;
    for number in 0..GROUPS {
        let topic = &topics[number % TOPICS].name;
        let commits: Vec<(TopicPartition, Committed)> = (0..PARTITIONS)
            .map(|partition| {
                (
                    TopicPartition::new(topic.clone(), partition),
                    Committed::at(0),
                )
            })
            .collect();
        let group = format!("group-{number:03}");
        let answers = cluster.commit_offsets(&group, &commits).await;
        assert!(
            answers.iter().all(|answer| *answer == Answer::Done),
            "{answers:?}"
        );
    }
}

fn time(run: impl FnOnce()) -> Duration {
    let start = Instant::now();
    run();
    start.elapsed()
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}
