//! What could not be read, grouped by reason.

use std::collections::BTreeMap;
use std::fmt;

use super::broker::BrokerId;
use super::seen::{Cause, Seen};
use super::topic::Topic;

/// Things of one kind that could not be read, for one reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Untold {
    /// The kind in the singular: `broker`, `topic`.
    pub noun: &'static str,
    /// Their names, ordered.
    pub names: Vec<String>,
    /// The reason.
    pub why: String,
}

impl fmt::Display for Untold {
    /// Such as `brokers 1, 2: …`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.which(), self.why)
    }
}

impl Untold {
    /// The names: `brokers 1, 2`. For many, the count and the first ones.
    #[must_use]
    pub fn which(&self) -> String {
        const SHOWN: usize = 10;
        let (noun, all) = (self.noun, self.names.len());
        match all {
            1 => format!("{noun} {}", self.names[0]),
            2..=SHOWN => format!("{noun}s {}", self.names.join(", ")),
            _ => {
                let more = all.saturating_sub(SHOWN);
                let first = self.names[..all - more].join(", ");
                format!("{all} {noun}s ({first} and {more} more)")
            }
        }
    }
}

/// What a read is missing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Gaps {
    /// What may exist, but could not be read.
    pub unseen: Vec<Untold>,
    /// What brokers do not support. Nothing is missing because of it.
    pub unsupported: Vec<Untold>,
    /// Whether this user lacks a permission for some of it.
    pub denied: bool,
}

impl Gaps {
    /// The gaps in facts about things of the kind `noun`.
    #[must_use]
    pub fn of<T>(noun: &'static str, facts: impl IntoIterator<Item = (String, Seen<T>)>) -> Self {
        let mut gaps = Self::default();
        for (name, seen) in facts {
            let Seen::Unseen(cause, why) = seen else {
                continue;
            };
            gaps.denied |= cause == Cause::NotPermitted;
            let list = match cause {
                Cause::NotSupported => &mut gaps.unsupported,
                Cause::NotPermitted | Cause::Unavailable => &mut gaps.unseen,
            };
            let known = list.iter_mut().find(|one: &&mut Untold| one.why == why);
            match known {
                Some(one) => one.names.push(name),
                None => list.push(Untold {
                    noun,
                    names: vec![name],
                    why,
                }),
            }
        }
        gaps
    }

    /// The gaps in facts about brokers.
    #[must_use]
    pub fn of_brokers<T>(found: &BTreeMap<BrokerId, Seen<T>>) -> Self {
        let facts = found.iter();
        Self::of(
            "broker",
            facts.map(|(id, seen)| (id.to_string(), seen.as_ref())),
        )
    }

    /// The gaps in facts about topics.
    #[must_use]
    pub fn of_topics(topics: &BTreeMap<String, Seen<Topic>>) -> Self {
        let facts = topics.iter();
        Self::of(
            "topic",
            facts.map(|(name, seen)| (name.clone(), seen.as_ref())),
        )
    }

    /// The gaps in one part of topics that could be read.
    #[must_use]
    pub fn within_topics<'a, T>(
        topics: impl IntoIterator<Item = &'a Topic>,
        fact: impl Fn(&Topic) -> Seen<T>,
    ) -> Self {
        let facts = topics.into_iter();
        Self::of(
            "topic",
            facts.map(|topic| (topic.name.clone(), fact(topic))),
        )
    }
}
