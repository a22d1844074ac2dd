//! What the value of an argument is one of. `complete` knows how to find the values.

use clap::builder::ArgExt;

/// The values that a shell offers for an argument.
#[derive(Debug, Clone, Copy)]
pub(super) enum Completed {
    /// The cluster's topics.
    Topics,
    /// The cluster's topics, or after a colon the partitions of one.
    TopicPartitions,
    /// The cluster's groups.
    Groups,
    /// The ids of the cluster's live brokers.
    Brokers,
    /// The positions of `--to`: words, `file:` and groups.
    Positions,
    /// The topics that the manifest declares; without a manifest, the cluster's.
    ManifestTopics,
    /// The manifest's environments.
    Environments,
    /// The principals that the cluster's ACLs and users name.
    Principals,
    /// The kinds of resources, and the cluster's topics and groups as resources.
    Resources,
    /// The user's contexts.
    Contexts,
    /// The backups that this machine keeps.
    Backups,
}

impl ArgExt for Completed {}
