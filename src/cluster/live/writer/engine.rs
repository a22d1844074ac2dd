//! Sends batches to the leaders of their partitions until each is acknowledged, or one has failed
//! for good.
//!
//! One task holds all unacknowledged batches. A request has at most one batch of each partition,
//! and a few requests are in flight to each leader.
//!
//! Order and exactly-once counting rest on these rules:
//!
//! - a batch is encoded once, and keeps its sequence in every try
//! - the first batch of a partition is acknowledged before the second is sent, because brokers
//!   accept any sequence from an unknown producer
//! - after a retriable failure, a partition pauses until its batches in flight are answered; then
//!   the unacknowledged ones are sent again in order, a single one first
//! - at most five batches of a partition are in flight, as many as brokers remember, so that a
//!   repeated batch is recognised
//! - a batch that is out of order with nothing in flight before it ends the writer: the partition
//!   lost records, or has those of another writer
//!
//! A sent batch is unanswered until a broker has it, or accepted none of it. After a try without an
//! answer, or with one that may follow a write, only an acknowledgement settles it: a later refusal
//! is about the later try.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use futures::future::{BoxFuture, FutureExt};
use futures::stream::{FuturesUnordered, StreamExt};
use tokio::sync::{OwnedSemaphorePermit, mpsc, oneshot};
use tokio::time::{Instant, sleep};

use super::super::errors;
use super::super::limits::RETRY_PAUSE;
use super::producer::Late;
use crate::cluster::live::wire::produce::{PRODUCE, Produce, ProduceBatch, ProduceTopic};
use crate::cluster::live::wire::{
    ApiKey, ErrorCode, Kafka, KrafkaError, ProduceResponse, exchange, kafka_metadata, kafka_pool,
};
use crate::cluster::writer::{RefusedBatch, WriteError, WrittenBatch};
use crate::model::broker::BrokerId;
use crate::model::measure::TopicPartition;

/// Requests in flight to one leader.
const REQUESTS: usize = 5;

/// Batches of one partition in flight: as many as brokers remember of a producer
/// (`ProducerStateEntry.NUM_BATCHES_TO_RETAIN`).
const BATCHES: usize = 5;

/// The largest sum of batches in one request; a single batch may be larger.
const REQUEST_BYTES: usize = 4 << 20;

/// Commands to the engine.
pub(super) enum Command {
    /// Write a batch after the earlier ones of its partition.
    Write(Box<Handed>),
    /// Reply when all batches are acknowledged, or no more will be.
    Flush(oneshot::Sender<()>),
    /// Drop batches that are not in flight, wait for the answers to the others, and clear the error.
    Reset(oneshot::Sender<()>),
}

/// A batch that is given to the engine.
pub(super) struct Handed {
    pub(super) partition: TopicPartition,
    /// Its bytes, when they are encoded.
    pub(super) bytes: BoxFuture<'static, Result<Bytes, KrafkaError>>,
    /// The report when it is written; the base offset is still missing.
    pub(super) written: WrittenBatch,
    /// Its share of the memory.
    pub(super) memory: OwnedSemaphorePermit,
}

/// The engine's results, for its writer.
#[derive(Default)]
pub(super) struct Outcome {
    pub(super) written: Vec<WrittenBatch>,
    /// Batches that were sent, but neither acknowledged nor refused.
    pub(super) unanswered: BTreeMap<u64, WrittenBatch>,
    /// Acknowledged batches of the transaction.
    pub(super) in_transaction: Vec<WrittenBatch>,
    pub(super) failure: Option<WriteError>,
}

/// An [`Outcome`] that engine and writer share.
#[derive(Clone, Default)]
pub(super) struct Shared(Arc<Mutex<Outcome>>);

impl Shared {
    pub(super) fn lock(&self) -> MutexGuard<'_, Outcome> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The cluster that batches are sent to.
#[derive(Clone)]
pub(super) struct Target {
    pub(super) kafka: Kafka,
    /// The cluster's address in errors.
    pub(super) address: String,
    pub(super) timeout: Duration,
    pub(super) transactional_id: Option<String>,
    /// Whether records must get their own offsets.
    pub(super) in_place: bool,
    pub(super) late: Late,
}

struct Batch {
    id: u64,
    bytes: Option<Bytes>,
    written: WrittenBatch,
    _memory: OwnedSemaphorePermit,
    is_sent: bool,
    /// No earlier batch was in flight when it was sent.
    is_first: bool,
    /// An earlier try without an answer may have written it.
    is_doubtful: bool,
}

#[derive(Default)]
struct Queue {
    /// Batches without an acknowledgement, in order.
    batches: VecDeque<Batch>,
    on_way: usize,
    /// A batch was acknowledged since the start or the last failure.
    is_known: bool,
    /// After a failure, nothing is sent until all batches in flight are answered and this time has
    /// passed.
    rests_until: Option<Instant>,
    /// Since when tries have brought no acknowledgement.
    troubled_since: Option<Instant>,
}

enum Event {
    Encoded(TopicPartition, u64, Result<Bytes, KrafkaError>),
    Answered(BrokerId, Vec<(TopicPartition, u64, Result<i64, Failed>)>),
    Refreshed,
    Rested,
}

/// Why a try failed.
#[derive(Clone)]
enum Failed {
    /// Nothing was sent.
    NotSent(KrafkaError),
    /// The broker's error.
    Answered(ErrorCode),
    /// It was sent, but no usable answer came.
    Silent(KrafkaError),
}

pub(super) struct Engine {
    target: Target,
    shared: Shared,
    queues: BTreeMap<TopicPartition, Queue>,
    events: FuturesUnordered<BoxFuture<'static, Event>>,
    on_way: HashMap<BrokerId, usize>,
    /// Topics whose leaders are to be looked up again.
    stale: BTreeSet<String>,
    /// Topics whose leaders are being looked up.
    refreshing: BTreeSet<String>,
    waiting: Vec<oneshot::Sender<()>>,
    resetting: Vec<oneshot::Sender<()>>,
    last_id: u64,
}

impl Engine {
    pub(super) fn new(target: Target, shared: Shared) -> Self {
        Self {
            target,
            shared,
            queues: BTreeMap::new(),
            events: FuturesUnordered::new(),
            on_way: HashMap::new(),
            stale: BTreeSet::new(),
            refreshing: BTreeSet::new(),
            waiting: Vec::new(),
            resetting: Vec::new(),
            last_id: 0,
        }
    }

    /// Runs until its writer is dropped.
    pub(super) async fn run(mut self, mut commands: mpsc::UnboundedReceiver<Command>) {
        loop {
            self.send();
            self.refresh();
            self.tell();
            tokio::select! {
                command = commands.recv() => match command {
                    Some(command) => self.obey(command),
                    None => return,
                },
                Some(event) = self.events.next() => self.see(event),
            }
        }
    }

    fn obey(&mut self, command: Command) {
        match command {
            Command::Write(handed) => self.take(*handed),
            Command::Flush(done) => self.waiting.push(done),
            Command::Reset(done) => {
                for queue in self.queues.values_mut() {
                    queue.batches.retain(|batch| batch.is_sent);
                }
                self.resetting.push(done);
            }
        }
    }

    fn take(&mut self, handed: Handed) {
        if self.shared.lock().failure.is_some() {
            return;
        }
        self.last_id += 1;
        let id = self.last_id;
        let queue = self.queues.entry(handed.partition.clone()).or_default();
        queue.batches.push_back(Batch {
            id,
            bytes: None,
            written: handed.written,
            _memory: handed.memory,
            is_sent: false,
            is_first: false,
            is_doubtful: false,
        });
        let (partition, bytes) = (handed.partition, handed.bytes);
        let encoding = async move { Event::Encoded(partition, id, bytes.await) };
        self.events.push(encoding.boxed());
    }

    fn see(&mut self, event: Event) {
        match event {
            Event::Encoded(partition, id, bytes) => self.encoded(&partition, id, bytes),
            Event::Answered(leader, batches) => {
                if let Some(count) = self.on_way.get_mut(&leader) {
                    *count = count.saturating_sub(1);
                }
                for (partition, id, tried) in batches {
                    self.answered(&partition, id, tried);
                }
            }
            Event::Refreshed => self.refreshing.clear(),
            Event::Rested => {}
        }
    }

    fn encoded(&mut self, partition: &TopicPartition, id: u64, bytes: Result<Bytes, KrafkaError>) {
        let queue = self.queues.get_mut(partition);
        let batch = queue.and_then(|queue| queue.batches.iter_mut().find(|one| one.id == id));
        match (batch, bytes) {
            (Some(batch), Ok(bytes)) => batch.bytes = Some(bytes),
            (Some(_), Err(error)) => self.fail(WriteError::Encoding {
                partition: partition.clone(),
                reason: error.to_string(),
            }),
            (None, _) => {}
        }
    }

    /// Sends everything that may be sent now.
    fn send(&mut self) {
        if self.shared.lock().failure.is_some() || !self.resetting.is_empty() {
            return;
        }
        loop {
            let led = self.ready();
            if led.is_empty() {
                return;
            }
            for (leader, partitions) in led {
                self.send_to(leader, &partitions);
            }
        }
    }

    /// Partitions with a batch that may be sent now, by their leaders.
    fn ready(&mut self) -> BTreeMap<BrokerId, Vec<TopicPartition>> {
        let metadata = kafka_metadata(&self.target.kafka);
        let now = Instant::now();
        let mut led: BTreeMap<BrokerId, Vec<TopicPartition>> = BTreeMap::new();
        for (partition, queue) in &mut self.queues {
            let topic = &partition.topic;
            let is_unsure = self.stale.contains(topic) || self.refreshing.contains(topic);
            if is_unsure || !queue.may_send(now) {
                continue;
            }
            let Some(leader) = metadata.leader(topic, partition.partition) else {
                queue.troubled_since.get_or_insert(now);
                self.stale.insert(topic.clone());
                continue;
            };
            if self.on_way.get(&leader).copied().unwrap_or(0) < REQUESTS {
                led.entry(leader).or_default().push(partition.clone());
            }
        }
        led
    }

    /// Sends one request with a batch of each partition, as many as fit.
    fn send_to(&mut self, leader: BrokerId, partitions: &[TopicPartition]) {
        let mut topics: Vec<ProduceTopic> = Vec::new();
        let mut sent = Vec::new();
        let mut size = 0;
        for partition in partitions {
            let Some(queue) = self.queues.get_mut(partition) else {
                continue;
            };
            let Some((batch, bytes)) = queue.next(REQUEST_BYTES.saturating_sub(size), size == 0)
            else {
                continue;
            };
            size += bytes.len();
            let id = batch.id;
            let mut outcome = self.shared.lock();
            outcome.unanswered.insert(id, batch.written.clone());
            drop(outcome);
            sent.push((partition.clone(), id));
            let index = partition.partition;
            let batch = ProduceBatch { index, bytes };
            match topics.last_mut() {
                Some(topic) if topic.name == partition.topic => topic.batches.push(batch),
                _ => topics.push(ProduceTopic {
                    name: partition.topic.clone(),
                    batches: vec![batch],
                }),
            }
        }
        if sent.is_empty() {
            return;
        }
        *self.on_way.entry(leader).or_default() += 1;
        let asking = produce(self.target.clone(), leader, topics, sent);
        self.events.push(asking.boxed());
    }

    fn answered(&mut self, partition: &TopicPartition, id: u64, tried: Result<i64, Failed>) {
        let Some(queue) = self.queues.get_mut(partition) else {
            return;
        };
        queue.on_way = queue.on_way.saturating_sub(1);
        let Some(place) = queue.batches.iter().position(|one| one.id == id) else {
            return;
        };
        match tried {
            Ok(base_offset) => self.acknowledged(partition, place, Some(base_offset)),
            Err(Failed::Answered(ErrorCode::DuplicateSequenceNumber)) => {
                self.acknowledged(partition, place, None);
            }
            Err(failed) => self.failed(partition, place, failed),
        }
    }

    fn acknowledged(&mut self, partition: &TopicPartition, place: usize, base_offset: Option<i64>) {
        let Some(queue) = self.queues.get_mut(partition) else {
            return;
        };
        queue.troubled_since = None;
        queue.is_known = queue.rests_until.is_none();
        let Some(batch) = queue.batches.remove(place) else {
            return;
        };
        let written = WrittenBatch {
            base_offset: base_offset.filter(|offset| *offset >= 0),
            ..batch.written
        };
        let elsewhere = written.elsewhere().filter(|_| self.target.in_place);
        let mut outcome = self.shared.lock();
        outcome.unanswered.remove(&batch.id);
        if self.target.transactional_id.is_some() {
            outcome.in_transaction.push(written.clone());
        }
        outcome.written.push(written);
        drop(outcome);
        if let Some(error) = elsewhere {
            self.fail(error);
        }
    }

    fn failed(&mut self, partition: &TopicPartition, place: usize, failed: Failed) {
        let now = Instant::now();
        let timeout = self.target.timeout;
        let Some(queue) = self.queues.get_mut(partition) else {
            return;
        };
        let batch = &mut queue.batches[place];
        batch.is_sent = false;
        batch.is_doubtful |= failed.is_doubtful();
        if !batch.is_doubtful {
            self.shared.lock().unanswered.remove(&batch.id);
        }
        if self.shared.lock().failure.is_some() {
            // A refused batch is not sent again, and frees its memory.
            queue.batches.remove(place);
            return;
        }
        let is_lasting = !failed.is_passing(batch.is_first);
        let refused = RefusedBatch {
            records: batch.written.records,
            first: batch.written.first,
            last: batch.written.last,
            bytes: batch.bytes.as_ref().map_or(0, Bytes::len),
        };
        let troubled_since = *queue.troubled_since.get_or_insert(now);
        if is_lasting || now.duration_since(troubled_since) > timeout {
            return self.give_up(partition, failed, Some(refused));
        }
        queue.is_known = false;
        queue.rests_until = Some(now + RETRY_PAUSE);
        // Later batches fail as out of order after one that failed; only the first failure says whether
        // the leader moved.
        if !matches!(
            failed,
            Failed::Answered(ErrorCode::OutOfOrderSequenceNumber)
        ) {
            self.stale.insert(partition.topic.clone());
        }
        let resting = sleep(RETRY_PAUSE).map(|()| Event::Rested);
        self.events.push(resting.boxed());
    }

    /// Ends the writer because a batch of a partition failed for good.
    fn give_up(
        &mut self,
        partition: &TopicPartition,
        failed: Failed,
        refused: Option<RefusedBatch>,
    ) {
        let queue = self.queues.get(partition);
        let is_doubtful =
            queue.is_some_and(|queue| queue.batches.iter().any(|batch| batch.is_doubtful));
        let error = failed.lasting(partition, &self.target, refused);
        let reason = match &error {
            WriteError::Refused { error, .. } => error.to_string(),
            WriteError::Cluster(error) => error.to_string(),
            _ => return self.fail(error),
        };
        let partition = partition.clone();
        self.fail(if is_doubtful {
            WriteError::Unknown { partition, reason }
        } else {
            error
        });
    }

    /// Ends the writer: nothing more is sent.
    fn fail(&mut self, error: WriteError) {
        self.shared.lock().failure.get_or_insert(error);
        for queue in self.queues.values_mut() {
            queue.batches.retain(|batch| batch.is_sent);
        }
    }

    /// Looks up leaders that may have moved, one request at a time.
    fn refresh(&mut self) {
        if !self.refreshing.is_empty() || self.stale.is_empty() {
            return;
        }
        if let Some(partition) = self.leaderless() {
            let words = format!(
                "partition {} of `{}` has no leader",
                partition.partition, partition.topic
            );
            let error = KrafkaError::broker(ErrorCode::LeaderNotAvailable, words);
            return self.give_up(&partition, Failed::NotSent(error), None);
        }
        let topics = std::mem::take(&mut self.stale);
        self.refreshing.clone_from(&topics);
        let kafka = self.target.kafka.clone();
        let refreshing = async move {
            let names: Vec<&str> = topics.iter().map(String::as_str).collect();
            // Leaders that are not found are looked up again.
            let _ = kafka_metadata(&kafka).force_refresh(Some(&names)).await;
            sleep(RETRY_PAUSE).await;
            Event::Refreshed
        };
        self.events.push(refreshing.boxed());
    }

    /// A partition without a leader for too long.
    fn leaderless(&self) -> Option<TopicPartition> {
        let metadata = kafka_metadata(&self.target.kafka);
        let now = Instant::now();
        let is_late = |since: Instant| now.duration_since(since) > self.target.timeout;
        let mut queues = self.queues.iter();
        let found = queues.find(|(partition, queue)| {
            queue.troubled_since.is_some_and(is_late)
                && metadata
                    .leader(&partition.topic, partition.partition)
                    .is_none()
        });
        found.map(|(partition, _)| partition.clone())
    }

    /// Replies to those who wait.
    fn tell(&mut self) {
        let is_failed = self.shared.lock().failure.is_some();
        let is_done = self.queues.values().all(|queue| queue.batches.is_empty());
        let is_answered = self.queues.values().all(|queue| queue.on_way == 0);
        if is_done || is_failed && is_answered {
            for done in self.waiting.drain(..) {
                let _ = done.send(()); // who waited may have given up
            }
        }
        if is_answered && !self.resetting.is_empty() {
            self.queues.clear();
            let mut outcome = self.shared.lock();
            outcome.failure = None;
            outcome.unanswered.clear();
            outcome.in_transaction.clear();
            drop(outcome);
            for done in self.resetting.drain(..) {
                let _ = done.send(());
            }
        }
    }
}

impl Queue {
    fn may_send(&mut self, now: Instant) -> bool {
        if let Some(until) = self.rests_until {
            if self.on_way > 0 || now < until {
                return false;
            }
            self.rests_until = None;
        }
        let most = if self.is_known { BATCHES } else { 1 };
        let next = self.batches.iter().find(|batch| !batch.is_sent);
        self.on_way < most && next.is_some_and(|batch| batch.bytes.is_some())
    }

    /// The next batch, which is then in flight; none if it is larger than `room`.
    fn next(&mut self, room: usize, is_alone: bool) -> Option<(&Batch, Bytes)> {
        let place = self.batches.iter().position(|batch| !batch.is_sent)?;
        let batch = &mut self.batches[place];
        let bytes = batch.bytes.clone()?;
        if bytes.len() > room && !is_alone {
            return None;
        }
        batch.is_sent = true;
        batch.is_first = place == 0;
        self.on_way += 1;
        Some((batch, bytes))
    }
}

impl Failed {
    /// Whether the batch may have been written in spite of the failure.
    fn is_doubtful(&self) -> bool {
        match self {
            Self::NotSent(_) => false,
            Self::Silent(_) => true,
            Self::Answered(code) => errors::is_doubtful(*code),
        }
    }

    /// Whether the same batch may be accepted later, or by another leader.
    fn is_passing(&self, is_first: bool) -> bool {
        match self {
            Self::Answered(ErrorCode::OutOfOrderSequenceNumber) => !is_first,
            Self::Answered(ErrorCode::UnknownProducerId) => false,
            Self::Answered(code) => code.is_retriable(),
            Self::NotSent(error) | Self::Silent(error) => error.is_retriable(),
        }
    }

    /// The error that ends the writer, if no earlier try of the partition's batches is in doubt.
    fn lasting(
        self,
        partition: &TopicPartition,
        target: &Target,
        refused: Option<RefusedBatch>,
    ) -> WriteError {
        let partition = partition.clone();
        let code = match self {
            Self::Answered(code) => code,
            Self::NotSent(error) | Self::Silent(error) => {
                return errors::reading(&target.address, "write records", error).into();
            }
        };
        let error = errors::broker_error(code, "");
        match code {
            ErrorCode::OutOfOrderSequenceNumber | ErrorCode::UnknownProducerId => {
                WriteError::OutOfOrder { partition, error }
            }
            ErrorCode::InvalidProducerEpoch | ErrorCode::ProducerFenced => {
                target.late.fenced(error)
            }
            _ => WriteError::Refused {
                partition,
                error,
                batch: refused,
            },
        }
    }
}

/// Sends one request and returns the result of each batch.
async fn produce(
    target: Target,
    leader: BrokerId,
    topics: Vec<ProduceTopic>,
    sent: Vec<(TopicPartition, u64)>,
) -> Event {
    let request = Produce {
        transactional_id: target.transactional_id.clone(),
        timeout_ms: i32::try_from(target.timeout.as_millis()).unwrap_or(i32::MAX),
        topics,
    };
    let told = match ask(&target.kafka, leader, &request).await {
        Ok(answer) => told(answer),
        Err(error) => {
            let batches = sent.into_iter();
            let failed = batches.map(|(partition, id)| (partition, id, Err(error.clone())));
            return Event::Answered(leader, failed.collect());
        }
    };
    let batches = sent.into_iter().map(|(partition, id)| {
        let tried = match told.get(&partition) {
            Some(tried) => tried.clone(),
            None => Err(Failed::Silent(KrafkaError::timeout("Produce"))),
        };
        (partition, id, tried)
    });
    Event::Answered(leader, batches.collect())
}

async fn ask(
    kafka: &Kafka,
    leader: BrokerId,
    request: &Produce,
) -> Result<ProduceResponse, Failed> {
    let broker = kafka_metadata(kafka).broker(leader);
    let broker = broker.ok_or_else(|| {
        let words = "the leader is not among the cluster's live brokers";
        Failed::NotSent(KrafkaError::broker(ErrorCode::BrokerNotAvailable, words))
    })?;
    let connection = kafka_pool(kafka)
        .get_connection_by_id(broker.id(), broker.address())
        .await
        .map_err(Failed::NotSent)?;
    let answer = exchange(&connection, ApiKey::Produce, PRODUCE, request).await;
    let answer: ProduceResponse = answer.map_err(|error| match error {
        // The broker supports no version of the request, so nothing was sent.
        error @ KrafkaError::Broker { .. } => Failed::NotSent(error),
        error => Failed::Silent(error),
    })?;
    connection.notify_throttle(answer.throttle_time_ms);
    Ok(answer)
}

fn told(answer: ProduceResponse) -> HashMap<TopicPartition, Result<i64, Failed>> {
    let mut told = HashMap::new();
    for topic in answer.responses {
        for one in topic.partition_responses {
            let tried = if one.error_code.is_ok() {
                Ok(one.base_offset)
            } else {
                Err(Failed::Answered(one.error_code))
            };
            told.insert(TopicPartition::new(topic.name.clone(), one.index), tried);
        }
    }
    told
}
