//! What became of one written item.

use std::time::Duration;

use super::error::BrokerError;

/// What became of one written item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// The broker said that it is done.
    Done,
    /// The broker said no; nothing was changed.
    Refused(BrokerError),
    /// No broker was reached that could be asked, so nothing was sent.
    NotSent {
        /// Why not.
        reason: String,
    },
    /// The broker has not taken it, because a quota is used up (`THROTTLING_QUOTA_EXCEEDED`, KIP-599).
    /// It may be sent again.
    Throttled {
        /// After how long.
        wait: Duration,
        /// The broker's words.
        error: BrokerError,
    },
    /// It may have been done: no usable answer came after sending, or one that a broker gives after
    /// the deed too.
    Unknown {
        /// What happened instead of an answer.
        reason: String,
    },
}

impl Answer {
    /// A refusal with Kafka's name of the code, and words.
    pub(crate) fn refused(code: &str, message: impl Into<String>) -> Self {
        Self::Refused(BrokerError {
            code: code.to_owned(),
            message: message.into(),
        })
    }
}
