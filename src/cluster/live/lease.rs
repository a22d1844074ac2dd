//! The lock: membership of a consumer group of its own. The coordinator makes the first member the
//! leader for as long as it is a member, and drops members that were silent for a session time-out.
//! The leader holds the lock; other members leave. No topic is assigned, and no offset is
//! committed.
//!
//! - a process that sees a holder does not join, so a holder is rarely disturbed
//! - of two processes that join an empty group at once, one becomes the leader and the other leaves
//! - when a member joins or leaves, the coordinator asks all to rejoin; the holder does so at its
//!   next heartbeat and stays the leader
//!
//! Traps: the first `FindCoordinator` of a cluster makes Kafka create `__consumer_offsets`. Brokers
//! wait `group.initial.rebalance.delay.ms` (3 s by default) before a new group has a leader.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::Mutex;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, timeout};

use super::ask::read;
use super::{LiveCluster, code, errors};
use crate::cluster::lease::{Holder, Lease, LeaseError, LeaseLost};
use crate::cluster::live::wire::{
    ApiKey, BrokerConnection, DeleteGroupsRequest, DeleteGroupsResponse, DescribeGroupsRequest,
    DescribeGroupsResponse, DescribedGroup, ErrorCode, FindCoordinatorRequest,
    FindCoordinatorResponse, HeartbeatRequest, HeartbeatResponse, JoinGroupRequest,
    JoinGroupRequestProtocol, JoinGroupResponse, Kafka, KrafkaError, LeaveGroupMember,
    LeaveGroupRequest, LeaveGroupResponse, SyncGroupRequest, SyncGroupRequestAssignment,
    SyncGroupResponse, VersionedDecode, VersionedEncode, checked, exchange, kafka_pool, versions,
};
use crate::cluster::{At, ClusterError};

/// The group id.
const GROUP: &str = "__tonkafka-lock";

/// Its protocol type, which keeps consumers out.
const PROTOCOL_TYPE: &str = "tonkafka-lock";

/// Its only protocol; the members' metadata is a [`Holder`] as JSON.
const PROTOCOL: &str = "v1";

/// Kafka's default of `group.min.session.timeout.ms`: how long a dead holder keeps the lock.
const SESSION: Duration = Duration::from_secs(6);

/// The longest session time-out that is requested, if brokers demand a longer one.
const LONGEST_SESSION: Duration = Duration::from_secs(200);

/// The pause between two tries while another process holds the lock, or the coordinator is not ready.
const PAUSE: Duration = Duration::from_millis(200);

/// How long to wait for the name of a holder. Brokers wait three seconds before a new group is
/// complete.
const INTRODUCTION: Duration = Duration::from_secs(4);

/// A connection to the group's coordinator.
#[derive(Clone)]
struct Coordinator {
    kafka: Kafka,
    address: String,
}

/// Membership of the group.
#[derive(Debug, Clone, Default)]
struct Member {
    id: String,
    generation: i32,
    who: Vec<u8>,
    session: Duration,
}

/// The result of joining.
enum Joined {
    Leads,
    Follows,
}

/// The held lock.
struct LiveLease {
    shared: Arc<Shared>,
    heart: JoinHandle<()>,
}

struct Shared {
    coordinator: Coordinator,
    /// None once the lock is lost.
    member: Mutex<Option<Member>>,
}

pub(super) async fn lease(
    cluster: &LiveCluster,
    who: &Holder,
    patience: Duration,
) -> Result<Box<dyn Lease>, LeaseError> {
    let reading = |error| errors::reading(&cluster.address, "take the lock", error);
    let mut coordinator = find(cluster).await?;
    let started = Instant::now();
    let mut silent_since = None;
    loop {
        // A silent broker may not be the coordinator any more.
        let describing = timeout(cluster.timeout / 4, coordinator.describe());
        let described = describing.await;
        let described = described.unwrap_or_else(|_| Err(KrafkaError::timeout("DescribeGroups")));
        let group = match described {
            Ok(group) => group,
            // It has just become the coordinator, or is not the coordinator any more.
            Err(error) if error.is_retriable() && started.elapsed() < cluster.timeout => {
                sleep(PAUSE).await;
                coordinator = find(cluster).await?;
                continue;
            }
            Err(error) => return Err(reading(error).into()),
        };
        if group.members.is_empty() {
            let mut member = Member {
                who: serde_json::to_vec(who).unwrap_or_default(),
                session: SESSION,
                ..Member::default()
            };
            match coordinator.join(&mut member).await.map_err(reading)? {
                Joined::Leads => return Ok(Box::new(LiveLease::new(coordinator, member))),
                Joined::Follows => coordinator.leave(&member).await,
            }
            continue;
        }
        let holder = name_of(&group);
        let first_silent = *silent_since.get_or_insert_with(Instant::now);
        let introduced = holder.is_some() || first_silent.elapsed() >= INTRODUCTION;
        if introduced && started.elapsed() >= patience {
            let unnamed = || "it has not said who it is".to_owned();
            return Err(LeaseError::Held(holder.unwrap_or_else(unnamed)));
        }
        sleep(if introduced { PAUSE } else { PAUSE / 8 }).await;
    }
}

/// The holder's description of itself; none while the group is not complete.
fn name_of(group: &DescribedGroup) -> Option<String> {
    group.members.iter().find_map(|member| {
        let who: Holder = serde_json::from_slice(&member.member_metadata).ok()?;
        // The broker itself only knows the address.
        let address = member.client_host.trim_start_matches('/');
        Some(format!("{who} (at {address})"))
    })
}

/// Finds the coordinator; waits for one until the time-out.
async fn find(cluster: &LiveCluster) -> Result<Coordinator, ClusterError> {
    let address = read(cluster, At::AnyBroker, "take the lock", find_at).await?;
    Ok(Coordinator {
        kafka: cluster.kafka.clone(),
        address,
    })
}

async fn find_at(connection: Arc<BrokerConnection>) -> Result<String, KrafkaError> {
    let range = versions::FIND_COORDINATOR;
    let request = FindCoordinatorRequest::for_group(GROUP);
    let found: FindCoordinatorResponse =
        exchange(&connection, ApiKey::FindCoordinator, range, &request).await?;
    checked(found.error_code, None)?;
    Ok(format!("{}:{}", found.host, found.port))
}

impl Coordinator {
    /// Sends one request on a connection of its own, because a join blocks its connection.
    async fn ask<Request, Response>(
        &self,
        api: ApiKey,
        range: (i16, i16),
        request: &Request,
    ) -> Result<Response, KrafkaError>
    where
        Request: VersionedEncode,
        Response: VersionedDecode,
    {
        let pool = kafka_pool(&self.kafka);
        let connection = pool.get_coordinator_connection(&self.address).await?;
        exchange(&connection, api, range, request).await
    }

    /// Describes the group; without members if it does not exist.
    async fn describe(&self) -> Result<DescribedGroup, KrafkaError> {
        let range = versions::DESCRIBE_GROUPS;
        let request = DescribeGroupsRequest {
            groups: vec![GROUP.to_owned()],
            include_authorized_operations: false,
        };
        let answer: DescribeGroupsResponse =
            self.ask(ApiKey::DescribeGroups, range, &request).await?;
        let group = answer.groups.into_iter().next();
        let group = group.ok_or_else(|| KrafkaError::broker(ErrorCode::GroupIdNotFound, ""))?;
        match group.error_code {
            ErrorCode::None | ErrorCode::GroupIdNotFound => Ok(group),
            code => Err(KrafkaError::broker(code, "")),
        }
    }

    /// Joins, repeatedly if the coordinator asks for it, until the group is complete.
    async fn join(&self, member: &mut Member) -> Result<Joined, KrafkaError> {
        loop {
            let answer = self.join_once(member).await?;
            match answer.error_code {
                ErrorCode::None => {}
                ErrorCode::MemberIdRequired => {
                    member.id = answer.member_id;
                    continue;
                }
                // The group was deleted in between.
                ErrorCode::UnknownMemberId if member.generation == 0 => {
                    member.id = String::new();
                    continue;
                }
                ErrorCode::InvalidSessionTimeout if member.session < LONGEST_SESSION => {
                    member.session *= 2;
                    continue;
                }
                ErrorCode::RebalanceInProgress | ErrorCode::CoordinatorLoadInProgress => {
                    sleep(PAUSE).await;
                    continue;
                }
                code => return checked(code, None).map(|()| Joined::Follows),
            }
            let leads = answer.is_leader();
            member.id = answer.member_id;
            member.generation = answer.generation_id;
            if !leads {
                return Ok(Joined::Follows);
            }
            match self.sync(member).await? {
                ErrorCode::RebalanceInProgress => {}
                code => return checked(code, None).map(|()| Joined::Leads),
            }
        }
    }

    async fn join_once(&self, member: &Member) -> Result<JoinGroupResponse, KrafkaError> {
        let session = i32::try_from(member.session.as_millis()).unwrap_or(i32::MAX);
        let request = JoinGroupRequest {
            group_id: GROUP.to_owned(),
            session_timeout_ms: session,
            rebalance_timeout_ms: session,
            member_id: member.id.clone(),
            group_instance_id: None,
            protocol_type: PROTOCOL_TYPE.to_owned(),
            protocols: vec![JoinGroupRequestProtocol {
                name: PROTOCOL.to_owned(),
                metadata: member.who.clone().into(),
            }],
            reason: None,
        };
        let range = versions::JOIN_GROUP;
        self.ask(ApiKey::JoinGroup, range, &request).await
    }

    async fn sync(&self, member: &Member) -> Result<ErrorCode, KrafkaError> {
        let request = SyncGroupRequest {
            group_id: GROUP.to_owned(),
            generation_id: member.generation,
            member_id: member.id.clone(),
            group_instance_id: None,
            protocol_type: Some(PROTOCOL_TYPE.to_owned()),
            protocol_name: Some(PROTOCOL.to_owned()),
            assignments: vec![SyncGroupRequestAssignment {
                member_id: member.id.clone(),
                assignment: Vec::new().into(),
            }],
        };
        let range = versions::SYNC_GROUP;
        let answer: SyncGroupResponse = self.ask(ApiKey::SyncGroup, range, &request).await?;
        Ok(answer.error_code)
    }

    async fn heartbeat(&self, member: &Member) -> Result<ErrorCode, KrafkaError> {
        let request = HeartbeatRequest {
            group_id: GROUP.to_owned(),
            generation_id: member.generation,
            member_id: member.id.clone(),
            group_instance_id: None,
        };
        let range = versions::HEARTBEAT;
        let answer: HeartbeatResponse = self.ask(ApiKey::Heartbeat, range, &request).await?;
        Ok(answer.error_code)
    }

    /// Leaves. If the coordinator is not told, it drops the member after the session time-out.
    async fn leave(&self, member: &Member) {
        let request = LeaveGroupRequest {
            group_id: GROUP.to_owned(),
            member_id: member.id.clone(),
            members: vec![LeaveGroupMember {
                member_id: member.id.clone(),
                group_instance_id: None,
                reason: None,
            }],
        };
        let range = versions::LEAVE_GROUP;
        let leaving = self.ask::<_, LeaveGroupResponse>(ApiKey::LeaveGroup, range, &request);
        let _ = timeout(SESSION, leaving).await;
    }

    /// Deletes the group, which fails if it has members. Kafka would delete it later by itself.
    async fn delete(&self) {
        let request = DeleteGroupsRequest::new(vec![GROUP.to_owned()]);
        let range = versions::DELETE_GROUPS;
        let deleting = self.ask::<_, DeleteGroupsResponse>(ApiKey::DeleteGroups, range, &request);
        let _ = timeout(SESSION, deleting).await;
    }
}

impl LiveLease {
    fn new(coordinator: Coordinator, member: Member) -> Self {
        let pause = member.session / 6;
        let shared = Arc::new(Shared {
            coordinator,
            member: Mutex::new(Some(member)),
        });
        let beating = Arc::clone(&shared);
        let heart = tokio::spawn(async move {
            loop {
                sleep(pause).await;
                if beating.beat().await.is_err() {
                    return;
                }
            }
        });
        Self { shared, heart }
    }
}

impl Shared {
    /// Sends a heartbeat, and does what the answer asks for. The lock is lost for good if the
    /// coordinator says so, or does not answer for a session time-out.
    async fn beat(&self) -> Result<(), LeaseLost> {
        let mut held = self.member.lock().await;
        let Some(member) = held.as_mut() else {
            return Err(LeaseLost("the cluster took it back".to_owned()));
        };
        let session = member.session;
        let beaten = match timeout(session, self.confirm(member)).await {
            Ok(confirmed) => confirmed,
            Err(_) => Err("the cluster does not answer".to_owned()),
        };
        if beaten.is_err() {
            *held = None;
        }
        beaten.map_err(LeaseLost)
    }

    async fn confirm(&self, member: &mut Member) -> Result<(), String> {
        loop {
            match self.coordinator.heartbeat(member).await {
                Ok(ErrorCode::None) => return Ok(()),
                Ok(ErrorCode::RebalanceInProgress) => match self.coordinator.join(member).await {
                    Ok(Joined::Leads) => return Ok(()),
                    Ok(Joined::Follows) => return Err("another apply holds it now".to_owned()),
                    Err(error) if error.is_retriable() => {}
                    Err(error) => return Err(words(error)),
                },
                Ok(ErrorCode::UnknownMemberId | ErrorCode::IllegalGeneration) => {
                    return Err(
                        "it was not confirmed in time, and the cluster took it back".to_owned()
                    );
                }
                Ok(code) if !code.is_retriable() => return Err(code::kafka_name(code)),
                Err(error) if !error.is_retriable() => return Err(words(error)),
                Ok(_) | Err(_) => {}
            }
            sleep(PAUSE).await;
        }
    }
}

fn words(error: KrafkaError) -> String {
    errors::reading("the coordinator", "confirm the lock", error).to_string()
}

#[async_trait]
impl Lease for LiveLease {
    async fn check(&self) -> Result<(), LeaseLost> {
        self.shared.beat().await
    }

    async fn release(self: Box<Self>) {
        self.heart.abort();
        let Some(member) = self.shared.member.lock().await.take() else {
            return;
        };
        self.shared.coordinator.leave(&member).await;
        self.shared.coordinator.delete().await;
    }
}
