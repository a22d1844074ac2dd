//! Sends and verifies changes of settings.

use super::super::judge::{Judgement, Reading, View, all, otherwise};
use super::super::report::Deviation;
use super::{Applied, Change};
use crate::cluster::{Answer, Cluster, Mode};
use crate::model::config::{ConfigEntry, ConfigResource, ConfigSource, ConfigType, same_value};
use crate::model::seen::Seen;
use crate::plan::kinds::{After, AlterConfigs, ConfigChange};
use crate::plan::target::ConfigTarget;

impl Applied for AlterConfigs {
    const CAN_BE_VALIDATED: bool = true;

    async fn send(cluster: &dyn Cluster, all: &[Change<'_, Self>], mode: Mode) -> Vec<Answer> {
        let altered = all.iter().map(|(on, alter)| {
            let changes = alter.changes.iter().map(ConfigChange::alteration);
            (resource(on), changes.collect())
        });
        let altered: Vec<_> = altered.collect();
        cluster.alter_configs(&altered, mode).await
    }

    /// A request for one broker's settings goes to that broker, alone.
    fn share_a_request(_: Change<'_, Self>, (other, _): Change<'_, Self>) -> bool {
        matches!(other, ConfigTarget::Topic(_))
    }

    fn reading(on: &ConfigTarget) -> Reading {
        match on {
            ConfigTarget::Topic(_) => Reading::Topics,
            ConfigTarget::BrokerDefaults | ConfigTarget::Broker(_) => Reading::Settings,
        }
    }

    fn judge(&self, on: &ConfigTarget, view: &View) -> Judgement {
        let seen = match (on, view) {
            (ConfigTarget::Topic(on), view) => match view.topic(on) {
                Ok(topic) => Some(&topic.configs),
                Err(judgement) => return judgement,
            },
            (_, View::Settings(seen)) => Some(seen),
            _ => None,
        };
        let Some(Seen::Value(entries)) = seen else {
            return Judgement::Unseen("its settings cannot be read".to_owned());
        };
        let changes = self.changes.iter();
        all(changes.map(|change| of_entry(change, entries, on.source())))
    }
}

fn resource(on: &ConfigTarget) -> ConfigResource {
    match on {
        ConfigTarget::BrokerDefaults => ConfigResource::BrokerDefaults,
        ConfigTarget::Broker(id) => ConfigResource::Broker(*id),
        ConfigTarget::Topic(topic) => ConfigResource::Topic(topic.name.clone()),
    }
}

fn of_entry(change: &ConfigChange, entries: &[ConfigEntry], source: ConfigSource) -> Judgement {
    let key = &change.key;
    let entry = entries.iter().find(|entry| entry.name == *key);
    let own = entry.and_then(|entry| entry.set_at(source));
    let config_type = entry.map_or(ConfigType::Unknown, |entry| entry.config_type);
    let shown = own.map(|value| value.text().unwrap_or("hidden").to_owned());
    let is_as_before = change.before.as_ref() == own;
    match (&change.after, own) {
        // A hidden value cannot be compared, only that it is set.
        (After::Removed, None) | (After::Secret(_), Some(_)) => Judgement::InEffect,
        (After::Removed, Some(_)) => otherwise(is_as_before, Deviation::new(key, None, shown)),
        (After::Secret(_), None) => Judgement::NotYet(format!("{key} is not set")),
        (After::Set(planned), None) => {
            let planned = Some(planned.clone());
            otherwise(is_as_before, Deviation::new(key, planned, None))
        }
        (After::Set(planned), Some(value)) => match value.text() {
            Some(live) if same_value(config_type, planned, live) => Judgement::InEffect,
            Some(_) => {
                let planned = Some(planned.clone());
                otherwise(is_as_before, Deviation::new(key, planned, shown))
            }
            // A hidden value cannot be compared, only that it is set.
            None => Judgement::InEffect,
        },
    }
}
