//! Every key of topics and brokers: what it is, what it may be, how it is changed.
//!
//! `catalogue.json` is what Kafka 3.9, 4.3 and 4.4 say, merged. `tests/cluster/catalogue.rs` makes it, from
//! Kafka's own classes and from running brokers, and fails when it is out of date.
//!
//! Traps:
//! - Where versions differ, the newest one counts, and [`Key::check`] takes what any of them takes:
//!   nobody knows here which one will get the value. Where that is known, [`Key::objection`] says more.
//! - A Kafka that is newer has keys that are not in here: its brokers are asked for them
//!   ([`super::told`]).
//! - Brokers take keys of plug-ins, which no catalogue has, and some keys once more for a listener
//!   (`listener.name.internal.ssl.keystore.location`), or for a listener and a mechanism
//!   (`listener.name.internal.scram-sha-256.sasl.jaas.config`). They find these only by names in small
//!   letters (`ListenerName.configPrefix`), and store whatever else is written, in silence.

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
    /// A key of topics: at any time, for each topic.
    PerTopic,
    /// A key of brokers: while they run, for all or for one.
    ClusterWide,
    /// A key of brokers: while they run, for one only.
    PerBroker,
    /// A key of brokers: in its properties file, with a restart.
    Static,
}

/// What has keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// Topics.
    Topic,
    /// Brokers.
    Broker,
}

/// Versions of Kafka that are alike in their keys. 4.0 took away what was deprecated, and narrowed
/// values (KIP-724, KIP-1030); 4.4 brought keys of its own.
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
    /// All of them, the oldest first.
    pub const ALL: [Self; 3] = [Self::Kafka3, Self::Kafka4, Self::Kafka44];

    /// The version in the catalogue that speaks for it.
    fn version(self) -> &'static str {
        match self {
            Self::Kafka3 => "3.9",
            Self::Kafka4 => "4.3",
            Self::Kafka44 => "4.4",
        }
    }

    /// That of a version such as `4.3` or `3.9.2`; none where it is not written so.
    #[must_use]
    pub fn of(version: &str) -> Option<Self> {
        Some(match numbers(version)? {
            minor if minor >= (4, 4) => Self::Kafka44,
            minor if minor >= (4, 0) => Self::Kafka4,
            _ => Self::Kafka3,
        })
    }
}

/// The first two numbers of a version that has two or three.
fn numbers(version: &str) -> Option<(u16, u16)> {
    let parts = version.split('.').map(|part| part.parse().ok());
    match parts.collect::<Option<Vec<u16>>>()?.as_slice() {
        [major, minor] | [major, minor, _] => Some((*major, *minor)),
        _ => None,
    }
}

/// Whether this is a version of Kafka that came after all those in the catalogue.
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

/// What brokers of one line have against a setting that those of the other take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Objection {
    /// They do not have the key.
    NoKey,
    /// They do not have the key, which came with this version.
    NotYet(&'static str),
    /// The value must be something else, in the words after "must be".
    Value(String),
}

impl Objection {
    /// The same as a sentence about `key`, on `kafka`, which is a version in words.
    #[must_use]
    pub fn words(&self, key: &str, kafka: &str) -> String {
        match self {
            Self::NoKey => format!("{kafka} has no key `{key}`"),
            Self::NotYet(since) => format!("`{key}` came with Kafka {since}"),
            Self::Value(must) => format!("`{key}` must be {must} on {kafka}"),
        }
    }
}

/// What brokers of a line have against a setting; nothing where nobody knows the key here.
#[must_use]
pub fn objection(scope: Scope, name: &str, value: &str, line: Line) -> Option<Objection> {
    key(scope, name)?.objection(value, line)
}

/// Whether it depends on the version of the brokers that they take a setting.
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
    /// Kafka's own value for it; none where it has to be set or means nothing unless set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<String>,
    /// What it may be.
    #[serde(default, skip_serializing_if = "Allowed::is_any")]
    pub allowed: Allowed,
    /// How it is changed.
    pub update: Update,
    /// The keys of brokers that a topic's key is taken from, the strongest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub synonyms: Vec<String>,
    /// The versions that have it, of those in [`versions`].
    pub kafka: Vec<String>,
    /// What was otherwise in the older version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<Before>,
    /// What Kafka says about it, as plain text; paragraphs and items of lists on lines of their own.
    pub documentation: String,
}

/// What an older version says otherwise.
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

/// The whole of it, in order of name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Catalogue {
    /// The version of its form.
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

/// Prefixes of the keys that vendors add, and the vendors.
const VENDORS: [(&str, &str); 6] = [
    ("automq.", "AutoMQ"),
    ("aws.", "AWS"),
    ("confluent.", "Confluent"),
    ("inkless.", "Aiven"),
    ("redpanda.", "Redpanda"),
    ("warpstream.", "WarpStream"),
];

/// Keys whose numbers Kafka takes however small they are, though only -1, for no limit, means
/// something below 0 (`LogConfig`, `AbstractKafkaConfig`). With the least that does.
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

/// The versions of Kafka that the catalogue was made from, without their last numbers, the oldest
/// first.
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

/// The key of brokers of that name, which may be meant for one listener, or for one listener and
/// mechanism: it is known by its end then.
#[must_use]
pub fn broker_key(name: &str) -> Option<&'static Key> {
    let Some(rest) = name.strip_prefix(LISTENER) else {
        return find(Scope::Broker, name);
    };
    let (above, key) = below_listener(rest)?;
    let found = find(Scope::Broker, key);
    found.filter(|_| above.chars().all(|letter| !letter.is_uppercase()))
}

/// What the keys of one listener begin with.
const LISTENER: &str = "listener.name.";

/// The keys beside those of TLS and SASL that a listener can have of its own
/// (`SocketServer`, `ChannelBuilders`).
const OF_LISTENERS: [&str; 5] = [
    REAUTHENTICATION,
    "max.connection.creation.rate",
    "max.connections",
    "num.network.threads",
    "principal.builder.class",
];

/// The one key of mechanisms that does not begin with `sasl.`.
const REAUTHENTICATION: &str = "connections.max.reauth.ms";

/// The names of the listener and of the mechanism, where there is one, and the key below them.
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

/// Whether `name` is written as a key of one listener.
#[must_use]
pub fn is_of_listener(name: &str) -> bool {
    name.starts_with(LISTENER)
}

/// Whether a broker has `name`, a key of brokers, for itself only
/// (`DynamicBrokerConfig.PER_BROKER_CONFIGS`).
#[must_use]
pub fn is_of_one_broker(name: &str) -> bool {
    match broker_key(name) {
        Some(key) if is_of_listener(name) => key.update != Update::ClusterWide,
        Some(key) => key.update == Update::PerBroker,
        None => is_of_listener(name),
    }
}

/// Whether brokers take `name` only for a listener while they run
/// (`SslConfigs.RECONFIGURABLE_CONFIGS`).
#[must_use]
pub fn wants_listener(name: &str) -> bool {
    let prefixes = ["ssl.keystore.", "ssl.truststore."];
    prefixes.iter().any(|prefix| name.starts_with(prefix)) || name == "ssl.key.password"
}

/// Whether it limits the traffic of moving replicas (`QuotaConfig`).
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

/// The key that a misspelt name may have meant.
#[must_use]
pub fn suggest(scope: Scope, name: &str) -> Option<String> {
    if scope == Scope::Broker && is_of_listener(name) {
        return suggest_of_listener(name);
    }
    let names = keys(scope).iter().map(|key| key.name.as_str());
    closest(name, names).map(str::to_owned)
}

/// The same names of the listener and the mechanism in small letters, and the key that is meant.
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

/// The key of topics that is taken from a key of brokers.
#[must_use]
pub fn topic_key_from(broker_key: &str) -> Option<&'static Key> {
    let taken = |key: &&Key| key.synonyms.iter().any(|name| name == broker_key);
    keys(Scope::Topic).iter().find(taken)
}

/// Who made a key that is not Apache's, by its prefix.
#[must_use]
pub fn vendor(name: &str) -> Option<&'static str> {
    let found = VENDORS.iter().find(|(prefix, _)| name.starts_with(prefix));
    found.map(|(_, vendor)| *vendor)
}

/// What the keys of vendors begin with.
pub fn vendor_prefixes() -> impl Iterator<Item = &'static str> {
    VENDORS.iter().map(|(prefix, _)| *prefix)
}

/// The type by which values of `name` are compared: what the broker told, else what is known here.
#[must_use]
pub fn type_of(scope: Scope, name: &str, told: ConfigType) -> ConfigType {
    match told {
        ConfigType::Unknown => key(scope, name).map_or(told, |key| key.config_type),
        told => told,
    }
}

impl Key {
    /// What has it.
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

    /// The first version that has it, where an older one in the catalogue has not.
    #[must_use]
    pub fn since(&self) -> Option<&str> {
        let first = self.kafka.first().map(String::as_str);
        first.filter(|first| versions().next() != Some(*first))
    }

    /// The last version that has it, where a newer one in the catalogue has not.
    #[must_use]
    pub fn until(&self) -> Option<&str> {
        let last = self.kafka.last().map(String::as_str);
        last.filter(|last| versions().next_back() != Some(*last))
    }

    /// What brokers of a line have against a value that [`Self::check`] passes.
    #[must_use]
    pub fn objection(&self, value: &str, line: Line) -> Option<Objection> {
        let version = line.version();
        if !self.kafka.iter().any(|has| has == version) {
            // The catalogue has each version from 4.3 on, so it is known which one brought the key.
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

    /// Checks a value as a broker of any version in the catalogue does before it stores it, and no
    /// more than that: it may still not fit with other settings.
    ///
    /// # Errors
    /// What the value should be, if it is not.
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
