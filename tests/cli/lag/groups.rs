//! Groups with lag, by topic and partition.

use futures::FutureExt as _;
use serde_json::{Value, json};
use tonkafka::cluster::fake::{FakeCluster, FakeGroup};
use tonkafka::cluster::groups::Groups as _;
use tonkafka::cluster::{Answer, Cluster as _};
use tonkafka::model::group::Committed;
use tonkafka::model::lag::LagState;
use tonkafka::model::measure::TopicPartition;
use tonkafka::observe::lag::{LagRequest, read};
use tonkafka::observe::stage::LagStage;

use super::{bench_of, partitions, simple};
use crate::fake::holding;
use crate::lag_state::{group, incident, log};

#[test]
fn the_most_troubled_groups_come_first() {
    let bench = bench_of(&incident());
    let text = "\
GROUP         STATE   TOPICS  PARTITIONS          LAG  NOTE
billing       Stable       1           3           63  10 records already lost; 1 partition without a commit
ahead         Empty        1           3      160 + ?  1 partition committed beyond the log end; 2 partitions without a commit, 160 counted from the log start
audit-reader  Stable       2           2  29988 (30k)  1 partition of topics that are gone
shared        Empty        1           3           70  2 partitions without a commit, 60 counted from the log start
level         Empty        1           3            0
workers       Stable       -           -            -  no consumers: its protocol is connect

total: lag at least 30281 (30.3k) in 6 groups, 14 partitions
       10 records already lost
       1 partition committed beyond the log end
       1 partition of topics that are gone
       5 partitions without a commit, 220 counted from the log start
";
    assert_eq!(bench.run(&["lag"]).exits(0).stdout, text);
    assert_eq!(bench.run(&["lag", "--all-groups"]).exits(0).stdout, text);
    let sorted = ["lag", "--sort", "lag:desc", "--columns", "group,lag,lost"];
    let ran = bench.run(&sorted).exits(0);
    let (table, _) = ran.stdout.split_once("\n\n").unwrap();
    assert_eq!(
        table,
        "\
GROUP                 LAG  LOST
audit-reader  29988 (30k)     0
ahead             160 + ?     0
shared                 70     0
billing                63    10
level                   0     0
workers                 -     -"
    );
}

#[test]
fn named_groups_are_told_partition_by_partition() {
    let bench = bench_of(&incident());
    let ran = bench
        .run(&["lag", "billing", "level", "-o", "wide"])
        .exits(0);
    assert_eq!(
        ran.stdout,
        "\
GROUP    TOPIC   PARTITION  COMMITTED  LOG START  LOG END  CLIENT     LAG  LOST  NOTE
billing  orders          1         30         40      100  billing-1   60    10  10 records already lost
billing  orders          0         97          0      100  billing-1    3     0
billing  orders          2          -          0        0  billing-2    0     0  no commit
level    orders          0        100          0      100  -            0     0
level    orders          1        100         40      100  -            0     0
level    orders          2          0          0        0  -            0     0

total: lag 63 in 2 groups, 6 partitions
       10 records already lost
       1 partition without a commit
"
    );
    let ran = bench.run(&["lag", "billing", "--by", "group"]).exits(0);
    ran.stdout_starts("GROUP    STATE");
}

#[test]
fn a_topic_leaves_only_those_who_read_it() {
    let bench = bench_of(&incident());
    let ran = bench.run(&["lag", "--topic", "orders"]).exits(0);
    assert_eq!(
        ran.stdout,
        "\
GROUP    TOPIC   PARTITIONS      LAG  NOTE
billing  orders           3       63  10 records already lost; 1 partition without a commit
ahead    orders           3  160 + ?  1 partition committed beyond the log end; 2 partitions without a commit, 160 counted from the log start
shared   orders           3       70  2 partitions without a commit, 60 counted from the log start
level    orders           3        0

total: lag at least 293 in 4 groups, 12 partitions
       10 records already lost
       1 partition committed beyond the log end
       5 partitions without a commit, 220 counted from the log start
"
    );
    // A group that was named is always shown.
    let ran = bench.run(&["lag", "level", "--topic", "audit"]).exits(0);
    assert_eq!(
        ran.stdout,
        "\
GROUP  TOPIC  PARTITION  COMMITTED  LOG END  LAG  NOTE
level  -              -          -        -    -  nothing committed

total: lag 0 in 1 group, 0 partitions
"
    );
    let ran = bench.run(&["lag", "--topic", "ordres"]).exits(4);
    assert_eq!(
        ran.stderr,
        "error: there is no topic `ordres`\nhint: did you mean `orders`?\n"
    );
}

#[test]
fn what_is_not_there_or_not_seen_is_said_after_the_rest() {
    let mut state = incident();
    let bench = bench_of(&state);
    let ran = bench
        .run(&["lag", "billing", "level", "auditreader"])
        .exits(4);
    assert_eq!(ran.stdout.lines().count(), 11);
    assert_eq!(
        ran.stderr,
        "error: there is no group `auditreader`\nhint: did you mean `audit-reader`?\n"
    );
    state.faults.silent_brokers.insert(2);
    let bench = bench_of(&state);
    let ran = bench.run(&["lag", "--fail-over", "1000000"]).exits(7);
    ran.stdout_ends("\n       groups of 1 broker not seen\n");
    assert_eq!(ran.stdout.lines().count(), 12);
    assert_eq!(
        ran.stderr,
        "over the limit: `billing` (10 records already lost), `ahead` (1 partition committed beyond the log end)\n\
         error: not everything can be seen: groups of broker 2 (cannot reach broker 2: connection refused)\n"
    );
    let ran = bench
        .run(&["lag", "audit-reader", "level", "--by", "group"])
        .exits(7);
    assert_eq!(
        ran.stdout,
        "\
GROUP         STATE        TOPICS  PARTITIONS  LAG  NOTE
audit-reader  not visible       -           -    -  not visible: cannot reach broker 2: connection refused
level         Empty             1           3    0

total: lag at least 0 in 2 groups, 3 partitions
       1 group not seen
"
    );
}

/// A consumer that is gone committed for one of three partitions.
#[test]
fn what_has_no_commit_counts_from_the_log_start() {
    let state = simple([log(0, 10), log(5, 45), log(0, 40_000)], &[(0, 10)]);
    let bench = bench_of(&state);
    assert_eq!(
        bench.run(&["lag"]).exits(0).stdout,
        "\
GROUP  STATE  TOPICS  PARTITIONS          LAG  NOTE
g      Empty       1           3  40040 (40k)  2 partitions without a commit, 40040 (40k) counted from the log start

total: lag 40040 (40k) in 1 group, 3 partitions
       2 partitions without a commit, 40040 (40k) counted from the log start
"
    );
    assert_eq!(
        bench.run(&["lag", "g"]).exits(0).stdout,
        "\
GROUP  TOPIC  PARTITION  COMMITTED  LOG END          LAG  NOTE
g      t              2          -    40000  40000 (40k)  no commit; counted from the log start
g      t              1          -       45           40  no commit; counted from the log start
g      t              0         10       10            0

total: lag 40040 (40k) in 1 group, 3 partitions
       2 partitions without a commit, 40040 (40k) counted from the log start
"
    );
    let ran = bench.run(&["lag", "--fail-over", "100"]).exits(3);
    assert_eq!(
        ran.stderr,
        "over the limit: `g` (lag 40040 (40k), counted from the log start: no commit)\n"
    );
    bench.run(&["lag", "--fail-over", "40040"]).exits(0);
    let ran = bench.run(&["lag", "--fail-over-time", "1h"]).exits(3);
    ran.stderr_ends(" in t/2, no commit)\n");
    let document = bench
        .run(&["lag", "--fail-over", "100", "-o", "json"])
        .exits(3)
        .json();
    let total = &document["groups"][0]["total"];
    assert_eq!(total["lag"], 40_040);
    assert_eq!(total["fromLogStart"], 40_040);
    assert_eq!(total["noCommit"], 2);
    assert_eq!(total["whole"], true);
    let excess = json!([{ "why": "lag", "lag": 40_040, "fromLogStart": 40_040 }]);
    assert_eq!(document["over"][0]["excess"], excess);
    let second = &partitions(&document)[1];
    assert_eq!(
        (
            &second["standing"],
            &second["committed"],
            &second["lag"],
            &second["unread"]
        ),
        (&json!("noCommit"), &Value::Null, &json!(40), &json!(40))
    );
}

/// Consumers that commit only after reading leave empty partitions without a commit.
#[test]
fn an_empty_partition_without_a_commit_is_no_trouble() {
    let mut state = simple([log(0, 10), log(0, 0), log(7, 7)], &[(0, 10)]);
    state
        .groups
        .insert("h".to_owned(), group(&[("t", &[(0, 9), (1, 0), (2, 7)])]));
    let ran = bench_of(&state).run(&["lag", "--fail-over", "1"]).exits(0);
    assert_eq!(
        ran.stdout,
        "\
GROUP  STATE  TOPICS  PARTITIONS  LAG  NOTE
h      Empty       1           3    1
g      Empty       1           3    0  2 partitions without a commit

total: lag 1 in 2 groups, 6 partitions
       2 partitions without a commit
"
    );
}

#[test]
fn a_topic_that_may_not_be_seen_leaves_the_lag_open() {
    let mut state = simple([log(0, 10), log(0, 0), log(0, 0)], &[(0, 10)]);
    state.faults.not_permitted.insert("t".to_owned());
    let json = ["lag", "--fail-over", "100", "-o", "json"];
    let document = bench_of(&state).run(&json).exits(7).json();
    assert_eq!(document["total"]["whole"], false);
    assert_eq!(partitions(&document)[0]["standing"], "unreadable");
    assert_eq!(document["topicsNotSeen"], json!({}));
}

#[test]
fn there_may_be_no_groups() {
    let ran = bench_of(&holding(&[])).run(&["lag"]).exits(0);
    assert_eq!(
        ran.stdout,
        "GROUP  STATE  TOPICS  PARTITIONS  LAG  NOTE\n\ntotal: lag 0 in 0 groups, 0 partitions\n"
    );
}

#[test]
fn a_lock_is_no_consumer() {
    let mut state = holding(&[]);
    let lock = FakeGroup {
        protocol_type: "tonkafka-lock".to_owned(),
        ..group(&[])
    };
    state.groups.insert("__tonkafka-lock".to_owned(), lock);
    let ran = bench_of(&state).run(&["lag"]).exits(0);
    assert_eq!(
        ran.stdout,
        "\
GROUP            STATE  TOPICS  PARTITIONS  LAG  NOTE
__tonkafka-lock  Empty       -           -    -  no consumers: its protocol is tonkafka-lock

total: lag 0 in 1 group, 0 partitions
"
    );
}

/// Between the reads of commits and of the log, the consumer advances and retention deletes behind
/// it: nothing is lost.
#[tokio::test]
async fn what_was_read_meanwhile_is_not_lost() {
    let cluster = FakeCluster::new(simple([log(0, 10), log(0, 0), log(0, 0)], &[(0, 2)]));
    let key = TopicPartition::new("t", 0);
    let meanwhile = |step| {
        if matches!(step, LagStage::Offsets(_)) {
            let committed = [(key.clone(), Committed::at(9))];
            let commit = cluster.commit_offsets("g", &committed);
            assert_eq!(commit.now_or_never(), Some(vec![Answer::Done]));
            let deleted = cluster.delete_records(&[(key.clone(), 6)]).now_or_never();
            assert_eq!(deleted, Some(vec![Answer::Done]));
        }
    };
    let wanted = LagRequest {
        groups: &[],
        topics: &[],
        ages: false,
    };
    let lags = read(&cluster, wanted, &meanwhile).await.unwrap();
    let position = &lags.groups[0].positions.value().unwrap()[&key];
    assert_eq!(position.lag_state(), LagState::InLog { lag: 1 });
}

#[test]
fn a_topic_is_named_without_its_partitions() {
    let bench = bench_of(&incident());
    let ran = bench
        .run(&["lag", "billing", "--topic", "orders:0"])
        .exits(2);
    let words =
        "write a topic alone, such as `orders`; `--by partition` shows each of its partitions";
    ran.stderr_has(words);
}
