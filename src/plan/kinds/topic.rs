//! Creates and deletes topics.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::kind::StepKind;
use crate::model::observed::Observed;
use crate::model::seen::Seen;
use crate::plan::difference::{Difference, topic};
use crate::plan::target::TopicTarget;

/// Creates a topic (`CreateTopics`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CreateTopic {
    /// Number of partitions.
    #[schemars(range(min = 1))]
    pub partitions: i32,
    /// Replication factor; none takes the broker's default.
    #[schemars(range(min = 1))]
    pub replicas: Option<i16>,
    /// Settings of the topic.
    pub configs: BTreeMap<String, String>,
}

impl StepKind for CreateTopic {
    type Target = TopicTarget;
    const NAME: &'static str = "create";

    fn weight(&self) -> usize {
        usize::try_from(self.partitions).unwrap_or(0) + self.configs.len()
    }

    fn differences(&self, on: &TopicTarget, observed: &Observed) -> Vec<Difference> {
        match observed.topics.get(&on.name) {
            Some(Seen::Absent) => Vec::new(),
            Some(Seen::Value(_)) => vec![Difference::new("the topic", "absent", "there")],
            _ => vec![Difference::unseen("the topic")],
        }
    }
}

/// Deletes a topic and its records (`DeleteTopics`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DeleteTopic {
    /// Number of partitions.
    #[schemars(range(min = 1))]
    pub partitions: i32,
    /// How many records it has, at most; none when they were not counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0))]
    pub records: Option<i64>,
    /// Bytes on disk: the sum of each partition's largest replica; none when they were not counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0))]
    pub bytes: Option<i64>,
}

impl StepKind for DeleteTopic {
    type Target = TopicTarget;
    const NAME: &'static str = "delete";

    fn differences(&self, on: &TopicTarget, observed: &Observed) -> Vec<Difference> {
        topic(on, observed).err().unwrap_or_default()
    }
}
