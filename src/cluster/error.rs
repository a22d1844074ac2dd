//! Errors of calls to a cluster.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// An error of a broker.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, thiserror::Error)]
#[error("{code}{}", more(.code, .message))]
pub struct BrokerError {
    /// Kafka's name of the error code, such as `POLICY_VIOLATION`
    /// (`org.apache.kafka.common.protocol.Errors`).
    pub code: String,
    /// The broker's message; the code's name if it sent none.
    pub message: String,
}

/// The message, unless it only repeats the code.
fn more(code: &str, message: &str) -> String {
    if message.is_empty() || message == code {
        String::new()
    } else {
        format!(": {message}")
    }
}

/// Why a call to a cluster failed as a whole.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ClusterError {
    /// No broker answered.
    #[error("cannot reach {address}: {reason}")]
    Unreachable {
        /// The addresses that were tried.
        address: String,
        /// What happened.
        reason: String,
    },
    /// TLS or the login failed.
    #[error("cannot log in to {address}: {reason}")]
    Login {
        /// The address of the broker.
        address: String,
        /// What happened; the broker's message if it sent one.
        reason: String,
        /// What the user can do.
        hint: String,
    },
    /// The connection settings cannot work, such as a key that does not match its certificate. Nothing
    /// was connected to.
    #[error("{reason}")]
    Unusable {
        /// What is wrong.
        reason: String,
        /// What the user can do.
        hint: String,
    },
    /// This user lacks a permission.
    #[error("not authorised to {action}: {error}")]
    NotAuthorised {
        /// What was tried, as an infinitive.
        action: String,
        /// The broker's error.
        error: BrokerError,
    },
    /// The broker answered with an error.
    #[error("cannot {action}: {error}")]
    Broker {
        /// What was tried, as an infinitive.
        action: String,
        /// The broker's error.
        error: BrokerError,
    },
    /// The broker does not support the request.
    #[error("cannot {action}: this Kafka does not support it ({reason})")]
    NotSupported {
        /// What was tried, as an infinitive.
        action: String,
        /// What is missing.
        reason: String,
    },
    /// A connection setting is wrong.
    #[error("{0}")]
    Settings(String),
}
