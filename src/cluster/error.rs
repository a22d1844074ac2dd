//! Why a call to a cluster fails.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// An error as a broker words it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, thiserror::Error)]
#[error("{code}{}", more(.code, .message))]
pub struct BrokerError {
    /// Kafka's name of the code, such as `POLICY_VIOLATION` (`org.apache.kafka.common.protocol.Errors`).
    pub code: String,
    /// The broker's own words; the code's name again where it sent none.
    pub message: String,
}

/// What a broker says beyond the name of its code; nothing where it sent no words of its own.
fn more(code: &str, message: &str) -> String {
    if message.is_empty() || message == code {
        String::new()
    } else {
        format!(": {message}")
    }
}

/// Why a cluster could not be read at all.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ClusterError {
    /// No broker answered.
    #[error("cannot reach {address}: {reason}")]
    Unreachable {
        /// What was tried.
        address: String,
        /// What happened.
        reason: String,
    },
    /// A broker and this client do not come together: TLS, or the login.
    #[error("cannot log in to {address}: {reason}")]
    Login {
        /// Which broker it was.
        address: String,
        /// What happened, in the broker's words where it said any.
        reason: String,
        /// What to try.
        hint: String,
    },
    /// What the connection is asked to do, or given to do it with, does not do. None was opened.
    #[error("{reason}")]
    Unusable {
        /// What is wrong.
        reason: String,
        /// What to try.
        hint: String,
    },
    /// A right is missing.
    #[error("not authorised to {action}: {error}")]
    NotAuthorised {
        /// What was tried, as an infinitive.
        action: String,
        /// The broker's words.
        error: BrokerError,
    },
    /// The broker answered with an error.
    #[error("cannot {action}: {error}")]
    Broker {
        /// What was tried, as an infinitive.
        action: String,
        /// The broker's words.
        error: BrokerError,
    },
    /// The broker has no such request.
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
