//! The state of the cluster in memory.

use std::collections::{BTreeMap, BTreeSet};
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::group::FakeGroup;
use super::keys::{Keys, normalise};
use super::log::{FakeLog, FakeLogDir};
use crate::cluster::lease::Holder;
use crate::cluster::writer::ProducerIdentity;
use crate::cluster::{At, BrokerError, ClusterError, NewTopic};
use crate::model::access::{AclBinding, Quota, User};
use crate::model::api_versions::{ApiVersion, ApiVersions, Feature};
use crate::model::broker::{Broker, DescribedCluster};
use crate::model::catalogue::{self, Key, Line, Scope, Update};
use crate::model::config::{
    ConfigAlteration, ConfigEntry, ConfigResource, ConfigSource, ConfigSynonym, ConfigValue,
};
use crate::model::group::Member;
use crate::model::quorum::{Quorum, QuorumReplica};
use crate::model::seen::Seen;
use crate::model::topic::{self, Partition, Topic, TopicId};

/// The whole state of a cluster.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct State {
    /// `cluster.id`.
    pub cluster_id: String,
    /// The version of Kafka, one of the catalogue's.
    pub kafka: String,
    /// Keys that its brokers know, but the catalogue does not have.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub newer_keys: Vec<Key>,
    /// Ids of its brokers.
    pub brokers: Vec<i32>,
    /// Topics by name.
    pub topics: BTreeMap<String, FakeTopic>,
    /// Dynamic settings for all brokers.
    pub broker_defaults: BTreeMap<String, String>,
    /// Dynamic settings of single brokers.
    pub broker_configs: BTreeMap<i32, BTreeMap<String, String>>,
    /// Settings in the properties files of all brokers.
    pub static_configs: BTreeMap<String, String>,
    /// Levels of features.
    pub features: BTreeMap<String, i16>,
    /// Logs by topic and partition; others are empty.
    pub logs: BTreeMap<String, BTreeMap<i32, FakeLog>>,
    /// Groups by id.
    pub groups: BTreeMap<String, FakeGroup>,
    /// ACLs; none means no authorizer.
    pub acls: Option<Vec<AclBinding>>,
    /// Users with SCRAM credentials.
    pub users: Vec<User>,
    /// Quotas.
    pub quotas: Vec<Quota>,
    /// Log directories by broker; other brokers have one.
    pub log_dirs: BTreeMap<i32, Vec<FakeLogDir>>,
    /// The metadata quorum; none means ZooKeeper.
    pub quorum: Option<Quorum>,
    /// Supported requests by broker; other brokers support a few.
    pub api_versions: BTreeMap<i32, ApiVersions>,
    /// The id of the [`Service`](crate::model::service::Service) that it imitates.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mask: Option<String>,
    /// Faults that are injected.
    pub faults: Faults,
    /// The holder of the lock.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lock: Option<Holder>,
    /// All requests to write that it received, including those that only validate.
    pub requests: Vec<String>,
    /// The number of topics that were ever created.
    pub created: u8,
    /// The last producer id that was assigned.
    pub producers: i64,
    /// The producer of each transactional id.
    pub transactional_ids: BTreeMap<String, ProducerIdentity>,
}

impl Default for State {
    fn default() -> Self {
        Self {
            cluster_id: "fake-cluster".to_owned(),
            kafka: "4.3".to_owned(),
            newer_keys: Vec::new(),
            brokers: vec![1],
            topics: BTreeMap::new(),
            broker_defaults: BTreeMap::new(),
            broker_configs: BTreeMap::new(),
            static_configs: BTreeMap::new(),
            features: BTreeMap::new(),
            logs: BTreeMap::new(),
            groups: BTreeMap::new(),
            acls: None,
            users: Vec::new(),
            quotas: Vec::new(),
            log_dirs: BTreeMap::new(),
            quorum: Some(quorum()),
            api_versions: BTreeMap::new(),
            mask: None,
            faults: Faults::default(),
            lock: None,
            requests: Vec::new(),
            created: 0,
            producers: 0,
            transactional_ids: BTreeMap::new(),
        }
    }
}

fn quorum() -> Quorum {
    let voter = QuorumReplica {
        id: 1,
        directory_id: None,
        log_end_offset: Some(100),
        last_fetch_ms: Some(1_700_000_000_000),
        last_caught_up_ms: Some(1_700_000_000_000),
    };
    Quorum {
        leader: Some(1),
        leader_epoch: 1,
        high_watermark: 100,
        voters: vec![voter],
        observers: Vec::new(),
    }
}

/// A topic.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FakeTopic {
    /// The last byte of its id.
    #[serde(default)]
    pub id: u8,
    /// Number of partitions.
    pub partitions: i32,
    /// Replication factor.
    pub replicas: i16,
    /// Its own settings.
    #[serde(default)]
    pub configs: BTreeMap<String, String>,
}

impl FakeTopic {
    fn topic_id(&self) -> TopicId {
        let mut id = TopicId::default();
        id.0[15] = self.id;
        id
    }
}

/// Injected faults.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Faults {
    /// Topics whose writes a policy refuses, with its message.
    pub refuse: BTreeMap<String, String>,
    /// Whether writes reach no broker.
    pub unreachable: bool,
    /// Requests whose answers are lost after they were carried out.
    pub lose_answers: Vec<String>,
    /// Requests that are carried out, but answered without any item.
    pub leave_out: BTreeSet<String>,
    /// Requests that a coordinator carries out, but answers with `NOT_COORDINATOR`, because it unloads.
    pub unload_after: BTreeSet<String>,
    /// Requests that a quota throttles.
    pub throttle: BTreeMap<String, FakeQuota>,
    /// Topics that are deleted and created again, without settings, right before a write.
    pub remake_before_write: BTreeSet<String>,
    /// Topics that another client creates right before they are created.
    pub make_before_create: BTreeSet<String>,
    /// Topics that may not be described.
    pub not_permitted: BTreeSet<String>,
    /// Topics whose records may not be read.
    pub not_readable: BTreeSet<String>,
    /// Topics whose settings may not be described.
    pub hidden_configs: BTreeSet<String>,
    /// Brokers that are registered, but do not serve.
    pub dead_brokers: BTreeSet<i32>,
    /// Brokers that do not answer.
    pub silent_brokers: BTreeSet<i32>,
    /// Whether the cluster itself may not be described.
    pub not_permitted_cluster: bool,
    /// Groups that may not be described.
    pub not_permitted_groups: BTreeSet<String>,
    /// Which of `acls`, `users` and `quotas` may be neither described nor changed.
    pub not_permitted_access: BTreeSet<String>,
    /// Members that join right before a write to their group, by group id.
    pub joins_before_write: BTreeMap<String, Member>,
    /// Topics whose fetches are empty from an offset on, without an error.
    pub silent_from: BTreeMap<String, i64>,
    /// The largest accepted record of a topic, in bytes.
    pub largest_records: BTreeMap<String, usize>,
    /// Values that replace whatever is written: by key, or `partitions` or `replicas` of a topic, or
    /// `offset` of a commit; like a plug-in of a broker, or another client right after the write.
    pub clamp: BTreeMap<String, String>,
    /// A request after which the lock is lost.
    pub lose_lock_after: Option<String>,
    /// The fates of the next batches of records, in order; further batches are written.
    pub batches: Vec<Fate>,
}

/// The fate of a batch of records.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Fate {
    /// The batch is written.
    Written,
    /// The batch is written, but neither it nor later requests of its writer are answered.
    Unanswered,
    /// Neither the batch nor later requests of its writer arrive.
    Dropped,
    /// The batch is refused with this code.
    Refused(String),
    /// The batch is written after this many records of another writer.
    Behind(i64),
}

impl Faults {
    /// The reason why a request that was carried out has no answer; none if it has one.
    pub(super) fn unanswered(&self, request: &str) -> Option<String> {
        let has = |requests: &BTreeSet<String>| requests.contains(request);
        let reason = if self.lose_answers.iter().any(|one| one == request) {
            "connection closed"
        } else if has(&self.leave_out) {
            "the broker's answer left this item out"
        } else if has(&self.unload_after) {
            "NOT_COORDINATOR"
        } else {
            return None;
        };
        Some(reason.to_owned())
    }
}

/// A controller mutation quota (KIP-599).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct FakeQuota {
    /// The number of requests that it throttles before it recovers.
    pub requests: u32,
    /// The number of items of each request that are accepted anyway, from the first one on.
    pub takes: usize,
    /// The throttle time that it returns, in milliseconds.
    pub wait_ms: u64,
}

pub(super) fn error(code: &str, message: impl Into<String>) -> BrokerError {
    BrokerError {
        code: code.to_owned(),
        message: message.into(),
    }
}

/// The name of a resource in a request.
pub(super) fn resource_name(resource: &ConfigResource) -> String {
    match resource {
        ConfigResource::BrokerDefaults => "brokers".to_owned(),
        ConfigResource::Broker(id) => format!("broker-{id}"),
        ConfigResource::Topic(name) => name.clone(),
    }
}

impl State {
    pub(super) fn described(&self) -> DescribedCluster {
        DescribedCluster {
            id: self.cluster_id.clone(),
            controller: self.brokers.iter().copied().find(|id| self.serves(*id)),
            brokers: self
                .brokers
                .iter()
                .map(|id| Broker {
                    id: *id,
                    host: "localhost".to_owned(),
                    port: 9091 + id,
                    rack: None,
                    fenced: !self.serves(*id),
                })
                .collect(),
            features: self.features.clone(),
            may_describe: Some(!self.faults.not_permitted_cluster),
            missing_requests: self.missing_writes().collect(),
            service: self.mask.clone(),
        }
    }

    fn serves(&self, id: i32) -> bool {
        !self.faults.dead_brokers.contains(&id)
    }

    /// The reason why a broker does not answer; none if it does.
    pub(super) fn silence(&self, id: i32) -> Option<String> {
        let answers = self.brokers.contains(&id)
            && self.serves(id)
            && !self.faults.silent_brokers.contains(&id);
        (!answers).then(|| format!("cannot reach broker {id}: connection refused"))
    }

    /// Whether the broker at `at` answers.
    pub(super) fn answers(&self, at: At) -> Result<(), ClusterError> {
        let At::Broker(id) = at else {
            return Ok(());
        };
        match self.silence(id) {
            None => Ok(()),
            Some(_) => Err(ClusterError::Unreachable {
                address: format!("broker {id}"),
                reason: "connection refused".to_owned(),
            }),
        }
    }

    pub(super) fn versions(&self, id: i32) -> Seen<ApiVersions> {
        if let Some(words) = self.silence(id) {
            return Seen::unavailable(words);
        }
        let own = self.api_versions.get(&id).cloned();
        let mut versions = own.unwrap_or_else(|| self.few_versions());
        versions.apis.retain(|api| self.lacks(&api.name).is_none());
        Seen::Value(versions)
    }

    fn few_versions(&self) -> ApiVersions {
        let line = Line::of(&self.kafka);
        let first_create = if line == Some(Line::Kafka3) { 0 } else { 2 };
        let api = |key, name: &str, min, max, used| ApiVersion {
            key,
            name: name.to_owned(),
            min,
            max,
            used,
        };
        let feature = |(name, level): (&String, &i16)| Feature {
            name: name.clone(),
            min: 0,
            max: *level,
            finalized: Some(*level),
        };
        ApiVersions {
            apis: [
                api(0, "Produce", 3, 13, None),
                api(3, "Metadata", 0, 13, Some(13)),
                api(19, "CreateTopics", first_create, 7, Some(7)),
            ]
            .into_iter()
            .chain((line == Some(Line::Kafka44)).then(|| api(42, "DeleteGroups", 0, 3, Some(2))))
            .collect(),
            features: self.features.iter().map(feature).collect(),
        }
    }

    /// The policy's message, if it refuses writes to `name`.
    pub(super) fn refusal(&self, name: &str) -> Result<(), BrokerError> {
        match self.faults.refuse.get(name) {
            Some(words) => Err(error("POLICY_VIOLATION", words)),
            None => Ok(()),
        }
    }

    pub(super) fn topic(&self, name: &str) -> Seen<Topic> {
        if self.faults.not_permitted.contains(name) {
            return Seen::not_permitted("TOPIC_AUTHORIZATION_FAILED");
        }
        let Some(live) = self.topics.get(name) else {
            return Seen::Absent;
        };
        Seen::Value(Topic {
            name: name.to_owned(),
            id: live.topic_id(),
            internal: topic::is_internal_name(name),
            partitions: (0..live.partitions)
                .map(|index| self.partition(index, live.replicas))
                .collect(),
            configs: Seen::not_supported("settings were not asked for"),
        })
    }

    pub(super) fn partition(&self, index: i32, replicas: i16) -> Partition {
        let first = usize::try_from(index).unwrap_or(0);
        let count = usize::try_from(replicas).unwrap_or(0);
        let replicas: Vec<i32> = self
            .brokers
            .iter()
            .cycle()
            .skip(first % self.brokers.len().max(1))
            .take(count)
            .copied()
            .collect();
        let (mut isr, offline): (Vec<i32>, Vec<i32>) =
            replicas.iter().partition(|id| self.serves(**id));
        let leader = isr.first().copied();
        if isr.is_empty() {
            // The last replica in sync stays in sync.
            isr.extend(replicas.last());
        }
        Partition {
            index,
            leader,
            leader_epoch: Some(0),
            isr,
            replicas,
            offline,
        }
    }

    pub(super) fn configs(&self, resource: &ConfigResource) -> Seen<Vec<ConfigEntry>> {
        if let Some(unseen) = self.unseen_configs(resource) {
            return unseen;
        }
        match resource {
            ConfigResource::Topic(name)
                if self.faults.not_permitted.contains(name)
                    || self.faults.hidden_configs.contains(name) =>
            {
                Seen::not_permitted("TOPIC_AUTHORIZATION_FAILED")
            }
            ConfigResource::Topic(name) => match self.topics.get(name) {
                Some(live) => Seen::Value(self.topic_entries(live)),
                None => Seen::Absent,
            },
            ConfigResource::Broker(id) => match self.silence(*id) {
                Some(words) => Seen::unavailable(words),
                None => Seen::Value(self.broker_entries(*id)),
            },
            ConfigResource::BrokerDefaults => {
                let source = ConfigSource::DynamicDefaultBrokerConfig;
                let set = self.broker_defaults.iter();
                Seen::Value(
                    set.map(|(name, value)| {
                        entry(self.broker_key(name), &[(Some(value.clone()), source)])
                    })
                    .collect(),
                )
            }
        }
    }

    /// Whether a topic is only compacted, so that its records may not be deleted by offset.
    pub(super) fn only_compacts(&self, topic: &str) -> bool {
        self.setting(topic, "cleanup.policy").as_deref() == Some("compact")
    }

    /// The effective value of a topic's key.
    pub(super) fn setting(&self, topic: &str, key: &str) -> Option<String> {
        let entries = self.topic_entries(self.topics.get(topic)?);
        let entry = entries.into_iter().find(|entry| entry.name == key)?;
        entry.value.text().map(str::to_owned)
    }

    /// The keys that its brokers have.
    fn keys(&self) -> Keys<'_> {
        Keys {
            kafka: &self.kafka,
            newer: &self.newer_keys,
        }
    }

    /// The key that a broker was given; a key that it does not know has no definition.
    fn broker_key<'k>(&'k self, name: &'k str) -> Named<'k> {
        Named {
            name,
            key: self.keys().one(Scope::Broker, name),
        }
    }

    /// The keys that every broker lists, and other keys that are set.
    fn broker_entries(&self, id: i32) -> Vec<ConfigEntry> {
        let own = self.broker_configs.get(&id);
        let places = [
            (own, ConfigSource::DynamicBrokerConfig),
            (
                Some(&self.broker_defaults),
                ConfigSource::DynamicDefaultBrokerConfig,
            ),
            (Some(&self.static_configs), ConfigSource::StaticBrokerConfig),
        ];
        let listed = self.keys().all(Scope::Broker).into_iter();
        let listed = listed.map(|key| key.name.as_str());
        let set = places.iter().filter_map(|(place, _)| *place);
        let all: BTreeSet<&str> = listed
            .chain(set.flat_map(|set| set.keys().map(String::as_str)))
            .collect();
        let entries = all.into_iter().map(|name| {
            let named = self.broker_key(name);
            let set = places.iter().filter_map(|(place, source)| {
                let value = place.as_ref()?.get(name)?;
                Some((Some(value.clone()), *source))
            });
            let default = named.key.filter(|_| !catalogue::is_of_listener(name));
            let default = default.map(|key| (key.default.clone(), ConfigSource::DefaultConfig));
            entry(named, &set.chain(default).collect::<Vec<_>>())
        });
        entries.collect()
    }

    fn topic_entries(&self, live: &FakeTopic) -> Vec<ConfigEntry> {
        let keys = self.keys().all(Scope::Topic).into_iter();
        let entries = keys.map(|key| {
            let own = live.configs.get(&key.name).cloned();
            let own = own.map(|value| (Some(value), ConfigSource::DynamicTopicConfig));
            let default = (key.default.clone(), ConfigSource::DefaultConfig);
            let place = own.or_else(|| self.inherited(key)).unwrap_or(default);
            let named = Named {
                name: &key.name,
                key: Some(key),
            };
            ConfigEntry {
                synonyms: Vec::new(),
                ..entry(named, &[place])
            }
        });
        self.shown(entries.collect())
    }

    /// The value that a topic inherits from the first broker.
    fn inherited(&self, key: &Key) -> Option<(Option<String>, ConfigSource)> {
        let broker = self.brokers.first();
        let own = broker.and_then(|id| self.broker_configs.get(id));
        let places = [
            (own, ConfigSource::DynamicBrokerConfig),
            (
                Some(&self.broker_defaults),
                ConfigSource::DynamicDefaultBrokerConfig,
            ),
            (Some(&self.static_configs), ConfigSource::StaticBrokerConfig),
        ];
        key.synonyms.iter().find_map(|name| {
            let set = |place: Option<&BTreeMap<String, String>>| place?.get(name).cloned();
            let found = places
                .iter()
                .find_map(|(place, source)| Some((set(*place)?, *source)));
            let (value, source) = found?;
            Some((Some(in_milliseconds(name, value)), source))
        })
    }

    pub(super) fn create(&mut self, new: &NewTopic) -> Result<(), BrokerError> {
        if self.faults.make_before_create.remove(&new.name) {
            self.create(new)?;
        }
        if self.topics.contains_key(&new.name) {
            let message = format!("Topic '{}' already exists.", new.name);
            return Err(error("TOPIC_ALREADY_EXISTS", message));
        }
        topic::check_name(&new.name)
            .map_err(|illegal| error("INVALID_TOPIC_EXCEPTION", illegal.to_string()))?;
        let collides = |name: &&String| topic::metric_name(name) == topic::metric_name(&new.name);
        if let Some(other) = self.topics.keys().find(collides) {
            let message = format!("Topic '{}' collides with existing topic: {other}", new.name);
            return Err(error("INVALID_TOPIC_EXCEPTION", message));
        }
        self.takes_new(new)?;
        let default = self.static_configs.get("default.replication.factor");
        let default = default.and_then(|factor| factor.parse().ok());
        let default = self.fixed_replicas().or(default).unwrap_or(1);
        let replicas = new.replicas.unwrap_or(default);
        if usize::try_from(replicas).unwrap_or(0) > self.brokers.len() {
            let message = format!(
                "Unable to replicate the partition {replicas} time(s): The target replication factor of {replicas} cannot be reached because only {} broker(s) are registered.",
                self.brokers.len()
            );
            return Err(error("INVALID_REPLICATION_FACTOR", message));
        }
        let configs = new
            .configs
            .iter()
            .map(|(key, value)| {
                let value = topic_value(key, value, self.keys())?;
                Ok((key.clone(), self.clamped(key, value)))
            })
            .collect::<Result<_, BrokerError>>()?;
        self.created += 1;
        let topic = FakeTopic {
            id: self.created,
            partitions: self.clamped("partitions", new.partitions),
            replicas: self.clamped("replicas", replicas),
            configs,
        };
        self.topics.insert(new.name.clone(), topic);
        Ok(())
    }

    /// Applies the faults that happen right before a write to a topic.
    pub(super) fn meddle(&mut self, name: &str) {
        if !self.faults.remake_before_write.remove(name) {
            return;
        }
        if let Some(topic) = self.topics.get_mut(name) {
            self.created += 1;
            topic.id = self.created;
            topic.configs.clear();
            self.logs.remove(name);
        }
    }

    /// How many items of a throttled request are accepted, and the throttle time; none if it is not
    /// throttled.
    pub(super) fn held_back(&mut self, request: &str) -> Option<(usize, Duration)> {
        let quota = self.faults.throttle.get_mut(request)?;
        quota.requests = quota.requests.checked_sub(1)?;
        Some((quota.takes, Duration::from_millis(quota.wait_ms)))
    }

    pub(super) fn grow(&mut self, (name, total): &(String, i32)) -> Result<(), BrokerError> {
        let live = self.live(name)?;
        let before = live.partitions;
        if before == *total {
            let message = format!("Topic already has {before} partition(s).");
            return Err(error("INVALID_PARTITIONS", message));
        }
        if before > *total {
            let message = format!(
                "The topic {name} currently has {before} partition(s); {total} would not be an increase."
            );
            return Err(error("INVALID_PARTITIONS", message));
        }
        let total = self.clamped("partitions", *total);
        self.live(name)?.partitions = total;
        Ok(())
    }

    /// Deletes the topic of an id; without an id, the topic of the name.
    pub(super) fn delete(
        &mut self,
        (name, id): &(String, Option<TopicId>),
    ) -> Result<(), BrokerError> {
        let live = self.live(name).map(|live| live.topic_id());
        if id.is_some_and(|id| live != Ok(id)) {
            let message = "This server does not host this topic ID.";
            return Err(error("UNKNOWN_TOPIC_ID", message));
        }
        live?;
        self.topics.remove(name);
        self.logs.remove(name);
        Ok(())
    }

    pub(super) fn alter(
        &mut self,
        (resource, changes): &(ConfigResource, Vec<ConfigAlteration>),
    ) -> Result<(), BrokerError> {
        self.takes_changes(resource, changes)?;
        let mut checked = Vec::new();
        for change in changes {
            let value = match (&change.value, resource) {
                (Some(value), ConfigResource::Topic(_)) => {
                    Some(topic_value(&change.key, value, self.keys())?)
                }
                (Some(value), resource) => {
                    let is_default = *resource == ConfigResource::BrokerDefaults;
                    Some(broker_value(&change.key, value, self.keys(), is_default)?)
                }
                (None, _) => None,
            };
            let value = value.map(|value| self.clamped(&change.key, value));
            checked.push((change.key.clone(), value));
        }
        let settings = match resource {
            ConfigResource::Topic(name) => &mut self.live(name)?.configs,
            ConfigResource::BrokerDefaults => &mut self.broker_defaults,
            ConfigResource::Broker(id) => self.broker_configs.entry(*id).or_default(),
        };
        for (key, value) in checked {
            match value {
                Some(value) => settings.insert(key, value),
                None => settings.remove(&key),
            };
        }
        Ok(())
    }

    /// The value that is stored for a written value.
    pub(super) fn clamped<T: FromStr>(&self, what: &str, value: T) -> T {
        let made_of_it = self.faults.clamp.get(what);
        made_of_it
            .and_then(|text| text.parse().ok())
            .unwrap_or(value)
    }

    fn live(&mut self, name: &str) -> Result<&mut FakeTopic, BrokerError> {
        self.meddle(name);
        let message = "This server does not host this topic-partition.";
        self.topics
            .get_mut(name)
            .ok_or_else(|| error("UNKNOWN_TOPIC_OR_PARTITION", message))
    }
}

/// Converts hours and minutes of a broker's key to milliseconds of a topic's key.
fn in_milliseconds(name: &str, value: String) -> String {
    let factor = match name.rsplit('.').next() {
        Some("hours") => 3_600_000,
        Some("minutes") => 60_000,
        _ => return value,
    };
    match value.parse::<i64>() {
        Ok(number) if number >= 0 => (number * factor).to_string(),
        _ => value,
    }
}

/// A key by the name that it was written with.
#[derive(Clone, Copy)]
struct Named<'k> {
    name: &'k str,
    key: Option<&'k Key>,
}

/// An entry from the levels that set it, the strongest first. The value of a key that brokers do not
/// know is hidden.
fn entry(named: Named<'_>, places: &[(Option<String>, ConfigSource)]) -> ConfigEntry {
    let shown = |value: &Option<String>| match value {
        Some(_) if named.key.is_none() => ConfigValue::Sensitive,
        Some(text) => ConfigValue::Value(text.clone()),
        None => ConfigValue::Null,
    };
    let (value, source) = places.first().map_or(
        (ConfigValue::Null, ConfigSource::DefaultConfig),
        |(value, source)| (shown(value), *source),
    );
    let is_static = named.key.is_none_or(|key| key.update == Update::Static);
    let told = named.key.map(|key| key.config_type);
    ConfigEntry {
        name: named.name.to_owned(),
        value,
        source,
        read_only: is_static && !catalogue::is_of_listener(named.name),
        config_type: told.unwrap_or_default(),
        synonyms: places
            .iter()
            .map(|(value, source)| ConfigSynonym {
                name: named.name.to_owned(),
                value: shown(value),
                source: *source,
            })
            .collect(),
    }
}

fn topic_value(name: &str, value: &str, keys: Keys<'_>) -> Result<String, BrokerError> {
    let Some(key) = keys.one(Scope::Topic, name) else {
        let message = format!("Unknown topic config name: {name}");
        return Err(error("INVALID_CONFIG", message));
    };
    normalise(key, value, keys.kafka).map_err(|words| error("INVALID_CONFIG", words))
}

/// Accepts unknown keys, as brokers do.
fn broker_value(
    name: &str,
    value: &str,
    keys: Keys<'_>,
    is_default: bool,
) -> Result<String, BrokerError> {
    let refused = |words: &str| Err(error("INVALID_REQUEST", format!("{words}: [{name}]")));
    if catalogue::wants_listener(name) {
        return refused(
            "These security configs can be dynamically updated only per-listener using the listener prefix",
        );
    }
    if is_default && catalogue::is_of_listener(name) && catalogue::is_of_one_broker(name) {
        return refused(
            "Cannot update these configs at default cluster level, broker id must be specified",
        );
    }
    match keys.one(Scope::Broker, name) {
        Some(key) if key.update == Update::Static && !catalogue::is_of_listener(name) => {
            refused("Cannot update these configs dynamically")
        }
        Some(key) => {
            normalise(key, value, keys.kafka).map_err(|words| error("INVALID_REQUEST", words))
        }
        None => Ok(value.to_owned()),
    }
}
