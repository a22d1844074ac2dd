//! Changes settings of topics and brokers.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::kind::StepKind;
use crate::model::config::{ConfigAlteration, ConfigEntry, ConfigSource, ConfigValue};
use crate::model::observed::Observed;
use crate::model::secret::Secret;
use crate::model::seen::Seen;
use crate::plan::difference::{Difference, topic};
use crate::plan::target::ConfigTarget;

/// Changes some settings and leaves all others alone (`IncrementalAlterConfigs`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AlterConfigs {
    /// The changed keys, in order.
    pub changes: Vec<ConfigChange>,
}

/// The change of one key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ConfigChange {
    /// The key.
    pub key: String,
    /// The value set at this resource now; none when it is not set here.
    pub before: Option<ConfigValue>,
    /// The value in effect now, with its source; none when the cluster does not report it.
    pub effective: Option<Effective>,
    /// The new value.
    pub after: After,
    /// The value in effect once the key is removed; none when it is not removed or not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inherits: Option<Effective>,
    /// Whether `--prune-configs` removes it because the manifest does not declare it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub pruned: bool,
}

/// A value in effect.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Effective {
    /// The value.
    pub value: ConfigValue,
    /// Where it comes from.
    pub source: ConfigSource,
}

/// The new value of a key at its resource.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum After {
    /// This value, in clear.
    Set(String),
    /// This value, which is never shown.
    Secret(Secret),
    /// The key is removed from this resource.
    Removed,
}

impl From<&ConfigEntry> for Effective {
    fn from(entry: &ConfigEntry) -> Self {
        Self {
            value: entry.value.clone(),
            source: entry.source,
        }
    }
}

impl ConfigChange {
    /// A change whose effective values are not known.
    #[must_use]
    pub fn new(key: &str, before: Option<ConfigValue>, after: After) -> Self {
        Self {
            key: key.to_owned(),
            before,
            effective: None,
            after,
            inherits: None,
            pruned: false,
        }
    }

    /// The change in the form that the cluster takes.
    #[must_use]
    pub fn alteration(&self) -> ConfigAlteration {
        ConfigAlteration {
            key: self.key.clone(),
            value: match &self.after {
                After::Set(value) => Some(value.clone()),
                After::Secret(secret) => secret.value.clone(),
                After::Removed => None,
            },
        }
    }

    fn difference(&self, entries: &[ConfigEntry], source: ConfigSource) -> Option<Difference> {
        let entry = entries.iter().find(|entry| entry.name == self.key);
        let found = entry.and_then(|entry| entry.set_at(source));
        let planned = self.before.as_ref();
        (planned != found).then(|| Difference::new(&self.key, shown(planned), shown(found)))
    }
}

fn shown(value: Option<&ConfigValue>) -> &str {
    match value {
        None => "not set",
        Some(ConfigValue::Value(text)) => text,
        Some(ConfigValue::Sensitive) => "a hidden value",
        Some(ConfigValue::Null) => "null",
    }
}

impl StepKind for AlterConfigs {
    type Target = ConfigTarget;
    const NAME: &'static str = "configure";

    fn weight(&self) -> usize {
        self.changes.len()
    }

    fn differences(&self, on: &ConfigTarget, observed: &Observed) -> Vec<Difference> {
        let seen = match on {
            ConfigTarget::Topic(on) => match topic(on, observed) {
                Ok(topic) => Some(&topic.configs),
                Err(differences) => return differences,
            },
            ConfigTarget::Broker(id) => observed.brokers.get(id),
            ConfigTarget::BrokerDefaults => observed.broker_defaults.as_ref(),
        };
        let Some(Seen::Value(entries)) = seen else {
            return vec![Difference::unseen("its settings")];
        };
        let source = on.source();
        let changes = self.changes.iter();
        let differences = changes.filter_map(|change| change.difference(entries, source));
        differences.collect()
    }
}
