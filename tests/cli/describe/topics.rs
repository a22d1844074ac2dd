//! Topics, compared with the manifest or alone.

use std::process::Stdio;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};

use super::{MANIFEST, cluster};
use crate::fake::{Bench, holding, topic};
use crate::program::{finish, words};

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
    // Existing topics are shown beside the error, in one document.
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
    // An unknown column is refused before connecting.
    let nowhere = words("describe brokers --columns hots -b localhost:1");
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

/// Brokers never require more in-sync replicas than a topic has.
#[test]
fn a_topic_with_fewer_replicas_than_min_isr_is_healthy() {
    let state = holding(&[("a", topic(2, &[("min.insync.replicas", "2")]))]);
    let ran = Bench::new("version: 1\n", &state)
        .run(&["describe", "cluster"])
        .exits(0);
    let says = "2: 0 offline, 0 under-replicated, 0 under min ISR, 2 at min ISR\n";
    ran.stdout_has(says);
    ran.stdout_has("ok\n");
}
