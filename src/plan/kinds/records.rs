//! Records that are deleted.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::kind::StepKind;
use crate::model::observed::Observed;
use crate::plan::difference::{Difference, id};
use crate::plan::target::PartitionTarget;

/// The records of a partition before an offset are deleted (`DeleteRecords`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DeleteRecords {
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

impl StepKind for DeleteRecords {
    type Target = PartitionTarget;
    const NAME: &'static str = "truncate";

    fn differences(&self, on: &PartitionTarget, observed: &Observed) -> Vec<Difference> {
        id(&on.topic, observed)
    }
}
