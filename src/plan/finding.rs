//! What a plan cannot or will not do, and why.

use std::collections::BTreeSet;
use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::resource::Resource;

/// A statement about a plan besides its steps.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Finding {
    /// A stable code, such as `partition-decrease`.
    pub code: Code,
    /// Its effect on an apply.
    pub severity: Severity,
    /// The subject.
    pub resource: Resource,
    /// The statement, without a final stop.
    pub message: String,
    /// What to do about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// Where the manifest declares it, as `file:line:col`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
}

/// A finding's effect on an apply.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// A guard tripped: nothing is applied.
    Refused,
    /// A needed fact could not be read: nothing is applied.
    Unreadable,
    /// A guard tripped, and its flag lets it through.
    Allowed,
    /// A difference that no apply can remove. It changes the exit code only with `--strict`.
    CannotApply,
    /// Information.
    Note,
}

/// A finding's code.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Code {
    /// The cluster is not the one that the manifest pins.
    WrongCluster,
    /// More topics would be deleted than `--allow-delete` allows.
    DeleteNotAllowed,
    /// A lower retention would delete existing records.
    RetentionCut,
    /// Compaction would be enabled on a topic that has records.
    CompactsRecords,
    /// Partitions would be added to a topic with keyed records, which then go to other partitions.
    KeyedGrowth,
    /// Settings of one of Kafka's own topics would change.
    InternalTopic,
    /// One of Kafka's own topics would be created, get partitions, be deleted or lose records.
    InternalTopicStructure,
    /// `min.insync.replicas` would be above the topic's number of replicas.
    MinIsrAboveReplicas,
    /// `min.insync.replicas` would be above the number of live brokers.
    MinIsrAboveBrokers,
    /// A new topic would have more replicas than there are live brokers.
    TooFewBrokers,
    /// Brokers of this version do not have a setting, or do not accept its value.
    UnsupportedSetting,
    /// The manifest holds a secret in clear. Found before the cluster is contacted.
    SensitiveInClear,
    /// A new topic would have the same name as another topic in Kafka's metrics.
    NameCollision,
    /// The manifest declares fewer partitions than the topic has.
    PartitionDecrease,
    /// No broker knows the declared broker key.
    UnknownBrokerKey,
    /// A broker with settings of its own is not among the live ones.
    UnknownBroker,
    /// The key cannot be unset on this cluster.
    CannotUnset,
    /// The brokers refused the step when they validated it.
    BrokerRefused,
    /// A group would skip records that it has not read.
    SkipsUnread,
    /// An offset is outside of the partition's log.
    OutsideLog,
    /// A time is in the future, or after the last record.
    FutureTime,
    /// The group has no commit for a partition.
    NoCommit,
    /// The group does not exist.
    NoSuchGroup,
    /// The group has members.
    GroupActive,
    /// The group's state or type is unknown.
    GroupUnknown,
    /// The group is of a type that the command does not support.
    ForeignGroup,
    /// A topic or partition does not exist.
    NoSuchPartition,
    /// An open transaction may still commit offsets.
    PendingCommit,
    /// The group's commit changed since the reset.
    CommitsMoved,
    /// The group that would receive commits already has some.
    GroupHasCommits,
    /// A topic that would be deleted has readers.
    TopicInUse,
    /// Records would be deleted that groups have not read.
    TruncatesUnread,
    /// Records of a compacted topic would be deleted.
    CompactedTruncate,
    /// The login that applies the plan would lose rights that it has.
    LocksOut,
    /// A snapshot is of another cluster than the target.
    OtherCluster,
    /// Records would be restored into a topic that was written to.
    TargetNotEmpty,
    /// Records would be restored into a topic with another number of partitions.
    PartitionsDiffer,
    /// Records would be restored that the topic's retention deletes.
    RestoreExpires,
    /// Records would be restored whose timestamps the brokers refuse.
    TimestampRejected,
    /// A record may be larger than its topic accepts.
    RecordTooLarge,
    /// The cluster did not report a needed fact.
    NotVisible,
    /// The replication factor differs.
    ReplicationFactor,
    /// A setting is not copied, because brokers of this version would refuse it.
    SettingLeftOut,
    /// A static setting differs.
    NeedsRestart,
    /// A source of higher precedence overrides the setting.
    Shadowed,
    /// A hidden value is declared, and cannot be compared.
    Sensitive,
    /// Records would get other timestamps, or another kind of timestamp.
    TimestampsChange,
    /// A topic violates a policy of the manifest that only warns.
    Policy,
    /// A declared key is a vendor's, and cannot be checked.
    VendorKey,
    /// A key is not in tonkafka's catalogue, and only the brokers can check it.
    UncataloguedKey,
    /// Records of the time of the backup are gone, and their offsets with them.
    RecordsGone,
    /// Replicas are, or may be, on other brokers than in the backup.
    ReplicaPlacement,
    /// It was created after the backup was taken.
    CreatedSince,
    /// A user differs from the backup, and its secret is not known.
    UserNotRestored,
    /// The manifest owns a principal and does not declare some of its ACLs or quotas.
    AccessOrphan,
    /// The cluster does not support ACLs, quotas or users.
    AccessNotSupported,
    /// The cluster does not accept a topic setting, or may not.
    NotSettable,
    /// The brokers have no request for a step.
    NoRequest,
}

/// How a guard is let through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pass {
    /// `--allow CODE`.
    Allow,
    /// `--allow-delete N`.
    AllowDelete,
    /// A flag of its own.
    Flag(&'static str),
    /// Not at all: the brokers would refuse it too, or it would break the cluster.
    Never,
}

impl Code {
    /// Every code, guards first.
    pub const ALL: [Self; 58] = [
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
        Self::LocksOut,
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
        Self::AccessOrphan,
        Self::UserNotRestored,
        Self::AccessNotSupported,
        Self::NotSettable,
        Self::NoRequest,
    ];

    /// How it is let through; none when it is not a guard.
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
            | Self::LocksOut
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
            | Self::AccessOrphan
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

    /// Adds a hint.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Adds the place in the manifest.
    #[must_use]
    pub fn at(mut self, place: impl fmt::Display) -> Self {
        self.place = Some(place.to_string());
        self
    }

    /// A guard becomes `Allowed` when `allow` has its code; otherwise its hint names the flag that allows
    /// it.
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
            // A hint that is a question needs no `;`.
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
