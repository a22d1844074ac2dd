//! The origin of a mirrored record, in a header.
//!
//! The header's name is [`HEADER`], its value `CLUSTER/TOPIC:ID/PARTITION:EPOCH/OFFSET`. `ID` is the
//! topic's id at the source as Kafka prints it, and `EPOCH` the leader epoch of the record there; `:ID` and
//! `:EPOCH` are left out when unknown, and by older versions of this program. Each mirror appends one
//! header: the last is of the mirror that wrote the record, and all together name the clusters that it has
//! been in.

use std::collections::BTreeMap;

use bytes::Bytes;

use crate::model::measure::TopicPartition;
use crate::model::record::{Header, Record};
use crate::model::topic::TopicId;

/// The name of the header.
pub const HEADER: &str = "tonkafka-mirror";

/// The source and the target of a mirror.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// `cluster.id` of the source.
    pub source: String,
    /// `cluster.id` of the target.
    pub target: String,
    /// The ids of the source's topics, where known.
    pub topics: BTreeMap<String, TopicId>,
}

/// The origin of a record of the target.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whose {
    /// A mirror of this route wrote it.
    Ours {
        /// Its offset in the source.
        offset: i64,
        /// Its leader epoch in the source, if it is known.
        epoch: Option<i32>,
    },
    /// A mirror of this route copied it from an earlier topic of the same name.
    Former,
    /// Another producer wrote it.
    Others,
}

/// The place of a record in a cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Origin<'a> {
    cluster: &'a str,
    topic: &'a str,
    id: Option<TopicId>,
    partition: i32,
    epoch: Option<i32>,
    offset: i64,
}

impl<'a> Origin<'a> {
    /// Topics and numbers contain no slash, so a cluster's id may. Topics contain no colon.
    fn parse(text: &'a str) -> Option<Self> {
        let mut parts = text.rsplitn(4, '/');
        let offset = parts.next()?.parse().ok().filter(|offset| *offset >= 0)?;
        let (partition, epoch) = split(parts.next()?);
        let (topic, id) = split(parts.next()?);
        let cluster = parts.next()?;
        Some(Self {
            cluster,
            topic,
            id: id.map(str::parse).transpose().ok()?,
            partition: partition.parse().ok()?,
            epoch: epoch.map(str::parse).transpose().ok()?,
            offset,
        })
    }

    fn is_at(&self, cluster: &str, TopicPartition { topic, partition }: &TopicPartition) -> bool {
        self.cluster == cluster && self.topic == topic && self.partition == *partition
    }
}

/// A part, and the text after its colon.
fn split(text: &str) -> (&str, Option<&str>) {
    match text.split_once(':') {
        Some((before, behind)) => (before, Some(behind)),
        None => (text, None),
    }
}

/// The places of a record in other clusters, oldest first.
fn origins(record: &Record) -> impl DoubleEndedIterator<Item = Origin<'_>> {
    let headers = record.headers.iter();
    let ours = headers.filter(|header| header.name == HEADER.as_bytes());
    ours.filter_map(|header| Origin::parse(std::str::from_utf8(header.value.as_ref()?).ok()?))
}

impl Route {
    /// Whether a record of the source came from this partition of the target.
    #[must_use]
    pub fn returns(&self, key: &TopicPartition, record: &Record) -> bool {
        origins(record).any(|origin| origin.is_at(&self.target, key))
    }

    /// The offset in this partition of the target, if a record of the source came from there. With `id`,
    /// only from the topic of that id.
    #[must_use]
    pub fn place_there(
        &self,
        key: &TopicPartition,
        record: &Record,
        id: Option<&TopicId>,
    ) -> Option<i64> {
        let places = origins(record).filter(|origin| origin.is_at(&self.target, key));
        let places = places.filter(|origin| {
            let ids = origin.id.as_ref().zip(id);
            ids.is_none_or(|(before, now)| before == now)
        });
        places.map(|origin| origin.offset).min()
    }

    /// Whether no mirror wrote the record.
    #[must_use]
    pub fn is_native(record: &Record) -> bool {
        origins(record).next().is_none()
    }

    /// A record of the source as it is written to the target: with the header added.
    #[must_use]
    pub fn stamped(
        &self,
        TopicPartition { topic, partition }: &TopicPartition,
        epoch: Option<i32>,
        mut record: Record,
    ) -> Record {
        let (source, offset) = (&self.source, record.offset);
        let id = self.topics.get(topic);
        let id = id.map_or_else(String::new, |id| format!(":{id}"));
        let epoch = epoch.map_or_else(String::new, |epoch| format!(":{epoch}"));
        let value = format!("{source}/{topic}{id}/{partition}{epoch}/{offset}");
        record.headers.push(Header {
            name: Bytes::from_static(HEADER.as_bytes()),
            value: Some(Bytes::from(value)),
        });
        record
    }

    /// The origin of a record of the target. If one side has no topic id, the name decides.
    #[must_use]
    pub fn whose(&self, key: &TopicPartition, record: &Record) -> Whose {
        let Some(last) = origins(record).next_back() else {
            return Whose::Others;
        };
        let now = self.topics.get(&key.topic);
        match (last.is_at(&self.source, key), last.id.as_ref().zip(now)) {
            (false, _) => Whose::Others,
            (true, Some((before, now))) if before != now => Whose::Former,
            (true, _) => Whose::Ours {
                offset: last.offset,
                epoch: last.epoch,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn route(source: &str, target: &str) -> Route {
        Route {
            source: source.to_owned(),
            target: target.to_owned(),
            topics: BTreeMap::new(),
        }
    }

    fn ours(offset: i64, epoch: Option<i32>) -> Whose {
        Whose::Ours { offset, epoch }
    }

    fn with_id(route: Route, id: u8) -> Route {
        let topics = BTreeMap::from([("orders".to_owned(), TopicId([id; 16]))]);
        Route { topics, ..route }
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
        let key = TopicPartition::new("orders", 3);
        let there = route("a", "b").stamped(&key, None, record(7));
        assert_eq!(
            there.headers[0].value.as_deref(),
            Some(b"a/orders/3/7".as_ref())
        );
        assert_eq!(route("a", "b").whose(&key, &there), ours(7, None));
        assert_eq!(route("c", "b").whose(&key, &there), Whose::Others);
        assert!(route("b", "a").returns(&key, &there));
        assert!(!route("b", "c").returns(&key, &there));
        // A program that copied a record with all headers to another topic has written a record of that
        // topic.
        let elsewhere = TopicPartition::new("orders", 4);
        assert!(!route("b", "a").returns(&elsewhere, &there));
        let whose = route("a", "b").whose(&elsewhere, &there);
        assert_eq!(whose, Whose::Others);
    }

    #[test]
    fn a_topic_that_was_made_anew_is_another_one_where_both_ids_are_known() {
        let key = TopicPartition::new("orders", 3);
        let (first, second) = (route("a", "b"), route("a", "b"));
        let (first, second) = (with_id(first, 1), with_id(second, 2));
        let there = first.stamped(&key, None, record(7));
        assert_eq!(
            there.headers[0].value.as_deref(),
            Some(b"a/orders:AQEBAQEBAQEBAQEBAQEBAQ/3/7".as_ref())
        );
        assert_eq!(first.whose(&key, &there), ours(7, None));
        assert_eq!(second.whose(&key, &there), Whose::Former);
        // A source without topic ids, and a record from a version that did not write them.
        assert_eq!(route("a", "b").whose(&key, &there), ours(7, None));
        let older = route("a", "b").stamped(&key, None, record(7));
        assert_eq!(second.whose(&key, &older), ours(7, None));
        // Records from the target are left out, whichever topic they were in.
        assert!(with_id(route("b", "a"), 2).returns(&key, &there));
    }

    #[test]
    fn the_last_mirror_counts_where_it_is_and_all_do_where_it_was() {
        let key = TopicPartition::new("orders", 0);
        let first = route("a", "b").stamped(&key, None, record(7));
        let moved = Record {
            offset: 90,
            ..first
        };
        let second = route("b", "c").stamped(&key, None, moved);
        assert_eq!(route("b", "c").whose(&key, &second), ours(90, None));
        assert_eq!(route("a", "c").whose(&key, &second), Whose::Others);
        assert!(route("c", "a").returns(&key, &second));
        assert!(route("c", "b").returns(&key, &second));
    }

    #[test]
    fn a_record_knows_the_leader_epoch_that_it_had() {
        let key = TopicPartition::new("orders", 3);
        let route = with_id(route("a", "b"), 1);
        let there = route.stamped(&key, Some(5), record(7));
        let value = format!("a/orders:{}/3:5/7", TopicId([1; 16]));
        assert_eq!(there.headers[0].value.as_deref(), Some(value.as_bytes()));
        assert_eq!(route.whose(&key, &there), ours(7, Some(5)));
    }

    #[test]
    fn what_is_no_place_is_none() {
        for text in [
            "",
            "a/b/0",
            "a/b/0/x",
            "a/b/0/-1",
            "a/b/x/0",
            "a/b/0:/0",
            "a/b/0:x/0",
            "/0/0",
            "a/b:x/0/0",
        ] {
            assert_eq!(Origin::parse(text), None, "{text}");
        }
        let slashed = Origin::parse("a/b/topic/1/2").unwrap();
        assert_eq!((slashed.cluster, slashed.topic), ("a/b", "topic"));
    }
}
