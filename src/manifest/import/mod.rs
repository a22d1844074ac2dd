//! What is there → a manifest that says so: a live cluster's, or another program's files. Pure.
//!
//! ```text
//! Observed ─live─▶ ┐
//!                  ├─▶ Imported ─settle─▶ Imported ─write─▶ text
//! files ──peers──▶ ┘
//! ```
//!
//! Two things hold of the text: it is a manifest without a mistake, and what it says is what was
//! there. So every setting is first read back as a manifest would read it (`judge`); one that comes
//! back as anything else is left out, and a comment in its place says why. The text is made here and not
//! in `view` because the reader's rules say what has to stand in quotes.
//!
//! Traps:
//! - A key under `topics.defaults` is every topic's. A topic without it says `unset`, which plans
//!   nothing where nothing is set.
//! - A topic that left a key out must not get it from the defaults either.
//! - No time, no version of ours and no id of the cluster is in the text: it changes only when what it
//!   says does.

mod judge;
mod live;
mod peers;
mod settle;
mod write;

use std::collections::BTreeMap;

pub use live::of_cluster;
pub use peers::{Peer, of_peer};

use crate::model::broker::BrokerId;
use crate::model::desired::ClusterIdentity;

/// A manifest that is to be written.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Imported {
    cluster: ClusterIdentity,
    broker_defaults: Lines,
    brokers: BTreeMap<BrokerId, Lines>,
    /// Kafka looks after `min.insync.replicas` of all brokers by itself (KIP-966).
    has_elr: bool,
    /// Replicas and settings of all topics.
    replicas: Option<i16>,
    configs: Lines,
    topics: Vec<Topic>,
    missing: Vec<String>,
    unsupported: Vec<String>,
}

/// Settings by key.
type Lines = BTreeMap<String, Line>;

/// What a manifest says of one key.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Line {
    /// This value.
    Set(String),
    /// Not set.
    Unset,
    /// Nothing: it is a secret that nobody can read.
    Hidden,
    /// Nothing, for this reason.
    Left(String),
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Topic {
    name: String,
    state: State,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum State {
    Present(Present),
    Absent,
    /// Not in the manifest, for this reason.
    Left(String),
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Present {
    partitions: i32,
    replicas: Option<i16>,
    description: Option<String>,
    configs: Lines,
}

/// A topic that a manifest cannot have as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
struct LeftOut {
    topic: String,
    why: String,
}

impl Imported {
    /// What could not be read, one sentence each; the manifest is without it.
    #[must_use]
    pub fn missing(&self) -> &[String] {
        &self.missing
    }

    /// What the cluster has no way to tell, one sentence each. The manifest lacks nothing for that.
    #[must_use]
    pub fn unsupported(&self) -> &[String] {
        &self.unsupported
    }

    /// How many settings and topics were seen and are not in the manifest. Comments say which.
    #[must_use]
    pub fn left_out(&self) -> usize {
        let of_topics = self.topics.iter().map(|topic| match &topic.state {
            State::Present(present) => left(&present.configs),
            State::Absent => 0,
            State::Left(_) => 1,
        });
        let of_brokers = self.brokers.values().map(left);
        let in_topics: usize = of_topics.sum();
        in_topics + of_brokers.sum::<usize>() + left(&self.broker_defaults)
    }

    /// The topics that should exist.
    fn present(&self) -> impl Iterator<Item = &Present> {
        self.topics.iter().filter_map(|topic| match &topic.state {
            State::Present(present) => Some(present),
            State::Absent | State::Left(_) => None,
        })
    }

    fn present_mut(&mut self) -> impl Iterator<Item = (&str, &mut Present)> {
        let topics = self.topics.iter_mut();
        topics.filter_map(|topic| match &mut topic.state {
            State::Present(present) => Some((topic.name.as_str(), present)),
            State::Absent | State::Left(_) => None,
        })
    }
}

fn left(lines: &Lines) -> usize {
    let lines = lines.values();
    lines
        .filter(|line| matches!(line, Line::Hidden | Line::Left(_)))
        .count()
}
