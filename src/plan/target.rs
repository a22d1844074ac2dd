//! The targets of steps.

use super::resource::Resource;
use crate::model::access::{AclBinding, Entity};
use crate::model::config::ConfigSource;
use crate::model::measure::TopicPartition;
use crate::model::topic::{Topic, TopicId};

/// What a kind of step is done to.
pub trait StepTarget: Sized {
    /// Reads the target of a step in a document; none when the resource is of another kind.
    fn read(resource: Resource, topic_id: Option<TopicId>) -> Option<Self>;

    /// The target as documents and findings name it.
    fn resource(&self) -> Resource;

    /// The topic that it is or belongs to.
    fn topic(&self) -> Option<&TopicTarget> {
        None
    }

    /// The id of the group that it is or belongs to.
    fn group_id(&self) -> Option<&str> {
        None
    }

    /// The partition that it is or belongs to.
    fn partition(&self) -> Option<TopicPartition> {
        None
    }
}

/// A topic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TopicTarget {
    /// Its name.
    pub name: String,
    /// Its id at the time of planning; none for a new topic, and when brokers do not report it.
    pub id: Option<TopicId>,
}

impl TopicTarget {
    /// A topic that does not exist yet, or whose id is unknown.
    #[must_use]
    pub fn named(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            id: None,
        }
    }

    /// A topic with this id.
    #[must_use]
    pub fn new(name: &str, id: Option<TopicId>) -> Self {
        Self {
            name: name.to_owned(),
            id: id.filter(TopicId::is_known),
        }
    }
}

impl From<&Topic> for TopicTarget {
    fn from(topic: &Topic) -> Self {
        Self::new(&topic.name, Some(topic.id))
    }
}

impl StepTarget for TopicTarget {
    fn read(resource: Resource, id: Option<TopicId>) -> Option<Self> {
        match resource {
            Resource::Topic { name } => Some(Self { name, id }),
            _ => None,
        }
    }

    fn resource(&self) -> Resource {
        Resource::topic(&self.name)
    }

    fn topic(&self) -> Option<&TopicTarget> {
        Some(self)
    }
}

/// A partition of a topic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartitionTarget {
    /// The topic.
    pub topic: TopicTarget,
    /// Its number.
    pub number: i32,
}

impl PartitionTarget {
    /// The topic's name and the partition's number.
    #[must_use]
    pub fn key(&self) -> TopicPartition {
        TopicPartition::new(self.topic.name.clone(), self.number)
    }
}

impl StepTarget for PartitionTarget {
    fn read(resource: Resource, id: Option<TopicId>) -> Option<Self> {
        match resource {
            Resource::Partition { topic, partition } => Some(Self {
                topic: TopicTarget { name: topic, id },
                number: partition,
            }),
            _ => None,
        }
    }

    fn resource(&self) -> Resource {
        let TopicPartition { topic, partition } = self.key();
        Resource::Partition { topic, partition }
    }

    fn topic(&self) -> Option<&TopicTarget> {
        Some(&self.topic)
    }

    fn partition(&self) -> Option<TopicPartition> {
        Some(self.key())
    }
}

/// A group's commit for a partition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommitTarget {
    /// The group's id.
    pub group: String,
    /// The partition.
    pub partition: PartitionTarget,
}

impl CommitTarget {
    /// A group's commit for a partition of the topic with this id.
    #[must_use]
    pub fn new(group: &str, key: &TopicPartition, id: Option<TopicId>) -> Self {
        Self {
            group: group.to_owned(),
            partition: PartitionTarget {
                topic: TopicTarget::new(&key.topic, id),
                number: key.partition,
            },
        }
    }
}

impl StepTarget for CommitTarget {
    fn read(resource: Resource, id: Option<TopicId>) -> Option<Self> {
        let Resource::Commit {
            group,
            topic,
            partition,
        } = resource
        else {
            return None;
        };
        Some(Self {
            group,
            partition: PartitionTarget {
                topic: TopicTarget { name: topic, id },
                number: partition,
            },
        })
    }

    fn resource(&self) -> Resource {
        Resource::commit(&self.group, &self.partition.key())
    }

    fn topic(&self) -> Option<&TopicTarget> {
        Some(&self.partition.topic)
    }

    fn group_id(&self) -> Option<&str> {
        Some(&self.group)
    }

    fn partition(&self) -> Option<TopicPartition> {
        Some(self.partition.key())
    }
}

/// A group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupTarget {
    /// Its id.
    pub id: String,
}

impl StepTarget for GroupTarget {
    fn read(resource: Resource, topic_id: Option<TopicId>) -> Option<Self> {
        match (resource, topic_id) {
            (Resource::Group { id }, None) => Some(Self { id }),
            _ => None,
        }
    }

    fn resource(&self) -> Resource {
        Resource::group(&self.id)
    }

    fn group_id(&self) -> Option<&str> {
        Some(&self.id)
    }
}

/// A resource with settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ConfigTarget {
    /// All brokers.
    BrokerDefaults,
    /// One broker, by its id.
    Broker(i32),
    /// One topic.
    Topic(TopicTarget),
}

impl ConfigTarget {
    /// The source that brokers report for a value set here.
    #[must_use]
    pub fn source(&self) -> ConfigSource {
        match self {
            Self::BrokerDefaults => ConfigSource::DynamicDefaultBrokerConfig,
            Self::Broker(_) => ConfigSource::DynamicBrokerConfig,
            Self::Topic(_) => ConfigSource::DynamicTopicConfig,
        }
    }
}

impl StepTarget for ConfigTarget {
    fn read(resource: Resource, topic_id: Option<TopicId>) -> Option<Self> {
        match (resource, topic_id) {
            (Resource::BrokerDefaults, None) => Some(Self::BrokerDefaults),
            (Resource::Broker { id }, None) => Some(Self::Broker(id)),
            (resource, id) => TopicTarget::read(resource, id).map(Self::Topic),
        }
    }

    fn resource(&self) -> Resource {
        match self {
            Self::BrokerDefaults => Resource::BrokerDefaults,
            Self::Broker(id) => Resource::Broker { id: *id },
            Self::Topic(topic) => topic.resource(),
        }
    }

    fn topic(&self) -> Option<&TopicTarget> {
        match self {
            Self::Topic(topic) => Some(topic),
            Self::BrokerDefaults | Self::Broker(_) => None,
        }
    }
}

impl StepTarget for AclBinding {
    fn read(resource: Resource, topic_id: Option<TopicId>) -> Option<Self> {
        match (resource, topic_id) {
            (Resource::Acl(acl), None) => Some(acl),
            _ => None,
        }
    }

    fn resource(&self) -> Resource {
        Resource::Acl(self.clone())
    }
}

impl StepTarget for Entity {
    fn read(resource: Resource, topic_id: Option<TopicId>) -> Option<Self> {
        match (resource, topic_id) {
            (Resource::Quota { entity }, None) => Some(entity),
            _ => None,
        }
    }

    fn resource(&self) -> Resource {
        Resource::Quota {
            entity: self.clone(),
        }
    }
}
