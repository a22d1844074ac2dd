//! Converts krafka's errors.

use std::time::Duration;

use super::code::kafka_name;
use super::login::{Fault, plain_words};
use crate::cluster::live::wire::{ErrorCode, KrafkaError};
use crate::cluster::{Answer, BrokerError, ClusterError};
use crate::model::seen::Seen;

/// A broker's error; its message is the code's name if the broker sent none.
pub(super) fn broker_error(code: ErrorCode, message: &str) -> BrokerError {
    let name = kafka_name(code);
    let message = if message.is_empty() || message == format!("{code:?}") {
        name.clone()
    } else {
        without_request(message)
    };
    BrokerError {
        code: name,
        message,
    }
}

/// A broker's message without Java's print-out of the request, such as `Request
/// Request(processor=4, connectionId=…, buffer=null, envelope=None) is not authorized.` or `… needs ALTER
/// permission.` A forwarded request contains another one.
fn without_request(message: &str) -> String {
    let parts = message.split_once("Request Request(processor=");
    let end = parts.and_then(|(before, rest)| Some((before, rest.rfind(") ")?, rest)));
    match end {
        Some((before, end, rest)) => format!("{before}the request{}", &rest[end + 1..]),
        None => message.to_owned(),
    }
}

/// Whether a code says that a permission is missing.
fn is_denial(code: ErrorCode) -> bool {
    matches!(
        code,
        ErrorCode::TopicAuthorizationFailed
            | ErrorCode::ClusterAuthorizationFailed
            | ErrorCode::GroupAuthorizationFailed
    )
}

/// The error of a whole read; `action` is an infinitive.
pub(super) fn reading(address: &str, action: &str, error: KrafkaError) -> ClusterError {
    if let Some(Fault {
        address,
        reason,
        hint,
    }) = Fault::within(&error)
    {
        return ClusterError::Login {
            address,
            reason,
            hint,
        };
    }
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
            hint: "check user, password and `security.protocol`".to_owned(),
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

pub(super) fn silent(address: &str, waited: Duration) -> ClusterError {
    ClusterError::Unreachable {
        address: address.to_owned(),
        reason: format!("no answer within {} s", waited.as_secs_f64()),
    }
}

/// What happened to a connection, without the client library's prefixes.
fn transport_words(error: &KrafkaError) -> String {
    let text = error.to_string();
    let words = text
        .strip_prefix("network error: ")
        .or_else(|| text.strip_prefix("operation timed out: "));
    plain_words(words.unwrap_or(&text))
}

/// The `Unseen` or `Absent` for an item with this error.
pub(super) fn seen<T>(code: ErrorCode, message: &str) -> Seen<T> {
    let words = broker_error(code, message).to_string();
    match code {
        ErrorCode::UnknownTopicOrPartition | ErrorCode::GroupIdNotFound => Seen::Absent,
        code if is_denial(code) => Seen::not_permitted(words),
        ErrorCode::UnsupportedVersion => Seen::not_supported(words),
        _ => Seen::unavailable(words),
    }
}

/// The `Unseen` for a fact whose read failed.
pub(super) fn missing<T>(error: &ClusterError) -> Seen<T> {
    let words = error.to_string();
    match error {
        ClusterError::NotAuthorised { .. } => Seen::not_permitted(words),
        ClusterError::NotSupported { .. } => Seen::not_supported(words),
        ClusterError::Broker { error, .. } if error.code == "UNSUPPORTED_VERSION" => {
            Seen::not_supported(words)
        }
        _ => Seen::unavailable(words),
    }
}

/// Classifies the error code of a sent item: the one rule for all writes. `wait` is the broker's
/// throttle time.
///
/// With the codes that become `Unknown`, a broker may have carried the item out: it waited in vain
/// for replicas, the controller or a disk, or it stopped being controller, leader or coordinator
/// while it waited (KRaft's `QuorumController.renounce` and `CoordinatorRuntime` then fail what
/// they appended). Unknown codes say nothing.
pub(super) fn judged(code: ErrorCode, words: &str, wait: Duration) -> Answer {
    let error = broker_error(code, words);
    match code {
        ErrorCode::None => Answer::Done,
        ErrorCode::ThrottlingQuotaExceeded => Answer::Throttled { wait, error },
        ErrorCode::RequestTimedOut
        | ErrorCode::NotController
        | ErrorCode::StaleControllerEpoch
        | ErrorCode::NotLeaderForPartition
        | ErrorCode::NotCoordinator
        | ErrorCode::CoordinatorNotAvailable
        | ErrorCode::NotEnoughReplicasAfterAppend
        | ErrorCode::KafkaStorageException
        | ErrorCode::NetworkException
        | ErrorCode::UnknownServerError
        | ErrorCode::Unknown(_) => Answer::Unknown {
            reason: error.to_string(),
        },
        _ => Answer::Refused(error),
    }
}

/// Whether a broker may have carried out a request that it answers with this code.
pub(super) fn is_doubtful(code: ErrorCode) -> bool {
    matches!(judged(code, "", Duration::ZERO), Answer::Unknown { .. })
}

/// The answer for a write of which nothing was sent to the broker at `place`.
pub(super) fn unsent(place: &str, error: KrafkaError) -> Answer {
    match error {
        KrafkaError::Broker { code, message } => Answer::Refused(broker_error(code, &message)),
        KrafkaError::Auth { message, .. } => Answer::NotSent {
            reason: format!("cannot log in to {place}: {message}"),
        },
        KrafkaError::Network(_) | KrafkaError::Timeout { .. } => Answer::NotSent {
            reason: format!("cannot reach {place}: {}", transport_words(&error)),
        },
        other => Answer::refused("INVALID_REQUEST", other.to_string()),
    }
}

/// The answer for a write that was sent and has no usable answer.
pub(super) fn unanswered(error: &KrafkaError) -> Answer {
    Answer::Unknown {
        reason: transport_words(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_broker_prints_of_a_request_is_left_out() {
        let words = "Request Request(processor=4, connectionId=127.0.0.1:39092-127.0.0.1:5-0, session=org.apache.kafka.network.Session@5f9e, listenerName=ListenerName(CLIENT), securityProtocol=SASL_SSL, buffer=null, envelope=None) is not authorized.";
        let error = broker_error(ErrorCode::ClusterAuthorizationFailed, words);
        assert_eq!(error.message, "the request is not authorized.");
        let words = "Request Request(processor=2, buffer=java.nio.HeapByteBuffer[pos=0 lim=9 cap=9], envelope=Some(Request(processor=1, envelope=None))) needs ALTER permission.";
        let error = broker_error(ErrorCode::ClusterAuthorizationFailed, words);
        assert_eq!(error.message, "the request needs ALTER permission.");
        let error = broker_error(ErrorCode::ClusterAuthorizationFailed, "Request is odd.");
        assert_eq!(error.message, "Request is odd.");
    }

    #[test]
    fn a_code_that_may_come_after_the_deed_is_no_refusal() {
        let judged = |code| judged(code, "words", Duration::from_secs(2));
        for code in [
            ErrorCode::NotController,
            ErrorCode::NotCoordinator,
            ErrorCode::NotLeaderForPartition,
            ErrorCode::from_i16(9999),
        ] {
            assert!(matches!(judged(code), Answer::Unknown { .. }), "{code:?}");
        }
        for code in [
            ErrorCode::TopicAlreadyExists,
            ErrorCode::CoordinatorLoadInProgress,
            ErrorCode::UnknownTopicId,
        ] {
            assert!(matches!(judged(code), Answer::Refused(_)), "{code:?}");
        }
        let Answer::Throttled { wait, error } = judged(ErrorCode::ThrottlingQuotaExceeded) else {
            panic!()
        };
        assert_eq!(wait, Duration::from_secs(2));
        assert_eq!(error.code, "THROTTLING_QUOTA_EXCEEDED");
    }

    #[test]
    fn a_timeout_in_the_broker_is_not_a_refusal() {
        let judged = |code| judged(code, "words", Duration::ZERO);
        assert!(matches!(
            judged(ErrorCode::RequestTimedOut),
            Answer::Unknown { .. }
        ));
        assert!(matches!(
            judged(ErrorCode::PolicyViolation),
            Answer::Refused(_)
        ));
        assert!(matches!(
            unanswered(&KrafkaError::timeout("CreateTopics")),
            Answer::Unknown { .. }
        ));
    }
}
