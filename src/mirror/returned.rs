//! Finds the target's own records at the source.
//!
//! The target's records reach the source in order, so the first of them at or after a source offset is also
//! the first at the target. The source is read once for that, from the requested offset on; chunks that a
//! mirror copies count as read. A record that a killed mirror wrote twice may give a smaller offset than
//! necessary, never a larger one.

use std::collections::BTreeMap;
use std::time::Duration;

use super::error::MirrorError;
use super::origin::Route;
use super::place::{committed, records};
use crate::cluster::Cluster;
use crate::cluster::reader::{Chunk, ReaderSettings, Span};
use crate::model::measure::TopicPartition;
use crate::model::record::Record;
use crate::model::topic::TopicId;

/// How many offsets are read first; then four times as many, and so on.
const FIRST: i64 = 64;

/// The largest number of offsets that are read at once.
const MOST: i64 = 1 << 20;

/// How many offsets before a commit are read to find the last record that a group has read.
const BEFORE: i64 = 1 << 10;

/// How many stretches of a partition are remembered.
const STRETCHES: usize = 1_000;

/// A part of a log to read.
#[derive(Clone, Copy)]
pub struct LogRange<'a> {
    /// The cluster that has it.
    pub cluster: &'a dyn Cluster,
    /// Its first offset.
    pub start: i64,
    /// The offset after the last one to read.
    pub end: i64,
    /// How long reads may make no progress.
    pub patience: Duration,
}

impl LogRange<'_> {
    /// A reader of a range of offsets, as far as the log goes.
    pub(super) fn reader(
        &self,
        key: &TopicPartition,
        from: i64,
        until: i64,
    ) -> Box<dyn crate::cluster::reader::RecordReader> {
        let span = Span::new(key.clone(), from.max(self.start), Some(until.min(self.end)));
        self.cluster.reader(ReaderSettings {
            accept_gaps: true,
            ..committed(vec![span], self.patience)
        })
    }
}

/// Offsets of the source without a record that came from the target.
#[derive(Debug)]
struct Stretch {
    /// The offset after the last one.
    until: i64,
    /// The offset at the target of the record at `until`; none if it was not read.
    at: Option<i64>,
}

/// What is known of one partition.
#[derive(Debug, Default)]
struct Known {
    /// Stretches by their first offset.
    stretches: BTreeMap<i64, Stretch>,
    /// The newest record of the target that the source has.
    newest: Option<i64>,
    /// Whether the whole source was searched for it.
    is_searched: bool,
    /// Before this offset of the target, the source has all records of the target's own producers.
    clear: i64,
}

impl Known {
    /// The target offset of the first record at or after a source offset; as error the offset up to which
    /// no record is known.
    fn first(&self, wanted: i64) -> Result<i64, i64> {
        let before = self.stretches.range(..=wanted).next_back();
        match before.filter(|(_, stretch)| stretch.until >= wanted) {
            Some((_, stretch)) => stretch.at.ok_or(stretch.until),
            None => Err(wanted),
        }
    }

    /// Adds that a range was read, and the target offset of the record right after it, if one came from the
    /// target.
    fn read(&mut self, from: i64, until: i64, at: Option<i64>) {
        let before = self.stretches.range_mut(..=from).next_back();
        let before = before.map(|(_, stretch)| stretch);
        match before.filter(|stretch| stretch.at.is_none() && stretch.until >= from) {
            Some(stretch) if until >= stretch.until => *stretch = Stretch { until, at },
            Some(_) => {}
            None => drop(self.stretches.insert(from, Stretch { until, at })),
        }
        while self.stretches.len() > STRETCHES {
            self.stretches.pop_first();
        }
    }
}

/// What is known of the target's records at the source.
#[derive(Debug, Default)]
pub struct Returned {
    /// The ids of the target's topics, where known.
    topics: BTreeMap<String, TopicId>,
    known: BTreeMap<TopicPartition, Known>,
}

impl Returned {
    /// Sets the topic ids, and forgets everything when they change.
    pub fn are(&mut self, topics: BTreeMap<String, TopicId>) {
        if self.topics != topics {
            (self.topics, self.known) = (topics, BTreeMap::new());
        }
    }

    /// Learns from a copied chunk that begins at offset `from` of the source.
    pub fn learn(&mut self, route: &Route, from: i64, chunk: &Chunk) {
        let id = self.topics.get(&chunk.key.topic);
        let known = self.known.entry(chunk.key.clone()).or_default();
        let mut from = from;
        let mut is_behind = false;
        for record in records(chunk) {
            if let Some(at) = route.place_there(&chunk.key, record, id) {
                known.newest = known.newest.max(Some(at));
                // Of consecutive records only the first is remembered; the others are read when needed.
                if !is_behind {
                    known.read(from, record.offset, Some(at));
                }
                (from, is_behind) = (record.offset + 1, true);
            } else {
                is_behind = false;
            }
        }
        known.read(from, chunk.next.max(from), None);
    }

    /// The target offset of the first record at or after a source offset that came from the target.
    ///
    /// # Errors
    /// The source cannot be read.
    pub async fn first_at(
        &mut self,
        route: &Route,
        key: &TopicPartition,
        source: LogRange<'_>,
        wanted: i64,
    ) -> Result<Option<i64>, MirrorError> {
        let id = self.topics.get(&key.topic).copied();
        let known = self.known.entry(key.clone()).or_default();
        let wanted = wanted.max(source.start);
        let mut size = FIRST;
        loop {
            let from = match known.first(wanted) {
                Ok(at) => return Ok(Some(at)),
                Err(from) if from >= source.end => return Ok(None),
                Err(from) => from,
            };
            let until = source.end.min(from + size);
            let is_own = |record: &Record| route.place_there(key, record, id.as_ref());
            match first(source.reader(key, from, until), is_own).await? {
                Some((offset, at)) => known.read(from, offset, Some(at)),
                None => known.read(from, until, None),
            }
            size = (size * 4).min(MOST);
        }
    }

    /// The target offset of the last record shortly before a source offset that came from the target.
    ///
    /// # Errors
    /// The source cannot be read.
    pub async fn last_before(
        &self,
        route: &Route,
        key: &TopicPartition,
        source: LogRange<'_>,
        wanted: i64,
    ) -> Result<Option<i64>, MirrorError> {
        let until = wanted.min(source.end);
        let from = source.start.max(until - BEFORE);
        self.last_in(route, key, source, (from, until)).await
    }

    async fn last_in(
        &self,
        route: &Route,
        key: &TopicPartition,
        source: LogRange<'_>,
        (from, until): (i64, i64),
    ) -> Result<Option<i64>, MirrorError> {
        let id = self.topics.get(&key.topic);
        let mut last = None;
        if from < until {
            let mut reader = source.reader(key, from, until);
            while let Some(chunk) = reader.next().await {
                let chunk = chunk?;
                let own = records(&chunk).filter_map(|one| route.place_there(key, one, id));
                last = last.max(own.max());
            }
        }
        Ok(last)
    }

    /// The first record of the target's own producers that the source does not have.
    ///
    /// # Errors
    /// A cluster cannot be read.
    pub async fn first_unseen(
        &mut self,
        route: &Route,
        key: &TopicPartition,
        (source, target): (LogRange<'_>, LogRange<'_>),
    ) -> Result<Option<i64>, MirrorError> {
        loop {
            let known = self.known.entry(key.clone()).or_default();
            let seen = known.newest.map_or(0, |newest| newest + 1);
            let from = known.clear.max(seen).max(target.start);
            let is_own = |record: &Record| Route::is_native(record).then_some(());
            let found = if from < target.end {
                first(target.reader(key, from, target.end), is_own).await?
            } else {
                None
            };
            known.clear = found.map_or(target.end.max(from), |(offset, ())| offset);
            if found.is_none() || known.is_searched {
                return Ok(found.map(|(offset, ())| offset));
            }
            let newest = self.newest(route, key, source).await?;
            let known = self.known.entry(key.clone()).or_default();
            (known.newest, known.is_searched) = (known.newest.max(newest), true);
        }
    }

    /// The target offset of the newest record that came from the target, searched backwards.
    async fn newest(
        &self,
        route: &Route,
        key: &TopicPartition,
        source: LogRange<'_>,
    ) -> Result<Option<i64>, MirrorError> {
        let (mut until, mut size) = (source.end, FIRST);
        while until > source.start {
            let from = source.start.max(until - size);
            let found = self.last_in(route, key, source, (from, until)).await?;
            if found.is_some() {
                return Ok(found);
            }
            (until, size) = (from, (size * 4).min(MOST));
        }
        Ok(None)
    }
}

/// The offset and the value of the first record for which `find` returns one.
async fn first<T>(
    mut reader: Box<dyn crate::cluster::reader::RecordReader>,
    find: impl Fn(&Record) -> Option<T>,
) -> Result<Option<(i64, T)>, MirrorError> {
    while let Some(chunk) = reader.next().await {
        let chunk = chunk?;
        let found = records(&chunk).find_map(|record| Some((record.offset, find(record)?)));
        if found.is_some() {
            return Ok(found);
        }
    }
    Ok(None)
}
