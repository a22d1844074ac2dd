//! What one read of a cluster found: the same nouns as [`super::desired`], each fact
//! [`Seen`].

use std::collections::BTreeMap;

use super::broker::{BrokerId, DescribedCluster};
use super::config::ConfigEntry;
use super::seen::Seen;
use super::topic::Topic;

/// A cluster as it was read for one manifest.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Observed {
    /// The cluster and its brokers.
    pub cluster: DescribedCluster,
    /// Every topic that was asked for by name.
    pub topics: BTreeMap<String, Seen<Topic>>,
    /// Topics that nobody asked for, in order; Kafka's own left out.
    pub other_topics: Vec<String>,
    /// Every broker's settings with all their sources, by id.
    pub brokers: BTreeMap<BrokerId, Seen<Vec<ConfigEntry>>>,
    /// What is set cluster-wide.
    pub broker_defaults: Option<Seen<Vec<ConfigEntry>>>,
}
