//! How much partitions hold, and how much of it is old.

use std::collections::{BTreeMap, BTreeSet};

use super::seen::Seen;

/// A topic and a partition's number.
pub type TopicPartition = (String, i32);

/// What a map by partition has of one topic.
pub fn of_topic<'a, T>(
    map: &'a BTreeMap<TopicPartition, T>,
    topic: &str,
) -> impl Iterator<Item = (&'a TopicPartition, &'a T)> + use<'a, T> {
    map.range((topic.to_owned(), i32::MIN)..=(topic.to_owned(), i32::MAX))
}

/// What to measure. The same partition can be asked about for several points in time.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Questions {
    /// Partitions whose log start and end offsets are wanted.
    pub offsets: BTreeSet<TopicPartition>,
    /// Partitions whose first offset at or after a point in time is wanted, by milliseconds since
    /// 1970.
    pub since: BTreeMap<i64, BTreeSet<TopicPartition>>,
    /// Topics whose sizes are wanted.
    pub sizes: BTreeSet<String>,
    /// Partitions of which some records are to be looked at; they are among [`Self::offsets`].
    pub samples: BTreeSet<TopicPartition>,
}

/// Some records of a partition, the first and the last ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Sample {
    /// How many were looked at.
    pub records: i64,
    /// How many of them have no key.
    pub keyless: i64,
}

impl Questions {
    /// Whether nothing is asked.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.offsets.is_empty() && self.sizes.is_empty()
    }
}

/// What was measured. What is missing was not asked about.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Measured {
    /// Log start offsets.
    pub starts: BTreeMap<TopicPartition, Seen<Option<i64>>>,
    /// Log end offsets.
    pub ends: BTreeMap<TopicPartition, Seen<Option<i64>>>,
    /// First offsets at or after a point in time; none where all records are older.
    pub since: BTreeMap<i64, BTreeMap<TopicPartition, Seen<Option<i64>>>>,
    /// Bytes of the largest replica's log.
    pub sizes: BTreeMap<TopicPartition, i64>,
    /// Why sizes are missing, where they are.
    pub no_sizes: Option<String>,
    /// What was looked at of partitions that hold records.
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
        let seen = |offsets: &BTreeMap<TopicPartition, Seen<Option<i64>>>| {
            let offset = offsets.get(key).cloned().unwrap_or(Seen::Absent);
            offset.map(Option::unwrap_or_default)
        };
        seen(&self.starts).and_then(|start| seen(&self.ends).map(|end| (start, end)))
    }
}

/// What is to be put into a partition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Load {
    /// How many records; of a mirror how many offsets.
    pub records: i64,
    /// Their bytes, not compressed; of a mirror as they are at the source.
    pub bytes: i64,
    /// The bytes of the largest one, where they were counted.
    pub largest: i64,
    /// The earliest and the latest timestamp; none without records.
    pub times: Option<(i64, i64)>,
}
