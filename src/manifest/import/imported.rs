//! A manifest that is to be written: the settings of each resource, and what is left out.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::access::{AclBinding, Quotas};
use crate::model::broker::BrokerId;
use crate::model::desired::ClusterIdentity;

/// A manifest that is to be written.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Imported {
    pub(super) cluster: ClusterIdentity,
    pub(super) broker_defaults: Lines,
    pub(super) brokers: BTreeMap<BrokerId, Lines>,
    /// Whether Kafka manages `min.insync.replicas` of all brokers by itself (KIP-966).
    pub(super) has_elr: bool,
    /// Replicas and settings for all topics.
    pub(super) replicas: Option<i16>,
    pub(super) configs: Lines,
    pub(super) topics: Vec<Topic>,
    pub(super) acls: BTreeSet<AclBinding>,
    /// ACLs that a manifest does not accept, each with the reason.
    pub(super) left_acls: Vec<(AclBinding, String)>,
    /// Quotas, including those that a manifest does not accept.
    pub(super) quotas: Quotas,
    pub(super) missing: Vec<String>,
    pub(super) unsupported: Vec<String>,
}

/// Settings by key.
pub(super) type Lines = BTreeMap<String, Line>;

/// The entry of one key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Line {
    /// A value.
    Set(String),
    /// `unset`.
    Unset,
    /// Only a comment: the value is hidden.
    Hidden,
    /// Only a comment, with this reason.
    Left(String),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Topic {
    pub(super) name: String,
    pub(super) state: State,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum State {
    Present(Present),
    Absent,
    /// Left out, for this reason.
    Left(String),
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Present {
    pub(super) partitions: i32,
    pub(super) replicas: Option<i16>,
    pub(super) description: Option<String>,
    pub(super) configs: Lines,
}

/// A topic that cannot be written to a manifest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct LeftOut {
    pub(super) topic: String,
    pub(super) why: String,
}

impl Imported {
    /// What could not be read and is missing from the manifest, one sentence each.
    #[must_use]
    pub fn missing(&self) -> &[String] {
        &self.missing
    }

    /// What the cluster does not support, one sentence each. The manifest is complete without it.
    #[must_use]
    pub fn unsupported(&self) -> &[String] {
        &self.unsupported
    }

    /// The number of settings and topics that were read, but are not in the manifest. Comments say
    /// which.
    #[must_use]
    pub fn left_out(&self) -> usize {
        let of_topics = self.topics.iter().map(|topic| match &topic.state {
            State::Present(present) => left(&present.configs),
            State::Absent => 0,
            State::Left(_) => 1,
        });
        let of_brokers = self.brokers.values().map(left);
        let in_topics: usize = of_topics.sum();
        in_topics + of_brokers.sum::<usize>() + left(&self.broker_defaults) + self.left_access()
    }

    /// The topics that should exist.
    pub(super) fn present(&self) -> impl Iterator<Item = &Present> {
        self.topics.iter().filter_map(|topic| match &topic.state {
            State::Present(present) => Some(present),
            State::Absent | State::Left(_) => None,
        })
    }

    pub(super) fn present_mut(&mut self) -> impl Iterator<Item = (&str, &mut Present)> {
        let topics = self.topics.iter_mut();
        topics.filter_map(|topic| match &mut topic.state {
            State::Present(present) => Some((topic.name.as_str(), present)),
            State::Absent | State::Left(_) => None,
        })
    }
}

fn left(lines: &Lines) -> usize {
    let lines = lines.values();
    lines
        .filter(|line| matches!(line, Line::Hidden | Line::Left(_)))
        .count()
}
