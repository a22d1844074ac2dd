//! Restricts the cluster in memory to what a [`Service`] lets clients see and do.

use super::state::{State, error};
use crate::cluster::{BrokerError, NewTopic};
use crate::model::config::{ConfigAlteration, ConfigEntry, ConfigResource};
use crate::model::seen::Seen;
use crate::model::service::{self, Refusal, RequestSubject, Service, Shown};

/// Requests to write that `describe_cluster` reports as missing.
const WRITES: [&str; 4] = [
    "CreateTopics",
    "CreatePartitions",
    "IncrementalAlterConfigs",
    "DeleteTopics",
];

impl State {
    /// The service that it imitates.
    pub(super) fn service(&self) -> Option<&'static Service> {
        service::of_id(self.mask.as_deref()?)
    }

    /// The error for a request that brokers do not support.
    pub(super) fn lacks(&self, request: &str) -> Option<BrokerError> {
        let lacks = self.service()?.lacks(request);
        lacks.then(|| {
            error(
                "UNSUPPORTED_VERSION",
                format!("the broker has no {request}"),
            )
        })
    }

    /// The error for a request that brokers do not support or refuse.
    pub(super) fn masked(
        &self,
        request: &str,
        about: Option<RequestSubject>,
    ) -> Option<BrokerError> {
        let refuses = || {
            let code = self.service()?.refuses(request, about)?;
            Some(error(code, code))
        };
        self.lacks(request).or_else(refuses)
    }

    /// The `Unseen` for a request that brokers do not support or refuse; `action` is an infinitive.
    pub(super) fn unseen<T>(&self, request: &str, action: &str) -> Option<Seen<T>> {
        let error = self.masked(request, None)?;
        Some(match error.code.as_str() {
            "UNSUPPORTED_VERSION" => Seen::not_supported(format!("cannot {action}: {error}")),
            _ => Seen::not_permitted(format!("not authorised to {action}: {error}")),
        })
    }

    /// The `Unseen` for settings that brokers do not show.
    pub(super) fn unseen_configs(
        &self,
        resource: &ConfigResource,
    ) -> Option<Seen<Vec<ConfigEntry>>> {
        let request = "DescribeConfigs";
        if let Some(error) = self.lacks(request) {
            let words = format!("cannot describe configs: {error}");
            return Some(Seen::not_supported(words));
        }
        let error = self.masked(request, about(resource))?;
        let words = error.to_string();
        Some(match error.code.as_str() {
            "INVALID_REQUEST" => Seen::not_supported(words),
            _ => Seen::not_permitted(words),
        })
    }

    /// The requests to write that its brokers do not support.
    pub(super) fn missing_writes(&self) -> impl Iterator<Item = String> {
        let is_missing = |name: &&str| self.lacks(name).is_some();
        WRITES.into_iter().filter(is_missing).map(str::to_owned)
    }

    /// Whether the service accepts a new topic.
    pub(super) fn takes_new(&self, new: &NewTopic) -> Result<(), BrokerError> {
        let Some(service) = self.service() else {
            return Ok(());
        };
        if let (Some(fixed), Some(replicas)) = (&service.replication_factor, new.replicas)
            && fixed.limit != replicas
        {
            return Err(worded(&fixed.refusal, "", ""));
        }
        if let Some(quota) = &service.partitions
            && new.partitions > quota.limit
        {
            return Err(worded(&quota.refusal, "", ""));
        }
        let Some(keys) = &service.topic_keys else {
            return Ok(());
        };
        let mut configs = new.configs.iter();
        match configs.find(|(key, _)| !keys.takes_at_creation(key)) {
            Some((key, value)) => Err(worded(&keys.refusal, key, value)),
            None => Ok(()),
        }
    }

    /// Whether the service accepts changes of settings.
    pub(super) fn takes_changes(
        &self,
        resource: &ConfigResource,
        changes: &[ConfigAlteration],
    ) -> Result<(), BrokerError> {
        let Some(service) = self.service() else {
            return Ok(());
        };
        if let Some(error) = self.masked("IncrementalAlterConfigs", about(resource)) {
            return Err(error);
        }
        let (ConfigResource::Topic(_), Some(keys)) = (resource, &service.topic_keys) else {
            return Ok(());
        };
        match changes.iter().find(|change| !keys.takes(&change.key)) {
            Some(change) => {
                let value = change.value.as_deref().unwrap_or_default();
                Err(worded(&keys.refusal, &change.key, value))
            }
            None => Ok(()),
        }
    }

    /// A topic's settings as the service shows them.
    pub(super) fn shown(&self, mut entries: Vec<ConfigEntry>) -> Vec<ConfigEntry> {
        let keys = self.service().and_then(|one| one.topic_keys.as_ref());
        let Some(keys) = keys else {
            return entries;
        };
        match keys.shown {
            Shown::AsOthers => {}
            Shown::NotAtAll => entries.retain(|entry| keys.takes(&entry.name)),
            Shown::ReadOnly => {
                for entry in &mut entries {
                    entry.read_only = !keys.takes(&entry.name);
                }
            }
        }
        entries
    }

    /// The replication factor of a new topic that does not set one.
    pub(super) fn fixed_replicas(&self) -> Option<i16> {
        let fixed = self.service()?.replication_factor.as_ref()?;
        Some(fixed.limit)
    }
}

fn about(resource: &ConfigResource) -> Option<RequestSubject> {
    let is_topic = matches!(resource, ConfigResource::Topic(_));
    (!is_topic).then_some(RequestSubject::Brokers)
}

fn worded(refusal: &Refusal, key: &str, value: &str) -> BrokerError {
    let words = refusal.message.replace("{key}", key);
    error(&refusal.code, words.replace("{value}", value))
}
