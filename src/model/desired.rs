//! The content of a manifest, with environment and defaults merged.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use serde::Serialize;

use super::access::{AclBinding, Entity, QuotaValue};
use super::topic::is_kept_by_programs;

/// Desired settings, ordered by key.
pub type Settings = BTreeMap<String, Setting>;

/// The desired state of one key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Setting {
    /// This value, in Kafka's own units.
    Value(String),
    /// No value at this level: the inherited value applies.
    Unset,
}

/// A place in a manifest, counted from 1.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Place {
    /// The file as it was named.
    pub file: Arc<str>,
    /// Line.
    pub line: usize,
    /// Column, in characters.
    pub column: usize,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.file, self.line, self.column)
    }
}

/// A whole manifest.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Desired {
    /// The cluster it is for.
    pub cluster: ClusterIdentity,
    /// Settings of brokers.
    pub broker: BrokerSettings,
    /// Topics, in the manifest's order.
    pub topics: Vec<DesiredTopic>,
    /// ACLs, each of which should exist or not.
    pub acls: BTreeMap<AclBinding, DesiredAcl>,
    /// Quotas by entity.
    pub quotas: BTreeMap<Entity, DesiredQuota>,
    /// What the manifest answers for although it does not name it.
    pub ownership: Ownership,
    /// What the manifest declares and `--only` left out of this value.
    pub left_out: LeftOut,
}

/// An ACL in a manifest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DesiredAcl {
    /// Where the manifest declares it, by itself or through a role.
    pub place: Place,
    /// Whether it should exist.
    pub present: bool,
}

/// The quotas of one entity in a manifest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DesiredQuota {
    /// Where the manifest names the entity.
    pub place: Place,
    /// Values by key; none means that the key should not be set. Keys that are not here are left alone.
    /// None instead of a map: the entity should have no quotas.
    pub values: Option<BTreeMap<String, Option<QuotaValue>>>,
}

/// What a manifest declares, but `--only` left out.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LeftOut {
    /// Whether settings for all brokers were left out.
    pub broker_defaults: bool,
    /// The brokers that have settings of their own.
    pub brokers: BTreeSet<i32>,
    /// Topics, including those that should not exist.
    pub topics: BTreeSet<String>,
    /// ACLs, including those that should not exist.
    pub acls: BTreeSet<AclBinding>,
    /// Entities with quotas.
    pub quotas: BTreeSet<Entity>,
}

/// The topic names that a manifest answers for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Ownership {
    /// Owned prefixes: a topic whose name begins with one of these is declared in the manifest, or is
    /// an orphan. Empty if the manifest owns only the topics that it names.
    pub prefixes: Vec<String>,
    /// Topics that another environment of the manifest declares: they are never orphans.
    pub spared: BTreeSet<String>,
    /// Owned beginnings of principals: an ACL or a quota of such a principal is declared, or is an orphan.
    pub principals: Vec<String>,
    /// ACLs that another environment of the manifest declares: they are never orphans.
    pub spared_acls: BTreeSet<AclBinding>,
    /// Entities whose quotas another environment of the manifest declares: they are never orphans.
    pub spared_quotas: BTreeSet<Entity>,
}

impl Ownership {
    /// Whether the manifest answers for a topic of this name. It never does for Kafka's own topics, nor
    /// for those that programs create for themselves.
    #[must_use]
    pub fn covers(&self, name: &str) -> bool {
        self.begins(name) && !self.spared.contains(name) && !is_kept_by_programs(name)
    }

    /// Whether the manifest answers for an ACL.
    #[must_use]
    pub fn covers_acl(&self, binding: &AclBinding) -> bool {
        self.owns(&binding.principal) && !self.spared_acls.contains(binding)
    }

    /// Whether the manifest answers for the quotas of an entity. Only users have principals.
    #[must_use]
    pub fn covers_quota(&self, entity: &Entity) -> bool {
        entity
            .principal()
            .is_some_and(|principal| self.owns(&principal))
            && !self.spared_quotas.contains(entity)
    }

    fn owns(&self, principal: &str) -> bool {
        let mut prefixes = self.principals.iter();
        prefixes.any(|prefix| principal.starts_with(prefix))
    }

    /// Whether the name begins with an owned prefix.
    #[must_use]
    pub fn begins(&self, name: &str) -> bool {
        self.prefixes.iter().any(|prefix| name.starts_with(prefix))
    }
}

/// The cluster a manifest is for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ClusterIdentity {
    /// Its name for people.
    pub name: Option<String>,
    /// `host:port` of brokers to ask first.
    pub bootstrap: Vec<String>,
    /// The `cluster.id` it must have.
    pub id: Option<String>,
}

/// Settings of brokers.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct BrokerSettings {
    /// For all brokers (cluster-wide).
    pub defaults: Settings,
    /// For single brokers, by id.
    pub brokers: BTreeMap<i32, Settings>,
    /// What a local broker starts with. Never compared with a cluster.
    pub process: Process,
}

/// What `up` and `render compose` start a broker with.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Process {
    /// The JVM's heap as `-Xmx` takes it, such as `1G`.
    pub heap: Option<String>,
    /// Further static settings, such as `listeners`, by their Kafka names.
    pub settings: BTreeMap<String, String>,
}

/// A topic in a manifest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DesiredTopic {
    /// Its name.
    pub name: String,
    /// Where the manifest names it.
    pub place: Place,
    /// What it should be.
    pub state: TopicState,
}

/// Whether a topic should exist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TopicState {
    /// It should, like this.
    Present(TopicSpec),
    /// It should not.
    Absent,
}

/// What a topic should be.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TopicSpec {
    /// Number of partitions.
    pub partitions: i32,
    /// Replication factor; none means the broker's default, which is not compared.
    pub replicas: Option<i16>,
    /// The topic's own settings.
    pub configs: Settings,
    /// What it is for.
    pub description: Option<String>,
    /// The file of its records' schema.
    pub schema: Option<String>,
    /// Whether its records have keys: adding partitions then moves keys to other partitions.
    pub keyed: bool,
    /// Whether a policy refuses a `min.insync.replicas` above the number of its replicas.
    pub min_isr_within_replicas: bool,
}

impl Desired {
    /// The principals of its ACLs and quotas, some of them more than once.
    pub fn principals(&self) -> impl Iterator<Item = String> {
        let acls = self.acls.keys().map(|acl| acl.principal.clone());
        acls.chain(self.quotas.keys().filter_map(Entity::principal))
    }

    /// Whether it depends on the cluster's ACLs.
    #[must_use]
    pub fn speaks_of_acls(&self) -> bool {
        !self.acls.is_empty() || !self.ownership.principals.is_empty()
    }

    /// Whether it depends on the cluster's quotas.
    #[must_use]
    pub fn speaks_of_quotas(&self) -> bool {
        !self.quotas.is_empty() || !self.ownership.principals.is_empty()
    }

    /// The names of all declared topics, including those that should not exist, in the manifest's
    /// order.
    pub fn topic_names(&self) -> impl Iterator<Item = &str> {
        self.topics.iter().map(|topic| topic.name.as_str())
    }
}
