//! Adds partitions to a topic.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::kind::StepKind;
use crate::model::observed::Observed;
use crate::plan::difference::{Difference, topic};
use crate::plan::target::TopicTarget;

/// Adds partitions to a topic (`CreatePartitions`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CreatePartitions {
    /// The current number of partitions.
    #[schemars(range(min = 1))]
    pub before: i32,
    /// The new number of partitions.
    #[schemars(range(min = 1))]
    pub after: i32,
}

impl StepKind for CreatePartitions {
    type Target = TopicTarget;
    const NAME: &'static str = "grow";

    fn weight(&self) -> usize {
        usize::try_from(self.after - self.before).unwrap_or(0)
    }

    fn differences(&self, on: &TopicTarget, observed: &Observed) -> Vec<Difference> {
        let found = match topic(on, observed) {
            Ok(topic) => topic.partitions.len(),
            Err(differences) => return differences,
        };
        if i32::try_from(found) == Ok(self.before) {
            return Vec::new();
        }
        let (planned, found) = (self.before.to_string(), found.to_string());
        let what = "the number of partitions";
        vec![Difference::new(what, &planned, &found)]
    }
}
