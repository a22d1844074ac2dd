//! A key that the catalogue lacks, as it is read.

use super::diagnostic::Diagnostic;
use super::keys::Of;
use super::layer::Layer;
use super::node::{Node, is_reference};
use super::problem::Problem;
use super::remark::{RemarkKind, Subject};
use super::spot::Spot;
use super::uncatalogued::UncataloguedSetting;
use crate::model::catalogue::versions;
use crate::model::desired::Setting;

/// A key that the catalogue lacks, as it is read.
#[derive(Debug)]
pub(super) struct Question {
    pub(super) of: Of,
    pub key: String,
    /// None where it is unset, or cannot be read.
    pub(super) value: Option<String>,
    pub(super) in_clear: bool,
    /// None in a policy, which is held against the manifest alone.
    pub(super) value_at: Option<Spot>,
    pub(super) key_at: Spot,
    /// What is wrong if nobody knows it.
    pub unknown: Problem,
    /// The environment that it is written in.
    pub environment: Option<String>,
}

impl Question {
    pub(super) fn of(
        (key, key_at): (&str, Spot),
        of: Of,
        value: Option<&Setting>,
        node: &Node<'_>,
        unknown: Problem,
    ) -> Self {
        Self {
            of,
            key: key.to_owned(),
            value: match value {
                Some(Setting::Value(text)) => Some(text.clone()),
                Some(Setting::Unset) | None => None,
            },
            in_clear: !is_reference(node),
            value_at: Some(node.at),
            key_at,
            unknown,
            environment: None,
        }
    }

    /// One of a policy.
    pub(super) fn of_rule(key: &str, key_at: Spot, unknown: Problem) -> Self {
        Self {
            of: Of::Topic,
            key: key.to_owned(),
            value: None,
            in_clear: false,
            value_at: None,
            key_at,
            unknown,
            environment: None,
        }
    }

    /// The same with everything that may have to be said; none of a policy.
    pub(super) fn asked(
        self,
        may_be_clear: bool,
        say: &dyn Fn(Problem) -> Diagnostic,
    ) -> Option<UncataloguedSetting> {
        Some(UncataloguedSetting {
            at_value: say(Problem::at(self.value_at?, "")),
            unknown: say(self.unknown),
            broker: match self.of {
                Of::OneBroker(id) => id,
                _ => None,
            },
            scope: self.of.scope(),
            key: self.key,
            value: self.value,
            in_clear: self.in_clear,
            may_be_clear,
        })
    }

    pub(super) fn note(&self, layer: &Layer) -> Problem {
        let newest = versions().next_back().unwrap_or_default();
        let key = &self.key;
        let message = format!(
            "`{key}` is not in tonkafka's catalogue, which ends with Kafka {newest}: it passes unchecked"
        );
        let topics = layer.topics.items.list.iter();
        let having = topics.filter(|topic| topic.configs.contains_key(key));
        let subject = match self.of {
            Of::Topic => Subject::Topics(having.map(|topic| topic.name.value.clone()).collect()),
            Of::OneBroker(Some(id)) => Subject::Broker(id),
            _ => Subject::AllBrokers,
        };
        Problem::at(self.key_at, message).about(RemarkKind::UncataloguedKey, subject)
    }
}
