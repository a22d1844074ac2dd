//! What a plan cannot or will not do, and why.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::step::Resource;

/// Something to know about a plan beyond its steps.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// A guard: nothing at all is applied.
    Refused,
    /// A needed fact could not be read: nothing at all is applied.
    Unreadable,
    /// A difference that no apply can remove. Changes no exit code unless `--strict`.
    CannotApply,
    /// Good to know.
    Note,
}

/// What kind of finding it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Code {
    /// The cluster is not the one the manifest pins.
    WrongCluster,
    /// Fewer partitions are declared than there are.
    PartitionDecrease,
    /// More topics are declared absent than `--allow-delete` lets go.
    DeleteNotAllowed,
    /// One of Kafka's own topics would be deleted.
    InternalTopic,
    /// More in-sync replicas would be required than the topic has replicas.
    MinIsrAboveReplicas,
    /// A broker key that no broker knows.
    UnknownBrokerKey,
    /// Settings for a broker that is not there.
    UnknownBroker,
    /// The key cannot be unset on this cluster.
    CannotUnset,
    /// The cluster would not or could not tell what is needed.
    NotVisible,
    /// The replication factor differs.
    ReplicationFactor,
    /// A static setting differs.
    NeedsRestart,
    /// A stronger source keeps the setting from taking effect.
    Shadowed,
    /// A hidden value was declared and cannot be compared.
    Sensitive,
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
}
