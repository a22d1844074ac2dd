//! Steps: the writes of a plan, each one action on one target.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Serialize, Serializer};
use serde_json::{Map, Value};

use super::kinds::Action;
use super::resource::Resource;
use crate::model::topic::TopicId;

/// One write.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "StepAsRead")]
pub struct Step {
    /// Its number in the plan, from 1.
    pub id: usize,
    /// What it does, and to what.
    pub action: Action,
    /// Why the plan has it.
    pub reason: Reason,
    /// What it can do to data.
    pub risk: Risk,
}

impl Step {
    /// A step that has no number yet.
    #[must_use]
    pub fn new(action: impl Into<Action>, reason: Reason, risk: Risk) -> Self {
        Self {
            id: 0,
            action: action.into(),
            reason,
            risk,
        }
    }

    /// Its target, as a resource.
    #[must_use]
    pub fn resource(&self) -> Resource {
        self.action.resource()
    }
}

/// One write.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct StepAsWritten<'a> {
    /// Its number in the plan.
    #[schemars(range(min = 1))]
    id: usize,
    resource: Resource,
    /// The topic's id at the time of planning.
    #[serde(skip_serializing_if = "Option::is_none")]
    topic_id: Option<TopicId>,
    action: &'a Action,
    reason: Reason,
    risk: Risk,
}

impl Serialize for Step {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let written = StepAsWritten {
            id: self.id,
            resource: self.resource(),
            topic_id: self.action.topic().and_then(|topic| topic.id),
            action: &self.action,
            reason: self.reason,
            risk: self.risk,
        };
        written.serialize(serializer)
    }
}

impl JsonSchema for Step {
    fn schema_name() -> Cow<'static, str> {
        "Step".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        StepAsWritten::json_schema(generator)
    }
}

/// A step in a document, before its action is checked against its resource.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct StepAsRead {
    id: usize,
    resource: Resource,
    #[serde(default)]
    topic_id: Option<TopicId>,
    action: Map<String, Value>,
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
        let action = Action::read(action, resource, topic_id);
        Ok(Self {
            id,
            action: action.map_err(|error| format!("step {id}: {error}"))?,
            reason,
            risk,
        })
    }
}

/// Why a plan has a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Reason {
    /// The manifest declares a topic that the cluster does not have.
    Missing,
    /// The topic has fewer partitions than declared.
    TooFewPartitions,
    /// A setting's value differs from the declared one.
    SettingDiffers,
    /// The manifest says `state: absent`.
    DeclaredAbsent,
    /// The topic has a prefix that the manifest owns, and is not declared.
    Orphan,
    /// A setting is not declared, and `--prune-configs` removes it.
    NotDeclared,
    /// The command line asked for it by name.
    Requested,
    /// It undoes an earlier step.
    Undo,
}

/// What a step can do to data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Risk {
    /// None: it can be undone.
    None,
    /// It cannot be undone.
    Irreversible,
    /// It cannot be undone, and records with keys go to other partitions afterwards.
    RemapsKeys,
    /// Records are deleted.
    DeletesRecords,
}
