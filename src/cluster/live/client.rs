//! A connection to a live cluster.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::timeout;

use super::brokers::Brokers;
use super::errors;
use super::limits::CONNECT_TIMEOUT;
use super::login::{Door, Tokens};
use crate::cluster::ClusterError;
use crate::cluster::live::wire::Kafka;
use crate::cluster::settings::ConnectionSettings;

/// A connection to a live cluster. A clone is another handle of the same connections.
#[derive(Clone)]
pub struct LiveCluster {
    pub(super) kafka: Kafka,
    /// The security settings of connections.
    pub(super) door: Arc<Door>,
    pub(super) brokers: Arc<Brokers>,
    pub(super) address: String,
    pub(super) timeout: Duration,
}

impl LiveCluster {
    /// Connects and learns the brokers.
    ///
    /// # Errors
    /// No broker answers within the time-out, or the login is refused.
    pub async fn connect(settings: &ConnectionSettings) -> Result<Self, ClusterError> {
        let address = settings.address();
        let connect_timeout = CONNECT_TIMEOUT.min(settings.timeout);
        let door = Door::open(settings, connect_timeout).await?;
        let connecting = door
            .client(Kafka::builder(address.clone()))
            .allow_auto_create_topics(false)
            .connect();
        let kafka = match timeout(settings.timeout, connecting).await {
            Ok(Ok(kafka)) => kafka,
            Ok(Err(error)) => {
                let error = door.why(&settings.bootstrap, error).await;
                return Err(errors::reading(&address, "connect", error));
            }
            Err(_) => return Err(errors::silent(&address, settings.timeout)),
        };
        let brokers = Brokers::of(&kafka, settings.bootstrap.clone());
        Ok(Self {
            kafka,
            door,
            brokers: Arc::new(brokers),
            address,
            timeout: settings.timeout,
        })
    }

    /// The token source, for another client of the same user; none if the login needs no tokens.
    #[must_use]
    pub fn tokens(&self) -> Option<Arc<Tokens>> {
        self.door.tokens().cloned()
    }

    /// The time-out as requests carry it, in milliseconds.
    pub(super) fn timeout_ms(&self) -> i32 {
        i32::try_from(self.timeout.as_millis()).unwrap_or(i32::MAX)
    }
}
