//! The metadata request.
//!
//! Trap: naming topics creates them on brokers with `auto.create.topics.enable`, unless the request
//! forbids that.

use crate::cluster::live::wire::{
    ApiKey, BrokerConnection, KrafkaError, MetadataRequest, MetadataResponse, exchange, versions,
};

/// Sends one metadata request for all topics, or for these.
pub(super) async fn metadata(
    connection: &BrokerConnection,
    names: Option<&[String]>,
) -> Result<MetadataResponse, KrafkaError> {
    let range = versions::METADATA;
    let request = match names {
        Some(names) => MetadataRequest {
            allow_auto_topic_creation: false,
            ..MetadataRequest::for_topics(names.iter().map(String::as_str).collect())
        },
        None => MetadataRequest::all_topics(),
    };
    exchange(connection, ApiKey::Metadata, range, &request).await
}
