//! Kafka's own names of error codes.

use crate::cluster::live::wire::ErrorCode;

/// Kafka's own name of a code (`org.apache.kafka.common.protocol.Errors`). krafka's names are in camel
/// case, and a few are outdated.
pub(super) fn kafka_name(code: ErrorCode) -> String {
    match code {
        ErrorCode::NotLeaderForPartition => "NOT_LEADER_OR_FOLLOWER".to_owned(),
        ErrorCode::InvalidTopic => "INVALID_TOPIC_EXCEPTION".to_owned(),
        ErrorCode::KafkaStorageException => "KAFKA_STORAGE_ERROR".to_owned(),
        other => screaming_snake(&format!("{other:?}")),
    }
}

pub(super) fn screaming_snake(camel: &str) -> String {
    let mut name = String::with_capacity(camel.len() + 8);
    for (index, letter) in camel.chars().enumerate() {
        if letter.is_ascii_uppercase() && index > 0 {
            name.push('_');
        }
        name.push(letter.to_ascii_uppercase());
    }
    name
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
}
