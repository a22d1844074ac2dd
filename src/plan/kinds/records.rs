//! Deletes records.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::kind::StepKind;
use crate::model::observed::Observed;
use crate::plan::difference::{Difference, id};
use crate::plan::target::PartitionTarget;

/// Deletes a partition's records before an offset (`DeleteRecords`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DeleteRecords {
    /// The log start offset.
    pub log_start: i64,
    /// The log end offset.
    pub log_end: i64,
    /// The new log start offset: the records before it are deleted.
    pub before: i64,
    /// Bytes of the deleted records, estimated from the share of offsets; none when unknown.
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
