//! Finds the coordinators of groups, and asks each about all of its groups at once.
//!
//! Coordinators are asked in parallel and independently: one that is silent, or has to be looked up
//! again, delays no answer of another. Brokers without batched look-ups (KIP-699: Kafka before 3.0,
//! and some services) are asked for each group, several at once.
//!
//! Trap: the first `FindCoordinator` of a cluster makes Kafka create `__consumer_offsets`. Without
//! ids none is sent.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use futures::future::{BoxFuture, FutureExt};
use futures::stream::{self, FuturesUnordered, StreamExt, TryStreamExt};
use tokio::time::{Instant, sleep, timeout, timeout_at};

use super::super::ask::{Rounds, anywhere, attend, connection_to, place, silence, untold};
use super::super::limits::RETRY_PAUSE;
use super::super::{LiveCluster, errors};
use super::homes;
use crate::cluster::live::wire::groups::{
    AT_ONCE, FIND_COORDINATOR, FIND_COORDINATORS, FindCoordinators, FoundCoordinator, OfGroups,
};
use crate::cluster::live::wire::{
    ApiKey, BrokerConnection, ErrorCode, FindCoordinatorRequest, FindCoordinatorResponse,
    KrafkaError, exchange, has,
};
use crate::cluster::{At, ClusterError};
use crate::model::broker::BrokerId;
use crate::model::seen::Seen;

/// Extra time after the time-out for finding out why groups have no coordinator.
const LAST_LOOK: Duration = Duration::from_secs(1);

/// The result of one try for a group or a partition.
pub(in super::super) enum Try<T> {
    Settled(Seen<T>),
    /// To be repeated: another broker, or the same one later, may answer.
    Again(KrafkaError),
}

impl<T> Try<T> {
    /// The result for an error, of one group or of a whole read.
    pub(super) fn failed(error: KrafkaError) -> Self {
        match error {
            error if error.is_retriable() => Self::Again(error),
            KrafkaError::Broker { code, message } => Self::Settled(errors::seen(code, &message)),
            other => Self::Settled(Seen::unavailable(other.to_string())),
        }
    }

    pub(super) fn answered(code: ErrorCode, message: Option<&str>) -> Self {
        Self::failed(KrafkaError::broker(code, message.unwrap_or("")))
    }
}

pub(super) type Tries<T> = Vec<(String, Try<T>)>;

/// A broker that is a coordinator of groups.
#[derive(Clone)]
pub(super) struct Coordinator {
    pub(super) id: BrokerId,
    pub(super) connection: Arc<BrokerConnection>,
}

/// The results of one request, and the coordinators to ask next.
struct Step<T> {
    attempt: usize,
    asked: Option<BrokerId>,
    tries: Tries<T>,
    led: BTreeMap<BrokerId, Vec<String>>,
}

/// Asks the coordinators of groups, and repeats [`Try::Again`] until the time-out. Every id is a key of
/// the answer. `lost` converts the error of a request that was sent and failed as a whole.
///
/// # Errors
/// No broker names the coordinators.
pub(super) async fn ask_each<T, Ask, Asking>(
    cluster: &LiveCluster,
    ids: &[String],
    action: &str,
    ask: Ask,
    lost: fn(KrafkaError) -> Try<T>,
) -> Result<BTreeMap<String, Seen<T>>, ClusterError>
where
    T: Send,
    Ask: Fn(Coordinator, Vec<String>) -> Asking + Sync,
    Asking: Future<Output = Result<Tries<T>, KrafkaError>> + Send,
{
    let ids: Vec<String> = BTreeSet::from_iter(ids).into_iter().cloned().collect();
    let mut answers = BTreeMap::new();
    if ids.is_empty() {
        return Ok(answers);
    }
    let deadline = Instant::now() + cluster.timeout;
    let first = find(cluster, &ids, deadline).await;
    let first = first.map_err(|error| untold(cluster, action, error))?;
    let mut reasons: BTreeMap<String, Reason> = BTreeMap::new();
    let mut homeless = Vec::new();
    let mut steps: FuturesUnordered<BoxFuture<'_, Step<T>>> = FuturesUnordered::new();
    steps.push(async { sorted(0, first) }.boxed());
    while let Some(step) = steps.next().await {
        let mut again = Vec::new();
        let is_late = Instant::now() + RETRY_PAUSE >= deadline;
        for (id, tried) in step.tries {
            match tried {
                Try::Settled(seen) => drop(answers.insert(id, seen)),
                Try::Again(error) => {
                    let reason = Reason {
                        asked: step.asked,
                        error,
                    };
                    if reason.is_telling() || !reasons.contains_key(&id) {
                        reasons.insert(id.clone(), reason);
                    }
                    again.push(id);
                }
            }
        }
        if is_late {
            for id in again.drain(..) {
                if let Some(reason) = reasons.remove(&id) {
                    let words = reason.words(cluster, action);
                    if reason.asked.is_none() {
                        homeless.push(id.clone());
                    }
                    answers.insert(id, Seen::unavailable(words));
                }
            }
        }
        let attempt = step.attempt;
        for (broker, ids) in step.led {
            let asking = ask_one(cluster, broker, ids, attempt, deadline, &ask, lost);
            steps.push(asking.boxed());
        }
        if !again.is_empty() {
            steps.push(find_again(cluster, again, attempt + 1, deadline).boxed());
        }
    }
    let looking = timeout(LAST_LOOK, homes::of_lost(cluster, homeless));
    for (id, words) in looking.await.unwrap_or_default() {
        answers.insert(id, Seen::unavailable(words));
    }
    Ok(answers)
}

/// Asks any broker for the coordinators of groups.
async fn find(
    cluster: &LiveCluster,
    ids: &[String],
    deadline: Instant,
) -> Result<OfGroups<FoundCoordinator>, KrafkaError> {
    let request = FindCoordinators(ids.to_vec());
    let request = &request;
    let api = ApiKey::FindCoordinator;
    anywhere(cluster, Rounds::Until(deadline), |connection| async move {
        if has(&connection, api, FIND_COORDINATORS) {
            exchange(&connection, api, FIND_COORDINATORS, request).await
        } else {
            find_each(&connection, &request.0).await
        }
    })
    .await
}

/// Asks a broker for the coordinator of one group at a time.
async fn find_each(
    connection: &BrokerConnection,
    ids: &[String],
) -> Result<OfGroups<FoundCoordinator>, KrafkaError> {
    let find_one = |id: String| async move {
        let request = FindCoordinatorRequest::for_group(&id);
        let api = ApiKey::FindCoordinator;
        let found: FindCoordinatorResponse =
            exchange(connection, api, FIND_COORDINATOR, &request).await?;
        Ok::<_, KrafkaError>(FoundCoordinator {
            group: id,
            broker: found.node_id,
            error: found.error_code,
            message: found.error_message.unwrap_or_default(),
        })
    };
    let finding = stream::iter(ids.iter().cloned()).map(find_one);
    let found = finding.buffered(AT_ONCE).try_collect().await?;
    Ok(OfGroups(found))
}

/// Groups by coordinator.
fn sorted<T>(attempt: usize, found: OfGroups<FoundCoordinator>) -> Step<T> {
    let mut step = Step {
        attempt,
        asked: None,
        tries: Vec::new(),
        led: BTreeMap::new(),
    };
    for one in found.0 {
        if one.error.is_ok() {
            step.led.entry(one.broker).or_default().push(one.group);
        } else {
            let tried = Try::answered(one.error, Some(&one.message));
            step.tries.push((one.group, tried));
        }
    }
    step
}

async fn find_again<T>(
    cluster: &LiveCluster,
    ids: Vec<String>,
    attempt: usize,
    deadline: Instant,
) -> Step<T> {
    sleep(RETRY_PAUSE).await;
    match find(cluster, &ids, deadline).await {
        Ok(found) => sorted(attempt, found),
        Err(error) => failed(attempt, None, ids, Try::failed, &error),
    }
}

/// Asks one coordinator once.
async fn ask_one<T, Ask, Asking>(
    cluster: &LiveCluster,
    broker: BrokerId,
    ids: Vec<String>,
    attempt: usize,
    deadline: Instant,
    ask: &Ask,
    lost: fn(KrafkaError) -> Try<T>,
) -> Step<T>
where
    Ask: Fn(Coordinator, Vec<String>) -> Asking,
    Asking: Future<Output = Result<Tries<T>, KrafkaError>>,
{
    let asked = Some(broker);
    let connecting = connection_to(cluster, At::Broker(broker), attempt);
    let connecting = attend(cluster, broker, connecting);
    let connection = match timeout_at(deadline, connecting).await {
        Ok(Ok(connection)) => connection,
        Ok(Err(error)) => return failed(attempt, asked, ids, Try::failed, &error),
        Err(_) => return failed(attempt, asked, ids, Try::failed, &silence()),
    };
    let coordinator = Coordinator {
        id: broker,
        connection,
    };
    let asking = attend(cluster, broker, ask(coordinator, ids.clone()));
    match timeout_at(deadline, asking).await {
        Ok(Ok(tries)) => Step {
            attempt,
            asked,
            tries: complete(ids, tries),
            led: BTreeMap::new(),
        },
        Ok(Err(error)) => failed(attempt, asked, ids, lost, &error),
        Err(_) => failed(attempt, asked, ids, lost, &silence()),
    }
}

fn failed<T>(
    attempt: usize,
    asked: Option<BrokerId>,
    ids: Vec<String>,
    meaning: fn(KrafkaError) -> Try<T>,
    error: &KrafkaError,
) -> Step<T> {
    let tries = ids.into_iter().map(|id| (id, meaning(error.clone())));
    Step {
        attempt,
        asked,
        tries: tries.collect(),
        led: BTreeMap::new(),
    }
}

/// One result for each requested group, and none for other groups.
fn complete<T>(ids: Vec<String>, tries: Tries<T>) -> Tries<T> {
    let mut told: BTreeMap<String, Try<T>> = tries.into_iter().collect();
    let left_out = || {
        let words = "the broker's answer left this group out";
        Try::Settled(Seen::unavailable(words.to_owned()))
    };
    ids.into_iter()
        .map(|id| {
            let answer = told.remove(&id).unwrap_or_else(left_out);
            (id, answer)
        })
        .collect()
}

/// Why a group could not be asked about.
struct Reason {
    /// Its coordinator; none if none was found.
    asked: Option<BrokerId>,
    error: KrafkaError,
}

impl Reason {
    /// Whether the reason is about the group, not about the search for its coordinator.
    fn is_telling(&self) -> bool {
        self.asked.is_some() || matches!(self.error, KrafkaError::Broker { .. })
    }

    fn words(&self, cluster: &LiveCluster, action: &str) -> String {
        let place = place(cluster, self.asked.map_or(At::AnyBroker, At::Broker));
        match &self.error {
            KrafkaError::Broker { code, message } => {
                format!("{place}: {}", errors::broker_error(*code, message))
            }
            other => errors::reading(&place, action, other.clone()).to_string(),
        }
    }
}
