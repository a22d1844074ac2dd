//! Writes records with krafka's wire types: see docs/decisions/record-writer.md.
//!
//! [`LiveWriter`] fills batches and encodes them on other threads; the [`engine`] sends them; the
//! [`producer`] gets an identity and ends transactions.
//!
//! Trap: right after a transaction ended, brokers may answer `CONCURRENT_TRANSACTIONS` to the next
//! one.

mod batch;
mod engine;
mod producer;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use futures::future::{BoxFuture, FutureExt};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot};
use tokio::task::{JoinHandle, spawn_blocking};

use self::batch::{Encoding, OpenBatch, SealedBatch};
use self::engine::{Command, Engine, Handed, Shared, Target};
use self::producer::{Late, Producer};
use super::{LiveCluster, errors};
use crate::cluster::live::wire::{ErrorCode, KrafkaError};
use crate::cluster::writer::{
    ProducerIdentity, RecordWriter, WriteError, WriterSettings, WrittenBatch,
};
use crate::cluster::{At, Cluster, ClusterError};
use crate::model::config::ConfigResource;
use crate::model::measure::TopicPartition;
use crate::model::record::Record;
use crate::model::seen::Seen;

/// The size of a batch before compression, if its topic accepts that.
const BATCH_BYTES: usize = 1_000_000;

/// The largest memory of open batches; beyond that all are closed.
const OPEN_MEMORY: usize = 16 << 20;

/// The largest memory of closed batches without an acknowledgement, in KiB.
const SEALED_MEMORY: usize = 32 << 10;

/// A writer of a live cluster.
pub(super) struct LiveWriter {
    cluster: LiveCluster,
    producer: Producer,
    settings: WriterSettings,
    identity: ProducerIdentity,
    /// The number of records of this identity in each partition.
    sequences: BTreeMap<TopicPartition, i64>,
    /// The largest batch of each topic that was written to (`max.message.bytes`).
    limits: BTreeMap<String, usize>,
    open: BTreeMap<TopicPartition, OpenBatch>,
    open_memory: usize,
    memory: Arc<Semaphore>,
    commands: mpsc::UnboundedSender<Command>,
    engine: JoinHandle<()>,
    shared: Shared,
    transaction: Option<Transaction>,
}

/// An open transaction.
#[derive(Default)]
struct Transaction {
    partitions: BTreeSet<TopicPartition>,
    /// Its end was sent, but not answered.
    is_ending: bool,
    /// That end is a commit.
    commits: bool,
}

/// Opens a writer.
pub(super) async fn open(
    cluster: &LiveCluster,
    settings: WriterSettings,
) -> Result<LiveWriter, WriteError> {
    let producer = Producer {
        kafka: cluster.kafka.clone(),
        timeout: cluster.timeout,
        transactions: settings.transactions.clone(),
        late: Late::default(),
    };
    let resumed = settings.resumed.clone();
    let resumed = resumed.filter(|_| settings.transactions.is_none());
    let (identity, sequences) = if let Some(resumed) = resumed {
        (resumed.identity, resumed.records)
    } else {
        let asked = producer.identity(None).await;
        let identity = asked.map_err(|error| asking(cluster, &producer.late, error))?;
        (identity, BTreeMap::new())
    };
    let shared = Shared::default();
    let (commands, received) = mpsc::unbounded_channel();
    let target = Target {
        kafka: cluster.kafka.clone(),
        address: cluster.address.clone(),
        timeout: cluster.timeout,
        transactional_id: settings.transactions.as_ref().map(|one| one.id.clone()),
        in_place: settings.in_place,
        late: producer.late.clone(),
    };
    let engine = tokio::spawn(Engine::new(target, shared.clone()).run(received));
    Ok(LiveWriter {
        cluster: cluster.clone(),
        producer,
        settings,
        identity,
        sequences,
        limits: BTreeMap::new(),
        open: BTreeMap::new(),
        open_memory: 0,
        memory: Arc::new(Semaphore::new(SEALED_MEMORY)),
        commands,
        engine,
        shared,
        transaction: None,
    })
}

/// The error for a coordinator's error.
fn asking(cluster: &LiveCluster, late: &Late, error: KrafkaError) -> WriteError {
    match error {
        KrafkaError::Broker {
            code: code @ (ErrorCode::ProducerFenced | ErrorCode::InvalidProducerEpoch),
            message,
        } => late.fenced(errors::broker_error(code, &message)),
        error => errors::reading(&cluster.address, "write records", error).into(),
    }
}

/// The error for a call in the wrong state.
fn misplaced(words: &str) -> WriteError {
    ClusterError::Settings(words.to_owned()).into()
}

impl LiveWriter {
    fn failure(&self) -> Result<(), WriteError> {
        self.shared.lock().failure.clone().map_or(Ok(()), Err)
    }

    /// Ends the writer on an error.
    fn ended<T>(&self, result: Result<T, WriteError>) -> Result<T, WriteError> {
        if let Err(error) = &result {
            self.shared.lock().failure.get_or_insert(error.clone());
        }
        result
    }

    fn tell(&self, command: Command) {
        // The engine lives as long as this writer does.
        let _ = self.commands.send(command);
    }

    /// A topic's largest batch. If it may not be read, there is no limit here, and the broker decides.
    async fn limit(&mut self, topic: &str) -> Result<usize, WriteError> {
        if let Some(limit) = self.limits.get(topic) {
            return Ok(*limit);
        }
        let resource = ConfigResource::Topic(topic.to_owned());
        let resources = std::slice::from_ref(&resource);
        let mut configs = self
            .cluster
            .describe_configs(At::AnyBroker, resources)
            .await?;
        let entries = match configs.remove(&resource) {
            Some(Seen::Value(entries)) => entries,
            _ => Vec::new(),
        };
        let entry = entries
            .iter()
            .find(|entry| entry.name == "max.message.bytes");
        let limit = entry.and_then(|entry| entry.value.text()?.parse().ok());
        let limit = limit.unwrap_or(BATCH_BYTES);
        self.limits.insert(topic.to_owned(), limit);
        Ok(limit)
    }

    /// Adds a partition to the transaction, unless it is part of it already.
    async fn add(&mut self, partition: &TopicPartition) -> Result<(), WriteError> {
        if let Some(transaction) = &mut self.transaction
            && !transaction.partitions.contains(partition)
        {
            let added = self.producer.add(self.identity, partition).await;
            added.map_err(|error| asking(&self.cluster, &self.producer.late, error))?;
            transaction.partitions.insert(partition.clone());
        }
        Ok(())
    }

    /// Adds records to their partition's batch, and closes batches that are full.
    async fn take(
        &mut self,
        partition: &TopicPartition,
        records: Vec<Record>,
    ) -> Result<(), WriteError> {
        self.add(partition).await?;
        let limit = self.limit(&partition.topic).await?;
        let most = limit.min(BATCH_BYTES);
        for record in records {
            let open = self.open.entry(partition.clone()).or_default();
            if !open.fits(&record, most) {
                self.seal(partition, limit).await?;
            }
            let open = self.open.entry(partition.clone()).or_default();
            let before = open.memory();
            open.push(record);
            self.open_memory += open.memory() - before;
        }
        if self.open_memory > OPEN_MEMORY {
            self.seal_all().await?;
        }
        Ok(())
    }

    /// Closes a partition's batch and gives it to the engine, once there is memory for it.
    async fn seal(&mut self, partition: &TopicPartition, limit: usize) -> Result<(), WriteError> {
        let Some(open) = self.open.remove(partition) else {
            return Ok(());
        };
        let memory = open.memory();
        self.open_memory = self.open_memory.saturating_sub(memory);
        let permit = self.permit(memory).await?;
        self.failure()?;
        let sequence = self.sequences.entry(partition.clone()).or_default();
        let batch = open.seal(*sequence);
        *sequence += i64::try_from(batch.len()).unwrap_or(i64::MAX);
        let written = WrittenBatch {
            partition: partition.clone(),
            base_offset: None,
            records: batch.len(),
            first: batch.first(),
            last: batch.last(),
        };
        let encoding = Encoding {
            identity: self.identity,
            is_transactional: self.settings.transactions.is_some(),
            compression: self.settings.compression,
            limit,
        };
        self.tell(Command::Write(Box::new(Handed {
            partition: partition.clone(),
            bytes: encoded(batch, encoding),
            written,
            memory: permit,
        })));
        Ok(())
    }

    /// Waits for memory. A batch that is larger than all of it waits for all of it.
    async fn permit(&self, bytes: usize) -> Result<OwnedSemaphorePermit, WriteError> {
        let kibibytes = bytes.div_ceil(1 << 10).min(SEALED_MEMORY);
        let permits = u32::try_from(kibibytes).unwrap_or(u32::MAX);
        let permit = Arc::clone(&self.memory).acquire_many_owned(permits).await;
        permit.map_err(|_| misplaced("the writer is closed"))
    }

    async fn seal_all(&mut self) -> Result<(), WriteError> {
        let partitions: Vec<TopicPartition> = self.open.keys().cloned().collect();
        for partition in partitions {
            let limit = self.limit(&partition.topic).await?;
            self.seal(&partition, limit).await?;
        }
        Ok(())
    }

    /// Drops batches without an acknowledgement, and waits for the answers to those in flight.
    async fn reset(&mut self) {
        self.open.clear();
        self.open_memory = 0;
        let (done, is_done) = oneshot::channel();
        self.tell(Command::Reset(done));
        let _ = is_done.await; // the engine lives as long as this writer does
    }

    /// Ends the transaction. A transaction without partitions is unknown to the coordinator, so nothing
    /// is sent.
    async fn end(&mut self, is_committed: bool) -> Result<(), WriteError> {
        let Some(transaction) = &mut self.transaction else {
            return Err(misplaced("no transaction was begun"));
        };
        if !transaction.partitions.is_empty() {
            (transaction.is_ending, transaction.commits) = (true, is_committed);
            if let Err(failed) = self.producer.end(self.identity, is_committed).await {
                transaction.is_ending = failed.is_doubtful;
                let words = failed.error.to_string();
                return Err(
                    match asking(&self.cluster, &self.producer.late, failed.error) {
                        WriteError::Cluster(_) if failed.is_doubtful => {
                            WriteError::EndUnknown(words)
                        }
                        error => error,
                    },
                );
            }
        }
        self.shared.lock().in_transaction.clear();
        self.transaction = None;
        Ok(())
    }
}

/// Encodes a batch on a thread of its own.
fn encoded(
    batch: SealedBatch,
    encoding: Encoding,
) -> BoxFuture<'static, Result<Bytes, KrafkaError>> {
    let encoding = spawn_blocking(move || batch.encode(encoding));
    let encoding =
        encoding.map(|done| done.unwrap_or_else(|_| Err(KrafkaError::closed("encoding"))));
    encoding.boxed()
}

impl Drop for LiveWriter {
    fn drop(&mut self) {
        self.engine.abort();
    }
}

#[async_trait]
impl RecordWriter for LiveWriter {
    fn identity(&self) -> ProducerIdentity {
        self.identity
    }

    async fn write(
        &mut self,
        partition: &TopicPartition,
        records: Vec<Record>,
    ) -> Result<(), WriteError> {
        self.failure()?;
        if self.settings.transactions.is_some() {
            let transaction = self.transaction.as_ref();
            if transaction.is_none_or(|transaction| transaction.is_ending) {
                return Err(misplaced("no transaction was begun"));
            }
        }
        let taken = self.take(partition, records).await;
        self.ended(taken)
    }

    fn written(&mut self) -> Vec<WrittenBatch> {
        std::mem::take(&mut self.shared.lock().written)
    }

    fn unanswered(&self) -> Vec<WrittenBatch> {
        let outcome = self.shared.lock();
        if self.settings.transactions.is_none() {
            return outcome.unanswered.values().cloned().collect();
        }
        let transaction = self.transaction.as_ref();
        match transaction.filter(|transaction| transaction.is_ending && transaction.commits) {
            Some(_) => outcome.in_transaction.clone(),
            None => Vec::new(),
        }
    }

    async fn flush(&mut self) -> Result<(), WriteError> {
        if self.failure().is_ok() {
            let sealed = self.seal_all().await;
            let _ = self.ended(sealed); // what is kept as the failure, and told below
        }
        let (done, is_done) = oneshot::channel();
        self.tell(Command::Flush(done));
        let _ = is_done.await; // the engine lives as long as this writer does
        self.failure()
    }

    async fn begin(&mut self) -> Result<(), WriteError> {
        self.failure()?;
        if self.settings.transactions.is_none() || self.transaction.is_some() {
            return Err(misplaced("a transaction cannot be begun now"));
        }
        self.transaction = Some(Transaction::default());
        Ok(())
    }

    async fn commit(&mut self) -> Result<(), WriteError> {
        self.flush().await?;
        self.end(true).await
    }

    async fn abort(&mut self) -> Result<(), WriteError> {
        if self.transaction.as_ref().is_some_and(|one| one.is_ending) {
            return Err(misplaced("the end of the transaction is not known"));
        }
        self.reset().await;
        self.end(false).await?;
        // The aborted records used sequence numbers that brokers forget; a new epoch begins at 0.
        let asked = self.producer.identity(Some(self.identity)).await;
        self.identity = asked.map_err(|error| asking(&self.cluster, &self.producer.late, error))?;
        self.sequences.clear();
        Ok(())
    }
}
