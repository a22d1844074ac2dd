//! Prepares a running local cluster: rights for its users, and a smoke test with one record.

use std::error::Error;
use std::time::Duration;

use super::apply::{ApplySettings, apply};
use crate::apply::Outcome;
use crate::cluster::live::LiveCluster;
use crate::cluster::settings::ConnectionSettings;
use crate::cluster::{At, Cluster, ClusterError};
use crate::events::smoke::smoke_test;
use crate::local::secure::rights;
use crate::model::seen::Seen;
use crate::model::topic::Topic;
use crate::observe::brokers::described;
use crate::plan::kinds::{CreateAcl, CreateTopic, DeleteTopic};
use crate::plan::target::TopicTarget;
use crate::plan::{Plan, Reason, Risk, Step};

/// The topic of the smoke test, which exists only during the test.
const SMOKE_TOPIC: &str = "tonkafka.smoke-test";

/// Why a local cluster is not ready.
#[derive(Debug, thiserror::Error)]
pub enum PrepareError {
    /// Creating the users' ACLs was refused.
    #[error("the rights of the users")]
    Rights(#[source] Box<dyn Error + Send + Sync>),
    /// The ACLs were not sent.
    #[error("the rights of the users are not set: {0}")]
    RightsNotSent(String),
    /// The ACLs were sent without an answer.
    #[error("the rights of the users may be set or not: {0}")]
    RightsUnknown(String),
    /// The smoke test failed.
    #[error("the smoke test")]
    Smoke(#[source] Box<dyn Error + Send + Sync>),
    /// Its topic could not be created.
    #[error("the smoke test could not begin: {0}")]
    SmokeNotSent(String),
    /// Whether its topic exists is unknown.
    #[error("topic {SMOKE_TOPIC} of the smoke test may be there or not: {0}")]
    SmokeUnknown(String),
    /// Its topic was not deleted.
    #[error("topic {SMOKE_TOPIC} of the smoke test is still there")]
    SmokeStays,
}

/// Why steps are not done.
enum Trouble {
    Refused(Box<dyn Error + Send + Sync>),
    NotSent(String),
    Unknown(String),
}

impl From<ClusterError> for Trouble {
    fn from(error: ClusterError) -> Self {
        Self::NotSent(error.to_string())
    }
}

/// Applies steps that are not from a manifest.
async fn carry_out(
    cluster: &dyn Cluster,
    steps: Vec<Step>,
    settings: ApplySettings<'_>,
) -> Result<(), Trouble> {
    let id = described(cluster).await?.id;
    let plan = Plan::requested(&id, steps, Vec::new());
    let report = apply(cluster, &plan, settings, None, &mut |_| {}).await;
    let report = report.map_err(|error| Trouble::Refused(error.into()))?;
    for settled in report.steps {
        match settled.outcome {
            Outcome::Done { .. } => {}
            Outcome::Refused { error } => return Err(Trouble::Refused(error.into())),
            Outcome::Unknown { reason } => return Err(Trouble::Unknown(reason)),
            Outcome::NotAttempted { reason } => {
                let reason = reason.unwrap_or_else(|| "it was not tried".to_owned());
                return Err(Trouble::NotSent(reason));
            }
        }
    }
    Ok(())
}

/// Creates the missing ACLs for the users of a secure cluster.
///
/// # Errors
/// Some ACLs are missing, or may be.
pub async fn give_rights(
    cluster: &dyn Cluster,
    settings: ApplySettings<'_>,
) -> Result<(), PrepareError> {
    let given = async {
        let there = cluster.describe_acls(At::AnyBroker).await?;
        let there = there.value().map(Vec::as_slice).unwrap_or_default();
        let missing = rights::acls().into_iter();
        let missing = missing.filter(|acl| !there.contains(acl));
        let create = |acl| Step::new((acl, CreateAcl {}), Reason::Requested, Risk::None);
        carry_out(cluster, missing.map(create).collect(), settings).await
    };
    given.await.map_err(|trouble| match trouble {
        Trouble::Refused(error) => PrepareError::Rights(error),
        Trouble::NotSent(reason) => PrepareError::RightsNotSent(reason),
        Trouble::Unknown(reason) => PrepareError::RightsUnknown(reason),
    })
}

/// The round-trip time of a record through a topic of its own, which is deleted afterwards in any case.
///
/// # Errors
/// The record did not come back, or the topic may still exist.
pub async fn smoke(
    cluster: &LiveCluster,
    connection: &ConnectionSettings,
    settings: ApplySettings<'_>,
) -> Result<Duration, PrepareError> {
    create_smoke_topic(cluster, settings)
        .await
        .map_err(|trouble| match trouble {
            Trouble::Refused(error) => PrepareError::Smoke(error),
            Trouble::NotSent(reason) => PrepareError::SmokeNotSent(reason),
            Trouble::Unknown(reason) => PrepareError::SmokeUnknown(reason),
        })?;
    let tested = smoke_test(connection, cluster.tokens(), SMOKE_TOPIC).await;
    // The record goes with the topic, even if the test failed.
    let deleted = delete_smoke_topic(cluster, settings).await;
    deleted.map_err(|trouble| match trouble {
        Trouble::Unknown(reason) => PrepareError::SmokeUnknown(reason),
        Trouble::Refused(_) | Trouble::NotSent(_) => PrepareError::SmokeStays,
    })?;
    let tested = tested.map_err(|error| PrepareError::Smoke(error.into()))?;
    Ok(tested.round_trip)
}

/// The topic of the smoke test, if it exists.
async fn smoke_topic(cluster: &dyn Cluster) -> Result<Option<Topic>, ClusterError> {
    let names = [SMOKE_TOPIC.to_owned()];
    let mut found = cluster.describe_topics(At::AnyBroker, &names).await?;
    Ok(match found.remove(SMOKE_TOPIC) {
        Some(Seen::Value(topic)) => Some(topic),
        _ => None,
    })
}

async fn create_smoke_topic(
    cluster: &dyn Cluster,
    settings: ApplySettings<'_>,
) -> Result<(), Trouble> {
    // An interrupted test left it.
    if smoke_topic(cluster).await?.is_some() {
        return Ok(());
    }
    let create = CreateTopic {
        partitions: 1,
        replicas: None,
        configs: [("cleanup.policy".to_owned(), "delete".to_owned())].into(),
    };
    let topic = TopicTarget::named(SMOKE_TOPIC);
    let step = Step::new((topic, create), Reason::Requested, Risk::None);
    carry_out(cluster, vec![step], settings).await
}

async fn delete_smoke_topic(
    cluster: &dyn Cluster,
    settings: ApplySettings<'_>,
) -> Result<(), Trouble> {
    let Some(topic) = smoke_topic(cluster).await? else {
        return Ok(());
    };
    let delete = DeleteTopic {
        partitions: 1,
        records: None,
        bytes: None,
    };
    let topic = TopicTarget::from(&topic);
    let step = Step::new((topic, delete), Reason::Requested, Risk::DeletesRecords);
    carry_out(cluster, vec![step], settings).await
}
