//! Brokers, and the cluster that they form.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A broker's id, Kafka's `node.id` (`broker.id` before KRaft).
pub type BrokerId = i32;

/// A registered broker.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Broker {
    /// `node.id`.
    pub id: BrokerId,
    /// Advertised host.
    pub host: String,
    /// Advertised port.
    pub port: i32,
    /// `broker.rack`, if set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rack: Option<String>,
    /// Whether it is registered with the controller, but not (or no longer) serving (KIP-1073).
    #[serde(default)]
    pub fenced: bool,
}

/// A cluster as one of its brokers describes it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DescribedCluster {
    /// `cluster.id`.
    pub id: String,
    /// The controller. On KRaft this is any live broker, not the active controller.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub controller: Option<BrokerId>,
    /// Registered brokers, ordered by id; with fenced ones, if the cluster reports them.
    pub brokers: Vec<Broker>,
    /// Finalised features and their levels, such as `metadata.version` (KIP-584).
    #[serde(default)]
    pub features: BTreeMap<String, i16>,
    /// Whether this user may describe the cluster; none if the cluster does not report it. Without that
    /// right, listings contain only the groups that the user may describe.
    #[serde(skip)]
    pub may_describe: Option<bool>,
    /// Requests to write that the brokers do not support, such as `IncrementalAlterConfigs`.
    #[serde(skip)]
    pub missing_requests: BTreeSet<String>,
    /// The id of the [`Service`](super::service::Service) that runs the cluster, if it is known.
    #[serde(skip)]
    pub service: Option<String>,
}

impl DescribedCluster {
    /// The brokers that serve requests.
    pub fn live_brokers(&self) -> impl Iterator<Item = &Broker> {
        self.brokers.iter().filter(|broker| !broker.fenced)
    }
}
