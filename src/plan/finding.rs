//! What a plan cannot or will not do, and why.

use std::collections::BTreeSet;
use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::resource::Resource;

/// Something to know about a plan beyond its steps.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Finding {
    /// A stable code, such as `partition-decrease`.
    pub code: Code,
    /// What it does to an apply.
    pub severity: Severity,
    /// What it is about.
    pub resource: Resource,
    /// What is so, without a final stop.
    pub message: String,
    /// What to do about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// Where the manifest says it, as `file:line:col`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
}

/// What a finding does to an apply.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// A guard: nothing at all is applied.
    Refused,
    /// A needed fact could not be read: nothing at all is applied.
    Unreadable,
    /// A guard that its flag let through.
    Allowed,
    /// A difference that no apply can remove. Changes no exit code unless `--strict`.
    CannotApply,
    /// Good to know.
    Note,
}

/// What kind of finding it is.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Code {
    /// The cluster is not the one the manifest pins.
    WrongCluster,
    /// More topics would be deleted than `--allow-delete` lets go.
    DeleteNotAllowed,
    /// A lower retention would drop records that are there now.
    RetentionCut,
    /// Compaction would be switched on where there are records.
    CompactsRecords,
    /// Partitions would be added to a topic whose records are found by their keys.
    KeyedGrowth,
    /// Settings of one of Kafka's own topics would change.
    InternalTopic,
    /// One of Kafka's own topics would be created, grown, deleted or lose records.
    InternalTopicStructure,
    /// More in-sync replicas would be required than a topic has replicas.
    MinIsrAboveReplicas,
    /// More in-sync replicas would be required than brokers are alive.
    MinIsrAboveBrokers,
    /// A new topic would have more replicas than brokers are alive.
    TooFewBrokers,
    /// A setting that brokers of this version do not have, or do not take with this value.
    UnsupportedSetting,
    /// A secret stands in the manifest itself. It is found before any cluster is asked.
    SensitiveInClear,
    /// A new topic has the name of a live one in Kafka's metrics.
    NameCollision,
    /// Fewer partitions are declared than there are.
    PartitionDecrease,
    /// A broker key that no broker knows.
    UnknownBrokerKey,
    /// Settings for a broker that is not there.
    UnknownBroker,
    /// The key cannot be unset on this cluster.
    CannotUnset,
    /// The brokers say no to a step that they were asked about.
    BrokerRefused,
    /// Records would be skipped that the group has not read.
    SkipsUnread,
    /// An offset is outside of its log.
    OutsideLog,
    /// A time lies in the future, or after the last record.
    FutureTime,
    /// The group committed nothing for a partition.
    NoCommit,
    /// The group is not there.
    NoSuchGroup,
    /// The group has members.
    GroupActive,
    /// The group is in a state, or of a type, that is not known.
    GroupUnknown,
    /// The group is not one of consumers.
    ForeignGroup,
    /// A topic or a partition is not there.
    NoSuchPartition,
    /// A transaction that has not ended may still commit.
    PendingCommit,
    /// What the group committed is not what a reset wrote.
    CommitsMoved,
    /// The group that is to take commits over has some already.
    GroupHasCommits,
    /// A topic that would be deleted is read.
    TopicInUse,
    /// Records would be deleted that groups have not read.
    TruncatesUnread,
    /// Records of a compacted topic would be deleted.
    CompactedTruncate,
    /// A snapshot is of another cluster than the one that it would be put back into.
    OtherCluster,
    /// Records would be put back into a topic that was written to.
    TargetNotEmpty,
    /// Records would be put back into a topic with another number of partitions.
    PartitionsDiffer,
    /// Records would be put back that the topic's retention drops.
    RestoreExpires,
    /// Records would be put back whose timestamps the brokers refuse.
    TimestampRejected,
    /// A record may be too large for its topic.
    RecordTooLarge,
    /// The cluster would not or could not tell what is needed.
    NotVisible,
    /// The replication factor differs.
    ReplicationFactor,
    /// A setting is not brought over, because brokers of this version would refuse it.
    SettingLeftOut,
    /// A static setting differs.
    NeedsRestart,
    /// A stronger source keeps the setting from taking effect.
    Shadowed,
    /// A hidden value was declared and cannot be compared.
    Sensitive,
    /// Timestamps of records are not what they were, or not whose they were.
    TimestampsChange,
    /// A topic breaks a policy of the manifest that only warns.
    Policy,
    /// A key that somebody else than Apache made was declared, and cannot be checked.
    VendorKey,
    /// A key that tonkafka's catalogue lacks was declared, and taken as the brokers know it.
    UncataloguedKey,
    /// Records are gone that a backup was taken with, and offsets with them.
    RecordsGone,
    /// Replicas are not where a backup has them.
    ReplicaPlacement,
    /// It was not there when a backup was taken.
    CreatedSince,
    /// A user is not as it was, and no secret is known to make it so.
    UserNotRestored,
    /// The cluster can have no ACLs, quotas or users.
    AccessNotSupported,
    /// A setting of a topic that the cluster does not let be set, or may not.
    NotSettable,
    /// The brokers have no request for a step.
    NoRequest,
}

/// What lets a guard through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pass {
    /// `--allow CODE`.
    Allow,
    /// `--allow-delete N`.
    AllowDelete,
    /// A flag of its own.
    Flag(&'static str),
    /// Nothing: the brokers would refuse it as well, or it would break the cluster.
    Never,
}

impl Code {
    /// Every code, guards first.
    pub const ALL: [Self; 56] = [
        Self::WrongCluster,
        Self::DeleteNotAllowed,
        Self::RetentionCut,
        Self::CompactsRecords,
        Self::KeyedGrowth,
        Self::InternalTopic,
        Self::InternalTopicStructure,
        Self::MinIsrAboveReplicas,
        Self::MinIsrAboveBrokers,
        Self::TooFewBrokers,
        Self::UnsupportedSetting,
        Self::SensitiveInClear,
        Self::NameCollision,
        Self::PartitionDecrease,
        Self::UnknownBrokerKey,
        Self::UnknownBroker,
        Self::CannotUnset,
        Self::BrokerRefused,
        Self::SkipsUnread,
        Self::OutsideLog,
        Self::FutureTime,
        Self::NoCommit,
        Self::NoSuchGroup,
        Self::GroupActive,
        Self::GroupUnknown,
        Self::ForeignGroup,
        Self::NoSuchPartition,
        Self::PendingCommit,
        Self::CommitsMoved,
        Self::GroupHasCommits,
        Self::TopicInUse,
        Self::TruncatesUnread,
        Self::CompactedTruncate,
        Self::OtherCluster,
        Self::TargetNotEmpty,
        Self::PartitionsDiffer,
        Self::RestoreExpires,
        Self::TimestampRejected,
        Self::RecordTooLarge,
        Self::NotVisible,
        Self::ReplicationFactor,
        Self::SettingLeftOut,
        Self::NeedsRestart,
        Self::Shadowed,
        Self::Sensitive,
        Self::TimestampsChange,
        Self::Policy,
        Self::VendorKey,
        Self::UncataloguedKey,
        Self::RecordsGone,
        Self::ReplicaPlacement,
        Self::CreatedSince,
        Self::UserNotRestored,
        Self::AccessNotSupported,
        Self::NotSettable,
        Self::NoRequest,
    ];

    /// What lets it through; none for what is no guard.
    #[must_use]
    pub fn pass(self) -> Option<Pass> {
        match self {
            Self::WrongCluster
            | Self::RetentionCut
            | Self::CompactsRecords
            | Self::KeyedGrowth
            | Self::InternalTopic
            | Self::MinIsrAboveReplicas
            | Self::MinIsrAboveBrokers
            | Self::TooFewBrokers
            | Self::UnsupportedSetting
            | Self::SensitiveInClear
            | Self::TopicInUse
            | Self::TruncatesUnread => Some(Pass::Allow),
            Self::DeleteNotAllowed => Some(Pass::AllowDelete),
            Self::SkipsUnread => Some(Pass::Flag("--allow-skip")),
            Self::OutsideLog => Some(Pass::Flag("--clamp")),
            Self::FutureTime => Some(Pass::Flag("--allow-future")),
            Self::NoCommit => Some(Pass::Flag("--allow-uncommitted")),
            Self::NoSuchGroup => Some(Pass::Flag("--create-group")),
            Self::GroupHasCommits => Some(Pass::Flag("--overwrite")),
            Self::OtherCluster => Some(Pass::Flag("--allow-cluster-change")),
            Self::TargetNotEmpty => Some(Pass::Flag("--append")),
            Self::RestoreExpires => Some(Pass::Flag("--allow-expired")),
            Self::RecordTooLarge => Some(Pass::Flag("--allow-large")),
            Self::InternalTopicStructure
            | Self::NameCollision
            | Self::PartitionDecrease
            | Self::UnknownBrokerKey
            | Self::UnknownBroker
            | Self::CannotUnset
            | Self::BrokerRefused
            | Self::GroupActive
            | Self::GroupUnknown
            | Self::ForeignGroup
            | Self::NoSuchPartition
            | Self::PendingCommit
            | Self::CommitsMoved
            | Self::CompactedTruncate
            | Self::PartitionsDiffer
            | Self::TimestampRejected => Some(Pass::Never),
            Self::NotVisible
            | Self::ReplicationFactor
            | Self::SettingLeftOut
            | Self::NeedsRestart
            | Self::Shadowed
            | Self::Sensitive
            | Self::TimestampsChange
            | Self::Policy
            | Self::VendorKey
            | Self::UncataloguedKey
            | Self::RecordsGone
            | Self::ReplicaPlacement
            | Self::CreatedSince
            | Self::UserNotRestored
            | Self::AccessNotSupported
            | Self::NotSettable
            | Self::NoRequest => None,
        }
    }

    /// All guards.
    pub fn guards() -> impl Iterator<Item = Self> {
        Self::ALL.into_iter().filter(|code| code.pass().is_some())
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.serialize(f)
    }
}

impl Finding {
    /// A finding without a hint or a place.
    #[must_use]
    pub fn new(code: Code, severity: Severity, resource: Resource, message: String) -> Self {
        Self {
            code,
            severity,
            resource,
            message,
            hint: None,
            place: None,
        }
    }

    /// A guard that trips.
    #[must_use]
    pub fn refused(code: Code, resource: Resource, message: impl Into<String>) -> Self {
        Self::new(code, Severity::Refused, resource, message.into())
    }

    /// With what to do about it.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// With where the manifest says it.
    #[must_use]
    pub fn at(mut self, place: impl fmt::Display) -> Self {
        self.place = Some(place.to_string());
        self
    }

    /// A guard as it stands where these codes are let through; with its flag where it is not.
    #[must_use]
    pub(super) fn judged(mut self, allow: &BTreeSet<Code>) -> Self {
        let flag = match self.code.pass() {
            Some(Pass::Allow) => format!("--allow {}", self.code),
            Some(Pass::Flag(flag)) => flag.to_owned(),
            Some(Pass::AllowDelete | Pass::Never) | None => return self,
        };
        if self.severity != Severity::Refused {
            return self;
        }
        if allow.contains(&self.code) {
            self.severity = Severity::Allowed;
            self.hint = None;
            return self;
        }
        let flag = format!("to do it all the same, pass `{flag}`");
        self.hint = Some(match self.hint {
            // A question ends by itself.
            Some(hint) if hint.ends_with('?') => format!("{hint} {flag}"),
            Some(hint) => format!("{hint}; {flag}"),
            None => flag,
        });
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_codes_are_listed() {
        // The error names every variant there is.
        let error = serde_json::from_str::<Code>("\"?\"")
            .unwrap_err()
            .to_string();
        let variants = error.matches('`').count() / 2 - 1;
        assert_eq!(variants, Code::ALL.len(), "{error}");
        let distinct: BTreeSet<Code> = Code::ALL.into_iter().collect();
        assert_eq!(distinct.len(), Code::ALL.len());
    }
}
