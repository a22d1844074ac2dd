//! The result of writing one item.

use std::time::Duration;

use super::error::BrokerError;

/// The result of writing one item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// The broker confirmed it.
    Done,
    /// The broker refused it; nothing was changed.
    Refused(BrokerError),
    /// No broker could be reached, so nothing was sent.
    NotSent {
        /// Why no broker could be reached.
        reason: String,
    },
    /// The broker did not accept it, because a quota is used up (`THROTTLING_QUOTA_EXCEEDED`, KIP-599).
    /// It may be sent again.
    Throttled {
        /// The time to wait before that.
        wait: Duration,
        /// The broker's error.
        error: BrokerError,
    },
    /// It may have been carried out: after sending, no usable answer came, or an error that brokers
    /// also return after they carried a request out.
    Unknown {
        /// What came instead of a usable answer.
        reason: String,
    },
}

impl Answer {
    /// A refusal with Kafka's name of the code, and a message.
    pub(crate) fn refused(code: &str, message: impl Into<String>) -> Self {
        Self::Refused(BrokerError {
            code: code.to_owned(),
            message: message.into(),
        })
    }
}
