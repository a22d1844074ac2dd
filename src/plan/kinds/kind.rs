//! What every kind of change says of itself.

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::json;

use crate::model::group::Committed;
use crate::model::observed::Observed;
use crate::plan::difference::Difference;
use crate::plan::target::{CommitTarget, StepTarget};

/// A kind of change: what the fields of its action are, in Rust and in documents.
pub trait StepKind: Serialize + DeserializeOwned + JsonSchema {
    /// What it is done to.
    type Target: StepTarget;

    /// The `type` of its action in documents.
    const NAME: &'static str;

    /// How many metadata records the write makes beside the one of its target. Controllers refuse requests of more than
    /// 10,000 (`QuorumController.MAX_RECORDS_PER_USER_OP`).
    fn weight(&self) -> usize {
        0
    }

    /// What it was planned on and `observed` shows in another way. What cannot be read counts as another way.
    fn differences(&self, on: &Self::Target, observed: &Observed) -> Vec<Difference>;

    /// What it does to commits, to be taken back.
    fn commits(&self, _on: &Self::Target) -> Vec<CommitChange<'_>> {
        Vec::new()
    }
}

/// What a step does to one commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommitChange<'a> {
    /// Whose commit, and for which partition.
    pub on: CommitTarget,
    /// What is committed before; none where nothing is.
    pub before: Option<&'a Committed>,
    /// What is committed after; none where nothing is.
    pub after: Option<&'a Committed>,
    /// Whether it is the start of a share group (KIP-932).
    pub share: bool,
}

/// An action as documents have it.
#[derive(Serialize, JsonSchema)]
pub(super) struct Tagged<'a, K> {
    #[serde(rename = "type")]
    name: &'static str,
    #[serde(flatten)]
    what: &'a K,
}

impl<'a, K: StepKind> Tagged<'a, K> {
    pub(super) fn of(what: &'a K) -> Self {
        let name = K::NAME;
        Self { name, what }
    }

    /// The schema of its documents.
    pub(super) fn schema(generator: &mut SchemaGenerator) -> Schema {
        let mut schema = Self::json_schema(generator);
        if let Some(name) = schema.pointer_mut("/properties/type") {
            *name = json!({ "const": K::NAME });
        }
        schema
    }
}
