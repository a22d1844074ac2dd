//! The records in topics, and the groups that read them.

use std::collections::BTreeMap;

use super::broker::BrokerId;
use super::group::{Commits, DescribedGroup};
use super::measure::Measured;
use super::seen::Seen;
use super::topic::Topic;

/// The facts for deleting topics or records: the topics, and all groups.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Holdings {
    /// `cluster.id`.
    pub cluster_id: String,
    /// The topics with their settings.
    pub topics: BTreeMap<String, Seen<Topic>>,
    /// The names of all visible topics.
    pub known_topics: Vec<String>,
    /// Log start and end offsets and sizes of their partitions.
    pub measured: Measured,
    /// All groups.
    pub groups: BTreeMap<String, Seen<DescribedGroup>>,
    /// Committed offsets by group.
    pub commits: BTreeMap<String, Seen<Commits>>,
    /// Brokers that did not list their groups, with the reason.
    pub missing: BTreeMap<BrokerId, String>,
    /// Whether groups may be left out that this user may not describe.
    pub only_visible: bool,
}
