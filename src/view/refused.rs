//! Records that a broker refused, and how to get them accepted.

use super::text::{count, escape};
use crate::cluster::BrokerError;
use crate::cluster::writer::RefusedBatch;

/// The offsets of a refused batch in its source. `from` names the source, such as `the source`.
#[must_use]
pub fn which(batch: &RefusedBatch, from: &str) -> String {
    let bytes = count(batch.bytes, "byte");
    if batch.records == 1 {
        let at = batch.first;
        return format!("it is the record at offset {at} of {from}, with {bytes} as it was sent");
    }
    format!(
        "they are the records at offsets {} to {} of {from}, with {bytes} as they were sent",
        batch.first, batch.last
    )
}

/// The setting to change so that the topic takes the records; none if no setting helps. `place`
/// names the cluster.
#[must_use]
pub fn way_out(
    topic: &str,
    error: &BrokerError,
    batch: Option<&RefusedBatch>,
    place: &str,
) -> Option<String> {
    let topic = escape(topic);
    let of = format!("of topic `{topic}`{place}");
    Some(match (error.code.as_str(), batch) {
        ("MESSAGE_TOO_LARGE", Some(batch)) => format!(
            "raise `max.message.bytes` {of} to {} or more; where it is not set there, `message.max.bytes` of the brokers counts",
            batch.bytes
        ),
        ("RECORD_LIST_TOO_LARGE", Some(batch)) => {
            format!("raise `segment.bytes` {of} to {} or more", batch.bytes)
        }
        ("INVALID_TIMESTAMP", _) => format!(
            "raise `message.timestamp.before.max.ms` or `message.timestamp.after.max.ms` {of} (`message.timestamp.difference.max.ms` before Kafka 4)"
        ),
        ("INVALID_RECORD", _) => format!(
            "a topic with `compact` in its `cleanup.policy` takes no records without a key: take it out {of}"
        ),
        _ => return None,
    })
}
