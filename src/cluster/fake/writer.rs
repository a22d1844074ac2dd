//! Writers of the cluster in memory. Each call writes one batch, at once or at the commit of its
//! transaction. The end of a transaction uses an offset.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;

use super::FakeCluster;
use super::log::FakeRecord;
use super::state::{Fate, State, error};
use crate::cluster::writer::{
    ProducerIdentity, RecordWriter, RefusedBatch, WriteError, WriterSettings, WrittenBatch,
};
use crate::cluster::{BrokerError, ClusterError};
use crate::model::measure::TopicPartition;
use crate::model::record::Record;

pub(super) struct FakeWriter {
    cluster: FakeCluster,
    settings: WriterSettings,
    identity: ProducerIdentity,
    sequences: BTreeMap<TopicPartition, i64>,
    transaction: Option<Vec<(TopicPartition, Vec<Record>)>>,
    written: Vec<WrittenBatch>,
    unanswered: Vec<WrittenBatch>,
    failure: Option<WriteError>,
}

pub(super) fn open(cluster: &FakeCluster, settings: WriterSettings) -> FakeWriter {
    let mut state = cluster.lock();
    let (identity, sequences) = match (&settings.transactions, &settings.resumed) {
        (Some(transactions), _) => (state.take_over(&transactions.id), BTreeMap::new()),
        (None, Some(resumed)) => (resumed.identity, resumed.records.clone()),
        (None, None) => (state.new_producer(), BTreeMap::new()),
    };
    cluster.save(&state);
    drop(state);
    FakeWriter {
        cluster: cluster.clone(),
        settings,
        identity,
        sequences,
        transaction: None,
        written: Vec::new(),
        unanswered: Vec::new(),
        failure: None,
    }
}

impl State {
    fn new_producer(&mut self) -> ProducerIdentity {
        self.producers += 1;
        let id = self.producers;
        ProducerIdentity { id, epoch: 0 }
    }

    /// Fences the previous writer of a transactional id.
    fn take_over(&mut self, id: &str) -> ProducerIdentity {
        let identity = match self.transactional_ids.get(id) {
            Some(known) => ProducerIdentity {
                epoch: known.epoch + 1,
                ..*known
            },
            None => self.new_producer(),
        };
        self.transactional_ids.insert(id.to_owned(), identity);
        identity
    }

    fn next_fate(&mut self) -> Fate {
        let batches = &mut self.faults.batches;
        if batches.is_empty() {
            Fate::Written
        } else {
            batches.remove(0)
        }
    }

    /// Appends records of another writer.
    fn append_foreign(&mut self, key: &TopicPartition, count: i64) {
        let logs = self.logs.entry(key.topic.clone()).or_default();
        let log = logs.entry(key.partition).or_default();
        for _ in 0..count {
            log.timestamps.insert(log.end, 0);
            log.end += 1;
        }
    }

    /// Appends records and returns their offset; `sequence` is the number of the first one.
    fn append(
        &mut self,
        key: &TopicPartition,
        producer: ProducerIdentity,
        sequence: i64,
        records: &[Record],
    ) -> Result<i64, BrokerError> {
        let TopicPartition { topic, partition } = key;
        self.refusal(topic)?;
        let partitions = self.topics.get(topic).map(|topic| topic.partitions);
        if !partitions.is_some_and(|count| (0..count).contains(partition)) {
            let code = "UNKNOWN_TOPIC_OR_PARTITION";
            return Err(error(code, code));
        }
        let largest = self.faults.largest_records.get(topic);
        if largest.is_some_and(|largest| records.iter().any(|one| one.bytes() > *largest)) {
            let code = "MESSAGE_TOO_LARGE";
            return Err(error(code, code));
        }
        let logs = self.logs.entry(topic.clone()).or_default();
        let log = logs.entry(*partition).or_default();
        let newest = (producer.epoch, sequence);
        let (epoch, known) = log.producers.entry(producer.id).or_insert(newest);
        if *epoch < producer.epoch {
            (*epoch, *known) = (producer.epoch, 0);
        }
        if *known != sequence {
            let code = "OUT_OF_ORDER_SEQUENCE_NUMBER";
            return Err(error(code, code));
        }
        let base_offset = log.end;
        for record in records {
            log.timestamps.insert(log.end, record.timestamp);
            log.records.insert(log.end, FakeRecord::of(record));
            log.end += 1;
            *known += 1;
        }
        Ok(base_offset)
    }
}

impl FakeWriter {
    fn go_on(&self) -> Result<(), WriteError> {
        self.failure.clone().map_or(Ok(()), Err)
    }

    /// Fails if a newer writer has the transactional id.
    fn is_current(&mut self) -> Result<(), WriteError> {
        let Some(transactions) = &self.settings.transactions else {
            return Ok(());
        };
        let current = self
            .cluster
            .lock()
            .transactional_ids
            .get(&transactions.id)
            .copied();
        if current == Some(self.identity) {
            return Ok(());
        }
        let code = "INVALID_PRODUCER_EPOCH";
        let fenced = WriteError::Fenced {
            error: error(code, code),
            is_perhaps_own: false,
        };
        self.failure = Some(fenced.clone());
        Err(fenced)
    }

    /// Ends the writer.
    fn fail(&mut self, failure: WriteError) -> Result<(), WriteError> {
        self.failure = Some(failure.clone());
        Err(failure)
    }

    fn append(&mut self, partition: &TopicPartition, records: &[Record]) -> Result<(), WriteError> {
        let (Some(first), Some(last)) = (records.first(), records.last()) else {
            return Ok(());
        };
        let mut batch = WrittenBatch {
            partition: partition.clone(),
            base_offset: None,
            records: records.len(),
            first: first.offset,
            last: last.offset,
        };
        let sequence = self.sequences.entry(partition.clone()).or_default();
        let mut state = self.cluster.lock();
        let fate = state.next_fate();
        if let Fate::Behind(count) = fate {
            state.append_foreign(partition, count);
        }
        let appended = match &fate {
            Fate::Refused(code) => Err(error(code, code)),
            Fate::Dropped => Ok(0),
            _ => state.append(partition, self.identity, *sequence, records),
        };
        self.cluster.save(&state);
        drop(state);
        let partition = partition.clone();
        let base_offset = match appended {
            Ok(offset) => offset,
            Err(error) if error.code == "OUT_OF_ORDER_SEQUENCE_NUMBER" => {
                return self.fail(WriteError::OutOfOrder { partition, error });
            }
            Err(error) => {
                let batch = refused(records);
                return self.fail(WriteError::Refused {
                    partition,
                    error,
                    batch,
                });
            }
        };
        if matches!(fate, Fate::Unanswered | Fate::Dropped) {
            self.unanswered.push(batch);
            let reason = "connection closed".to_owned();
            return self.fail(WriteError::Unknown { partition, reason });
        }
        *sequence += i64::try_from(records.len()).unwrap_or(i64::MAX);
        batch.base_offset = Some(base_offset);
        let elsewhere = batch.elsewhere().filter(|_| self.settings.in_place);
        self.written.push(batch);
        elsewhere.map_or(Ok(()), |error| self.fail(error))
    }

    /// Writes transaction markers to each partition of the transaction.
    fn mark(&self, taken: Vec<(TopicPartition, Vec<Record>)>) {
        let partitions: BTreeSet<TopicPartition> = taken.into_iter().map(|(key, _)| key).collect();
        let mut state = self.cluster.lock();
        for key in partitions {
            let logs = state.logs.entry(key.topic).or_default();
            let log = logs.entry(key.partition).or_default();
            log.marks.insert(log.end);
            log.end += 1;
        }
        self.cluster.save(&state);
    }

    fn misplaced() -> WriteError {
        ClusterError::Settings("this cannot be done to a transaction now".to_owned()).into()
    }
}

fn refused(records: &[Record]) -> Option<RefusedBatch> {
    Some(RefusedBatch {
        records: records.len(),
        first: records.first()?.offset,
        last: records.last()?.offset,
        bytes: records.iter().map(Record::bytes).sum(),
    })
}

#[async_trait]
impl RecordWriter for FakeWriter {
    fn identity(&self) -> ProducerIdentity {
        self.identity
    }

    async fn write(
        &mut self,
        partition: &TopicPartition,
        records: Vec<Record>,
    ) -> Result<(), WriteError> {
        self.go_on()?;
        self.is_current()?;
        match (&mut self.transaction, &self.settings.transactions) {
            (Some(taken), _) => {
                taken.push((partition.clone(), records));
                Ok(())
            }
            (None, Some(_)) => Err(Self::misplaced()),
            (None, None) => self.append(partition, &records),
        }
    }

    fn written(&mut self) -> Vec<WrittenBatch> {
        std::mem::take(&mut self.written)
    }

    fn unanswered(&self) -> Vec<WrittenBatch> {
        // A transaction whose commit was not sent is aborted.
        match self.transaction {
            Some(_) => Vec::new(),
            None => self.unanswered.clone(),
        }
    }

    async fn flush(&mut self) -> Result<(), WriteError> {
        self.go_on()
    }

    async fn begin(&mut self) -> Result<(), WriteError> {
        self.go_on()?;
        if self.settings.transactions.is_none() || self.transaction.is_some() {
            return Err(Self::misplaced());
        }
        self.transaction = Some(Vec::new());
        Ok(())
    }

    async fn commit(&mut self) -> Result<(), WriteError> {
        self.go_on()?;
        self.is_current()?;
        if !self.unanswered.is_empty() {
            // The end without an answer was carried out.
            self.unanswered.clear();
            return Ok(());
        }
        let taken = self.transaction.take().ok_or_else(Self::misplaced)?;
        let earlier = self.written.len();
        let before = self.cluster.lock().logs.clone();
        for (partition, records) in &taken {
            if let Err(error) = self.append(partition, records) {
                let mut state = self.cluster.lock();
                state.logs = before;
                self.cluster.save(&state);
                drop(state);
                self.transaction = Some(taken);
                return Err(error);
            }
        }
        self.mark(taken);
        let state = self.cluster.lock();
        if let Some(reason) = state.faults.unanswered("EndTxn") {
            self.unanswered = self.written[earlier..].to_vec();
            return Err(WriteError::EndUnknown(reason));
        }
        Ok(())
    }

    async fn abort(&mut self) -> Result<(), WriteError> {
        let taken = self.transaction.take().ok_or_else(Self::misplaced)?;
        self.failure = None;
        self.unanswered.clear();
        self.is_current()?;
        self.mark(taken);
        if let Some(transactions) = &self.settings.transactions {
            self.identity = self.cluster.lock().take_over(&transactions.id);
        }
        self.sequences.clear();
        Ok(())
    }
}
