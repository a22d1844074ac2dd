//! Sends writes and classifies their answers; all writes go through here.
//!
//! A request is written to a connection once. Before that, a retry is safe: a broker that cannot be
//! reached or does not support the request has carried nothing out. Afterwards anything but a
//! usable answer leaves the write unknown, and it is not repeated; so does an item that the answer
//! leaves out.
//!
//! Each request has a connection of its own. An older one may have been closed without notice,
//! which looks like a lost answer, and a throttling broker delays everything on a connection
//! (KIP-219), reads and the lock too.
//!
//! `NOT_CONTROLLER`: a resigning KRaft controller fails with it what it has appended
//! (`QuorumController.renounce`), so the write may exist. A ZooKeeper broker answers so before it
//! looks at the first item (`KafkaApis.handleCreateTopicsRequest` and similar), so the request is
//! retried.

use std::collections::BTreeMap;
use std::io;
use std::time::Duration;

use bytes::BytesMut;
use tokio::time::{Instant, sleep, timeout_at};

use super::ask::{address_of, attend, controller, place, silence};
use super::limits::CONNECT_TIMEOUT;
use super::limits::RETRY_PAUSE;
use super::requests::Api;
use super::{LiveCluster, errors};
use crate::cluster::live::wire::{
    ApiKey, BrokerConnection, ErrorCode, KrafkaError, VersionedDecode, VersionedEncode, negotiated,
};
use crate::cluster::{Answer, At, BrokerError};
use crate::model::broker::BrokerId;

/// The broker that carries a write out.
#[derive(Debug, Clone, Copy)]
pub(super) enum Target {
    /// The controller. With KRaft any broker forwards requests; with ZooKeeper only the controller
    /// accepts them.
    Controller,
    /// This broker.
    Broker(BrokerId),
}

/// The result of sending a request.
pub(super) enum Sent<T> {
    /// A broker answered.
    Answered(T),
    /// Nothing of it was written to a connection.
    Not(KrafkaError),
    /// It was written, at least in part, but no usable answer came.
    Unanswered(KrafkaError),
}

/// The answer for an item: its error code and the broker's message.
pub(super) type Told<K> = (K, ErrorCode, Option<String>);

/// The parts of an answer.
pub(super) struct Parts<K> {
    /// The throttle time in milliseconds.
    pub(super) throttle_ms: i32,
    pub(super) items: Vec<Told<K>>,
}

/// Sends items in one request. Returns an answer for each, in the order of `keys`. `parts` splits the
/// response.
pub(super) async fn write<K: Ord, Request, Response>(
    cluster: &LiveCluster,
    target: Target,
    api: Api,
    keys: &[K],
    request: &Request,
    parts: impl Fn(Response) -> Parts<K>,
) -> Vec<Answer>
where
    Request: VersionedEncode,
    Response: VersionedDecode,
{
    if keys.is_empty() {
        return Vec::new();
    }
    let all = |answer: Answer| vec![answer; keys.len()];
    let deadline = Instant::now() + cluster.timeout;
    let mut attempt = 0;
    loop {
        let opened = open(cluster, target, attempt, deadline).await;
        let is_late = Instant::now() + RETRY_PAUSE >= deadline;
        match opened {
            Err(error) if is_transport(&error) && !is_late => {}
            Err(error) => return all(unsent(cluster, target, error)),
            Ok(way) => match send(cluster, &way, api, request, deadline).await {
                Sent::Not(error) => return all(unsent(cluster, target, error)),
                Sent::Unanswered(error) => return all(errors::unanswered(&error)),
                Sent::Answered(response) => {
                    let parts = parts(response);
                    if !was_no_controller(&way.connection, &parts) {
                        return in_order(keys, parts);
                    }
                    if is_late {
                        return all(Answer::Refused(not_controller()));
                    }
                }
            },
        }
        attempt += 1;
        sleep(RETRY_PAUSE).await;
    }
}

/// Sends a request to a broker once.
pub(super) async fn send_to<Request, Response>(
    cluster: &LiveCluster,
    broker: BrokerId,
    api: Api,
    request: &Request,
    deadline: Instant,
) -> Sent<Response>
where
    Request: VersionedEncode,
    Response: VersionedDecode,
{
    match open(cluster, Target::Broker(broker), 0, deadline).await {
        Ok(way) => send(cluster, &way, api, request, deadline).await,
        Err(error) => Sent::Not(error),
    }
}

/// A connection for one request, and the broker at its other end.
struct Way {
    broker: BrokerId,
    connection: BrokerConnection,
}

/// Opens a connection for one request; with `attempt`, to the broker that fresh metadata names.
async fn open(
    cluster: &LiveCluster,
    target: Target,
    attempt: usize,
    deadline: Instant,
) -> Result<Way, KrafkaError> {
    let opening = async {
        let broker = broker(cluster, target, attempt, deadline).await?;
        let address = address_of(cluster, broker, attempt > 0).await?;
        let beside = cluster.door.beside().await?;
        let connected = BrokerConnection::connect(&address, beside).await;
        let connection = connected.map_err(|error| cluster.door.judged(&address, error))?;
        Ok(Way { broker, connection })
    };
    let soon = deadline.min(Instant::now() + CONNECT_TIMEOUT);
    let opened = timeout_at(soon, opening).await;
    opened.unwrap_or_else(|_| Err(KrafkaError::timeout("no connection came up in time")))
}

/// The broker to send to. If the controller cannot be reached, every second attempt goes to another
/// broker: with KRaft it forwards the request, with ZooKeeper it answers that it is not the controller.
async fn broker(
    cluster: &LiveCluster,
    target: Target,
    attempt: usize,
    deadline: Instant,
) -> Result<BrokerId, KrafkaError> {
    let found = match target {
        Target::Broker(id) => Some(id),
        Target::Controller if attempt.is_multiple_of(2) => controller(cluster, deadline).await?,
        Target::Controller => {
            let ids = cluster.brokers.ids();
            let count = ids.len().max(1);
            ids.into_iter().nth((attempt / 2) % count)
        }
    };
    found.ok_or_else(|| {
        let words = "the brokers do not say who the controller is";
        KrafkaError::network(io::Error::other(words))
    })
}

/// Writes a request and waits for its answer, as long as other brokers say that the broker is live.
async fn send<Request, Response>(
    cluster: &LiveCluster,
    way: &Way,
    (api, (lowest, highest)): Api,
    request: &Request,
    deadline: Instant,
) -> Sent<Response>
where
    Request: VersionedEncode,
    Response: VersionedDecode,
{
    let connection = &way.connection;
    let (version, body) = match encoded(connection, api, (lowest, highest), request) {
        Ok(encoded) => encoded,
        Err(error) => return Sent::Not(error),
    };
    let sending = connection.send_request(api, version, |buffer| {
        buffer.extend_from_slice(&body);
        Ok(())
    });
    match timeout_at(deadline, attend(cluster, way.broker, sending)).await {
        Ok(Ok(mut answer)) => match Response::decode_versioned(version, &mut answer) {
            Ok(response) => Sent::Answered(response),
            Err(error) => Sent::Unanswered(error),
        },
        Ok(Err(error)) => Sent::Unanswered(error),
        Err(_) => Sent::Unanswered(silence()),
    }
}

/// The request in the highest version that both sides support.
fn encoded<Request: VersionedEncode>(
    connection: &BrokerConnection,
    api: ApiKey,
    (lowest, highest): (i16, i16),
    request: &Request,
) -> Result<(i16, BytesMut), KrafkaError> {
    let version = negotiated(connection, api, (lowest, highest))?;
    let mut body = BytesMut::new();
    request.encode_versioned(version, &mut body)?;
    Ok((version, body))
}

/// Whether the error is about the connection, and not about the request.
fn is_transport(error: &KrafkaError) -> bool {
    matches!(error, KrafkaError::Network(_) | KrafkaError::Timeout { .. })
}

/// Whether a ZooKeeper broker rejected the whole request because it is not the controller. Only
/// such brokers list `LeaderAndIsr`. The lack of a quorum proves nothing: some services hide it.
fn was_no_controller<K>(connection: &BrokerConnection, parts: &Parts<K>) -> bool {
    let has_zookeeper = connection.get_api_version(ApiKey::LeaderAndIsr).is_some();
    let mut codes = parts.items.iter().map(|(_, code, _)| *code);
    has_zookeeper && !parts.items.is_empty() && codes.all(|code| code == ErrorCode::NotController)
}

fn not_controller() -> BrokerError {
    errors::broker_error(ErrorCode::NotController, "")
}

/// The answer for each item.
fn in_order<K: Ord>(keys: &[K], parts: Parts<K>) -> Vec<Answer> {
    let wait = Duration::from_millis(u64::try_from(parts.throttle_ms).unwrap_or_default());
    let items = parts.items.into_iter();
    let told: BTreeMap<K, Answer> = items
        .map(|(key, code, words)| {
            let words = words.unwrap_or_default();
            (key, errors::judged(code, &words, wait))
        })
        .collect();
    let answer = |key| told.get(key).cloned().unwrap_or_else(left_out);
    keys.iter().map(answer).collect()
}

/// The answer for a request of which nothing was written.
fn unsent(cluster: &LiveCluster, target: Target, error: KrafkaError) -> Answer {
    let at = match target {
        Target::Controller => At::AnyBroker,
        Target::Broker(id) => At::Broker(id),
    };
    errors::unsent(&place(cluster, at), error)
}

/// The answer for an item that the response leaves out.
pub(super) fn left_out() -> Answer {
    Answer::Unknown {
        reason: "the broker's answer left this item out".to_owned(),
    }
}
