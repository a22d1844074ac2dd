//! Managed services that speak Kafka's protocol, and what each of them lacks or refuses.
//!
//! Facts are in `services.json`, with their sources. Plans use two of them: which topic settings can be
//! set, and which service an address belongs to. The others limit clusters in tests: the one in memory, and
//! real brokers behind a proxy. Services may change at any time, so no plan is refused because of these
//! facts alone: they become notes, and the brokers decide.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

/// A service, and what it lacks or refuses.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Service {
    /// Its id in files.
    pub id: String,
    /// Its product name.
    pub name: String,
    /// Parts of its brokers' host names; empty if users choose the host names.
    #[serde(default)]
    pub hosts: Vec<String>,
    /// Where the facts are documented.
    pub sources: Vec<String>,
    /// The topic settings that can be set; none if there is no restriction.
    #[serde(default)]
    pub topic_keys: Option<TopicKeys>,
    /// The only possible replication factor.
    #[serde(default)]
    pub replication_factor: Option<Limit<i16>>,
    /// The largest number of partitions of a new topic.
    #[serde(default)]
    pub partitions: Option<Limit<i32>>,
    /// Requests that its brokers do not support.
    #[serde(default)]
    pub missing: Vec<String>,
    /// Requests of which its brokers support these versions only: lowest and highest.
    #[serde(default)]
    pub lowered: BTreeMap<String, (i16, i16)>,
    /// Requests that its brokers support, but refuse.
    #[serde(default)]
    pub refused: Vec<RefusedRequest>,
}

/// The topic settings that can be set. A name that ends in `*` is a prefix.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TopicKeys {
    /// Settings that can be set at any time.
    pub settable: Vec<String>,
    /// Settings that can be set only when a topic is created.
    #[serde(default)]
    pub at_creation: Vec<String>,
    /// How brokers show the other settings.
    pub shown: Shown,
    /// The error for other settings; `{key}` and `{value}` stand for the setting.
    pub refusal: Refusal,
}

/// How settings that cannot be set are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Shown {
    /// Marked as read-only.
    ReadOnly,
    /// Like settings that can be set.
    #[serde(rename = "as others")]
    AsOthers,
    /// Not at all.
    #[serde(rename = "not at all")]
    NotAtAll,
}

/// An error of a broker.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Refusal {
    /// Kafka's name of the error code.
    pub code: String,
    /// The error message.
    pub message: String,
}

/// A number that is accepted, and the error for others.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limit<T> {
    /// The number.
    pub limit: T,
    /// The error for others.
    pub refusal: Refusal,
}

/// A request that is refused.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RefusedRequest {
    /// The request's name.
    pub request: String,
    /// What the request has to be about to be refused; none if it is always refused.
    #[serde(default)]
    pub of: Option<RequestSubject>,
    /// Kafka's name of the error code.
    pub code: String,
}

/// The subject of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RequestSubject {
    /// Settings of brokers.
    Brokers,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Facts {
    apis: BTreeMap<String, i16>,
    services: Vec<Service>,
}

static FACTS: LazyLock<Facts> = LazyLock::new(|| {
    let text = include_str!("services.json");
    serde_json::from_str(text).unwrap_or(Facts {
        apis: BTreeMap::new(),
        services: Vec::new(),
    })
});

/// All services that are known.
#[must_use]
pub fn all() -> &'static [Service] {
    &FACTS.services
}

/// The service of that id.
#[must_use]
pub fn of_id(id: &str) -> Option<&'static Service> {
    all().iter().find(|one| one.id == id)
}

/// The service that an address belongs to, by its host name.
#[must_use]
pub fn of_address(address: &str) -> Option<&'static Service> {
    let address = address.to_ascii_lowercase();
    let is_of = |one: &&Service| one.hosts.iter().any(|host| address.contains(host.as_str()));
    all().iter().find(is_of)
}

/// The API key of a request that [`Service`]s name.
#[must_use]
pub fn api_key(name: &str) -> Option<i16> {
    FACTS.apis.get(name).copied()
}

impl TopicKeys {
    /// Whether this setting of an existing topic can be changed.
    #[must_use]
    pub fn takes(&self, key: &str) -> bool {
        is_among(&self.settable, key)
    }

    /// Whether a new topic can have this setting.
    #[must_use]
    pub fn takes_at_creation(&self, key: &str) -> bool {
        self.takes(key) || is_among(&self.at_creation, key)
    }
}

fn is_among(names: &[String], key: &str) -> bool {
    names.iter().any(|name| match name.strip_suffix('*') {
        Some(beginning) => key.starts_with(beginning),
        None => name == key,
    })
}

impl Service {
    /// Whether its brokers do not support this request.
    #[must_use]
    pub fn lacks(&self, request: &str) -> bool {
        self.missing.iter().any(|name| name == request)
    }

    /// The error code with which its brokers refuse a request about `about`; none if they accept it.
    #[must_use]
    pub fn refuses(&self, request: &str, about: Option<RequestSubject>) -> Option<&str> {
        let mut refused = self.refused.iter();
        let found =
            refused.find(|one| one.request == request && (one.of.is_none() || one.of == about))?;
        Some(&found.code)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_facts_can_be_read_and_each_has_a_source() {
        assert!(serde_json::from_str::<Facts>(include_str!("services.json")).is_ok());
        assert_eq!(all().len(), 5);
        for service in all() {
            assert!(!service.sources.is_empty(), "{}", service.id);
            let refused = service.refused.iter().map(|one| &one.request);
            let named = service.missing.iter().chain(service.lowered.keys());
            for request in named.chain(refused) {
                assert!(api_key(request).is_some(), "{request}");
            }
        }
    }

    #[test]
    fn addresses_tell_whose_they_are() {
        let id = |address| of_address(address).map(|one| one.id.as_str());
        let msk = "boot-abc.c1.kafka-serverless.eu-central-1.amazonaws.com:9098";
        assert_eq!(id(msk), Some("msk-serverless"));
        assert_eq!(
            id("pkc-1.eu.aws.CONFLUENT.cloud:9092"),
            Some("confluent-cloud")
        );
        assert_eq!(id("b-1.demo.kafka.eu-central-1.amazonaws.com:9098"), None);
        assert_eq!(id("localhost:9092"), None);
    }

    #[test]
    fn some_keys_are_set_at_creation_only() {
        let keys = of_id("msk-serverless").and_then(|one| one.topic_keys.as_ref());
        let takes = |key| keys.map(|keys| (keys.takes(key), keys.takes_at_creation(key)));
        assert_eq!(takes("retention.ms"), Some((true, true)));
        assert_eq!(takes("cleanup.policy"), Some((false, true)));
        assert_eq!(takes("segment.bytes"), Some((false, false)));
    }
}
