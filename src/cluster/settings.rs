//! How to reach a cluster.

use std::time::Duration;

use super::security::{PlaintextLogin, Security};

/// The client id that tonkafka shows brokers.
pub const CLIENT_ID: &str = "tonkafka";

/// Where a cluster is and how long to wait for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConnectionSettings {
    /// `host:port` of brokers to ask first.
    pub bootstrap: Vec<String>,
    /// What brokers know this client by, such as [`CLIENT_ID`].
    pub client_id: String,
    /// How brokers prove who they are, and how this client does.
    pub security: Security,
    /// Where a login may go without TLS.
    pub plaintext_login: PlaintextLogin,
    /// Bounds connecting, and each wait for an answer.
    pub timeout: Duration,
}

impl ConnectionSettings {
    /// Those of a cluster that asks nobody who they are, with a minute for each wait.
    #[must_use]
    pub fn plain(bootstrap: impl Into<String>) -> Self {
        Self {
            bootstrap: vec![bootstrap.into()],
            client_id: CLIENT_ID.to_owned(),
            security: Security::default(),
            plaintext_login: PlaintextLogin::default(),
            timeout: Duration::from_mins(1),
        }
    }

    /// The addresses as one text, as messages show them.
    #[must_use]
    pub fn address(&self) -> String {
        self.bootstrap.join(",")
    }
}
