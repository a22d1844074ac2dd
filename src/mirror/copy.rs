//! Copies records, once or continuously.
//!
//! A pass finds how far the target is, and copies from there until an error. After a passing error a new
//! pass starts. A pass keeps no state, so it works the same after an error as after a kill.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use tokio::time::{sleep, timeout};

use super::error::MirrorError;
use super::groups::{MirroredGroups, Round};
use super::joined::Joined;
use super::offsets::{offsets, told};
use super::origin::Route;
use super::place::{TargetPartition, committed, former, places};
use crate::cluster::reader::{Chunk, Piece, ReaderSettings, Span};
use crate::cluster::writer::{
    Compression, RecordWriter, Tally, Transactions, WriteError, WriterSettings, WrittenBatch,
    records as records_of,
};
use crate::cluster::{At, Cluster, OffsetSpec};
use crate::model::measure::TopicPartition;
use crate::model::record::{Ended, GapReason, Record};
use crate::model::seen::Seen;
use crate::model::topic::Topic;
use crate::observe::ends::{self, Open};

/// How long the source may be idle before pending writes are waited for.
const IDLE: Duration = Duration::from_millis(100);

/// How long records are sent before their acknowledgements are waited for.
const SETTLE: Duration = Duration::from_secs(1);

/// The pause before a retry.
const PAUSE: Duration = Duration::from_millis(500);

/// How many reads in a row must show another topic id: a broker may still know the old topic.
const LOOKS: usize = 5;

/// How many reads in a row must show that a topic of the target is absent.
const LOOKS_FOR_NONE: usize = 10;

/// `transaction.timeout.ms` of the mirror's transactions.
const TRANSACTION: Duration = Duration::from_mins(1);

/// Settings of a mirror.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MirrorSettings {
    /// The partitions to copy, which have the same names and numbers at the target.
    pub keys: Vec<TopicPartition>,
    /// The clusters and topic ids.
    pub route: Route,
    /// Whether it stops at the end offsets of the start.
    pub once: bool,
    /// The transactional id, for copying each record exactly once.
    pub exactly_once: Option<String>,
    /// The compression of batches.
    pub compression: Compression,
    /// The longest time without progress while records are left to copy, or may be.
    pub patience: Duration,
    /// With `once`: how long to wait for transactions that are open at the start.
    pub open_patience: Duration,
    /// Whether offsets without an answer count as a gap in every topic.
    pub accept_gaps: bool,
    /// The interval between copies of commits and checks of topics.
    pub every: Duration,
    /// Whether the target may have copies of an earlier topic of the same name.
    pub appends: bool,
}

/// The progress of a partition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct MirrorPosition {
    /// The next offset of the source to copy.
    pub next: i64,
    /// The source's log end offset at the last read; with [`MirrorSettings::once`], at the start.
    pub end: i64,
    /// The leader epoch of the last copied record; none when unknown.
    epoch: Option<i32>,
}

impl MirrorPosition {
    /// The number of offsets that are not copied yet.
    #[must_use]
    pub fn lag(&self) -> i64 {
        (self.end - self.next).max(0)
    }
}

/// Events of a mirror.
#[derive(Debug)]
pub enum Tell<'a> {
    /// Records were copied, or there were none.
    Progress(&'a Mirror<'a>),
    /// Something failed and is retried.
    Again(&'a MirrorError),
    /// The source deleted records before they were copied.
    Lost {
        /// The partition.
        key: &'a TopicPartition,
        /// The first offset.
        from: i64,
        /// The offset after the last one.
        until: i64,
    },
    /// Offsets without an answer are accepted as a gap.
    Accepted {
        /// The partition.
        key: &'a TopicPartition,
        /// The first offset.
        from: i64,
        /// The offset after the last one.
        until: i64,
    },
    /// The copy waits for open transactions of the source before it starts.
    Waiting(&'a Open),
    /// Transactions of the source that were open at the previous read still are.
    Open(&'a Open),
    /// A topic of the source has new partitions, which are not copied.
    Grown {
        /// The topic.
        topic: &'a str,
        /// Its number of partitions.
        partitions: usize,
    },
    /// Commits of groups were copied, or could not be.
    Groups(&'a Round),
}

/// A running mirror.
pub struct Mirror<'a> {
    source: &'a dyn Cluster,
    target: &'a dyn Cluster,
    settings: MirrorSettings,
    is_over: Box<dyn Fn() -> bool + Sync + 'a>,
    positions: BTreeMap<TopicPartition, MirrorPosition>,
    copied: i64,
    /// Batches of failed passes that may be at the target or not.
    unanswered: Vec<WrittenBatch>,
    /// All batches ever sent without an answer, which may arrive late.
    late: Vec<WrittenBatch>,
    /// How often records of another mirror were found.
    seen_another: usize,
    returned: i64,
    /// Whether a request for a producer id failed: if it takes effect late, it fences the next writer.
    asked_in_vain: bool,
    /// Whether commits were written for groups.
    has_moved: bool,
    /// Groups whose commits were sent without an answer, and not read since.
    unsure: BTreeSet<String>,
    /// How many offsets the source deleted before they were copied, and the offset up to which that was
    /// reported.
    lost: i64,
    lost_until: BTreeMap<TopicPartition, i64>,
    /// The offsets to stop at.
    until: Option<BTreeMap<TopicPartition, i64>>,
    /// When the current series of errors began; none while there is progress.
    fails: Option<Instant>,
    groups: Option<MirroredGroups<'a>>,
    /// When topics and groups were last read.
    looked: Option<Instant>,
    /// The reported partition counts of the source's topics.
    grown: BTreeMap<String, usize>,
    /// Open transactions of the source that hold records back.
    open: Open,
    /// Transactions that were open at the last read.
    seen: Open,
}

impl std::fmt::Debug for Mirror<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut shown = f.debug_struct("Mirror");
        let shown = shown.field("settings", &self.settings);
        shown
            .field("positions", &self.positions)
            .finish_non_exhaustive()
    }
}

impl<'a> Mirror<'a> {
    /// A mirror that has not started. It stops when `is_over` returns true.
    #[must_use]
    pub fn new(
        (source, target): (&'a dyn Cluster, &'a dyn Cluster),
        settings: MirrorSettings,
        groups: Option<MirroredGroups<'a>>,
        is_over: impl Fn() -> bool + Sync + 'a,
    ) -> Self {
        Self {
            source,
            target,
            is_over: Box::new(is_over),
            positions: BTreeMap::new(),
            copied: 0,
            unanswered: Vec::new(),
            late: Vec::new(),
            seen_another: 0,
            returned: 0,
            asked_in_vain: false,
            has_moved: false,
            unsure: BTreeSet::new(),
            lost: 0,
            lost_until: BTreeMap::new(),
            until: None,
            fails: None,
            groups,
            looked: None,
            grown: BTreeMap::new(),
            open: Open::new(),
            seen: Open::new(),
            settings,
        }
    }

    /// The ids of the records that undo the commits.
    pub fn resets(&self) -> impl Iterator<Item = &String> {
        self.groups.iter().flat_map(MirroredGroups::resets)
    }

    /// The progress of the partitions; empty before the first pass.
    #[must_use]
    pub fn positions(&self) -> &BTreeMap<TopicPartition, MirrorPosition> {
        &self.positions
    }

    /// The number of copied records.
    #[must_use]
    pub fn copied(&self) -> i64 {
        self.copied
    }

    /// The numbers of records sent by this run.
    #[must_use]
    pub fn tally(&self) -> Tally {
        Tally {
            acknowledged: self.copied,
            unanswered: records_of(&self.unanswered),
        }
    }

    /// Whether commits were written for groups.
    #[must_use]
    pub fn has_moved_groups(&self) -> bool {
        self.has_moved
    }

    /// Groups whose commits were sent without an answer.
    #[must_use]
    pub fn unsure_groups(&self) -> &BTreeSet<String> {
        &self.unsure
    }

    /// The number of records that were left out because they came from the target.
    #[must_use]
    pub fn returned(&self) -> i64 {
        self.returned
    }

    /// Open transactions of the source that hold records back.
    #[must_use]
    pub fn open(&self) -> &Open {
        &self.open
    }

    /// The number of offsets that the source deleted before they were copied.
    #[must_use]
    pub fn lost(&self) -> i64 {
        self.lost
    }

    /// Copies until it is asked to stop, or until everything is copied.
    ///
    /// # Errors
    /// An error that does not pass, or one that lasts longer than the patience.
    pub async fn run(&mut self, mut tell: impl FnMut(Tell<'_>)) -> Result<Ended, MirrorError> {
        loop {
            let error = match self.pass(&mut tell).await {
                Ok(ended) => return Ok(ended),
                Err(error) => error,
            };
            let since = *self.fails.get_or_insert_with(Instant::now);
            if !error.is_passing() || since.elapsed() >= self.settings.patience {
                return Err(error);
            }
            tell(Tell::Again(&error));
            sleep(PAUSE).await;
            if (self.is_over)() {
                let is_known = self.unanswered.is_empty() && self.unsure.is_empty();
                return is_known.then_some(Ended::Stopped).ok_or(error);
            }
        }
    }

    async fn pass(&mut self, tell: &mut impl FnMut(Tell<'_>)) -> Result<Ended, MirrorError> {
        let opened = Sink::open(self.target, &self.settings).await;
        let mut sink = match opened {
            Ok(sink) => sink,
            Err(error) => {
                self.asked_in_vain = true;
                return Err(error);
            }
        };
        let ended = self.copy(&mut sink, tell).await;
        let mut error = match ended {
            Ok(ended) => return Ok(ended),
            Err(error) => error,
        };
        self.copied += sink.left().await;
        self.unanswered.extend(sink.writer.unanswered());
        self.late.extend(sink.writer.unanswered());
        if let MirrorError::Write(WriteError::Fenced { is_perhaps_own, .. }) = &mut error {
            *is_perhaps_own |= std::mem::take(&mut self.asked_in_vain);
        }
        Err(error)
    }

    async fn copy(
        &mut self,
        sink: &mut Sink,
        tell: &mut impl FnMut(Tell<'_>),
    ) -> Result<Ended, MirrorError> {
        self.begin(sink, tell).await?;
        tell(Tell::Progress(self));
        let mut reader = self.reader();
        loop {
            if (self.is_over)() {
                self.settle(sink, tell).await?;
                self.round(sink, tell, true).await?;
                return Ok(Ended::Stopped);
            }
            match timeout(IDLE, reader.next()).await {
                Ok(Some(chunk)) => {
                    self.take(sink, chunk?, tell).await?;
                    if sink.since.is_some_and(|since| since.elapsed() < SETTLE) {
                        continue;
                    }
                    self.settle(sink, tell).await?;
                }
                Ok(None) => {
                    self.settle(sink, tell).await?;
                    if self.settings.once {
                        self.round(sink, tell, true).await?;
                        return Ok(Ended::Whole);
                    }
                    sleep(IDLE).await;
                    reader = self.reader();
                }
                Err(_) => self.settle(sink, tell).await?,
            }
            self.round(sink, tell, false).await?;
        }
    }

    /// Finds where to continue.
    async fn begin(
        &mut self,
        sink: &mut Sink,
        tell: &mut impl FnMut(Tell<'_>),
    ) -> Result<(), MirrorError> {
        self.described().await?;
        self.is_there().await?;
        let settings = &self.settings;
        let keys = &settings.keys;
        if let Some(groups) = &mut self.groups {
            groups.begin(self.target, &names(keys)).await?;
        }
        let patience = settings.patience;
        let places = places(self.target, &settings.route, keys, patience, false).await?;
        if let Some(TopicPartition { topic, .. }) = former(&places).pop_first()
            && !settings.appends
        {
            return Err(MirrorError::Anew(topic));
        }
        let is_final = settings.exactly_once.is_some();
        let (there, unanswered) = sorted_out(&self.unanswered, &places, is_final);
        self.copied += there;
        self.unanswered = unanswered;
        let starts = offsets(self.source, keys, OffsetSpec::Earliest).await?;
        let ends = offsets(self.source, keys, OffsetSpec::Latest).await?;
        if settings.once && self.until.is_none() {
            let patience = settings.open_patience;
            let waits = |open: &Open| tell(Tell::Waiting(open));
            let found = ends::ends(self.source, keys, patience, waits).await?;
            self.open = ends::open(&found);
            let found = told(found)?.into_iter();
            self.until = Some(found.map(|(key, end)| (key, end.stable)).collect());
        }
        for key in keys {
            let gone = |of: &str| MirrorError::Unseen {
                key: key.clone(),
                words: format!("the {of} has no such partition"),
                passes: true,
            };
            let end = *ends.get(key).ok_or_else(|| gone("source"))?;
            let place = places.get(key).ok_or_else(|| gone("target"))?;
            sink.joined.known_to(key, place.end);
            let start = starts.get(key).copied().unwrap_or_default();
            let next = place.next.unwrap_or(start);
            // With an epoch, the reader detects a truncated log itself.
            if next > end && place.epoch.is_none() {
                let key = key.clone();
                return Err(MirrorError::Behind { key, next, end });
            }
            let until = self.until.as_ref().and_then(|until| until.get(key));
            let end = until.copied().unwrap_or(end);
            let epoch = place.epoch;
            self.positions
                .insert(key.clone(), MirrorPosition { next, end, epoch });
        }
        Ok(())
    }

    fn reader(&self) -> Box<dyn crate::cluster::reader::RecordReader> {
        let spans = self.positions.iter().map(|(key, position)| {
            let until = self.until.as_ref().map(|_| position.end);
            Span {
                epoch: position.epoch,
                ..Span::new(key.clone(), position.next, until)
            }
        });
        self.source.reader(ReaderSettings {
            accept_gaps: self.settings.accept_gaps,
            ..committed(spans.collect(), self.settings.patience)
        })
    }

    async fn take(
        &mut self,
        sink: &mut Sink,
        chunk: Chunk,
        tell: &mut impl FnMut(Tell<'_>),
    ) -> Result<(), MirrorError> {
        let (key, epoch) = (&chunk.key, chunk.epoch);
        if let Some(groups) = &mut self.groups {
            let position = self.positions.get(key).map(|position| position.next);
            let taken = sink.next.get(key).map(|(next, _)| *next);
            if let Some(from) = taken.or(position) {
                groups.learn(&self.settings.route, from, &chunk);
            }
        }
        let lost_until = self.lost_until.entry(key.clone()).or_default();
        for piece in chunk.pieces {
            match piece {
                Piece::Records(_, records) => {
                    let all = records.len();
                    let records: Vec<Record> = records
                        .into_iter()
                        .filter(|record| !self.settings.route.returns(key, record))
                        .map(|record| self.settings.route.stamped(key, epoch, record))
                        .collect();
                    sink.taken += count(records.len());
                    sink.returned += count(all - records.len());
                    if !records.is_empty() {
                        sink.write(key, records).await?;
                    }
                }
                // After a failed pass, the same gap is read again.
                Piece::Gap(gap)
                    if gap.reason == GapReason::Retention && gap.until > *lost_until =>
                {
                    let from = gap.from.max(*lost_until);
                    let until = gap.until;
                    *lost_until = until;
                    self.lost += until - from;
                    tell(Tell::Lost { key, from, until });
                }
                Piece::Gap(gap) if gap.reason == GapReason::Unknown => tell(Tell::Accepted {
                    key,
                    from: gap.from,
                    until: gap.until,
                }),
                Piece::Gap(_) => {}
            }
        }
        sink.next.insert(chunk.key.clone(), (chunk.next, epoch));
        if let Some(position) = self.positions.get_mut(&chunk.key)
            && self.until.is_none()
        {
            position.end = chunk.end.max(chunk.next);
        }
        Ok(())
    }

    /// Waits until all sent records are acknowledged.
    async fn settle(
        &mut self,
        sink: &mut Sink,
        tell: &mut impl FnMut(Tell<'_>),
    ) -> Result<(), MirrorError> {
        sink.settle().await?;
        for (key, (next, epoch)) in std::mem::take(&mut sink.next) {
            self.fails = None;
            // Records that were sent before without an answer are at the target now, at least once.
            self.unanswered
                .retain(|batch| batch.partition != key || batch.last >= next);
            if let Some(position) = self.positions.get_mut(&key) {
                (position.next, position.epoch) = (next, epoch);
            }
        }
        self.copied += std::mem::take(&mut sink.taken);
        self.returned += std::mem::take(&mut sink.returned);
        tell(Tell::Progress(self));
        Ok(())
    }

    /// Checks topics and copies commits, when the interval has passed.
    async fn round(
        &mut self,
        sink: &mut Sink,
        tell: &mut impl FnMut(Tell<'_>),
        is_last: bool,
    ) -> Result<(), MirrorError> {
        let every = self.settings.every;
        let is_time = self.looked.is_none_or(|last| last.elapsed() >= every);
        if !is_last && !is_time {
            return Ok(());
        }
        self.topics(tell).await?;
        self.is_there().await?;
        self.alone(sink).await?;
        if self.until.is_none() {
            self.transactions(tell).await?;
        }
        if let Some(groups) = &mut self.groups {
            let positions = self.positions.iter();
            let next = positions.map(|(key, position)| (key.clone(), position.next));
            let (clusters, next) = ((self.source, self.target), next.collect());
            let mut round = Round::default();
            let route = &self.settings.route;
            let ended = groups.round(clusters, route, &next, &mut round).await;
            self.has_moved |= !round.moved.is_empty();
            if round != Round::default() {
                tell(Tell::Groups(&round));
            }
            if ended.is_ok() {
                self.unsure.clear();
            }
            self.unsure.extend(round.unanswered.keys().cloned());
            ended?;
            if let Some((group, words)) = round.unanswered.into_iter().next() {
                return Err(MirrorError::Commit { group, words });
            }
        }
        self.looked = Some(Instant::now());
        self.fails = None;
        Ok(())
    }

    /// Checks that no other mirror copies the same. The first find may be a late batch of a killed mirror,
    /// and is an error only with `once`.
    async fn alone(&mut self, sink: &mut Sink) -> Result<(), MirrorError> {
        let (route, patience) = (&self.settings.route, self.settings.patience);
        let joined = &mut sink.joined;
        let another = joined.another(self.target, route, &self.late, patience);
        let Some((key, offset)) = another.await? else {
            return Ok(());
        };
        self.seen_another += 1;
        if self.seen_another > 1 || self.settings.once {
            return Err(MirrorError::Another { key, offset });
        }
        Ok(())
    }

    /// Checks that the topics of the target exist. A broker may not know a new topic yet.
    async fn is_there(&self) -> Result<(), MirrorError> {
        let names = names(&self.settings.keys);
        let mut looks = 0;
        loop {
            let found = self.target.describe_topics(At::AnyBroker, &names).await?;
            let mut absent = found
                .into_iter()
                .filter(|(_, seen)| matches!(seen, Seen::Absent));
            let Some((name, _)) = absent.next() else {
                return Ok(());
            };
            looks += 1;
            if looks == LOOKS_FOR_NONE {
                return Err(MirrorError::Deleted(name));
            }
            sleep(PAUSE).await;
        }
    }

    /// Reports transactions of the source that were open at the previous read and still are.
    async fn transactions(&mut self, tell: &mut impl FnMut(Tell<'_>)) -> Result<(), MirrorError> {
        let keys = &self.settings.keys;
        let found = ends::ends(self.source, keys, Duration::ZERO, |_| ()).await?;
        let seen = std::mem::replace(&mut self.seen, ends::open(&found));
        let is_in = |known: &Open, key: &TopicPartition, from: i64| {
            known.get(key).is_some_and(|(begin, _)| *begin == from)
        };
        let mut open = self.seen.clone();
        open.retain(|key, (from, _)| is_in(&seen, key, *from));
        let known = std::mem::replace(&mut self.open, open);
        let mut new = self.open.clone();
        new.retain(|key, (from, _)| !is_in(&known, key, *from));
        if !new.is_empty() {
            tell(Tell::Open(&new));
        }
        Ok(())
    }

    /// The readable topics of the source, after a check that they are those of the start.
    async fn described(&self) -> Result<BTreeMap<String, Topic>, MirrorError> {
        let names = names(&self.settings.keys);
        let mut looks = 0;
        loop {
            let found = self.source.describe_topics(At::AnyBroker, &names).await?;
            let topics = found.into_iter().filter_map(|(name, seen)| match seen {
                Seen::Value(topic) => Some((name, topic)),
                _ => None,
            });
            let topics: BTreeMap<String, Topic> = topics.collect();
            let ids = &self.settings.route.topics;
            let is_other = |topic: &&Topic| {
                let before = ids.get(&topic.name);
                before.is_some_and(|before| topic.id.is_known() && *before != topic.id)
            };
            let Some(other) = topics.values().find(is_other) else {
                return Ok(topics);
            };
            looks += 1;
            if looks == LOOKS {
                return Err(MirrorError::Anew(other.name.clone()));
            }
            sleep(PAUSE).await;
        }
    }

    /// Reports topics of the source with new partitions.
    async fn topics(&mut self, tell: &mut impl FnMut(Tell<'_>)) -> Result<(), MirrorError> {
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        for key in &self.settings.keys {
            *counts.entry(key.topic.clone()).or_default() += 1;
        }
        for (topic, now) in self.described().await? {
            let known = counts.get(&topic).copied().unwrap_or_default();
            let partitions = now.partitions.len();
            let told = self.grown.insert(topic.clone(), partitions);
            if partitions > known && told != Some(partitions) {
                let topic = topic.as_str();
                tell(Tell::Grown { topic, partitions });
            }
        }
        Ok(())
    }
}

/// The topics of partitions.
fn names(keys: &[TopicPartition]) -> Vec<String> {
    let mut names: Vec<String> = keys.iter().map(|key| key.topic.clone()).collect();
    names.dedup();
    names
}

/// The writer to the target, and the records that it was given.
struct Sink {
    writer: Box<dyn RecordWriter>,
    is_transactional: bool,
    /// Since when records wait for their acknowledgement.
    since: Option<Instant>,
    /// The position of each partition once they are acknowledged, with the leader epoch.
    next: BTreeMap<TopicPartition, (i64, Option<i32>)>,
    taken: i64,
    returned: i64,
    /// The number of acknowledged records among those that were given to the writer.
    acknowledged: i64,
    /// Their offsets at the target.
    joined: Joined,
}

impl Sink {
    /// Opens a writer. It fences an earlier writer with the same transactional id.
    async fn open(target: &dyn Cluster, settings: &MirrorSettings) -> Result<Self, MirrorError> {
        let transactions = settings.exactly_once.clone().map(|id| Transactions {
            id,
            timeout: TRANSACTION,
        });
        let is_transactional = transactions.is_some();
        let writer = target.writer(WriterSettings {
            compression: settings.compression,
            transactions,
            ..WriterSettings::default()
        });
        Ok(Self {
            writer: writer.await?,
            is_transactional,
            since: None,
            next: BTreeMap::new(),
            taken: 0,
            returned: 0,
            acknowledged: 0,
            joined: Joined::default(),
        })
    }

    async fn write(
        &mut self,
        key: &TopicPartition,
        records: Vec<Record>,
    ) -> Result<(), MirrorError> {
        if self.since.is_none() {
            if self.is_transactional {
                self.writer.begin().await?;
            }
            self.since = Some(Instant::now());
        }
        let written = self.writer.write(key, records).await;
        self.count();
        self.checked(written)
    }

    async fn settle(&mut self) -> Result<(), MirrorError> {
        if self.since.is_none() {
            return Ok(());
        }
        let settled = if self.is_transactional {
            self.writer.commit().await
        } else {
            self.writer.flush().await
        };
        self.count();
        self.checked(settled)?;
        (self.since, self.acknowledged) = (None, 0);
        Ok(())
    }

    /// Waits for answers, and returns how many acknowledged records are not counted yet. Records of an
    /// uncommitted transaction do not count.
    async fn left(&mut self) -> i64 {
        if self.is_transactional {
            return 0;
        }
        let _ = self.writer.flush().await; // the pass has its error already
        self.count();
        self.acknowledged
    }

    /// Counts acknowledged records. With transactions gaps are not checked: offsets are not consecutive,
    /// and another mirror of the same topics fences this one.
    fn count(&mut self) {
        let written = self.writer.written();
        self.acknowledged += records_of(&written);
        if !self.is_transactional {
            self.joined.wrote(&written);
        }
    }

    /// Tells a transaction that timed out from a fenced writer: the coordinator reports both alike.
    fn checked(&self, result: Result<(), WriteError>) -> Result<(), MirrorError> {
        let is_late = self
            .since
            .is_some_and(|since| since.elapsed() >= TRANSACTION);
        Err(match result {
            Ok(()) => return Ok(()),
            Err(WriteError::Fenced { error, .. }) if is_late => {
                WriteError::EndUnknown(error.to_string()).into()
            }
            Err(error) => error.into(),
        })
    }
}

/// Looks for unanswered batches at the target: the number of their records that arrived, and the batches
/// that still may. With `is_final`, none may.
fn sorted_out(
    unanswered: &[WrittenBatch],
    places: &BTreeMap<TopicPartition, TargetPartition>,
    is_final: bool,
) -> (i64, Vec<WrittenBatch>) {
    let is_there = |batch: &&WrittenBatch| {
        let next = places.get(&batch.partition).and_then(|place| place.next);
        next.is_some_and(|next| batch.last < next)
    };
    let (there, mut rest): (Vec<WrittenBatch>, Vec<WrittenBatch>) = unanswered
        .iter()
        .cloned()
        .partition(|batch| is_there(&batch));
    if is_final {
        rest.clear();
    }
    (records_of(&there), rest)
}

fn count(records: usize) -> i64 {
    i64::try_from(records).unwrap_or(i64::MAX)
}
