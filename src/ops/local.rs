//! What a local cluster needs once it runs: rights for its users, and a record that goes through and back.

use std::error::Error;
use std::time::Duration;

use crate::cluster::live::LiveCluster;
use crate::cluster::settings::ConnectionSettings;
use crate::cluster::{Answer, BrokerError, Cluster, ClusterError, Mode, NewTopic};
use crate::events::smoke::smoke_test;
use crate::local::secure::rights;
use crate::model::seen::Seen;
use crate::observe::topics::partitions_of;

/// The topic of the smoke test; it exists only while the test runs.
const SMOKE_TOPIC: &str = "tonkafka.smoke-test";

/// Why a local cluster is not ready.
#[derive(Debug, thiserror::Error)]
pub enum PrepareError {
    /// The users' rights were refused.
    #[error("the rights of the users")]
    Rights(#[source] BrokerError),
    /// They were not sent.
    #[error("the rights of the users are not set: {0}")]
    RightsNotSent(String),
    /// They were sent, and not answered.
    #[error("the rights of the users may be set or not: {0}")]
    RightsUnknown(String),
    /// The smoke test failed.
    #[error("the smoke test")]
    Smoke(#[source] Box<dyn Error + Send + Sync>),
    /// Its topic was not sent.
    #[error("the smoke test could not begin: {0}")]
    SmokeNotSent(String),
    /// Nobody says whether its topic is there.
    #[error("topic {SMOKE_TOPIC} of the smoke test may be there or not: {0}")]
    SmokeUnknown(String),
    /// Its topic does not go.
    #[error("topic {SMOKE_TOPIC} of the smoke test is still there")]
    SmokeStays,
}

/// Gives the users of a secure cluster their rights. Those that are there stay.
///
/// # Errors
/// Some are not set, or perhaps not.
pub async fn give_rights(cluster: &dyn Cluster) -> Result<(), PrepareError> {
    for answer in cluster.create_acls(&rights::acls()).await {
        match answer {
            Answer::Done => {}
            Answer::Refused(error) | Answer::Throttled { error, .. } => {
                return Err(PrepareError::Rights(error));
            }
            Answer::NotSent { reason } => return Err(PrepareError::RightsNotSent(reason)),
            Answer::Unknown { reason } => return Err(PrepareError::RightsUnknown(reason)),
        }
    }
    Ok(())
}

/// How long a record takes through a topic of its own and back. The topic is deleted afterwards, whatever
/// happens.
///
/// # Errors
/// No record came back, or the topic may still be there.
pub async fn smoke(
    cluster: &LiveCluster,
    settings: &ConnectionSettings,
) -> Result<Duration, PrepareError> {
    let topic = NewTopic {
        name: SMOKE_TOPIC.to_owned(),
        partitions: 1,
        replicas: None,
        configs: [("cleanup.policy".to_owned(), "delete".to_owned())].into(),
    };
    match cluster.create_topics(&[topic], Mode::Write).await.pop() {
        Some(Answer::Done) | None => {}
        // Left by a test that was cut off.
        Some(Answer::Refused(error)) if error.code == "TOPIC_ALREADY_EXISTS" => {}
        Some(Answer::Refused(error) | Answer::Throttled { error, .. }) => {
            return Err(PrepareError::Smoke(error.into()));
        }
        Some(Answer::NotSent { reason }) => return Err(PrepareError::SmokeNotSent(reason)),
        Some(Answer::Unknown { reason }) => return Err(PrepareError::SmokeUnknown(reason)),
    }
    let tested = smoke_test(settings, cluster.tokens(), SMOKE_TOPIC).await;
    // With the topic goes its record, answered or not.
    remove_smoke_topic(cluster, settings.timeout).await?;
    let tested = tested.map_err(|error| PrepareError::Smoke(error.into()))?;
    Ok(tested.round_trip)
}

async fn remove_smoke_topic(cluster: &LiveCluster, timeout: Duration) -> Result<(), PrepareError> {
    let names = [SMOKE_TOPIC.to_owned()];
    let topics = [(SMOKE_TOPIC.to_owned(), None)];
    cluster.delete_topics(&topics).await;
    let gone = async {
        loop {
            let seen = partitions_of(cluster, &names).await?;
            if seen.values().all(Seen::is_absent) {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    let Ok(gone) = tokio::time::timeout(timeout, gone).await else {
        return Err(PrepareError::SmokeStays);
    };
    gone.map_err(|error: ClusterError| PrepareError::SmokeUnknown(error.to_string()))
}
