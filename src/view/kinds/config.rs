//! Words for changing settings.

use super::super::text::{code, config_value, escape, value};
use super::{Shown, Sign};
use crate::model::config::ConfigSource;
use crate::plan::Step;
use crate::plan::kinds::{After, AlterConfigs, ConfigChange};
use crate::plan::target::{ConfigTarget, StepTarget};

impl Shown for AlterConfigs {
    const SIGN: Sign = Sign::Changed;

    fn rows(&self, _: &ConfigTarget, _: &Step) -> Option<Vec<(String, String)>> {
        let changes = self.changes.iter();
        Some(changes.map(|one| (one.key.clone(), change(one))).collect())
    }

    fn cells(&self, _: &Step) -> Vec<[String; 2]> {
        let changes = self.changes.iter();
        let cells = changes.map(|one| [code(&one.key), code(&change(one))]);
        cells.collect()
    }

    fn words(&self, on: &ConfigTarget) -> String {
        match on {
            ConfigTarget::Topic(topic) => format!("configure topic {}", escape(&topic.name)),
            other => format!("configure {}", other.resource()),
        }
    }

    fn sum(_: &[(&ConfigTarget, &Self)]) -> Option<String> {
        None
    }
}

/// `before → after`; if the resource itself does not set the key, `before` is the effective value.
fn change(change: &ConfigChange) -> String {
    let key = &change.key;
    let before = match (&change.before, &change.effective) {
        (Some(own), _) => config_value(key, own),
        (None, Some(effective)) => format!(
            "{} [{}]",
            config_value(key, &effective.value),
            source(effective.source)
        ),
        (None, None) => "(not set)".to_owned(),
    };
    let after = match &change.after {
        After::Set(text) => value(key, text),
        After::Secret(_) => "(sensitive)".to_owned(),
        After::Removed => "(unset)".to_owned(),
    };
    let inherits = match &change.inherits {
        Some(found) => format!(
            ", then {} [{}]",
            config_value(key, &found.value),
            source(found.source)
        ),
        None => String::new(),
    };
    let why = if change.pruned { ", not declared" } else { "" };
    format!("{before} → {after}{inherits}{why}")
}

/// A source in a word or two.
#[must_use]
pub fn source(source: ConfigSource) -> &'static str {
    match source {
        ConfigSource::DynamicTopicConfig => "topic",
        ConfigSource::DynamicBrokerConfig => "this broker",
        ConfigSource::DynamicDefaultBrokerConfig => "all brokers",
        ConfigSource::StaticBrokerConfig => "broker's file",
        ConfigSource::DefaultConfig => "default",
        ConfigSource::DynamicBrokerLoggerConfig => "logger",
        ConfigSource::Unknown => "unknown source",
    }
}
