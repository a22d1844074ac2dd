//! The result of one read of a cluster: the nouns of [`super::desired`], each fact [`Seen`].

use std::collections::{BTreeMap, BTreeSet};

use super::access::{AclBinding, Quotas};
use super::api_versions::ApiVersions;
use super::broker::{BrokerId, DescribedCluster};
use super::catalogue::Line;
use super::config::ConfigEntry;
use super::group::{Commits, DescribedGroup};
use super::seen::{Cause, Seen};
use super::topic::Topic;

/// A cluster as it was read for one manifest.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Observed {
    /// The cluster and its brokers.
    pub cluster: DescribedCluster,
    /// Every topic that was read by name.
    pub topics: BTreeMap<String, Seen<Topic>>,
    /// Other topics, ordered by name; without Kafka's own topics and without orphans.
    pub other_topics: Vec<String>,
    /// Kafka's own topics that were not read by name, ordered by name.
    pub internal_topics: Vec<String>,
    /// Topics that the manifest owns and does not declare.
    pub orphans: BTreeMap<String, Seen<Topic>>,
    /// [`Self::other_topics`], [`Self::orphans`] and [`Self::internal_topics`] with their settings; read
    /// only if a plan changes what topics inherit.
    pub others: BTreeMap<String, Seen<Topic>>,
    /// The settings of any topic; read only if topic keys have to be known and nothing else shows them.
    pub some_topic: Option<Vec<ConfigEntry>>,
    /// Topic keys that were tried on a cluster without topics, and whether brokers accept them.
    pub tried_keys: BTreeMap<String, Seen<()>>,
    /// Every broker's settings with all their sources, by id.
    pub brokers: BTreeMap<BrokerId, Seen<Vec<ConfigEntry>>>,
    /// The requests that brokers support; read only if the plan depends on brokers' versions.
    pub api_versions: BTreeMap<BrokerId, Seen<ApiVersions>>,
    /// Dynamic settings for all brokers.
    pub broker_defaults: Option<Seen<Vec<ConfigEntry>>>,
    /// Every group that was read.
    pub groups: BTreeMap<String, Seen<DescribedGroup>>,
    /// The commits of these groups.
    pub commits: BTreeMap<String, Seen<Commits>>,
    /// All ACLs, if they were read.
    pub acls: Option<Seen<BTreeSet<AclBinding>>>,
    /// All quotas, if they were read.
    pub quotas: Option<Seen<Quotas>>,
}

impl Observed {
    /// The reason why brokers do not show their settings: this user is not permitted, or the cluster
    /// does not support it. None if they show them, or if a broker only did not answer.
    #[must_use]
    pub fn kept_back(&self) -> Option<&Seen<Vec<ConfigEntry>>> {
        let is_kept_back = |seen: &&Seen<_>| {
            matches!(
                seen,
                Seen::Unseen(Cause::NotPermitted | Cause::NotSupported, _)
            )
        };
        self.brokers.values().find(is_kept_back)
    }

    /// The version of Kafka of all brokers that report it; none if they differ, as during an upgrade.
    #[must_use]
    pub fn line(&self) -> Option<Line> {
        line_of(&self.api_versions)
    }
}

/// The version of Kafka of all these brokers that report it; none if they differ.
#[must_use]
pub fn line_of(api_versions: &BTreeMap<BrokerId, Seen<ApiVersions>>) -> Option<Line> {
    let told = api_versions.values().filter_map(Seen::value);
    let mut lines = told.map(ApiVersions::line);
    let first = lines.next()??;
    lines.all(|line| line == Some(first)).then_some(first)
}

/// What a plan has to read beyond the resources that its manifest names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Wider {
    /// The settings of all brokers.
    pub brokers: bool,
    /// All other topics with their settings.
    pub topics: bool,
    /// The versions of all brokers.
    pub versions: bool,
}
