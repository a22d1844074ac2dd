//! Requests with the versions that are sent, if several files need them.

use crate::cluster::live::wire::{ApiKey, versions};

/// A request with its lowest and highest sent version.
pub(super) type Api = (ApiKey, (i16, i16));

pub(super) const CREATE_TOPICS: Api = (ApiKey::CreateTopics, versions::CREATE_TOPICS);

pub(super) const CREATE_PARTITIONS: Api = (ApiKey::CreatePartitions, versions::CREATE_PARTITIONS);

pub(super) const ALTER_CONFIGS: Api = (
    ApiKey::IncrementalAlterConfigs,
    versions::INCREMENTAL_ALTER_CONFIGS,
);

pub(super) const DELETE_TOPICS: Api = (ApiKey::DeleteTopics, versions::DELETE_TOPICS);

/// The version of `Fetch`: the last one that names topics, and the first one that reports truncated
/// logs.
pub(super) const FETCH: (i16, i16) = (12, 12);

/// Versions of `OffsetCommit`: with leader epochs (KIP-320), and topics by name.
pub(super) const OFFSET_COMMIT: (i16, i16) = (6, 9);
