//! `describe` and `list`, word for word.

use std::collections::BTreeMap;
use std::process::Stdio;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use tonkafka::cluster::fake::{FakeLog, FakeLogDir, State};
use tonkafka::model::quorum::QuorumReplica;

use crate::fake::{Bench, holding, topic};
use crate::program::finish;

const MANIFEST: &str = "\
version: 1
topics:
  items:
    - {name: user.activity, partitions: 3}
    - {name: audit.logs, partitions: 3, configs: {retention.ms: 1d}}
    - {name: missing, partitions: 1}
    - {name: unwanted, state: absent}
    - {name: gone, state: absent}
";

fn cluster() -> State {
    State {
        brokers: vec![1, 2, 3],
        ..holding(&[
            ("user.activity", topic(3, &[("flush.ms", "9")])),
            ("audit.logs", topic(3, &[])),
            ("unwanted", topic(1, &[])),
            ("__consumer_offsets", topic(4, &[])),
        ])
    }
}

#[test]
fn the_manifest_against_the_cluster() {
    let bench = Bench::new(MANIFEST, &cluster());
    let ran = bench.run(&["describe"]).exits(0);
    assert_eq!(
        ran.stdout,
        "\
TOPIC          PARTITIONS  RF  IN SYNC  LEADERS  OVERRIDES  STATE
user.activity           3   1  3/3      all              1  ok
audit.logs              3   1  3/3      all              0  drift
missing                 -   -  -        -                -  missing
unwanted                1   1  1/1      all              0  unwanted

health        ok
brokers       3 live of 3
controller    1
partitions    11: 0 offline, 0 under-replicated, 0 under min ISR, 11 at min ISR
log dirs      3 without errors
drift         3 resources differ from the manifest
"
    );
    let all = bench.run(&["describe", "-o", "json"]).exits(0).json();
    assert_eq!(all["kind"], "Topics");
    assert_eq!(all["topics"][1]["state"], "drift");
    assert_eq!(all["topics"][2]["topic"], json!({"seen": "absent"}));
    assert_eq!(
        all["topics"][0]["topic"]["value"]["partitions"][2]["leader"],
        3
    );
}

#[test]
fn one_topic_in_depth() {
    let bench = Bench::new(MANIFEST, &cluster());
    let ran = bench.run(&["describe", "topic", "user.activity"]).exits(0);
    assert_eq!(
        ran.stdout,
        "\
topic user.activity  3 partitions  id AAAAAAAAAAAAAAAAAAAAAQ

PARTITION  LEADER  REPLICAS  ISR  OFFLINE  BEGIN  END
        0       1  1         1    -            0    0
        1       2  2         2    -            0    0
        2       3  3         3    -            0    0

SETTING   VALUE  SOURCE  KIND     ELSEWHERE
flush.ms  9      topic   dynamic
"
    );
    let document = bench
        .run(&["describe", "topic", "user.activity", "-o", "json"])
        .exits(0)
        .json();
    assert_eq!(
        document["topics"][0]["offsets"][2],
        json!({"partition": 2, "begin": 0, "end": 0})
    );
    let wrong = bench.run(&["describe", "topic", "user.activty"]).exits(4);
    assert_eq!(
        wrong.stderr,
        "error: there is no topic `user.activty`\nhint: did you mean `user.activity`?\n"
    );
    let wrong = bench
        .run(&["describe", "topic", "user.activty", "-o", "json"])
        .exits(4);
    assert_eq!(
        wrong.json()["error"]["hint"],
        "did you mean `user.activity`?"
    );
    // What is there is shown beside the error, in one document.
    let both = ["describe", "topic", "absent", "audit.logs", "-o", "json"];
    let document = bench.run(&both).exits(4).json();
    assert_eq!(document["error"]["code"], 4);
    assert_eq!(document["topics"][0]["topic"]["name"], "audit.logs");
}

#[test]
fn filters_as_kafka_topics_has_them() {
    let bench = Bench::new(MANIFEST, &cluster());
    let names = |arguments: &[&str]| -> Vec<String> {
        let ran = bench.run(arguments).exits(0);
        let rows = ran.stdout.lines().skip(1);
        rows.map(|row| row.split(' ').next().unwrap().to_owned())
            .collect()
    };
    assert_eq!(names(&["describe", "topics"]).len(), 4);
    assert_eq!(
        names(&["describe", "topics", "--exclude-internal"]).len(),
        3
    );
    assert_eq!(
        names(&["describe", "topics", "--topics-with-overrides"]),
        ["user.activity"]
    );
    assert_eq!(
        names(&["describe", "topics", "--at-min-isr-partitions"]).len(),
        11
    );
    assert!(names(&["describe", "topics", "--under-min-isr-partitions"]).is_empty());
    assert!(names(&["describe", "topics", "--unavailable-partitions"]).is_empty());
    assert!(names(&["describe", "topics", "--under-replicated-partitions"]).is_empty());
}

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

#[test]
fn lists_are_names_one_a_line() {
    let bench = Bench::new(MANIFEST, &cluster());
    assert_eq!(
        bench
            .run(&["list", "topics", "--exclude-internal"])
            .exits(0)
            .stdout,
        "audit.logs\nunwanted\nuser.activity\n"
    );
    assert_eq!(bench.run(&["list", "brokers"]).exits(0).stdout, "1\n2\n3\n");
    let names = bench
        .run(&["list", "brokers", "-o", "json"])
        .exits(0)
        .json();
    assert_eq!(names["names"], json!(["1", "2", "3"]));
}

/// Two brokers of three serve, and one of their directories has failed.
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
    assert!(
        ran.stdout
            .contains("CreateTopics   19    2    7     7  1,3\n")
    );
    assert_eq!(
        ran.stderr,
        "error: the API versions of broker 2 cannot be seen: cannot reach broker 2: connection refused\n"
    );
}

#[test]
fn columns_and_rows_are_chosen() {
    let bench = Bench::new(MANIFEST, &cluster());
    let ran = |arguments: &[&str]| bench.run(&[&["describe"], arguments].concat());
    assert_eq!(
        ran(&[
            "topics",
            "--columns",
            "RF,topic",
            "--sort",
            "partitions:desc"
        ])
        .exits(0)
        .stdout,
        "\
RF  TOPIC
 1  __consumer_offsets
 1  audit.logs
 1  user.activity
 1  unwanted
"
    );
    let wide = ran(&["topics", "-o", "wide", "--exclude-internal"]).exits(0);
    let lines: Vec<&str> = wide.stdout.lines().collect();
    assert_eq!(
        lines[..2],
        [
            "TOPIC          PARTITIONS  RF  IN SYNC  LEADERS  OVERRIDES  ID                      INTERNAL  MIN ISR  CLEANUP  RETENTION",
            "audit.logs              3   1  3/3      all              0  AAAAAAAAAAAAAAAAAAAAAQ  no              1  delete   604800000 (7 days)",
        ]
    );
    assert_eq!(
        ran(&["brokers", "--columns", "id,replicas", "--sort", "id:desc"])
            .exits(0)
            .stdout,
        "ID  REPLICAS\n 3         3\n 2         3\n 1         5\n"
    );
    // Nobody is called for a column that is not there.
    let nowhere = [
        "describe",
        "brokers",
        "--columns",
        "hots",
        "-b",
        "localhost:1",
    ];
    assert_eq!(
        bench.program.run(&nowhere).exits(2).stderr,
        "\
error: there is no column `hots`
hint: did you mean `host`? columns: id, host, port, rack, state, leads, replicas, in-sync
"
    );
    assert_eq!(
        ran(&["topics", "--sort", "rf:down"]).exits(2).stderr,
        "error: `down` is no order of rows\nhint: write `rf`, `rf:asc` or `rf:desc`\n"
    );
    assert_eq!(
        ran(&["cluster", "--sort", "id"]).exits(2).stderr,
        "\
error: this description has no columns to choose from
hint: `--columns` and `--sort` go with topics, brokers, groups, log-dirs, quorum, api-versions, acls, users and quotas
"
    );
    assert_eq!(
        bench.run(&["plan", "-o", "wide"]).exits(2).stderr,
        "\
error: only `describe` and `lag` can be printed wide
hint: use `-o text`, `-o json` or `-o yaml`
"
    );
}

#[test]
fn watching_appends_until_it_is_interrupted() {
    let bench = Bench::new(MANIFEST, &cluster());
    let watched = |form: &str| {
        let arguments = ["describe", "brokers", "--columns", "id", "--watch"];
        let more = ["--interval", "100ms", "-o", form];
        let all = bench.arguments(&[&arguments[..], &more].concat());
        let child = bench.program.command(&all).stdin(Stdio::null()).spawn();
        let child = child.unwrap();
        std::thread::sleep(Duration::from_secs(2));
        let pid = Pid::from_child(&child);
        kill_process(pid, Signal::INT).unwrap();
        let ran = finish(child).exits(0);
        assert_eq!(ran.stderr, "");
        ran.stdout
    };
    let text = watched("text");
    let blocks: Vec<&str> = text.split("--- ").skip(1).collect();
    assert!(blocks.len() > 1, "{text}");
    for block in blocks {
        let (stamp, table) = block.split_once('\n').unwrap();
        assert!(stamp.len() == 20 && stamp.ends_with('Z'), "{stamp}");
        assert_eq!(table, "ID\n 1\n 2\n 3\n\n");
    }
    let documents = watched("json");
    assert!(documents.lines().count() > 1, "{documents}");
    for line in documents.lines() {
        let document: Value = serde_json::from_str(line).unwrap();
        assert_eq!(document["kind"], "Brokers");
    }
}

/// Brokers ask for no more replicas than a topic has, and health is what brokers see.
#[test]
fn a_topic_with_fewer_replicas_than_min_isr_is_healthy() {
    let state = holding(&[("a", topic(2, &[("min.insync.replicas", "2")]))]);
    let ran = Bench::new("version: 1\n", &state)
        .run(&["describe", "cluster"])
        .exits(0);
    let says = "2: 0 offline, 0 under-replicated, 0 under min ISR, 2 at min ISR\n";
    assert!(ran.stdout.contains(says), "{}", ran.stdout);
    assert!(ran.stdout.contains("ok\n"), "{}", ran.stdout);
}
