//! How requests name the resources that have settings.

use crate::cluster::live::wire::ConfigResourceType;
use crate::model::config::ConfigResource;

pub(super) fn wire_name(resource: &ConfigResource) -> (ConfigResourceType, String) {
    match resource {
        ConfigResource::BrokerDefaults => (ConfigResourceType::Broker, String::new()),
        ConfigResource::Broker(id) => (ConfigResourceType::Broker, id.to_string()),
        ConfigResource::Topic(name) => (ConfigResourceType::Topic, name.clone()),
    }
}

pub(super) fn resource_of(resource_type: ConfigResourceType, name: &str) -> Option<ConfigResource> {
    match resource_type {
        ConfigResourceType::Topic => Some(ConfigResource::Topic(name.to_owned())),
        ConfigResourceType::Broker if name.is_empty() => Some(ConfigResource::BrokerDefaults),
        ConfigResourceType::Broker => name.parse().ok().map(ConfigResource::Broker),
        _ => None,
    }
}
