//! What a step or a finding is about.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::access::{AclBinding, Entity};
use crate::model::escape::escape;
use crate::model::measure::TopicPartition;

/// What a step changes or a finding is about.
#[derive(
    Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(tag = "type", rename_all = "camelCase")]
pub enum Resource {
    /// The dynamic defaults of all brokers.
    BrokerDefaults,
    /// One broker.
    Broker {
        /// Its id.
        #[schemars(range(min = 0))]
        id: i32,
    },
    /// One topic.
    Topic {
        /// Its name.
        name: String,
    },
    /// One partition of a topic.
    Partition {
        /// The topic.
        topic: String,
        /// Its number.
        #[schemars(range(min = 0))]
        partition: i32,
    },
    /// One group.
    Group {
        /// Its id.
        id: String,
    },
    /// A group's commit for one partition.
    Commit {
        /// The group's id.
        group: String,
        /// The topic.
        topic: String,
        /// The partition's number.
        #[schemars(range(min = 0))]
        partition: i32,
    },
    /// The whole cluster.
    Cluster,
    /// One ACL.
    Acl(AclBinding),
    /// The quotas of an entity.
    Quota {
        /// The entity.
        entity: Entity,
    },
    /// One user.
    User {
        /// The name.
        name: String,
    },
}

impl Resource {
    /// The topic of this name.
    #[must_use]
    pub fn topic(name: &str) -> Self {
        Self::Topic {
            name: name.to_owned(),
        }
    }

    /// The group of this id.
    #[must_use]
    pub fn group(id: &str) -> Self {
        Self::Group { id: id.to_owned() }
    }

    /// A group's commit for a partition.
    #[must_use]
    pub fn commit(group: &str, TopicPartition { topic, partition }: &TopicPartition) -> Self {
        Self::Commit {
            group: group.to_owned(),
            topic: topic.clone(),
            partition: *partition,
        }
    }

    /// The topic that it is or belongs to.
    #[must_use]
    pub fn topic_name(&self) -> Option<&str> {
        match self {
            Self::Topic { name } => Some(name),
            Self::Partition { topic, .. } | Self::Commit { topic, .. } => Some(topic),
            _ => None,
        }
    }
}

impl fmt::Display for Resource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BrokerDefaults => f.write_str("all brokers"),
            Self::Broker { id } => write!(f, "broker {id}"),
            Self::Topic { name } => write!(f, "topic {name}"),
            Self::Partition { topic, partition } => write!(f, "partition {topic}-{partition}"),
            Self::Group { id } => write!(f, "group {}", escape(id)),
            Self::Commit {
                group,
                topic,
                partition,
            } => write!(f, "group {}: {topic}-{partition}", escape(group)),
            Self::Cluster => f.write_str("the cluster"),
            Self::Acl(acl) => write!(f, "ACL {acl}"),
            Self::Quota { entity } => write!(f, "quotas of {entity}"),
            Self::User { name } => write!(f, "user {}", escape(name)),
        }
    }
}
