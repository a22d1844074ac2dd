//! The requests that each broker supports.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures::StreamExt;
use futures::stream;

use super::ask::read;
use super::groups::{FETCH_COMMITS, FETCH_COMMITS_OF_ONE};
use super::limits::PARALLEL;
use super::requests::FETCH;
use super::requests::OFFSET_COMMIT;
use super::{LiveCluster, errors};
use crate::cluster::At;
use crate::cluster::live::wire::{
    ApiKey, ApiVersionRange, ApiVersionsRequest, ApiVersionsResponse, BrokerConnection,
    BrokerFeatures, KafkaString, KrafkaError, SUPPORTED_API_VERSIONS, negotiated,
};
use crate::cluster::settings::CLIENT_ID;
use crate::model::api_versions::{ApiVersion, ApiVersions, Feature};
use crate::model::broker::BrokerId;
use crate::model::seen::Seen;

/// The sent versions; every broker since Kafka 2.4 supports the last.
const VERSIONS: (i16, i16) = (0, 3);

/// The requests that this program sends.
const SENT: [ApiKey; 29] = [
    ApiKey::Fetch,
    ApiKey::ListOffsets,
    ApiKey::Metadata,
    ApiKey::OffsetCommit,
    ApiKey::OffsetFetch,
    ApiKey::FindCoordinator,
    ApiKey::JoinGroup,
    ApiKey::Heartbeat,
    ApiKey::LeaveGroup,
    ApiKey::SyncGroup,
    ApiKey::DescribeGroups,
    ApiKey::ListGroups,
    ApiKey::ApiVersions,
    ApiKey::CreateTopics,
    ApiKey::DeleteTopics,
    ApiKey::DeleteRecords,
    ApiKey::DescribeConfigs,
    ApiKey::DescribeLogDirs,
    ApiKey::CreatePartitions,
    ApiKey::DeleteGroups,
    ApiKey::IncrementalAlterConfigs,
    ApiKey::OffsetDelete,
    ApiKey::DescribeQuorum,
    ApiKey::DescribeCluster,
    ApiKey::ConsumerGroupDescribe,
    ApiKey::ShareGroupDescribe,
    ApiKey::StreamsGroupDescribe,
    ApiKey::DescribeShareGroupOffsets,
    ApiKey::AlterShareGroupOffsets,
];

/// Requests with limited versions: later ones name topics by id, earlier ones are about one group.
const NARROWER: [(ApiKey, (i16, i16)); 3] = [
    (ApiKey::Fetch, FETCH),
    (ApiKey::OffsetCommit, OFFSET_COMMIT),
    (
        ApiKey::OffsetFetch,
        (FETCH_COMMITS_OF_ONE.0, FETCH_COMMITS.1),
    ),
];

pub(super) async fn describe_api_versions(
    cluster: &LiveCluster,
    brokers: &[BrokerId],
) -> BTreeMap<BrokerId, Seen<ApiVersions>> {
    stream::iter(brokers.iter().copied())
        .map(|id| async move {
            let at = At::Broker(id);
            match read(cluster, at, "ask for API versions", versions_at).await {
                Ok(versions) => (id, Seen::Value(versions)),
                Err(error) => (id, errors::missing(&error)),
            }
        })
        .buffer_unordered(PARALLEL)
        .collect()
        .await
}

async fn versions_at(connection: Arc<BrokerConnection>) -> Result<ApiVersions, KrafkaError> {
    let request = ApiVersionsRequest {
        client_software_name: Some(KafkaString::new(CLIENT_ID)),
        client_software_version: Some(KafkaString::new(env!("CARGO_PKG_VERSION"))),
        ..ApiVersionsRequest::default()
    };
    let version = negotiated(&connection, ApiKey::ApiVersions, VERSIONS)?;
    let mut answer = connection
        .send_request(ApiKey::ApiVersions, version, |buffer| match version {
            3 => request.encode_v3(buffer),
            _ => request.encode_v0(buffer),
        })
        .await?;
    let answer = match version {
        3 => ApiVersionsResponse::decode_v3(&mut answer)?,
        1 | 2 => ApiVersionsResponse::decode_v1(&mut answer)?,
        _ => ApiVersionsResponse::decode_v0(&mut answer)?,
    };
    let mut apis: Vec<ApiVersion> = answer.api_keys.into_iter().map(api).collect();
    apis.sort_unstable();
    Ok(ApiVersions {
        apis,
        features: features(&connection.broker_features()),
    })
}

fn api(range: ApiVersionRange) -> ApiVersion {
    let key = range.api_key;
    let name = match key {
        ApiKey::Unknown(_) => "Unknown".to_owned(),
        known => format!("{known:?}"),
    };
    ApiVersion {
        key: key.to_i16(),
        name,
        min: range.min_version,
        max: range.max_version,
        used: SENT.contains(&key).then(|| used(range)).flatten(),
    }
}

fn used(range: ApiVersionRange) -> Option<i16> {
    if let Some((_, (lowest, highest))) = NARROWER.iter().find(|(api, _)| *api == range.api_key) {
        return range.negotiate(*highest, *lowest);
    }
    let key = range.api_key.to_i16();
    let ours = SUPPORTED_API_VERSIONS
        .iter()
        .find(|one| one.api_key == key)?;
    range.negotiate(ours.max_version, ours.min_version)
}

fn features(known: &BrokerFeatures) -> Vec<Feature> {
    let mut features: Vec<Feature> = known
        .supported
        .iter()
        .map(|feature| Feature {
            name: feature.name.clone(),
            min: feature.min_version,
            max: feature.max_version,
            finalized: known.finalized_level(&feature.name),
        })
        .collect();
    features.sort_unstable();
    features
}
