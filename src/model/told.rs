//! Keys that are not in the catalogue, as live brokers describe them.
//!
//! Traps:
//! - Brokers list topic keys only for an existing topic. On a cluster without topics, a validated create
//!   tells whether brokers accept a key, but not its type.
//! - Brokers store any broker key that is written to them, and list an unknown one as a hidden value
//!   without a type.

use super::catalogue::{Key, Scope, Update};
use super::config::{ConfigEntry, ConfigSource, ConfigType, ConfigValue};
use super::observed::Observed;
use super::seen::Seen;

/// What brokers report about a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Told {
    /// They have it. Holds its type, and its default if reported.
    Known(Box<Key>),
    /// They do not have it.
    Unknown,
    /// They do not report it; holds the reason.
    Silent(String),
}

/// What the brokers report about a key.
#[must_use]
pub fn told(observed: &Observed, scope: Scope, name: &str) -> Told {
    let lists = match scope {
        Scope::Topic => of_topics(observed),
        Scope::Broker => observed.brokers.values().filter_map(Seen::value).collect(),
    };
    if let Some(found) = told_by(&lists, scope, name) {
        return found;
    }
    let (tried, silent) = match scope {
        Scope::Topic => (
            observed.tried_keys.get(name),
            "no topic's settings can be read",
        ),
        Scope::Broker => (None, "no broker's settings can be read"),
    };
    match tried {
        Some(Seen::Value(())) => Told::Known(Box::new(key(scope, name))),
        Some(Seen::Absent) => Told::Unknown,
        Some(Seen::Unseen(_, words)) => Told::Silent(words.clone()),
        None => Told::Silent(silent.to_owned()),
    }
}

/// What these lists of settings say about a key; none without lists.
#[must_use]
pub fn told_by(lists: &[&Vec<ConfigEntry>], scope: Scope, name: &str) -> Option<Told> {
    let listed = lists.iter().flat_map(|entries| entries.iter());
    let listed = listed.filter(|entry| entry.name == name && means_something(entry));
    // An entry that is not set shows the default.
    match listed.max_by_key(|entry| entry.source == ConfigSource::DefaultConfig) {
        Some(entry) => Some(Told::Known(Box::new(as_key(entry, scope)))),
        None => (!lists.is_empty()).then_some(Told::Unknown),
    }
}

/// Whether settings of any topic were read, so that the topic keys of the brokers are known.
#[must_use]
pub fn tells_of_topics(observed: &Observed) -> bool {
    !of_topics(observed).is_empty()
}

fn of_topics(observed: &Observed) -> Vec<&Vec<ConfigEntry>> {
    let topics = observed.topics.values().chain(observed.orphans.values());
    let own = topics.filter_map(|seen| seen.value()?.configs.value());
    own.chain(&observed.some_topic).collect()
}

/// Whether a broker knows the key: its value is visible, or hidden with the type PASSWORD.
#[must_use]
pub fn means_something(entry: &ConfigEntry) -> bool {
    entry.value != ConfigValue::Sensitive || entry.config_type == ConfigType::Password
}

fn as_key(entry: &ConfigEntry, scope: Scope) -> Key {
    let default = match entry.set_at(ConfigSource::DefaultConfig) {
        Some(ConfigValue::Value(text)) => Some(text.clone()),
        _ => None,
    };
    let mut key = key(scope, &entry.name);
    if scope == Scope::Broker && entry.read_only {
        key.update = Update::Static;
    }
    Key {
        config_type: entry.config_type,
        default,
        ..key
    }
}

/// A key of which only the name is known.
fn key(scope: Scope, name: &str) -> Key {
    Key {
        name: name.to_owned(),
        config_type: ConfigType::Unknown,
        default: None,
        allowed: super::allowed::Allowed::Any,
        update: match scope {
            Scope::Topic => Update::PerTopic,
            Scope::Broker => Update::ClusterWide,
        },
        synonyms: Vec::new(),
        kafka: Vec::new(),
        before: None,
        documentation: String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(value: ConfigValue, source: ConfigSource, config_type: ConfigType) -> ConfigEntry {
        ConfigEntry {
            name: "new.key".to_owned(),
            value,
            source,
            read_only: false,
            config_type,
            synonyms: Vec::new(),
        }
    }

    #[test]
    fn the_default_is_told_by_a_topic_that_does_not_set_the_key() {
        let text = |text: &str| ConfigValue::Value(text.to_owned());
        let int = ConfigType::Int;
        let set = vec![entry(text("5"), ConfigSource::DynamicTopicConfig, int)];
        let unset = vec![entry(text("1"), ConfigSource::DefaultConfig, int)];
        let default = |lists: &[&Vec<ConfigEntry>]| match told_by(lists, Scope::Topic, "new.key") {
            Some(Told::Known(key)) => (key.config_type, key.default),
            other => panic!("{other:?}"),
        };
        assert_eq!(default(&[&set]), (int, None));
        assert_eq!(default(&[&set, &unset]), (int, Some("1".to_owned())));
        assert_eq!(
            told_by(&[&set], Scope::Topic, "other.key"),
            Some(Told::Unknown)
        );
        assert_eq!(told_by(&[], Scope::Topic, "new.key"), None);
    }

    #[test]
    fn what_a_broker_stores_and_does_not_know_is_unknown() {
        let source = ConfigSource::DynamicDefaultBrokerConfig;
        let hidden = |config_type| vec![entry(ConfigValue::Sensitive, source, config_type)];
        let stored = hidden(ConfigType::Unknown);
        let password = hidden(ConfigType::Password);
        let told = |list| told_by(&[list], Scope::Broker, "new.key");
        assert_eq!(told(&stored), Some(Told::Unknown));
        assert!(matches!(told(&password), Some(Told::Known(key)) if key.is_sensitive()));
    }

    #[test]
    fn a_cluster_without_topics_is_tried() {
        let mut observed = Observed::default();
        let told = |observed: &Observed| told(observed, Scope::Topic, "new.key");
        assert!(matches!(told(&observed), Told::Silent(_)));
        for (seen, expected) in [
            (
                Seen::Value(()),
                Told::Known(Box::new(key(Scope::Topic, "new.key"))),
            ),
            (Seen::Absent, Told::Unknown),
            (
                Seen::not_permitted("no CREATE"),
                Told::Silent("no CREATE".to_owned()),
            ),
        ] {
            observed.tried_keys.insert("new.key".to_owned(), seen);
            assert_eq!(told(&observed), expected);
        }
    }
}
