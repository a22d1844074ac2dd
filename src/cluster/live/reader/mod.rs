//! Reads records in bulk from the leaders of their partitions.
//!
//! One task drives: it has at most one fetch in flight to each leader, finds the next offset from
//! the headers of a response, and sends the next fetch while another task still decodes. Responses
//! share a fixed budget, so memory does not grow with the topic.
//!
//! Traps:
//!
//! - a leader guarantees a whole batch only for the first partition of a request, so the partition
//!   that waited longest goes first
//! - an empty response below the log end says nothing: a batch had no room, a tail was compacted,
//!   or remote storage did not answer. It counts as a gap only for the first partition, of a
//!   compacted topic or with `accept_gaps`, and only after it has lasted
//! - `OFFSET_OUT_OF_RANGE` does not say on which side of the log the offset is
//! - a new leader may lack what an earlier one returned, so each fetch has the leader epoch of the
//!   last read record (KIP-320), which the leader compares with its log

mod batches;
mod fetch;
mod silence;
mod spot;
mod unpack;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use futures::StreamExt;
use futures::future::BoxFuture;
use futures::stream::FuturesUnordered;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio::time::sleep;

use self::fetch::{Asked, Terms, Told, fetch};
use self::silence::verdict;
use self::spot::Spot;
use self::unpack::{Job, Unpacked, unpack};
use super::limits::RETRY_PAUSE;
use super::offsets::list_offsets;
use super::reads::{describe_configs, describe_topics};
use super::{LiveCluster, errors};
use crate::cluster::live::wire::{ErrorCode, FetchPartitionResponse, KrafkaError};
use crate::cluster::reader::{
    Chunk, NoGap, ReadCause, ReadError, ReaderSettings, RecordReader, Span,
};
use crate::cluster::{At, ClusterError, OffsetSpec};
use crate::model::broker::BrokerId;
use crate::model::config::{ConfigEntry, ConfigResource};
use crate::model::measure::{Offsets, TopicPartition};
use crate::model::record::{Gap, GapReason};
use crate::model::seen::Seen;
use crate::model::topic::{Topic, TopicId};

/// The fetch size of a response, in bytes.
const ANSWER_BYTES: i32 = 4 << 20;

/// Spans of at most this many offsets are short.
const SHORT: i64 = 100;

/// The fetch size of a partition if only short spans are read.
const SHORT_BYTES: i32 = 64 << 10;

/// Responses that are in flight or not decoded yet.
const ANSWERS: usize = 8;

/// Chunks that may wait to be taken.
const CHUNKS: usize = 4;

/// Partitions in one request.
const PARTITIONS: usize = 500;

/// How long responses must stay empty before they count as a gap.
const SILENCE: Duration = Duration::from_secs(5);

type Ends = Result<Offsets, ClusterError>;

/// What the driver waits for.
enum Event {
    Fetched {
        leader: BrokerId,
        asked: Vec<usize>,
        told: Result<Told, KrafkaError>,
        permit: Arc<OwnedSemaphorePermit>,
    },
    /// Leaders of partitions.
    Led(Result<BTreeMap<String, Seen<Topic>>, ClusterError>),
    /// Log start and end offsets of some partitions.
    Ranged {
        asked: Vec<usize>,
        starts: Ends,
        ends: Ends,
    },
    /// Settings of a topic whose responses are empty.
    Set {
        asked: usize,
        settings: Result<Seen<Vec<ConfigEntry>>, ClusterError>,
    },
}

/// A read of a live cluster.
pub(super) struct LiveReader {
    chunks: mpsc::Receiver<Unpacked>,
}

#[async_trait]
impl RecordReader for LiveReader {
    async fn next(&mut self) -> Option<Result<Chunk, ReadError>> {
        self.chunks.recv().await
    }
}

/// Begins to read.
pub(super) fn open(cluster: &LiveCluster, settings: ReaderSettings) -> LiveReader {
    let (jobs, to_unpack) = mpsc::unbounded_channel();
    let (unpacked, chunks) = mpsc::channel(CHUNKS);
    let driver = Driver {
        cluster: Arc::new(cluster.clone()),
        terms: Terms {
            most: ANSWER_BYTES,
            partition: partition_bytes(&settings.spans),
            uncommitted: settings.uncommitted,
        },
        patience: settings.patience,
        accept_gaps: settings.accept_gaps,
        spots: settings.spans.into_iter().map(Spot::new).collect(),
        ids: BTreeMap::new(),
        budget: Arc::new(Semaphore::new(ANSWERS)),
        busy: BTreeSet::new(),
        is_looking: false,
        turn: 0,
        running: FuturesUnordered::new(),
        jobs,
    };
    tokio::spawn(unpack(to_unpack, unpacked));
    tokio::spawn(driver.run());
    LiveReader { chunks }
}

/// The fetch size of a partition. Short spans have small ones, so that many partitions share a response
/// and few unwanted bytes are sent.
fn partition_bytes(spans: &[Span]) -> i32 {
    let is_short = |span: &Span| {
        let until = span.until;
        until.is_some_and(|until| until.saturating_sub(span.from) <= SHORT)
    };
    if spans.iter().all(is_short) {
        SHORT_BYTES
    } else {
        ANSWER_BYTES
    }
}

struct Driver {
    cluster: Arc<LiveCluster>,
    terms: Terms,
    patience: Duration,
    accept_gaps: bool,
    spots: Vec<Spot>,
    /// The ids of topics when they were first seen.
    ids: BTreeMap<String, TopicId>,
    budget: Arc<Semaphore>,
    /// Leaders with a fetch in flight.
    busy: BTreeSet<BrokerId>,
    is_looking: bool,
    /// The number of responses; see [`Spot::turn`].
    turn: u64,
    running: FuturesUnordered<BoxFuture<'static, Event>>,
    jobs: mpsc::UnboundedSender<Job>,
}

impl Driver {
    async fn run(mut self) {
        let jobs = self.jobs.clone();
        let work = async {
            while self.spots.iter().any(|spot| !spot.is_done()) {
                self.start();
                let Some(event) = self.running.next().await else {
                    break;
                };
                if let Err(error) = self.take(event) {
                    // The receiver is gone if the reader was dropped.
                    let _ = self.jobs.send(Job::Failed(error));
                    break;
                }
            }
        };
        tokio::select! {
            () = work => {}
            () = jobs.closed() => {}
        }
    }

    /// Sends a fetch to each idle leader, and looks up unknown leaders.
    fn start(&mut self) {
        let mut led: BTreeMap<BrokerId, Vec<usize>> = BTreeMap::new();
        let mut lost: BTreeSet<String> = BTreeSet::new();
        let mut pauses = false;
        for (index, spot) in self.spots.iter().enumerate() {
            if spot.is_done() || spot.is_ranging {
                continue;
            }
            match spot.leader {
                Some(leader) if self.busy.contains(&leader) => {}
                Some(leader) => led.entry(leader).or_default().push(index),
                None => {
                    lost.insert(spot.key.topic.clone());
                    pauses |= spot.attempt > 0;
                }
            }
        }
        for (leader, asked) in led {
            self.fetch(leader, asked);
        }
        if !lost.is_empty() && !self.is_looking {
            self.look(lost.into_iter().collect(), pauses);
        }
    }

    fn fetch(&mut self, leader: BrokerId, mut asked: Vec<usize>) {
        asked.sort_by_key(|index| self.spots[*index].turn);
        asked.truncate(PARTITIONS);
        let wanted: Vec<Asked> = asked
            .iter()
            .map(|index| {
                let spot = &self.spots[*index];
                Asked {
                    key: spot.key.clone(),
                    offset: spot.position,
                    leader_epoch: spot.leader_epoch,
                    epoch: spot.epoch,
                }
            })
            .collect();
        let attempt = asked.iter().map(|index| self.spots[*index].attempt).max();
        let (cluster, terms) = (Arc::clone(&self.cluster), self.terms);
        let budget = Arc::clone(&self.budget);
        self.busy.insert(leader);
        self.running.push(Box::pin(async move {
            let permit = budget.acquire_owned().await;
            let permit = Arc::new(permit.expect("the budget is never closed"));
            let told = fetch(&cluster, leader, &wanted, terms, attempt.unwrap_or(0)).await;
            Event::Fetched {
                leader,
                asked,
                told,
                permit,
            }
        }));
    }

    fn look(&mut self, names: Vec<String>, pauses: bool) {
        let cluster = Arc::clone(&self.cluster);
        self.is_looking = true;
        self.running.push(Box::pin(async move {
            if pauses {
                sleep(RETRY_PAUSE).await;
            }
            Event::Led(describe_topics(&cluster, At::AnyBroker, &names).await)
        }));
    }

    fn range(&mut self, asked: Vec<usize>) {
        let cluster = Arc::clone(&self.cluster);
        let keys: Vec<TopicPartition> = asked
            .iter()
            .map(|index| self.spots[*index].key.clone())
            .collect();
        for index in &asked {
            self.spots[*index].is_ranging = true;
        }
        self.running.push(Box::pin(async move {
            sleep(RETRY_PAUSE).await;
            Event::Ranged {
                starts: list_offsets(&cluster, &keys, OffsetSpec::Earliest).await,
                ends: list_offsets(&cluster, &keys, OffsetSpec::Latest).await,
                asked,
            }
        }));
    }

    /// Requests the settings of a partition's topic.
    fn ask_settings(&mut self, asked: usize) {
        let cluster = Arc::clone(&self.cluster);
        let resource = ConfigResource::Topic(self.spots[asked].key.topic.clone());
        self.running.push(Box::pin(async move {
            let resources = [resource];
            let told = describe_configs(&cluster, At::AnyBroker, &resources).await;
            let settings = told.map(|mut told| {
                let untold = || Seen::unavailable("they were not told");
                told.remove(&resources[0]).unwrap_or_else(untold)
            });
            Event::Set { asked, settings }
        }));
    }

    fn take(&mut self, event: Event) -> Result<(), ReadError> {
        match event {
            Event::Fetched {
                leader,
                asked,
                told,
                permit,
            } => {
                self.busy.remove(&leader);
                self.fetched(&asked, told, &permit)
            }
            Event::Led(topics) => {
                self.is_looking = false;
                self.led(topics)
            }
            Event::Ranged {
                asked,
                starts,
                ends,
            } => self.ranged(&asked, &starts, &ends),
            Event::Set { asked, settings } => {
                // Records may have come in the meantime.
                if let Some(silence) = &mut self.spots[asked].silence {
                    silence.is_asking = false;
                    silence.verdict = Some(verdict(settings, self.accept_gaps));
                }
                Ok(())
            }
        }
    }

    fn fetched(
        &mut self,
        asked: &[usize],
        told: Result<Told, KrafkaError>,
        permit: &Arc<OwnedSemaphorePermit>,
    ) -> Result<(), ReadError> {
        let mut told = match told {
            Ok(told) => told,
            Err(error) => {
                for index in asked {
                    self.failed(*index, error.clone())?;
                }
                return Ok(());
            }
        };
        let mut outside = Vec::new();
        for (place, index) in asked.iter().enumerate() {
            let Some(partition) = told.remove(&self.spots[*index].key) else {
                // A broker that throttles this client returns nothing, and delays the next
                // response.
                let words = "the broker's answers leave this partition out".to_owned();
                self.spots[*index].stuck(self.patience, ReadCause::Silent(words))?;
                continue;
            };
            match partition.error_code {
                ErrorCode::None => self.came(*index, place == 0, partition, permit)?,
                ErrorCode::OffsetOutOfRange => outside.push(*index),
                code => self.failed(*index, KrafkaError::broker(code, ""))?,
            }
        }
        if !outside.is_empty() {
            self.range(outside);
        }
        Ok(())
    }

    /// Handles the response for one partition.
    fn came(
        &mut self,
        index: usize,
        is_first: bool,
        partition: FetchPartitionResponse,
        permit: &Arc<OwnedSemaphorePermit>,
    ) -> Result<(), ReadError> {
        self.turn += 1;
        let turn = self.turn;
        let spot = &mut self.spots[index];
        let end = if self.terms.uncommitted {
            partition.high_watermark
        } else {
            partition.last_stable_offset
        };
        if let Some(other) = partition.diverging_epoch {
            return Err(spot.error(ReadCause::Truncated {
                read: spot.epoch.unwrap_or(-1),
                epoch: other.epoch,
                end: other.end_offset,
            }));
        }
        spot.compared();
        if spot.is_done() {
            return Ok(());
        }
        let bytes = partition.records.unwrap_or_default();
        let until = spot.until.unwrap_or(i64::MAX);
        let extent = batches::extent(&bytes, spot.position, until);
        let extent = extent.map_err(|words| spot.error(ReadCause::Unreadable(words)))?;
        if extent.next > spot.position {
            let range = spot.advance(extent.next, extent.epoch);
            spot.turn = turn;
            // The receiver is gone if the reader was dropped.
            let _ = self.jobs.send(Job::Batches {
                key: spot.key.clone(),
                range,
                bytes: bytes.slice(..extent.size),
                aborted: partition.aborted_transactions,
                end,
                epoch: extent.epoch,
                permit: Arc::clone(permit),
            });
            return Ok(());
        }
        if let Some(until) = spot.until
            && end < until
        {
            let words = if partition.high_watermark < until {
                format!("the log ends at {end}, and {until} was to be reached")
            } else {
                format!("a transaction is open since offset {end}, and {until} was to be reached")
            };
            return spot.stuck(self.patience, ReadCause::Silent(words));
        }
        if end <= spot.position {
            spot.turn = turn;
            spot.works();
            return Ok(());
        }
        if !is_first {
            spot.turn = 0;
            return Ok(());
        }
        spot.turn = turn;
        self.silent(index, end)
    }

    /// Handles an empty response for a partition whose log goes on up to `end`.
    fn silent(&mut self, index: usize, end: i64) -> Result<(), ReadError> {
        let spot = &mut self.spots[index];
        let (from, until) = (spot.position, spot.until.unwrap_or(end).min(end));
        let silence = spot.silent();
        let lasted = silence.since.elapsed();
        let most = self.patience.min(self.cluster.timeout).max(SILENCE);
        match silence.verdict.clone() {
            _ if lasted < SILENCE || silence.is_asking => {}
            Some(Ok(reason)) => self.gap(index, until, end, reason),
            Some(Err(why)) if lasted >= most => {
                return Err(spot.error(ReadCause::Missing { from, until, why }));
            }
            Some(Err(NoGap::NotCompacted(_) | NoGap::RemoteStorage)) => {}
            Some(Err(NoGap::Unseen(_))) | None => {
                silence.is_asking = true;
                self.ask_settings(index);
            }
        }
        Ok(())
    }

    /// Skips offsets without records, according to the leader.
    fn gap(&mut self, index: usize, to: i64, end: i64, reason: GapReason) {
        let spot = &mut self.spots[index];
        let epoch = spot.leader_epoch;
        let (from, until) = spot.advance(to, epoch);
        let gap = Gap {
            from,
            until,
            reason,
        };
        let key = spot.key.clone();
        // The receiver is gone if the reader was dropped.
        let _ = self.jobs.send(Job::Gap {
            key,
            gap,
            end,
            epoch,
        });
    }

    /// Handles an error of one partition; its leader is looked up again.
    fn failed(&mut self, index: usize, error: KrafkaError) -> Result<(), ReadError> {
        let spot = &mut self.spots[index];
        let passes = error.is_retriable()
            || matches!(
                error,
                KrafkaError::Closed { .. }
                    | KrafkaError::Broker {
                        code: ErrorCode::BrokerNotAvailable,
                        ..
                    }
            );
        let cause = cause(&self.cluster, error);
        if !passes {
            return Err(spot.error(cause));
        }
        spot.leader = None;
        spot.stuck(self.patience, cause)
    }

    fn led(
        &mut self,
        topics: Result<BTreeMap<String, Seen<Topic>>, ClusterError>,
    ) -> Result<(), ReadError> {
        let topics = match topics {
            Ok(topics) => topics,
            Err(error) => {
                let cause = ReadCause::Silent(error.to_string());
                let lost = self.spots.iter_mut().filter(|spot| spot.is_lost());
                for spot in lost {
                    spot.stuck(self.patience, cause.clone())?;
                }
                return Ok(());
            }
        };
        for (name, seen) in &topics {
            self.same(name, seen)?;
            let lost = self
                .spots
                .iter_mut()
                .filter(|spot| spot.is_lost() && spot.key.topic == *name);
            for spot in lost {
                spot.led(seen, self.patience)?;
            }
        }
        Ok(())
    }

    /// Checks that the topic of a name still has the same id.
    fn same(&mut self, name: &str, seen: &Seen<Topic>) -> Result<(), ReadError> {
        let Seen::Value(topic) = seen else {
            return Ok(());
        };
        let before = *self.ids.entry(name.to_owned()).or_insert(topic.id);
        let spot = self.spots.iter().find(|spot| spot.key.topic == name);
        match spot {
            Some(spot) if before != topic.id => {
                let words = "the topic was deleted and created anew meanwhile".to_owned();
                Err(spot.error(ReadCause::Gone(words)))
            }
            _ => Ok(()),
        }
    }

    /// Continues at the new log start offset.
    fn ranged(&mut self, asked: &[usize], starts: &Ends, ends: &Ends) -> Result<(), ReadError> {
        for index in asked {
            let spot = &mut self.spots[*index];
            spot.is_ranging = false;
            let known = |found: &Ends, key: &TopicPartition| match found {
                Ok(found) => match found.get(key) {
                    Some(Seen::Value(Some(offset))) => Ok(*offset),
                    _ => Err("the partition's offsets cannot be told".to_owned()),
                },
                Err(error) => Err(error.to_string()),
            };
            let range = known(starts, &spot.key)
                .and_then(|start| known(ends, &spot.key).map(|end| (start, end)));
            match range {
                Ok((start, end)) if start > spot.position => {
                    self.gap(*index, start, end, GapReason::Retention);
                }
                // A newly elected leader may not know the high watermark yet.
                Ok((_, end)) if end < spot.position => {
                    let words = format!("the log ends at {end}, before what was read already");
                    spot.leader = None;
                    spot.stuck(self.patience, ReadCause::Gone(words))?;
                }
                Ok(_) => {
                    let words = "OFFSET_OUT_OF_RANGE, though it is in the log".to_owned();
                    spot.leader = None;
                    spot.stuck(self.patience, ReadCause::Silent(words))?;
                }
                Err(words) => {
                    spot.leader = None;
                    spot.stuck(self.patience, ReadCause::Silent(words))?;
                }
            }
        }
        Ok(())
    }
}

/// The cause for a failed fetch.
fn cause(cluster: &LiveCluster, error: KrafkaError) -> ReadCause {
    match errors::reading(&cluster.address, "fetch", error) {
        ClusterError::NotAuthorised { error, .. } => ReadCause::NotPermitted(error.to_string()),
        ClusterError::Broker { error, .. } => ReadCause::Silent(error.to_string()),
        ClusterError::NotSupported { reason, .. } => ReadCause::Unreadable(reason),
        other => ReadCause::Silent(other.to_string()),
    }
}
