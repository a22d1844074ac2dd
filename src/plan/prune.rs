//! Which settings `--prune-configs` may remove: only keys of Kafka itself.
//!
//! Keys of vendors and plug-ins are set by brokers and managed services for their own use. Throttles belong
//! to the tool that moves replicas. Listener and security settings are too dangerous to remove because a
//! manifest lacks a line.

use super::kinds::{After, ConfigChange};
use crate::model::catalogue::{self, Scope, Update};
use crate::model::config::{ConfigEntry, ConfigSource, ConfigType, ConfigValue};

/// Prefixes of the keys for listeners and security.
const CONNECTIONS: [&str; 6] = [
    "advertised.",
    "listener",
    "principal.",
    "sasl.",
    "security.",
    "ssl.",
];

/// Whether a topic's override may be removed.
pub(super) fn of_topic(entry: &ConfigEntry) -> bool {
    !catalogue::is_throttle(&entry.name) && catalogue::key(Scope::Topic, &entry.name).is_some()
}

/// Whether a dynamic setting of brokers may be removed.
pub(super) fn of_brokers(entry: &ConfigEntry) -> bool {
    let name = entry.name.as_str();
    let hidden = entry.config_type == ConfigType::Password || entry.value == ConfigValue::Sensitive;
    let reached = CONNECTIONS.iter().any(|prefix| name.starts_with(prefix));
    let known = catalogue::key(Scope::Broker, name);
    !hidden
        && !reached
        && !catalogue::is_throttle(name)
        && known.is_some_and(|key| key.update != Update::Static)
}

/// The change that removes the value of `entry` at `source`.
pub(super) fn removal(entry: &ConfigEntry, source: ConfigSource) -> Option<ConfigChange> {
    let before = Some(entry.set_at(source)?.clone());
    Some(ConfigChange {
        effective: Some(entry.into()),
        pruned: true,
        ..ConfigChange::new(&entry.name, before, After::Removed)
    })
}
