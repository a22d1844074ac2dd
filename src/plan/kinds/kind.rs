//! What each kind of change defines.

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::json;

use crate::model::group::Committed;
use crate::model::observed::Observed;
use crate::plan::difference::Difference;
use crate::plan::target::{CommitTarget, StepTarget};

/// A kind of change. Its fields are the fields of its action in documents.
pub trait StepKind: Serialize + DeserializeOwned + JsonSchema {
    /// What it is done to.
    type Target: StepTarget;

    /// The `type` of its action in documents.
    const NAME: &'static str;

    /// How many metadata records the write makes besides the one of its target. Controllers refuse requests
    /// of more than 10,000 (`QuorumController.MAX_RECORDS_PER_USER_OP`).
    fn weight(&self) -> usize {
        0
    }

    /// Where `observed` differs from what the change was planned on. What cannot be read counts as a
    /// difference.
    fn differences(&self, on: &Self::Target, observed: &Observed) -> Vec<Difference>;

    /// Changes of one kind with different phases are never sent together: the earlier ones are verified
    /// first.
    fn phase(&self, _on: &Self::Target) -> u8 {
        0
    }

    /// The principal whose access it changes. The change is not sent if an earlier change of the same
    /// principal's access was not done: it could give or take more than the whole plan does.
    fn principal<'a>(&self, _on: &'a Self::Target) -> Option<&'a str> {
        None
    }

    /// The commits that it changes, for undo.
    fn commits(&self, _on: &Self::Target) -> Vec<CommitChange<'_>> {
        Vec::new()
    }
}

/// The change of one commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommitChange<'a> {
    /// The group and the partition.
    pub on: CommitTarget,
    /// The commit before; none when nothing was committed.
    pub before: Option<&'a Committed>,
    /// The commit after; none when it was deleted.
    pub after: Option<&'a Committed>,
    /// Whether it is the start offset of a share group (KIP-932).
    pub share: bool,
}

/// An action in a document: its `type` and its kind's fields.
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

    /// The schema of the kind, with its `type` as a constant.
    pub(super) fn schema(generator: &mut SchemaGenerator) -> Schema {
        let mut schema = Self::json_schema(generator);
        if let Some(name) = schema.pointer_mut("/properties/type") {
            *name = json!({ "const": K::NAME });
        }
        schema
    }
}
