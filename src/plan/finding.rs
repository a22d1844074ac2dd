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

/// Declares [`Code`] with each code's documentation and how it is let through.
macro_rules! codes {
    ($($(#[$doc:meta])+ $Code:ident $pass:expr;)*) => {
        /// A finding's code.
        #[derive(
            Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
        )]
        #[serde(rename_all = "kebab-case")]
        pub enum Code { $($(#[$doc])+ $Code),* }

        impl Code {
            /// Every code, guards first.
            pub const ALL: [Self; [$(stringify!($Code)),*].len()] = [$(Self::$Code),*];

            /// How it is let through; none when it is not a guard.
            #[must_use]
            pub fn pass(self) -> Option<Pass> {
                match self { $(Self::$Code => $pass),* }
            }
        }
    };
}

codes! {
    /// The cluster is not the one that the manifest pins.
    WrongCluster Some(Pass::Allow);
    /// More topics would be deleted than `--allow-delete` allows.
    DeleteNotAllowed Some(Pass::AllowDelete);
    /// A lower retention would delete existing records.
    RetentionCut Some(Pass::Allow);
    /// Compaction would be enabled on a topic that has records.
    CompactsRecords Some(Pass::Allow);
    /// Partitions would be added to a topic with keyed records, which then go to other partitions.
    KeyedGrowth Some(Pass::Allow);
    /// Settings of one of Kafka's own topics would change.
    InternalTopic Some(Pass::Allow);
    /// One of Kafka's own topics would be created, get partitions, be deleted or lose records.
    InternalTopicStructure Some(Pass::Never);
    /// `min.insync.replicas` would be above the topic's number of replicas.
    MinIsrAboveReplicas Some(Pass::Allow);
    /// `min.insync.replicas` would be above the number of live brokers.
    MinIsrAboveBrokers Some(Pass::Allow);
    /// A new topic would have more replicas than there are live brokers.
    TooFewBrokers Some(Pass::Allow);
    /// Brokers of this version do not have a setting, or do not accept its value.
    UnsupportedSetting Some(Pass::Allow);
    /// The manifest holds a secret in clear. Found before the cluster is contacted.
    SensitiveInClear Some(Pass::Allow);
    /// A new topic would have the same name as another topic in Kafka's metrics.
    NameCollision Some(Pass::Never);
    /// The manifest declares fewer partitions than the topic has.
    PartitionDecrease Some(Pass::Never);
    /// No broker knows the declared broker key.
    UnknownBrokerKey Some(Pass::Never);
    /// A broker with settings of its own is not among the live ones.
    UnknownBroker Some(Pass::Never);
    /// The key cannot be unset on this cluster.
    CannotUnset Some(Pass::Never);
    /// The brokers refused the step when they validated it.
    BrokerRefused Some(Pass::Never);
    /// A group would skip records that it has not read.
    SkipsUnread Some(Pass::Flag("--allow-skip"));
    /// An offset is outside of the partition's log.
    OutsideLog Some(Pass::Flag("--clamp"));
    /// A time is in the future, or after the last record.
    FutureTime Some(Pass::Flag("--allow-future"));
    /// The group has no commit for a partition.
    NoCommit Some(Pass::Flag("--allow-uncommitted"));
    /// The group does not exist.
    NoSuchGroup Some(Pass::Flag("--create-group"));
    /// The group has members.
    GroupActive Some(Pass::Never);
    /// The group's state or type is unknown.
    GroupUnknown Some(Pass::Never);
    /// The group is of a type that the command does not support.
    ForeignGroup Some(Pass::Never);
    /// A topic or partition does not exist.
    NoSuchPartition Some(Pass::Never);
    /// An open transaction may still commit offsets.
    PendingCommit Some(Pass::Never);
    /// The group's commit changed since the reset.
    CommitsMoved Some(Pass::Never);
    /// The group that would receive commits already has some.
    GroupHasCommits Some(Pass::Flag("--overwrite"));
    /// A topic that would be deleted has readers.
    TopicInUse Some(Pass::Allow);
    /// Records would be deleted that groups have not read.
    TruncatesUnread Some(Pass::Allow);
    /// Records of a compacted topic would be deleted.
    CompactedTruncate Some(Pass::Never);
    /// The login that applies the plan would lose rights that it has.
    LocksOut Some(Pass::Allow);
    /// A snapshot is of another cluster than the target.
    OtherCluster Some(Pass::Flag("--allow-cluster-change"));
    /// Records would be restored into a topic that was written to.
    TargetNotEmpty Some(Pass::Flag("--append"));
    /// Records would be restored into a topic with another number of partitions.
    PartitionsDiffer Some(Pass::Never);
    /// Records would be restored that the topic's retention deletes.
    RestoreExpires Some(Pass::Flag("--allow-expired"));
    /// Records would be restored whose timestamps the brokers refuse.
    TimestampRejected Some(Pass::Never);
    /// A record may be larger than its topic accepts.
    RecordTooLarge Some(Pass::Flag("--allow-large"));
    /// The cluster did not report a needed fact.
    NotVisible None;
    /// The replication factor differs.
    ReplicationFactor None;
    /// A setting is not copied, because brokers of this version would refuse it.
    SettingLeftOut None;
    /// A static setting differs.
    NeedsRestart None;
    /// A source of higher precedence overrides the setting.
    Shadowed None;
    /// A hidden value is declared, and cannot be compared.
    Sensitive None;
    /// Records would get other timestamps, or another kind of timestamp.
    TimestampsChange None;
    /// A topic violates a policy of the manifest that only warns.
    Policy None;
    /// A declared key is a vendor's, and cannot be checked.
    VendorKey None;
    /// A key is not in tonkafka's catalogue, and only the brokers can check it.
    UncataloguedKey None;
    /// Records of the time of the backup are gone, and their offsets with them.
    RecordsGone None;
    /// Replicas are, or may be, on other brokers than in the backup.
    ReplicaPlacement None;
    /// It was created after the backup was taken.
    CreatedSince None;
    /// A user differs from the backup, and its secret is not known.
    UserNotRestored None;
    /// The manifest owns a principal and does not declare some of its ACLs or quotas.
    AccessOrphan None;
    /// The cluster does not support ACLs, quotas or users.
    AccessNotSupported None;
    /// The cluster does not accept a topic setting, or may not.
    NotSettable None;
    /// The brokers have no request for a step.
    NoRequest None;
}

impl Code {
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

    /// A needed fact that could not be read.
    #[must_use]
    pub fn unreadable(resource: Resource, message: impl Into<String>) -> Self {
        Self::new(
            Code::NotVisible,
            Severity::Unreadable,
            resource,
            message.into(),
        )
    }

    /// A difference that no apply can remove.
    #[must_use]
    pub fn cannot_apply(code: Code, resource: Resource, message: impl Into<String>) -> Self {
        Self::new(code, Severity::CannotApply, resource, message.into())
    }

    /// Information.
    #[must_use]
    pub fn note(code: Code, resource: Resource, message: impl Into<String>) -> Self {
        Self::new(code, Severity::Note, resource, message.into())
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
