//! Records: reading them, and finding them by time.

use std::time::Duration;

use tonkafka::cluster::reader::{Piece, ReadCause, ReaderSettings, Span};
use tonkafka::cluster::{Cluster, OffsetSpec};
use tonkafka::model::measure::TopicPartition;
use tonkafka::model::record::TimestampType;
use tonkafka::model::seen::Seen;

pub(super) async fn offsets_by_time(cluster: &dyn Cluster, name: &str) {
    let partitions = [TopicPartition::new(name, 0), TopicPartition::new(name, 1)];
    let at = async |spec| {
        let found = cluster.list_offsets(&partitions, spec).await.unwrap();
        [found[&partitions[0]].clone(), found[&partitions[1]].clone()]
    };
    let both = |empty, full| [Seen::Value(empty), Seen::Value(full)];
    assert_eq!(at(OffsetSpec::Earliest).await, both(Some(0), Some(0)));
    assert_eq!(at(OffsetSpec::Latest).await, both(Some(0), Some(3)));
    for (ms, first) in [
        (0, Some(0)),
        (1_000, Some(0)),
        (1_001, Some(1)),
        (3_000, Some(2)),
        (3_001, None),
    ] {
        assert_eq!(
            at(OffsetSpec::Timestamp(ms)).await,
            both(None, first),
            "{ms}"
        );
    }
}

/// Reads both partitions, one of them empty, up to their ends and beyond.
pub(super) async fn reading(cluster: &dyn Cluster, name: &str) {
    let span = |index, from, until| Span::new(TopicPartition::new(name, index), from, Some(until));
    let read = |spans| {
        cluster.reader(ReaderSettings {
            spans,
            uncommitted: false,
            patience: Duration::from_secs(1),
            accept_gaps: false,
        })
    };
    let mut reader = read(vec![span(0, 0, 0), span(1, 1, 3)]);
    let (mut next, mut found) = (1, Vec::new());
    while let Some(chunk) = reader.next().await {
        let chunk = chunk.unwrap();
        assert_eq!((&chunk.key, chunk.end), (&TopicPartition::new(name, 1), 3));
        next = chunk.next;
        for piece in chunk.pieces {
            let Piece::Records(TimestampType::CreateTime, records) = piece else {
                panic!("{piece:?}")
            };
            found.extend(records.into_iter().map(|one| (one.offset, one.timestamp)));
        }
    }
    assert_eq!((next, found), (3, vec![(1, 2_000), (2, 3_000)]));

    let mut beyond = read(vec![span(0, 0, 1)]);
    let error = beyond.next().await.unwrap().unwrap_err();
    let words = "the log ends at 0, and 1 was to be reached".to_owned();
    assert_eq!(error.cause, ReadCause::Silent(words));
    assert_eq!(beyond.next().await, None);
    let absent = Span::new(TopicPartition::new(format!("{name}-absent"), 0), 0, None);
    let error = read(vec![absent]).next().await.unwrap().unwrap_err();
    let words = "the topic is not there any more".to_owned();
    assert_eq!(error.cause, ReadCause::Gone(words));
}
