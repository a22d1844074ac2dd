//! What was not told of things of one kind, each reason once.

use std::collections::BTreeMap;
use std::fmt;

use super::broker::BrokerId;
use super::seen::{Cause, Seen, Unseen};
use super::topic::Topic;

/// Things that were not told of, for one reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Untold {
    /// What one of them is called: `broker`, `topic`.
    pub noun: &'static str,
    /// They, in order.
    pub names: Vec<String>,
    /// Why, the same for all of them.
    pub why: String,
}

impl fmt::Display for Untold {
    /// Such as `brokers 1, 2: …`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.which(), self.why)
    }
}

impl Untold {
    /// Which they are: `brokers 1, 2`. Of many, how many and the first of them.
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

/// What is missing of a read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Gaps {
    /// What is there perhaps.
    pub unseen: Vec<Untold>,
    /// What brokers have no way to tell. Nothing is missing for that.
    pub unsupported: Vec<Untold>,
    /// Whether a right of this user's would have shown some of it.
    pub denied: bool,
}

impl Gaps {
    /// Those among facts about things that are called this.
    #[must_use]
    pub fn of<T>(noun: &'static str, facts: impl IntoIterator<Item = (String, Seen<T>)>) -> Self {
        let mut gaps = Self::default();
        for (name, seen) in facts {
            let Seen::Unseen(Unseen { cause, words: why }) = seen else {
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

    /// Brokers that did not tell something.
    #[must_use]
    pub fn of_brokers<T>(found: &BTreeMap<BrokerId, Seen<T>>) -> Self {
        let facts = found.iter();
        Self::of(
            "broker",
            facts.map(|(id, seen)| (id.to_string(), seen.as_ref())),
        )
    }

    /// Topics that were not seen.
    #[must_use]
    pub fn of_topics(topics: &BTreeMap<String, Seen<Topic>>) -> Self {
        let facts = topics.iter();
        Self::of(
            "topic",
            facts.map(|(name, seen)| (name.clone(), seen.as_ref())),
        )
    }

    /// What was not seen of topics that were.
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
