//! Asks brokers whether they would accept a topic, without creating it.

use std::collections::BTreeMap;

use super::{Answer, Cluster, Mode, NewTopic};
use crate::model::seen::Seen;

/// Whether brokers accept `key` for a new topic. `name` must not exist.
pub async fn try_key(cluster: &dyn Cluster, name: &str, key: &str, value: &str) -> Seen<()> {
    let topic = NewTopic {
        name: name.to_owned(),
        partitions: 1,
        replicas: None,
        configs: BTreeMap::from([(key.to_owned(), value.to_owned())]),
    };
    let answers = cluster.create_topics(&[topic], Mode::ValidateOnly).await;
    match answers.into_iter().next() {
        Some(Answer::Done) => Seen::Value(()),
        Some(Answer::Refused(error)) if error.code == "INVALID_CONFIG" => {
            // Kafka says the same about values that it does not accept (`LogConfig.validateNames`).
            if error.message.contains("Unknown topic config name") {
                Seen::Absent
            } else {
                Seen::Value(())
            }
        }
        Some(Answer::Refused(error) | Answer::Throttled { error, .. }) => {
            Seen::unavailable(error.to_string())
        }
        Some(Answer::Unknown { reason } | Answer::NotSent { reason }) => Seen::unavailable(reason),
        None => Seen::unavailable("no answer"),
    }
}
