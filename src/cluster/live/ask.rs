//! Asks one broker, or any.
//!
//! A dead or silent broker hides only what it alone knows. If any broker can answer, the next one
//! is asked once the earlier ones were silent for a share of the time-out, and the first answer
//! counts. If one broker is meant, it is waited for until another broker says that it is gone.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use futures::stream::{FuturesUnordered, StreamExt};
use tokio::time::{Instant, sleep, timeout, timeout_at};

use super::limits::RETRY_PAUSE;
use super::metadata::metadata;
use super::{LiveCluster, errors};
use crate::cluster::live::wire::{
    BrokerConnection, ErrorCode, KrafkaError, MetadataBroker, kafka_pool,
};
use crate::cluster::{At, ClusterError};
use crate::model::broker::BrokerId;

type Result<T> = std::result::Result<T, KrafkaError>;

/// The share of the time-out for a silent broker, before another one is asked.
const SHARE: u32 = 8;

/// The longest and the shortest such time.
const LONGEST_PATIENCE: Duration = Duration::from_secs(2);

const SHORTEST_PATIENCE: Duration = Duration::from_millis(100);

/// How long to wait for one broker before another one is asked too.
fn patience(cluster: &LiveCluster) -> Duration {
    (cluster.timeout / SHARE).clamp(SHORTEST_PATIENCE, LONGEST_PATIENCE)
}

/// A connection to the broker at `at`. Attempt number `skip` goes to another broker if any may
/// answer.
pub(super) async fn connection_to(
    cluster: &LiveCluster,
    at: At,
    skip: usize,
) -> Result<Arc<BrokerConnection>> {
    let address = match at {
        At::Broker(id) => address_of(cluster, id, skip > 0).await?,
        At::AnyBroker => {
            let order = cluster.brokers.in_order();
            let count = order.len().max(1);
            let address = order.into_iter().nth(skip % count);
            address.ok_or_else(not_live)?
        }
    };
    connect(cluster, &address).await
}

/// The address of a broker; with `anew`, from fresh metadata.
pub(super) async fn address_of(cluster: &LiveCluster, id: BrokerId, anew: bool) -> Result<String> {
    if cluster.brokers.address(id).is_none() || anew {
        look_around(cluster).await;
    }
    cluster.brokers.address(id).ok_or_else(not_live)
}

fn not_live() -> KrafkaError {
    KrafkaError::broker(
        ErrorCode::BrokerNotAvailable,
        "the broker is not among the cluster's live brokers",
    )
}

/// The broker that accepts requests for the controller, from fresh metadata: with ZooKeeper the
/// controller itself, with KRaft any live broker, which forwards them. None while the cluster has no
/// controller.
pub(super) async fn controller(
    cluster: &LiveCluster,
    deadline: Instant,
) -> Result<Option<BrokerId>> {
    let rounds = Rounds::Until(deadline);
    let answer = anywhere(cluster, rounds, |connection| async move {
        metadata(&connection, Some(&[])).await
    });
    let answer = answer.await?;
    learn(cluster, answer.brokers);
    Ok(Some(answer.controller_id).filter(|id| *id >= 0))
}

fn learn(cluster: &LiveCluster, brokers: Vec<MetadataBroker>) {
    let broker = |one: MetadataBroker| (one.node_id, one.host, one.port);
    cluster.brokers.learn(brokers.into_iter().map(broker));
}

async fn connect(cluster: &LiveCluster, address: &str) -> Result<Arc<BrokerConnection>> {
    let connected = kafka_pool(&cluster.kafka).get_connection(address).await;
    connected.map_err(|error| {
        cluster.brokers.not_heard(address);
        cluster.door.judged(address, error)
    })
}

/// The name in messages of the broker that did not answer.
pub(super) fn place(cluster: &LiveCluster, at: At) -> String {
    match at {
        At::AnyBroker => cluster.address.clone(),
        At::Broker(id) => match cluster.brokers.address(id) {
            Some(address) => format!("broker {id} at {address}"),
            None => format!("broker {id}"),
        },
    }
}

/// Repeats a read until it is answered or the time-out has passed.
pub(super) async fn read<T, Try, Trying>(
    cluster: &LiveCluster,
    at: At,
    action: &str,
    attempt: Try,
) -> std::result::Result<T, ClusterError>
where
    Try: Fn(Arc<BrokerConnection>) -> Trying,
    Trying: Future<Output = Result<T>>,
{
    let deadline = Instant::now() + cluster.timeout;
    // Read before the address is forgotten, which it is once the broker is known to be dead.
    let place = place(cluster, at);
    match at {
        At::AnyBroker => anywhere(cluster, Rounds::Until(deadline), attempt)
            .await
            .map_err(|error| untold(cluster, action, error)),
        At::Broker(id) => at_one(cluster, id, deadline, attempt)
            .await
            .map_err(|error| failed(cluster, &place, action, error)),
    }
}

/// The error if no broker answered.
pub(super) fn untold(cluster: &LiveCluster, action: &str, error: KrafkaError) -> ClusterError {
    failed(cluster, &cluster.address, action, error)
}

fn failed(cluster: &LiveCluster, place: &str, action: &str, error: KrafkaError) -> ClusterError {
    match error {
        KrafkaError::Timeout { .. } => errors::silent(place, cluster.timeout),
        other => errors::reading(place, action, other),
    }
}

/// Asks one broker, repeatedly if that may help, as long as it is live.
async fn at_one<T, Try, Trying>(
    cluster: &LiveCluster,
    id: BrokerId,
    deadline: Instant,
    attempt: Try,
) -> Result<T>
where
    Try: Fn(Arc<BrokerConnection>) -> Trying,
    Trying: Future<Output = Result<T>>,
{
    let mut attempts = 0;
    let mut gone_since: Option<Instant> = None;
    loop {
        let trying = async {
            let connection = connection_to(cluster, At::Broker(id), attempts).await?;
            attempt(connection).await
        };
        let error = match timeout_at(deadline, attend(cluster, id, trying)).await {
            Ok(Ok(value)) => return Ok(value),
            Ok(Err(error)) => error,
            Err(_) => return Err(silence()),
        };
        // A broker that has just started may not be known to all others.
        let is_gone = cluster.brokers.address(id).is_none();
        gone_since = is_gone.then(|| gone_since.unwrap_or_else(Instant::now));
        let is_over = gone_since.is_some_and(|since| since.elapsed() >= patience(cluster));
        let is_late = Instant::now() + RETRY_PAUSE >= deadline;
        if !error.is_retriable() || is_over || is_late {
            return Err(error);
        }
        attempts += 1;
        sleep(RETRY_PAUSE).await;
    }
}

/// Waits for a broker's answer as long as other brokers say that it is live.
pub(super) async fn attend<T>(
    cluster: &LiveCluster,
    id: BrokerId,
    saying: impl Future<Output = Result<T>>,
) -> Result<T> {
    let mut saying = pin!(saying);
    loop {
        let waiting = timeout(patience(cluster), &mut saying);
        let address = match (waiting.await, cluster.brokers.address(id)) {
            (Ok(said), address) => {
                if let (Ok(_), Some(address)) = (&said, address) {
                    cluster.brokers.heard(&address);
                }
                return said;
            }
            (Err(_), address) => address,
        };
        if !cluster.brokers.has_others(id) {
            return saying.await;
        }
        if let Some(address) = address {
            cluster.brokers.not_heard(&address);
        }
        tokio::select! {
            said = &mut saying => return said,
            () = look_around(cluster) => {}
        }
        if cluster.brokers.address(id).is_none() {
            let words = format!("broker {id} is not among the live brokers any more");
            return Err(KrafkaError::network(io::Error::other(words)));
        }
    }
}

/// Asks brokers which brokers are live, until one answers or each was asked.
async fn look_around(cluster: &LiveCluster) {
    let asking = anywhere(cluster, Rounds::OnceEach, |connection| async move {
        metadata(&connection, Some(&[])).await
    });
    // Without an answer, the list stays as it was.
    if let Ok(answer) = asking.await {
        learn(cluster, answer.brokers);
    }
}

/// When [`anywhere`] gives up.
#[derive(Debug, Clone, Copy)]
pub(super) enum Rounds {
    /// At this time.
    Until(Instant),
    /// When each broker was asked once.
    OnceEach,
}

/// Asks any broker. The next one is asked as soon as the previous ones failed, or were silent for a
/// while. The first answer counts.
pub(super) async fn anywhere<T, Try, Trying>(
    cluster: &LiveCluster,
    rounds: Rounds,
    attempt: Try,
) -> Result<T>
where
    Try: Fn(Arc<BrokerConnection>) -> Trying,
    Trying: Future<Output = Result<T>>,
{
    let ask = |address: String| {
        let attempt = &attempt;
        async move {
            let trying = async { attempt(connect(cluster, &address).await?).await };
            let answered = trying.await;
            (address, answered)
        }
    };
    let deadline = match rounds {
        Rounds::Until(deadline) => deadline,
        Rounds::OnceEach => Instant::now() + cluster.timeout,
    };
    let mut asked: BTreeMap<String, usize> = BTreeMap::new();
    let mut waiting: BTreeSet<String> = BTreeSet::new();
    let mut under_way = FuturesUnordered::new();
    let mut last: Option<KrafkaError> = None;
    loop {
        let times = |address: &String| asked.get(address).copied().unwrap_or(0);
        let order = cluster.brokers.in_order().into_iter();
        let next = order
            .filter(|address| !waiting.contains(address))
            .filter(|address| matches!(rounds, Rounds::Until(_)) || times(address) == 0)
            .min_by_key(times);
        if let Some(address) = next {
            *asked.entry(address.clone()).or_default() += 1;
            waiting.insert(address.clone());
            under_way.push(ask(address));
        }
        let until = deadline.min(Instant::now() + patience(cluster));
        match timeout_at(until, under_way.next()).await {
            Ok(Some((address, Ok(value)))) => {
                cluster.brokers.heard(&address);
                return Ok(value);
            }
            Ok(Some((_, Err(error)))) if !error.is_retriable() => return Err(error),
            Ok(Some((address, Err(error)))) => {
                waiting.remove(&address);
                last = Some(error);
                if Instant::now() + RETRY_PAUSE >= deadline {
                    return Err(told(last, waiting.is_empty()));
                }
                sleep(RETRY_PAUSE).await;
            }
            // All brokers were asked once.
            Ok(None) => return Err(told(last, true)),
            Err(_) if Instant::now() >= deadline => return Err(told(last, waiting.is_empty())),
            Err(_) => waiting
                .iter()
                .for_each(|address| cluster.brokers.not_heard(address)),
        }
    }
}

/// The error to report: a broker's own error; otherwise the last error if every broker failed;
/// otherwise a time-out.
fn told(last: Option<KrafkaError>, all_have_failed: bool) -> KrafkaError {
    match last {
        Some(error @ KrafkaError::Broker { .. }) => error,
        Some(error) if all_have_failed => error,
        _ => silence(),
    }
}

pub(super) fn silence() -> KrafkaError {
    KrafkaError::timeout("no answer within the time-out")
}
