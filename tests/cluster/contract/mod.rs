//! The contract of a cluster. The same suite runs on the cluster in memory and on Kafka, so that
//! both behave alike.

mod brokers;
mod records;
mod topics;

use std::collections::BTreeMap;
use std::time::Duration;

use tonkafka::cluster::Cluster;
use tonkafka::cluster::fake::{FakeCluster, FakeLog, FakeTopic, State};
use tonkafka::cluster::lease::{Holder, LeaseError};

use self::brokers::{api_versions, brokers, listeners, log_dirs, quorum, versions};
use self::records::{offsets_by_time, reading};
use self::topics::{
    altering, creating, deleting, growing, inheriting, looking_creates_nothing, too_long,
    validating, values_come_back_as_stored,
};
use crate::support::kafka;
use crate::support::live::{connect, runtime, write_records};

#[test]
fn the_cluster_in_memory_keeps_the_contract() {
    for kafka in ["4.3", "3.9"] {
        let state = State {
            kafka: kafka.to_owned(),
            ..fake_records()
        };
        runtime().block_on(async {
            let cluster = FakeCluster::new(state);
            contract(&cluster, "fake").await;
            locking([&cluster, &cluster, &cluster]).await;
        });
    }
}

/// A cluster with three records in the second partition of `fake-records`.
pub(super) fn fake_records() -> State {
    let topic = FakeTopic {
        partitions: 2,
        replicas: 1,
        ..FakeTopic::default()
    };
    let log = FakeLog {
        end: 3,
        size: 300,
        timestamps: BTreeMap::from([(0, 1_000), (1, 2_000), (2, 3_000)]),
        ..FakeLog::default()
    };
    let name = || "fake-records".to_owned();
    State {
        topics: BTreeMap::from([(name(), topic)]),
        logs: BTreeMap::from([(name(), BTreeMap::from([(1, log)]))]),
        ..State::default()
    }
}

#[test]
fn kafka_keeps_the_contract() {
    let kafka = kafka::fresh(1, &[]);
    runtime().block_on(async {
        let cluster = connect(&kafka.bootstrap()).await;
        write_records(&cluster, &kafka.bootstrap(), "live-records").await;
        contract(&cluster, "live").await;
        let second = connect(&kafka.bootstrap()).await;
        let third = connect(&kafka.bootstrap()).await;
        locking([&cluster, &second, &third]).await;
    });
}

pub(super) async fn contract(cluster: &dyn Cluster, prefix: &str) {
    let name = |stem: &str| format!("{prefix}-{stem}");
    looking_creates_nothing(cluster, &name("absent")).await;
    creating(cluster, &name("new")).await;
    values_come_back_as_stored(cluster, &name("values")).await;
    growing(cluster, &name("grown")).await;
    altering(cluster, &name("altered")).await;
    too_long(cluster, &name("long")).await;
    brokers(cluster).await;
    listeners(cluster).await;
    versions(cluster, &name("versions")).await;
    inheriting(cluster, &name("inherits")).await;
    deleting(cluster, &name("deleted")).await;
    validating(cluster, &name("validated")).await;
    offsets_by_time(cluster, &name("records")).await;
    reading(cluster, &name("records")).await;
    log_dirs(cluster, &name("records")).await;
    quorum(cluster).await;
    api_versions(cluster).await;
}

/// The lock, with a connection for each process.
pub(super) async fn locking(clusters: [&dyn Cluster; 3]) {
    let who = |process| Holder {
        user: "ann".to_owned(),
        host: "desk".to_owned(),
        process,
        since: "2026-01-02T03:04:05Z".to_owned(),
    };
    let now = Duration::ZERO;
    let first = clusters[0].lease(&who(1), now).await.unwrap();
    first.check().await.unwrap();
    let Err(LeaseError::Held(holder)) = clusters[1].lease(&who(2), now).await else {
        panic!("two hold the lock");
    };
    let named = "ann on desk, process 1, since 2026-01-02T03:04:05Z";
    assert!(holder.starts_with(named), "{holder}");
    first.check().await.unwrap();
    let waiting = async {
        let second = clusters[1].lease(&who(2), Duration::from_secs(20)).await;
        second.unwrap().release().await;
    };
    let releasing = async {
        tokio::time::sleep(Duration::from_millis(300)).await;
        first.release().await;
    };
    tokio::join!(waiting, releasing);
    // Of three concurrent attempts one succeeds.
    let (three, four, five) = (who(3), who(4), who(5));
    let all = tokio::join!(
        clusters[0].lease(&three, now),
        clusters[1].lease(&four, now),
        clusters[2].lease(&five, now)
    );
    let mut held = Vec::new();
    for lease in [all.0, all.1, all.2] {
        match lease {
            Ok(lease) => held.push(lease),
            Err(LeaseError::Held(_)) => {}
            Err(error) => panic!("{error}"),
        }
    }
    assert_eq!(held.len(), 1);
    held[0].check().await.unwrap();
    held.remove(0).release().await;
}
