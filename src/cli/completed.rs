//! What the value of an argument is one of, for whoever completes it. `complete` knows how each is found.

use clap::builder::ArgExt;

/// What a shell offers for an argument.
#[derive(Debug, Clone, Copy)]
pub(super) enum Completed {
    /// The cluster's topics.
    Topics,
    /// The cluster's topics, and the partitions of one behind a colon.
    TopicPartitions,
    /// The cluster's groups.
    Groups,
    /// The ids of the cluster's live brokers.
    Brokers,
    /// Where a group can be sent, in words.
    Positions,
    /// The topics that the manifest wants; the cluster's where there is no manifest.
    ManifestTopics,
    /// The manifest's environments.
    Environments,
    /// The user's contexts.
    Contexts,
    /// The backups that this machine keeps.
    Backups,
}

impl ArgExt for Completed {}
