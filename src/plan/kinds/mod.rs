//! The kinds of change that a step can be.
//!
//! A kind has three files of the same name: here its fields, its form in documents, what makes it stale and
//! which commits it changes; in `apply/kinds` how it is sent and verified; in `view/kinds` its words.
//! `all_kinds` registers it once for all three.

mod access;
mod commit;
mod config;
mod group;
mod kind;
mod partitions;
mod records;
mod topic;

use std::borrow::Cow;

use kind::Tagged;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::Error as _;
use serde::{Serialize, Serializer};
use serde_json::{Error, Map, Value};

use super::difference::Difference;
use super::resource::Resource;
use super::target::{
    CommitTarget, ConfigTarget, GroupTarget, PartitionTarget, StepTarget, TopicTarget,
};
use crate::model::access::{AclBinding, Entity};
use crate::model::escape::escape;
use crate::model::measure::TopicPartition;
use crate::model::observed::Observed;
use crate::model::topic::TopicId;

pub use access::{AlterQuota, CreateAcl, DeleteAcl, QuotaChange};
pub use commit::{CommitOffset, DeleteOffset, PartitionCommit, Unmoved};
pub use config::{After, AlterConfigs, ConfigChange, Effective};
pub use group::DeleteGroup;
pub use kind::{CommitChange, StepKind};
pub use partitions::CreatePartitions;
pub use records::DeleteRecords;
pub use topic::{CreateTopic, DeleteTopic};

/// Calls a macro with the type and the target of every kind: the one registration of kinds.
macro_rules! all_kinds {
    ($then:ident) => {
        $then! {
            CreateTopic(TopicTarget),
            CreatePartitions(TopicTarget),
            AlterConfigs(ConfigTarget),
            DeleteTopic(TopicTarget),
            DeleteGroup(GroupTarget),
            CreateAcl(AclBinding),
            DeleteAcl(AclBinding),
            AlterQuota(Entity),
            CommitOffset(CommitTarget),
            DeleteOffset(CommitTarget),
            DeleteRecords(PartitionTarget),
        }
    };
}
pub(crate) use all_kinds;

macro_rules! action {
    ($($Kind:ident($Target:ty)),* $(,)?) => {
        /// What a step does, and its target.
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub enum Action {
            $(
                #[doc = concat!("[`", stringify!($Kind), "`], done to this.")]
                $Kind($Target, $Kind),
            )*
        }

        $(impl From<($Target, $Kind)> for Action {
            fn from((on, what): ($Target, $Kind)) -> Self {
                Self::$Kind(on, what)
            }
        })*

        impl Action {
            /// The `type` of every kind, in the order of registration.
            pub const NAMES: &'static [&'static str] = &[$($Kind::NAME),*];

            /// Its `type` in documents.
            #[must_use]
            pub fn name(&self) -> &'static str {
                match self { $(Self::$Kind(..) => $Kind::NAME),* }
            }

            /// Its target, as a resource.
            #[must_use]
            pub fn resource(&self) -> Resource {
                match self { $(Self::$Kind(on, _) => on.resource()),* }
            }

            /// The topic of its target.
            #[must_use]
            pub fn topic(&self) -> Option<&TopicTarget> {
                match self { $(Self::$Kind(on, _) => on.topic()),* }
            }

            /// The group of its target.
            #[must_use]
            pub fn group_id(&self) -> Option<&str> {
                match self { $(Self::$Kind(on, _) => on.group_id()),* }
            }

            /// The partition of its target.
            #[must_use]
            pub fn partition(&self) -> Option<TopicPartition> {
                match self { $(Self::$Kind(on, _) => on.partition()),* }
            }

            /// How many metadata records it makes, see [`StepKind::weight`].
            #[must_use]
            pub fn weight(&self) -> usize {
                1 + match self { $(Self::$Kind(_, what) => what.weight()),* }
            }

            /// See [`StepKind::phase`].
            #[must_use]
            pub fn phase(&self) -> u8 {
                match self { $(Self::$Kind(on, what) => what.phase(on)),* }
            }

            /// See [`StepKind::principal`].
            #[must_use]
            pub fn principal(&self) -> Option<&str> {
                match self { $(Self::$Kind(on, what) => what.principal(on)),* }
            }

            /// See [`StepKind::commits`].
            #[must_use]
            pub fn commits(&self) -> Vec<CommitChange<'_>> {
                match self { $(Self::$Kind(on, what) => what.commits(on)),* }
            }

            /// See [`StepKind::differences`].
            pub(super) fn differences(&self, observed: &Observed) -> Vec<Difference> {
                match self { $(Self::$Kind(on, what) => what.differences(on, observed)),* }
            }

            /// The action in a document.
            ///
            /// # Errors
            /// The kind is unknown, cannot be done to this resource, or its fields are not the kind's.
            pub(super) fn read(
                mut fields: Map<String, Value>,
                resource: Resource,
                topic_id: Option<TopicId>,
            ) -> Result<Self, Error> {
                let name = fields.shift_remove("type").ok_or_else(|| Error::missing_field("type"))?;
                let name: String = serde_json::from_value(name)?;
                match name.as_str() {
                    $($Kind::NAME => {
                        let what = serde_json::from_value(Value::Object(fields))?;
                        let named = escape(&resource.to_string());
                        let misfit = || Error::custom(format!("`{name}` cannot be done to {named}"));
                        let on = StepTarget::read(resource, topic_id).ok_or_else(misfit)?;
                        Ok(Self::$Kind(on, what))
                    })*
                    other => Err(Error::unknown_variant(other, Self::NAMES)),
                }
            }
        }

        impl JsonSchema for Action {
            fn schema_name() -> Cow<'static, str> {
                "Action".into()
            }

            fn json_schema(generator: &mut SchemaGenerator) -> Schema {
                let forms = [$(Tagged::<$Kind>::schema(generator)),*];
                json_schema!({ "description": "How it is changed.", "oneOf": forms })
            }
        }

        impl Serialize for Action {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                match self { $(Self::$Kind(_, what) => Tagged::of(what).serialize(serializer)),* }
            }
        }
    };
}
all_kinds!(action);
