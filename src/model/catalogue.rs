//! All keys of topics and brokers: their types, allowed values and update modes.
//!
//! `catalogue.json` merges the keys of Kafka 3.9, 4.3 and 4.4. `tests/cluster/catalogue.rs` makes it from
//! Kafka's own classes and from running brokers, and fails when it is out of date.
//!
//! Traps:
//! - Where versions differ, the newest one counts, and [`Key::check`] accepts what any of them accepts,
//!   because the brokers' version is unknown here. If it is known, [`Key::objection`] says more.
//! - A newer Kafka has keys that are not in here: its brokers are asked for them ([`super::told`]).
//! - Brokers accept keys of plug-ins, which are in no catalogue. They also accept some keys for one
//!   listener (`listener.name.internal.ssl.keystore.location`), or for one listener and mechanism
//!   (`listener.name.internal.scram-sha-256.sasl.jaas.config`), but only find these by lower-case names
//!   (`ListenerName.configPrefix`), and silently store others.

use std::fmt;
use std::sync::OnceLock;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::allowed::{Allowed, Invalid};
use super::config::ConfigType;
use super::suggest::closest;

/// How a key is changed (`DynamicBrokerConfig`, KIP-226).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Update {
    /// A topic's key: can be changed at any time, for each topic.
    PerTopic,
    /// A broker's key: can be changed at runtime, for all brokers or for one.
    ClusterWide,
    /// A broker's key: can be changed at runtime, for one broker only.
    PerBroker,
    /// A broker's key: is set in the properties file, and needs a restart.
    Static,
}

/// The kind of resource that a key belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// Topics.
    Topic,
    /// Brokers.
    Broker,
}

/// Versions of Kafka that have the same keys. 4.0 removed deprecated keys and narrowed values (KIP-724,
/// KIP-1030); 4.4 added keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Line {
    /// 3.9 and older.
    Kafka3,
    /// 4.0 to 4.3.
    Kafka4,
    /// 4.4 and newer.
    Kafka44,
}

impl Line {
    /// All lines, the oldest first.
    pub const ALL: [Self; 3] = [Self::Kafka3, Self::Kafka4, Self::Kafka44];

    /// The version in the catalogue that stands for this line.
    fn version(self) -> &'static str {
        match self {
            Self::Kafka3 => "3.9",
            Self::Kafka4 => "4.3",
            Self::Kafka44 => "4.4",
        }
    }

    /// The line of a version such as `4.3` or `3.9.2`; none if the text is no version.
    #[must_use]
    pub fn of(version: &str) -> Option<Self> {
        Some(match numbers(version)? {
            minor if minor >= (4, 4) => Self::Kafka44,
            minor if minor >= (4, 0) => Self::Kafka4,
            _ => Self::Kafka3,
        })
    }
}

/// Major and minor number of a version with two or three numbers.
fn numbers(version: &str) -> Option<(u16, u16)> {
    let parts = version.split('.').map(|part| part.parse().ok());
    match parts.collect::<Option<Vec<u16>>>()?.as_slice() {
        [major, minor] | [major, minor, _] => Some((*major, *minor)),
        _ => None,
    }
}

/// Whether this version of Kafka is newer than all versions in the catalogue.
#[must_use]
pub fn is_newer(version: &str) -> bool {
    let newest = versions().next_back().and_then(numbers);
    numbers(version) > newest
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Kafka3 => "Kafka 3",
            Self::Kafka4 | Self::Kafka44 => "Kafka 4",
        })
    }
}

/// Why brokers of one line refuse a setting that brokers of another line accept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Objection {
    /// The line does not have the key.
    NoKey,
    /// The line does not have the key yet; holds the version that added it.
    NotYet(&'static str),
    /// The value must be something else; completes "must be …".
    Value(String),
}

impl Objection {
    /// The objection as a sentence about `key`; `kafka` is the version in words.
    #[must_use]
    pub fn words(&self, key: &str, kafka: &str) -> String {
        match self {
            Self::NoKey => format!("{kafka} has no key `{key}`"),
            Self::NotYet(since) => format!("`{key}` came with Kafka {since}"),
            Self::Value(must) => format!("`{key}` must be {must} on {kafka}"),
        }
    }
}

/// Why brokers of a line refuse a setting; none for keys that are not in the catalogue.
#[must_use]
pub fn objection(scope: Scope, name: &str, value: &str, line: Line) -> Option<Objection> {
    key(scope, name)?.objection(value, line)
}

/// Whether some lines accept a setting and others refuse it.
#[must_use]
pub fn is_of_one_line(scope: Scope, name: &str, value: &str) -> bool {
    let mut lines = Line::ALL.into_iter();
    lines.any(|line| objection(scope, name, value, line).is_some())
}

/// A key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Key {
    /// Its name.
    pub name: String,
    /// The type of its value.
    #[serde(rename = "type")]
    pub config_type: ConfigType,
    /// Kafka's default; none if the key has to be set, or has no effect until it is set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<String>,
    /// The values that it allows.
    #[serde(default, skip_serializing_if = "Allowed::is_any")]
    pub allowed: Allowed,
    /// How it is changed.
    pub update: Update,
    /// The broker keys that a topic's key inherits from, the strongest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub synonyms: Vec<String>,
    /// The versions in [`versions`] that have the key.
    pub kafka: Vec<String>,
    /// What differs in the older version, if anything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<Before>,
    /// Kafka's documentation as plain text; paragraphs and list items are on separate lines.
    pub documentation: String,
}

/// What an older version says differently about a key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Before {
    /// The version.
    pub kafka: String,
    /// Its default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<String>,
    /// What it allows.
    #[serde(default, skip_serializing_if = "Allowed::is_any")]
    pub allowed: Allowed,
}

/// All keys, ordered by name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Catalogue {
    /// The version of the JSON.
    pub format_version: u32,
    /// `Catalogue`.
    pub kind: String,
    /// The versions of Kafka that it was made from, the oldest first.
    pub kafka: Vec<String>,
    /// The keys of topics.
    pub topic: Vec<Key>,
    /// The keys of brokers.
    pub broker: Vec<Key>,
}

/// Prefixes of vendors' keys, with the vendors' names.
const VENDORS: [(&str, &str); 6] = [
    ("automq.", "AutoMQ"),
    ("aws.", "AWS"),
    ("confluent.", "Confluent"),
    ("inkless.", "Aiven"),
    ("redpanda.", "Redpanda"),
    ("warpstream.", "WarpStream"),
];

/// Keys whose numbers Kafka accepts without a lower bound, although the only meaningful number below 0
/// is -1 (no limit); with the smallest meaningful number (`LogConfig`, `AbstractKafkaConfig`).
const UNBOUNDED: [(&str, i64); 5] = [
    ("log.retention.bytes", 0),
    ("log.retention.hours", 1),
    ("log.retention.minutes", 1),
    ("log.retention.ms", 1),
    ("retention.bytes", 0),
];

fn catalogue() -> &'static Catalogue {
    static CATALOGUE: OnceLock<Catalogue> = OnceLock::new();
    CATALOGUE.get_or_init(|| {
        let text = include_str!("catalogue.json");
        let mut read: Catalogue =
            serde_json::from_str(text).expect("catalogue.json is valid, as tests show");
        let keys = read.topic.iter_mut().chain(&mut read.broker);
        for key in keys {
            if let Some((_, least)) = UNBOUNDED.iter().find(|(name, _)| *name == key.name) {
                key.allowed = Allowed::at_least_or(*least, -1);
            }
        }
        read
    })
}

/// The versions of Kafka in the catalogue as `major.minor`, the oldest first.
#[must_use]
pub fn versions() -> impl DoubleEndedIterator<Item = &'static str> {
    let minor = |version: &'static String| version.rsplit_once('.').map_or("", |(minor, _)| minor);
    catalogue().kafka.iter().map(minor)
}

/// All keys of a scope, in order of name.
#[must_use]
pub fn keys(scope: Scope) -> &'static [Key] {
    match scope {
        Scope::Topic => &catalogue().topic,
        Scope::Broker => &catalogue().broker,
    }
}

/// The key of that name.
#[must_use]
pub fn key(scope: Scope, name: &str) -> Option<&'static Key> {
    match scope {
        Scope::Topic => topic_key(name),
        Scope::Broker => broker_key(name),
    }
}

/// The key of topics of that name.
#[must_use]
pub fn topic_key(name: &str) -> Option<&'static Key> {
    find(Scope::Topic, name)
}

/// The broker key of that name. A name for one listener, or for one listener and mechanism, is found by
/// the key at its end.
#[must_use]
pub fn broker_key(name: &str) -> Option<&'static Key> {
    let Some(rest) = name.strip_prefix(LISTENER) else {
        return find(Scope::Broker, name);
    };
    let (above, key) = below_listener(rest)?;
    let found = find(Scope::Broker, key);
    found.filter(|_| above.chars().all(|letter| !letter.is_uppercase()))
}

/// The prefix of keys for one listener.
const LISTENER: &str = "listener.name.";

/// The keys that can be set for one listener, beside those of TLS and SASL (`SocketServer`,
/// `ChannelBuilders`).
const OF_LISTENERS: [&str; 5] = [
    REAUTHENTICATION,
    "max.connection.creation.rate",
    "max.connections",
    "num.network.threads",
    "principal.builder.class",
];

/// The only key of a SASL mechanism that does not begin with `sasl.`.
const REAUTHENTICATION: &str = "connections.max.reauth.ms";

/// Splits off the listener's name and, if there is one, the mechanism's name; the rest is the key.
fn below_listener(rest: &str) -> Option<(&str, &str)> {
    let of_listener = |key: &str| {
        key.starts_with("ssl.") || key.starts_with("sasl.") || OF_LISTENERS.contains(&key)
    };
    let of_mechanism = |key: &str| key.starts_with("sasl.") || key == REAUTHENTICATION;
    let (listener, key) = rest.split_once('.').filter(|(name, _)| !name.is_empty())?;
    if of_listener(key) {
        return Some((listener, key));
    }
    let (mechanism, key) = key.split_once('.')?;
    let above = &rest[..listener.len() + 1 + mechanism.len()];
    of_mechanism(key).then_some((above, key))
}

/// Whether `name` has the form of a key for one listener.
#[must_use]
pub fn is_of_listener(name: &str) -> bool {
    name.starts_with(LISTENER)
}

/// Whether the broker key `name` can only be set for a single broker
/// (`DynamicBrokerConfig.PER_BROKER_CONFIGS`).
#[must_use]
pub fn is_of_one_broker(name: &str) -> bool {
    match broker_key(name) {
        Some(key) if is_of_listener(name) => key.update != Update::ClusterWide,
        Some(key) => key.update == Update::PerBroker,
        None => is_of_listener(name),
    }
}

/// Whether brokers accept `name` at runtime only with a listener's prefix
/// (`SslConfigs.RECONFIGURABLE_CONFIGS`).
#[must_use]
pub fn wants_listener(name: &str) -> bool {
    let prefixes = ["ssl.keystore.", "ssl.truststore."];
    prefixes.iter().any(|prefix| name.starts_with(prefix)) || name == "ssl.key.password"
}

/// Whether it throttles the replication traffic of reassignments (`QuotaConfig`).
#[must_use]
pub fn is_throttle(name: &str) -> bool {
    name.ends_with(".replication.throttled.replicas")
        || name.ends_with(".replication.throttled.rate")
        || name == "replica.alter.log.dirs.io.max.bytes.per.second"
}

fn find(scope: Scope, name: &str) -> Option<&'static Key> {
    let keys = keys(scope);
    let index = keys.binary_search_by(|key| key.name.as_str().cmp(name));
    index.ok().map(|index| &keys[index])
}

/// The key that was probably meant by a misspelt name.
#[must_use]
pub fn suggest(scope: Scope, name: &str) -> Option<String> {
    if scope == Scope::Broker && is_of_listener(name) {
        return suggest_of_listener(name);
    }
    let names = keys(scope).iter().map(|key| key.name.as_str());
    closest(name, names).map(str::to_owned)
}

/// The same for a key of one listener: the names of listener and mechanism in lower case, and the key
/// that was probably meant.
fn suggest_of_listener(name: &str) -> Option<String> {
    let small = name.to_lowercase();
    if broker_key(&small).is_some() {
        return Some(small);
    }
    let rest = small.strip_prefix(LISTENER)?;
    let (listener, key) = rest.split_once('.')?;
    let below = |above: &str, written: &str| {
        let names = keys(Scope::Broker).iter().map(|key| key.name.as_str());
        let whole = |key: &str| format!("{LISTENER}{above}.{key}");
        let names = names.filter(|key| broker_key(&whole(key)).is_some());
        closest(written, names).map(whole)
    };
    below(listener, key).or_else(|| {
        let (mechanism, key) = key.split_once('.')?;
        below(&format!("{listener}.{mechanism}"), key)
    })
}

/// The topic key that inherits from a broker key.
#[must_use]
pub fn topic_key_from(broker_key: &str) -> Option<&'static Key> {
    let taken = |key: &&Key| key.synonyms.iter().any(|name| name == broker_key);
    keys(Scope::Topic).iter().find(taken)
}

/// The vendor of a key that is not Apache Kafka's, by its prefix.
#[must_use]
pub fn vendor(name: &str) -> Option<&'static str> {
    let found = VENDORS.iter().find(|(prefix, _)| name.starts_with(prefix));
    found.map(|(_, vendor)| *vendor)
}

/// The prefixes of vendors' keys.
pub fn vendor_prefixes() -> impl Iterator<Item = &'static str> {
    VENDORS.iter().map(|(prefix, _)| *prefix)
}

/// The type by which values of `name` are compared: the one that the broker reported, otherwise the
/// catalogue's.
#[must_use]
pub fn type_of(scope: Scope, name: &str, told: ConfigType) -> ConfigType {
    match told {
        ConfigType::Unknown => key(scope, name).map_or(told, |key| key.config_type),
        told => told,
    }
}

impl Key {
    /// The kind of resource that it belongs to.
    #[must_use]
    pub fn scope(&self) -> Scope {
        match self.update {
            Update::PerTopic => Scope::Topic,
            Update::ClusterWide | Update::PerBroker | Update::Static => Scope::Broker,
        }
    }

    /// Whether its value is a secret.
    #[must_use]
    pub fn is_sensitive(&self) -> bool {
        self.config_type == ConfigType::Password
    }

    /// Whether the newest version in the catalogue has it.
    #[must_use]
    pub fn is_current(&self) -> bool {
        self.until().is_none()
    }

    /// The version that added the key; none if the oldest version in the catalogue has it.
    #[must_use]
    pub fn since(&self) -> Option<&str> {
        let first = self.kafka.first().map(String::as_str);
        first.filter(|first| versions().next() != Some(*first))
    }

    /// The last version that has the key; none if the newest one has it.
    #[must_use]
    pub fn until(&self) -> Option<&str> {
        let last = self.kafka.last().map(String::as_str);
        last.filter(|last| versions().next_back() != Some(*last))
    }

    /// Why brokers of a line refuse a value that [`Self::check`] accepts.
    #[must_use]
    pub fn objection(&self, value: &str, line: Line) -> Option<Objection> {
        let version = line.version();
        if !self.kafka.iter().any(|has| has == version) {
            // The catalogue has every version from 4.3 on, so the version that added the key is known.
            let newest = Line::Kafka44.version();
            return Some(match self.since() {
                Some(since) if since == newest => Objection::NotYet(newest),
                _ => Objection::NoKey,
            });
        }
        let place = |minor: &str| versions().position(|version| version == minor);
        let before = self.before.as_ref();
        let before = before.filter(|before| place(version) <= place(&before.kafka));
        let allowed = before.map_or(&self.allowed, |before| &before.allowed);
        let wrong = allowed.check(self.config_type, value).is_err();
        let words = allowed.words().filter(|_| wrong)?;
        Some(Objection::Value(words))
    }

    /// Checks a value as a broker of any version in the catalogue does before it stores it. It may
    /// still conflict with other settings, which is not checked.
    ///
    /// # Errors
    /// What the value should be.
    pub fn check(&self, value: &str) -> Result<(), Invalid> {
        let passes = |allowed: &Allowed| allowed.check(self.config_type, value);
        let before = self.before.as_ref();
        let older = before.map(|before| (before.kafka.as_str(), &before.allowed));
        match passes(&self.allowed) {
            Err(wrong) if older.is_none_or(|(_, older)| passes(older).is_err()) => {
                Err(Invalid::new(&self.name, value, wrong, &self.allowed, older))
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all() -> impl Iterator<Item = &'static Key> {
        keys(Scope::Topic).iter().chain(keys(Scope::Broker))
    }

    fn refused(name: &str, value: &str) -> String {
        let key = topic_key(name).or_else(|| broker_key(name)).unwrap();
        key.check(value).unwrap_err().to_string()
    }

    #[test]
    fn it_is_in_order_and_whole() {
        for scope in [Scope::Topic, Scope::Broker] {
            assert!(keys(scope).is_sorted_by(|a, b| a.name < b.name));
            assert!(keys(scope).iter().all(|key| key.scope() == scope));
        }
        assert_eq!(versions().collect::<Vec<_>>(), ["3.9", "4.3", "4.4"]);
        assert_eq!(
            Line::ALL.map(Line::version).as_slice(),
            versions().collect::<Vec<_>>()
        );
        assert!(keys(Scope::Topic).len() > 30 && keys(Scope::Broker).len() > 300);
        for key in all() {
            assert!(!key.documentation.contains("</"), "{}", key.name);
            for synonym in &key.synonyms {
                assert!(broker_key(synonym).is_some(), "{synonym}");
            }
        }
    }

    #[test]
    fn every_default_passes() {
        for key in all() {
            let before = key.before.as_ref().and_then(|b| b.default.as_deref());
            for default in key.default.as_deref().into_iter().chain(before) {
                assert_eq!(key.check(default), Ok(()), "{}: {default}", key.name);
            }
        }
    }

    #[test]
    fn a_version_after_the_newest_here_is_newer() {
        for version in ["4.5", "4.10", "5.0.0"] {
            assert!(is_newer(version), "{version}");
        }
        for version in ["3.9.2", "4.4", "4.4.7", "", "4", "4.x"] {
            assert!(!is_newer(version), "{version}");
        }
    }

    #[test]
    fn a_key_knows_its_versions_and_its_scope() {
        let key = broker_key("zookeeper.connect").unwrap();
        assert_eq!((key.since(), key.until()), (None, Some("3.9")));
        let key = broker_key("config.providers").unwrap();
        assert_eq!((key.since(), key.until()), (Some("4.3"), None));
        let update = |name| broker_key(name).unwrap().update;
        assert_eq!(update("message.max.bytes"), Update::ClusterWide);
        assert_eq!(update("listeners"), Update::PerBroker);
        assert_eq!(update("log.retention.hours"), Update::Static);
        assert_eq!(
            topic_key_from("log.retention.hours").unwrap().name,
            "retention.ms"
        );
    }

    #[test]
    fn a_key_of_a_listener_is_found_by_its_end() {
        for name in [
            "listener.name.internal.ssl.keystore.location",
            "listener.name.internal.scram-sha-256.sasl.jaas.config",
            "listener.name.internal.plain.connections.max.reauth.ms",
            "listener.name.internal.principal.builder.class",
        ] {
            assert!(broker_key(name).is_some(), "{name}");
            assert!(is_of_one_broker(name), "{name}");
        }
        let of_all = "listener.name.internal.max.connections";
        assert!(broker_key(of_all).is_some() && !is_of_one_broker(of_all));
        assert!(!is_of_one_broker("message.max.bytes"));
    }

    #[test]
    fn what_no_listener_has_of_its_own_is_no_key() {
        for name in [
            "listener.name.internal.x",
            "listener.name.internal.message.max.bytes",
            "listener.name.internal.scram-sha-256.ssl.keystore.location",
            "listener.name.INTERNAL.ssl.keystore.location",
            "listener.name..ssl.keystore.location",
            "listener.name.ssl.keystore.location",
        ] {
            assert_eq!(broker_key(name), None, "{name}");
        }
    }

    #[test]
    fn only_the_stores_of_keys_want_a_listener() {
        let wanting = keys(Scope::Broker).iter();
        let wanting = wanting.filter(|key| wants_listener(&key.name));
        let wanting: Vec<&str> = wanting.map(|key| key.name.as_str()).collect();
        assert_eq!(
            wanting,
            [
                "ssl.key.password",
                "ssl.keystore.certificate.chain",
                "ssl.keystore.key",
                "ssl.keystore.location",
                "ssl.keystore.password",
                "ssl.keystore.type",
                "ssl.truststore.certificates",
                "ssl.truststore.location",
                "ssl.truststore.password",
                "ssl.truststore.type",
            ]
        );
    }

    #[test]
    fn what_is_wrong_with_a_value_is_said_in_its_own_terms() {
        for (name, value, expected) in [
            (
                "retention.ms",
                "-2",
                "`retention.ms` must be at least -1, not -2",
            ),
            (
                "retention.bytes",
                "-5",
                "`retention.bytes` must be at least -1, not -5",
            ),
            (
                "min.cleanable.dirty.ratio",
                "1.5",
                "`min.cleanable.dirty.ratio` must be from 0 to 1, not 1.5",
            ),
            (
                "min.cleanable.dirty.ratio",
                "NaN",
                "`min.cleanable.dirty.ratio` must be a number, not `NaN`",
            ),
            (
                "compression.gzip.level",
                "12",
                "`compression.gzip.level` must be -1 or from 1 to 9, not 12",
            ),
            (
                "flush.messages",
                "many",
                "`flush.messages` must be a whole number, not `many`",
            ),
            (
                "max.message.bytes",
                "3000000000",
                "`max.message.bytes` must be at most 2147483647, not 3000000000",
            ),
            (
                "segment.bytes",
                "5",
                "`segment.bytes` must be at least 1048576 (on Kafka 3.9 at least 14), not 5",
            ),
            (
                "segment.bytes",
                "big",
                "`segment.bytes` must be a whole number, not `big`",
            ),
            (
                "preallocate",
                "1",
                "`preallocate` must be `true` or `false`, not 1",
            ),
            (
                "cleanup.policy",
                "compct",
                "`cleanup.policy` takes `compact`, `delete` or both, not `compct`",
            ),
            (
                "message.timestamp.type",
                "createtime",
                "`message.timestamp.type` takes `CreateTime` or `LogAppendTime`, not `createtime`",
            ),
        ] {
            assert_eq!(refused(name, value), expected);
        }
    }

    #[test]
    fn what_one_version_takes_passes() {
        assert_eq!(topic_key("segment.bytes").unwrap().check("1000"), Ok(()));
        let both = topic_key("cleanup.policy").unwrap();
        assert_eq!(both.check("compact, delete"), Ok(()));
        assert_eq!(both.check(""), Ok(()));
    }

    #[test]
    fn a_version_is_of_one_line() {
        for (version, line) in [
            ("2.8", Some(Line::Kafka3)),
            ("3.9.2", Some(Line::Kafka3)),
            ("4.0", Some(Line::Kafka4)),
            ("4.10.1", Some(Line::Kafka44)),
            ("4", None),
            ("4.3.1.0", None),
            ("4.x", None),
            ("-4.3", None),
            ("", None),
        ] {
            assert_eq!(Line::of(version), line, "{version}");
        }
    }

    #[test]
    fn a_line_objects_to_what_only_the_other_takes() {
        let objection = |name, value, line| objection(Scope::Topic, name, value, line);
        let (older, newer) = (Line::Kafka3, Line::Kafka4);
        for (name, value, line, expected) in [
            (
                "message.format.version",
                "3.0",
                newer,
                Some("Kafka 4 has no key `message.format.version`"),
            ),
            ("message.format.version", "3.0", older, None),
            (
                "segment.bytes",
                "1000000",
                newer,
                Some("`segment.bytes` must be at least 1048576 on Kafka 4"),
            ),
            ("segment.bytes", "1000000", older, None),
            ("segment.bytes", "1048576", newer, None),
            ("confluent.tier.enable", "true", newer, None),
            (
                "remote.copy.lag.ms",
                "0",
                newer,
                Some("`remote.copy.lag.ms` came with Kafka 4.4"),
            ),
            ("remote.copy.lag.ms", "0", Line::Kafka44, None),
            (
                "segment.bytes",
                "1000000",
                Line::Kafka44,
                Some("`segment.bytes` must be at least 1048576 on Kafka 4"),
            ),
        ] {
            let words = objection(name, value, line);
            let words = words.map(|objection| objection.words(name, &line.to_string()));
            assert_eq!(words.as_deref(), expected, "{name} on {line}");
        }
        assert!(is_of_one_line(
            Scope::Broker,
            "log.message.downconversion.enable",
            "true"
        ));
        assert!(!is_of_one_line(Scope::Topic, "retention.ms", "1"));
        let copiers = "remote.log.manager.copier.thread.pool.size";
        assert!(is_of_one_line(Scope::Broker, copiers, "-1"));
    }

    #[test]
    fn what_is_in_a_list_twice_is_refused() {
        let key = topic_key("cleanup.policy").unwrap();
        let invalid = key.check("compact, delete,delete").unwrap_err();
        let message = "`cleanup.policy` has `delete` more than once in its list";
        assert_eq!(invalid.to_string(), message);
        assert_eq!(invalid.meant(), Some("compact,delete"));
        let message = "`sasl.enabled.mechanisms` has `PLAIN` more than once in its list";
        let refused = refused("sasl.enabled.mechanisms", "PLAIN,GSSAPI,PLAIN");
        assert_eq!(refused, message);
    }

    #[test]
    fn a_type_that_no_broker_told_is_known_here() {
        let told = |told| type_of(Scope::Topic, "cleanup.policy", told);
        assert_eq!(told(ConfigType::Unknown), ConfigType::List);
        assert_eq!(told(ConfigType::String), ConfigType::String);
        let vendors = type_of(Scope::Topic, "confluent.x", ConfigType::Unknown);
        assert_eq!(vendors, ConfigType::Unknown);
        assert_eq!(vendor("confluent.x"), Some("Confluent"));
    }

    #[test]
    fn a_misspelt_key_is_found() {
        for (scope, name, meant) in [
            (Scope::Topic, "retension.ms", "retention.ms"),
            (Scope::Broker, "mesage.max.bytes", "message.max.bytes"),
            (
                Scope::Broker,
                "listener.name.internal.ssl.keystore.pasword",
                "listener.name.internal.ssl.keystore.password",
            ),
            (
                Scope::Broker,
                "listener.name.internal.plain.sasl.jass.config",
                "listener.name.internal.plain.sasl.jaas.config",
            ),
            (
                Scope::Broker,
                "listener.name.INTERNAL.ssl.key.password",
                "listener.name.internal.ssl.key.password",
            ),
        ] {
            assert_eq!(suggest(scope, name).as_deref(), Some(meant));
        }
        for (scope, name) in [
            (Scope::Topic, "colour"),
            (Scope::Broker, "listener.name.internal.colour"),
            (Scope::Broker, "listener.name."),
        ] {
            assert_eq!(suggest(scope, name), None, "{name}");
        }
    }
}
