//! What a read can say about one fact.

use serde::Serialize;

/// One observed fact. "Not seen" is never "absent": only [`Seen::Absent`] says that a thing does not
/// exist. A value that exists but is hidden is a [`ConfigValue::Sensitive`] inside [`Seen::Value`].
///
/// [`ConfigValue::Sensitive`]: super::config::ConfigValue::Sensitive
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "seen", content = "value", rename_all = "camelCase")]
pub enum Seen<T> {
    /// It is there.
    Value(T),
    /// The cluster says that it does not exist.
    Absent,
    /// The cluster will not say; it may exist. Holds the broker's own words.
    NotPermitted(String),
    /// This cluster has no such thing to ask for. Holds what is missing.
    NotSupported(String),
    /// The part of the cluster that knows did not answer, or answered with an error.
    Unavailable(String),
}

impl<T> Seen<T> {
    /// The value, if it was seen.
    pub fn value(&self) -> Option<&T> {
        match self {
            Self::Value(value) => Some(value),
            _ => None,
        }
    }

    /// Whether the cluster said that it does not exist.
    pub fn is_absent(&self) -> bool {
        matches!(self, Self::Absent)
    }

    /// Why there is no value, where that is not because there is nothing.
    #[must_use]
    pub fn reason(&self) -> Option<&str> {
        match self {
            Self::Value(_) | Self::Absent => None,
            Self::NotPermitted(words) | Self::NotSupported(words) | Self::Unavailable(words) => {
                Some(words)
            }
        }
    }

    /// The same fact, with its value borrowed.
    pub fn as_ref(&self) -> Seen<&T> {
        match self {
            Self::Value(value) => Seen::Value(value),
            Self::Absent => Seen::Absent,
            Self::NotPermitted(words) => Seen::NotPermitted(words.clone()),
            Self::NotSupported(words) => Seen::NotSupported(words.clone()),
            Self::Unavailable(words) => Seen::Unavailable(words.clone()),
        }
    }

    /// What the value says of a further fact.
    pub fn and_then<U>(self, f: impl FnOnce(T) -> Seen<U>) -> Seen<U> {
        match self.map(f) {
            Seen::Value(further) => further,
            Seen::Absent => Seen::Absent,
            Seen::NotPermitted(words) => Seen::NotPermitted(words),
            Seen::NotSupported(words) => Seen::NotSupported(words),
            Seen::Unavailable(words) => Seen::Unavailable(words),
        }
    }

    /// The same fact about another type.
    pub fn map<U>(self, f: impl FnOnce(T) -> U) -> Seen<U> {
        match self {
            Self::Value(value) => Seen::Value(f(value)),
            Self::Absent => Seen::Absent,
            Self::NotPermitted(words) => Seen::NotPermitted(words),
            Self::NotSupported(words) => Seen::NotSupported(words),
            Self::Unavailable(words) => Seen::Unavailable(words),
        }
    }
}
