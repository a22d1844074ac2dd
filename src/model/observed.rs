//! What one read of a cluster found: the same nouns as [`super::desired`], each fact
//! [`Seen`].

use std::collections::{BTreeMap, BTreeSet};

use super::access::{AclBinding, Quotas};
use super::api_versions::ApiVersions;
use super::broker::{BrokerId, DescribedCluster};
use super::catalogue::Line;
use super::config::ConfigEntry;
use super::group::{Commits, DescribedGroup};
use super::measure::TopicPartition;
use super::seen::{Cause, Seen, Unseen};
use super::topic::Topic;

/// A cluster as it was read for one manifest.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Observed {
    /// The cluster and its brokers.
    pub cluster: DescribedCluster,
    /// Every topic that was asked for by name.
    pub topics: BTreeMap<String, Seen<Topic>>,
    /// Topics that nobody asked for, in order; Kafka's own and orphans left out.
    pub other_topics: Vec<String>,
    /// Kafka's own topics that nobody asked for, in order.
    pub internal_topics: Vec<String>,
    /// Topics that the manifest owns and does not declare.
    pub orphans: BTreeMap<String, Seen<Topic>>,
    /// [`Self::other_topics`], [`Self::orphans`] and [`Self::internal_topics`] with their settings;
    /// read only where a plan changes what topics inherit.
    pub others: BTreeMap<String, Seen<Topic>>,
    /// The settings of some topic, where the keys of topics had to be known and nothing else told them.
    pub some_topic: Option<Vec<ConfigEntry>>,
    /// Keys of topics that were tried on a cluster without topics, and whether brokers take them.
    pub tried_keys: BTreeMap<String, Seen<()>>,
    /// Every broker's settings with all their sources, by id.
    pub brokers: BTreeMap<BrokerId, Seen<Vec<ConfigEntry>>>,
    /// What brokers understand, where a plan depends on their version.
    pub api_versions: BTreeMap<BrokerId, Seen<ApiVersions>>,
    /// What is set cluster-wide.
    pub broker_defaults: Option<Seen<Vec<ConfigEntry>>>,
    /// Every group that was asked for.
    pub groups: BTreeMap<String, Seen<DescribedGroup>>,
    /// What these groups committed.
    pub commits: BTreeMap<String, Seen<Commits>>,
    /// Log start offsets of the partitions that were asked for.
    pub log_starts: BTreeMap<TopicPartition, Seen<Option<i64>>>,
    /// All ACLs, where they were asked for.
    pub acls: Option<Seen<BTreeSet<AclBinding>>>,
    /// All quotas, where they were asked for.
    pub quotas: Option<Seen<Quotas>>,
}

impl Observed {
    /// Why brokers keep their settings to themselves, where they do: this user may not see them, or they
    /// tell none. One that does not answer is no such case.
    #[must_use]
    pub fn kept_back(&self) -> Option<&Seen<Vec<ConfigEntry>>> {
        let is_kept_back = |seen: &&Seen<_>| {
            matches!(
                seen,
                Seen::Unseen(Unseen {
                    cause: Cause::NotPermitted | Cause::NotSupported,
                    ..
                })
            )
        };
        self.brokers.values().find(is_kept_back)
    }

    /// The line of Kafka that all brokers are of which tell; none in the middle of an upgrade.
    #[must_use]
    pub fn line(&self) -> Option<Line> {
        line_of(&self.api_versions)
    }
}

/// The line of Kafka that all of these brokers are of which tell; none where that is not one.
#[must_use]
pub fn line_of(api_versions: &BTreeMap<BrokerId, Seen<ApiVersions>>) -> Option<Line> {
    let told = api_versions.values().filter_map(Seen::value);
    let mut lines = told.map(ApiVersions::line);
    let first = lines.next()??;
    lines.all(|line| line == Some(first)).then_some(first)
}

/// What a plan has to know beyond what its manifest speaks of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Wider {
    /// The settings of all brokers.
    pub brokers: bool,
    /// All other topics with their settings.
    pub topics: bool,
    /// The versions of all brokers.
    pub versions: bool,
}
