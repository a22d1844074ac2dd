//! Offsets, sizes and samples of partitions.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::{Deserialize, Serialize};

use super::escape::escape;
use super::seen::Seen;

/// One partition of a topic. Sorts by topic, then by number.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
pub struct TopicPartition {
    /// The topic's name.
    pub topic: String,
    /// The partition's number, from 0.
    pub partition: i32,
}

impl TopicPartition {
    /// The partition `partition` of `topic`.
    pub fn new(topic: impl Into<String>, partition: i32) -> Self {
        Self {
            topic: topic.into(),
            partition,
        }
    }

    /// `orders-0`, escaped for a terminal.
    #[must_use]
    pub fn short(&self) -> String {
        format!("{}-{}", escape(&self.topic), self.partition)
    }
}

/// ``partition 0 of `orders` ``, escaped for a terminal.
impl fmt::Display for TopicPartition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "partition {} of `{}`",
            self.partition,
            escape(&self.topic)
        )
    }
}

/// Offsets of partitions; a value of none if the partition has no such offset.
pub type Offsets = BTreeMap<TopicPartition, Seen<Option<i64>>>;

/// The entries of one topic in a map by partition.
pub fn of_topic<'a, T>(
    map: &'a BTreeMap<TopicPartition, T>,
    topic: &str,
) -> impl Iterator<Item = (&'a TopicPartition, &'a T)> + use<'a, T> {
    map.range(TopicPartition::new(topic, i32::MIN)..=TopicPartition::new(topic, i32::MAX))
}

/// What to measure. A partition can be asked about for several points in time.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Questions {
    /// Partitions whose log start and end offsets are wanted.
    pub offsets: BTreeSet<TopicPartition>,
    /// Partitions whose first offset at or after a point in time is wanted, by milliseconds since 1970.
    pub since: BTreeMap<i64, BTreeSet<TopicPartition>>,
    /// Topics whose sizes are wanted.
    pub sizes: BTreeSet<String>,
    /// Partitions of which some records are to be read; a subset of [`Self::offsets`].
    pub samples: BTreeSet<TopicPartition>,
}

/// Counts over some records of a partition, the first and the last ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Sample {
    /// The number of records that were read.
    pub records: i64,
    /// The number of records without a key.
    pub keyless: i64,
}

impl Questions {
    /// Whether nothing is asked.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.offsets.is_empty() && self.sizes.is_empty()
    }
}

/// The answers. An entry is missing if it was not asked for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Measured {
    /// Log start offsets.
    pub starts: Offsets,
    /// Log end offsets.
    pub ends: Offsets,
    /// First offsets at or after a point in time; none if all records are older.
    pub since: BTreeMap<i64, Offsets>,
    /// Bytes of the largest replica's log.
    pub sizes: BTreeMap<TopicPartition, i64>,
    /// Why sizes are missing, if they are.
    pub no_sizes: Option<String>,
    /// Samples of partitions that hold records.
    pub samples: BTreeMap<TopicPartition, Seen<Sample>>,
}

impl Measured {
    /// Why a size is missing.
    #[must_use]
    pub fn no_size(&self) -> String {
        let words = self.no_sizes.as_deref();
        words.unwrap_or("its size cannot be read").to_owned()
    }

    /// The log start and end offsets of a partition.
    #[must_use]
    pub fn log(&self, key: &TopicPartition) -> Seen<(i64, i64)> {
        let seen = |offsets: &Offsets| {
            let offset = offsets.get(key).cloned().unwrap_or(Seen::Absent);
            offset.map(Option::unwrap_or_default)
        };
        seen(&self.starts).and_then(|start| seen(&self.ends).map(|end| (start, end)))
    }
}

/// The amount of data that is to be written to a partition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Load {
    /// Records; for a mirror, offsets.
    pub records: i64,
    /// Uncompressed bytes; for a mirror, bytes as stored at the source.
    pub bytes: i64,
    /// The bytes of the largest record, if it is known.
    pub largest: i64,
    /// The smallest and the largest timestamp; none without records.
    pub times: Option<(i64, i64)>,
}
