//! The lowest and highest version of each request that krafka's messages support.

use krafka::__private::protocol::versions as all;

pub(in super::super) const ADD_PARTITIONS_TO_TXN: (i16, i16) = (
    all::ADD_PARTITIONS_TO_TXN_MIN,
    all::ADD_PARTITIONS_TO_TXN_MAX,
);
pub(in super::super) const ALTER_CLIENT_QUOTAS: (i16, i16) =
    (all::ALTER_CLIENT_QUOTAS_MIN, all::ALTER_CLIENT_QUOTAS_MAX);
pub(in super::super) const ALTER_SHARE_GROUP_OFFSETS: (i16, i16) = (
    all::ALTER_SHARE_GROUP_OFFSETS_MIN,
    all::ALTER_SHARE_GROUP_OFFSETS_MAX,
);
pub(in super::super) const CONSUMER_GROUP_DESCRIBE: (i16, i16) = (
    all::CONSUMER_GROUP_DESCRIBE_MIN,
    all::CONSUMER_GROUP_DESCRIBE_MAX,
);
pub(in super::super) const CREATE_PARTITIONS: (i16, i16) =
    (all::CREATE_PARTITIONS_MIN, all::CREATE_PARTITIONS_MAX);
pub(in super::super) const CREATE_TOPICS: (i16, i16) =
    (all::CREATE_TOPICS_MIN, all::CREATE_TOPICS_MAX);
pub(in super::super) const DELETE_GROUPS: (i16, i16) =
    (all::DELETE_GROUPS_MIN, all::DELETE_GROUPS_MAX);
pub(in super::super) const DELETE_RECORDS: (i16, i16) =
    (all::DELETE_RECORDS_MIN, all::DELETE_RECORDS_MAX);
pub(in super::super) const DELETE_TOPICS: (i16, i16) =
    (all::DELETE_TOPICS_MIN, all::DELETE_TOPICS_MAX);
pub(in super::super) const DESCRIBE_CLIENT_QUOTAS: (i16, i16) = (
    all::DESCRIBE_CLIENT_QUOTAS_MIN,
    all::DESCRIBE_CLIENT_QUOTAS_MAX,
);
pub(in super::super) const DESCRIBE_CLUSTER: (i16, i16) =
    (all::DESCRIBE_CLUSTER_MIN, all::DESCRIBE_CLUSTER_MAX);
pub(in super::super) const DESCRIBE_CONFIGS: (i16, i16) =
    (all::DESCRIBE_CONFIGS_MIN, all::DESCRIBE_CONFIGS_MAX);
pub(in super::super) const DESCRIBE_GROUPS: (i16, i16) =
    (all::DESCRIBE_GROUPS_MIN, all::DESCRIBE_GROUPS_MAX);
pub(in super::super) const DESCRIBE_LOG_DIRS: (i16, i16) =
    (all::DESCRIBE_LOG_DIRS_MIN, all::DESCRIBE_LOG_DIRS_MAX);
pub(in super::super) const DESCRIBE_QUORUM: (i16, i16) =
    (all::DESCRIBE_QUORUM_MIN, all::DESCRIBE_QUORUM_MAX);
pub(in super::super) const DESCRIBE_SHARE_GROUP_OFFSETS: (i16, i16) = (
    all::DESCRIBE_SHARE_GROUP_OFFSETS_MIN,
    all::DESCRIBE_SHARE_GROUP_OFFSETS_MAX,
);
pub(in super::super) const DESCRIBE_USER_SCRAM_CREDENTIALS: (i16, i16) = (
    all::DESCRIBE_USER_SCRAM_CREDENTIALS_MIN,
    all::DESCRIBE_USER_SCRAM_CREDENTIALS_MAX,
);
pub(in super::super) const END_TXN: (i16, i16) = (all::END_TXN_MIN, all::END_TXN_MAX);
pub(in super::super) const FIND_COORDINATOR: (i16, i16) =
    (all::FIND_COORDINATOR_MIN, all::FIND_COORDINATOR_MAX);
pub(in super::super) const HEARTBEAT: (i16, i16) = (all::HEARTBEAT_MIN, all::HEARTBEAT_MAX);
pub(in super::super) const INCREMENTAL_ALTER_CONFIGS: (i16, i16) = (
    all::INCREMENTAL_ALTER_CONFIGS_MIN,
    all::INCREMENTAL_ALTER_CONFIGS_MAX,
);
pub(in super::super) const INIT_PRODUCER_ID: (i16, i16) =
    (all::INIT_PRODUCER_ID_MIN, all::INIT_PRODUCER_ID_MAX);
pub(in super::super) const JOIN_GROUP: (i16, i16) = (all::JOIN_GROUP_MIN, all::JOIN_GROUP_MAX);
pub(in super::super) const LEAVE_GROUP: (i16, i16) = (all::LEAVE_GROUP_MIN, all::LEAVE_GROUP_MAX);
pub(in super::super) const LIST_GROUPS: (i16, i16) = (all::LIST_GROUPS_MIN, all::LIST_GROUPS_MAX);
pub(in super::super) const LIST_OFFSETS: (i16, i16) =
    (all::LIST_OFFSETS_MIN, all::LIST_OFFSETS_MAX);
pub(in super::super) const METADATA: (i16, i16) = (all::METADATA_MIN, all::METADATA_MAX);
pub(in super::super) const OFFSET_DELETE: (i16, i16) =
    (all::OFFSET_DELETE_MIN, all::OFFSET_DELETE_MAX);
pub(in super::super) const SHARE_GROUP_DESCRIBE: (i16, i16) =
    (all::SHARE_GROUP_DESCRIBE_MIN, all::SHARE_GROUP_DESCRIBE_MAX);
pub(in super::super) const STREAMS_GROUP_DESCRIBE: (i16, i16) = (
    all::STREAMS_GROUP_DESCRIBE_MIN,
    all::STREAMS_GROUP_DESCRIBE_MAX,
);
pub(in super::super) const SYNC_GROUP: (i16, i16) = (all::SYNC_GROUP_MIN, all::SYNC_GROUP_MAX);
