//! The fields of a manifest, for `explain` and for the JSON Schema.

use self::Form::{
    Addresses, Boolean, EachBroker, Environments, Heap, Integer, Kafka, Mapping, Name, OneOf,
    Operations, Policy, Prefixes, PrincipalPrefixes, Principals, Process, QuotaKeys, SharedKeys,
    Text, Texts, TopicKeys, Topics, Version, Yes,
};
use super::limits::{MOST_IN_ALL, MOST_PARTITIONS, MOST_REPLICAS};
use crate::model::role::Role;

/// A field of a manifest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ManifestField {
    /// Its path, such as `topics.items.partitions`.
    pub path: &'static str,
    /// The values that it takes, for people.
    pub takes: &'static str,
    /// Its meaning.
    pub about: &'static str,
    /// The values that it takes, for programs.
    pub form: Form,
}

/// The values that a field takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// The version.
    Version,
    /// A mapping of the fields below it.
    Mapping,
    /// Text that is not empty.
    Text,
    /// A whole number, at least 1.
    Integer {
        /// The largest.
        most: i64,
    },
    /// `true` or `false`.
    Boolean,
    /// One of these words.
    OneOf(&'static [&'static str]),
    /// A topic's name.
    Name,
    /// A version of Kafka.
    Kafka,
    /// A size in the form of Java's `-Xmx`.
    Heap,
    /// One or several of `host:port`.
    Addresses,
    /// One or several prefixes of topic names.
    Prefixes,
    /// Topic keys with values.
    TopicKeys,
    /// Broker keys with values, for all brokers.
    SharedKeys,
    /// Broker ids, each with keys and values.
    EachBroker,
    /// Broker keys and plug-in keys with values, and the fields below it.
    Process,
    /// A rule: its value, a mapping with it, or `false`.
    Policy(Takes),
    /// A list of topics, each with the fields below it.
    Topics,
    /// `true`.
    Yes,
    /// One or several texts.
    Texts,
    /// One or several principals.
    Principals,
    /// One or several beginnings of principals.
    PrincipalPrefixes,
    /// One or several operations of ACLs.
    Operations,
    /// A list of ACLs and roles, each with the fields below it.
    Acls,
    /// A list of quotas, each with the fields below it.
    Quotas,
    /// Quota keys with numbers.
    QuotaKeys,
    /// Names of environments, each with sections.
    Environments,
}

/// The value of a policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Takes {
    /// A regular expression.
    Pattern,
    /// A whole number, at least 1.
    Count {
        /// The largest.
        most: i64,
    },
    /// `true`; a mapping may leave it out.
    Flag,
    /// A duration with a unit, or in milliseconds.
    Time,
    /// One or several of these words.
    OneOf(&'static [&'static str]),
    /// One or several texts.
    Texts,
}

impl ManifestField {
    /// The last part of its path.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.path.rsplit('.').next().unwrap_or(self.path)
    }
}

/// The names of all roles.
const ROLES: [&str; 5] = Role::names();

const REPLICAS: Form = Integer {
    most: MOST_REPLICAS,
};

/// A field a line: its path, its form, the values that it takes, and its meaning.
macro_rules! fields {
    ($($path:literal: $form:expr, $takes:literal, $about:literal;)*) => {
        &[$(ManifestField { path: $path, takes: $takes, about: $about, form: $form }),*]
    };
}

/// All fields, in the order in which a manifest has them.
pub const FIELDS: &[ManifestField] = fields! {
    "version": Version, "1",
        "The version of the manifest's form. Every file starts with it.";
    "cluster": Mapping, "a mapping",
        "The cluster that the manifest is for.";
    "cluster.name": Text, "text",
        "What people call the cluster.";
    "cluster.bootstrap": Addresses, "host:port, one or a list",
        "The brokers to ask first, unless the command line or the environment names others.";
    "cluster.id": Text, "text",
        "The cluster.id that the cluster must have: another cluster is refused.";
    "cluster.kafka": Kafka, "a version in quotes, such as \"4.3\"",
        "The version of its Kafka: keys that this version does not have, and values that it does not take, are refused offline. Without it, what one of 3.9, 4.3 and 4.4 takes passes, and plan asks the brokers.";
    "broker": Mapping, "a mapping",
        "Settings of brokers.";
    "broker.defaults": SharedKeys, "keys of brokers and values",
        "Settings for all brokers. One that is changed while brokers run is written; one that needs a restart is compared and reported.";
    "broker.brokers": EachBroker, "ids of brokers, each with keys and values",
        "Settings of single brokers, which win over those for all.";
    "broker.process": Process, "keys of brokers and values",
        "What `tonkafka up` starts a broker with. It is never compared with a cluster.";
    "broker.process.heap": Heap, "a size as Java takes it, such as 1G",
        "The memory of a broker that `tonkafka up` starts.";
    "ownership": Mapping, "a mapping",
        "What the manifest answers for beyond the topics that it names.";
    "ownership.prefixes": Prefixes, "a list of beginnings of names",
        "Every topic of the manifest begins with one of these, and a topic of the cluster that does and is not declared is an orphan: plan lists it, and `--delete-orphans` plans its deletion.";
    "ownership.principals": PrincipalPrefixes, "a list of beginnings of principals",
        "Every ACL of the manifest is for a principal that begins with one of these. ACLs and quotas of such a principal that are not declared are orphans: plan tells of them, and `--delete-orphans` plans their removal.";
    "policies": Mapping, "names of rules, each with its value",
        "Rules for the topics of the manifest, each off unless it is named. In place of its value a rule takes a mapping of `value`, `severity` (error or warn), `only` and `except` (patterns of names); `false` switches it off.";
    "policies.naming": Policy(Takes::Pattern), "a regular expression for the whole name",
        "Every topic's name has to match.";
    "policies.min-partitions": Policy(Takes::Count { most: MOST_PARTITIONS }), "a whole number from 1",
        "No topic has fewer partitions.";
    "policies.max-partitions": Policy(Takes::Count { most: MOST_PARTITIONS }), "a whole number from 1",
        "No topic has more partitions.";
    "policies.max-partitions-in-all": Policy(Takes::Count { most: MOST_IN_ALL }), "a whole number from 1",
        "The topics have no more partitions together. Where it is not said, more than 200000 are warned of.";
    "policies.min-replicas": Policy(Takes::Count { most: MOST_REPLICAS }), "a whole number from 1",
        "No topic has fewer replicas. One that leaves the number to the brokers breaks it.";
    "policies.max-replicas": Policy(Takes::Count { most: MOST_REPLICAS }), "a whole number from 1",
        "No topic has more replicas. One that leaves the number to the brokers breaks it.";
    "policies.min-insync-below-replicas": Policy(Takes::Flag), "true",
        "Topics that set `min.insync.replicas` have more replicas than that: one broker less stops no producer.";
    "policies.min-insync-within-replicas": Policy(Takes::Flag), "true",
        "Topics that set `min.insync.replicas` have at least as many replicas. Where it is not said, others are warned of.";
    "policies.min-retention": Policy(Takes::Time), "a time such as 1d",
        "Topics that set `retention.ms` keep records at least this long.";
    "policies.max-retention": Policy(Takes::Time), "a time such as 30d",
        "Topics that set `retention.ms` keep records at most this long.";
    "policies.cleanup-policies": Policy(Takes::OneOf(&["compact", "delete"])), "delete, compact or both",
        "Topics that set `cleanup.policy` take nothing else.";
    "policies.require-keys": Policy(Takes::Texts), "keys of topics",
        "Every topic sets these keys, by itself or through `topics.defaults`.";
    "policies.forbid-keys": Policy(Takes::Texts), "keys of topics, or patterns",
        "No topic sets these keys.";
    "policies.require-description": Policy(Takes::Flag), "true",
        "Every topic has a description.";
    "policies.require-schema": Policy(Takes::Flag), "true",
        "Every topic names the schema of its records.";
    "topics": Mapping, "a mapping",
        "The topics.";
    "topics.defaults": Mapping, "a mapping",
        "What every topic has unless it says otherwise.";
    "topics.defaults.replicas": REPLICAS, "a whole number from 1",
        "The replication factor of topics that name none.";
    "topics.defaults.configs": TopicKeys, "keys of topics and values",
        "Settings of every topic that does not set them itself.";
    "topics.items": Topics, "a list of topics",
        "The topics, each with its name. Topics of the cluster that are not listed are left alone.";
    "topics.items.name": Name, "letters, digits, `.`, `_` and `-`",
        "The topic's name.";
    "topics.items.partitions": Integer { most: MOST_PARTITIONS }, "a whole number from 1",
        "How many partitions the topic has. More can be added later, none can be taken away; adding some moves keys to other partitions.";
    "topics.items.replicas": REPLICAS, "a whole number from 1",
        "The replication factor. Left out, a new topic gets the broker's default, and an existing one is not compared.";
    "topics.items.description": Text, "text",
        "What the topic is for. It is not written to the cluster.";
    "topics.items.configs": TopicKeys, "keys of topics and values, or `unset`",
        "The topic's own settings: plain numbers, or sizes and durations with units such as 1GiB and 7d. `unset` goes back to the default; what is not named is left alone.";
    "topics.items.schema": Text, "a path",
        "The JSON Schema of the topic's records.";
    "topics.items.keyed": Boolean, "true or false",
        "Whether the order of records with the same key matters: adding partitions then counts as a risk.";
    "topics.items.state": OneOf(&["present", "absent"]), "present or absent",
        "`absent` is the only way in which a delete is ever planned.";
    "acls": Mapping, "a mapping",
        "Who may do what. ACLs of the cluster that are not listed are left alone.";
    "acls.items": Form::Acls, "a list of ACLs and roles",
        "ACLs, each with a principal, operations and a resource, and roles, which stand for the ACLs that an application needs. The plan shows each ACL.";
    "acls.items.principal": Principals, "User:name, one or a list",
        "Who: the principal as the brokers name it, such as `User:orders-service`. `User:*` is everybody.";
    "acls.items.role": OneOf(&ROLES), "producer, transactional-producer, consumer, streams or operator",
        "Stands for the least ACLs of such an application on the named topics, groups and ids.";
    "acls.items.operations": Operations, "READ, WRITE and others, one or a list",
        "What is allowed or denied. READ, WRITE, DELETE and ALTER include DESCRIBE; ALTER_CONFIGS includes DESCRIBE_CONFIGS.";
    "acls.items.permission": OneOf(&["ALLOW", "DENY"]), "ALLOW or DENY",
        "Left out: ALLOW. A DENY wins over every ALLOW.";
    "acls.items.host": Texts, "an address, one or a list",
        "The clients' addresses; left out: all of them. A range such as `10.0.0.0/8` needs brokers of Kafka 4.4 or newer.";
    "acls.items.topic": Texts, "a name, one or a list",
        "Topics, or beginnings of names with `pattern: PREFIXED`; `\"*\"` is every topic.";
    "acls.items.group": Texts, "a name, one or a list",
        "Groups, in the way of topics.";
    "acls.items.transactionalId": Texts, "a name, one or a list",
        "Transactional ids, in the way of topics.";
    "acls.items.cluster": Yes, "true",
        "The cluster itself.";
    "acls.items.user": Texts, "a name, one or a list",
        "Users for whom delegation tokens are created or described.";
    "acls.items.delegationToken": Texts, "a name, one or a list",
        "Delegation tokens, by their owners.";
    "acls.items.applicationId": Text, "text",
        "For the role streams: the application id, under which its group and its internal topics are.";
    "acls.items.output": Texts, "a name, one or a list",
        "For the role streams: the topics that it writes.";
    "acls.items.pattern": OneOf(&["LITERAL", "PREFIXED"]), "LITERAL or PREFIXED",
        "How names match resources; left out: LITERAL.";
    "acls.items.description": Text, "text",
        "What it is for. It is not written to the cluster.";
    "acls.items.state": OneOf(&["present", "absent"]), "present or absent",
        "`absent` removes exactly these ACLs.";
    "quotas": Mapping, "a mapping",
        "Limits of users, client ids and addresses. Quotas of the cluster that are not listed are left alone.";
    "quotas.items": Form::Quotas, "a list of quotas",
        "The quotas, each for one user, client id, both, or one address.";
    "quotas.items.user": Text, "a name, or <default>",
        "The user, without `User:`; `<default>` is every user without quotas of their own.";
    "quotas.items.clientId": Text, "a name, or <default>",
        "The client id.";
    "quotas.items.ip": Text, "an address, or <default>",
        "The address of clients.";
    "quotas.items.configs": QuotaKeys, "quotas and numbers, or `unset`",
        "The limits: `producer_byte_rate` and `consumer_byte_rate` in bytes per second, `request_percentage`, `controller_mutation_rate`; for addresses `connection_creation_rate`. `unset` removes one; what is not named is left alone.";
    "quotas.items.description": Text, "text",
        "What it is for. It is not written to the cluster.";
    "quotas.items.state": OneOf(&["present", "absent"]), "present or absent",
        "`absent` removes all quotas of the entity.";
    "environments": Environments, "names, each with `cluster`, `broker`, `ownership`, `policies`, `topics`, `acls` or `quotas`",
        "What is otherwise in an environment: `--env NAME` lays it over the rest, field by field and topic by topic.";
};

/// The fields of that name, or at that path.
pub fn fields(name: &str) -> impl Iterator<Item = &'static ManifestField> {
    FIELDS
        .iter()
        .filter(move |field| field.path == name || field.name() == name)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::super::{acls, broker, cluster, ownership, policies, quotas, sections, topics};
    use super::*;

    #[test]
    fn every_field_that_is_read_is_here() {
        for (above, read) in [
            ("", &sections::SECTIONS[..]),
            ("cluster.", &cluster::FIELDS),
            ("broker.", &broker::FIELDS),
            ("ownership.", &ownership::FIELDS),
            ("policies.", &policies::RULES),
            ("topics.", &topics::FIELDS),
            ("topics.defaults.", &topics::DEFAULTS),
            ("topics.items.", &topics::TOPIC),
            ("acls.", &acls::FIELDS),
            ("acls.items.", &acls::ITEM),
            ("quotas.", &quotas::FIELDS),
            ("quotas.items.", &quotas::ITEM),
        ] {
            let here: BTreeSet<&str> = FIELDS
                .iter()
                .filter_map(|field| field.path.strip_prefix(above))
                .filter(|name| !name.contains('.'))
                .collect();
            assert_eq!(here, read.iter().copied().collect(), "{above}");
        }
    }
}
