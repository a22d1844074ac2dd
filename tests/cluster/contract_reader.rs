//! The contract for reading records in bulk, on the cluster in memory and on Kafka.

use std::collections::BTreeMap;
use std::time::Duration;

use rdkafka::producer::{BaseProducer, BaseRecord, Producer};
use tonkafka::cluster::fake::{FakeCluster, FakeLog, FakeTopic, State};
use tonkafka::cluster::reader::{NoGap, Piece, ReadCause, ReaderSettings, Span};
use tonkafka::cluster::{Cluster, OffsetSpec};
use tonkafka::model::measure::TopicPartition;
use tonkafka::model::record::{Gap, GapReason};
use tonkafka::model::seen::Seen;

use crate::support::live::{connect, runtime};
use crate::support::proxy::api;
use crate::support::records::{create, producer};
use crate::support::{fetch, kafka};

const PATIENCE: Duration = Duration::from_secs(20);

/// A log with a record at each of its offsets.
fn full(end: i64) -> FakeLog {
    FakeLog {
        end,
        timestamps: (0..end).map(|offset| (offset, 1_000)).collect(),
        ..FakeLog::default()
    }
}

fn holding(name: &str, log: FakeLog) -> State {
    let topic = FakeTopic {
        partitions: 1,
        replicas: 1,
        ..FakeTopic::default()
    };
    State {
        topics: BTreeMap::from([(name.to_owned(), topic)]),
        logs: BTreeMap::from([(name.to_owned(), BTreeMap::from([(0, log)]))]),
        ..State::default()
    }
}

#[test]
fn the_cluster_in_memory_keeps_the_contract_of_readers() {
    let mut state = holding("silent", full(10));
    state.faults.silent_from.insert("silent".to_owned(), 5);
    let cluster = FakeCluster::new(state.clone());
    runtime().block_on(silence(&cluster, "silent", "delete"));
    let silent = state.topics.get_mut("silent").unwrap();
    silent.configs = BTreeMap::from([("cleanup.policy".to_owned(), "compact".to_owned())]);
    let cluster = FakeCluster::new(state);
    runtime().block_on(silence(&cluster, "silent", "compact"));

    let log = FakeLog {
        open: Some(3),
        ..full(10)
    };
    let cluster = FakeCluster::new(holding("open", log));
    runtime().block_on(open_transaction(&cluster, "open"));

    let log = FakeLog {
        epochs: BTreeMap::from([(0, 0), (2, 5)]),
        ..full(10)
    };
    let cluster = FakeCluster::new(holding("cut", log));
    runtime().block_on(async {
        // Epoch 1 was read up to 8 before its records from 5 on were lost.
        cut(&cluster, &TopicPartition::new("cut", 0), (1, 8), (0, 5)).await;
        // Epoch 0 was read beyond 5.
        cut(&cluster, &TopicPartition::new("cut", 0), (0, 8), (0, 5)).await;
        whole(&cluster, &TopicPartition::new("cut", 0)).await;
    });
}

#[test]
fn kafka_keeps_the_contract_of_readers() {
    let kafka = kafka::single();
    for policy in ["delete", "compact"] {
        let topic = create("silent", 1, &[&format!("cleanup.policy={policy}")]);
        let producer = producer(&kafka.bootstrap(), &[("batch.num.messages", "1")]);
        write(&producer, &topic, 10);
        let proxy = kafka.proxy();
        proxy.from(api::FETCH, 1, fetch::empty_from(5));
        runtime().block_on(async {
            let cluster = connect(&proxy.bootstrap()).await;
            silence(&cluster, &topic, policy).await;
            proxy.reset();
            whole(&cluster, &TopicPartition::new(topic.clone(), 0)).await;
        });
    }
    let topic = create("open", 1, &[]);
    let _open = write_around_a_transaction(&kafka.bootstrap(), &topic);
    runtime().block_on(async {
        let cluster = connect(&kafka.bootstrap()).await;
        open_transaction(&cluster, &topic).await;
    });
}

/// Writes ten records, those from 3 to 7 in a transaction that stays open while the returned
/// producer lives.
pub(super) fn write_around_a_transaction(bootstrap: &str, topic: &str) -> BaseProducer {
    let plain = producer(bootstrap, &[]);
    write(&plain, topic, 3);
    let id = kafka::topic_name("open");
    let transactional = producer(bootstrap, &[("transactional.id", &*id)]);
    transactional.init_transactions(PATIENCE).unwrap();
    transactional.begin_transaction().unwrap();
    write(&transactional, topic, 5);
    write(&plain, topic, 2);
    transactional
}

/// Writes records with keys to partition 0.
pub(super) fn write(producer: &BaseProducer, topic: &str, count: i32) {
    for number in 0..count {
        let key = number.to_string();
        let record = BaseRecord::to(topic).partition(0).key(&key).payload(&key);
        producer.send(record).unwrap();
    }
    producer.flush(Duration::from_mins(1)).unwrap();
}

/// The records and gaps of a partition, up to the end or an error.
#[derive(Debug, PartialEq, Eq)]
struct Came {
    records: i64,
    gaps: Vec<Gap>,
    epoch: Option<i32>,
    error: Option<ReadCause>,
}

async fn read(cluster: &dyn Cluster, span: Span, (uncommitted, accept_gaps): (bool, bool)) -> Came {
    let mut reader = cluster.reader(ReaderSettings {
        spans: vec![span],
        uncommitted,
        patience: Duration::from_secs(1),
        accept_gaps,
    });
    let mut came = Came {
        records: 0,
        gaps: Vec::new(),
        epoch: None,
        error: None,
    };
    while let Some(chunk) = reader.next().await {
        let chunk = match chunk {
            Ok(chunk) => chunk,
            Err(error) => {
                came.error = Some(error.cause);
                break;
            }
        };
        came.epoch = chunk.epoch;
        for piece in chunk.pieces {
            match piece {
                Piece::Records(_, records) => came.records += i64::try_from(records.len()).unwrap(),
                Piece::Gap(gap) => came.gaps.push(gap),
            }
        }
    }
    came
}

/// A topic with ten records; fetches from the sixth on are empty.
async fn silence(cluster: &dyn Cluster, topic: &str, policy: &str) {
    let span = || Span::new(TopicPartition::new(topic, 0), 0, Some(10));
    let gap = |reason| Gap {
        from: 5,
        until: 10,
        reason,
    };
    for accepts in [false, true] {
        let came = read(cluster, span(), (false, accepts)).await;
        let (gaps, error) = match (policy, accepts) {
            ("compact", _) => (vec![gap(GapReason::Compaction)], None),
            (_, true) => (vec![gap(GapReason::Unknown)], None),
            (_, false) => {
                let why = NoGap::NotCompacted(policy.to_owned());
                let missing = ReadCause::Missing {
                    from: 5,
                    until: 10,
                    why,
                };
                (Vec::new(), Some(missing))
            }
        };
        assert_eq!((came.records, came.gaps, came.error), (5, gaps, error));
    }
}

/// A topic with ten records, the fourth of which began an open transaction.
pub(super) async fn open_transaction(cluster: &dyn Cluster, topic: &str) {
    let key = TopicPartition::new(topic, 0);
    for (spec, offset) in [(OffsetSpec::LastStable, 3), (OffsetSpec::Latest, 10)] {
        let asked = [key.clone()];
        let found = cluster.list_offsets(&asked, spec).await.unwrap();
        assert_eq!(found[&key], Seen::Value(Some(offset)));
    }
    let came = read(cluster, Span::new(key.clone(), 0, Some(10)), (false, true)).await;
    let words = "a transaction is open since offset 3, and 10 was to be reached".to_owned();
    assert_eq!(came.error, Some(ReadCause::Silent(words)));
    assert_eq!((came.records, came.gaps), (3, Vec::new()));
    let came = read(cluster, Span::new(key, 0, Some(10)), (true, false)).await;
    assert_eq!((came.records, came.error), (10, None));
}

/// A log that lost what was read of it in a leader epoch: it has another epoch, up to another
/// offset.
pub(super) async fn cut(
    cluster: &dyn Cluster,
    key: &TopicPartition,
    (read_epoch, from): (i32, i64),
    (epoch, end): (i32, i64),
) {
    for until in [Some(from), Some(from + 1), None] {
        let span = Span {
            epoch: Some(read_epoch),
            ..Span::new(key.clone(), from, until)
        };
        let came = read(cluster, span, (false, true)).await;
        let truncated = ReadCause::Truncated {
            read: read_epoch,
            epoch,
            end,
        };
        assert_eq!(
            (came.records, came.error),
            (0, Some(truncated)),
            "{until:?}"
        );
    }
}

/// A log that still has the ten records that were read.
pub(super) async fn whole(cluster: &dyn Cluster, key: &TopicPartition) {
    let all = read(cluster, Span::new(key.clone(), 0, Some(10)), (false, false)).await;
    assert_eq!((all.records, &all.error), (10, &None));
    for (until, records) in [(10, 0), (10, 2)] {
        let span = Span {
            epoch: all.epoch,
            ..Span::new(key.clone(), until - records, Some(until))
        };
        let rest = read(cluster, span, (false, false)).await;
        assert_eq!((rest.records, rest.error), (records, None));
    }
}
