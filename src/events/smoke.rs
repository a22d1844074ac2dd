//! One record through a topic and back: the proof that a cluster takes and gives records.
//!
//! Leaves nothing behind but the record: the consumer assigns its partition itself and commits
//! nothing, so that no group comes to be. Traps: a compacted topic refuses records without a key;
//! librdkafka looks for the coordinator of the group it was given even so, which makes a new cluster
//! create its (empty) `__consumer_offsets`.

use std::sync::Arc;
use std::time::{Duration, Instant};

use rdkafka::Message;
use rdkafka::consumer::{Consumer, StreamConsumer};
use rdkafka::producer::{FutureProducer, FutureRecord};
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};
use rdkafka::util::Timeout;

use super::client::{self, ClientProfile, TokenContext};
use crate::cluster::ClusterError;
use crate::cluster::live::Tokens;
use crate::cluster::settings::ConnectionSettings;

/// librdkafka requires a `group.id` even if no group is used.
const NO_GROUP: &str = "tonkafka-smoke-test";
const KEY: &str = "smoke-test";

/// A record that was written and read back unchanged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SmokeTest {
    /// The partition it was written to.
    pub partition: i32,
    /// The offset it was written at.
    pub offset: i64,
    /// From sending to reading back, including connecting.
    pub round_trip: Duration,
}

/// Why the smoke test failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SmokeError {
    /// The client could not be created.
    #[error("cannot make a Kafka client: {0}")]
    Client(String),
    /// librdkafka does not support the connection settings.
    #[error(transparent)]
    Unusable(ClusterError),
    /// The record was not acknowledged in time.
    #[error("cannot write a record to `{topic}`: {reason}")]
    Write {
        /// The topic.
        topic: String,
        /// The error of Kafka or librdkafka.
        reason: String,
    },
    /// The record was written, but could not be read.
    #[error("cannot read the record of `{topic}` back: {reason}")]
    Read {
        /// The topic.
        topic: String,
        /// The error of Kafka or librdkafka.
        reason: String,
    },
    /// Another record was read.
    #[error(
        "`{topic}` gave another record than was written, partition {partition}, offset {offset}"
    )]
    Changed {
        /// The topic.
        topic: String,
        /// The partition.
        partition: i32,
        /// The offset of the written record.
        offset: i64,
    },
}

/// Writes a record with a key to `topic`, which must exist, waits until all in-sync replicas have it,
/// and reads it back. `tokens` are those of the admin plane's client. The time-out of `settings` limits
/// writing and reading together.
///
/// # Errors
/// The first error, with Kafka's message if there is one.
pub async fn smoke_test(
    settings: &ConnectionSettings,
    tokens: Option<Arc<Tokens>>,
    topic: &str,
) -> Result<SmokeTest, SmokeError> {
    let start = Instant::now();
    let timeout = settings.timeout;
    let profile = client::profile(settings, tokens).map_err(SmokeError::Unusable)?;
    let value = format!("{:?} {}", start, std::process::id());
    let (partition, offset) = write(&profile, topic, &value, timeout).await?;
    let left = timeout.saturating_sub(start.elapsed());
    let read = read(&profile, topic, partition, offset);
    let record = tokio::time::timeout(left, read).await;
    let record = record.unwrap_or_else(|_| {
        Err(SmokeError::Read {
            topic: topic.to_owned(),
            reason: "no answer in time".to_owned(),
        })
    })?;
    if record != (offset, KEY.into(), value.into()) {
        let topic = topic.to_owned();
        return Err(SmokeError::Changed {
            topic,
            partition,
            offset,
        });
    }
    Ok(SmokeTest {
        partition,
        offset,
        round_trip: start.elapsed(),
    })
}

/// Writes the record and returns partition and offset.
async fn write(
    profile: &ClientProfile,
    topic: &str,
    value: &str,
    timeout: Duration,
) -> Result<(i32, i64), SmokeError> {
    let millis = timeout.as_millis().max(1).to_string();
    let mut config = profile.config.clone();
    let producer: FutureProducer<TokenContext> = config
        .set("acks", "all")
        .set("message.timeout.ms", &millis)
        .create_with_context(profile.context.clone())
        .map_err(|error| SmokeError::Client(error.to_string()))?;
    let record = FutureRecord::to(topic).key(KEY).payload(value);
    let delivered = producer.send(record, Timeout::After(timeout)).await;
    let delivery = delivered.map_err(|(error, _)| SmokeError::Write {
        topic: topic.to_owned(),
        reason: error.to_string(),
    })?;
    Ok((delivery.partition, delivery.offset))
}

/// Reads the record at an offset: its offset, key and value.
async fn read(
    profile: &ClientProfile,
    topic: &str,
    partition: i32,
    offset: i64,
) -> Result<(i64, Vec<u8>, Vec<u8>), SmokeError> {
    let mut config = profile.config.clone();
    let consumer: StreamConsumer<TokenContext> = config
        .set("group.id", NO_GROUP)
        .set("enable.auto.commit", "false")
        .set("enable.auto.offset.store", "false")
        .set("auto.offset.reset", "error")
        .create_with_context(profile.context.clone())
        .map_err(|error| SmokeError::Client(error.to_string()))?;
    let failed = |error: rdkafka::error::KafkaError| SmokeError::Read {
        topic: topic.to_owned(),
        reason: error.to_string(),
    };
    let mut partitions = TopicPartitionList::new();
    partitions
        .add_partition_offset(topic, partition, Offset::Offset(offset))
        .and_then(|()| consumer.assign(&partitions))
        .map_err(failed)?;
    let record = consumer.recv().await.map_err(failed)?;
    let bytes = |part: Option<&[u8]>| part.unwrap_or_default().to_vec();
    Ok((
        record.offset(),
        bytes(record.key()),
        bytes(record.payload()),
    ))
}
