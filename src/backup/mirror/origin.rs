//! Where a mirrored record came from: one header of it.
//!
//! The header's name is [`HEADER`], its value `CLUSTER/TOPIC/PARTITION/OFFSET`. Each mirror that a record
//! goes through adds one behind the others, so that the last one is of the mirror that wrote the record
//! where it is, and all of them together are the clusters that it has been in.

use bytes::Bytes;

use crate::model::measure::TopicPartition;
use crate::model::record::{Header, Record};

/// The name of the header.
pub const HEADER: &str = "tonkafka-mirror";

/// From which cluster to which.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// `cluster.id` of the source.
    pub source: String,
    /// `cluster.id` of the target.
    pub target: String,
}

/// A place in a cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Origin<'a> {
    cluster: &'a str,
    topic: &'a str,
    partition: i32,
    offset: i64,
}

impl<'a> Origin<'a> {
    /// Neither topics nor numbers hold a slash, so that a cluster's id may.
    fn parse(text: &'a str) -> Option<Self> {
        let mut parts = text.rsplitn(4, '/');
        let offset = parts.next()?.parse().ok().filter(|offset| *offset >= 0)?;
        let partition = parts.next()?.parse().ok()?;
        let topic = parts.next()?;
        let cluster = parts.next()?;
        Some(Self {
            cluster,
            topic,
            partition,
            offset,
        })
    }

    fn is_at(&self, cluster: &str, (topic, partition): &TopicPartition) -> bool {
        self.cluster == cluster && self.topic == topic && self.partition == *partition
    }
}

/// The places of a record in other clusters, in the order in which it came.
fn origins(record: &Record) -> impl DoubleEndedIterator<Item = Origin<'_>> {
    let headers = record.headers.iter();
    let ours = headers.filter(|header| header.name == HEADER.as_bytes());
    ours.filter_map(|header| Origin::parse(std::str::from_utf8(header.value.as_ref()?).ok()?))
}

impl Route {
    /// Whether a record of the source was in this partition of the target before.
    #[must_use]
    pub fn returns(&self, key: &TopicPartition, record: &Record) -> bool {
        origins(record).any(|origin| origin.is_at(&self.target, key))
    }

    /// A record of the source as it is written to the target.
    #[must_use]
    pub fn stamped(&self, (topic, partition): &TopicPartition, mut record: Record) -> Record {
        let value = format!("{}/{topic}/{partition}/{}", self.source, record.offset);
        record.headers.push(Header {
            name: Bytes::from_static(HEADER.as_bytes()),
            value: Some(Bytes::from(value)),
        });
        record
    }

    /// The offset that a record of the target has in the source, where a mirror of this route wrote it.
    #[must_use]
    pub fn origin(&self, key: &TopicPartition, record: &Record) -> Option<i64> {
        let last = origins(record).next_back()?;
        last.is_at(&self.source, key).then_some(last.offset)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn route(source: &str, target: &str) -> Route {
        Route {
            source: source.to_owned(),
            target: target.to_owned(),
        }
    }

    fn record(offset: i64) -> Record {
        Record {
            offset,
            timestamp: 1,
            key: None,
            value: None,
            headers: Vec::new(),
        }
    }

    #[test]
    fn a_record_knows_where_it_was() {
        let key = ("orders".to_owned(), 3);
        let there = route("a", "b").stamped(&key, record(7));
        assert_eq!(
            there.headers[0].value.as_deref(),
            Some(b"a/orders/3/7".as_ref())
        );
        assert_eq!(route("a", "b").origin(&key, &there), Some(7));
        assert_eq!(route("c", "b").origin(&key, &there), None);
        assert!(route("b", "a").returns(&key, &there));
        assert!(!route("b", "c").returns(&key, &there));
        // Somebody who took it to another topic with all its headers wrote a record of that topic.
        let elsewhere = ("orders".to_owned(), 4);
        assert!(!route("b", "a").returns(&elsewhere, &there));
        assert_eq!(route("a", "b").origin(&elsewhere, &there), None);
    }

    #[test]
    fn the_last_mirror_counts_where_it_is_and_all_do_where_it_was() {
        let key = ("orders".to_owned(), 0);
        let first = route("a", "b").stamped(&key, record(7));
        let moved = Record {
            offset: 90,
            ..first
        };
        let second = route("b", "c").stamped(&key, moved);
        assert_eq!(route("b", "c").origin(&key, &second), Some(90));
        assert_eq!(route("a", "c").origin(&key, &second), None);
        assert!(route("c", "a").returns(&key, &second));
        assert!(route("c", "b").returns(&key, &second));
    }

    #[test]
    fn what_is_no_place_is_none() {
        for text in ["", "a/b/0", "a/b/0/x", "a/b/0/-1", "a/b/x/0", "/0/0"] {
            assert_eq!(Origin::parse(text), None, "{text}");
        }
        let slashed = Origin::parse("a/b/topic/1/2").unwrap();
        assert_eq!((slashed.cluster, slashed.topic), ("a/b", "topic"));
    }
}
