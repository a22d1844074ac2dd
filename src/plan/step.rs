//! What is written: steps, each one resource and one action.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::commit::{OffsetChange, PartitionCommit};
use crate::model::access::{AclBinding, Entity, QuotaValue};
use crate::model::config::{ConfigAlteration, ConfigResource, ConfigSource, ConfigValue};
use crate::model::escape::escape;
use crate::model::group::{Committed, GroupType};
use crate::model::measure::TopicPartition;
use crate::model::secret::Secret;
use crate::model::topic::TopicId;

/// One write. One that is read from a file has an action that its resource can have.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", try_from = "StepAsRead")]
pub struct Step {
    /// Its number in the plan, from 1.
    pub id: usize,
    /// What it changes.
    pub resource: Resource,
    /// The topic's id when it was read; none for what is new or no topic.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub topic_id: Option<TopicId>,
    /// How.
    pub action: Action,
    /// Why it is there.
    pub reason: Reason,
    /// What it can do to data.
    pub risk: Risk,
}

/// A step as it stands in a file, before it is known whether it can be.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct StepAsRead {
    id: usize,
    resource: Resource,
    #[serde(default)]
    topic_id: Option<TopicId>,
    action: Action,
    reason: Reason,
    risk: Risk,
}

impl TryFrom<StepAsRead> for Step {
    type Error = String;

    fn try_from(read: StepAsRead) -> Result<Self, String> {
        let StepAsRead {
            id,
            resource,
            topic_id,
            action,
            reason,
            risk,
        } = read;
        if !action.fits(&resource) {
            let resource = escape(&resource.to_string());
            let action = action.name();
            return Err(format!(
                "step {id}: `{action}` cannot be done to {resource}"
            ));
        }
        Ok(Self {
            id,
            resource,
            topic_id,
            action,
            reason,
            risk,
        })
    }
}

/// What a step changes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "camelCase")]
pub enum Resource {
    /// All brokers.
    BrokerDefaults,
    /// One broker.
    Broker {
        /// Its id.
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
        partition: i32,
    },
    /// One group.
    Group {
        /// Its id.
        id: String,
    },
    /// What a group committed for one partition.
    Commit {
        /// The group's id.
        group: String,
        /// The topic.
        topic: String,
        /// The partition's number.
        partition: i32,
    },
    /// The whole cluster.
    Cluster,
    /// One ACL.
    Acl(AclBinding),
    /// The quotas of an entity.
    Quota {
        /// Whom they are for.
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

    /// What a group committed for a partition.
    #[must_use]
    pub fn commit(group: &str, (topic, partition): &TopicPartition) -> Self {
        Self::Commit {
            group: group.to_owned(),
            topic: topic.clone(),
            partition: *partition,
        }
    }

    /// The same thing as Kafka addresses settings; none of what has no settings.
    #[must_use]
    pub fn config_resource(&self) -> Option<ConfigResource> {
        match self {
            Self::BrokerDefaults => Some(ConfigResource::BrokerDefaults),
            Self::Broker { id } => Some(ConfigResource::Broker(*id)),
            Self::Topic { name } => Some(ConfigResource::Topic(name.clone())),
            _ => None,
        }
    }

    /// The topic that it is, or is a part of.
    #[must_use]
    pub fn topic_name(&self) -> Option<&str> {
        match self {
            Self::Topic { name } => Some(name),
            Self::Partition { topic, .. } | Self::Commit { topic, .. } => Some(topic),
            _ => None,
        }
    }

    /// The group that it is, or is a part of.
    #[must_use]
    pub fn group_id(&self) -> Option<&str> {
        match self {
            Self::Group { id } | Self::Commit { group: id, .. } => Some(id),
            _ => None,
        }
    }

    /// The partition that it is, or that it is about.
    #[must_use]
    pub fn partition(&self) -> Option<TopicPartition> {
        match self {
            Self::Partition { topic, partition }
            | Self::Commit {
                topic, partition, ..
            } => Some((topic.clone(), *partition)),
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

/// How a step changes its resource.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "camelCase")]
pub enum Action {
    /// Create the topic.
    Create {
        /// Number of partitions.
        partitions: i32,
        /// Replication factor; none takes the broker's default.
        replicas: Option<i16>,
        /// Its own settings.
        configs: BTreeMap<String, String>,
    },
    /// Add partitions.
    Grow {
        /// How many there are.
        before: i32,
        /// How many there will be.
        after: i32,
    },
    /// Change settings and leave all others alone.
    Configure {
        /// The keys, in order.
        changes: Vec<ConfigChange>,
    },
    /// Delete the topic with its records.
    Delete {
        /// How many partitions it has.
        partitions: i32,
        /// How many records it has, at most; none where they were not counted.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        records: Option<i64>,
        /// Bytes of its partitions, of the largest replica each; none where they were not counted.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        bytes: Option<i64>,
    },
    /// Commit an offset for a group without members.
    Commit(OffsetChange),
    /// Delete what a group committed for a partition.
    Forget {
        /// What it is.
        before: Committed,
    },
    /// Delete the group with all that it committed.
    DeleteGroup(GroupDeletion),
    /// Delete the records of a partition before an offset.
    Truncate(Truncation),
    /// Create the ACL.
    CreateAcl,
    /// Delete the ACL.
    DeleteAcl,
    /// Change an entity's quotas and leave all others alone.
    AlterQuota {
        /// The keys, in order.
        changes: Vec<QuotaChange>,
    },
}

impl Action {
    /// Whether a resource is of the kind that the action is done to.
    fn fits(&self, resource: &Resource) -> bool {
        match self {
            Self::Create { .. } | Self::Grow { .. } | Self::Delete { .. } => {
                matches!(resource, Resource::Topic { .. })
            }
            Self::Configure { .. } => resource.config_resource().is_some(),
            Self::Commit(_) | Self::Forget { .. } => matches!(resource, Resource::Commit { .. }),
            Self::DeleteGroup(_) => matches!(resource, Resource::Group { .. }),
            Self::Truncate(_) => matches!(resource, Resource::Partition { .. }),
            Self::CreateAcl | Self::DeleteAcl => matches!(resource, Resource::Acl(_)),
            Self::AlterQuota { .. } => matches!(resource, Resource::Quota { .. }),
        }
    }

    /// Its `type` in documents.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Create { .. } => "create",
            Self::Grow { .. } => "grow",
            Self::Configure { .. } => "configure",
            Self::Delete { .. } => "delete",
            Self::Commit(_) => "commit",
            Self::Forget { .. } => "forget",
            Self::DeleteGroup(_) => "deleteGroup",
            Self::Truncate(_) => "truncate",
            Self::CreateAcl => "createAcl",
            Self::DeleteAcl => "deleteAcl",
            Self::AlterQuota { .. } => "alterQuota",
        }
    }
}

/// A group that goes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GroupDeletion {
    /// Its type.
    pub group_type: GroupType,
    /// All that it committed.
    pub commits: Vec<PartitionCommit>,
}

/// Records that go.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Truncation {
    /// The log start offset.
    pub log_start: i64,
    /// The log end offset.
    pub log_end: i64,
    /// The log start offset that will be.
    pub before: i64,
    /// Bytes of the records that go, as far as they can be told; an estimate by the share of offsets.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bytes: Option<i64>,
}

/// One key that a step changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ConfigChange {
    /// The key.
    pub key: String,
    /// What is set at this resource now; none where nothing is.
    pub before: Option<ConfigValue>,
    /// What is in effect now, with its source; none where the cluster does not tell.
    pub effective: Option<Effective>,
    /// What it will be.
    pub after: After,
    /// What applies without it, where it is removed and the brokers tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inherits: Option<Effective>,
    /// The manifest does not declare it, and `--prune-configs` removes such keys.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub pruned: bool,
}

/// One key of an entity's quotas that a step changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct QuotaChange {
    /// The key, such as `producer_byte_rate`.
    pub key: String,
    /// What it is; none where it is not set.
    pub before: Option<QuotaValue>,
    /// What it will be; none removes it.
    pub after: Option<QuotaValue>,
}

/// A value in effect.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Effective {
    /// The value.
    pub value: ConfigValue,
    /// Where it comes from.
    pub source: ConfigSource,
}

/// What a key will be at its resource.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum After {
    /// This value.
    Set(String),
    /// This value, which nobody may see.
    Secret(Secret),
    /// Not set here any more.
    Removed,
}

impl ConfigChange {
    /// The change as it is sent.
    #[must_use]
    pub fn alteration(&self) -> ConfigAlteration {
        ConfigAlteration {
            key: self.key.clone(),
            value: match &self.after {
                After::Set(value) => Some(value.clone()),
                After::Secret(secret) => secret.value.clone(),
                After::Removed => None,
            },
        }
    }
}

/// Why a step is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reason {
    /// The manifest declares a topic that the cluster does not have.
    Missing,
    /// The topic has fewer partitions than declared.
    TooFewPartitions,
    /// A setting is not as declared.
    SettingDiffers,
    /// The manifest says `state: absent`.
    DeclaredAbsent,
    /// Its name begins with a prefix that the manifest owns, and the manifest does not declare it.
    Orphan,
    /// A setting is not declared.
    NotDeclared,
    /// It was asked for by name.
    Requested,
    /// It takes back what was done before.
    Undo,
}

/// What a step can do to data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Risk {
    /// Nothing, and it can be undone.
    None,
    /// It cannot be undone.
    Irreversible,
    /// It cannot be undone, and records with keys go to other partitions from then on.
    RemapsKeys,
    /// Records are deleted.
    DeletesRecords,
}

impl Step {
    /// How many metadata records the write makes: Σ(1 + partitions + configs). Controllers refuse
    /// requests of more than 10,000 (`QuorumController.MAX_RECORDS_PER_USER_OP`).
    #[must_use]
    pub fn weight(&self) -> usize {
        let count = |partitions: i32| usize::try_from(partitions).unwrap_or(0);
        1 + match &self.action {
            Action::Create {
                partitions,
                configs,
                ..
            } => count(*partitions) + configs.len(),
            Action::Grow { before, after, .. } => count(after - before),
            Action::Configure { changes } => changes.len(),
            Action::AlterQuota { changes } => changes.len(),
            Action::Delete { .. }
            | Action::DeleteGroup(_)
            | Action::Truncate(_)
            | Action::CreateAcl
            | Action::DeleteAcl => 0,
            // Coordinators write a request's commits as one batch, which has to stay below the
            // `max.message.bytes` of `__consumer_offsets`.
            Action::Commit(_) | Action::Forget { .. } => 4,
        }
    }
}
