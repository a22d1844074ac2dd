//! Connection settings of a cluster.

use std::time::Duration;

use super::security::{PlaintextLogin, Security};

/// The default `client.id`.
pub const CLIENT_ID: &str = "tonkafka";

/// Addresses, security and time-out of a cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConnectionSettings {
    /// Bootstrap servers as `host:port`.
    pub bootstrap: Vec<String>,
    /// The `client.id` that brokers see, such as [`CLIENT_ID`].
    pub client_id: String,
    /// TLS and login.
    pub security: Security,
    /// The brokers that a login may be sent to without TLS.
    pub plaintext_login: PlaintextLogin,
    /// The limit for connecting, and for each answer.
    pub timeout: Duration,
}

impl ConnectionSettings {
    /// Settings without security, with a time-out of a minute.
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

    /// The addresses, as messages show them.
    #[must_use]
    pub fn address(&self) -> String {
        self.bootstrap.join(",")
    }
}
