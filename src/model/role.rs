//! Roles: the least ACLs that kinds of applications need.
//!
//! `READ`, `WRITE`, `DELETE` and `ALTER` include `DESCRIBE`, and `ALTER_CONFIGS` includes `DESCRIBE_CONFIGS`
//! (`StandardAuthorizerData`), so these are not granted a second time. A producer with idempotence, which is
//! the default of Kafka's clients, needs `WRITE` on any topic (KIP-679).

use super::access::{AclBinding, Operation, PatternType, Permission, ResourceType};
use super::rights::{CLUSTER_NAME, EVERY_NAME};

/// What an application does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Writes records to topics.
    Producer,
    /// Writes records to topics in transactions; with groups, it commits their offsets in transactions too.
    TransactionalProducer,
    /// Reads records of topics as a member of groups.
    Consumer,
    /// A Kafka Streams application: reads input topics, writes output topics, and keeps internal topics and
    /// a group under its application id.
    Streams,
    /// Manages the cluster with tonkafka, except for ACLs and users.
    Operator,
}

/// The resources that a role is played on. A role uses only those that [`Role::needs`] or [`Role::takes`]
/// lists.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RoleResources {
    /// Topics that are read or written; for Streams, its input topics.
    pub topics: Vec<String>,
    /// Streams: its output topics.
    pub outputs: Vec<String>,
    /// Groups.
    pub groups: Vec<String>,
    /// Transactional ids.
    pub transactional_ids: Vec<String>,
    /// Streams: its application id.
    pub application_id: Option<String>,
}

type Right<'a> = (ResourceType, &'a str, PatternType, &'static [Operation]);

impl Role {
    /// All roles, with their names in manifests.
    pub const ALL: [(&'static str, Self); 5] = [
        ("producer", Self::Producer),
        ("transactional-producer", Self::TransactionalProducer),
        ("consumer", Self::Consumer),
        ("streams", Self::Streams),
        ("operator", Self::Operator),
    ];

    /// The names of all roles.
    #[must_use]
    pub const fn names() -> [&'static str; 5] {
        [
            Self::ALL[0].0,
            Self::ALL[1].0,
            Self::ALL[2].0,
            Self::ALL[3].0,
            Self::ALL[4].0,
        ]
    }

    /// The fields that a manifest must give for it.
    #[must_use]
    pub fn needs(self) -> &'static [&'static str] {
        match self {
            Self::Producer => &["topic"],
            Self::TransactionalProducer => &["topic", "transactionalId"],
            Self::Consumer => &["topic", "group"],
            Self::Streams => &["applicationId", "topic"],
            Self::Operator => &[],
        }
    }

    /// The fields that a manifest may give for it beyond those that it must.
    #[must_use]
    pub fn takes(self) -> &'static [&'static str] {
        match self {
            Self::TransactionalProducer => &["group"],
            Self::Streams => &["output"],
            Self::Producer | Self::Consumer | Self::Operator => &[],
        }
    }

    /// Its ACLs for one principal from one host. `pattern` says how the names of topics, groups and
    /// transactional ids match; an operator has all of them.
    #[must_use]
    pub fn acls(
        self,
        principal: &str,
        host: &str,
        on: &RoleResources,
        pattern: PatternType,
    ) -> Vec<AclBinding> {
        let rights = match self {
            Self::Operator => operator(),
            Self::Streams => streams(on, pattern),
            Self::Producer | Self::TransactionalProducer | Self::Consumer => {
                client(self, on, pattern)
            }
        };
        let each = rights
            .into_iter()
            .flat_map(|(kind, name, pattern, operations)| {
                operations.iter().map(move |operation| AclBinding {
                    resource_type: kind,
                    resource_name: name.to_owned(),
                    pattern_type: pattern,
                    principal: principal.to_owned(),
                    host: host.to_owned(),
                    operation: *operation,
                    permission: Permission::Allow,
                })
            });
        each.collect()
    }
}

fn client(role: Role, on: &RoleResources, pattern: PatternType) -> Vec<Right<'_>> {
    let topic: &[Operation] = match role {
        Role::Consumer => &[Operation::Read],
        _ => &[Operation::Write],
    };
    let topics = on.topics.iter();
    let topics = topics.map(|name| (ResourceType::Topic, name.as_str(), pattern, topic));
    let ids = on.transactional_ids.iter().map(|id| {
        let operations: &[Operation] = &[Operation::Write];
        (
            ResourceType::TransactionalId,
            id.as_str(),
            pattern,
            operations,
        )
    });
    let groups = on.groups.iter().map(|id| {
        let operations: &[Operation] = &[Operation::Read];
        (ResourceType::Group, id.as_str(), pattern, operations)
    });
    topics.chain(ids).chain(groups).collect()
}

/// Streams names its group, its internal topics and its transactional ids after the application id, as
/// `docs/streams/developer-guide/security` of Kafka says.
fn streams(on: &RoleResources, pattern: PatternType) -> Vec<Right<'_>> {
    let inputs = on.topics.iter();
    let inputs = inputs.map(|name| (name, &[Operation::Read] as &[Operation]));
    let outputs = on.outputs.iter();
    let outputs = outputs.map(|name| (name, &[Operation::Write] as &[Operation]));
    let mut rights: Vec<Right<'_>> = inputs
        .chain(outputs)
        .map(|(name, operations)| (ResourceType::Topic, name.as_str(), pattern, operations))
        .collect();
    if let Some(id) = &on.application_id {
        const INTERNAL: &[Operation] = &[
            Operation::Read,
            Operation::Write,
            Operation::Create,
            Operation::Delete,
            Operation::DescribeConfigs,
        ];
        let prefixed = PatternType::Prefixed;
        rights.extend([
            (ResourceType::Topic, id.as_str(), prefixed, INTERNAL),
            (
                ResourceType::Group,
                id,
                PatternType::Literal,
                &[Operation::Read],
            ),
            (
                ResourceType::TransactionalId,
                id,
                prefixed,
                &[Operation::Write],
            ),
        ]);
    }
    rights
}

/// An operator has no `ALTER` on the cluster, although elections and reassignments need it: with it, anybody
/// could be given any right.
fn operator() -> Vec<Right<'static>> {
    let literal = PatternType::Literal;
    vec![
        // plan, describe, backup; settings of brokers, quotas
        (
            ResourceType::Cluster,
            CLUSTER_NAME,
            literal,
            &[Operation::Describe, Operation::AlterConfigs],
        ),
        // apply; offsets and snapshots also need READ
        (
            ResourceType::Topic,
            EVERY_NAME,
            literal,
            &[
                Operation::Create,
                Operation::Alter,
                Operation::AlterConfigs,
                Operation::Delete,
                Operation::Read,
            ],
        ),
        // lag, reset-offsets, groups delete
        (
            ResourceType::Group,
            EVERY_NAME,
            literal,
            &[Operation::Read, Operation::Delete],
        ),
    ]
}
