//! The identity of a producer, and the requests of its transactions.
//!
//! Transactions are those before KIP-890, which every Kafka supports: partitions are added before
//! they are written to, and a commit keeps the epoch.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::super::errors;
use super::super::limits::RETRY_PAUSE;
use crate::cluster::BrokerError;
use crate::cluster::live::wire::{
    AddPartitionsToTxnRequest, AddPartitionsToTxnResponse, ApiKey, BrokerConnection, BrokerInfo,
    EndTxnRequest, EndTxnResponse, ErrorCode, FindCoordinatorRequest, FindCoordinatorResponse,
    InitProducerIdRequest, InitProducerIdResponse, Kafka, KrafkaError, checked, exchange,
    kafka_metadata, kafka_pool, versions,
};
use crate::cluster::writer::{ProducerIdentity, Transactions, WriteError};
use crate::model::measure::TopicPartition;

/// Versions of `AddPartitionsToTxn`: later ones are for brokers only.
const ADD_PARTITIONS: (i16, i16) = (versions::ADD_PARTITIONS_TO_TXN.0, 3);

/// Versions of `EndTxn`: later ones give the producer a new epoch (KIP-890).
const END: (i16, i16) = (versions::END_TXN.0, 4);

/// Versions of `InitProducerId`: later ones are for two-phase commits.
const INIT: (i16, i16) = (versions::INIT_PRODUCER_ID.0, 5);

/// Requests identities, and adds to and ends transactions.
#[derive(Clone)]
pub(super) struct Producer {
    pub(super) kafka: Kafka,
    pub(super) timeout: Duration,
    pub(super) transactions: Option<Transactions>,
    pub(super) late: Late,
}

/// Whether a request for an identity had no answer: carried out late, it fences this writer's own
/// identity.
#[derive(Clone, Default)]
pub(super) struct Late(Arc<AtomicBool>);

impl Late {
    /// The error if brokers report a newer writer.
    pub(super) fn fenced(&self, error: BrokerError) -> WriteError {
        WriteError::Fenced {
            error,
            is_perhaps_own: self.0.load(Ordering::Relaxed),
        }
    }
}

/// Why a transaction could not be ended.
pub(super) struct EndError {
    pub(super) error: KrafkaError,
    /// It may have ended by an earlier try without a usable answer.
    pub(super) is_doubtful: bool,
}

impl Producer {
    /// A new identity. With transactions it fences others of the same transactional id and aborts
    /// their open transaction. With `current`, it fails if another writer took over since.
    pub(super) async fn identity(
        &self,
        current: Option<ProducerIdentity>,
    ) -> Result<ProducerIdentity, KrafkaError> {
        let mut request = match &self.transactions {
            None => InitProducerIdRequest::idempotent(),
            Some(transactions) => {
                let ms = i32::try_from(transactions.timeout.as_millis()).unwrap_or(i32::MAX);
                InitProducerIdRequest::transactional(&transactions.id, ms)
            }
        };
        if let Some(current) = current {
            request.producer_id = current.id;
            request.producer_epoch = current.epoch;
        }
        let request = &request;
        self.until_answered(|connection| async move {
            let answer = exchange(&connection, ApiKey::InitProducerId, INIT, request).await;
            if answer.is_err() {
                self.late.0.store(true, Ordering::Relaxed);
            }
            let answer: InitProducerIdResponse = answer?;
            checked(answer.error_code, None)?;
            Ok(ProducerIdentity {
                id: answer.producer_id,
                epoch: answer.producer_epoch,
            })
        })
        .await
    }

    /// Adds a partition to the transaction.
    pub(super) async fn add(
        &self,
        identity: ProducerIdentity,
        partition: &TopicPartition,
    ) -> Result<(), KrafkaError> {
        let request = AddPartitionsToTxnRequest::new(self.id(), identity.id, identity.epoch)
            .add_partition(partition.topic.clone(), partition.partition);
        let request = &request;
        self.until_answered(|connection| async move {
            let api = ApiKey::AddPartitionsToTxn;
            let answer: AddPartitionsToTxnResponse =
                exchange(&connection, api, ADD_PARTITIONS, request).await?;
            let topics = answer.results.into_iter();
            let mut codes = topics.flat_map(|topic| topic.partitions);
            codes.try_for_each(|one| checked(one.error_code, None))
        })
        .await
    }

    /// Ends the transaction.
    pub(super) async fn end(
        &self,
        identity: ProducerIdentity,
        is_committed: bool,
    ) -> Result<(), EndError> {
        let request = if is_committed {
            EndTxnRequest::commit(self.id(), identity.id, identity.epoch)
        } else {
            EndTxnRequest::abort(self.id(), identity.id, identity.epoch)
        };
        let request = &request;
        let is_doubtful = AtomicBool::new(false);
        let doubt = &is_doubtful;
        let ended = self.until_answered(|connection| async move {
            let answer = exchange(&connection, ApiKey::EndTxn, END, request).await;
            let ended = answer.and_then(|answer: EndTxnResponse| checked(answer.error_code, None));
            if ended.as_ref().is_err_and(may_have_ended) {
                doubt.store(true, Ordering::Relaxed);
            }
            ended
        });
        let ended = ended.await;
        ended.map_err(|error| EndError {
            error,
            is_doubtful: is_doubtful.into_inner(),
        })
    }

    fn id(&self) -> &str {
        let transactions = self.transactions.as_ref();
        transactions.map_or("", |transactions| transactions.id.as_str())
    }

    /// Asks the coordinator, or any broker without transactions, and retries retriable errors. All
    /// of these requests may be repeated.
    async fn until_answered<T, Ask, Asking>(&self, ask: Ask) -> Result<T, KrafkaError>
    where
        Ask: Fn(Arc<BrokerConnection>) -> Asking,
        Asking: Future<Output = Result<T, KrafkaError>>,
    {
        let deadline = Instant::now() + self.timeout;
        let mut attempt = 0;
        loop {
            let tried = async { ask(self.connection(attempt).await?).await };
            match tried.await {
                Err(error) if error.is_retriable() && Instant::now() + RETRY_PAUSE < deadline => {
                    attempt += 1;
                    sleep(RETRY_PAUSE).await;
                }
                answered => return answered,
            }
        }
    }

    async fn connection(&self, attempt: usize) -> Result<Arc<BrokerConnection>, KrafkaError> {
        let any = self.any_broker(attempt).await?;
        if self.transactions.is_none() {
            return Ok(any);
        }
        let range = versions::FIND_COORDINATOR;
        let request = FindCoordinatorRequest::for_transaction(self.id());
        let found: FindCoordinatorResponse =
            exchange(&any, ApiKey::FindCoordinator, range, &request).await?;
        checked(found.error_code, None)?;
        let address = format!("{}:{}", found.host, found.port);
        kafka_pool(&self.kafka)
            .get_coordinator_connection(&address)
            .await
    }

    async fn any_broker(&self, attempt: usize) -> Result<Arc<BrokerConnection>, KrafkaError> {
        let metadata = kafka_metadata(&self.kafka);
        if attempt > 0 {
            metadata.force_refresh(Some(&[])).await?;
        }
        let mut brokers = metadata.brokers();
        brokers.sort_by_key(BrokerInfo::id);
        let count = brokers.len().max(1);
        let broker = brokers.into_iter().nth(attempt % count).ok_or_else(|| {
            KrafkaError::broker(ErrorCode::BrokerNotAvailable, "no broker is known")
        })?;
        kafka_pool(&self.kafka)
            .get_connection_by_id(broker.id(), broker.address())
            .await
    }
}

/// Whether a transaction may have ended in spite of this error.
fn may_have_ended(error: &KrafkaError) -> bool {
    match error {
        KrafkaError::Broker { code, .. } => errors::is_doubtful(*code),
        _ => true,
    }
}
