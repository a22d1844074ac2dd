//! Keys that are not in the catalogue, while a manifest is read.

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

/// A key that is not in the catalogue.
#[derive(Debug)]
pub(super) struct Question {
    pub(super) of: Of,
    pub key: String,
    /// The value; none if it is `unset` or could not be read.
    pub(super) value: Option<String>,
    pub(super) in_clear: bool,
    /// The value's place; none in a policy, which is checked against the manifest alone.
    pub(super) value_at: Option<Spot>,
    pub(super) key_at: Spot,
    /// The error, if no broker knows the key.
    pub unknown: Problem,
    /// The environment that sets it.
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

    /// A key in a policy.
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

    /// The setting with all messages that may become necessary; none for a policy.
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
