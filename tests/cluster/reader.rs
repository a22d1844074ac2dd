//! Reads records in bulk, compared with librdkafka.

use std::collections::BTreeMap;
use std::time::Duration;

use rdkafka::producer::{BaseRecord, Producer};
use tonkafka::cluster::live::LiveCluster;
use tonkafka::cluster::reader::{Chunk, Piece, ReadError, ReaderSettings, Span};
use tonkafka::cluster::{Cluster, OffsetSpec};
use tonkafka::model::measure::TopicPartition;
use tonkafka::model::record::{Gap, GapReason, Record, TimestampType};
use tonkafka::model::seen::Seen;

use crate::support::live::{connect, runtime};
use crate::support::records::{PATIENCE, Told, assert_same, create, producer, send, told, witness};
use crate::support::{apache, kafka};

#[test]
fn every_codec_and_transaction_is_read_as_librdkafka_reads_it() {
    let kafka = kafka::single();
    // The records are from 2023.
    let topic = create("codecs", 3, &["retention.ms=-1"]);
    for codec in ["none", "gzip", "snappy", "lz4", "zstd"] {
        let producer = producer(&kafka.bootstrap(), &[("compression.type", codec)]);
        for number in 0..300 {
            send(&producer, &topic, number % 3, number, codec);
        }
        producer.flush(PATIENCE).unwrap();
        let id = kafka::topic_name(codec);
        let settings = [("compression.type", codec), ("transactional.id", &*id)];
        let transactional = self::producer(&kafka.bootstrap(), &settings);
        transactional.init_transactions(PATIENCE).unwrap();
        for commits in [true, false, true, false] {
            transactional.begin_transaction().unwrap();
            for number in 0..60 {
                send(&transactional, &topic, number % 3, number, codec);
            }
            transactional.flush(PATIENCE).unwrap();
            if commits {
                transactional.commit_transaction(PATIENCE).unwrap();
            } else {
                transactional.abort_transaction(PATIENCE).unwrap();
            }
        }
    }
    runtime().block_on(async {
        let cluster = connect(&kafka.bootstrap()).await;
        let spans = spans(&cluster, &topic, 3, OffsetSpec::LastStable).await;
        let read = Read::all(&cluster, spans.clone(), false).await.unwrap();
        for span in &spans {
            let told = witness(&kafka.bootstrap(), span, "read_committed");
            assert_eq!(told.len(), 5 * (100 + 40));
            assert_same(&read.told(&span.key), &told);
            let reasons: Vec<GapReason> = read.reasons(&span.key);
            assert!(reasons.contains(&GapReason::Control) && reasons.contains(&GapReason::Aborted));
            assert!(!reasons.contains(&GapReason::Compaction), "{reasons:?}");
        }
        // With read_uncommitted, records of aborted transactions are returned.
        let read = Read::all(&cluster, spans.clone(), true).await.unwrap();
        for span in &spans {
            let told = witness(&kafka.bootstrap(), span, "read_uncommitted");
            assert!(told.len() > 5 * (100 + 40), "{}", told.len());
            assert_same(&read.told(&span.key), &told);
        }
        // Parts of the log.
        for (from, until) in [(0, 1), (50, 51), (99, 117), (130, 700)] {
            let span = Span::new(TopicPartition::new(topic.clone(), 1), from, Some(until));
            let read = Read::all(&cluster, vec![span.clone()], false)
                .await
                .unwrap();
            let told = witness(&kafka.bootstrap(), &span, "read_committed");
            assert_same(&read.told(&span.key), &told);
        }
    });
}

#[test]
fn what_compaction_and_deletion_took_is_told_as_gaps_and_the_read_ends() {
    let kafka = kafka::single();
    let compacted = create(
        "compacted",
        1,
        &[
            "cleanup.policy=compact",
            "segment.ms=100",
            "min.cleanable.dirty.ratio=0.01",
            "max.compaction.lag.ms=100",
            "delete.retention.ms=0",
        ],
    );
    let deleted = create("deleted", 1, &[]);
    let producer = producer(&kafka.bootstrap(), &[("batch.num.messages", "10")]);
    for round in 0..20 {
        for number in 0..10 {
            // Segments are rolled by record time.
            let (key, value) = (format!("key {number}"), format!("value {round}"));
            let record = BaseRecord::to(&compacted).partition(0).key(&key);
            producer.send(record.payload(&value)).unwrap();
            send(&producer, &deleted, 0, number, "deleted");
        }
        producer.flush(PATIENCE).unwrap();
        std::thread::sleep(Duration::from_millis(120));
    }
    runtime().block_on(async {
        let cluster = connect(&kafka.bootstrap()).await;
        let before = [(TopicPartition::new(deleted.clone(), 0), 70)];
        cluster.delete_records(&before).await;
        let mut spans = spans(&cluster, &deleted, 1, OffsetSpec::LastStable).await;
        spans[0].from = 0;
        let read = Read::all(&cluster, spans, false).await.unwrap();
        let key = TopicPartition::new(deleted.clone(), 0);
        let gone = Gap {
            from: 0,
            until: 70,
            reason: GapReason::Retention,
        };
        assert_eq!(read.gaps[&key], [gone]);
        assert_eq!(read.records[&key].len(), 130);

        let key = TopicPartition::new(compacted.clone(), 0);
        for _ in 0..600 {
            let span = self::spans(&cluster, &compacted, 1, OffsetSpec::LastStable).await;
            let read = Read::all(&cluster, span.clone(), false).await.unwrap();
            if read.gaps.contains_key(&key) {
                let told = witness(&kafka.bootstrap(), &span[0], "read_committed");
                let again = Read::all(&cluster, span, false).await.unwrap();
                if again.told(&key) != read.told(&key) {
                    continue; // it was compacted meanwhile
                }
                assert_same(&read.told(&key), &told);
                assert!(told.len() < 200, "{}", told.len());
                return;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("the broker compacted nothing");
    });
}

#[test]
fn a_log_that_retention_empties_is_read_to_its_end() {
    let kafka = kafka::single();
    let topic = create("emptied", 2, &[]);
    let producer = producer(&kafka.bootstrap(), &[]);
    for number in 0..100 {
        send(&producer, &topic, number % 2, number, "gone");
    }
    producer.flush(PATIENCE).unwrap();
    runtime().block_on(async {
        let cluster = connect(&kafka.bootstrap()).await;
        let spans = spans(&cluster, &topic, 2, OffsetSpec::LastStable).await;
        cluster
            .delete_records(&[(TopicPartition::new(topic.clone(), 0), 50)])
            .await;
        let read = Read::all(&cluster, spans, false).await.unwrap();
        assert_eq!(
            read.gaps[&TopicPartition::new(topic.clone(), 0)],
            [Gap {
                from: 0,
                until: 50,
                reason: GapReason::Retention
            }]
        );
        assert_eq!(
            read.records[&TopicPartition::new(topic.clone(), 1)].len(),
            50
        );
    });
}

#[test]
fn batches_above_the_size_of_an_answer_come_through() {
    let kafka = kafka::single();
    let topic = create("large", 2, &["max.message.bytes=20000000"]);
    let producer = producer(&kafka.bootstrap(), &[("message.max.bytes", "20000000")]);
    let value = vec![7; 9_000_000];
    for number in 0..4 {
        let record = BaseRecord::<[u8], [u8]>::to(&topic)
            .partition(number % 2)
            .payload(&value);
        producer.send(record).unwrap();
        producer.flush(PATIENCE).unwrap();
    }
    runtime().block_on(async {
        let cluster = connect(&kafka.bootstrap()).await;
        let spans = spans(&cluster, &topic, 2, OffsetSpec::LastStable).await;
        let read = Read::all(&cluster, spans, false).await.unwrap();
        for index in 0..2 {
            let records = &read.records[&TopicPartition::new(topic.clone(), index)];
            assert_eq!(records.len(), 2);
            assert!(
                records
                    .iter()
                    .all(|one| one.value.as_deref() == Some(&*value))
            );
        }
    });
}

#[test]
fn a_read_survives_the_death_of_a_leader() {
    let kafka = kafka::fresh(3, &[]);
    let topic = kafka::topic_name("mortal");
    let create = ["--create", "--partitions", "6", "--replication-factor", "3"];
    let create = [&create[..], &["--topic", &topic]].concat();
    apache::topics(&kafka.bootstrap(), &create).ok();
    let producer = producer(&kafka.bootstrap(), &[("linger.ms", "20")]);
    for number in 0..60_000 {
        send(&producer, &topic, number % 6, number, "mortal");
        if number % 1_000 == 0 {
            producer.flush(PATIENCE).unwrap();
        }
    }
    producer.flush(PATIENCE).unwrap();
    runtime().block_on(async {
        let cluster = connect(&kafka.bootstrap()).await;
        let spans = spans(&cluster, &topic, 6, OffsetSpec::LastStable).await;
        let settings = ReaderSettings {
            spans: spans.clone(),
            uncommitted: false,
            patience: Duration::from_mins(1),
            accept_gaps: false,
        };
        let mut reader = cluster.reader(settings);
        let mut read = Read::default();
        read.add(reader.next().await.unwrap().unwrap());
        // Waiting chunks are limited, so much is still unread.
        kafka.kill_broker(2);
        while let Some(chunk) = reader.next().await {
            read.add(chunk.unwrap());
        }
        for span in &spans {
            let offsets: Vec<i64> = read.records[&span.key]
                .iter()
                .map(|one| one.offset)
                .collect();
            assert_eq!(offsets, (0..10_000).collect::<Vec<i64>>(), "{:?}", span.key);
        }
    });
}

#[test]
fn a_read_without_an_end_goes_on_and_one_beyond_the_log_gives_up() {
    let kafka = kafka::single();
    let topic = create("endless", 1, &[]);
    let producer = producer(&kafka.bootstrap(), &[]);
    send(&producer, &topic, 0, 0, "first");
    producer.flush(PATIENCE).unwrap();
    runtime().block_on(async {
        let cluster = connect(&kafka.bootstrap()).await;
        let key = TopicPartition::new(topic.clone(), 0);
        let span = |until| Span::new(key.clone(), 0, until);
        let settings = |until, patience| ReaderSettings {
            spans: vec![span(until)],
            uncommitted: false,
            patience,
            accept_gaps: false,
        };
        let mut reader = cluster.reader(settings(None, PATIENCE));
        for number in 0..3 {
            let chunk = reader.next().await.unwrap().unwrap();
            assert_eq!((chunk.next, chunk.end), (number + 1, number + 1));
            send(&producer, &topic, 0, 1, "later");
            producer.flush(PATIENCE).unwrap();
        }
        drop(reader);
        let mut reader = cluster.reader(settings(Some(100), Duration::from_secs(1)));
        let error = loop {
            match reader.next().await.unwrap() {
                Ok(_) => {}
                Err(error) => break error,
            }
        };
        assert_eq!(
            error.to_string(),
            format!(
                "cannot read partition 0 of `{topic}` at offset 4: the log ends at 4, and 100 was to \
                 be reached"
            )
        );
        assert_eq!(reader.next().await, None);
    });
}

/// All records and gaps that were read.
#[derive(Default)]
struct Read {
    records: BTreeMap<TopicPartition, Vec<Record>>,
    gaps: BTreeMap<TopicPartition, Vec<Gap>>,
    next: BTreeMap<TopicPartition, i64>,
}

impl Read {
    async fn all(
        cluster: &LiveCluster,
        spans: Vec<Span>,
        uncommitted: bool,
    ) -> Result<Self, ReadError> {
        let mut read = Self::default();
        for span in &spans {
            read.next.insert(span.key.clone(), span.from);
        }
        let settings = ReaderSettings {
            spans: spans.clone(),
            uncommitted,
            patience: PATIENCE,
            accept_gaps: false,
        };
        let mut reader = cluster.reader(settings);
        while let Some(chunk) = reader.next().await {
            read.add(chunk?);
        }
        for span in spans {
            assert_eq!(Some(read.next[&span.key]), span.until);
        }
        Ok(read)
    }

    /// Adds a chunk; no offset may be missing.
    fn add(&mut self, chunk: Chunk) {
        let next = self.next.entry(chunk.key.clone()).or_default();
        for piece in chunk.pieces {
            match piece {
                Piece::Records(kind, records) => {
                    assert_eq!(kind, TimestampType::CreateTime);
                    for record in records {
                        assert_eq!(record.offset, *next);
                        *next += 1;
                        let all = self.records.entry(chunk.key.clone()).or_default();
                        all.push(record);
                    }
                }
                Piece::Gap(gap) => {
                    assert!(
                        gap.from == *next && gap.until > gap.from,
                        "{gap:?} at {next}"
                    );
                    *next = gap.until;
                    self.gaps.entry(chunk.key.clone()).or_default().push(gap);
                }
            }
        }
        assert_eq!(chunk.next, *next);
    }

    fn reasons(&self, key: &TopicPartition) -> Vec<GapReason> {
        self.gaps[key].iter().map(|gap| gap.reason).collect()
    }

    fn told(&self, key: &TopicPartition) -> Vec<Told> {
        told(self.records.get(key).into_iter().flatten())
    }
}

async fn spans(cluster: &LiveCluster, topic: &str, partitions: i32, end: OffsetSpec) -> Vec<Span> {
    let keys: Vec<TopicPartition> = (0..partitions)
        .map(|one| TopicPartition::new(topic, one))
        .collect();
    let starts = cluster
        .list_offsets(&keys, OffsetSpec::Earliest)
        .await
        .unwrap();
    let ends = cluster.list_offsets(&keys, end).await.unwrap();
    let known = |seen: &Seen<Option<i64>>| match seen {
        Seen::Value(Some(offset)) => *offset,
        other => panic!("{other:?}"),
    };
    keys.into_iter()
        .map(|key| {
            let (from, until) = (known(&starts[&key]), known(&ends[&key]));
            Span::new(key, from, Some(until))
        })
        .collect()
}
