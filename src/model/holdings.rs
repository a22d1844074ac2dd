//! What topics hold, and who reads them.

use std::collections::BTreeMap;

use super::broker::BrokerId;
use super::group::{Commits, DescribedGroup};
use super::measure::Measured;
use super::seen::Seen;
use super::topic::Topic;

/// What is known of topics that are to lose records, and of all groups.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Holdings {
    /// `cluster.id`.
    pub cluster_id: String,
    /// The topics with their settings.
    pub topics: BTreeMap<String, Seen<Topic>>,
    /// The names of all topics, where one was not found.
    pub known_topics: Vec<String>,
    /// What their partitions hold.
    pub measured: Measured,
    /// All groups.
    pub groups: BTreeMap<String, Seen<DescribedGroup>>,
    /// What they committed.
    pub commits: BTreeMap<String, Seen<Commits>>,
    /// Brokers that did not tell their groups.
    pub missing: BTreeMap<BrokerId, String>,
    /// Whether groups are left out that this user may not describe, if there are any.
    pub only_visible: bool,
}
