//! krafka's errors in this crate's words.

use std::time::Duration;

use krafka::KrafkaError;
use krafka::error::ErrorCode;

use crate::cluster::{Answer, BrokerError, ClusterError};
use crate::model::seen::Seen;

/// Kafka's own name of a code (`org.apache.kafka.common.protocol.Errors`). krafka names codes in
/// camel case, and a few by what they were called long ago.
pub(super) fn kafka_name(code: ErrorCode) -> String {
    match code {
        ErrorCode::NotLeaderForPartition => "NOT_LEADER_OR_FOLLOWER".to_owned(),
        ErrorCode::InvalidTopic => "INVALID_TOPIC_EXCEPTION".to_owned(),
        ErrorCode::KafkaStorageException => "KAFKA_STORAGE_ERROR".to_owned(),
        other => screaming_snake(&format!("{other:?}")),
    }
}

fn screaming_snake(camel: &str) -> String {
    let mut name = String::with_capacity(camel.len() + 8);
    for (index, letter) in camel.chars().enumerate() {
        if letter.is_ascii_uppercase() && index > 0 {
            name.push('_');
        }
        name.push(letter.to_ascii_uppercase());
    }
    name
}

/// A broker's error; its message is the code's name where it sent no words.
pub(super) fn broker_error(code: ErrorCode, message: &str) -> BrokerError {
    let name = kafka_name(code);
    let message = if message.is_empty() || message == format!("{code:?}") {
        name.clone()
    } else {
        message.to_owned()
    };
    BrokerError {
        code: name,
        message,
    }
}

/// Whether a code says that a right is missing.
fn is_denial(code: ErrorCode) -> bool {
    matches!(
        code,
        ErrorCode::TopicAuthorizationFailed
            | ErrorCode::ClusterAuthorizationFailed
            | ErrorCode::GroupAuthorizationFailed
    )
}

/// Why a read as a whole failed; `action` is an infinitive.
pub(super) fn reading(address: &str, action: &str, error: KrafkaError) -> ClusterError {
    let address = address.to_owned();
    let action = action.to_owned();
    match error {
        KrafkaError::Broker { code, message } if is_denial(code) => ClusterError::NotAuthorised {
            action,
            error: broker_error(code, &message),
        },
        KrafkaError::Broker { code, message } => ClusterError::Broker {
            action,
            error: broker_error(code, &message),
        },
        KrafkaError::Auth { message, .. } => ClusterError::Login {
            address,
            reason: message,
        },
        KrafkaError::Protocol { message, .. } => ClusterError::NotSupported {
            action,
            reason: message,
        },
        KrafkaError::Config { message } => ClusterError::Settings(message),
        other => ClusterError::Unreachable {
            address,
            reason: transport_words(&other),
        },
    }
}

/// Nobody answered in time.
pub(super) fn silent(address: &str, waited: Duration) -> ClusterError {
    ClusterError::Unreachable {
        address: address.to_owned(),
        reason: format!("no answer within {} s", waited.as_secs_f64()),
    }
}

/// What happened to a connection, without the client library's own prefixes.
fn transport_words(error: &KrafkaError) -> String {
    let text = error.to_string();
    text.strip_prefix("network error: ")
        .or_else(|| text.strip_prefix("operation timed out: "))
        .map_or(text.clone(), str::to_owned)
}

/// What an error on one observed item says about it.
pub(super) fn seen<T>(code: ErrorCode, message: &str) -> Seen<T> {
    let words = broker_error(code, message).to_string();
    match code {
        ErrorCode::UnknownTopicOrPartition | ErrorCode::GroupIdNotFound => Seen::Absent,
        code if is_denial(code) => Seen::NotPermitted(words),
        ErrorCode::UnsupportedVersion => Seen::NotSupported(words),
        _ => Seen::Unavailable(words),
    }
}

/// What a failed read says about the one thing that it asked for.
pub(super) fn missing<T>(error: &ClusterError) -> Seen<T> {
    let words = error.to_string();
    match error {
        ClusterError::NotAuthorised { .. } => Seen::NotPermitted(words),
        ClusterError::NotSupported { .. } => Seen::NotSupported(words),
        ClusterError::Broker { error, .. } if error.code == "UNSUPPORTED_VERSION" => {
            Seen::NotSupported(words)
        }
        _ => Seen::Unavailable(words),
    }
}

/// What became of a written item. A time-out in the broker, replicas that are too few, or a
/// controller, leader or coordinator that moved, may still have applied it.
pub(super) fn answer(result: Result<(), KrafkaError>) -> Answer {
    match result {
        Ok(()) => Answer::Done,
        Err(KrafkaError::Broker { code, message }) => {
            let error = broker_error(code, &message);
            match code {
                ErrorCode::RequestTimedOut
                | ErrorCode::NotController
                | ErrorCode::NotLeaderForPartition
                | ErrorCode::NotEnoughReplicasAfterAppend
                | ErrorCode::CoordinatorNotAvailable
                | ErrorCode::NetworkException
                | ErrorCode::UnknownServerError => Answer::Unknown {
                    reason: error.to_string(),
                },
                _ => Answer::Refused(error),
            }
        }
        Err(KrafkaError::Config { message }) => Answer::Refused(BrokerError {
            code: "INVALID_REQUEST".to_owned(),
            message,
        }),
        Err(KrafkaError::Auth { message, .. }) => Answer::Refused(BrokerError {
            code: "SASL_AUTHENTICATION_FAILED".to_owned(),
            message,
        }),
        Err(other) => Answer::Unknown {
            reason: transport_words(&other),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_have_kafkas_names() {
        assert_eq!(
            kafka_name(ErrorCode::TopicAlreadyExists),
            "TOPIC_ALREADY_EXISTS"
        );
        assert_eq!(
            kafka_name(ErrorCode::NotLeaderForPartition),
            "NOT_LEADER_OR_FOLLOWER"
        );
    }

    #[test]
    fn a_timeout_in_the_broker_is_not_a_refusal() {
        let broker = |code| Err(KrafkaError::broker(code, "words"));
        assert!(matches!(
            answer(broker(ErrorCode::RequestTimedOut)),
            Answer::Unknown { .. }
        ));
        assert!(matches!(
            answer(broker(ErrorCode::PolicyViolation)),
            Answer::Refused(_)
        ));
        assert!(matches!(
            answer(Err(KrafkaError::timeout("CreateTopics"))),
            Answer::Unknown { .. }
        ));
    }
}
