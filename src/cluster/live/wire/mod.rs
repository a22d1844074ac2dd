//! krafka's internals: connections, their pool, and messages of Kafka's protocol. They are behind
//! krafka's `internal` feature, which guarantees nothing between versions, so no other file names
//! it. docs/decisions/admin-plane.md says how it would be replaced.
//!
//! - [`exchange`]: one request and its response
//! - [`versions`]: the versions of requests
//! - [`acls`], [`groups`], [`produce`]: messages that krafka lacks, or has in another form

pub(super) mod acls;
pub(super) mod groups;
pub(super) mod produce;
#[cfg(test)]
mod rehearsal;
pub(super) mod versions;

pub(super) use krafka::__private::network::{
    BrokerConnection, BrokerFeatures, ConnectionConfig, ProxyConfig, SaslAuthenticator,
};
pub(super) use krafka::__private::protocol::versions::SUPPORTED_API_VERSIONS;
pub(super) use krafka::__private::protocol::{
    AbortedTransaction, AddPartitionsToTxnRequest, AddPartitionsToTxnResponse,
    AlterClientQuotasRequest, AlterClientQuotasResponse, AlterConfigOp, AlterQuotaEntity,
    AlterQuotaEntry, AlterQuotaOp, AlterShareGroupOffsetsRequest,
    AlterShareGroupOffsetsRequestPartition, AlterShareGroupOffsetsRequestTopic,
    AlterShareGroupOffsetsResponse, AlterableConfig, ApiKey, ApiVersionRange, ApiVersionsRequest,
    ApiVersionsResponse, Compression, ConfigResourceType, ConsumerGroupDescribeGroup,
    ConsumerGroupDescribeMember, ConsumerGroupDescribeRequest, ConsumerGroupDescribeResponse,
    CreatableTopic, CreatableTopicConfig, CreatePartitionsRequest, CreatePartitionsResponse,
    CreatePartitionsTopic, CreateTopicsRequest, CreateTopicsResponse, DeleteGroupsRequest,
    DeleteGroupsResponse, DeleteRecordsPartition, DeleteRecordsRequest, DeleteRecordsResponse,
    DeleteRecordsTopic, DeleteTopicState, DeleteTopicsRequest, DeleteTopicsResponse,
    DescribableLogDirTopic, DescribeAclsRequest, DescribeClientQuotasRequest,
    DescribeClientQuotasResponse, DescribeClusterRequest, DescribeClusterResponse,
    DescribeConfigsEntry, DescribeConfigsRequest, DescribeConfigsResource, DescribeConfigsResponse,
    DescribeGroupMember, DescribeGroupsRequest, DescribeGroupsResponse, DescribeLogDirsRequest,
    DescribeLogDirsResponse, DescribeLogDirsResult, DescribeLogDirsTopic,
    DescribeQuorumPartitionRequest, DescribeQuorumRequest, DescribeQuorumResponse,
    DescribeQuorumTopicRequest, DescribeShareGroupOffsetsRequest,
    DescribeShareGroupOffsetsRequestGroup, DescribeShareGroupOffsetsResponse,
    DescribeShareGroupOffsetsResponseGroup, DescribeShareGroupOffsetsResponsePartition,
    DescribeUserScramCredentialsRequest, DescribeUserScramCredentialsResponse, DescribedGroup,
    DescribedStreamsGroup, EndTxnRequest, EndTxnResponse, FetchPartitionRequest,
    FetchPartitionResponse, FetchRequest, FetchResponse, FetchTopicRequest, FindCoordinatorRequest,
    FindCoordinatorResponse, HeartbeatRequest, HeartbeatResponse, IncrementalAlterConfigsRequest,
    IncrementalAlterConfigsResource, IncrementalAlterConfigsResponse, InitProducerIdRequest,
    InitProducerIdResponse, JoinGroupRequest, JoinGroupRequestProtocol, JoinGroupResponse,
    KafkaString, LeaveGroupMember, LeaveGroupRequest, LeaveGroupResponse, ListGroupsRequest,
    ListGroupsResponse, ListOffsetsRequest, ListOffsetsRequestPartition, ListOffsetsRequestTopic,
    ListOffsetsResponse, ListedGroup, MetadataBroker, MetadataRequest, MetadataResponse,
    MetadataTopicResponse, OffsetCommitRequest, OffsetCommitRequestPartition,
    OffsetCommitRequestTopic, OffsetCommitResponse, OffsetDeletePartitionRequest,
    OffsetDeleteRequest, OffsetDeleteResponse, OffsetDeleteTopicRequest, OffsetFetchResponse,
    OffsetFetchResponsePartition, ProduceResponse, QuorumReplicaState, QuotaEntry, Record,
    RecordBatch, RecordBatchHeader, RecordHeader, ShareGroupDescribeRequest,
    ShareGroupDescribeResponse, ShareGroupDescription, ShareGroupMember,
    StreamsGroupDescribeRequest, StreamsGroupDescribeResponse, StreamsGroupMember, StreamsTopology,
    SyncGroupRequest, SyncGroupRequestAssignment, SyncGroupResponse, TimestampType,
    VersionedDecode, VersionedEncode, decode_consumer_protocol_assignment,
};
pub(super) use krafka::__private::util::crc32c;
pub(super) use krafka::__private::{kafka_metadata, kafka_pool};
pub(super) use krafka::error::ErrorCode;
pub(super) use krafka::{BrokerInfo, Kafka, KafkaBuilder, KrafkaError, ProtocolErrorKind};

/// Sends one request and decodes its answer.
pub(super) async fn exchange<Request, Response>(
    connection: &BrokerConnection,
    api: ApiKey,
    range: (i16, i16),
    request: &Request,
) -> Result<Response, KrafkaError>
where
    Request: VersionedEncode,
    Response: VersionedDecode,
{
    let version = negotiated(connection, api, range)?;
    let mut answer = connection
        .send_request(api, version, |buffer| {
            request.encode_versioned(version, buffer)
        })
        .await?;
    Response::decode_versioned(version, &mut answer)
}

/// The highest version of a request that both sides support.
pub(super) fn negotiated(
    connection: &BrokerConnection,
    api: ApiKey,
    (lowest, highest): (i16, i16),
) -> Result<i16, KrafkaError> {
    let version = connection.negotiate_api_version(api, highest, lowest);
    version.ok_or_else(|| {
        let words = match connection.get_api_version(api) {
            None => format!("the broker has no {api:?}"),
            Some(_) => format!("the broker has no {api:?} of version {lowest} to {highest}"),
        };
        KrafkaError::broker(ErrorCode::UnsupportedVersion, words)
    })
}

/// Whether a broker supports a request in one of these versions.
pub(super) fn has(connection: &BrokerConnection, api: ApiKey, range: (i16, i16)) -> bool {
    negotiated(connection, api, range).is_ok()
}

/// The error for an error code, with the broker's message if it sent one.
pub(super) fn checked(code: ErrorCode, words: Option<String>) -> Result<(), KrafkaError> {
    if code.is_ok() {
        return Ok(());
    }
    Err(KrafkaError::broker(code, words.unwrap_or_default()))
}
