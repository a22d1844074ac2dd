//! Services that speak Kafka's protocol, and what each of them lacks or forbids.
//!
//! The facts are in `services.json`, each with its source. Two of them are used in plans: which of a topic's
//! settings can be set, and whose service an address is. All others mask clusters in tests: the one in
//! memory, and real brokers behind a proxy. A service changes without us, so nothing is refused for what is
//! written here alone: it is told, and its brokers are asked all the same.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

/// A service, and what it lacks or forbids.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Service {
    /// What it is called in files.
    pub id: String,
    /// What its makers call it.
    pub name: String,
    /// What the addresses of its brokers have in them; none where they are the user's own.
    #[serde(default)]
    pub hosts: Vec<String>,
    /// Where all this is said.
    pub sources: Vec<String>,
    /// The settings of topics; none where all that brokers have can be set.
    #[serde(default)]
    pub topic_keys: Option<TopicKeys>,
    /// The only replication factor.
    #[serde(default)]
    pub replication_factor: Option<FixedReplicas>,
    /// The most partitions that a topic can be created with.
    #[serde(default)]
    pub partitions: Option<MostPartitions>,
    /// Requests that its brokers do not have.
    #[serde(default)]
    pub missing: Vec<String>,
    /// Requests of which its brokers have these versions only.
    #[serde(default)]
    pub lowered: BTreeMap<String, (i16, i16)>,
    /// Requests that its brokers have, and refuse.
    #[serde(default)]
    pub refused: Vec<RefusedRequest>,
}

/// Which settings of topics can be set. A name that ends in `*` stands for all that begin so.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TopicKeys {
    /// At any time.
    pub settable: Vec<String>,
    /// When a topic is created, and never again.
    #[serde(default)]
    pub at_creation: Vec<String>,
    /// How its brokers show the others.
    pub shown: Shown,
    /// What its brokers say to another one; `{key}` and `{value}` stand for it.
    pub refusal: Refusal,
}

/// How settings that cannot be set are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Shown {
    /// Marked as read-only.
    ReadOnly,
    /// Like those that can be set.
    #[serde(rename = "as others")]
    AsOthers,
    /// Not at all.
    #[serde(rename = "not at all")]
    NotAtAll,
}

/// An error as brokers word it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Refusal {
    /// Kafka's name of the code.
    pub code: String,
    /// The words.
    pub message: String,
}

/// A replication factor that cannot be chosen.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FixedReplicas {
    /// It.
    pub only: i16,
    /// What its brokers say to another one.
    pub refusal: Refusal,
}

/// A quota of partitions.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MostPartitions {
    /// So many are taken.
    pub most: i32,
    /// What its brokers say to more.
    pub refusal: Refusal,
}

/// A request that is refused.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RefusedRequest {
    /// Its name.
    pub request: String,
    /// What it is about where it is refused; none where it always is.
    #[serde(default)]
    pub of: Option<RequestSubject>,
    /// Kafka's name of the code.
    pub code: String,
}

/// What a request is about.
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

/// The service whose brokers these addresses are, as far as they tell.
#[must_use]
pub fn of_address(address: &str) -> Option<&'static Service> {
    let address = address.to_ascii_lowercase();
    let is_of = |one: &&Service| one.hosts.iter().any(|host| address.contains(host.as_str()));
    all().iter().find(is_of)
}

/// The number of a request that [`Service`]s name.
#[must_use]
pub fn api_key(name: &str) -> Option<i16> {
    FACTS.apis.get(name).copied()
}

impl TopicKeys {
    /// Whether a topic that is there can be given this setting.
    #[must_use]
    pub fn takes(&self, key: &str) -> bool {
        is_among(&self.settable, key)
    }

    /// Whether a new topic can be given this setting.
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
    /// Whether its brokers do not have this request.
    #[must_use]
    pub fn lacks(&self, request: &str) -> bool {
        self.missing.iter().any(|name| name == request)
    }

    /// The code with which its brokers refuse a request; `about` is what it is about.
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
