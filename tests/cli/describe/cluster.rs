//! Brokers, log directories, the quorum and API versions.

use std::collections::BTreeMap;

use serde_json::json;
use tonkafka::cluster::fake::{FakeLog, FakeLogDir, State};
use tonkafka::model::quorum::QuorumReplica;

use super::{MANIFEST, cluster};
use crate::fake::Bench;

#[test]
fn brokers_and_the_cluster() {
    let mut state = cluster();
    state
        .broker_defaults
        .insert("message.max.bytes".into(), "1000000".into());
    state
        .broker_configs
        .insert(2, [("message.max.bytes".into(), "2000000".into())].into());
    let bench = Bench::new(MANIFEST, &state);
    assert_eq!(
        bench.run(&["describe", "brokers"]).exits(0).stdout,
        "\
ID  HOST       PORT  RACK  STATE  LEADS
 1  localhost  9092  -     live       5
 2  localhost  9093  -     live       3
 3  localhost  9094  -     live       3
"
    );
    assert_eq!(
        bench.run(&["describe", "broker", "2"]).exits(0).stdout,
        "\
SETTING            VALUE           SOURCE       KIND     ELSEWHERE
message.max.bytes  2000000 (2 MB)  this broker  dynamic  all brokers: 1000000, default: 1048588
"
    );
    let all = bench.run(&["describe", "broker", "2", "--all"]).exits(0);
    assert!(all.stdout.lines().count() > 200);
    let wrong = bench.run(&["describe", "broker", "9"]).exits(4);
    assert_eq!(
        wrong.stderr,
        "error: there is no broker 9\nhint: brokers of this cluster: 1, 2, 3\n"
    );
    assert_eq!(
        bench.run(&["describe", "cluster"]).exits(0).stdout,
        "\
cluster id    fake-cluster
topics        4
health        ok
brokers       3 live of 3
controller    1
partitions    11: 0 offline, 0 under-replicated, 0 under min ISR, 11 at min ISR
log dirs      3 without errors
drift         3 resources differ from the manifest

set for all brokers:
SETTING            VALUE           SOURCE       KIND     ELSEWHERE
message.max.bytes  1000000 (1 MB)  all brokers  dynamic
"
    );
}

/// Two of three brokers are live, and one of their log directories has failed.
fn unwell() -> State {
    let mut state = cluster();
    state.topics.get_mut("user.activity").unwrap().replicas = 2;
    state.faults.dead_brokers.insert(3);
    let failed = FakeLogDir {
        path: "/disks/b".to_owned(),
        error: Some("KAFKA_STORAGE_ERROR".to_owned()),
        ..FakeLogDir::default()
    };
    state
        .log_dirs
        .insert(2, vec![failed, FakeLogDir::default()]);
    let log = |size| FakeLog {
        size,
        ..FakeLog::default()
    };
    let logs = BTreeMap::from([(0, log(1_610_612_736)), (1, log(500))]);
    state.logs.insert("user.activity".to_owned(), logs);
    state
}

#[test]
fn an_unwell_cluster_is_shown_as_far_as_it_can_be_seen() {
    let bench = Bench::new(MANIFEST, &unwell());
    let ran = bench.run(&["describe"]).exits(7);
    let health = ran.stdout.split("\n\n").nth(1).unwrap();
    assert_eq!(
        health,
        "\
health        degraded: 2 partitions are offline, 2 partitions are under-replicated, 1 broker is missing, 1 log dir is not usable, not everything could be seen
brokers       2 live of 3; missing: 3
controller    1
partitions    11: 2 offline, 2 under-replicated, 0 under min ISR, 10 at min ISR
log dirs      3, 1 with errors: /disks/b of broker 2: KAFKA_STORAGE_ERROR
drift         3 resources differ from the manifest
not seen      log directories of broker 3: the broker does not serve requests
"
    );
    let document = bench.run(&["describe", "cluster", "-o", "json"]).exits(7);
    let health = document.json()["health"].clone();
    assert_eq!(health["missingBrokers"], json!([3]));
    assert_eq!(health["offline"], 2);
    assert!(health["verdict"].as_str().unwrap().starts_with("degraded"));
    assert_eq!(health["badLogDirs"][0]["path"], "/disks/b");
}

#[test]
fn log_directories_by_directory_broker_topic_and_partition() {
    let bench = Bench::new(MANIFEST, &unwell());
    let ran = bench.run(&["describe", "log-dirs"]).exits(7);
    assert_eq!(
        ran.stdout,
        "\
BROKER  DIRECTORY            STATE                REPLICAS                  SIZE                  USABLE  USED
     1  /var/lib/kafka/data  ok                          6  1610612736 (1.5 GiB)  60000000000 (55.9 GiB)   40%
     2  /disks/b             KAFKA_STORAGE_ERROR         0                     0                       -     -
     2  /var/lib/kafka/data  ok                          4  1610613236 (1.5 GiB)  60000000000 (55.9 GiB)   40%
     3  -                    not visible                 -                     -                       -     -
"
    );
    assert_eq!(
        ran.stderr,
        "error: log directories cannot be seen: broker 3 (the broker does not serve requests)\n"
    );
    let of = |arguments: &[&str]| {
        let all = [
            &["describe", "log-dirs", "--broker", "1", "--broker", "2"],
            arguments,
        ]
        .concat();
        bench.run(&all).exits(0).stdout
    };
    assert_eq!(
        of(&["--by", "broker"]),
        "\
BROKER  STATE          DIRECTORIES  TOPICS  REPLICAS                  SIZE
     1  ok                       1       4         6  1610612736 (1.5 GiB)
     2  1 with errors            2       3         4  1610613236 (1.5 GiB)
"
    );
    assert_eq!(
        of(&[
            "--by",
            "topic",
            "--sort",
            "size:desc",
            "--columns",
            "topic,size"
        ]),
        "\
TOPIC                             SIZE
user.activity       3221225972 (3 GiB)
__consumer_offsets                   0
audit.logs                           0
unwanted                             0
"
    );
    assert_eq!(
        of(&["--topic", "user.activity"]),
        "\
TOPIC          PARTITION  BROKER  DIRECTORY                            SIZE  LAG  FUTURE
user.activity          0       1  /var/lib/kafka/data  1610612736 (1.5 GiB)    0  no
user.activity          0       2  /var/lib/kafka/data  1610612736 (1.5 GiB)    0  no
user.activity          1       2  /var/lib/kafka/data                   500    0  no
user.activity          2       1  /var/lib/kafka/data                     0    0  no
"
    );
    let document = bench.run(&["describe", "log-dirs", "-o", "json"]).exits(7);
    let brokers = document.json()["brokers"].clone();
    assert_eq!(
        brokers[1]["logDirs"]["value"][1]["topics"]["user.activity"][1],
        json!({"partition": 1, "size": 500, "offsetLag": 0, "isFuture": false})
    );
    assert_eq!(brokers[2]["logDirs"]["seen"], "unavailable");

    let wrong = bench.run(&["describe", "log-dirs", "--topic", "user.activty"]);
    assert_eq!(
        wrong.exits(4).stderr,
        "error: there is no topic `user.activty`\nhint: did you mean `user.activity`?\n"
    );
    let wrong = bench.run(&["describe", "log-dirs", "--broker", "9"]);
    assert_eq!(
        wrong.exits(4).stderr,
        "error: there is no broker 9\nhint: brokers of this cluster: 1, 2, 3\n"
    );
}

#[test]
fn the_quorum_and_a_cluster_without_one() {
    let mut state = cluster();
    let quorum = state.quorum.as_mut().unwrap();
    let replica = |id, end| QuorumReplica {
        id,
        directory_id: Some("AAAAAAAAAAAAAAAAAAAAAQ".to_owned()),
        log_end_offset: end,
        last_fetch_ms: None,
        last_caught_up_ms: None,
    };
    quorum.voters = vec![replica(1, Some(100)), replica(2, Some(70))];
    quorum.observers = vec![replica(3, None)];
    let bench = Bench::new(MANIFEST, &state);
    let all = ["describe", "quorum", "-o", "wide", "--sort", "lag:desc"];
    assert_eq!(
        bench.run(&all).exits(0).stdout,
        "\
leader          1
leader epoch    1
high watermark  100

ID  ROLE      LOG END  LAG  LAST FETCH  LAST CAUGHT UP  DIRECTORY
 2  voter          70   30           -               -  AAAAAAAAAAAAAAAAAAAAAQ
 1  leader        100    0           -               -  AAAAAAAAAAAAAAAAAAAAAQ
 3  observer        -    -           -               -  AAAAAAAAAAAAAAAAAAAAAQ
"
    );
    let document = bench.run(&["describe", "quorum", "-o", "json"]).exits(0);
    assert_eq!(document.json()["quorum"]["voters"][1]["logEndOffset"], 70);

    state.quorum = None;
    let bench = Bench::new(MANIFEST, &state);
    assert_eq!(
        bench.run(&["describe", "quorum"]).exits(4).stderr,
        "\
error: this cluster has no quorum to describe: it runs with ZooKeeper, or hides it
hint: `tonkafka describe cluster` names its controller
"
    );
}

#[test]
fn brokers_that_understand_the_same_share_a_row() {
    let mut state = cluster();
    state.features.insert("metadata.version".into(), 27);
    let mut bench = Bench::new(MANIFEST, &state);
    assert_eq!(
        bench.run(&["describe", "api-versions"]).exits(0).stdout,
        "\
API           KEY  MIN  MAX  USED  BROKERS
Produce         0    3   13     -  1,2,3
Metadata        3    0   13    13  1,2,3
CreateTopics   19    2    7     7  1,2,3

FEATURE           SUPPORTED  FINALIZED  BROKERS
metadata.version  0 to 27           27  1,2,3
"
    );
    state.faults.silent_brokers.insert(2);
    bench = Bench::new(MANIFEST, &state);
    let ran = bench.run(&["describe", "api-versions"]).exits(7);
    ran.stdout_has("CreateTopics   19    2    7     7  1,3\n");
    assert_eq!(
        ran.stderr,
        "error: the API versions of broker 2 cannot be seen: cannot reach broker 2: connection refused\n"
    );
}
