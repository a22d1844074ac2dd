//! The contract for writing records, on the cluster in memory and on Kafka.

use std::collections::BTreeMap;
use std::time::Duration;

use bytes::Bytes;
use tonkafka::cluster::Cluster;
use tonkafka::cluster::fake::{FakeCluster, Fate, Faults, State};
use tonkafka::cluster::reader::{Piece, ReaderSettings, Span};
use tonkafka::cluster::writer::{
    RecordWriter, Resumed, Transactions, WriteError, WriterSettings, WrittenBatch,
};
use tonkafka::model::measure::TopicPartition;
use tonkafka::model::record::{Gap, GapReason, Record};
use tonkafka::model::seen::Seen;

use crate::support::kafka;
use crate::support::live::{connect, connect_for, create, end, new_topic, runtime};
use crate::support::proxy::{Action, api};

#[test]
fn the_cluster_in_memory_keeps_the_contract_of_writers() {
    let mut state = State::default();
    let largest = ("fake-refused".to_owned(), 1_000);
    state.faults.largest_records.extend([largest]);
    let cluster = FakeCluster::new(state);
    runtime().block_on(contract(&cluster, "fake"));
    for (request, fate) in [
        (None, Some(Fate::Unanswered)),
        (None, Some(Fate::Dropped)),
        (Some("EndTxn"), None),
    ] {
        let faults = Faults {
            batches: fate
                .iter()
                .flat_map(|fate| [Fate::Written, fate.clone()])
                .collect(),
            lose_answers: request.into_iter().map(str::to_owned).collect(),
            ..Faults::default()
        };
        let cluster = FakeCluster::new(State {
            faults,
            ..State::default()
        });
        runtime().block_on(async {
            let arrives = fate != Some(Fate::Dropped);
            if fate.is_some() {
                unanswered((&cluster, &cluster), "fake", arrives, || {}).await;
            } else {
                unanswered_end((&cluster, &cluster), "fake", |_| {}).await;
            }
        });
    }
}

#[test]
fn kafka_keeps_the_contract_of_writers() {
    let kafka = kafka::single();
    runtime().block_on(async {
        let cluster = connect(&kafka.bootstrap()).await;
        contract(&cluster, &kafka::topic_name("live")).await;
        let proxy = kafka.proxy();
        let through = connect_for(&proxy.bootstrap(), Duration::from_secs(2)).await;
        for lost in [Action::Swallow, Action::BlackHole] {
            let arrives = matches!(lost, Action::Swallow);
            let away = || {
                proxy.on(api::PRODUCE, 1, lost.clone());
                proxy.from(api::PRODUCE, 2, Action::BlackHole);
            };
            let prefix = kafka::topic_name("live");
            unanswered((&through, &cluster), &prefix, arrives, away).await;
            proxy.reset();
            proxy.cut_all();
        }
        let away = |is_away| {
            proxy.reset();
            if is_away {
                proxy.from(api::END_TXN, 1, Action::SwallowAndCut);
            }
        };
        let prefix = kafka::topic_name("live");
        unanswered_end((&through, &cluster), &prefix, away).await;
    });
}

pub(super) async fn contract(cluster: &dyn Cluster, prefix: &str) {
    let name = |stem: &str| format!("{prefix}-{stem}");
    writing(cluster, &name("written")).await;
    resuming(cluster, &name("resumed")).await;
    transactions(cluster, &name("transactions")).await;
    in_place(cluster, &name("in-place")).await;
    aborting(cluster, &name("aborted")).await;
    refusing(cluster, &name("refused")).await;
}

/// Records with consecutive offsets from `offset` on, a second apart.
pub(super) fn records(offset: i64, count: i64) -> Vec<Record> {
    let record = |offset: i64| Record {
        offset,
        timestamp: offset * 1_000,
        key: Some(Bytes::from(format!("key {offset}"))),
        value: Some(Bytes::from(format!("value {offset}"))),
        headers: Vec::new(),
    };
    (offset..offset + count).map(record).collect()
}

/// Waits for the end offset of a partition: the end of a transaction is written after its answer.
async fn ends_at(cluster: &dyn Cluster, partition: &TopicPartition, offset: i64) {
    for _ in 0..200 {
        if end(cluster, partition).await == offset {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(end(cluster, partition).await, offset);
}

async fn open(cluster: &dyn Cluster, settings: WriterSettings) -> Box<dyn RecordWriter> {
    cluster.writer(settings).await.unwrap()
}

async fn writing(cluster: &dyn Cluster, topic: &str) {
    let keeps = [("retention.ms", "-1")];
    create(cluster, &[new_topic(topic, 2, &keeps)]).await;
    let [first, second] = [TopicPartition::new(topic, 0), TopicPartition::new(topic, 1)];
    let mut writer = open(cluster, WriterSettings::default()).await;
    writer.write(&first, records(40, 3)).await.unwrap();
    writer.flush().await.unwrap();
    let batch = |partition: &TopicPartition, base, records, first, last| WrittenBatch {
        partition: partition.clone(),
        base_offset: Some(base),
        records,
        first,
        last,
    };
    assert_eq!(writer.written(), [batch(&first, 0, 3, 40, 42)]);
    writer.write(&second, records(7, 1)).await.unwrap();
    writer.flush().await.unwrap();
    writer.write(&first, records(50, 2)).await.unwrap();
    writer.flush().await.unwrap();
    let then = [batch(&second, 0, 1, 7, 7), batch(&first, 3, 2, 50, 51)];
    assert_eq!(writer.written(), then);
    assert_eq!(writer.written(), []);
    assert_eq!(
        (end(cluster, &first).await, end(cluster, &second).await),
        (5, 1)
    );

    let at = [(first.clone(), 3), (second.clone(), 0)];
    let found = cluster.next_records(&at).await.unwrap();
    let timestamp = |partition| match &found[partition] {
        Seen::Value(Some(record)) => record.timestamp,
        other => panic!("{other:?}"),
    };
    assert_eq!(timestamp(&first), Some(50_000));
    assert_eq!(timestamp(&second), Some(7_000));

    let outside = writer.begin().await;
    assert!(
        matches!(outside, Err(WriteError::Cluster(_))),
        "{outside:?}"
    );
}

async fn resuming(cluster: &dyn Cluster, topic: &str) {
    create(cluster, &[new_topic(topic, 1, &[("retention.ms", "-1")])]).await;
    let partition = TopicPartition::new(topic, 0);
    let mut writer = open(cluster, WriterSettings::default()).await;
    writer.write(&partition, records(0, 3)).await.unwrap();
    writer.flush().await.unwrap();
    let identity = writer.identity();
    let resumed = |records| WriterSettings {
        resumed: Some(Resumed {
            identity,
            records: BTreeMap::from([(partition.clone(), records)]),
        }),
        ..WriterSettings::default()
    };
    let mut second = open(cluster, resumed(3)).await;
    assert_eq!(second.identity(), identity);
    second.write(&partition, records(3, 2)).await.unwrap();
    second.flush().await.unwrap();
    assert_eq!(end(cluster, &partition).await, 5);

    // Neither unsent batches of the first writer nor wrong sequence numbers are accepted.
    writer.write(&partition, records(3, 4)).await.unwrap_or(());
    let late = writer.flush().await;
    assert!(
        matches!(late, Err(WriteError::OutOfOrder { .. })),
        "{late:?}"
    );
    let mut third = open(cluster, resumed(8)).await;
    third.write(&partition, records(8, 1)).await.unwrap_or(());
    let ahead = third.flush().await;
    assert!(
        matches!(ahead, Err(WriteError::OutOfOrder { .. })),
        "{ahead:?}"
    );
    assert_eq!(end(cluster, &partition).await, 5);
}

async fn transactions(cluster: &dyn Cluster, topic: &str) {
    create(cluster, &[new_topic(topic, 1, &[("retention.ms", "-1")])]).await;
    let partition = TopicPartition::new(topic, 0);
    let settings = WriterSettings {
        transactions: Some(Transactions {
            id: topic.to_owned(),
            timeout: Duration::from_secs(30),
        }),
        ..WriterSettings::default()
    };
    let mut writer = open(cluster, settings.clone()).await;
    let before = writer.write(&partition, records(0, 1)).await;
    assert!(matches!(before, Err(WriteError::Cluster(_))), "{before:?}");

    // The end of a transaction uses an offset.
    writer.begin().await.unwrap();
    writer.write(&partition, records(0, 2)).await.unwrap();
    writer.commit().await.unwrap();
    ends_at(cluster, &partition, 3).await;
    writer.begin().await.unwrap();
    writer.commit().await.unwrap();
    writer.begin().await.unwrap();
    writer.write(&partition, records(2, 5)).await.unwrap();
    writer.abort().await.unwrap();
    writer.written();
    let aborted = end(cluster, &partition).await;
    writer.begin().await.unwrap();
    writer.write(&partition, records(2, 1)).await.unwrap();
    writer.commit().await.unwrap();
    let written = writer.written();
    assert_eq!(written.last().unwrap().base_offset, Some(aborted));

    // A later writer fences the earlier one.
    writer.begin().await.unwrap();
    let mut second = open(cluster, settings).await;
    writer.write(&partition, records(3, 1)).await.unwrap_or(());
    let fenced = writer.commit().await;
    let is_another = matches!(
        fenced,
        Err(WriteError::Fenced {
            is_perhaps_own: false,
            ..
        })
    );
    assert!(is_another, "{fenced:?}");
    second.begin().await.unwrap();
    second.write(&partition, records(3, 1)).await.unwrap();
    second.commit().await.unwrap();
    ends_at(cluster, &partition, aborted + 4).await;
}

async fn in_place(cluster: &dyn Cluster, topic: &str) {
    create(cluster, &[new_topic(topic, 1, &[("retention.ms", "-1")])]).await;
    let partition = TopicPartition::new(topic, 0);
    let settings = WriterSettings {
        in_place: true,
        ..WriterSettings::default()
    };
    let mut writer = open(cluster, settings).await;
    writer.write(&partition, records(0, 3)).await.unwrap();
    writer.flush().await.unwrap();
    let mut other = open(cluster, WriterSettings::default()).await;
    other.write(&partition, records(0, 2)).await.unwrap();
    other.flush().await.unwrap();
    writer.written();
    writer.write(&partition, records(3, 4)).await.unwrap_or(());
    let elsewhere = WriteError::Elsewhere {
        partition: partition.clone(),
        expected: 3,
        offset: 5,
    };
    assert_eq!(writer.flush().await, Err(elsewhere.clone()));
    let said = format!(
        "partition 0 of `{topic}` has records of another writer at offsets 3 to 4: a batch that was to be at 3 is at 5"
    );
    assert_eq!(elsewhere.to_string(), said);
    // The batch was written nevertheless, and nothing follows it.
    let written = writer.written();
    assert_eq!((written.len(), written[0].base_offset), (1, Some(5)));
    assert_eq!(writer.unanswered(), []);
    assert!(writer.write(&partition, records(7, 1)).await.is_err());
    assert_eq!(end(cluster, &partition).await, 9);
}

/// A batch without an answer is reported as such, whether it arrived or not. `away` causes that for
/// the next batch.
async fn unanswered(
    (through, cluster): (&dyn Cluster, &dyn Cluster),
    prefix: &str,
    arrives: bool,
    away: impl Fn(),
) {
    let topic = format!("{prefix}-unanswered");
    create(cluster, &[new_topic(&topic, 1, &[("retention.ms", "-1")])]).await;
    let partition = TopicPartition::new(topic, 0);
    let mut writer = open(through, WriterSettings::default()).await;
    writer.write(&partition, records(0, 3)).await.unwrap();
    writer.flush().await.unwrap();
    assert_eq!(writer.unanswered(), []);
    assert_eq!(writer.written().len(), 1);
    away();
    writer.write(&partition, records(3, 4)).await.unwrap_or(());
    let lost = writer.flush().await;
    assert!(matches!(lost, Err(WriteError::Unknown { .. })), "{lost:?}");
    assert_eq!(writer.written(), []);
    let batch = WrittenBatch {
        partition: partition.clone(),
        base_offset: None,
        records: 4,
        first: 3,
        last: 6,
    };
    assert_eq!(writer.unanswered(), [batch]);
    assert_eq!(end(cluster, &partition).await, if arrives { 7 } else { 3 });
}

/// A commit without an answer leaves its whole transaction in doubt until it is answered. `away`
/// loses the answers to the end of a transaction, or stops that.
async fn unanswered_end(
    (through, cluster): (&dyn Cluster, &dyn Cluster),
    prefix: &str,
    away: impl Fn(bool),
) {
    let topic = format!("{prefix}-unanswered-end");
    create(cluster, &[new_topic(&topic, 1, &[("retention.ms", "-1")])]).await;
    let partition = TopicPartition::new(topic.clone(), 0);
    let settings = WriterSettings {
        transactions: Some(Transactions {
            id: topic,
            timeout: Duration::from_secs(30),
        }),
        ..WriterSettings::default()
    };
    let mut writer = open(through, settings).await;
    writer.begin().await.unwrap();
    writer.write(&partition, records(0, 2)).await.unwrap();
    assert_eq!(writer.unanswered(), []);
    away(true);
    let lost = writer.commit().await;
    assert!(matches!(lost, Err(WriteError::EndUnknown(_))), "{lost:?}");
    let unanswered = writer.unanswered();
    let found: Vec<(usize, i64, i64)> = unanswered
        .iter()
        .map(|batch| (batch.records, batch.first, batch.last))
        .collect();
    assert_eq!(found, [(2, 0, 1)]);
    away(false);
    writer.commit().await.unwrap();
    assert_eq!(writer.unanswered(), []);
    ends_at(cluster, &partition, 3).await;
}

/// A transaction that is aborted before its first record leaves only its end for readers.
async fn aborting(cluster: &dyn Cluster, topic: &str) {
    create(cluster, &[new_topic(topic, 1, &[])]).await;
    let partition = TopicPartition::new(topic, 0);
    let settings = WriterSettings {
        transactions: Some(Transactions {
            id: topic.to_owned(),
            timeout: Duration::from_secs(30),
        }),
        ..WriterSettings::default()
    };
    let mut writer = open(cluster, settings).await;
    writer.begin().await.unwrap();
    writer.write(&partition, records(0, 1)).await.unwrap();
    writer.abort().await.unwrap();
    ends_at(cluster, &partition, 1).await;
    for uncommitted in [false, true] {
        let mut reader = cluster.reader(ReaderSettings {
            spans: vec![Span::new(partition.clone(), 0, Some(1))],
            uncommitted,
            patience: Duration::from_secs(20),
            accept_gaps: false,
        });
        let chunk = reader.next().await.unwrap().unwrap();
        let end = Gap {
            from: 0,
            until: 1,
            reason: GapReason::Control,
        };
        assert_eq!(chunk.pieces, [Piece::Gap(end)]);
    }
}

/// A refused batch is reported by the source offsets of its records, and is not in doubt.
async fn refusing(cluster: &dyn Cluster, topic: &str) {
    let limit = [("max.message.bytes", "1000")];
    create(cluster, &[new_topic(topic, 1, &limit)]).await;
    let partition = TopicPartition::new(topic, 0);
    let mut writer = open(cluster, WriterSettings::default()).await;
    writer.write(&partition, records(7, 1)).await.unwrap();
    writer.flush().await.unwrap();
    let noise = |seed: u32| seed.wrapping_mul(2_654_435_761).to_le_bytes();
    let mut large = records(9, 1);
    large[0].value = Some((0..1_000).flat_map(noise).collect::<Vec<u8>>().into());
    // One cluster refuses at once, the other when flushed.
    let written = match writer.write(&partition, large).await {
        Ok(()) => writer.flush().await,
        error => error,
    };
    let Err(WriteError::Refused { error, batch, .. }) = written else {
        panic!("{written:?}");
    };
    assert_eq!(error.code, "MESSAGE_TOO_LARGE");
    let batch = batch.unwrap();
    assert_eq!((batch.records, batch.first, batch.last), (1, 9, 9));
    assert!(batch.bytes > 1_000, "{batch:?}");
    assert_eq!(writer.unanswered(), []);
    assert_eq!(end(cluster, &partition).await, 1);
}
